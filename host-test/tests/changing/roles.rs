//! Changes of roles.

use super::*;

const SUPER: &str = SUPER_ADMINISTRATOR;
/// A member's GET, its PUT and the GET behind it.
const ONE_MEMBER: Routes<'static> = &[("GET members/{id}", 2), ("PUT members/{id}", 1)];
const READ_ONLY: Routes<'static> = &[("GET members/{id}", 1)];
/// The organization that manages the account, where the last Super Administrator would go.
const MANAGED_BY: (&str, u64) = ("GET accounts/{id}", 1);

fn people() -> Account {
    account([])
}

/// Gives a member these roles over the account, as a test expects it.
fn roles(account: &mut Account, id: &str, roles: &[&str]) {
    let at = account.members.iter().position(|member| member.id == id).unwrap();
    let mut member = account.members[at].clone();
    set_roles(account, &mut member, roles);
    account.members[at] = member;
}

/// Adds two accepted Super Administrators, `2a` and `2b`, a pending one and a rejected one. Each
/// has another role too.
fn administered() -> Account {
    let mut account = people();
    for (id, status) in [("2a", "accepted"), ("2b", "accepted"), ("2c", "pending"), ("2d", "rejected")] {
        member(&mut account, id, &format!("{id}@corp.example"), status, &["d1", SUPER]);
    }
    account
}

#[tokio::test]
async fn a_grant_sends_the_whole_new_role_list() {
    let told = Scene::new(people(), [give("d3", "member:1a")]).run().await;
    let outcome = told.applied(0, &["Audit"]);
    assert_eq!(outcome.added[0].entitlement, "role:d3:assigned");
    assert_eq!(
        (outcome.added[0].basis[0].rule.as_str(), outcome.added[0].basis[0].value.as_str()),
        ("role", "d3")
    );
    assert!(outcome.added[0].revocable && outcome.removed.is_empty());
    let routes = [ONE_MEMBER, &[("GET roles/{id}", 1)]].concat();
    let report = told.judge(|account| roles(account, "1a", &["d1", "d2", "d3"]), &routes);
    let ids = |text: &str| -> Vec<String> {
        let state: Value = serde_json::from_str(text).unwrap();
        state["roles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|role| role["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&report.writes[0].before), ["d1", "d2"]);
    assert_eq!(ids(&report.writes[0].after), ["d1", "d2", "d3"]);
    assert_eq!((report.writes[0].on.kind.as_str(), report.writes[0].on.id.as_str()), ("member", "1a"));
}

#[tokio::test]
async fn a_revoke_sends_the_whole_new_role_list() {
    let told = Scene::new(people(), [take("d1", "member:1a")]).run().await;
    let outcome = told.applied(0, &["DNS"]);
    assert_eq!((outcome.added.len(), outcome.removed.as_slice()), (0, &["role:d1:assigned".to_owned()][..]));
    told.judge(|account| roles(account, "1a", &["d2"]), ONE_MEMBER);
}

#[tokio::test]
async fn a_pending_membership_gets_and_loses_roles_too() {
    let told = Scene::new(people(), [give("d3", "member:1c"), take("d1", "member:1c")]).run().await;
    told.applied(0, &["takes effect when the invitation is accepted"]);
    told.applied(1, &[]);
    let routes = [ONE_MEMBER, &[("GET roles/{id}", 1)]].concat();
    told.judge(|account| roles(account, "1c", &["d2", "d3"]), &routes);
}

#[tokio::test]
async fn what_is_so_already_is_unchanged() {
    let told =
        Scene::new(people(), [give("d1", "member:1a"), take("d3", "member:1a"), take("d9", "member:1a")])
            .run()
            .await;
    (0..3).for_each(|at| told.unchanged(at, &[]));
    told.judge_unchanged(&[READ_ONLY, &[("GET roles/{id}", 1)]].concat());
}

#[tokio::test]
async fn only_a_membership_holds_a_role_and_the_error_says_which_one_has_the_address() {
    for (who, hint, users) in [
        ("user:0a", "member:1a", 1),
        ("email:BOB@corp.example", "member:1b", 0),
        ("user:0c", "Name the membership", 1),
    ] {
        let told = Scene::new(people(), [give("d3", who)]).run().await;
        assert_eq!(told.failed(0, ErrorKind::InvalidArgument, &[hint]).about.as_deref(), Some("principal"));
        told.judge_unchanged(&[("GET members", 1), ("GET access/users/{id}", users)]);
    }
    // A principal whose address is unknown is looked up in no list.
    for who in ["user:0d", "user:0f"] {
        let told = Scene::new(people(), [take("d1", who)]).run().await;
        told.failed(0, ErrorKind::InvalidArgument, &["Name the membership"]);
        told.judge_unchanged(&[("GET access/users/{id}", 1)]);
    }
    let told = Scene::new(people(), [give("d3", "role:d1")]).run().await;
    told.failed(0, ErrorKind::InvalidArgument, &[]);
    told.judge_unchanged(&[]);
}

#[tokio::test]
async fn who_or_what_is_not_there_is_not_found() {
    let told = Scene::new(people(), [give("d9", "member:1a"), give("d1", "member:9a")]).run().await;
    assert_eq!(told.failed(0, ErrorKind::NotFound, &["d9"]).about.as_deref(), Some("entitlement"));
    assert_eq!(told.failed(1, ErrorKind::NotFound, &["9a"]).about.as_deref(), Some("member:9a"));
    let routes = [
        ("GET members/{id}", 1),
        ("GET roles", 1),
        ("GET roles/{id}", 1),
        ("GET iam/permission_groups/{id}", 1),
    ];
    told.judge_unchanged(&routes);
}

#[tokio::test]
async fn the_last_role_is_not_taken_and_the_refusal_says_that_the_membership_would_have_to_be_deleted() {
    let told = Scene::new(people(), [take("d1", "member:1b")]).run().await;
    told.refused(0, &["last role", "would have to be deleted", "Nothing was written"]);
    told.judge_unchanged(READ_ONLY);
    // Where two changes would leave no role, the first one is applied.
    let told = Scene::new(people(), [take("d1", "member:1a"), take("d2", "member:1a")]).run().await;
    told.applied(0, &[]);
    told.refused(1, &["last role"]);
    told.judge(|account| roles(account, "1a", &["d2"]), ONE_MEMBER);
}

#[tokio::test]
async fn the_last_role_may_go_where_the_same_call_gives_another_one() {
    let told = Scene::new(people(), [take("d1", "member:1b"), give("d2", "member:1b")]).run().await;
    told.all_applied(0..2);
    let routes = [ONE_MEMBER, &[("GET roles/{id}", 1)]].concat();
    told.judge(|account| roles(account, "1b", &["d2"]), &routes);
}

#[tokio::test]
async fn a_super_administrator_loses_the_role_where_another_accepted_one_stays() {
    let told = Scene::new(administered(), [take(SUPER, "member:2a")]).run().await;
    told.applied(0, &["Super Administrator"]);
    let routes = [ONE_MEMBER, &[("GET members", 1)]].concat();
    told.judge(|account| roles(account, "2a", &["d1"]), &routes);
}

#[tokio::test]
async fn the_last_accepted_super_administrator_stays_over_the_whole_batch() {
    // Pending and rejected members don't count.
    let told = Scene::new(administered(), [take(SUPER, "member:2a"), take(SUPER, "member:2b")]).run().await;
    told.applied(0, &[]);
    told.refused(1, &["last Super Administrator", "Nothing was written"]);
    let routes = [("GET members", 1), ("GET members/{id}", 3), ("PUT members/{id}", 1), MANAGED_BY];
    told.judge(|account| roles(account, "2a", &["d1"]), &routes);
}

#[tokio::test]
async fn the_last_super_administrator_stays_however_long_the_list_of_members_is() {
    let mut account = people();
    (0..120).for_each(|n| {
        member(&mut account, &format!("3{n}"), &format!("m{n}@corp.example"), "accepted", &["d1"])
    });
    member(&mut account, "2a", "2a@corp.example", "accepted", &["d1", SUPER]);
    let told = Scene::new(account, [take(SUPER, "member:2a")]).run().await;
    told.refused(0, &["last Super Administrator"]);
    told.judge_unchanged(&[READ_ONLY, &[("GET members", 3), MANAGED_BY]].concat());
}

#[tokio::test]
async fn pages_that_a_read_sent_ahead_do_not_tell_who_is_a_super_administrator_now() {
    let mut account = people();
    member(&mut account, "2a", "2a@corp.example", "accepted", &["d1", SUPER]);
    (0..60).for_each(|n| {
        member(&mut account, &format!("3{n}"), &format!("m{n}@corp.example"), "accepted", &["d1"])
    });
    member(&mut account, "2b", "2b@corp.example", "accepted", &["d1", SUPER]);
    let setup = HostAndMock::new(account).await;
    let mut session = setup.writer("api-token").await;
    session.read(&["member".to_owned()], None).await.unwrap();
    until_sent_ahead(&setup).await;
    setup.mock.change(|account| roles(account, "2b", &["d1"]));
    let options = Options { dry_run: false, allow_gains: false, extra: String::new() };
    let report = session.apply(&[take(SUPER, "member:2a")], &options).await.unwrap();
    assert_eq!(report.results[0].as_ref().unwrap_err().kind, ErrorKind::Refused);
    assert!(setup.mock.requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn a_pending_super_administrator_is_no_last_one() {
    let mut account = people();
    member(&mut account, "2a", "2a@corp.example", "accepted", &["d1", SUPER]);
    member(&mut account, "2c", "2c@corp.example", "pending", &["d1", SUPER]);
    let mut without_any = people();
    member(&mut without_any, "2c", "2c@corp.example", "pending", &["d1", SUPER]);
    for account in [account, without_any] {
        let told = Scene::new(account, [take(SUPER, "member:2c")]).run().await;
        told.applied(0, &[]);
        told.judge(|account| roles(account, "2c", &["d1"]), &[ONE_MEMBER, &[("GET members", 1)]].concat());
    }
}

#[tokio::test]
async fn a_successor_in_the_same_batch_counts_if_they_have_accepted() {
    for (successor, may) in [("1a", true), ("1c", false)] {
        let mut account = people();
        member(&mut account, "2a", "2a@corp.example", "accepted", &["d1", SUPER]);
        let told =
            Scene::new(account, [take(SUPER, "member:2a"), give(SUPER, &format!("member:{successor}"))])
                .run()
                .await;
        told.applied(1, &[]);
        let lists = [("GET members", 1), ("GET roles/{id}", 1)];
        if may {
            told.applied(0, &[]);
            let routes = [&lists[..], &[("GET members/{id}", 4), ("PUT members/{id}", 2)]].concat();
            let report = told.judge(
                |account| {
                    roles(account, "2a", &["d1"]);
                    roles(account, successor, &["d1", "d2", SUPER]);
                },
                &routes,
            );
            assert_eq!(report.writes[0].on.id, successor, "the successor comes first");
        } else {
            told.refused(0, &["last Super Administrator"]);
            let routes =
                [&lists[..], &[("GET members/{id}", 3), ("PUT members/{id}", 1), MANAGED_BY]].concat();
            told.judge(|account| roles(account, successor, &["d1", "d2", SUPER]), &routes);
        }
    }
}

#[tokio::test]
async fn a_successor_whose_write_failed_is_none() {
    let mut account = people();
    member(&mut account, "2a", "2a@corp.example", "accepted", &["d1", SUPER]);
    let refuse =
        Effect::Status { status: 400, code: 1001, message: "Invalid role".into(), headers: Vec::new() };
    let fault = Fault::on("PUT", "members/{id}", refuse).at_attempt(1);
    let told =
        Scene::new(account, [take(SUPER, "member:2a"), give(SUPER, "member:1a")]).under(fault).run().await;
    told.refused(0, &["last Super Administrator"]);
    told.refused(1, &["Invalid role"]);
    let routes = [
        ("GET members", 1),
        ("GET members/{id}", 3),
        ("GET roles/{id}", 1),
        ("PUT members/{id}", 1),
        MANAGED_BY,
    ];
    told.judge_unchanged(&routes);
}

#[tokio::test]
async fn a_role_that_no_policy_mirrors_beside_other_policies_keeps_the_roles_as_they_are() {
    let mut scoped = people();
    let policy = scoped.policy("1a", &scoped.roles[0].clone(), "com.cloudflare.api.account.zone.abc");
    scoped.members[0].policies[0] = policy;
    let mut denied = people();
    denied.members[0].policies[1].access = "deny".into();
    for account in [scoped, denied] {
        let told = Scene::new(account, [give("d3", "member:1a"), take("d1", "member:1a")]).run().await;
        (0..2).for_each(|at| told.refused(at, &["could drop a role", "Nothing was written"]));
        told.judge_unchanged(&[READ_ONLY, &[("GET roles/{id}", 1)]].concat());
    }
}

#[tokio::test]
async fn a_policy_beside_the_roles_stays_when_they_are_changed() {
    let mut beyond = people();
    let other = Role { id: "e1".into(), name: "Domain DNS".into(), ..Role::default() };
    let policy = beyond.account_wide_policy("1a", &other);
    beyond.members[0].policies.push(policy.clone());
    let told = Scene::new(beyond, [give("d3", "member:1a"), take("d1", "member:1a")]).run().await;
    told.all_applied(0..2);
    let member = &told.after.members[0];
    assert_eq!(member.roles, ["d2", "d3"]);
    assert_eq!(member.policies[1], policy);
}

#[tokio::test]
async fn a_membership_that_was_declined_gets_and_loses_nothing() {
    let told =
        Scene::new(people(), [give("d3", "member:1d"), take("d1", "member:1d"), give("d2", "member:1d")])
            .run()
            .await;
    (0..3).for_each(|at| told.refused(at, &["declined"]));
    told.judge_unchanged(&[READ_ONLY, &[("GET roles", 1)]].concat());
}

#[tokio::test]
async fn roles_that_are_not_all_told_are_not_written() {
    let body = json!({"success": true, "errors": [], "messages": [], "result": {
        "id": "1a", "status": "accepted",
        "email": "ann@corp.example", "roles": [{"id": "d1"}, {"name": "no id"}], "policies": []}});
    let fault = Fault::on("GET", "members/{id}", Effect::Body { status: 200, body: body.to_string() });
    let told =
        Scene::new(people(), [take("d1", "member:1a"), take("d3", "member:1a")]).under(fault).run().await;
    (0..2).for_each(|at| told.refused(at, &["could drop one"]));
    told.judge_unchanged(READ_ONLY);
}

#[tokio::test]
async fn a_grant_and_a_revoke_of_one_role_of_one_member_are_both_refused() {
    let told =
        Scene::new(people(), [give("d3", "member:1a"), take("d3", "member:1a"), take("d1", "member:1a")])
            .run()
            .await;
    (0..2).for_each(|at| told.refused(at, &["grants and revokes"]));
    told.applied(2, &[]);
    told.judge(|account| roles(account, "1a", &["d2"]), ONE_MEMBER);
}

#[tokio::test]
async fn an_unlisted_role_is_granted_by_its_id() {
    let told = Scene::new(people(), [give(SUPER, "member:1a")]).run().await;
    told.applied(0, &["Super Administrator"]);
    let routes = [ONE_MEMBER, &[("GET roles/{id}", 1)]].concat();
    told.judge(|account| roles(account, "1a", &["d1", "d2", SUPER]), &routes);
}
