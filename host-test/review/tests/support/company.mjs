// A made-up company with something of everything that the page shows.

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

const DAY = 86_400;
export const NOW = Date.parse("2026-11-29T10:00:00Z") / 1000;
const FIRST =
  "Amara Bilal Chiara Deniz Elif Farid Grace Hana Idris Jonas Kofi Lena Marta Noor Otto Priya Rosa Sven".split(
    " ",
  );
const LAST = "Novák Okafor Conti Whitfield Kaya Berg Silva Kowalska Haddad Tanaka Moreau".split(" ");

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

/** The small company. `text` can make all of its texts hostile. */
export function small({ text, incomplete = true, since = true } = {}) {
  const company = new Company(text);
  const okta = company.thing("identity-provider", "Okta", "Okta at northwind.okta.example");
  const finance = company.thing(
    "group",
    "Finance",
    "Includes three addresses, and everybody of the group People and legal",
  );
  const legal = company.thing(
    "group",
    "People and legal",
    "Includes the domain northwind.example; asks for a login with Okta",
  );
  const lonely = company.thing("group", "Old project", "Includes one address");
  const payPolicy = company.thing(
    "policy",
    "Finance runs payroll",
    "Allows group Finance, and asks for a second factor",
  );
  const staff = company.thing("policy", "All staff", "Allows the domain northwind.example");
  const unused = company.thing("policy", "Nobody uses me", "Allows everyone");
  const payroll = company.thing("app", "Payroll", "Self-hosted, at payroll.northwind.example");
  const wiki = company.thing("app", "Wiki", "Self-hosted, at wiki.northwind.example");
  const status = company.thing("app", "Status page", "Self-hosted, at status.northwind.example");
  const lunch = company.thing("app", "Crème of the week", "Bookmark");
  const empty = company.thing("app", "Empty application", "Self-hosted, without policies");
  const owner = company.thing("role", "Super Administrator", "Can do everything in the account");
  const billing = company.thing("role", "Billing", "Can read and change payments");
  const ops = company.thing("user-group", "Operations", "A user group of the account");
  const zone = company.thing(
    "scoped-role",
    "DNS of northwind.example",
    "May change DNS records of one domain",
    { parent: billing + 1 },
  );
  const token = company.thing("service-token", "Backup job", "Never expires");
  const nameless = company.thing("group", "", "A group without a name");

  const members = [];
  const users = [];
  const emails = [];
  const persons = [];
  for (let i = 0; i < 44; i++) {
    const name = `${FIRST[i % FIRST.length]} ${LAST[(i * 7) % LAST.length]}`;
    const address = `${name.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(" ", ".")}${i > 17 ? i : ""}@northwind.example`;
    persons.push(company.person(name, address));
  }
  const auditor = company.person("", "external.audit@brightline.example");
  for (let i = 0; i < 6; i++) {
    members.push(
      company.account("member", persons[i], {
        status: i === 5 ? 3 : 1,
        two_factor: (i % 2) + 1,
        created: NOW - (i * 40 + 5) * DAY,
      }),
    );
  }
  const days = [0, 3, 12, 45, 95, 200, 300, 500];
  for (let i = 0; i < 44; i++) {
    const last_login = i % 9 === 8 ? 0 : NOW - days[i % days.length] * DAY - 3600;
    users.push(
      company.account("user", persons[i], {
        status: i % 13 === 12 ? 2 : 1,
        last_login,
        seat: 1 + (i % 2),
        created: NOW - 600 * DAY,
      }),
    );
  }
  emails.push(company.account("email", auditor, { status: 0 }));

  const inFinance = company.entitlement(finance, "member");
  const inLegal = company.entitlement(legal, "member");
  const inLonely = company.entitlement(lonely, "member");
  const onPayroll = company.entitlement(payroll, "access");
  const onWiki = company.entitlement(wiki, "access", {
    anyone: 1,
    open: "whoever logs in: policy “All staff”",
  });
  const onStatus = company.entitlement(status, "access", {
    public: 1,
    open: "PUBLIC: anybody, without a login",
  });
  const onLunch = company.entitlement(lunch, "access", {
    open: "people whom only a login shows: Okta group Lunch of “Okta”",
  });
  company.entitlement(empty, "access");
  const isOwner = company.entitlement(owner, "assigned");
  const isBilling = company.entitlement(billing, "assigned");
  const inOps = company.entitlement(ops, "member");
  const inZone = company.entitlement(zone, "assigned");
  company.entitlement(nameless, "member");

  const domain = { rule: "email_domain", value: "northwind.example" };
  const byDomain = "the domain northwind.example";
  const byAddress = { rule: "email", value: "", words: "named by address" };
  company.reason(inFinance, 1, [byAddress], users.slice(0, 3));
  company.reason(
    inFinance,
    16,
    [{ rule: "group", value: "x", group: legal, words: "group “People and legal”" }],
    users.slice(3, 8),
    { instead: "Take the person out of the group “People and legal”, or the group out of “Finance”." },
  );
  company.reason(inLegal, 2, [{ ...domain, words: byDomain }], users.slice(3, 44), {
    conditions: ["login with “Okta”"],
    instead: "The rule lets in everybody of northwind.example. Exclude the person, or narrow the domain.",
  });
  company.reason(inLonely, 1, [byAddress], emails);
  company.reason(
    onPayroll,
    32 | 16,
    [
      {
        rule: "group",
        value: "x",
        group: finance,
        through: payPolicy,
        words: "group “Finance”, by policy “Finance runs payroll”",
      },
    ],
    users.slice(0, 8),
    {
      conditions: ["multi-factor login and login with “Okta”"],
      instead: "Take the person out of the group “Finance”.",
    },
  );
  const two = company.reason(
    onPayroll,
    33,
    [
      { ...byAddress, through: payPolicy, words: "named by address, by policy “Finance runs payroll”" },
      {
        rule: "email_list",
        value: "l",
        through: payPolicy,
        words: "the list “Auditors”, by policy “Finance runs payroll”",
      },
      {
        rule: "group",
        value: "x",
        group: lonely,
        through: staff,
        words: "group “Old project”, by policy “All staff”",
      },
    ],
    emails,
    {
      conditions: [
        "login with “Okta” and not blocked by policy “Not from elsewhere” (country KP or RU)",
        "approval by grace.whitfield@northwind.example",
      ],
      instead: "Take the address out of the policy “Finance runs payroll” and of the list “Auditors”.",
      expected: "to hold, by hr.csv as of 2026-11-01",
    },
  );
  company.reason(
    onWiki,
    34,
    [{ ...domain, through: staff, words: `${byDomain}, by policy “All staff”` }],
    [...users, ...members.slice(0, 4)],
    {
      instead: "The policy “All staff” lets in everybody of northwind.example. Exclude the person there.",
    },
  );
  const everyone = company.reason(
    onLunch,
    36,
    [{ rule: "everyone", value: "", through: staff, words: "everyone, by policy “All staff”" }],
    [token, ...users.slice(0, 40)],
    {
      conditions: ["an IP address in “Office”"],
      instead: "The policy lets in everyone. Change the policy.",
    },
  );
  company.reason(
    isOwner,
    64,
    [{ rule: "role", value: "", words: "the member's own roles" }],
    members.slice(0, 4),
  );
  const denied = company.reason(
    isBilling,
    64,
    [{ rule: "user_group", value: "", group: ops, words: "user group “Operations”" }],
    members.slice(1, 5),
    {
      instead: "Take the member out of the user group “Operations”.",
      denied: "policy “No billing at night” of the user group “Operations”",
    },
  );
  company.reason(isBilling, 64, [{ rule: "policy", value: "", words: "a policy of its own" }], [ops]);
  company.reason(
    inOps,
    64,
    [{ rule: "member", value: "", words: "a member of the user group" }],
    members.slice(1, 5),
  );
  company.reason(
    inZone,
    64,
    [{ rule: "policy", value: "", words: "a policy of its own" }],
    members.slice(5, 6),
  );

  const kinds = (id) => company.resources.flatMap(({ kind }, row) => (kind === kindOf(id) ? [row] : []));
  company.finding(
    "public-applications",
    "Public applications",
    "Anybody on the internet reaches them, without a login. Check that nothing in them is confidential.",
    "high",
    "resource",
    [status],
  );
  company.finding(
    "whoever-logs-in",
    "Applications for whoever logs in",
    "A one-time PIN alone admits any address.",
    "medium",
    "resource",
    [wiki],
  );
  company.finding(
    "everyone",
    "Rules for everyone",
    "Such a rule names nobody, so nobody is responsible for who gets in.",
    "high",
    "reason",
    [everyone],
  );
  company.finding(
    "privileged-without-second-factor",
    "Privileged roles without a second factor",
    "A stolen password is enough to change the account.",
    "high",
    "grant",
    [company.first(8), company.first(8) + 2],
  );
  company.finding(
    "no-login-90-days",
    "No login for 90 days",
    "Access that nobody uses is access that nobody misses.",
    "medium",
    "person",
    users.flatMap((user, i) => (company.resources[user].last_login < NOW - 90 * DAY ? [persons[i] - 1] : [])),
  );
  company.finding(
    "old-invitations",
    "Old invitations",
    "Whoever gets hold of the mail can accept them.",
    "medium",
    "resource",
    [members[5]],
  );
  company.finding(
    "never-logged-in",
    "Addresses that never logged in",
    "Rules name them, and nobody with the address ever came.",
    "low",
    "resource",
    emails,
  );
  company.finding(
    "unnamed-groups",
    "Groups that nothing names",
    "They open nothing, and mislead a reader.",
    "low",
    "resource",
    [lonely, nameless],
  );
  company.finding(
    "unused-policies",
    "Policies that no application uses",
    "They open nothing now, and may be attached by mistake.",
    "low",
    "resource",
    [unused],
  );
  company.finding(
    "service-tokens",
    "Service tokens that never expire",
    "A leaked one works until somebody notices.",
    "medium",
    "resource",
    kinds("service-token"),
  );
  company.finding(
    "foreign-domains",
    "Foreign domains",
    "Addresses of other companies.",
    "medium",
    "grant",
    [],
  );
  company.finding(
    "expired-tokens",
    "Expired tokens",
    "Service tokens were not read, so this isn't known.",
    "low",
    "resource",
    [],
    false,
  );
  company.finding(
    "denied",
    "Roles that a policy denies",
    "It isn't known which of the two wins.",
    "low",
    "reason",
    [denied, two],
  );

  if (since) {
    const where = company.text("Finance");
    company.changes = [
      { kind: 1, grant: company.first(0) + 1, before: "", after: company.text("named by address") },
      { kind: 2, grant: 0, before: company.text("the domain northwind.example"), after: "" },
      {
        kind: 3,
        grant: company.first(4) + 1,
        before: company.text("named by address"),
        after: company.text("group “Finance”"),
      },
    ].map((change) => ({
      person: company.text("Lost Person"),
      account: "user:gone",
      entitlement: "group:x:member",
      on: where,
      ...change,
    }));
  }
  const head = company.head({
    incomplete,
    warnings: [
      ...(incomplete
        ? [
            {
              code: "list-not-readable",
              message: company.text("The list “Auditors” can't be read: the token lacks Zero Trust — Read."),
              about: payPolicy,
              incomplete: true,
            },
          ]
        : []),
      {
        code: "app-public",
        message: company.text("Status page is public: anybody reaches it without a login."),
        about: status,
        incomplete: false,
      },
    ],
    since: since
      ? {
          time: "2026-08-30T09:00:00Z",
          name: company.text("review-august.html"),
          digest: "ab".repeat(32),
          gained: 1,
          lost: 1,
          other: 1,
          notes: [company.text("Roles are not compared: the earlier review had no members.")],
        }
      : null,
    missing: [company.text("service tokens: the token may not read them")],
  });
  void okta;
  return { ...company, head };
}

/** An account of 50,000 people with a million grants. */
export function large({ people = 50_000, groups = 300, apps = 500, grants = 1_000_000 } = {}) {
  const company = new Company();
  let seed = 1;
  const random = (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const id = () =>
    Array.from({ length: 4 }, () =>
      random(2 ** 32)
        .toString(16)
        .padStart(8, "0"),
    ).join("");
  const of = (count, kind, name) =>
    Array.from({ length: count }, (_, i) =>
      company.thing(kind, `${name} ${i}`, `A ${name.toLowerCase()}`, { id: id() }),
    );
  const groupRows = of(groups, "group", "Group");
  const policies = of(apps, "policy", "Policy");
  const appRows = of(apps, "app", "Application");
  const roles = of(80, "role", "Role");
  const users = [];
  const members = [];
  for (let i = 0; i < people; i++)
    company.person(`${FIRST[random(18)]} ${LAST[random(11)]} ${i}`, `person.${i}@corp${i % 7}.example`);
  for (let i = 0; i < people / 10; i++)
    members.push(company.account("member", i * 10 + 1, { id: id(), status: 1, two_factor: 1 + random(2) }));
  for (let i = 0; i < people; i++) {
    users.push(
      company.account("user", i + 1, {
        id: id(),
        status: 1,
        seat: 1 + random(2),
        last_login: random(9) ? NOW - random(500 * DAY) : 0,
      }),
    );
  }
  const each = Math.floor(grants / (groups + apps));
  // Without a pattern that would compress better than a real account does.
  const pick = (from, count) => {
    const picked = new Set();
    while (picked.size < Math.min(count, from.length)) picked.add(from[random(from.length)]);
    return [...picked];
  };
  const rows = [];
  for (const group of groupRows) {
    const entitlement = company.entitlement(group, "member");
    company.reason(
      entitlement,
      1,
      [{ rule: "email", value: "", words: "named by address" }],
      pick(users, each >> 1),
    );
    rows.push(
      company.reason(
        entitlement,
        2,
        [{ rule: "email_domain", value: "corp1.example", words: "the domain corp1.example" }],
        pick(users, each >> 1),
        { instead: "Narrow the domain." },
      ),
    );
  }
  appRows.forEach((app, i) => {
    const group = groupRows[i % groups];
    const name = company.resources[group].name;
    company.reason(
      company.entitlement(app, "access", { public: i % 50 === 0 ? 1 : 0 }),
      48,
      [
        {
          rule: "group",
          value: "",
          group,
          through: policies[i],
          words: `group “${name}”, by policy “Policy ${i}”`,
        },
      ],
      pick(users, each),
      {
        conditions: i % 3 ? [] : ["login with “Okta”"],
        instead: `Take the person out of the group “${name}”.`,
      },
    );
  });
  for (const role of roles)
    company.reason(
      company.entitlement(role, "assigned"),
      64,
      [{ rule: "role", value: "", words: "the member's own roles" }],
      pick(members, 50),
    );
  company.finding(
    "no-login-90-days",
    "No login for 90 days",
    "Access that nobody uses is access that nobody misses.",
    "medium",
    "person",
    users.flatMap((user, i) => (company.resources[user].last_login < NOW - 90 * DAY ? [i] : [])),
  );
  company.finding("domains", "Whole domains", "Such a rule names nobody.", "high", "reason", rows);
  return { ...company, head: company.head() };
}
