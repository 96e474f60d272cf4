//! Changes of user groups.

use super::*;

/// Whether a member is in the group, the write, and the read behind it.
const ONE_MEMBERSHIP: Routes<'static> = &[("GET iam/user_groups/{id}/members/{id}", 2)];
const JOINS: (&str, u64) = ("POST iam/user_groups/{id}/members", 1);
const LEAVES: (&str, u64) = ("DELETE iam/user_groups/{id}/members/{id}", 1);

/// Makes a user group that gives roles over the account.
fn group_with_roles(account: &Account, id: &str, roles: &[&str], members: &[&str]) -> UserGroup {
    let policies = roles.iter().map(|role| account.account_wide_policy(id, account.role(role).unwrap()));
    let members = members.iter().map(|&member| member.to_owned()).collect();
    UserGroup { id: id.into(), ..UserGroup::new(id, policies.collect()).with_members(members) }
}

/// Makes an account with user groups: `e1` gives Audit, with Bob; `e2` gives nothing, with nobody; `e3`
/// gives DNS and Audit, with nobody; `e4` is managed by an identity provider, with Bob.
fn account_with_groups() -> Account {
    let mut account = account([]);
    account.user_groups = vec![
        group_with_roles(&account, "e1", &["d3"], &["1b"]),
        UserGroup { policies: None, ..group_with_roles(&account, "e2", &[], &[]) },
        group_with_roles(&account, "e3", &["d1", "d3"], &[]),
        UserGroup { is_managed: true, ..group_with_roles(&account, "e4", &[], &["1b"]) },
    ];
    account
}

fn members<'a>(account: &'a mut Account, group: &str) -> &'a mut Vec<String> {
    &mut account.user_groups.iter_mut().find(|known| known.id == group).unwrap().members
}

fn entitlements(outcome: &Outcome) -> (Vec<&str>, Vec<&str>) {
    let added = outcome.added.iter().map(|grant| grant.entitlement.as_str());
    (added.collect(), outcome.removed.iter().map(String::as_str).collect())
}

#[tokio::test]
async fn a_member_is_added_and_taken_out_alone() {
    let told = Scene::new(account_with_groups(), [join("e2", "member:1a")]).run().await;
    let outcome = told.applied(0, &["Added the member to the user group \"e2\"."]);
    assert_eq!(entitlements(outcome), (vec!["user-group:e2:member"], vec![]));
    assert_eq!((outcome.added[0].basis[0].rule.as_str(), outcome.added[0].revocable), ("member", true));
    let posted: Vec<_> = told.sent.iter().filter(|sent| sent.method == "POST").collect();
    assert_eq!(posted[0].body, r#"[{"id":"1a"}]"#, "a bare list of the one member");
    let routes = [ONE_MEMBERSHIP, &[("GET members/{id}", 1), JOINS]].concat();
    let report = told.judge(|account| members(account, "e2").push("1a".into()), &routes);
    let write = &report.writes[0];
    assert_eq!((write.on.kind.as_str(), write.on.id.as_str()), ("user-group", "e2"));
    assert_eq!(
        (write.before.as_str(), write.after.as_str()),
        (r#"{"member":"1a","is_in":false}"#, r#"{"member":"1a","is_in":true}"#)
    );

    let mut account = account_with_groups();
    members(&mut account, "e2").extend(["1a".into(), "1b".into()]);
    let told = Scene::new(account, [leave("e2", "member:1a")]).run().await;
    let outcome = told.applied(0, &["Took the member out of the user group \"e2\"."]);
    assert_eq!(entitlements(outcome), (vec![], vec!["user-group:e2:member"]));
    assert!(told.sent.iter().all(|sent| sent.method != "DELETE" || sent.body.is_empty()));
    let routes = [ONE_MEMBERSHIP, &[LEAVES]].concat();
    told.judge(|account| members(account, "e2").retain(|id| id != "1a"), &routes);
}

#[tokio::test]
async fn what_is_so_already_is_unchanged() {
    let told =
        Scene::new(account_with_groups(), [join("e4", "member:1b"), leave("e2", "member:1b")]).run().await;
    told.unchanged(0, &["in this user group already"]);
    told.unchanged(1, &["isn't in this user group"]);
    told.judge_unchanged(&[("GET iam/user_groups/{id}/members/{id}", 2)]);
}

#[tokio::test]
async fn roles_come_and_go_with_a_group_and_only_those_whose_last_reason_it_is() {
    let read = [("GET members/{id}", 1), ("GET roles", 1)];
    // Ann has DNS herself.
    let told = Scene::new(account_with_groups(), [join("e3", "member:1a")]).run().await;
    let outcome = told.applied(0, &[]);
    assert_eq!(entitlements(outcome).0, ["user-group:e3:member", "role:d3:assigned"]);
    let basis = &outcome.added[1].basis;
    assert_eq!((basis.len(), basis[0].rule.as_str(), basis[0].value.as_str()), (1, "user_group", "e3"));
    assert!(!outcome.added[1].revocable, "it comes through a group");
    // The group e1 gives one of the same.
    let routes = [&read[..], &[("GET iam/user_groups/{id}/members/{id}", 3), JOINS]].concat();
    told.judge(|account| members(account, "e3").push("1a".into()), &routes);

    // Bob has Audit through e1 and e3.
    let both = || {
        let mut account = account_with_groups();
        members(&mut account, "e3").push("1b".into());
        account
    };
    let told = Scene::new(both(), [leave("e1", "member:1b")]).run().await;
    assert_eq!(entitlements(told.applied(0, &[])).1, ["user-group:e1:member"]);
    let routes = [&read[..], &[("GET iam/user_groups/{id}/members/{id}", 3), LEAVES]].concat();
    told.judge(|account| members(account, "e1").clear(), &routes);
    let told = Scene::new(both(), [leave("e1", "member:1b"), leave("e3", "member:1b")]).run().await;
    assert_eq!(entitlements(told.applied(0, &[])).1, ["user-group:e1:member"]);
    assert_eq!(entitlements(told.applied(1, &[])).1, ["user-group:e3:member", "role:d3:assigned"]);
    let routes = [&read[..], &[("GET iam/user_groups/{id}/members/{id}", 4), (LEAVES.0, 2)]].concat();
    told.judge(|account| ["e1", "e3"].into_iter().for_each(|group| members(account, group).clear()), &routes);
}

#[tokio::test]
async fn what_members_show_of_their_groups_goes_with_them() {
    for inherited in [Inherited::Hidden, Inherited::InPolicies, Inherited::InRoles] {
        let account = Account { inherited, ..account_with_groups() };
        let told = Scene::new(account.clone(), [leave("e1", "member:1b")]).run().await;
        let outcome = told.applied(0, &[]);
        assert_eq!(entitlements(outcome).1, ["user-group:e1:member", "role:d3:assigned"], "{inherited:?}");
        let told = Scene::new(account, [join("e3", "member:1a")]).run().await;
        let outcome = told.applied(0, &[]);
        assert_eq!(entitlements(outcome).0, ["user-group:e3:member", "role:d3:assigned"], "{inherited:?}");
    }
}

#[tokio::test]
async fn many_members_of_one_group_are_looked_up_in_its_list() {
    let changes = ["1a", "1b", "1c"].map(|id| join("e2", &format!("member:{id}")));
    let told = Scene::new(account_with_groups(), changes).run().await;
    told.all_applied(0..3);
    let routes = [
        ("GET members", 1),
        ("GET iam/user_groups/{id}/members", 1),
        ("POST iam/user_groups/{id}/members", 3),
        ("GET iam/user_groups/{id}/members/{id}", 3),
    ];
    told.judge(|account| members(account, "e2").extend(["1a".into(), "1b".into(), "1c".into()]), &routes);
}

#[tokio::test]
async fn a_pending_member_joins_and_holds_what_it_gives_once_accepted() {
    let told = Scene::new(account_with_groups(), [join("e1", "member:1c")]).run().await;
    told.applied(0, &["takes effect when the invitation is accepted"]);
}

#[tokio::test]
async fn who_or_what_is_not_there_is_not_found() {
    let told =
        Scene::new(account_with_groups(), [join("e9", "member:1a"), leave("e9", "member:1a")]).run().await;
    (0..2).for_each(|at| told.refused(at, &["grants and revokes"]));
    let told =
        Scene::new(account_with_groups(), [join("e9", "member:1a"), join("e2", "member:1a")]).run().await;
    let error = told.failed(0, ErrorKind::NotFound, &["There is no user group e9"]);
    assert_eq!(error.about.as_deref(), Some("entitlement"));
    told.applied(1, &[]);
    for group in ["e1", "e2"] {
        let told = Scene::new(account_with_groups(), [join(group, "member:9a")]).run().await;
        let error = told.failed(0, ErrorKind::NotFound, &["9a"]);
        assert_eq!(error.about.as_deref(), Some("principal"));
        assert!(told.sent.iter().all(|sent| sent.method == "GET"));
    }
}

#[tokio::test]
async fn only_a_membership_of_the_account_is_in_a_user_group() {
    let told = Scene::new(account_with_groups(), [join("e2", "email:bob@corp.example")]).run().await;
    told.failed(0, ErrorKind::InvalidArgument, &["Only an account member", "member:1b"]);
    told.judge_unchanged(&[("GET members", 1)]);
    for entitlement in [of_role("d1"), "scoped-role:d1-e5:assigned".to_owned()] {
        let told =
            Scene::new(account_with_groups(), [change(Operation::Grant, &entitlement, "user-group:e2")]);
        let told = told.run().await;
        told.refused(0, &["policies of user groups aren't changed", "Nothing was written"]);
        told.judge_unchanged(&[]);
    }
}

#[tokio::test]
async fn a_group_of_an_identity_provider_is_told_and_keeps_no_other_from_being_changed() {
    let changes = [join("e4", "member:1a"), join("e2", "member:1a"), leave("e4", "member:1b")];
    let setup = HostAndMock::new(account_with_groups()).await;
    let options = Scene::new(account_with_groups(), []).options(false);
    let report = setup.writer("api-token").await.apply(&changes, &options).await.unwrap();
    for at in [0, 2] {
        let error = report.results[at].as_ref().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        assert!(error.message.contains("identity provider manages"), "{}", error.message);
    }
    assert_eq!(report.results[1].as_ref().unwrap().status, Status::Applied);
    assert_eq!(report.writes.len(), 1, "{:?}", report.writes);
    let writes = setup.mock.requests().into_iter().filter(|sent| sent.method != "GET").count();
    assert_eq!(writes, 3, "a refusal isn't repeated");
}

#[tokio::test]
async fn a_refusal_without_words_names_the_identity_provider_as_what_it_may_be() {
    for (status, kind) in [(400, ErrorKind::Refused), (403, ErrorKind::PermissionDenied)] {
        let effect = Effect::Status { status, code: 1, message: "no".into(), headers: Vec::new() };
        let fault = Fault::on("POST", "iam/user_groups/{id}/members", effect);
        let fault = Fault { on: fault.on.of("e2"), ..fault };
        let changes = [join("e2", "member:1a"), join("e1", "member:1a")];
        let told = Scene::new(account_with_groups(), changes).under(fault).run().await;
        told.failed(0, kind, &["identity provider"]);
        told.applied(1, &[]);
    }
}

#[tokio::test]
async fn a_login_without_domain_scoped_roles_is_told() {
    let mut account = account_with_groups();
    account.members[0].has_no_dsr = true;
    let setup = HostAndMock::new(account).await;
    let options = Scene::new(account_with_groups(), []).options(false);
    let report = setup.writer("api-token").await.apply(&[join("e2", "member:1a")], &options).await.unwrap();
    let error = report.results[0].as_ref().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    for word in ["Domain-scoped roles (DSR)", "support", "Nothing was written"] {
        assert!(error.message.contains(word), "{}", error.message);
    }
}

#[tokio::test]
async fn a_lost_answer_is_read_back() {
    use host_test::mock::Place;
    for (method, route, change) in [
        ("POST", "iam/user_groups/{id}/members", join("e2", "member:1a")),
        ("DELETE", "iam/user_groups/{id}/members/{id}", leave("e1", "member:1b")),
    ] {
        for at in [Place::BeforeHead, Place::InBody] {
            let fault = Fault::on(method, route, Effect::Close { at }).at_attempt(1).carried_out(true);
            let told = Scene::new(account_with_groups(), [change.clone()]).under(fault).run().await;
            told.applied(0, &[]);
            assert_eq!(told.routes[&format!("{method} {route}")], 1, "it isn't sent again");
            assert_ne!(told.before, told.after);
        }
        // It can't be known without a read.
        let lost = Fault::on(method, route, Effect::Close { at: Place::BeforeHead }).carried_out(true);
        let unread = Effect::Status { status: 500, code: 1, message: "no".into(), headers: Vec::new() };
        let unread = Fault::on("GET", "iam/user_groups/{id}/members/{id}", unread);
        let unread = Fault { on: host_test::mock::Operation { attempt: Some(2), ..unread.on }, ..unread };
        let told = Scene::new(account_with_groups(), [change]).under(lost).under(unread).run().await;
        told.failed(0, ErrorKind::Indeterminate, &["may or may not have been changed"]);
    }
}

#[tokio::test]
async fn a_success_that_changes_nothing_is_told() {
    let body = json!({"success": true, "errors": [], "messages": [], "result": []}).to_string();
    let fault = Fault::on("POST", "iam/user_groups/{id}/members", Effect::Body { status: 200, body });
    let told = Scene::new(account_with_groups(), [join("e2", "member:1a")]).under(fault).run().await;
    told.refused(0, &["with success", "identity provider"]);
    assert!(told.report.writes.is_empty());
}

#[tokio::test]
async fn without_the_user_groups_roles_are_still_changed_and_a_warning_says_what_is_not_known() {
    let refuse = Effect::Status { status: 404, code: 7003, message: "no".into(), headers: Vec::new() };
    let fault = Fault::on("GET", "iam/user_groups", refuse);
    let changes = [join("e2", "member:1a"), give("d3", "member:1a")];
    let told = Scene::new(account_with_groups(), changes).under(fault).run().await;
    let error = told.failed(0, ErrorKind::NotFound, &["Couldn't read user groups"]);
    assert_eq!(error.about.as_deref(), Some("entitlement"));
    told.applied(1, &[]);
    let codes: Vec<_> = told.report.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["user-groups-not-readable"]);
    // A server that fails isn't an account without them.
    let fail = Effect::Status { status: 500, code: 1, message: "no".into(), headers: Vec::new() };
    let fault = Fault::on("GET", "iam/user_groups", fail);
    let told = Scene::new(account_with_groups(), [give("d3", "member:1a")]).under(fault).run().await;
    told.failed(0, ErrorKind::Unavailable, &[]);
    assert_eq!(told.before, told.after);
}

#[tokio::test]
async fn a_role_that_comes_through_a_group_is_refused_and_names_the_group() {
    for inherited in [Inherited::Hidden, Inherited::InPolicies, Inherited::InRoles] {
        let account = Account { inherited, ..account_with_groups() };
        let told = Scene::new(account, [take("d3", "member:1b")]).run().await;
        told.refused(0, &["through the user group \"e1\" (e1)", "revoke user-group:e1:member"]);
        assert!(told.report.writes.is_empty());
    }
    // In a call that takes the member out of it, it goes with that.
    for changes in [
        [take("d3", "member:1b"), leave("e1", "member:1b")],
        [leave("e1", "member:1b"), take("d3", "member:1b")],
    ] {
        let told = Scene::new(account_with_groups(), changes.clone()).run().await;
        told.all_applied(0..2);
        let at = changes.iter().position(|change| change.entitlement == of_role("d3")).unwrap();
        assert_eq!(entitlements(told.applied(at, &["with a user group"])).1, ["role:d3:assigned"]);
        assert!(told.sent.iter().all(|sent| sent.method != "PUT"));
    }
    let refuse = Effect::Status { status: 400, code: 1, message: "no".into(), headers: Vec::new() };
    let fault = Fault::on("DELETE", "iam/user_groups/{id}/members/{id}", refuse);
    let changes = [take("d3", "member:1b"), leave("e1", "member:1b")];
    let told = Scene::new(account_with_groups(), changes).under(fault).run().await;
    told.refused(0, &["still has this role", "Nothing was written"]);
    told.refused(1, &["identity provider"]);
}

#[tokio::test]
async fn a_role_that_is_held_both_ways_stays_until_both_are_taken() {
    let both = || {
        let mut account = account_with_groups();
        members(&mut account, "e3").push("1a".into());
        account
    };
    let told = Scene::new(both(), [take("d1", "member:1a")]).run().await;
    told.refused(0, &["through the user group \"e3\""]);
    assert!(told.report.writes.is_empty());
    let told = Scene::new(both(), [take("d1", "member:1a"), leave("e3", "member:1a")]).run().await;
    told.all_applied(0..2);
    assert_eq!(told.after.members[0].roles, ["d2"]);
    let told = Scene::new(both(), [give("d3", "member:1a")]).run().await;
    told.unchanged(0, &["already, through the user group \"e3\""]);
    // Nobody loses for a moment what they keep.
    let told = Scene::new(both(), [leave("e3", "member:1a"), give("d3", "member:1a")]).run().await;
    told.all_applied(0..2);
    let writes: Vec<_> =
        told.sent.iter().filter(|sent| sent.method != "GET").map(|it| it.method.as_str()).collect();
    assert_eq!(writes, ["PUT", "DELETE"]);
    let told =
        Scene::new(account_with_groups(), [join("e3", "member:1a"), give("d3", "member:1a")]).run().await;
    told.all_applied(0..2);
    assert!(told.sent.iter().all(|sent| sent.method != "PUT"), "the group gives it");
}

#[tokio::test]
async fn an_inherited_role_is_not_made_the_members_own() {
    for inherited in [Inherited::Hidden, Inherited::InPolicies, Inherited::InRoles] {
        let account = Account { inherited, ..account_with_groups() };
        let told = Scene::new(account, [give("d2", "member:1b")]).run().await;
        told.applied(0, &[]);
        assert_eq!(told.after.members[1].roles, ["d1", "d2"], "{inherited:?}");
        assert_eq!(told.after.members[1].policies.len(), 2, "{inherited:?}");
    }
}
