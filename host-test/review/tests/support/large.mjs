import { Company, DAY, FIRST, LAST, NOW } from "./company.mjs";

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
  company.noLogin(
    users,
    users.map((_, i) => i),
  );
  company.finding("domains", "Whole domains", "Such a rule names nobody.", "high", "reason", rows);
  return { ...company, head: company.head() };
}
