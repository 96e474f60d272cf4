import { useState } from "preact/hooks";
import { STATUS } from "../data/format";
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

/** A list of grants, each with its decision. */
export function Grants(props: {
  label: string;
  rows: ArrayLike<number>;
  columns: GrantColumn[];
  first?: number;
  drawn?: boolean;
}) {
  const { rows, more } = usePaged(props.label, props.rows, props.first);
  const known: Record<GrantColumn, Column<number>> = {
    who: { title: "Who", class: "who", cell: (grant) => <Who grant={grant} /> },
    account: { title: "Account", class: "account", cell: (grant) => <Account grant={grant} /> },
    what: { title: "What", class: "what", cell: (grant) => <What grant={grant} /> },
    why: {
      title: "Why, and only if",
      class: "wide",
      cell: (grant) => <Because grant={grant} drawn={props.drawn ?? false} />,
    },
    login: { title: "Last login", class: "login", cell: (grant) => <Logged grant={grant} /> },
  };
  const columns = props.columns.map((column) => known[column]);
  columns.push({ title: "Decision", class: "decision", cell: (grant) => <Decide grant={grant} /> });
  return (
    <>
      <Table label={shown(props.label)} columns={columns} rows={rows} keyOf={(grant) => grant} />
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
    <>
      {capital(review.kind(principal).one)}
      {status > 1 && (
        <>
          {" "}
          <Tag tone={status === 2 || status === 3 ? "warn" : "plain"}>{STATUS[status]!}</Tag>
        </>
      )}
    </>
  );
}

function Logged({ grant }: { grant: number }) {
  const { review } = useApp();
  return <LastLogin resource={review.grantPrincipal[grant]!} />;
}

function What({ grant }: { grant: number }) {
  const { review } = useApp();
  const entitlement = review.entitlementOf(grant);
  const on = review.entitlementOn[entitlement]!;
  const principal = review.grantPrincipal[grant]!;
  return (
    <>
      <ResourceLink resource={on} />
      <div class="muted small">
        {capital(review.kind(on).one)}, as {review.kind(principal).one}
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
