import { rowsOf } from "../data/indices";
import { relationsOf } from "../data/relations";
import { useApp } from "../frame/state";
import { DecideAll } from "../parts/decide";
import { Grants } from "../parts/grants";
import { LOGIN_MEANS } from "../parts/login";
import { usePaged } from "../parts/paged";
import { ReasonBlock } from "../parts/reason-block";
import { Empty, Part, ResourceLink, Says, Text, Title } from "../parts/text";
import { capital, count, date, shown } from "../parts/words";
import { Openness } from "./things";

const NOBODY: Record<string, string> = {
  app: "No rule names anybody who can reach it. What opens it to people whom only a login shows is said above, if there is any.",
  group: "Nobody is in it, as far as its rules can be decided without a login.",
  role: "Nobody holds it.",
  other: "",
  person: "",
};

/** The page of an application, a group, a role, a policy, a token or an identity provider. */
export function Thing({ resource }: { resource: number }) {
  const { review, indices, print } = useApp();
  const kind = review.kind(resource);
  const name = review.name(resource);
  const entitlements = [...review.entitlementsOn(resource)];
  const rows = review.grantRowsOn(resource);
  const owners = entitlements.reduce((sum, one) => sum + (indices?.owners[one] ?? 0), 0);
  const parent = review.number("resource.parent", resource);
  const held = indices ? rowsOf(indices.byOwner, review.people + resource) : [];
  return (
    <>
      <Title
        above={capital(kind.one)}
        below={
          <>
            {review.text("resource.says", resource) && (
              <p class="lead">
                <Says resource={resource} />
              </p>
            )}
            {parent > 0 && (
              <p>
                Belongs to <ResourceLink resource={parent - 1} />
              </p>
            )}
            {entitlements.length > 0 && (
              <p>
                {count(rows.length, "grant")}
                {indices &&
                  rows.length !== owners &&
                  ` to ${count(owners, "person or thing", "different people and things")}`}
                .
              </p>
            )}
          </>
        }
      >
        <Text>{name}</Text> <Openness resource={resource} />
      </Title>
      {rows.length > 0 && (
        <div class="tools">
          <DecideAll rows={rows} about={name} />
          <button type="button" class="quiet no-print" onClick={print}>
            Print this page
          </button>
        </div>
      )}
      {entitlements.map((entitlement) => (
        <Holders entitlement={entitlement} key={entitlement} alone={entitlements.length === 1} />
      ))}
      {held.length > 0 && (
        <Part title="What it holds" aside={<DecideAll rows={held} about={name} />}>
          <Grants label={`Held by ${name}`} rows={held} columns={["what", "why"]} />
        </Part>
      )}
      <Relations resource={resource} />
      <Details resource={resource} />
    </>
  );
}

function Holders({ entitlement, alone }: { entitlement: number; alone: boolean }) {
  const { review } = useApp();
  const section = review.sectionOf(review.entitlementOn[entitlement]!);
  const reasons = [...review.reasonsOf(entitlement)].sort(
    (a, b) => review.reasonCount[b]! - review.reasonCount[a]!,
  );
  const { rows, more } = usePaged(`reasons ${entitlement}`, reasons, 20);
  const open = review.text("entitlement.open", entitlement);
  const words =
    section === "app"
      ? "Who can reach it, and why"
      : section === "group"
        ? "Who is in it, and why"
        : "Who holds it, and why";
  return (
    <>
      {open && (
        <Part title="Open to others">
          <p class="notice">
            <Text>{capital(open)}</Text>
          </p>
        </Part>
      )}
      <Part title={alone ? words : `${review.text("entitlement.name", entitlement)}: ${words.toLowerCase()}`}>
        {reasons.length === 0 && <Empty>{NOBODY[section]}</Empty>}
        {rows.map((reason) => (
          <ReasonBlock reason={reason} key={reason} />
        ))}
        {more}
        {reasons.length > 0 && <p class="muted small">{LOGIN_MEANS}</p>}
      </Part>
    </>
  );
}

/** Things that name this one: groups in rules, policies of applications. */
function Relations({ resource }: { resource: number }) {
  const { review } = useApp();
  const related = relationsOf(review, resource);
  const { rows, more } = usePaged("related", related);
  if (related.length === 0) return null;
  return (
    <Part title="What people get through it">
      <ul class="columns">
        {rows.map((row) => (
          <li key={row}>
            <ResourceLink resource={row} /> <span class="muted small">{review.kind(row).one}</span>
          </li>
        ))}
      </ul>
      {more}
    </Part>
  );
}

function Details({ resource }: { resource: number }) {
  const { review } = useApp();
  const created = review.number("resource.created", resource);
  const profile = review.text("resource.profile", resource);
  return (
    <details class="part details">
      <summary>Details</summary>
      <dl>
        <dt>Id</dt>
        <dd class="id">{shown(review.text("resource.id", resource))}</dd>
        {created > 0 && (
          <>
            <dt>Since</dt>
            <dd>{date(created)}</dd>
          </>
        )}
      </dl>
      {profile && <pre tabIndex={0}>{pretty(profile)}</pre>}
    </details>
  );
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2).split("\n").map(shown).join("\n");
  } catch {
    return shown(json);
  }
}
