/** The rules of the small company, and who holds something by each. Returns those that findings are about. */
export function rules(company, made) {
  const {
    finance,
    legal,
    lonely,
    payPolicy,
    staff,
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
    members,
    users,
    emails,
  } = made;
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
  return { two, everyone, denied };
}
