//! Privileges that stand in policies, or arrive through user groups: each is a grant, with its reasons.

use crate::common::principal_of::principal_of;
use crate::common::setup::HostAndMock;
use crate::common::small_account::ACCOUNT;
use crate::common::whole::Whole;
use crate::held::held as held_by;
use connector_host::contract::{Grant, Resource, Warning};
use host_test::mock::{
    Account, Effect, Fault, Inherited, Member, PermissionGroup, Policy, ResourceGroup, Role, Scope, UserGroup,
};

const ADMINISTRATOR: &str = "d0de0000000000000000000000000001";
const MINIMAL: &str = "d0de0000000000000000000000000002";
const ADA: &str = "c0de01";
const BOB: &str = "c0de02";
const CLEO: &str = "c0de03";

fn account_scope() -> Scope {
    Scope::new(&format!("com.cloudflare.api.account.{ACCOUNT}"), &["*"])
}

fn zone(id: &str) -> Scope {
    Scope::new(&format!("com.cloudflare.api.account.zone.{id}"), &["*"])
}

/// Returns a policy on one scope. An empty `resource_group` is a scope without an id.
fn policy(id: &str, group: (&str, &str), resource_group: &str, scope: Scope) -> Policy {
    let name = scope.key.clone();
    let on = ResourceGroup { id: resource_group.into(), name, scope, ..ResourceGroup::default() };
    Policy {
        id: id.into(),
        access: "allow".into(),
        permission_groups: vec![PermissionGroup { id: group.0.into(), name: group.1.into(), meta: None }],
        resource_groups: vec![on],
    }
}

fn administrator(policy_id: &str) -> Policy {
    policy(policy_id, ("e0de01", "Administrator"), "f1de01", account_scope())
}

fn member(id: &str, name: &str, roles: &[&str], policies: Vec<Policy>) -> Member {
    Member {
        id: id.into(),
        status: "accepted".into(),
        email: Some(format!("{name}@corp.example")),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        policies,
        ..Member::default()
    }
}

/// Returns an account in which Ada is an administrator by a policy alone, Bob has a policy for one zone, and
/// Cleo is an administrator by her roles.
fn account() -> Account {
    let role = |id: &str, name: &str| Role { id: id.into(), name: name.into(), ..Role::default() };
    let on_a_zone = policy("f0de03", ("e0de03", "Domain Administrator"), "f1de03", zone("0a07"));
    let minimal = policy("f0de02", ("e0de02", "Minimal Account Access"), "f1de02", account_scope());
    Account {
        id: ACCOUNT.into(),
        roles: vec![role(ADMINISTRATOR, "Administrator"), role(MINIMAL, "Minimal Account Access")],
        has_own_permission_ids: true,
        members: vec![
            member(ADA, "ada", &[], vec![administrator("f0de01")]),
            member(BOB, "bob", &[MINIMAL], vec![minimal, on_a_zone]),
            member(CLEO, "cleo", &[ADMINISTRATOR], vec![administrator("f0de04")]),
        ],
        ..Account::default()
    }
}

/// Changes a member of an account.
fn of<'a>(account: &'a mut Account, id: &str) -> &'a mut Member {
    account.members.iter_mut().find(|member| member.id == id).unwrap()
}

/// Returns the grants on roles, scoped roles and user groups, each with its reasons, in order.
fn held(whole: &Whole) -> Vec<String> {
    let shown = |grant: &Grant| {
        let basis: Vec<String> =
            grant.basis.iter().map(|basis| format!("{} {}", basis.rule, basis.value)).collect();
        let principal = principal_of(grant);
        format!("{} {}:{} <- {}", grant.entitlement, principal.kind, principal.id, basis.join(", "))
    };
    let mut held: Vec<String> = whole.grants.iter().map(shown).collect();
    held.sort();
    held
}

fn in_policies() -> Vec<String> {
    vec![
        format!("role:{ADMINISTRATOR}:assigned member:{ADA} <- policy f0de01"),
        format!("role:{ADMINISTRATOR}:assigned member:{CLEO} <- role {ADMINISTRATOR}"),
        format!("role:{MINIMAL}:assigned member:{BOB} <- role {MINIMAL}"),
        format!("scoped-role:e0de03-f1de03:assigned member:{BOB} <- policy f0de03"),
    ]
}

async fn read(account: Account) -> Whole {
    let whole = HostAndMock::new(account).await.read(&[]).await;
    whole.assert_nothing_twice();
    whole
}

fn resource<'w>(whole: &'w Whole, kind: &str, id: &str) -> &'w Resource {
    whole.of_kind(kind).into_iter().find(|it| it.id.id == id).unwrap()
}

#[tokio::test]
async fn privileges_that_stand_in_policies_alone_are_grants() {
    let whole = read(account()).await;
    assert_eq!(held(&whole), in_policies());
    assert!(whole.warnings.is_empty(), "{:?}", whole.warnings);
    let scoped = resource(&whole, "scoped-role", "e0de03-f1de03");
    assert_eq!(scoped.display_name, "Domain Administrator on zone 0a07");
    assert!(scoped.parent.is_none(), "no role has the name");
}

#[tokio::test]
async fn without_the_roles_api_ids_are_kept_where_members_show_them() {
    for (status, code) in [(410, 1000), (404, 1003), (404, 7003)] {
        let setup = HostAndMock::new(Account { roles_gone: Some((status, code)), ..account() }).await;
        let whole = setup.read(&[]).await;
        whole.assert_nothing_twice();
        assert_eq!(held(&whole), in_policies(), "{status} {code}");
        let [moved] = &whole.warnings[..] else { panic!("{:?}", whole.warnings) };
        assert_eq!((moved.code.as_str(), moved.incomplete), ("roles-moved", false));
        assert!(moved.message.contains("Administrator"), "{}", moved.message);
        let mut roles: Vec<&str> =
            whole.of_kind("role").into_iter().map(|role| role.display_name.as_str()).collect();
        roles.sort_unstable();
        assert_eq!(roles, ["Administrator", "Minimal Account Access"]);

        // A role that no member shows has the id of its permission group.
        setup.mock.change(|account| of(account, CLEO).roles.clear());
        let whole = setup.read(&[]).await;
        let ada = held(&whole).into_iter().find(|line| line.contains(ADA)).unwrap();
        let group = account().permission_group(&account().roles[0]).id;
        assert_eq!(ada, format!("role:{group}:assigned member:{ADA} <- policy f0de01"));
        assert_eq!(resource(&whole, "role", &group).display_name, "Administrator");
        let minimal = resource(&whole, "role", MINIMAL);
        assert_eq!(minimal.display_name, "Minimal Account Access", "Bob still shows it");
    }
}

#[tokio::test]
async fn where_neither_roles_nor_permission_groups_can_be_read_the_sync_is_incomplete() {
    let setup = HostAndMock::new(Account { roles_gone: Some((410, 1000)), ..account() }).await;
    let effect =
        Effect::Status { status: 403, code: 10000, message: "Authentication error".into(), headers: vec![] };
    setup.mock.inject(Fault::on("GET", "iam/permission_groups", effect));
    let whole = setup.read(&[]).await;
    assert_eq!(held(&whole), in_policies());
    let moved = whole.warned_of("roles-moved");
    assert!(moved.len() == 1 && moved[0].incomplete, "{moved:?}");
    // What needs no roles is read as before.
    let whole = setup.read(&["group", "user", "email"]).await;
    assert!(whole.warnings.is_empty(), "{:?}", whole.warnings);
}

/// Returns Ada's account with the administrators in a user group: Ada, and Cleo besides her own role.
fn with_a_group(inherited: Inherited) -> Account {
    let mut account = Account { inherited, ..account() };
    let group = UserGroup {
        id: "a0de01".into(),
        name: "Administrators".into(),
        policies: Some(vec![administrator("f0de09")]),
        members: vec![ADA.into(), CLEO.into()],
        ..UserGroup::default()
    };
    of(&mut account, ADA).policies.clear();
    Account { user_groups: vec![group], ..account }
}

#[tokio::test]
async fn a_grant_through_a_user_group_belongs_to_the_member_and_to_the_group() {
    for inherited in [Inherited::Hidden, Inherited::InPolicies, Inherited::InRoles] {
        let whole = read(with_a_group(inherited)).await;
        let mut expected = in_policies();
        expected[0] = format!("role:{ADMINISTRATOR}:assigned member:{ADA} <- user_group a0de01");
        expected[1].push_str(", user_group a0de01");
        expected.extend([
            format!("role:{ADMINISTRATOR}:assigned user-group:a0de01 <- policy f0de09"),
            format!("user-group:a0de01:member member:{ADA} <- member {ADA}"),
            format!("user-group:a0de01:member member:{CLEO} <- member {CLEO}"),
        ]);
        expected.sort();
        assert_eq!(held(&whole), expected, "{inherited:?}");
        assert!(whole.warnings.is_empty(), "{:?}", whole.warnings);
        let group = resource(&whole, "user-group", "a0de01");
        assert!(group.profile.contains("f0de09"), "{}", group.profile);
        // Only membership can be taken from them alone.
        let revocable = whole.grants.iter().filter(|grant| grant.revocable);
        let revocable: Vec<&str> = revocable.map(|grant| grant.entitlement.as_str()).collect();
        let own = [
            "user-group:a0de01:member",
            "user-group:a0de01:member",
            "scoped-role:e0de03-f1de03:assigned",
            &format!("role:{MINIMAL}:assigned"),
        ];
        assert!(revocable.len() == own.len() && own.iter().all(|it| revocable.contains(it)), "{revocable:?}");
    }
}

#[tokio::test]
async fn an_inherited_policy_counts_also_where_the_list_of_members_lacks_the_member() {
    let mut account = with_a_group(Inherited::Hidden);
    account.user_groups[0].members.clear();
    of(&mut account, ADA).policies.push(administrator("f0de09"));
    let whole = read(account).await;
    let line = format!("role:{ADMINISTRATOR}:assigned member:{ADA} <- user_group a0de01");
    assert!(held(&whole).contains(&line), "{:?}", held(&whole));
}

/// Returns the codes of the warnings, whom each is about, and whether data is missing.
fn told(whole: &Whole) -> Vec<(&str, &str, bool)> {
    fn about(warning: &Warning) -> &str {
        warning.about.as_ref().map_or("", |about| &about.id)
    }
    whole.warnings.iter().map(|it| (it.code.as_str(), about(it), it.incomplete)).collect()
}

#[tokio::test]
async fn a_policy_that_denies_is_not_subtracted() {
    let mut account = with_a_group(Inherited::Hidden);
    let deny = |policy: Policy| Policy { access: "deny".into(), ..policy };
    let on_a_zone = policy("f0de07", ("e0de01", "Administrator"), "f1de07", zone("0a07"));
    account.user_groups[0].policies.as_mut().unwrap().push(deny(on_a_zone));
    of(&mut account, BOB).policies.push(deny(administrator("f0de08")));
    let mut whole = read(account).await;
    assert_eq!(held(&whole).len(), 7);
    whole.warnings.sort_by(|a, b| a.message.cmp(&b.message));
    assert_eq!(told(&whole), [("policy-denies", "a0de01", false), ("policy-denies", BOB, false)]);
    let says = [
        "The policy f0de07 denies Administrator on zone 0a07.",
        "The policy f0de08 denies Administrator on the whole account.",
    ];
    for (warning, says) in whole.warnings.iter().zip(says) {
        assert!(warning.message.starts_with(says), "{}", warning.message);
    }
    let touched: Vec<_> = whole
        .grants
        .iter()
        .filter(|grant| grant.extra != "{}")
        .map(|grant| (principal_of(grant).id.as_str(), grant.extra.as_str(), grant.revocable))
        .collect();
    let by_group = r#"{"denied_by":["f0de07"]}"#;
    assert_eq!(touched.len(), 3, "{touched:?}");
    assert!(touched.iter().all(|&(_, extra, revocable)| extra == by_group && !revocable), "{touched:?}");
}

#[tokio::test]
async fn whatever_is_still_unexplained_makes_the_read_incomplete() {
    let no_place = Policy { resource_groups: Vec::new(), ..administrator("f0de05") };
    let nameless = policy("f0de05", ("", ""), "f1de01", account_scope());
    let strange = Policy { access: "perhaps".into(), ..administrator("f0de05") };
    let nowhere = policy("f0de05", ("e0de01", "Administrator"), "", Scope::default());
    for odd in [no_place, nameless, strange, nowhere] {
        let mut account = account();
        of(&mut account, CLEO).policies.push(odd.clone());
        let whole = read(account).await;
        assert_eq!(told(&whole), [("role-not-shown", CLEO, true)], "{odd:?}");
        assert!(whole.warnings[0].message.contains("f0de05"), "{}", whole.warnings[0].message);
        assert_eq!(held(&whole), in_policies(), "{odd:?}");

        let mut of_group = with_a_group(Inherited::Hidden);
        of_group.user_groups[0].policies.as_mut().unwrap().push(odd);
        let setup = HostAndMock::new(of_group).await;
        for kinds in [&[][..], &["role", "member"], &["user-group"]] {
            let whole = setup.read(kinds).await;
            let told = whole.warned_of("role-not-shown");
            let is_wanted = kinds != ["user-group"];
            assert_eq!(told.len(), usize::from(is_wanted), "{kinds:?} {:?}", whole.warnings);
            assert!(told.iter().all(|it| it.incomplete && it.about.as_ref().unwrap().id == "a0de01"));
        }
        // What a group gives to its members may be theirs.
        for (who, count) in [(ADA, 1), (BOB, 0)] {
            let whole = held_by(&mut setup.session().await, &format!("member:{who}")).await.unwrap();
            assert_eq!(whole.warned_of("role-not-shown").len(), count, "{who} {:?}", whole.warnings);
        }
    }
}

#[tokio::test]
async fn permission_groups_that_no_role_lists_become_roles_under_their_id() {
    let mut account = account();
    let new = policy("f0de06", ("e0de06", "Turnstile"), "f1de01", account_scope());
    of(&mut account, BOB).policies.push(new);
    let whole = read(account).await;
    let line = format!("role:e0de06:assigned member:{BOB} <- policy f0de06");
    assert!(held(&whole).contains(&line), "{:?}", held(&whole));
    assert_eq!(resource(&whole, "role", "e0de06").display_name, "Turnstile");
    assert!(whole.warnings.is_empty(), "{:?}", whole.warnings);
}

#[tokio::test]
async fn a_scoped_role_is_named_in_words_and_belongs_to_the_role_of_its_name() {
    let mut account = account();
    let key = format!("com.cloudflare.api.account.{ACCOUNT}");
    let workers = ["com.cloudflare.api.account.worker.w2", "com.cloudflare.api.account.worker.w1"];
    let single = policy("f0de11", ("e0de01", "Administrator"), "", Scope::new(&key, &workers));
    let mut named = policy("f0de12", ("e0de01", "Administrator"), "f1de12", zone("0a08"));
    named.resource_groups[0].name = "corp.example".into();
    let as_list = |mut policy: Policy| {
        policy.resource_groups[0].more_scopes = Some(Vec::new());
        policy
    };
    let mut again = single.clone();
    again.resource_groups[0].scope.objects.reverse();
    of(&mut account, ADA).policies.extend([single, as_list(named)]);
    of(&mut account, CLEO).policies.push(as_list(again));
    let whole = read(account).await;
    let zone = resource(&whole, "scoped-role", "e0de01-f1de12");
    let parent = zone.parent.as_ref().map(|parent| (parent.kind.as_str(), parent.id.as_str()));
    assert_eq!(
        (zone.display_name.as_str(), parent),
        ("Administrator on corp.example", Some(("role", ADMINISTRATOR)))
    );
    // The account's key with single objects isn't the account, and the order of objects is none.
    let workers: Vec<&Resource> = whole.of_kind("scoped-role");
    let workers: Vec<_> = workers.into_iter().filter(|it| it.display_name.contains("worker")).collect();
    let [workers] = workers[..] else { panic!("{workers:?}") };
    assert_eq!(workers.display_name, "Administrator on worker w1, worker w2");
    let id = workers.id.id.strip_prefix("e0de01-").unwrap();
    assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let holders = whole.grants.iter().filter(|grant| grant.entitlement.contains(id));
    let holders: Vec<&str> = holders.map(|grant| principal_of(grant).id.as_str()).collect();
    assert_eq!(holders, [ADA, CLEO]);
}
