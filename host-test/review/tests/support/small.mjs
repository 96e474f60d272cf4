// A made-up company with something of everything that the page shows.
import { Company, DAY, FIRST, LAST, NOW } from "./company.mjs";
import { findings } from "./small-findings.mjs";
import { rules } from "./small-rules.mjs";

/** Applications, groups, roles and more. */
function things(company) {
  company.thing("identity-provider", "Okta", "okta");
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
  const payroll = company.thing("app", "Payroll", "self-hosted, payroll.northwind.example");
  const wiki = company.thing("app", "Wiki", "self-hosted, wiki.northwind.example");
  const status = company.thing("app", "Status page", "self-hosted, status.northwind.example");
  const lunch = company.thing("app", "Crème of the week", "bookmark");
  const empty = company.thing("app", "Empty application", "self-hosted");
  const owner = company.thing("role", "Super Administrator", "Can do everything in the account");
  const billing = company.thing("role", "Billing", "Can read and change payments");
  const ops = company.thing("user-group", "Operations", "A user group of the account");
  const zone = company.thing(
    "scoped-role",
    "DNS of northwind.example",
    "May change DNS records of one domain",
    { parent: billing + 1 },
  );
  const token = company.thing("service-token", "Backup job", "never expires");
  const nameless = company.thing("group", "", "A group without a name");
  return {
    finance,
    legal,
    lonely,
    payPolicy,
    staff,
    unused,
    payroll,
    wiki,
    status,
    lunch,
    empty,
    owner,
    billing,
    ops,
    zone,
    token,
    nameless,
  };
}

/** People with their accounts: members, users, and an address without any. */
function people(company) {
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
  return { members, users, emails, persons };
}

/** The small company. `text` can make all of its texts hostile. */
export function small({ text, incomplete = true, since = true } = {}) {
  const company = new Company(text);
  const made = { ...things(company), ...people(company) };
  findings(company, { ...made, ...rules(company, made) });
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
              about: made.payPolicy,
              incomplete: true,
            },
          ]
        : []),
      {
        code: "app-public",
        message: company.text("Status page is public: anybody reaches it without a login."),
        about: made.status,
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
  return { ...company, head };
}
