import { useMemo, useState } from "preact/hooks";
import { fold } from "../data/search";
import { resourceHref } from "../frame/routes";
import { useApp } from "../frame/state";
import { DecideAll } from "./decide";
import { Grants } from "./grants";
import { Path } from "./path";
import { OnlyIf, ReasonKinds, Revocable, Why } from "./reason";
import { capital, count } from "./words";

const FIRST = 20;
const FILTERED = 30;

/** Everybody who holds something for the same reason, with the reason said and drawn once. */
export function ReasonBlock({ reason, titled = false }: { reason: number; titled?: boolean }) {
  const { review } = useApp();
  const [filter, setFilter] = useState("");
  const all = useMemo(() => review.grantRowsOf([reason]), [review, reason]);
  const rows = useMemo(() => filtered(all, filter, (row) => searched(review, row)), [all, filter, review]);
  const on = review.entitlementOn[review.reasonEntitlement[reason]!]!;
  const principal = review.grantPrincipal[all[0]!]!;
  const kind = review.kind(principal);
  const same = kind.person || all.length === 1;
  const who =
    all.length === 1
      ? {
          caption: capital(kind.one),
          text: review.ownerName(principal),
          href: resourceHref(review, principal),
        }
      : { caption: "Who", text: count(all.length, same ? "account" : "holder") };
  return (
    <article class="reason">
      <header>
        <h3>
          {titled && `${review.name(on)}: `}
          {all.length === 1 ? `One ${kind.one}` : count(all.length, same ? "account" : "holder")}
        </h3>
        <span class="tags">
          <ReasonKinds reason={reason} />
        </span>
      </header>
      <Why reason={reason} />
      <OnlyIf reason={reason} />
      <Path reason={reason} who={who} />
      <Revocable reason={reason} />
      <div class="tools">
        {all.length > FILTERED && (
          <div class="filter no-print">
            <label>
              Only names or addresses with{" "}
              <input
                type="search"
                value={filter}
                onInput={(event) => setFilter((event.currentTarget as HTMLInputElement).value)}
              />
            </label>{" "}
            <span class="small muted" role="status">
              {filter && `${count(rows.length, "account")} found`}
            </span>
          </div>
        )}
        {rows.length > 1 && (
          <DecideAll rows={rows} about={`${review.name(on)}${filter ? `, accounts with “${filter}”` : ""}`} />
        )}
      </div>
      <Grants
        label={`Accounts of reason ${reason} on ${review.name(on)}`}
        rows={rows}
        columns={["who", "account", "login"]}
        first={FIRST}
      />
    </article>
  );
}

function searched(review: ReturnType<typeof useApp>["review"], row: number): string {
  const principal = review.grantPrincipal[row]!;
  return `${review.ownerName(principal)} ${review.text("resource.email", principal)}`;
}

function filtered(rows: Uint32Array, filter: string, textOf: (row: number) => string): Uint32Array {
  const words = fold(filter).split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = fold(textOf(row));
    return words.every((word) => text.includes(word));
  });
}
