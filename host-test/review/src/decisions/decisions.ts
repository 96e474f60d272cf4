/** The choices of a reviewer about a grant. */
export type Choice = "keep" | "revoke" | "ask";
export const CHOICES: readonly Choice[] = ["keep", "revoke", "ask"];
export const CHOICE_WORDS: Record<Choice, string> = { keep: "Keep", revoke: "Revoke", ask: "Ask" };

/** A decision, which many grants can share. */
export interface Decision {
  choice: Choice;
  note: string;
  reviewer: string;
  time: string;
}

type Rows = ArrayLike<number>;
interface Step {
  rows: Uint32Array;
  before: Uint32Array;
  words: string;
}

const STEPS = 50;

/** All decisions on the grants of one file, by the rows of the grants. */
export class Decisions {
  /** The decisions. The first one stands for none. */
  private readonly list: (Decision | null)[] = [null];
  private readonly of: Uint32Array;
  private readonly steps: Step[] = [];
  private readonly listeners = new Set<() => void>();
  readonly counts: Record<Choice, number> = { keep: 0, revoke: 0, ask: 0 };

  constructor(readonly grants: number) {
    this.of = new Uint32Array(grants);
  }

  get(grant: number): Decision | null {
    return this.list[this.of[grant]!]!;
  }
  get decided(): number {
    return this.counts.keep + this.counts.revoke + this.counts.ask;
  }
  /** The number of decided grants among these. */
  decidedOf(rows: Rows): number {
    if (this.decided === 0) return 0;
    let count = 0;
    for (let i = 0; i < rows.length; i++) if (this.of[rows[i]!]! > 0) count++;
    return count;
  }
  /** The rows that have the choice, in their order. */
  rows(choice: Choice): number[] {
    const rows: number[] = [];
    if (this.counts[choice] === 0) return rows;
    for (let row = 0; row < this.grants; row++) if (this.get(row)?.choice === choice) rows.push(row);
    return rows;
  }
  /** The decisions with the rows that have them, for keeping. */
  byDecision(): [Decision, number[]][] {
    const rows = new Map<number, number[]>();
    this.of.forEach((index, row) => {
      if (index > 0) rows.get(index)?.push(row) ?? rows.set(index, [row]);
    });
    return [...rows].map(([index, of]) => [this.list[index]!, of]);
  }

  /** Decides about grants at once, or takes the decision back with `null`. `words` say what undoing means. */
  decide(rows: Rows, decision: Decision | null, words: string): void {
    this.apply([[rows, decision]], words);
  }
  /** Puts several decisions in force, as one step. */
  apply(decisions: Iterable<[Rows, Decision | null]>, words: string): void {
    const before = new Map<number, number>();
    for (const [rows, decision] of decisions) {
      const index = decision === null ? 0 : this.list.push(decision) - 1;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        if (!before.has(row)) before.set(row, this.of[row]!);
        this.set(row, index);
      }
    }
    this.steps.push({
      rows: Uint32Array.from(before.keys()),
      before: Uint32Array.from(before.values()),
      words,
    });
    if (this.steps.length > STEPS) this.steps.shift();
    this.tell();
  }
  /** The change that can be undone, in words. */
  get last(): string | undefined {
    return this.steps.at(-1)?.words;
  }
  undo(): string | undefined {
    const step = this.steps.pop();
    if (!step) return undefined;
    step.rows.forEach((row, i) => this.set(row, step.before[i]!));
    this.tell();
    return step.words;
  }
  /** Takes over what was kept, in place of everything here. It can't be undone. */
  restore(decisions: Iterable<[Rows, Decision]>): void {
    this.of.fill(0);
    this.list.length = 1;
    this.steps.length = 0;
    for (const choice of CHOICES) this.counts[choice] = 0;
    for (const [rows, decision] of decisions) {
      const index = this.list.push(decision) - 1;
      for (let i = 0; i < rows.length; i++) if (rows[i]! < this.grants) this.set(rows[i]!, index);
    }
    this.tell();
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private set(row: number, index: number): void {
    const before = this.list[this.of[row]!];
    if (before) this.counts[before.choice]--;
    this.of[row] = index;
    const now = this.list[index];
    if (now) this.counts[now.choice]++;
  }
  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
