import { type Choice, CHOICES, type Decision, Decisions } from "./decisions";

/** Keeps decisions in the browser, by the digest of the data: its rows then mean the same grants. */
export class Keeping {
  /** Whether the browser takes no more, or nothing at all. */
  failed = false;
  private timer: number | undefined;

  constructor(
    private readonly decisions: Decisions,
    private readonly digest: string,
    private readonly told: () => void,
  ) {
    const text = read(this.key);
    if (text !== null) decisions.restore(parse(text));
    decisions.listen(() => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.save(), 200);
    });
    addEventListener("pagehide", () => this.save());
    // Another tab with the same file decided something.
    addEventListener("storage", ({ key, newValue }) => {
      if (key !== this.key || newValue === null) return;
      this.forgetSaving();
      decisions.restore(parse(newValue));
      this.forgetSaving();
    });
  }

  private get key(): string {
    return `access-review/${this.digest}`;
  }
  /** Decisions from another tab need not be saved, and those that are about to be saved are older. */
  private forgetSaving(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
  private save(): void {
    if (this.timer === undefined) return;
    this.forgetSaving();
    const failed = !write(this.key, format(this.decisions));
    if (failed !== this.failed) {
      this.failed = failed;
      this.told();
    }
  }
}

const REVIEWER = "access-review/reviewer";
export const keptReviewer = (): string => read(REVIEWER) ?? "";
export const keepReviewer = (name: string): boolean => write(REVIEWER, name);

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, text: string): boolean {
  try {
    localStorage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}

/** Few bytes: runs of rows, each as the distance from the last one and its length, in base 36. */
function format(decisions: Decisions): string {
  return JSON.stringify(
    decisions
      .byDecision()
      .map(([{ choice, note, reviewer, time }, rows]) => [
        CHOICES.indexOf(choice),
        note,
        reviewer,
        time,
        runs(rows),
      ]),
  );
}

function runs(rows: number[]): string {
  const parts: string[] = [];
  let end = 0;
  for (let i = 0; i < rows.length;) {
    let length = 1;
    while (rows[i + length] === rows[i]! + length) length++;
    parts.push(`${(rows[i]! - end).toString(36)}${length > 1 ? `+${length.toString(36)}` : ""}`);
    end = rows[i]! + length;
    i += length;
  }
  return parts.join(" ");
}

function* parse(text: string): Iterable<[number[], Decision]> {
  let kept: unknown;
  try {
    kept = JSON.parse(text);
  } catch {
    return;
  }
  if (!Array.isArray(kept)) return;
  for (const [index, note, reviewer, time, packed] of kept as [number, string, string, string, string][]) {
    const choice: Choice | undefined = CHOICES[index];
    if (!choice) continue;
    const rows: number[] = [];
    let end = 0;
    for (const part of String(packed).split(" ").filter(Boolean)) {
      const [distance, length] = part.split("+");
      const first = end + parseInt(distance!, 36);
      end = first + (length ? parseInt(length, 36) : 1);
      for (let row = first; row < end; row++) rows.push(row);
    }
    yield [rows, { choice, note: String(note), reviewer: String(reviewer), time: String(time) }];
  }
}
