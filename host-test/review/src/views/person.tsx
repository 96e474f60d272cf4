import { useState } from "preact/hooks";
import { STATUS } from "../data/format";
import { rowsOf } from "../data/indices";
import type { Section } from "../data/review";
import { useApp } from "../frame/state";
import { DecideAll } from "../parts/decide";
import { Grants } from "../parts/grants";
import { LastLogin, LOGIN_MEANS } from "../parts/login";
import { Empty, Part, Tag, Text, Title } from "../parts/text";
import { capital, count, date, shown } from "../parts/words";

const PARTS: [Section, string, string, string][] = [
  [
    "app",
    "Applications",
    "application",
    "No application names this person. Public ones, and those that admit whoever logs in, may still be open to them.",
  ],
  ["group", "Groups", "group", "In no group."],
  ["role", "Roles", "role", "No role in the account."],
  ["other", "Others", "other", ""],
];

/** Whether the reader wants the paths drawn, on the pages of all people. */
let keptDrawn = false;

export function Person({ person }: { person: number }) {
  const [drawn, setDrawn] = useState(keptDrawn);
  const { review, indices, print } = useApp();
  const name = review.personName(person);
  const address = review.text("person.address", person);
  const held = indices && rowsOf(indices.byOwner, person);
  const bySection = new Map<Section, number[]>();
  held?.forEach((grant) => {
    const section = review.sectionOf(review.onOf(grant));
    bySection.get(section)?.push(grant) ?? bySection.set(section, [grant]);
  });
  const sizes = PARTS.filter(([section]) => bySection.has(section)).map(([section, , one]) =>
    count(
      new Set(bySection.get(section)!.map((grant) => review.onOf(grant))).size,
      one === "other" ? "other thing" : one,
    ),
  );
  return (
    <>
      <Title
        above="Person"
        below={
          <>
            {address && address !== name && (
              <p class="lead">
                <Text>{address}</Text>
              </p>
            )}
            <p>{held ? (sizes.length ? `Holds ${sizes.join(", ")}.` : "Holds nothing.") : "Counting …"}</p>
          </>
        }
      >
        <Text>{name}</Text>
      </Title>
      <div class="tools">
        {held && <DecideAll rows={held} about={name} />}
        <button
          type="button"
          class="toggle no-print"
          aria-pressed={drawn}
          onClick={() => setDrawn((keptDrawn = !drawn))}
        >
          Draw the paths
        </button>
        <button type="button" class="quiet no-print" onClick={print}>
          Print this page
        </button>
      </div>
      <Accounts person={person} />
      {held &&
        PARTS.map(([section, title, , none]) => {
          const rows = bySection.get(section) ?? [];
          if (rows.length === 0 && section === "other") return null;
          return (
            <Part
              title={title}
              key={section}
              aside={rows.length > 1 && <DecideAll rows={rows} about={`${name}: ${title}`} />}
            >
              {rows.length ? (
                <Grants
                  label={`${title} of ${name}`}
                  rows={rows}
                  columns={["what", "why"]}
                  drawn={drawn}
                  key={String(drawn)}
                />
              ) : (
                <Empty>{none}</Empty>
              )}
            </Part>
          );
        })}
    </>
  );
}

function Accounts({ person }: { person: number }) {
  const { review } = useApp();
  const accounts = [...review.accountsOf(person)];
  return (
    <Part title={accounts.length === 1 ? "Account" : "Accounts"}>
      <div class="cards">
        {accounts.map((account) => (
          <Account account={account} key={account} />
        ))}
      </div>
      <p class="muted small">{LOGIN_MEANS}</p>
    </Part>
  );
}

const KIND_MEANS: Record<string, string> = {
  user: "Logs in to applications.",
  member: "Manages the Cloudflare account.",
  email: "A rule names this address. No user and no member has it.",
};

function Account({ account }: { account: number }) {
  const { review } = useApp();
  const kind = review.kind(account);
  const status = review.small("resource.status", account);
  const created = review.number("resource.created", account);
  const factor = review.small("resource.two_factor", account);
  const seat = review.small("resource.seat", account);
  return (
    <article class="card">
      <h3>
        {capital(kind.one)}{" "}
        {status > 0 && (
          <Tag tone={status === 1 ? "good" : status === 4 ? "plain" : "warn"}>{STATUS[status]}</Tag>
        )}
      </h3>
      <p class="muted small">{KIND_MEANS[kind.id]}</p>
      <dl>
        <dt>Last login</dt>
        <dd>
          <LastLogin resource={account} />
        </dd>
        {created > 0 && (
          <>
            <dt>Since</dt>
            <dd>{date(created)}</dd>
          </>
        )}
        {factor > 0 && (
          <>
            <dt>Second factor</dt>
            <dd>{factor === 2 ? "on" : <Tag tone="warn">off</Tag>}</dd>
          </>
        )}
        {seat > 0 && (
          <>
            <dt>Seat</dt>
            <dd>{seat === 2 ? "takes one" : "takes none"}</dd>
          </>
        )}
        <dt>Id</dt>
        <dd class="id">{shown(review.text("resource.id", account))}</dd>
      </dl>
    </article>
  );
}
