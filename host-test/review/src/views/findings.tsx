import type { FindingHead, Level } from "../data/format";
import type { Review } from "../data/review";
import { findingHref } from "../frame/routes";
import { useApp } from "../frame/state";
import { DecideAll } from "../parts/decide";
import { Grants } from "../parts/grants";
import { usePaged } from "../parts/paged";
import { ReasonBlock } from "../parts/reason-block";
import { Empty, Part, Tag, Text, Title, type Tone } from "../parts/text";
import { capital, count, number } from "../parts/words";
import { AccountTable } from "./accounts";
import { PeopleTable } from "./people";
import { ThingTable } from "./things";

const LEVELS: Record<Level, [string, Tone]> = {
  high: ["look first", "bad"],
  medium: ["look soon", "warn"],
  low: ["tidy up", "plain"],
};
const ORDER: Level[] = ["high", "medium", "low"];

/** The findings, those that weigh most first, and those with nothing to show last. */
export function inOrder(findings: FindingHead[]): FindingHead[] {
  const weight = (finding: FindingHead) => (finding.count === 0 ? 3 : ORDER.indexOf(finding.level));
  return [...findings].sort((a, b) => weight(a) - weight(b));
}

export function Findings() {
  const { review } = useApp();
  const found = inOrder(review.head.findings).filter((finding) => finding.count > 0);
  const clean = review.head.findings.filter((finding) => finding.known && finding.count === 0);
  const unknown = review.head.findings.filter((finding) => !finding.known);
  return (
    <>
      <Title
        below={
          <p>What a reviewer should look at, and why it matters. A finding is a question, not a verdict.</p>
        }
      >
        {found.length ? count(found.length, "finding") : "No findings"}
      </Title>
      {ORDER.map((level) => {
        const here = found.filter((finding) => finding.level === level);
        return (
          here.length > 0 && (
            <Part title={capital(LEVELS[level][0])} key={level}>
              <ul class="plain findings">
                {here.map((finding) => (
                  <li key={finding.id}>
                    <FindingCard finding={finding} plain />
                  </li>
                ))}
              </ul>
            </Part>
          )
        );
      })}
      {unknown.length > 0 && (
        <Part title="Not known">
          <ul class="plain findings">
            {unknown.map((finding) => (
              <li key={finding.id}>
                <FindingCard finding={finding} plain />
              </li>
            ))}
          </ul>
        </Part>
      )}
      {clean.length > 0 && (
        <Part title="Nothing found">
          <ul class="columns">
            {clean.map((finding) => (
              <li key={finding.id}>
                <a href={findingHref(finding.id)}>{finding.title}</a>
              </li>
            ))}
          </ul>
        </Part>
      )}
    </>
  );
}

/** The text of a finding. `plain` leaves out its level, where a heading says that. */
export function FindingCard({ finding, plain = false }: { finding: FindingHead; plain?: boolean }) {
  const [word, tone] = LEVELS[finding.level];
  return (
    <article class={`finding ${finding.known ? finding.level : "unknown"}`}>
      <p class="amount">{finding.known ? number(finding.count) : "?"}</p>
      <div>
        <h3>
          <a href={findingHref(finding.id)}>{finding.title}</a> {!plain && <Tag tone={tone}>{word}</Tag>}
        </h3>
        <p>
          <Text>{finding.why}</Text>
        </p>
      </div>
    </article>
  );
}

/** The number of things in a finding, with the word for them. */
function counted(review: Review, { table }: FindingHead, rows: Uint32Array): string {
  if (table === "grant") return count(rows.length, "grant");
  if (table === "person") return count(rows.length, "person", "people");
  const kinds = new Map([...rows].map((row) => [review.kind(row).id, review.kind(row)]));
  const [kind] = kinds.values();
  return kind && kinds.size === 1 ? count(rows.length, kind.one, kind.many) : count(rows.length, "thing");
}

export function Finding({ id }: { id: string }) {
  const { review, print } = useApp();
  const finding = review.head.findings.find((finding) => finding.id === id);
  if (!finding) return <Title>This review has no such finding</Title>;
  const rows = review.finding(id);
  const [word, tone] = LEVELS[finding.level];
  const grants =
    finding.table === "grant"
      ? rows
      : finding.table === "reason"
        ? review.grantRowsOf(rows)
        : new Uint32Array(0);
  return (
    <>
      <Title
        above={<a href="#/findings">Findings</a>}
        below={
          <>
            <p class="lead">
              <Text>{finding.why}</Text>
            </p>
            <p>
              {!finding.known
                ? "Not known."
                : rows.length === 0
                  ? "Nothing was found."
                  : finding.table === "reason"
                    ? `${count(rows.length, "rule with its people", "rules with their people")}, ${count(grants.length, "grant")}.`
                    : `${counted(review, finding, rows)}.`}
            </p>
          </>
        }
      >
        {finding.title} {rows.length > 0 && <Tag tone={tone}>{word}</Tag>}
      </Title>
      {rows.length > 0 && (
        <div class="tools">
          <DecideAll rows={grants} about={finding.title} />
          <button type="button" class="quiet no-print" onClick={print}>
            Print this page
          </button>
        </div>
      )}
      {!finding.known ? (
        <Empty>The data doesn't suffice to know. That isn't the same as nothing found.</Empty>
      ) : rows.length === 0 ? (
        <Empty>As far as the data goes, there is none of this in the account.</Empty>
      ) : finding.table === "grant" ? (
        <Grants label={finding.title} rows={rows} columns={["who", "what", "why"]} />
      ) : finding.table === "person" ? (
        <PeopleTable label={finding.title} rows={rows} />
      ) : finding.table === "reason" ? (
        <Reasons rows={rows} />
      ) : review.kind(rows[0]!).person ? (
        <AccountTable label={finding.title} rows={rows} />
      ) : (
        <ThingTable label={finding.title} rows={rows} plain={review.entitlementsOn(rows[0]!).length === 0} />
      )}
    </>
  );
}

function Reasons({ rows: all }: { rows: Uint32Array }) {
  const { rows, more } = usePaged("reasons", all, 20);
  return (
    <Part title="Rules, and whom they let in">
      {rows.map((reason) => (
        <ReasonBlock reason={reason} key={reason} titled />
      ))}
      {more}
    </Part>
  );
}
