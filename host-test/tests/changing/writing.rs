//! GET, PUT, GET; and the requests that are not sent.

use super::*;

/// A group that is listed and read, and not written.
const READ_ONCE: Routes<'static> = &[("GET access/groups", 1), ("GET access/groups/{id}", 1)];

fn two_groups() -> Account {
    let include = || [email("carol@other.example")];
    let rules = || json!({"include": include(), "require": [network()], "session_duration": "24h"});
    account([group("a1", rules()), group("a2", rules())])
}

fn status(status: u16, code: u64) -> Effect {
    Effect::Status { status, code, message: "no".into(), headers: Vec::new() }
}

/// Makes an answer that shows this group.
fn shows(group: &Value) -> Effect {
    let body = json!({"success": true, "errors": [], "messages": [], "result": group});
    Effect::Body { status: 200, body: body.to_string() }
}

#[tokio::test]
async fn a_write_is_a_get_a_put_and_a_get_after_everything_else_was_learned() {
    let setup = HostAndMock::new(two_groups()).await;
    let changes = [grant("a1", "user:0a"), give("d3", "member:1a")];
    let options = Options { dry_run: false, allow_gains: false, extra: "{}".into() };
    let report = setup.writer("api-token").await.apply(&changes, &options).await.unwrap();
    assert!(report.results.iter().all(Result::is_ok), "{:?}", report.results);
    let sent: Vec<String> = setup
        .mock
        .requests()
        .iter()
        .map(|request| format!("{} {}", request.method, request.path.split_once(ACCOUNT).unwrap().1))
        .collect();
    let expected = [
        "GET /access/users/0a",
        "GET /access/groups",
        "GET /access/apps",
        "GET /iam/user_groups",
        "GET /roles/d3",
        "GET /access/groups/a1",
        "PUT /access/groups/a1",
        "GET /access/groups/a1",
        "GET /members/1a",
        "PUT /members/1a",
        "GET /members/1a",
    ];
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_re_read_that_differs_from_what_was_sent_is_a_conflict_that_says_what_differs() {
    let mine = email("ann@corp.example");
    let group = |include: Value, session: &str| {
        json!({
            "id": "a1", "name": "Group a1", "include": include, "require": [network()],
            "session_duration": session,
        })
    };
    for (found, told) in [
        (group(json!([email("carol@other.example")]), "24h"), "include lacks"),
        (group(json!([email("carol@other.example"), mine, okta()]), "24h"), "include also has"),
        (group(json!([email("carol@other.example"), mine]), "1h"), "session_duration is another one"),
    ] {
        let fault = Fault::on("GET", "access/groups/{id}", shows(&found)).at_attempt(2);
        let scene =
            Scene::new(two_groups(), [grant("a1", "email:ann@corp.example")]).under(fault).run().await;
        let error = scene.failed(0, ErrorKind::Conflict, &[told]);
        assert_eq!(error.about.as_deref(), Some("group:a1"));
        let report = scene.judge(|account| include(account, "a1").push(mine.clone()), ONE_GROUP);
        // The report shows the write with the current state.
        let after: Value = serde_json::from_str(&report.writes[0].after).unwrap();
        assert_eq!(
            (&after["include"], &after["session_duration"]),
            (&found["include"], &found["session_duration"])
        );
    }
}

#[tokio::test]
async fn roles_that_differ_after_the_write_are_a_conflict() {
    let found = json!({"id": "1a", "status": "accepted", "roles": [{"id": "d1"}], "policies": []});
    let fault = Fault::on("GET", "members/{id}", shows(&found)).at_attempt(2);
    let told = Scene::new(two_groups(), [give("d3", "member:1a")]).under(fault).run().await;
    told.failed(0, ErrorKind::Conflict, &["lacks the role d2"]);
    let routes = [("GET members/{id}", 2), ("GET roles/{id}", 1), ("PUT members/{id}", 1)];
    told.judge(
        |account| {
            let mut member = account.members[0].clone();
            set_roles(account, &mut member, &["d1", "d2", "d3"]);
            account.members[0] = member;
        },
        &routes,
    );
}

#[tokio::test]
async fn what_changed_between_the_list_and_the_get_is_kept_and_decided_on() {
    // Another writer has put the address, and another rule, into the group since it was listed.
    let include = [email("carol@other.example"), email("ANN@corp.example")];
    let fresh = json!({"id": "a1", "name": "Renamed", "include": include,
        "require": [network()]});
    let fault = Fault::on("GET", "access/groups/{id}", shows(&fresh)).at_attempt(1);
    let told = Scene::new(two_groups(), [grant("a1", "email:ann@corp.example")]).under(fault).run().await;
    told.unchanged(0, &[]);
    told.judge_unchanged(&[READ_ONCE, OWNERS].concat());
    let (include, exclude) = ([email("carol@other.example")], [domain("corp.example")]);
    let fresh = json!({"id": "a1", "name": "Renamed", "include": include, "exclude": exclude});
    let fault = Fault::on("GET", "access/groups/{id}", shows(&fresh)).at_attempt(1);
    let told = Scene::new(two_groups(), [grant("a1", "email:ann@corp.example")]).under(fault).run().await;
    told.refused(0, &["exclude rule 1"]);
    told.judge_unchanged(&[READ_ONCE, OWNERS].concat());
}

#[tokio::test]
async fn a_list_that_matters_only_since_the_get_is_read_too() {
    let ann = email("ann@corp.example");
    let groups = [
        group("a1", json!({"include": [okta(), ann]})),
        group("a2", json!({"include": [{"email_list": {"id": "11"}}]})),
    ];
    let fresh = json!({"id": "a1", "name": "Group a1", "include": [okta(), ann, inner("a2")]});
    let fault = Fault::on("GET", "access/groups/{id}", shows(&fresh)).at_attempt(1);
    let told = Scene::new(account(groups), [revoke("a1", "email:ann@corp.example")]).under(fault).run().await;
    told.refused(0, &["group a2"]);
    told.judge_unchanged(&[READ_ONCE, &[("GET gateway/lists/{id}/items", 1)], OWNERS].concat());
}

#[tokio::test]
async fn a_group_that_is_another_one_or_can_not_be_written_back_is_not_written() {
    for (shown, why) in [
        (json!({"id": "a2", "name": "Group a2", "include": [okta()]}), "another one"),
        (json!({"id": "a1", "include": [okta()]}), "no name"),
        (json!({"id": "a1", "name": "n", "include": {"email": 1}}), "no list of at most"),
    ] {
        let fault = Fault::on("GET", "access/groups/{id}", shows(&shown));
        let told = Scene::new(two_groups(), [grant("a1", "email:ann@corp.example")]).under(fault).run().await;
        told.failed(0, ErrorKind::InvalidResponse, &[why, "Nothing was written"]);
        told.judge_unchanged(&[READ_ONCE, OWNERS].concat());
    }
}

#[tokio::test]
async fn a_group_that_is_listed_and_not_understood_is_not_called_absent() {
    let item = json!({"id": "a1", "name": "Group a1", "include": "everyone"});
    let fault = Fault::on("GET", "access/groups", Effect::ReplaceItem { at: 0, item });
    let told = Scene::new(
        two_groups(),
        [grant("a1", "email:ann@corp.example"), revoke("a1", "email:bob@corp.example")],
    );
    let told = told.under(fault).run().await;
    for at in 0..2 {
        told.failed(at, ErrorKind::InvalidResponse, &["can't be understood"]);
    }
    told.judge_unchanged(GROUPS_ONLY);
}

#[tokio::test]
async fn one_changes_failure_leaves_the_others_standing() {
    let refuse = Fault::on("PUT", "access/groups/{id}", status(403, 10000)).at_attempt(1);
    let changes = [
        give("d3", "user:0d"),
        grant("a9", "email:ann@corp.example"),
        grant("a1", "group:a2"),
        grant("a1", "email:bob@corp.example"),
        give("d3", "member:1a"),
    ];
    let told = Scene::new(two_groups(), changes).under(refuse).run().await;
    told.failed(0, ErrorKind::InvalidArgument, &[]);
    told.failed(1, ErrorKind::NotFound, &[]);
    told.failed(2, ErrorKind::InvalidArgument, &[]);
    told.failed(3, ErrorKind::PermissionDenied, &["Groups"]);
    told.applied(4, &[]);
    let routes = [
        ("GET access/groups", 1),
        ("GET access/groups/{id}", 2),
        ("GET access/users/{id}", 1),
        ("GET members/{id}", 2),
        ("GET roles/{id}", 1),
        ("PUT access/groups/{id}", 1),
        ("PUT members/{id}", 1),
    ];
    told.judge(
        |account| {
            let mut member = account.members[0].clone();
            set_roles(account, &mut member, &["d1", "d2", "d3"]);
            account.members[0] = member;
        },
        &routes,
    );
}

#[tokio::test]
async fn after_a_rate_limit_or_lost_credentials_the_rest_is_not_tried_and_says_so() {
    for (effect, kind) in
        [(status(429, 971), ErrorKind::RateLimited), (status(401, 1000), ErrorKind::Unauthenticated)]
    {
        let changes = [
            grant("a1", "email:ann@corp.example"),
            grant("a2", "email:ann@corp.example"),
            take("d1", "member:1a"),
        ];
        let fault = Fault::on("PUT", "access/groups/{id}", effect.clone());
        let told = Scene::new(two_groups(), changes.clone()).under(fault).run().await;
        told.failed(0, kind, &[]);
        for at in 1..3 {
            told.failed(at, kind, &["was not tried"]);
        }
        assert_eq!(told.routes["PUT access/groups/{id}"], 1);
        // Only a read shows that a refusal is true, except for the limit.
        let reads = if kind == ErrorKind::RateLimited { 1 } else { 2 };
        told.judge_unchanged(&[
            ("GET access/groups", 1),
            ("GET access/groups/{id}", reads),
            ("PUT access/groups/{id}", 1),
        ]);
        // The same holds while the connector learns.
        let told =
            Scene::new(two_groups(), changes).under(Fault::on("GET", "access/groups", effect)).run().await;
        for at in 0..3 {
            told.failed(at, kind, &[]);
        }
        told.judge_unchanged(&[("GET access/groups", 1), (USER_GROUPS, 0)]);
    }
}

#[tokio::test]
async fn options_of_somebody_else_are_refused() {
    let setup = HostAndMock::new(two_groups()).await;
    for (extra, good) in
        [("", true), ("{}", true), (" { } ", true), ("{\"force\":true}", false), ("[]", false), ("x", false)]
    {
        let options = Options { dry_run: true, allow_gains: false, extra: extra.into() };
        let report =
            setup.writer("api-token").await.apply(&[grant("a1", "user:0b")], &options).await.unwrap();
        assert_eq!(report.results[0].is_ok(), good, "{extra}");
        if let Err(error) = &report.results[0] {
            assert_eq!(
                (error.kind, error.about.as_deref()),
                (ErrorKind::InvalidArgument, Some("options.extra"))
            );
        }
    }
}
