import { fromBase64, gunzip } from "./base64";
import { type Columns, split, type Texts } from "./columns";
import type { Basis, Head, Kind } from "./format";
import { type Groups, rowsOf } from "./indices";

/** The parts of the page that kinds of things belong to. */
export type Section = "person" | "app" | "group" | "role" | "other";

const SECTIONS: Record<string, Section> = {
  app: "app",
  group: "group",
  role: "role",
  "user-group": "role",
  "scoped-role": "role",
};

/** Everything that the file says, by row numbers. */
export class Review {
  readonly people: number;
  readonly resources: number;
  readonly entitlements: number;
  readonly reasons: number;
  readonly grants: number;
  readonly time: number;
  private readonly cached = new Map<string, Basis[]>();
  private reasonGroups?: Groups;
  private entitlementGroups?: Groups;
  private accountGroups?: Groups;

  constructor(
    readonly head: Head,
    readonly digest: string,
    readonly columns: Columns,
  ) {
    this.people = columns.count("person.address");
    this.resources = columns.count("resource.kind");
    this.entitlements = columns.count("entitlement.on");
    this.reasons = columns.count("reason.entitlement");
    this.grants = columns.count("grant.principal");
    this.time = Date.parse(head.time) / 1000;
  }

  get grantPrincipal(): Uint32Array {
    return this.columns.numbers("grant.principal");
  }
  get reasonFirst(): Uint32Array {
    return this.columns.numbers("reason.first");
  }
  get reasonCount(): Uint32Array {
    return this.columns.numbers("reason.count");
  }
  get reasonEntitlement(): Uint32Array {
    return this.columns.numbers("reason.entitlement");
  }
  get entitlementOn(): Uint32Array {
    return this.columns.numbers("entitlement.on");
  }
  get resourcePerson(): Uint32Array {
    return this.columns.numbers("resource.person");
  }

  /** The name of the account; without one, its id, if that is known. */
  get account(): string {
    const { name, id } = this.head.account;
    return name || (id ? `account ${id}` : "an account");
  }
  /** Whether nothing of a part of the page was read. */
  isUnread(section: Section): boolean {
    const kinds = this.head.kinds.filter(
      (kind) => !kind.person && (SECTIONS[kind.id] ?? "other") === section,
    );
    return kinds.every((kind) => !kind.read);
  }

  text(column: string, row: number): string {
    return this.columns.texts(column).get(row);
  }
  small(column: string, row: number): number {
    return this.columns.small(column)[row]!;
  }
  number(column: string, row: number): number {
    return this.columns.numbers(column)[row]!;
  }

  kind(resource: number): Kind {
    return this.head.kinds[this.small("resource.kind", resource)]!;
  }
  sectionOf(resource: number): Section {
    const kind = this.kind(resource);
    return kind.person ? "person" : (SECTIONS[kind.id] ?? "other");
  }
  /** The name of a resource; without one, its address or its id. */
  name(resource: number): string {
    return (
      this.text("resource.name", resource).trim() ||
      this.text("resource.email", resource) ||
      this.text("resource.id", resource)
    );
  }
  key(resource: number): string {
    return `${this.kind(resource).id}:${this.text("resource.id", resource)}`;
  }
  personName(person: number): string {
    return (
      this.text("person.name", person).trim() || this.text("person.address", person) || this.personId(person)
    );
  }
  private personId(person: number): string {
    const account = this.accountsOf(person)[0];
    return account === undefined ? "" : this.text("resource.id", account);
  }

  /** The owner of a principal's grants: a person, or, behind all people, the resource itself. */
  ownerOf(resource: number): number {
    const person = this.resourcePerson[resource]!;
    return person > 0 ? person - 1 : this.people + resource;
  }
  ownerName(resource: number): string {
    const person = this.resourcePerson[resource]!;
    return person > 0 ? this.personName(person - 1) : this.name(resource);
  }

  /** The reason of a grant: the last one that doesn't begin behind it. */
  reasonOf(grant: number): number {
    const first = this.reasonFirst;
    let [low, high] = [0, this.reasons - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (first[middle]! <= grant) low = middle;
      else high = middle - 1;
    }
    return low;
  }
  entitlementOf(grant: number): number {
    return this.reasonEntitlement[this.reasonOf(grant)]!;
  }
  onOf(grant: number): number {
    return this.entitlementOn[this.entitlementOf(grant)]!;
  }
  grantId(grant: number): string {
    const entitlement = this.text("entitlement.id", this.entitlementOf(grant));
    return `${entitlement}:${this.key(this.grantPrincipal[grant]!)}`;
  }

  reasonsOf(entitlement: number): Uint32Array {
    this.reasonGroups ??= grouped(this.reasonEntitlement, this.entitlements);
    return rowsOf(this.reasonGroups, entitlement);
  }
  entitlementsOn(resource: number): Uint32Array {
    this.entitlementGroups ??= grouped(this.entitlementOn, this.resources);
    return rowsOf(this.entitlementGroups, resource);
  }
  accountsOf(person: number): Uint32Array {
    this.accountGroups ??= grouped(this.resourcePerson, this.people + 1);
    return rowsOf(this.accountGroups, person + 1);
  }
  grantsOn(entitlement: number): number {
    let count = 0;
    for (const reason of this.reasonsOf(entitlement)) count += this.reasonCount[reason]!;
    return count;
  }
  /** The rows of all grants on a resource. */
  grantRowsOn(resource: number): Uint32Array {
    const reasons = [...this.entitlementsOn(resource)].flatMap((entitlement) => [
      ...this.reasonsOf(entitlement),
    ]);
    return this.grantRowsOf(reasons);
  }
  grantRowsOf(reasons: Iterable<number>): Uint32Array {
    const list = [...reasons];
    const rows = new Uint32Array(list.reduce((sum, reason) => sum + this.reasonCount[reason]!, 0));
    let at = 0;
    for (const reason of list) {
      const first = this.reasonFirst[reason]!;
      for (let i = 0; i < this.reasonCount[reason]!; i++) rows[at++] = first + i;
    }
    return rows;
  }

  basis(reason: number): Basis[] {
    return this.json<Basis>("reason.basis", reason);
  }
  conditions(reason: number): string[] {
    return JSON.parse(this.text("reason.conditions", reason)) as string[];
  }
  private json<T>(column: string, row: number): T[] {
    const text = this.text(column, row);
    let value = this.cached.get(text);
    if (!value) this.cached.set(text, (value = JSON.parse(text) as Basis[]));
    return value as T[];
  }

  /** The last login of a person to Access in Unix seconds, 0 for none; undefined without a user of Access. */
  lastLogin(person: number): number | undefined {
    let last: number | undefined;
    for (const account of this.accountsOf(person)) {
      if (this.kind(account).id === "user")
        last = Math.max(last ?? 0, this.number("resource.last_login", account));
    }
    return last;
  }

  finding(id: string): Uint32Array {
    const column = `finding.${id}`;
    return this.columns.has(column) ? this.columns.numbers(column) : new Uint32Array(0);
  }
  changes(): Texts {
    return this.columns.texts("change.person");
  }
}

/** Rows by the value that they have in a column, in the order of the rows. */
export function grouped(values: Uint32Array, groups: number): Groups {
  const starts = new Uint32Array(groups + 1);
  for (const value of values) starts[value + 1]!++;
  for (let group = 0; group < groups; group++) starts[group + 1] = starts[group + 1]! + starts[group]!;
  const next = starts.slice();
  const rows = new Uint32Array(values.length);
  values.forEach((value, row) => (rows[next[value]!++] = row));
  return { starts, rows };
}

/** Reads the review out of the page that carries it. */
export async function open(element: Element): Promise<Review> {
  const [directory, columns] = split(await gunzip(fromBase64((element.textContent ?? "").trim())));
  return new Review(directory.head, element.getAttribute("data-digest") ?? "", columns);
}
