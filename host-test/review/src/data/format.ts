/** The directory at the beginning of the data. The program that writes it is `host-test review`. */
export interface Directory {
  format: number;
  head: Head;
  columns: Record<string, { type: string; at: number; length: number; count: number }>;
}

export interface Head {
  account: { id: string; name: string };
  time: string;
  version: string;
  source: string;
  requests: number | null;
  /** The kinds that were read, with their permissions; null if they aren't known. */
  read: { kind: string; what: string; permissions: string[] }[] | null;
  /** The kinds that were not read, and the reasons. That isn't the same as data that is missing. */
  missing: string[];
  incomplete: boolean;
  warnings: Warning[];
  kinds: Kind[];
  counts: Record<string, number>;
  findings: FindingHead[];
  since: Since | null;
}

export interface Warning {
  code: string;
  message: string;
  about: number | null;
  incomplete: boolean;
}

export interface Kind {
  id: string;
  one: string;
  many: string;
  person: boolean;
  /** Whether it was read: otherwise nothing is known of it. */
  read: boolean;
}

export type Level = "high" | "medium" | "low";

export interface FindingHead {
  id: string;
  title: string;
  why: string;
  level: Level;
  table: "resource" | "grant" | "person" | "reason";
  count: number;
  /** Whether the data suffices to know. Otherwise `why` says why not. */
  known: boolean;
}

export interface Since {
  time: string;
  name: string;
  digest: string | null;
  gained: number;
  lost: number;
  other: number;
  /** Everything that isn't compared, because data is missing on a side. */
  notes: string[];
}

/** One rule or assignment behind a grant. */
export interface Basis {
  rule: string;
  value: string;
  through: number | null;
  group: number | null;
  words: string;
}

/** The bits of `reason.kind`, and their words. */
export const REASON_KINDS: readonly (readonly [number, string])[] = [
  [1, "direct"],
  [2, "domain"],
  [4, "everyone"],
  [8, "list"],
  [16, "nested group"],
  [32, "policy"],
  [64, "assigned"],
  [128, "other rule"],
];

export const STATUS = ["", "enabled", "disabled", "pending", "status unknown"] as const;
