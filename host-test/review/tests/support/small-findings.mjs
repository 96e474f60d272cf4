import { kindOf } from "./company.mjs";

/** The findings of the small company. */
export function findings(company, made) {
  const {
    lonely,
    unused,
    wiki,
    status,
    token,
    nameless,
    members,
    users,
    emails,
    persons,
    two,
    everyone,
    denied,
  } = made;
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
  company.noLogin(
    users,
    users.map((_, i) => persons[i] - 1),
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
}
