//! An account whose members hold roles through user groups and by policies, and changes of both.

use super::account::{
    AUDIT, BILLING, DEV, DNS, NEW, Operation, What, account as plain, hex, member, of_role, role,
};
use connector_host::contract::{Change, Operation as Way, ResourceId};
use host_test::mock::{Account, Member, MemberUser, Policy, Role, SUPER_ADMINISTRATOR, UserGroup};

/// The name of the role, and of its permission group, without whose holders nobody can administer an account.
pub const ADMINISTRATORS: &str = "Super Administrator - All Privileges";

const ROOT: usize = 0;
const DEPUTY: usize = 1;
/// Somebody who administers the account through a user group alone.
const LEAD: usize = 4;
/// Somebody with a scoped role, whose policies are written.
const SCOPED: usize = 5;

/// A role that nobody has.
const REPORTS: usize = 4;

const ADMINS: usize = 0;
const DOMAINS: usize = 1;
const FRIENDS: usize = 2;

fn user_group(number: usize) -> String {
    hex(21, number)
}

/// Makes the account of the other sweeps with three user groups: one gives Super Administrator, one a role
/// and a scoped role, and one nothing.
pub fn account() -> Account {
    let mut account = Account { has_own_permission_ids: true, ..plain() };
    let reports = Role { id: role(REPORTS), name: "Reports".to_owned(), ..account.roles[0].clone() };
    account.roles.push(reports);
    let roles: Vec<Role> = account.roles.clone();
    account.unlisted_roles[0].name = ADMINISTRATORS.to_owned();
    let superior = account.unlisted_roles[0].clone();
    for (number, name) in [(LEAD, "lead"), (SCOPED, "scoped")] {
        let email = Some(format!("{name}@corp.example"));
        let user = MemberUser { id: Some(hex(6, number)), email: email.clone(), ..MemberUser::default() };
        let (id, status) = (member(number), "accepted".to_owned());
        account.members.push(Member { id, status, email, user: Some(user), ..Member::default() });
    }
    let give = |account: &mut Account, number: usize, held: &[&Role], more: &[Policy]| {
        let id = member(number);
        let policies = held.iter().map(|role| account.account_wide_policy(&id, role));
        let policies: Vec<Policy> = policies.chain(more.iter().cloned()).collect();
        let roles = held.iter().map(|role| role.id.clone()).collect();
        let member = &mut account.members[number];
        (member.roles, member.policies) = (roles, policies);
    };
    give(&mut account, ROOT, &[&superior, &roles[AUDIT]], &[]);
    give(&mut account, DEPUTY, &[&superior, &roles[BILLING]], &[]);
    give(&mut account, DEV, &[&roles[DNS], &roles[BILLING]], &[]);
    give(&mut account, NEW, &[&roles[AUDIT]], &[]);
    give(&mut account, LEAD, &[&roles[BILLING]], &[]);
    let zone = account.zone_policy(&member(SCOPED), &roles[BILLING], &hex(22, 0), Some("corp.example"));
    give(&mut account, SCOPED, &[&roles[DNS]], &[zone]);
    let group = |number: usize, name: &str, policies: Vec<Policy>, members: &[usize]| {
        let members = members.iter().map(|&number| member(number)).collect();
        let id = user_group(number);
        UserGroup { id, ..UserGroup::new(name, policies) }.with_members(members)
    };
    let of_domains = vec![
        account.account_wide_policy(&user_group(DOMAINS), &roles[AUDIT]),
        account.zone_policy(&user_group(DOMAINS), &roles[DNS], &hex(22, 1), Some("else.example")),
    ];
    account.user_groups = vec![
        group(ADMINS, "Admins", vec![account.account_wide_policy(&user_group(ADMINS), &superior)], &[LEAD]),
        group(DOMAINS, "Domains", of_domains, &[ROOT, SCOPED]),
        group(FRIENDS, "Friends", Vec::new(), &[DEV]),
    ];
    account
}

/// The parts of the id of the scoped role that [`SCOPED`] has: a permission group and a resource group.
fn scoped_role() -> [String; 2] {
    let policy = account().members[SCOPED].policies[1].clone();
    [policy.permission_groups[0].id.clone(), policy.resource_groups[0].id.clone()]
}

fn in_user_group(operation: Way, group: usize, number: usize) -> Change {
    let principal = ResourceId { kind: "member".to_owned(), id: member(number) };
    Change { operation, entitlement: format!("user-group:{}:member", user_group(group)), principal }
}

fn of_scoped_role(operation: Way, number: usize) -> Change {
    let principal = ResourceId { kind: "member".to_owned(), id: member(number) };
    Change { operation, entitlement: format!("scoped-role:{}:assigned", scoped_role().join("-")), principal }
}

/// Returns the operations that are disturbed.
pub fn operations() -> Vec<Operation> {
    use Way::{Grant, Revoke};
    let apply =
        |name, changes: Vec<Change>| Operation { name, what: What::Apply { changes, dry_run: false } };
    let batch = vec![
        in_user_group(Grant, FRIENDS, LEAD),
        in_user_group(Revoke, FRIENDS, DEV),
        in_user_group(Grant, DOMAINS, DEPUTY),
        in_user_group(Revoke, DOMAINS, SCOPED),
        in_user_group(Grant, DOMAINS, ROOT),
    ];
    // Whoever comes last stays.
    let all = vec![
        of_role(Revoke, SUPER_ADMINISTRATOR, ROOT),
        of_role(Revoke, SUPER_ADMINISTRATOR, DEPUTY),
        in_user_group(Revoke, ADMINS, LEAD),
    ];
    vec![
        apply("join a user group", vec![in_user_group(Grant, DOMAINS, DEV)]),
        apply("leave a user group", vec![in_user_group(Revoke, DOMAINS, ROOT)]),
        apply("join a user group without policies", vec![in_user_group(Grant, FRIENDS, ROOT)]),
        apply("give a role by a policy", vec![of_role(Grant, &role(BILLING), SCOPED)]),
        apply("give a role that nobody has", vec![of_role(Grant, &role(REPORTS), SCOPED)]),
        apply("take a role by a policy", vec![of_role(Revoke, &role(DNS), SCOPED)]),
        apply("give a scoped role", vec![of_scoped_role(Grant, DEV)]),
        apply("take a scoped role", vec![of_scoped_role(Revoke, SCOPED)]),
        apply("a batch of memberships", batch.clone()),
        Operation { name: "a dry run", what: What::Apply { changes: batch, dry_run: true } },
        apply("all Super Administrators", all),
    ]
}

/// Whether a member has themselves what a change is about: the membership, the role, or the scoped role.
pub fn has(account: &Account, change: &Change) -> bool {
    let mut parts = change.entitlement.split(':');
    let (kind, id) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let of = &change.principal.id;
    if kind == "user-group" {
        return account.user_groups.iter().any(|group| group.id == id && group.members.contains(of));
    }
    let member = account.members.iter().find(|member| member.id == *of).expect("a known member");
    match kind {
        "role" => member.roles.iter().any(|held| held == id),
        _ => member.policies.iter().any(is_scoped),
    }
}

fn is_scoped(policy: &Policy) -> bool {
    let [permissions, resources] = scoped_role();
    policy.permission_groups[0].id == permissions && policy.resource_groups[0].id == resources
}

/// Returns the account without what the changes are about, and without what Cloudflare sets.
pub fn without(account: &Account, changes: &[Change]) -> Account {
    let mut rest = account.clone();
    for change in changes {
        let id = change.entitlement.split(':').nth(1).unwrap_or_default().to_owned();
        let is_role = change.entitlement.starts_with("role:");
        let role = account.role(&id).map(|role| account.permission_group(role).id);
        for group in rest.user_groups.iter_mut().filter(|group| group.id == id) {
            group.members.retain(|member| *member != change.principal.id);
        }
        for member in rest.members.iter_mut().filter(|member| member.id == change.principal.id) {
            member.roles.retain(|held| *held != id);
            let is_it = |policy: &Policy| match is_role {
                true => {
                    role.as_ref() == Some(&policy.permission_groups[0].id)
                        && policy.resource_groups[0].is_account(&account.id)
                }
                false => change.entitlement.starts_with("scoped-role:") && is_scoped(policy),
            };
            member.policies.retain(|policy| !is_it(policy));
        }
    }
    rest.user_groups.iter_mut().for_each(|group| group.modified_on.clear());
    for member in &mut rest.members {
        member.roles.sort();
        member.policies.iter_mut().for_each(|policy| policy.id.clear());
        member.policies.sort_by_key(|policy| format!("{policy:?}"));
    }
    rest
}
