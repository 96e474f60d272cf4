//! The last Super Administrator stays, whichever way the role is held and would be lost.

use super::*;

const SUPER: &str = SUPER_ADMINISTRATOR;

fn role_of(account: &Account, id: &str) -> Role {
    account.role(id).unwrap().clone()
}

/// Makes a user group that makes its members Super Administrators.
fn administrators(account: &Account, id: &str, members: &[&str]) -> UserGroup {
    let policies = vec![account.account_wide_policy(id, &role_of(account, SUPER))];
    let members = members.iter().map(|&member| member.to_owned()).collect();
    UserGroup { id: id.into(), ..UserGroup::new(id, policies).with_members(members) }
}

/// Makes an account with the members `2a` and `2b`, who have the role DNS, and these more.
fn people(direct: &[&str], through: &[&str]) -> Account {
    let mut account = account([]);
    for id in ["2a", "2b"] {
        let roles = if direct.contains(&id) { &["d1", SUPER][..] } else { &["d1"] };
        member(&mut account, id, &format!("{id}@corp.example"), "accepted", roles);
    }
    account.user_groups = vec![administrators(&account, "e1", through), administrators(&account, "e2", &[])];
    account
}

async fn stays(account: Account, changes: &[Change], refused: &[usize]) -> Report {
    let told = Scene::new(account, changes.to_vec()).run().await;
    for at in 0..changes.len() {
        if refused.contains(&at) {
            told.refused(at, &["last Super Administrator", "Nothing was written"]);
        } else {
            told.applied(at, &[]);
        }
    }
    let is_one = |member: &host_test::mock::Member| {
        let mut groups = told.after.user_groups_of(&member.id);
        member.status == "accepted"
            && (member.roles.iter().any(|role| role == SUPER) || groups.next().is_some())
    };
    assert!(told.after.members.iter().any(is_one), "nobody administers the account");
    told.report
}

#[tokio::test]
async fn one_who_is_it_directly_or_through_a_group_stays_alone() {
    stays(people(&["2a"], &[]), &[take(SUPER, "member:2a")], &[0]).await;
    stays(people(&[], &["2a"]), &[leave("e1", "member:2a")], &[0]).await;
    // The other one counts, however they are it.
    stays(people(&["2a"], &["2b"]), &[take(SUPER, "member:2a")], &[]).await;
    stays(people(&["2a"], &["2b"]), &[leave("e1", "member:2b")], &[]).await;
    stays(people(&[], &["2a", "2b"]), &[leave("e1", "member:2b")], &[]).await;
}

#[tokio::test]
async fn it_is_counted_over_the_whole_call() {
    stays(people(&["2a"], &["2b"]), &[take(SUPER, "member:2a"), leave("e1", "member:2b")], &[1]).await;
    stays(people(&["2a"], &["2b"]), &[leave("e1", "member:2b"), take(SUPER, "member:2a")], &[0]).await;
    let both = [leave("e1", "member:2a"), leave("e1", "member:2b")];
    stays(people(&[], &["2a", "2b"]), &both, &[1]).await;
    let all = [take(SUPER, "member:2a"), take(SUPER, "member:2b")];
    stays(people(&["2a", "2b"], &[]), &all, &[1]).await;
}

#[tokio::test]
async fn one_who_is_it_twice_can_lose_one_of_both() {
    let twice = || {
        let mut account = people(&[], &["2a"]);
        account.user_groups[1].members.push("2a".into());
        account
    };
    stays(twice(), &[leave("e1", "member:2a")], &[]).await;
    stays(twice(), &[leave("e1", "member:2a"), leave("e2", "member:2a")], &[1]).await;
    stays(people(&["2a"], &["2a"]), &[leave("e1", "member:2a")], &[]).await;
}

#[tokio::test]
async fn a_successor_comes_first_whichever_way() {
    stays(people(&[], &["2a"]), &[leave("e1", "member:2a"), give(SUPER, "member:2b")], &[]).await;
    stays(people(&["2a"], &[]), &[take(SUPER, "member:2a"), join("e1", "member:2b")], &[]).await;
    stays(people(&[], &["2a"]), &[leave("e1", "member:2a"), join("e1", "member:2b")], &[]).await;
    // From a group to the role and back: the same person stays one all the time.
    stays(people(&[], &["2a"]), &[leave("e1", "member:2a"), give(SUPER, "member:2a")], &[]).await;
    let told =
        Scene::new(people(&["2a"], &[]), [take(SUPER, "member:2a"), join("e1", "member:2a")]).run().await;
    told.refused(0, &["through the user group \"e1\""]);
    told.applied(1, &[]);
    stays(people(&[], &["2a"]), &[leave("e1", "member:2a"), join("e2", "member:2a")], &[]).await;
}

#[tokio::test]
async fn a_successor_who_did_not_become_one_is_none() {
    let refuse = Effect::Status { status: 400, code: 1, message: "no".into(), headers: Vec::new() };
    let fault = Fault::on("POST", "iam/user_groups/{id}/members", refuse);
    let changes = [take(SUPER, "member:2a"), join("e1", "member:2b")];
    let told = Scene::new(people(&["2a"], &[]), changes).under(fault).run().await;
    told.refused(0, &["last Super Administrator"]);
    told.refused(1, &[]);
    assert_eq!(told.before, told.after);
}

#[tokio::test]
async fn who_has_not_accepted_or_is_denied_does_not_count() {
    for status in ["pending", "rejected"] {
        let mut account = people(&["2a"], &["2b"]);
        account.members.iter_mut().find(|member| member.id == "2b").unwrap().status = status.into();
        stays(account, &[take(SUPER, "member:2a")], &[0]).await;
    }
    let mut account = people(&["2a"], &["2b"]);
    let deny =
        Policy { access: "deny".into(), ..account.account_wide_policy("2b", &role_of(&account, SUPER)) };
    account.members.iter_mut().find(|member| member.id == "2b").unwrap().policies.push(deny);
    stays(account, &[take(SUPER, "member:2a")], &[0]).await;
    // On a part of the account it isn't the role.
    let mut account = people(&["2a"], &[]);
    let zone = account.zone_policy("2b", &role_of(&account, SUPER), "abc", None);
    account.members.iter_mut().find(|member| member.id == "2b").unwrap().policies.push(zone);
    stays(account, &[take(SUPER, "member:2a")], &[0]).await;
}

#[tokio::test]
async fn it_is_known_by_its_name_under_other_ids() {
    let named = |direct: &[&str], through: &[&str]| {
        let mut account = people(&[], &[]);
        account.has_own_permission_ids = true;
        account.unlisted_roles[0].id = "5a".into();
        for id in direct {
            let mut one = account.members.iter().find(|member| member.id == *id).unwrap().clone();
            set_roles(&account, &mut one, &["d1", "5a"]);
            *account.members.iter_mut().find(|member| member.id == *id).unwrap() = one;
        }
        let role = role_of(&account, "5a");
        let policies = vec![account.account_wide_policy("e1", &role)];
        let members = through.iter().map(|&member| member.to_owned()).collect();
        let group = UserGroup { id: "e1".into(), ..UserGroup::new("e1", policies).with_members(members) };
        account.user_groups = vec![group];
        account
    };
    for (account, lost) in
        [(named(&["2a"], &[]), take("5a", "member:2a")), (named(&[], &["2a"]), leave("e1", "member:2a"))]
    {
        let told = Scene::new(account, [lost]).run().await;
        told.refused(0, &["last Super Administrator"]);
        assert!(told.report.writes.is_empty());
    }
    let told = Scene::new(named(&["2a"], &["2b"]), [take("5a", "member:2a")]).run().await;
    told.applied(0, &[]);
}

#[tokio::test]
async fn one_who_also_has_scoped_roles_stays_too() {
    let scoped = |direct: &[&str]| {
        let mut account = people(direct, &[]);
        let zone = account.zone_policy("2a", &role_of(&account, "d1"), "abc", None);
        account.members.iter_mut().find(|member| member.id == "2a").unwrap().policies.push(zone);
        account
    };
    stays(scoped(&["2a"]), &[take(SUPER, "member:2a")], &[0]).await;
    let told = Scene::new(scoped(&["2a", "2b"]), [take(SUPER, "member:2a")]).run().await;
    told.applied(0, &[]);
    let bodies: Vec<_> =
        told.sent.iter().filter(|sent| sent.method == "PUT").map(|sent| &sent.body).collect();
    assert!(bodies[0].starts_with(r#"{"policies":["#), "{bodies:?}");
}

#[tokio::test]
async fn who_can_not_be_seen_may_not_be_one() {
    let refuse = || Effect::Status { status: 404, code: 7003, message: "no".into(), headers: Vec::new() };
    // A group's members, and the groups themselves.
    for (route, account, lost) in [
        ("iam/user_groups/{id}/members", people(&["2a"], &["2b"]), take(SUPER, "member:2a")),
        ("iam/user_groups", people(&["2a"], &["2b"]), take(SUPER, "member:2a")),
        ("members", people(&["2a"], &["2b"]), leave("e1", "member:2b")),
    ] {
        let told = Scene::new(account, [lost]).under(Fault::on("GET", route, refuse())).run().await;
        told.failed(0, ErrorKind::NotFound, &["isn't known whether another accepted Super Administrator"]);
        assert_eq!(told.before, told.after, "{route}");
    }
    // With another one who is known, it doesn't matter.
    let fault = Fault::on("GET", "iam/user_groups", refuse());
    let told = Scene::new(people(&["2a", "2b"], &[]), [take(SUPER, "member:2a")]).under(fault).run().await;
    told.applied(0, &[]);
}

#[tokio::test]
async fn an_organization_that_manages_the_account_is_told() {
    let managed = |mut account: Account| {
        account.managed_by = Some(json!({"parent_org_id": "o1", "parent_org_name": "Acme"}));
        account
    };
    for (account, lost) in
        [(people(&["2a"], &[]), take(SUPER, "member:2a")), (people(&[], &["2a"]), leave("e1", "member:2a"))]
    {
        let told = Scene::new(managed(account), [lost]).run().await;
        told.refused(0, &["last Super Administrator", "The organization \"Acme\"", "can't be counted"]);
    }
    // It isn't asked where somebody stays.
    let told = Scene::new(managed(people(&["2a", "2b"], &[])), [take(SUPER, "member:2a")]).run().await;
    told.applied(0, &[]);
    assert!(!told.routes.keys().any(|route| route.ends_with("accounts/{id}")), "{:?}", told.routes);
}
