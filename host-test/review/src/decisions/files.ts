import type { Review } from "../data/review";
import { CHOICES, type Choice, type Decision, Decisions } from "./decisions";

export const FORMAT = "access-review-decisions/1";
type Parts = string[];

/** A decision on one grant, as the file has it. */
interface Line {
  grant: string;
  decision: Choice;
  note: string;
  reviewer: string;
  time: string;
}

/** The file of all decisions, in parts, since a text can't be as long as it may have to be. */
export function decisionsFile(review: Review, decisions: Decisions, now: string): Parts {
  const head = { format: FORMAT, data: review.digest, account: review.head.account.id, saved: now };
  const parts: Parts = [JSON.stringify(head).slice(0, -1), ',"decisions":['];
  let separator = "\n";
  for (const [decision, rows] of decisions.byDecision()) {
    for (const row of rows) {
      const { choice, note, reviewer, time } = decision;
      const line: Line = { grant: review.grantId(row), decision: choice, note, reviewer, time };
      parts.push(separator, JSON.stringify(line));
      separator = ",\n";
    }
  }
  parts.push("\n]}\n");
  return parts;
}

/** The revokes that `host-test apply --file` takes. */
export function changesFile(review: Review, decisions: Decisions): Parts {
  return revokes(review, decisions)
    .here.map((row) => {
      const principal = review.grantPrincipal[row]!;
      return JSON.stringify({
        operation: "revoke",
        entitlement: review.text("entitlement.id", review.entitlementOf(row)),
        principal: { kind: review.kind(principal).id, id: review.text("resource.id", principal) },
      });
    })
    .map((line) => `${line}\n`);
}

/** The grants to revoke: those that the connector can take away, and those that have to change elsewhere. */
export function revokes(review: Review, decisions: Decisions): { here: number[]; elsewhere: number[] } {
  const rows = decisions.rows("revoke");
  const can = (row: number) => review.small("reason.revocable", review.reasonOf(row)) === 1;
  return { here: rows.filter(can), elsewhere: rows.filter((row) => !can(row)) };
}

/** A table of what has to change elsewhere. */
export function elsewhereFile(review: Review, decisions: Decisions): Parts {
  const lines = [
    ["who", "address", "account", "kind", "on", "why", "change instead", "note", "reviewer", "time"],
  ];
  for (const row of revokes(review, decisions).elsewhere) {
    const reason = review.reasonOf(row);
    const principal = review.grantPrincipal[row]!;
    const on = review.onOf(row);
    const decision = decisions.get(row)!;
    lines.push([
      review.ownerName(principal),
      review.text("resource.email", principal),
      review.key(principal),
      review.kind(on).one,
      review.name(on),
      review
        .basis(reason)
        .map((basis) => basis.words)
        .join("; "),
      review.text("reason.instead", reason),
      decision.note,
      decision.reviewer,
      decision.time,
    ]);
  }
  return lines.map((cells) => `${cells.map(cell).join(",")}\r\n`);
}

/** A spreadsheet takes a text that begins with one of these signs for a formula. */
function cell(text: string): string {
  const harmless = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

/** The content of a file of decisions, as far as it is about this review. */
export interface Opened {
  decisions: [number[], Decision][];
  found: number;
  /** The number of decisions on grants that aren't in this review. */
  missing: number;
  /** Whether the file is about the same data. */
  same: boolean;
  data: string;
  saved: string;
}

/** Reads a file of decisions. Throws an error that a person can read. */
export function openDecisions(review: Review, text: string): Opened {
  let file: { format?: unknown; data?: unknown; saved?: unknown; decisions?: unknown };
  try {
    file = JSON.parse(text);
  } catch {
    throw new Error("This file isn't JSON. Choose a file that “Save decisions” wrote.");
  }
  if (file?.format !== FORMAT || !Array.isArray(file.decisions)) {
    throw new Error(
      `This file isn't one of decisions (“${FORMAT}”). Choose one that “Save decisions” wrote.`,
    );
  }
  const places = new Places(review);
  const opened: Opened = {
    decisions: [],
    found: 0,
    missing: 0,
    same: file.data === review.digest,
    data: String(file.data ?? ""),
    saved: String(file.saved ?? ""),
  };
  const alike = new Map<string, number[]>();
  for (const line of file.decisions as Partial<Line>[]) {
    const choice = CHOICES.find((choice) => choice === line?.decision);
    const row = typeof line?.grant === "string" && choice ? places.find(line.grant) : undefined;
    if (row === undefined || !choice) {
      opened.missing++;
      continue;
    }
    opened.found++;
    const [note, reviewer, time] = [line.note, line.reviewer, line.time].map((text) => String(text ?? ""));
    const key = JSON.stringify([choice, note, reviewer, time]);
    let rows = alike.get(key);
    if (!rows) {
      alike.set(key, (rows = []));
      opened.decisions.push([rows, { choice, note: note!, reviewer: reviewer!, time: time! }]);
    }
    rows.push(row);
  }
  return opened;
}

/** Finds grants by their ids. */
class Places {
  private readonly entitlements = new Map<string, number>();
  private readonly resources = new Map<string, number>();

  constructor(private readonly review: Review) {
    for (let row = 0; row < review.entitlements; row++) {
      this.entitlements.set(review.text("entitlement.id", row), row);
    }
    for (let row = 0; row < review.resources; row++) this.resources.set(review.key(row), row);
  }

  /** Ids may have colons in them, so each is tried as the border. */
  find(grant: string): number | undefined {
    for (let at = grant.indexOf(":"); at >= 0; at = grant.indexOf(":", at + 1)) {
      const entitlement = this.entitlements.get(grant.slice(0, at));
      const principal = entitlement === undefined ? undefined : this.resources.get(grant.slice(at + 1));
      if (principal === undefined) continue;
      const row = this.row(entitlement!, principal);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /** Principals ascend within a reason. */
  private row(entitlement: number, principal: number): number | undefined {
    const { grantPrincipal, reasonFirst, reasonCount } = this.review;
    for (const reason of this.review.reasonsOf(entitlement)) {
      let low = reasonFirst[reason]!;
      let high = low + reasonCount[reason]!;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (grantPrincipal[middle]! < principal) low = middle + 1;
        else high = middle;
      }
      if (low < reasonFirst[reason]! + reasonCount[reason]! && grantPrincipal[low] === principal) return low;
    }
    return undefined;
  }
}

/** Lets the browser save a file. */
export function download(name: string, parts: Parts, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
