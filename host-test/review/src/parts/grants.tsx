import { useMemo, useState } from "preact/hooks";
import { STATUS } from "../data/format";
import type { Review } from "../data/review";
import { personHref, resourceHref } from "../frame/routes";
import { useApp } from "../frame/state";
import { Decide } from "./decide";
import { LastLogin } from "./login";
import { usePaged } from "./paged";
import { Path } from "./path";
import { OnlyIf, ReasonKinds, Revocable, Why } from "./reason";
import { Table, type Column } from "./table";
import { ResourceLink, Tag, Text } from "./text";
import { capital, shown } from "./words";

export type GrantColumn = "who" | "account" | "what" | "why" | "login";

/** The grants that the accounts of one person hold for the same reason. */
type Held = number[];

/**
 * Puts the grants together that one person has for the same reason, as a member and as a user. They are one row,
 * and one decision.
 */
function together(review: Review, rows: ArrayLike<number>): Held[] {
  const held = new Map<string, Held>();
  for (let i = 0; i < rows.length; i++) {
    const grant = rows[i]!;
    const key = `${review.reasonOf(grant)} ${review.ownerOf(review.grantPrincipal[grant]!)}`;
    held.get(key)?.push(grant) ?? held.set(key, [grant]);
  }
  return [...held.values()];
}

/** A list of grants with their decisions. */
export function Grants(props: {
  label: string;
  rows: ArrayLike<number>;
  columns: GrantColumn[];
  first?: number;
  drawn?: boolean;
}) {
  const { review } = useApp();
  const all = useMemo(() => together(review, props.rows), [review, props.rows]);
  const { rows, more } = usePaged(props.label, all, props.first);
  const known: Record<GrantColumn, Column<Held>> = {
    who: { title: "Who", class: "who", cell: ([grant]) => <Who grant={grant!} /> },
    account: {
      title: "Account",
      class: "account",
      cell: (held) => held.map((grant) => <Account grant={grant} key={grant} />),
    },
    what: { title: "What", class: "what", cell: (held) => <What held={held} /> },
    why: {
      title: "Why, and only if",
      class: "wide",
      cell: ([grant]) => <Because grant={grant!} drawn={props.drawn ?? false} />,
    },
    login: { title: "Last login", class: "login", cell: (held) => <Logged held={held} /> },
  };
  const columns = props.columns.map((column) => known[column]);
  columns.push({ title: "Decision", class: "decision", cell: (held) => <Decide grants={held} /> });
  return (
    <>
      <Table label={shown(props.label)} columns={columns} rows={rows} keyOf={([grant]) => grant!} />
      {more}
    </>
  );
}

function Who({ grant }: { grant: number }) {
  const { review } = useApp();
  const principal = review.grantPrincipal[grant]!;
  const email = review.text("resource.email", principal);
  return (
    <>
      <ResourceLink resource={principal} />
      {email && email !== review.ownerName(principal) && (
        <div class="muted small">
          <Text>{email}</Text>
        </div>
      )}
    </>
  );
}

function Account({ grant }: { grant: number }) {
  const { review } = useApp();
  const principal = review.grantPrincipal[grant]!;
  const status = review.small("resource.status", principal);
  return (
    <div>
      {capital(review.kind(principal).one)}
      {status > 1 && (
        <>
          {" "}
          <Tag tone={status === 2 || status === 3 ? "warn" : "plain"}>{STATUS[status]!}</Tag>
        </>
      )}
    </div>
  );
}

/** The last login of the account that has one: that of a user. */
function Logged({ held }: { held: Held }) {
  const { review } = useApp();
  const principals = held.map((grant) => review.grantPrincipal[grant]!);
  return <LastLogin resource={principals.find((one) => review.kind(one).id === "user") ?? principals[0]!} />;
}

function What({ held }: { held: Held }) {
  const { review } = useApp();
  const entitlement = review.entitlementOf(held[0]!);
  const on = review.entitlementOn[entitlement]!;
  const kinds = held.map((grant) => review.kind(review.grantPrincipal[grant]!).one);
  return (
    <>
      <ResourceLink resource={on} />
      <div class="muted small">
        {capital(review.kind(on).one)}, as {kinds.join(" and ")}
      </div>
      {review.small("entitlement.public", entitlement) === 1 && <Tag tone="bad">public</Tag>}
      {review.small("entitlement.anyone", entitlement) === 1 && <Tag tone="warn">whoever logs in</Tag>}
    </>
  );
}

function Because({ grant, drawn }: { grant: number; drawn: boolean }) {
  const { review } = useApp();
  const [chosen, set] = useState<boolean>();
  const open = chosen ?? drawn;
  const reason = review.reasonOf(grant);
  const principal = review.grantPrincipal[grant]!;
  const person = review.resourcePerson[principal]!;
  const who = {
    text: review.ownerName(principal),
    caption: capital(review.kind(principal).one),
    href: person > 0 ? personHref(person - 1) : resourceHref(review, principal),
  };
  return (
    <div class="because">
      <Why reason={reason} />
      <OnlyIf reason={reason} />
      <div class="facts">
        <ReasonKinds reason={reason} />
        <button
          type="button"
          class="link no-print"
          aria-expanded={open}
          aria-label={shown(`${open ? "Hide" : "Show"} the path to ${review.name(review.onOf(grant))}`)}
          onClick={() => set(!open)}
        >
          {open ? "Hide the path" : "Show the path"}
        </button>
      </div>
      {open && <Path reason={reason} who={who} />}
      <Revocable reason={reason} />
    </div>
  );
}
