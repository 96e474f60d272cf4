//! A small account in which little depends on the damaged part: the first item of each page.

use super::scenario::Scenario;
use host_test::mock::{
    AccessPolicy, AccessUser, Account, Application, Group, IdentityProvider, List, Member, MemberUser,
    PermissionGroup, Policy, Role, UserGroup,
};
use serde_json::{Value, json};

/// The credentials, in a form that can be found where they shouldn't be.
pub const TOKEN: &str = "canary-token-7d1f0b6e";
/// The items on a page of any list. Each list has seven items.
pub const PER_PAGE: u64 = 3;

/// A change that another writer makes while a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The first item is removed, so that another one slips to a page that was already read.
    FirstGoes,
    /// An item is added before all others.
    NewFirst,
}

const ITEMS: [&str; 7] = [
    "guest0@list.example",
    "user4@corp.example",
    "user5@corp.example",
    "guest3@list.example",
    "USER2@corp.example",
    "guest4@list.example",
    "guest6@list.example",
];

fn hex(what: usize, number: usize) -> String {
    format!("{:032x}", what << 32 | number)
}

fn uuid(what: usize, number: usize) -> String {
    format!("{what:08x}-0000-4000-a000-{number:012x}")
}

fn group(number: usize, name: &str, include: Value, require: Value, exclude: Value) -> Group {
    let rules = |rules: Value| rules.as_array().cloned();
    Group {
        id: uuid(1, number),
        name: name.to_owned(),
        include: rules(include),
        require: rules(require),
        exclude: rules(exclude),
        extra: [("is_default".to_owned(), json!(false))].into_iter().collect(),
        ..Group::default()
    }
}

/// The part that the id of an application and of its own policy have in common, and nothing else.
fn of_app(number: usize) -> String {
    format!("-a000-{:012x}", 0xa0 + number)
}

/// Makes a reusable policy. Applications have those that no first item of a page is.
fn policy(number: usize, decision: &str, include: Value, require: Value) -> AccessPolicy {
    AccessPolicy {
        id: uuid(7, number),
        name: Some(format!("Policy {number}")),
        decision: Some(decision.to_owned()),
        include: include.as_array().cloned(),
        require: require.as_array().cloned(),
        ..AccessPolicy::default()
    }
}

fn policies() -> Vec<AccessPolicy> {
    let (corp, none) = (json!([{"email_domain": {"domain": "corp.example"}}]), json!([]));
    let (named, office) = (json!([{"group": {"id": uuid(1, 1)}}]), json!([{"ip": {"ip": "203.0.113.0/24"}}]));
    let second = json!([{"email": {"email": "user2@corp.example"}}]);
    vec![
        policy(0, "allow", corp.clone(), none.clone()),
        policy(1, "allow", named, none.clone()),
        policy(2, "deny", second, json!(null)),
        policy(3, "deny", corp, office.clone()),
        policy(4, "allow", json!([{"everyone": {}}]), office),
        policy(5, "non_identity", json!([{"any_valid_service_token": {}}]), none.clone()),
        policy(6, "bypass", json!([{"geo": {"country_code": "NO"}}]), none),
    ]
}

/// Makes an application with a policy of its own, which lets these in.
fn application(number: usize, include: Value) -> Application {
    let own = AccessPolicy {
        id: format!("00000008-0000-4000{}", of_app(number)),
        name: Some(format!("Own policy {number}")),
        decision: Some("allow".to_owned()),
        include: include.as_array().cloned(),
        ..AccessPolicy::default()
    };
    let application = Application {
        id: format!("00000009-0000-4000{}", of_app(number)),
        name: Some(format!("Application {number}")),
        kind: Some("self_hosted".to_owned()),
        allowed_idps: Some(Vec::new()),
        ..Application::default()
    };
    application.with("domain", json!(format!("app{number}.corp.example"))).with_own(own, 5)
}

fn applications() -> Vec<Application> {
    let corp = || json!([{"email_domain": {"domain": "corp.example"}}]);
    let mut some_providers = application(3, corp());
    some_providers.allowed_idps = Some(vec![uuid(10, 1)]);
    vec![
        application(0, corp()),
        application(1, json!([{"email": {"email": "user1@corp.example"}}])).with_reusable(&uuid(7, 1), 1),
        application(2, corp()).with_reusable(&uuid(7, 2), 1),
        some_providers,
        application(4, json!([{"email": {"email": "user4@corp.example"}}])).with_reusable(&uuid(7, 4), 1),
        application(5, json!([{"email": {"email": "outsider@else.example"}}])).with_reusable(&uuid(7, 5), 1),
        application(6, json!([{"okta": {"name": "Staff", "identity_provider_id": uuid(10, 1)}}])),
    ]
}

/// Makes an account with seven of each.
pub fn account() -> Account {
    let corp = json!([{"email_domain": {"domain": "corp.example"}}]);
    let groups = vec![
        group(0, "Everyone at Corp", corp.clone(), json!([]), json!([])),
        group(
            1,
            "Named",
            json!([
                {"email": {"email": "outsider@else.example"}}, {"email": {"email": "user1@corp.example"}},
            ]),
            json!([]),
            json!(null),
        ),
        group(2, "Nested", json!([{"group": {"id": uuid(1, 1)}}]), json!(null), json!([])),
        group(
            3,
            "Everyone from the office",
            json!([{"everyone": {}}]),
            json!([{"ip": {"ip": "203.0.113.0/24"}}]),
            json!([]),
        ),
        group(4, "Listed", json!([{"email_list": {"id": uuid(2, 0)}}]), json!([]), json!([])),
        group(5, "Corp without one", corp, json!([]), json!([{"email": {"email": "user2@corp.example"}}])),
        group(6, "Members", json!([{"cloudflare_account_member": {}}]), json!([]), json!([])),
    ];
    let roles: Vec<Role> = (0..7)
        .map(|number| Role {
            id: hex(3, number),
            name: format!("Role {number}"),
            description: format!("What role {number} may do"),
            permissions: json!({"dns": {"read": true}}),
        })
        .collect();
    let users = (0..7).map(|number| AccessUser {
        id: uuid(4, number),
        uid: Some(uuid(4, number)),
        name: Some(format!("User {number}")),
        email: Some(format!("user{number}@corp.example")),
        active_device_count: Some(1),
        ..AccessUser::default()
    });
    let mut account = Account {
        id: hex(9, 9),
        name: "Small".to_owned(),
        groups,
        users: users.collect(),
        lists: vec![List {
            id: uuid(2, 0),
            name: "Guests".to_owned(),
            kind: "EMAIL".to_owned(),
            items: ITEMS.map(str::to_owned).into(),
            created_at: "2026-11-20T07:58:03Z".to_owned(),
            ..List::default()
        }],
        policies: policies(),
        applications: applications(),
        identity_providers: (0..7)
            .map(|number| IdentityProvider {
                id: uuid(10, number),
                name: Some(format!("Provider {number}")),
                kind: Some("okta".to_owned()),
                ..IdentityProvider::default()
            })
            .collect(),
        permission_groups: vec![
            permission_group(0, "com.cloudflare.api.account"),
            permission_group(1, "com.cloudflare.api.account.zone"),
            permission_group(2, "com.cloudflare.edge.r2.bucket"),
        ],
        has_own_permission_ids: true,
        ..Account::default()
    };
    for number in 0..7 {
        let (id, email) = (hex(5, number), format!("member{number}@corp.example"));
        let user =
            MemberUser { id: Some(hex(6, number)), email: Some(email.clone()), ..MemberUser::default() };
        let held = [&roles[number], &roles[(number + 1) % 7]];
        account.members.push(Member {
            policies: held.iter().map(|role| account.account_wide_policy(&id, role)).collect(),
            roles: held.iter().map(|role| role.id.clone()).collect(),
            status: if number == 1 { "pending" } else { "accepted" }.to_owned(),
            email: Some(email),
            user: Some(user),
            id,
            ..Member::default()
        });
    }
    account.user_groups = user_groups(&account, &roles);
    Account { roles, managed_by: Some(json!({"parent_org_name": "Above"})), ..account }
}

/// Makes a permission group that no role is named like.
fn permission_group(number: usize, scopes: &str) -> PermissionGroup {
    let meta = Some(json!({"label": "more", "scopes": scopes}));
    PermissionGroup { id: hex(13, number), name: format!("More {number}"), meta }
}

/// Returns the account of a scenario.
pub fn account_of(scenario: &Scenario) -> Account {
    Account { roles_gone: scenario.roles_gone.then_some((404, 7003)), ..account() }
}

/// Makes user groups. Those that are the first item of a page give nothing. The others give a role on a zone
/// of their own, which nobody has otherwise. The members of all begin alike.
fn user_groups(account: &Account, roles: &[Role]) -> Vec<UserGroup> {
    let group = |number: usize| {
        let id = hex(11, number);
        let zone = hex(12, number);
        let policy = account.zone_policy(&id, &roles[number], &zone, None);
        let policies: Vec<Policy> = if number.is_multiple_of(3) { Vec::new() } else { vec![policy] };
        let count = if number == 1 { 7 } else { 1 };
        let members = account.members.iter().take(count).map(|member| member.id.clone());
        UserGroup { id, ..UserGroup::new(&format!("User group {number}"), policies) }
            .with_members(members.collect())
    };
    (0..7).map(group).collect()
}

/// Changes the list that this route reads.
pub fn change(account: &mut Account, route: &str, change: Change) {
    macro_rules! change {
        ($list:expr, $new:expr) => {
            match change {
                Change::FirstGoes => drop($list.remove(0)),
                Change::NewFirst => {
                    let new = $new($list[0].clone());
                    $list.insert(0, new);
                }
            }
        };
    }
    if route == "roles" && change == Change::FirstGoes {
        // Members still have the role.
        account.unlisted_roles.push(account.roles[0].clone());
    }
    match route {
        "access/groups" => change!(account.groups, |first| Group { id: uuid(1, 99), ..first }),
        "access/users" => change!(account.users, |first| AccessUser { id: uuid(4, 99), ..first }),
        "members" => change!(account.members, |first| Member { id: hex(5, 99), ..first }),
        "roles" => change!(account.roles, |first| Role { id: hex(3, 99), ..first }),
        "iam/user_groups" => {
            change!(account.user_groups, |first| UserGroup { id: hex(11, 99), ..first })
        }
        "iam/user_groups/{id}/members" => {
            change!(account.user_groups[1].members, |_: String| hex(5, 99))
        }
        "access/policies" => change!(account.policies, |first| AccessPolicy { id: uuid(7, 99), ..first }),
        "access/apps" => {
            change!(account.applications, |first| Application {
                id: uuid(9, 99),
                policies: Vec::new(),
                ..first
            })
        }
        "access/identity_providers" => {
            change!(account.identity_providers, |first| IdentityProvider { id: uuid(10, 99), ..first })
        }
        "gateway/lists/{id}/items" => {
            change!(account.lists[0].items, |_: String| "new@list.example".to_owned())
        }
        other => panic!("nobody knows how to change {other}"),
    }
}

/// Returns the place of this page's first item.
fn first_place(page: u64) -> usize {
    usize::try_from((page - 1) * PER_PAGE).unwrap()
}

/// Returns the name of this page's first item in facts about it.
pub fn first_of(route: &str, page: u64) -> String {
    let first = first_place(page);
    match route {
        "access/groups" => uuid(1, first),
        "access/users" => uuid(4, first),
        "members" => hex(5, first),
        "roles" => hex(3, first),
        "iam/user_groups" => hex(11, first),
        "iam/user_groups/{id}/members" => hex(5, first),
        "iam/permission_groups" => account().all_permission_groups()[first].id.clone(),
        "access/policies" => uuid(7, first),
        "access/apps" => of_app(first),
        "access/identity_providers" => uuid(10, first),
        "gateway/lists/{id}/items" => ITEMS[first].to_owned(),
        other => panic!("nobody knows what {other} lists"),
    }
}

/// Returns the names of the identity providers on this page and behind it.
pub fn providers_from(page: u64) -> Vec<String> {
    (first_place(page)..7).map(|number| uuid(10, number)).collect()
}

/// Returns the names of the facts that depend on the list of addresses.
pub fn by_list() -> Vec<String> {
    let guests = ITEMS.iter().filter(|item| item.starts_with("guest")).map(|item| (*item).to_owned());
    guests.chain([uuid(1, 4)]).collect()
}

/// Returns the id of the user group whose members are on several pages.
pub fn large_user_group() -> String {
    hex(11, 1)
}

/// Returns the names of the user groups on this page and behind it, and of what they give.
pub fn user_groups_from(page: u64) -> Vec<String> {
    let account = account();
    let missing = account.user_groups[first_place(page)..].iter();
    missing.flat_map(|group| [vec![group.id.clone()], scoped_roles(group)].concat()).collect()
}

/// Returns the names of the grants that the members of a user group have on it, and by it.
pub fn by_members_of(group: &str) -> Vec<String> {
    let account = account();
    let group = account.user_groups.iter().find(|known| known.id == group).expect("a known user group");
    let scoped = scoped_roles(group).into_iter().map(|role| format!("{role}:assigned:member:"));
    scoped.chain([format!("grant user-group:{}:member:", group.id)]).collect()
}

/// Returns the ids of the scoped roles that the policies of a user group give.
fn scoped_roles(group: &UserGroup) -> Vec<String> {
    let policies = group.policies.iter().flatten();
    let id = |policy: &Policy| format!("{}-{}", policy.permission_groups[0].id, policy.resource_groups[0].id);
    policies.map(id).collect()
}

/// Returns the names of the grants of the members of the first user group.
pub fn by_first_user_group() -> Vec<String> {
    by_members_of(&hex(11, 0))
}

/// Returns the names of the roles that only the list of permission groups tells.
pub fn by_permission_groups() -> Vec<String> {
    vec![hex(13, 0)]
}
