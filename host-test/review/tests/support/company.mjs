// The parts of made-up companies: tables that are built row by row.

export const KINDS = [
  ["identity-provider", "identity provider", "identity providers", false],
  ["group", "Access group", "Access groups", false],
  ["policy", "policy", "policies", false],
  ["app", "application", "applications", false],
  ["role", "role", "roles", false],
  ["user-group", "user group", "user groups", false],
  ["scoped-role", "scoped role", "scoped roles", false],
  ["service-token", "service token", "service tokens", false],
  ["member", "member", "members", true],
  ["user", "user", "users", true],
  ["email", "unmatched email", "unmatched emails", true],
].map(([id, one, many, person]) => ({ id, one, many, person, read: true }));
export const kindOf = (id) => KINDS.findIndex((kind) => kind.id === id);

export const DAY = 86_400;
export const NOW = Date.parse("2026-11-29T10:00:00Z") / 1000;
export const FIRST =
  "Amara Bilal Chiara Deniz Elif Farid Grace Hana Idris Jonas Kofi Lena Marta Noor Otto Priya Rosa Sven".split(
    " ",
  );
export const LAST = "Novák Okafor Conti Whitfield Kaya Berg Silva Kowalska Haddad Tanaka Moreau".split(" ");

/** Builds tables row by row. */
export class Company {
  people = [];
  resources = [];
  entitlements = [];
  reasons = [];
  findings = {};
  changes = [];
  heads = [];

  constructor(hostile = (text) => text) {
    this.text = hostile;
  }

  thing(kind, name, says, more = {}) {
    const index = this.resources.length;
    this.resources.push({
      kind: kindOf(kind),
      id: more.id ?? `${kind}-${index}-${"0123456789abcdef".repeat(2).slice(0, 20)}`,
      name: this.text(name),
      person: 0,
      email: "",
      status: 0,
      last_login: 0,
      created: NOW - 400 * DAY,
      two_factor: 0,
      seat: 0,
      parent: 0,
      profile: JSON.stringify({ name: this.text(name), kind }),
      says: says && this.text(says),
      ...more,
    });
    return index;
  }

  person(name, address) {
    this.people.push({ name: this.text(name), address });
    return this.people.length;
  }

  account(kind, person, more = {}) {
    const { address, name } = this.people[person - 1];
    return this.thing(kind, "", "", { name, email: address, person, profile: "", ...more });
  }

  entitlement(on, slug, more = {}) {
    const { kind, id } = this.resources[on];
    this.entitlements.push({
      on,
      slug,
      id: `${KINDS[kind].id}:${id}:${slug}`,
      name: this.text(slug),
      provision: 1,
      open: "",
      public: 0,
      anyone: 0,
      ...more,
    });
    return this.entitlements.length - 1;
  }

  reason(entitlement, kind, basis, principals, more = {}) {
    this.reasons.push({
      entitlement,
      kind,
      basis: basis.map((one) => ({ through: null, group: null, ...one, words: this.text(one.words) })),
      conditions: (more.conditions ?? []).map(this.text),
      revocable: more.instead ? 0 : 1,
      expected: "",
      denied: "",
      instead: more.instead ? this.text(more.instead) : "",
      principals: [...principals].sort((a, b) => a - b),
      ...(more.denied ? { denied: this.text(more.denied) } : {}),
      ...(more.expected ? { expected: this.text(more.expected) } : {}),
    });
    return this.reasons.length - 1;
  }

  finding(id, title, why, level, table, rows, known = true) {
    this.heads.push({
      id,
      title: this.text(title),
      why: this.text(why),
      level,
      table,
      count: rows.length,
      known,
    });
    this.findings[id] = Uint32Array.from(rows).sort();
  }

  /** The finding about people who didn't log in for long. `people` are those of the users, in the same order. */
  noLogin(users, people) {
    const late = people.filter((_, i) => this.resources[users[i]].last_login < NOW - 90 * DAY);
    this.finding(
      "no-login-90-days",
      "No login for 90 days",
      "Access that nobody uses is access that nobody misses.",
      "medium",
      "person",
      late,
    );
  }

  head(more = {}) {
    return {
      account: { id: "0123456789abcdef0123456789abcdef", name: this.text("Northwind Trading") },
      time: "2026-11-29T10:00:00Z",
      version: "0.1.0",
      source: this.text("Cloudflare"),
      requests: 158,
      read: [
        {
          kind: "app",
          what: this.text("applications and policies"),
          permissions: ["Access: Apps and Policies Read"].map(this.text),
        },
        {
          kind: "group",
          what: this.text("Access groups"),
          permissions: ["Access: Groups Read"].map(this.text),
        },
        { kind: "user", what: this.text("Access users"), permissions: ["Access: Users Read"].map(this.text) },
      ],
      missing: [],
      incomplete: false,
      warnings: [],
      kinds: KINDS,
      counts: { people: this.people.length },
      findings: this.heads,
      since: null,
      ...more,
    };
  }

  first(reason) {
    return this.reasons.slice(0, reason).reduce((sum, { principals }) => sum + principals.length, 0);
  }
}
