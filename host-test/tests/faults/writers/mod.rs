//! Another writer at each step of a change: the report, and the final state. Cloudflare's API has
//! no versions, so one interleaving can't be detected: a change between our GET and our PUT is
//! overwritten.

mod interleaved;
mod late;

use crate::changes::account::{
    AUDIT, BOB, CID, DEV, DNS, EDITORS, Operation, What, email, group, in_group, member, of_role, role, user,
};
use crate::changes::run::{Auth, Ended, call, open, start};
use crate::common::setup::host;
use connector_host::contract::{Change, Operation as Way, Status};
use host_test::mock::{self, Account, Group, Member, SUPER_ADMINISTRATOR, When};
use serde_json::{Value, json};

const THEIRS: &str = "zoe@else.example";

/// The moments at which the other one writes: the request, its attempt, and before or after it.
const STEPS: [(&str, &str, u64, When); 5] = [
    ("GET", "access/groups", 1, When::Before),
    ("GET", "access/groups", 1, When::After),
    ("GET", "access/groups/{id}", 1, When::After),
    ("PUT", "access/groups/{id}", 1, When::After),
    ("GET", "access/groups/{id}", 2, When::After),
];

fn editors(account: &mut Account) -> &mut Group {
    &mut account.groups[EDITORS]
}

fn include(account: &mut Account) -> &mut Vec<Value> {
    editors(account).include.get_or_insert_default()
}

fn dev(account: &mut Account) -> &mut Member {
    &mut account.members[DEV]
}

type Write = fn(&mut Account);

/// Runs our change and theirs. Returns the end of ours, and the account then.
async fn outcome(
    ours: Change,
    on: mock::Operation,
    when: When,
    theirs: Write,
    auth: Auth,
) -> (String, Account) {
    let (host, mock) = (host().await, start().await);
    let mut session = open(&host, &mock, auth, 0).await;
    mock.meddle(on, when, theirs);
    let operation = Operation { name: "ours", what: What::Apply { changes: vec![ours], dry_run: false } };
    let call = call(&mut session, &mock, &operation).await;
    assert_eq!(mock.meddled(), [true]);
    let ended = match &call.ended[0] {
        Ended::Well(Status::Applied) => "applied".to_owned(),
        Ended::Well(Status::Unchanged) => "unchanged".to_owned(),
        Ended::Well(Status::Planned) => "planned".to_owned(),
        Ended::Badly { kind, .. } => {
            format!("{kind:?}").trim_start_matches("ErrorKind::").to_ascii_lowercase()
        }
        Ended::Read(_) => "read".to_owned(),
    };
    let report = call.report.unwrap();
    if ended == "conflict" {
        // A conflict shows the state that was found.
        let after: Value = serde_json::from_str(&report.writes[0].after).unwrap();
        let found =
            crate::changes::judge::state(&call.account, &(on_kind(&report), report.writes[0].on.id.clone()));
        assert_eq!(after, if found.is_null() { json!({}) } else { found });
    }
    (ended, call.account)
}

fn on_kind(report: &connector_host::contract::Report) -> &'static str {
    if report.writes[0].on.kind == "group" { "group" } else { "member" }
}

/// Returns which of the two changes is left.
fn left(ours: bool, theirs: bool) -> &'static str {
    match (ours, theirs) {
        (true, true) => "both",
        (true, false) => "ours",
        (false, true) => "theirs",
        (false, false) => "neither",
    }
}

/// A change of another writer, a check for it, and the outcome at each step.
type Row<const STEPS: usize> = (&'static str, Write, fn(&Account) -> bool, [&'static str; STEPS]);

async fn hold<const COUNT: usize>(
    rows: &[Row<COUNT>],
    steps: [(&str, &str, u64, When); COUNT],
    ours: &Change,
    is_ours: fn(&Account) -> bool,
) {
    for auth in [Auth::Token, Auth::Key] {
        for (what, theirs, is_theirs, expected) in rows {
            let mut found = Vec::new();
            for (method, route, attempt, when) in steps {
                let on = mock::Operation::on(method, route).at_attempt(attempt);
                let (ended, account) = outcome(ours.clone(), on, when, *theirs, auth).await;
                found.push(format!("{ended}: {}", left(is_ours(&account), is_theirs(&account))));
            }
            assert_eq!(found, expected, "{what}, {auth:?}");
        }
    }
}

fn rules(account: &Account) -> impl Iterator<Item = &Value> {
    account
        .groups
        .iter()
        .filter(|it| it.id == group(EDITORS))
        .flat_map(|group| group.include.iter().flatten())
}

fn names(account: &Account, address: &str) -> bool {
    rules(account).any(|rule| *rule == email(address))
}

fn is_gone(account: &Account) -> bool {
    !account.groups.iter().any(|it| it.id == group(EDITORS))
}

fn delete(account: &mut Account) {
    account.groups.retain(|it| it.id != group(EDITORS));
}

const CIDS: &str = "cid@corp.example";
const BOBS: &str = "Bob@Corp.example";

#[tokio::test]
async fn a_grant_of_a_group_and_another_writer() {
    let rows: [Row<5>; 7] = [
        (
            "adds a rule",
            |account| include(account).push(email(THEIRS)),
            |account| names(account, THEIRS),
            ["applied: both", "applied: both", "applied: ours", "conflict: both", "applied: both"],
        ),
        (
            "takes a rule",
            |account| include(account).retain(|rule| *rule != email(BOBS)),
            |account| !names(account, BOBS),
            ["applied: both", "applied: both", "applied: ours", "conflict: both", "applied: both"],
        ),
        (
            "takes the rule that we add",
            |account| include(account).retain(|rule| *rule != email(CIDS)),
            |account| !names(account, CIDS),
            ["applied: ours", "applied: ours", "applied: ours", "conflict: theirs", "applied: theirs"],
        ),
        (
            "adds the same rule",
            |account| include(account).push(email(CIDS)),
            |account| names(account, CIDS),
            ["unchanged: both", "unchanged: both", "applied: both", "conflict: both", "applied: both"],
        ),
        (
            "renames",
            |account| editors(account).name = "Theirs".into(),
            |account| account.groups[EDITORS].name == "Theirs",
            ["applied: both", "applied: both", "applied: ours", "conflict: both", "applied: both"],
        ),
        (
            "excludes the person",
            |account| editors(account).exclude = Some(vec![email(CIDS)]),
            |account| account.groups[EDITORS].exclude.is_some(),
            ["refused: theirs", "refused: theirs", "applied: ours", "conflict: both", "applied: both"],
        ),
        (
            "deletes the group",
            delete,
            is_gone,
            [
                "notfound: theirs",
                "notfound: theirs",
                "notfound: theirs",
                "conflict: theirs",
                "applied: theirs",
            ],
        ),
    ];
    let ours = in_group(Way::Grant, EDITORS, "user", &user(CID));
    hold(&rows, STEPS, &ours, |account| names(account, CIDS)).await;
}

#[tokio::test]
async fn a_revoke_of_a_group_and_another_writer() {
    let rows: [Row<5>; 6] = [
        (
            "adds a rule",
            |account| include(account).push(email(THEIRS)),
            |account| names(account, THEIRS),
            ["applied: both", "applied: both", "applied: ours", "conflict: both", "applied: both"],
        ),
        (
            "names the person in another way",
            |account| include(account).push(json!({"email_domain": {"domain": "corp.example"}})),
            |account| rules(account).any(|rule| rule.get("email_domain").is_some()),
            ["refused: theirs", "refused: theirs", "applied: ours", "conflict: both", "applied: both"],
        ),
        (
            "takes the same rule",
            |account| include(account).retain(|rule| *rule != email(BOBS)),
            |account| !names(account, BOBS),
            ["unchanged: both", "unchanged: both", "applied: both", "applied: both", "applied: both"],
        ),
        (
            "adds the rule again",
            |account| include(account).push(email(BOBS)),
            |account| names(account, BOBS),
            ["applied: ours", "applied: ours", "applied: ours", "conflict: theirs", "applied: theirs"],
        ),
        (
            "changes what is required",
            |account| editors(account).require = Some(vec![json!({"ip": {"ip": "203.0.113.0/24"}})]),
            |account| account.groups[EDITORS].require.as_ref().is_some_and(|rules| !rules.is_empty()),
            ["applied: both", "applied: both", "applied: ours", "conflict: both", "applied: both"],
        ),
        (
            "deletes the group",
            delete,
            is_gone,
            ["notfound: both", "notfound: both", "notfound: both", "conflict: both", "applied: both"],
        ),
    ];
    let ours = in_group(Way::Revoke, EDITORS, "user", &user(BOB));
    hold(&rows, STEPS, &ours, |account| !names(account, BOBS)).await;
}

/// No read can show this case. `apply` documents it, and it is why a host runs one call at a time.
#[tokio::test]
async fn what_another_writer_puts_between_our_get_and_our_put_is_overwritten_and_reported_as_applied() {
    let ours = in_group(Way::Grant, EDITORS, "user", &user(CID));
    for auth in [Auth::Token, Auth::Key] {
        for (method, attempt, when) in [("GET", 1, When::After), ("PUT", 1, When::Before)] {
            let on = mock::Operation::on(method, "access/groups/{id}").at_attempt(attempt);
            let write: Write = |account| include(account).push(email(THEIRS));
            let (ended, account) = outcome(ours.clone(), on, when, write, auth).await;
            assert_eq!(
                (ended.as_str(), names(&account, CIDS), names(&account, THEIRS)),
                ("applied", true, false)
            );
        }
    }
}

fn holds(account: &Account, role: &str) -> bool {
    account
        .members
        .iter()
        .filter(|it| it.id == member(DEV))
        .any(|it| it.roles.iter().any(|held| held == role))
}

/// Adds a policy that no role represents.
fn add_policy(account: &mut Account) {
    let dns = account.roles[DNS].clone();
    let policy = account.policy(&member(DEV), &dns, "com.cloudflare.api.account.zone.1");
    dev(account).policies.push(policy);
}

fn set_roles(account: &mut Account, roles: &[&str]) {
    let held: Vec<_> = roles.iter().map(|id| account.role(id).unwrap().clone()).collect();
    let policies = held.iter().map(|role| account.account_wide_policy(&member(DEV), role)).collect();
    dev(account).policies = policies;
    dev(account).roles = held.into_iter().map(|role| role.id).collect();
}

#[tokio::test]
async fn a_grant_of_a_role_and_another_writer() {
    let steps = [
        ("GET", "roles/{id}", 1, When::Before),
        ("GET", "members/{id}", 1, When::After),
        ("PUT", "members/{id}", 1, When::After),
        ("GET", "members/{id}", 2, When::After),
    ];
    let rows: [Row<4>; 6] = [
        (
            "gives another role",
            |account| {
                let mut roles = account.members[DEV].roles.clone();
                roles.push(SUPER_ADMINISTRATOR.into());
                set_roles(account, &roles.iter().map(String::as_str).collect::<Vec<_>>());
            },
            |account| holds(account, SUPER_ADMINISTRATOR),
            ["applied: both", "applied: ours", "conflict: both", "applied: both"],
        ),
        (
            "takes another role",
            |account| {
                let mut roles = account.members[DEV].roles.clone();
                roles.retain(|held| *held != role(DNS));
                set_roles(account, &roles.iter().map(String::as_str).collect::<Vec<_>>());
            },
            |account| !holds(account, &role(DNS)),
            ["applied: both", "applied: ours", "conflict: both", "applied: both"],
        ),
        (
            "gives the same role",
            |account| {
                let mut roles = account.members[DEV].roles.clone();
                roles.retain(|held| *held != role(AUDIT));
                roles.push(role(AUDIT));
                set_roles(account, &roles.iter().map(String::as_str).collect::<Vec<_>>());
            },
            |account| holds(account, &role(AUDIT)),
            ["unchanged: both", "applied: both", "applied: both", "applied: both"],
        ),
        (
            "takes the role that we give",
            |account| set_roles(account, &[&role(DNS)]),
            |account| account.members[DEV].roles == [role(DNS)],
            ["applied: ours", "applied: ours", "conflict: theirs", "applied: theirs"],
        ),
        // Beside it, policies are written. Otherwise roles are, and are compared.
        (
            "gives a permission on one zone",
            add_policy,
            |account| {
                account.members[DEV]
                    .policies
                    .iter()
                    .any(|policy| policy.resource_groups[0].name.contains("zone"))
            },
            ["applied: both", "applied: ours", "applied: both", "applied: both"],
        ),
        (
            "removes the membership",
            |account| account.members.retain(|it| it.id != member(DEV)),
            |account| !account.members.iter().any(|it| it.id == member(DEV)),
            ["notfound: theirs", "notfound: theirs", "conflict: theirs", "applied: theirs"],
        ),
    ];
    let ours = of_role(Way::Grant, &role(AUDIT), DEV);
    hold(&rows, steps, &ours, |account| holds(account, &role(AUDIT))).await;
}
