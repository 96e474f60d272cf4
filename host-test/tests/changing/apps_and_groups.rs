//! Calls with changes of applications beside those of groups, and for service tokens.

use super::apps::{APPS, app, company, denied, groups, ids, opened_and_closed, policy};
use super::*;
use host_test::mock::{Application, Embedding, ServiceToken};

const PAYROLL: &str = "app:e1:access";

fn on_app(operation: Operation, who: &str) -> Change {
    change(operation, PAYROLL, who)
}

#[tokio::test]
async fn groups_and_applications_are_read_once_for_all_changes() {
    let asked = [
        grant("a1", "user:0a"),
        on_app(Operation::Grant, "user:0a"),
        on_app(Operation::Revoke, "user:0b"),
        on_app(Operation::Grant, "email:zoe@corp.example"),
    ];
    let listed = [policy("f1", "allow", json!([inner("a1"), {"email_list": {"id": "11"}}]))];
    let unlisted = Application { embedding: Embedding::Absent, ..app("e1", listed.clone()) };
    for (apps, more) in [(app("e1", listed), &[][..]), (unlisted, &[("GET access/apps/{id}/policies", 1)])] {
        let told = Scene::new(company(groups(), [apps]), asked.clone()).run().await;
        // Ann is on the list.
        assert_eq!(ids(told.applied(0, &[])), (vec!["group:a1:member"], vec![]));
        told.refused(1, &["has it already", "email_list 11"]);
        told.refused(2, &["Revoke group:a1:member"]);
        told.refused(3, &["has it already, through group:a1"]);
        let routes: Vec<(&str, u64)> = ONE_GROUP
            .iter()
            .chain(&[APPS, ("GET access/users", 1), ("GET gateway/lists/{id}/items", 1)])
            .chain(more)
            .copied()
            .collect();
        told.judge(|account| include(account, "a1").push(email("ann@corp.example")), &routes);
    }
    // The same where no group has to be written.
    let asked = [grant("a1", "user:0b"), on_app(Operation::Revoke, "user:0b")];
    let told = Scene::new(opened_and_closed(), asked).run().await;
    told.unchanged(0, &[]);
    told.refused(1, &["Revoke group:a1:member"]);
    told.judge_unchanged(&[("GET access/groups", 1), APPS, ("GET access/users/{id}", 1)]);
}

#[tokio::test]
async fn applications_that_fail_are_asked_for_once() {
    let fails = Fault::on("GET", "access/apps", Effect::Html { status: 502 });
    let asked = [grant("a1", "user:0a"), on_app(Operation::Revoke, "user:0b")];
    let told = Scene::new(opened_and_closed(), asked).under(fails).run().await;
    told.failed(0, ErrorKind::Unavailable, &["isn't known which applications"]);
    told.refused(1, &["couldn't be read"]);
    assert_eq!(told.routes.get("GET access/apps"), Some(&1));

    let fails = Fault::on("GET", "access/groups", Effect::Html { status: 502 });
    let asked = [grant("a1", "user:0a"), on_app(Operation::Revoke, "user:0b")];
    let told = Scene::new(opened_and_closed(), asked).under(fails).run().await;
    told.failed(0, ErrorKind::Unavailable, &[]);
    told.refused(1, &["couldn't be read"]);
    assert_eq!(told.routes.get("GET access/groups"), Some(&1));
}

#[tokio::test]
async fn what_a_change_of_a_group_does_not_see_is_told_beside_an_application() {
    let asked = [grant("a1", "user:0a"), on_app(Operation::Revoke, "user:0b")];
    let told = Scene::new(opened_and_closed(), asked).under(denied("access/apps")).run().await;
    told.applied(0, &[]);
    told.refused(1, &["couldn't be read"]);
    let codes: Vec<&str> = told.report.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["applications-not-seen"]);
    assert_eq!(told.routes.get("GET access/apps"), Some(&1));
}

/// Makes the application that a token opens, and tokens: one that never ends, one that has ended, one
/// that is disabled.
fn with_tokens() -> Account {
    let rules = json!([{"any_valid_service_token": {}}, {"service_token": {"token_id": "c3"}}]);
    let token = |id: &str, enabled, expires_at: Option<&str>| ServiceToken {
        id: id.into(),
        enabled: Some(enabled),
        expires_at: expires_at.map(str::to_owned),
        ..ServiceToken::default()
    };
    let service_tokens = vec![
        token("c1", true, None),
        token("c2", true, Some("2020-01-01T00:00:00Z")),
        token("c3", false, Some("2999-01-01T00:00:00Z")),
        token("c4", true, Some("2999-01-01T00:00:00Z")),
        token("c5", true, Some("soon")),
    ];
    let open = app("e1", [policy("f1", "non_identity", rules)]);
    Account { service_tokens, ..company(groups(), [open]) }
}

#[tokio::test]
async fn a_token_that_is_not_there_or_can_not_be_used_holds_nothing() {
    for operation in [Operation::Grant, Operation::Revoke] {
        for (token, kind, words) in [
            ("c2", ErrorKind::Refused, &["holds nothing", "expired", "Nothing was written"][..]),
            ("c3", ErrorKind::Refused, &["holds nothing", "disabled"]),
            ("c9", ErrorKind::NotFound, &["service token c9"]),
        ] {
            let asked = [on_app(operation, &format!("service-token:{token}"))];
            let told = Scene::new(with_tokens(), asked).run().await;
            let error = told.failed(0, kind, words);
            assert_eq!(error.about.as_deref(), Some("principal"), "{error:?}");
            told.judge_unchanged(&[("GET access/service_tokens/{id}", 1)]);
        }
    }
    let asked = ["c1", "c4"].map(|token| on_app(Operation::Grant, &format!("service-token:{token}")));
    let told = Scene::new(with_tokens(), asked).run().await;
    told.refused(0, &["has it already, through the rule any_valid_service_token"]);
    told.refused(1, &["has it already"]);
    told.judge_unchanged(&[("GET access/groups", 1), APPS, ("GET access/service_tokens", 1)]);
    let told = Scene::new(with_tokens(), [on_app(Operation::Grant, "service-token:c5")]).run().await;
    told.refused(0, &["has it already", "can be used isn't known", "its expires_at isn't a time"]);
}

#[tokio::test]
async fn whether_a_token_can_be_used_is_said_not_to_be_known_where_it_can_not_be_read() {
    let asked = [on_app(Operation::Grant, "service-token:c2")];
    let scene = Scene::new(with_tokens(), asked).under(denied("access/service_tokens/{id}"));
    // What to do about a permission depends on the credentials.
    let told = scene.run_with("api-token").await;
    told.refused(0, &["has it already", "can be used isn't known", "Access: Service Tokens Read"]);
}
