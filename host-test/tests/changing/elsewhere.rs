//! Groups that include, require or exclude another group: what a change of one does to the others.

use super::*;

/// Makes the group `a1`, which is changed, and others that refer to it.
fn referring() -> Account {
    account([
        group("a1", json!({"include": [email("bob@corp.example"), okta()]})),
        group("a2", json!({"include": [inner("a1")]})),
        group("a3", json!({"include": [domain("corp.example")], "require": [inner("a1")]})),
        group("a4", json!({"include": [domain("corp.example")], "exclude": [inner("a2")]})),
        group("a5", json!({"include": [email("bob@corp.example"), email("ann@corp.example")]})),
    ])
}

/// The entitlements that an outcome adds, of whichever principals, and those that it takes.
fn ids(outcome: &Outcome) -> (Vec<&str>, Vec<&str>) {
    let mut added: Vec<&str> = outcome.added.iter().map(|grant| grant.entitlement.as_str()).collect();
    added.sort_unstable();
    added.dedup();
    (added, outcome.removed.iter().map(String::as_str).collect())
}

#[tokio::test]
async fn added_and_removed_tell_what_a_grant_gives_and_takes_anywhere() {
    let mut referring = referring();
    *include(&mut referring, "a1") = vec![email("bob@corp.example")];
    let told = Scene::new(referring, [grant("a1", "email:ann@corp.example")]).run().await;
    let outcome = told.applied(0, &[]);
    assert_eq!(
        ids(outcome),
        (vec!["group:a1:member", "group:a2:member", "group:a3:member"], vec!["group:a4:member"])
    );
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), ONE_GROUP);
}

#[tokio::test]
async fn a_membership_that_becomes_certain_is_told_as_added() {
    let told = Scene::new(referring(), [grant("a1", "email:ann@corp.example")]).run().await;
    let outcome = told.applied(0, &[]);
    // Ann was in a3 and a4 on the condition that a login shows the Okta group.
    assert_eq!(
        ids(outcome),
        (vec!["group:a1:member", "group:a2:member", "group:a3:member"], vec!["group:a4:member"])
    );
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), ONE_GROUP);
}

#[tokio::test]
async fn a_revoke_that_would_let_the_person_in_elsewhere_is_refused_and_says_where() {
    let told = Scene::new(referring(), [revoke("a1", "email:bob@corp.example")]).run().await;
    told.refused(0, &["group:a4:member", "Allow gains", "Nothing was written"]);
    told.judge_unchanged(&[GROUPS_ONLY, &[("GET access/apps", 1)]].concat());
}

#[tokio::test]
async fn a_revoke_with_gains_allowed_is_done_and_tells_them() {
    let mut certain = referring();
    *include(&mut certain, "a1") = vec![email("bob@corp.example"), email("carol@other.example")];
    let told = Scene::new(certain, [revoke("a1", "email:bob@corp.example")]).allowing_gains().run().await;
    let outcome = told.applied(0, &[]);
    assert_eq!(
        ids(outcome),
        (vec!["group:a4:member"], vec!["group:a1:member", "group:a2:member", "group:a3:member"])
    );
    told.judge(|account| drop(include(account, "a1").remove(0)), ONE_GROUP);
}

/// Makes groups that keep contractors out of what staff get by address.
fn contractor() -> Account {
    account([
        group("a1", json!({"include": [email("ann@corp.example"), email("bob@corp.example")]})),
        group(
            "a2",
            json!({
                "include": [email("ann@corp.example"), email("carol@other.example")],
                "exclude": [inner("a1")],
            }),
        ),
    ])
}

#[tokio::test]
async fn a_gain_that_the_same_batch_takes_away_refuses_nothing() {
    for changes in [
        [revoke("a1", "user:0a"), revoke("a2", "user:0a")],
        [revoke("a2", "user:0a"), revoke("a1", "user:0a")],
    ] {
        let told = Scene::new(contractor(), changes).run().await;
        for at in 0..2 {
            assert!(told.applied(at, &[]).added.is_empty());
        }
        let routes = [
            ("GET access/groups", 1),
            ("GET access/groups/{id}", 4),
            ("GET access/users/{id}", 1),
            ("PUT access/groups/{id}", 2),
        ];
        let report = told.judge(
            |account| ["a1", "a2"].iter().for_each(|group| drop(include(account, group).remove(0))),
            &routes,
        );
        // Nobody may get in between the two writes either.
        assert_eq!(report.writes[0].on.id, "a2");
    }
}

#[tokio::test]
async fn a_gain_that_the_same_batch_grants_refuses_nothing() {
    let told = Scene::new(contractor(), [revoke("a1", "user:0a"), grant("a2", "user:0a")]).run().await;
    assert_eq!(ids(told.applied(0, &[])).0, ["group:a2:member"]);
    told.unchanged(1, &[]);
    let routes = [ONE_GROUP, &[("GET access/users/{id}", 1)]].concat();
    told.judge(|account| drop(include(account, "a1").remove(0)), &routes);
}

#[tokio::test]
async fn what_a_grant_of_the_batch_gives_elsewhere_is_not_held_against_its_revokes() {
    let groups = [
        group("a1", json!({"include": [email("bob@corp.example")]})),
        group("a2", json!({"include": [inner("a1")]})),
        group("a3", json!({"include": [email("ann@corp.example"), email("bob@corp.example")]})),
    ];
    let told = Scene::new(
        account(groups),
        [grant("a1", "email:ann@corp.example"), revoke("a3", "email:ann@corp.example")],
    );
    let told = told.run().await;
    assert_eq!(ids(told.applied(0, &[])).0, ["group:a1:member", "group:a2:member"]);
    assert_eq!(ids(told.applied(1, &[])), (vec![], vec!["group:a3:member"]));
    let routes = [("GET access/groups", 1), ("GET access/groups/{id}", 4), ("PUT access/groups/{id}", 2)];
    told.judge(
        |account| {
            include(account, "a1").push(email("ann@corp.example"));
            include(account, "a3").remove(0);
        },
        &routes,
    );
}

#[tokio::test]
async fn two_revokes_that_together_let_the_person_in_are_both_refused() {
    let kept_out =
        |id: &str| group(id, json!({"include": [email("ann@corp.example"), email("bob@corp.example")]}));
    let into =
        group("a3", json!({"include": [domain("corp.example")], "exclude": [inner("a1"), inner("a2")]}));
    let account = account([kept_out("a1"), kept_out("a2"), into]);
    let told = Scene::new(account.clone(), [revoke("a1", "user:0a"), revoke("a2", "user:0a")]).run().await;
    (0..2).for_each(|at| told.refused(at, &["group:a3:member"]));
    told.judge_unchanged(&[GROUPS_ONLY, &[("GET access/users/{id}", 1), ("GET access/apps", 1)]].concat());
    let told = Scene::new(account, [revoke("a1", "user:0a")]).run().await;
    told.applied(0, &[]);
    let routes = [ONE_GROUP, &[("GET access/users/{id}", 1)]].concat();
    told.judge(|account| drop(include(account, "a1").remove(0)), &routes);
}

#[tokio::test]
async fn a_revoke_that_a_grant_of_the_same_batch_would_undo_is_refused() {
    let groups = [
        group("a1", json!({"include": [okta()]})),
        group("a2", json!({"include": [email("bob@corp.example"), inner("a1")]})),
    ];
    let told = Scene::new(
        account(groups),
        [revoke("a2", "email:ann@corp.example"), grant("a1", "email:ann@corp.example")],
    );
    let told = told.run().await;
    told.refused(0, &["group a1", "still names them"]);
    told.applied(1, &[]);
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), ONE_GROUP);
}

#[tokio::test]
async fn a_revoke_may_rest_on_another_one_of_the_batch() {
    let groups = [
        group("a1", json!({"include": [email("ann@corp.example"), okta()]})),
        group("a2", json!({"include": [email("bob@corp.example"), inner("a1")]})),
    ];
    let told = Scene::new(
        account(groups),
        [revoke("a2", "email:ann@corp.example"), revoke("a1", "email:ann@corp.example")],
    );
    let told = told.run().await;
    assert_eq!(ids(told.applied(0, &["another change"])), (vec![], vec!["group:a2:member"]));
    told.applied(1, &[]);
    told.judge(|account| drop(include(account, "a1").remove(0)), ONE_GROUP);
}

#[tokio::test]
async fn a_grant_through_a_circle_of_groups_ends() {
    let groups = [
        group("a1", json!({"include": [inner("a2"), email("bob@corp.example")]})),
        group("a2", json!({"include": [inner("a1"), okta()]})),
    ];
    let told = Scene::new(account(groups), [grant("a1", "email:ann@corp.example")]).run().await;
    assert_eq!(ids(told.applied(0, &[])).0, ["group:a1:member", "group:a2:member"]);
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), ONE_GROUP);
}

/// Makes groups that keep Bob (user 0b, member 1b) out of what account members get.
fn kept_out() -> Account {
    account([
        group("a1", json!({"include": [email("bob@corp.example"), email("ann@corp.example")]})),
        group("a2", json!({"include": [json!({"cloudflare_account_member": {}})], "exclude": [inner("a1")]})),
    ])
}

#[tokio::test]
async fn leaving_a_group_that_keeps_somebody_out_as_an_account_member_is_refused() {
    let told = Scene::new(kept_out(), [revoke("a1", "user:0b")]).run().await;
    told.refused(0, &["as an account member", "group:a2:member", "Nothing was written"]);

    let mut pending = kept_out();
    pending.members.iter_mut().for_each(|member| member.status = "pending".into());
    let told = Scene::new(pending, [revoke("a1", "user:0b")]).run().await;
    told.applied(0, &[]);
}

#[tokio::test]
async fn where_account_members_can_not_be_read_only_what_depends_on_them_fails() {
    let no = Effect::Status { status: 403, code: 10000, message: "no".into(), headers: Vec::new() };
    let changes = [
        revoke("a1", "user:0b"),
        grant("a1", "email:zoe@corp.example"),
        revoke("a1", "email:ann@corp.example"),
    ];
    let scene = Scene::new(kept_out(), changes.clone()).under(Fault::on("GET", "members", no));
    let told = scene.run().await;
    for at in [0, 2] {
        let error = told.failed(
            at,
            ErrorKind::PermissionDenied,
            &["as an account member", "Nothing was written", "Allow gains"],
        );
        assert_eq!(error.about.as_deref(), Some("group:a1"));
    }
    told.applied(1, &[]);
    let learned: Routes = &[("GET access/users/{id}", 1), ("GET members", 1)];
    told.judge(
        |account| include(account, "a1").push(email("zoe@corp.example")),
        &[ONE_GROUP, learned].concat(),
    );
    // Where gains are allowed, the change is not refused.
    let told = Scene::new(kept_out(), changes.clone()).allowing_gains().run().await;
    told.all_applied(0..3);
    let told = Scene::new(kept_out(), changes.into_iter().take(1)).allowing_gains().run().await;
    told.all_applied(0..1);
    assert!(!told.routes.contains_key("GET members"));
}

#[tokio::test]
async fn that_somebody_is_an_account_member_can_matter_only_since_the_group_was_read() {
    let mut idle = kept_out();
    idle.groups[0].exclude = Some(vec![domain("corp.example")]);
    for auth in ["api-token", "api-key"] {
        let setup = HostAndMock::new(idle.clone()).await;
        let mut session = setup.writer(auth).await;
        let on = host_test::mock::Operation::on("GET", "access/groups").at_attempt(1);
        setup.mock.meddle(on, host_test::mock::When::After, |account| account.groups[0].exclude = None);
        let options = Options { dry_run: false, allow_gains: false, extra: String::new() };
        let report = session.apply(&[revoke("a1", "user:0b")], &options).await.unwrap();
        let error = report.results[0].as_ref().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{error:?}");
        assert!(error.message.contains("as an account member"), "{error:?}");
        assert!(setup.mock.requests().iter().all(|request| request.method == "GET"));
    }
}

#[tokio::test]
async fn of_two_groups_that_name_each_other_the_one_whose_write_gives_nothing_comes_first() {
    let groups = [
        group("a1", json!({"include": [email("ann@corp.example"), inner("a2")]})),
        group("a2", json!({"include": [email("ann@corp.example"), inner("a1")], "require": [network()]})),
        group("a3", json!({"include": [domain("corp.example")], "exclude": [inner("a1")]})),
    ];
    let changes = [revoke("a1", "email:ann@corp.example"), revoke("a2", "email:ann@corp.example")];
    let told = Scene::new(account(groups), changes).allowing_gains().run().await;
    assert_eq!(
        ids(told.applied(0, &[])),
        (vec!["group:a3:member"], vec!["group:a1:member", "group:a2:member"])
    );
    told.applied(1, &[]);
    let routes = [("GET access/groups", 1), ("GET access/groups/{id}", 4), ("PUT access/groups/{id}", 2)];
    let report = told.judge(
        |account| ["a1", "a2"].iter().for_each(|group| drop(include(account, group).remove(0))),
        &routes,
    );
    assert_eq!(report.writes[0].on.id, "a2");
}

#[tokio::test]
async fn lists_of_the_groups_that_refer_to_the_changed_one_are_read_and_no_others() {
    let groups = [
        group("a1", json!({"include": [okta()]})),
        group("a2", json!({"include": [{"email_list": {"id": "11"}}], "require": [inner("a1")]})),
        group("a3", json!({"include": [{"email_list": {"id": "22"}}]})),
    ];
    let told = Scene::new(account(groups), [grant("a1", "email:carol@other.example")]).run().await;
    assert_eq!(ids(told.applied(0, &[])).0, ["group:a1:member", "group:a2:member"]);
    assert!(told.report.warnings.is_empty(), "{:?}", told.report.warnings);
    let routes = [ONE_GROUP, &[("GET gateway/lists/{id}/items", 1)]].concat();
    told.judge(|account| include(account, "a1").push(email("carol@other.example")), &routes);
}

#[tokio::test]
async fn a_revoke_that_rests_on_one_that_is_refused_is_refused_too() {
    let groups = [
        group("a1", json!({"include": [email("ann@corp.example")]})),
        group("a2", json!({"include": [email("ann@corp.example"), inner("a1")]})),
    ];
    let changes = [revoke("a2", "email:ann@corp.example"), revoke("a1", "email:ann@corp.example")];
    let told = Scene::new(account(groups), changes).run().await;
    told.refused(0, &["group a1", "still names them", "Nothing was written"]);
    told.refused(1, &["last include rule"]);
    told.judge_unchanged(GROUPS_ONLY);
}
