//! An account in which every privilege arrives by a different way. A sync of it is the truth, and the truth
//! is written down here grant by grant.

use crate::common::compare::compare;
use crate::common::setup::HostAndMock;
use crate::common::small_account::ACCOUNT;
use crate::common::whole::{Whole, grant_id};
use host_test::mock::{Account, Inherited, Member, PermissionGroup, Policy, Role, Scope, UserGroup};
use serde_json::Value;
use std::collections::BTreeMap;

fn member(id: &str, status: &str, roles: &[&str], policies: Vec<Policy>) -> Member {
    Member {
        id: id.to_owned(),
        status: status.to_owned(),
        email: Some(format!("{id}@corp.example")),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        policies,
        ..Member::default()
    }
}

/// Returns an account in which permission groups have other ids than the roles of the same names.
fn account() -> Account {
    let role = |id: &str, name: &str| Role { id: id.into(), name: name.into(), ..Role::default() };
    let mut account = Account { id: ACCOUNT.to_owned(), has_own_permission_ids: true, ..Account::default() };
    account.roles = vec![
        role("admin", "Administrator"),
        role("dns", "DNS"),
        role("billing", "Billing"),
        role("audit", "Audit Logs Viewer"),
    ];
    let [admin, dns, billing, audit] = [0, 1, 2, 3].map(|at| account.roles[at].clone());
    let wide = |holder: &str, role: &Role, id: &str| Policy {
        id: id.to_owned(),
        ..account.account_wide_policy(holder, role)
    };
    let zone = |holder: &str, role: &Role, id: &str, name: Option<&str>| {
        let mut policy = account.zone_policy(holder, role, "77", name);
        policy.resource_groups[0].id = if name.is_some() { "named".into() } else { "unnamed".into() };
        Policy { id: id.to_owned(), ..policy }
    };
    let worker = |holder: &str| {
        let key = format!("com.cloudflare.api.account.{ACCOUNT}");
        let objects = ["com.cloudflare.api.account.worker.w2", "com.cloudflare.api.account.worker.w1"];
        let mut policy = account.scoped_policy(holder, &audit, "", Scope::new(&key, &objects));
        policy.resource_groups[0].id.clear();
        Policy { id: "p-worker".to_owned(), ..policy }
    };
    let own = |roles: &[&Role]| roles.iter().map(|role| account.account_wide_policy("own", role)).collect();
    let beyond = PermissionGroup { id: "beyond".into(), name: "Beyond roles".into(), meta: None };
    let of_nobody = wide("", &billing, "p-of-nobody");
    let members = vec![
        member("by-role", "accepted", &["admin", "dns"], own(&[&admin, &dns])),
        member("by-policy", "accepted", &[], vec![wide("", &admin, "p-admin")]),
        member("by-group", "accepted", &["audit"], own(&[&audit])),
        member("by-both", "accepted", &["admin", "audit"], own(&[&admin, &audit])),
        member("as-shown", "accepted", &["billing"], vec![of_nobody.clone()]),
        member(
            "on-zone",
            "accepted",
            &["audit"],
            [own(&[&audit]), vec![zone("", &dns, "p-zone", None)]].concat(),
        ),
        member("on-worker", "accepted", &[], vec![worker("")]),
        member("by-zone-group", "accepted", &["audit"], own(&[&audit])),
        member("denied", "accepted", &["billing", "dns"], {
            let deny = Policy { access: "deny".into(), ..zone("", &dns, "p-deny", None) };
            [own(&[&billing, &dns]), vec![deny]].concat()
        }),
        member(
            "beyond",
            "accepted",
            &[],
            vec![Policy { permission_groups: vec![beyond], ..wide("", &audit, "p-beyond") }],
        ),
        member("unclear", "accepted", &["dns"], {
            let odd = Policy { access: "perhaps".into(), ..wide("", &billing, "p-odd") };
            [own(&[&dns]), vec![odd]].concat()
        }),
        member("invited", "pending", &["audit"], own(&[&audit])),
        member("declined", "rejected", &["audit"], own(&[&audit])),
    ];
    let group = |id: &str, policies, members: &[&str]| {
        let members = members.iter().map(|&id| id.to_owned()).collect();
        UserGroup { id: id.into(), ..UserGroup::new(id, policies) }.with_members(members)
    };
    let user_groups = vec![
        group(
            "g-admin",
            vec![wide("", &admin, "p-of-group")],
            &["by-group", "by-both", "invited", "declined"],
        ),
        group("g-nobody", vec![of_nobody], &[]),
        group("g-zone", vec![zone("", &dns, "p-of-zone-group", Some("corp.example"))], &["by-zone-group"]),
        group("g-empty", Vec::new(), &["by-role"]),
    ];
    Account { members, user_groups, ..account }
}

/// A grant: what of, whose, why, and whether it can be taken from this member alone.
type Way = (&'static str, &'static str, &'static [(&'static str, &'static str)], bool);

const WAYS: [Way; 23] = [
    ("role:admin", "member:by-role", &[("role", "admin")], true),
    ("role:dns", "member:by-role", &[("role", "dns")], true),
    // The last thing that somebody has can't be taken.
    ("role:admin", "member:by-policy", &[("policy", "p-admin")], false),
    ("role:audit", "member:by-group", &[("role", "audit")], false),
    ("role:admin", "member:by-group", &[("user_group", "g-admin")], false),
    ("role:admin", "member:by-both", &[("role", "admin"), ("user_group", "g-admin")], false),
    ("role:audit", "member:by-both", &[("role", "audit")], true),
    // The role is only the mirror of the group's policy.
    ("role:billing", "member:as-shown", &[("user_group", "g-nobody")], false),
    ("role:audit", "member:on-zone", &[("role", "audit")], true),
    ("DNS-unnamed", "member:on-zone", &[("policy", "p-zone")], true),
    ("Audit Logs Viewer-worker", "member:on-worker", &[("policy", "p-worker")], false),
    ("role:audit", "member:by-zone-group", &[("role", "audit")], false),
    ("DNS-named", "member:by-zone-group", &[("user_group", "g-zone")], false),
    ("role:billing", "member:denied", &[("role", "billing")], true),
    ("role:dns", "member:denied", &[("role", "dns")], false),
    ("role:beyond", "member:beyond", &[("policy", "p-beyond")], false),
    ("role:dns", "member:unclear", &[("role", "dns")], false),
    ("role:audit", "member:invited", &[("role", "audit")], false),
    ("role:admin", "member:invited", &[("user_group", "g-admin")], false),
    ("role:admin", "user-group:g-admin", &[("policy", "p-of-group")], false),
    ("role:billing", "user-group:g-nobody", &[("policy", "p-of-nobody")], false),
    ("DNS-named", "user-group:g-zone", &[("policy", "p-of-zone-group")], false),
    ("user-group:g-empty", "member:by-role", &[("member", "by-role")], true),
];

/// Grants by what they are on and who holds them: the reasons, and whether they are revocable.
type Ways = BTreeMap<(String, String), (Vec<(String, String)>, bool)>;

/// Returns the grants on roles, scoped roles and on the empty group, in the form of [`WAYS`]. A scoped role
/// is called by its permission group's name and the end of its id.
fn ways(whole: &Whole, account: &Account) -> Ways {
    let mut ways = BTreeMap::new();
    for grant in &whole.grants {
        let on = grant.entitlement.rsplit_once(':').expect("a slug").0;
        let name = match on.strip_prefix("scoped-role:") {
            Some(id) => {
                let (permission, scope) = id.rsplit_once('-').expect("a scope");
                let is_it = |role: &&Role| account.permission_group(role).id == permission;
                let role = account.roles.iter().find(is_it).expect("a role's");
                let is_digest = scope.len() == 16 && scope.bytes().all(|byte| byte.is_ascii_hexdigit());
                format!("{}-{}", role.name, if is_digest { "worker" } else { scope })
            }
            None if on.starts_with("user-group:") && on != "user-group:g-empty" => continue,
            None => on.to_owned(),
        };
        let by = grant_id(grant).strip_prefix(&grant.entitlement).expect("its entitlement")[1..].to_owned();
        let basis = grant.basis.iter().map(|basis| (basis.rule.clone(), basis.value.clone()));
        ways.insert((name, by), (basis.collect(), grant.revocable));
    }
    ways
}

#[tokio::test]
async fn each_is_told_with_its_reasons() {
    let setup = HostAndMock::new(account()).await;
    let whole = setup.read(&[]).await;
    let account = setup.mock.account();
    let expected = WAYS.iter().map(|(on, by, basis, revocable)| {
        let basis = basis.iter().map(|(rule, value)| ((*rule).to_owned(), (*value).to_owned())).collect();
        (((*on).to_owned(), (*by).to_owned()), (basis, *revocable))
    });
    assert_eq!(ways(&whole, &account), expected.collect());
    compare(&whole, &account);

    let name = |kind: &str, part: &str| {
        let found = whole.of_kind(kind).into_iter().find(|it| it.display_name.contains(part));
        let found = found.unwrap_or_else(|| panic!("no {part}"));
        (found.display_name.clone(), found.parent.as_ref().map(|parent| parent.id.clone()))
    };
    assert_eq!(name("scoped-role", "corp"), ("DNS on corp.example".to_owned(), Some("dns".to_owned())));
    assert_eq!(name("scoped-role", "zone"), ("DNS on zone 77".to_owned(), Some("dns".to_owned())));
    let of_workers = "Audit Logs Viewer on worker w1, worker w2".to_owned();
    assert_eq!(name("scoped-role", "worker"), (of_workers, Some("audit".to_owned())));
    assert_eq!(name("role", "Beyond"), ("Beyond roles".to_owned(), None));

    let about = |code: &str| -> Vec<(String, bool)> {
        let of = |it: &&connector_host::contract::Warning| it.about.as_ref().unwrap().id.clone();
        whole.warned_of(code).iter().map(|it| (of(it), it.incomplete)).collect()
    };
    assert_eq!(about("policy-denies"), [("denied".to_owned(), false)]);
    assert_eq!(about("role-not-shown"), [("unclear".to_owned(), true)]);
    let denied = whole.grants.iter().filter(|grant| grant.extra != "{}");
    let denied: Vec<(String, Value)> =
        denied.map(|it| (grant_id(it), serde_json::from_str(&it.extra).unwrap())).collect();
    let by = serde_json::json!({"denied_by": ["p-deny"]});
    assert_eq!(denied, [("role:dns:assigned:member:denied".to_owned(), by)]);
}

/// Members whose answers contain what their groups give hold the same, for the same reasons.
#[tokio::test]
async fn the_form_of_the_answers_changes_nothing() {
    let mut all = Vec::new();
    for inherited in [Inherited::Hidden, Inherited::InPolicies, Inherited::InRoles] {
        let setup = HostAndMock::new(Account { inherited, ..account() }).await;
        let whole = setup.read(&[]).await;
        compare(&whole, &setup.mock.account());
        let mut told = ways(&whole, &setup.mock.account());
        // Whether it can be taken may differ: what is shown decides how sure that is.
        told.values_mut().for_each(|(_, revocable)| *revocable = false);
        all.push(told);
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
}
