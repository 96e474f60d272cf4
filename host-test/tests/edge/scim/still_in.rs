//! The ways that still let in somebody who was deactivated or deleted: as errors with each value of
//! `SCIM_REPORT_ONLY`, in the answer, and in the log.

use super::{ANN, BOB, EVE, Scim, account, email};
use host_test::mock::{AccessPolicy, Account, Application, Effect, Fault, List};
use http::Method;
use serde_json::{Value, json};

/// Makes an account in which nothing but his own rule lets Bob in.
fn tidy() -> Account {
    let mut account = account();
    account.groups[2].include = Some(vec![email("bob@corp.example"), email("other@corp.example")]);
    account
}

/// Adds an application with one policy that has this rule.
fn with_app(mut account: Account, name: &str, rule: Value) -> Account {
    let policy = AccessPolicy::new(&format!("Policy of {name}"), "allow", vec![rule]);
    account.applications.push(Application::new(name, "self_hosted").with_own(policy, 1));
    account
}

fn domain() -> Value {
    json!({"email_domain": {"domain": "corp.example"}})
}

fn refused() -> Effect {
    Effect::Status { status: 403, code: 10000, message: "no".into(), headers: vec![] }
}

/// A request by which somebody leaves.
#[derive(Clone, Copy, Debug)]
enum Leaves {
    Deactivated(&'static str),
    Deleted(&'static str),
}

/// The answer to such a request.
struct Answered {
    status: u16,
    detail: String,
    /// The lines of the log about it.
    log: Vec<Value>,
}

async fn leave(scim: &Scim, leaves: Leaves) -> Answered {
    scim.edge.server.settle().await;
    let before = scim.edge.log().len();
    let (status, body) = match leaves {
        Leaves::Deactivated(id) => {
            let inactive = json!([{"op": "replace", "path": "active", "value": false}]);
            scim.patch(&format!("/Users/{id}"), inactive).await
        }
        Leaves::Deleted(id) => {
            let answer = scim.ask(Method::DELETE, &format!("/Users/{id}"), &Value::Null).await;
            (answer.status.as_u16(), answer.json)
        }
    };
    scim.edge.server.settle().await;
    let detail = body["detail"].as_str().unwrap_or_default().to_owned();
    Answered { status, detail, log: scim.edge.log_since(before) }
}

#[tokio::test]
async fn a_rule_that_lets_in_others_too_is_an_error_unless_the_operator_says_otherwise() {
    for rule in [
        domain(),
        json!({"everyone": {}}),
        json!({"ip": {"ip": "192.0.2.0/24"}}),
        json!({"geo": {"country_code": "NO"}}),
        json!({"group": {"id": "a4"}}),
        json!({"okta": {"name": "Staff", "identity_provider_id": "i1"}}),
    ] {
        let mut account = with_app(tidy(), "Wiki", rule.clone());
        account.groups.push(super::group("a4", "Staff", json!([domain()]), json!([])));
        for (value, expected) in [("", 409), ("false", 409), ("shared-rules", 204), ("true", 204)] {
            let scim = Scim::with(account.clone(), &[("SCIM_REPORT_ONLY", value)]).await;
            let answered = leave(&scim, Leaves::Deleted(BOB)).await;
            assert_eq!(answered.status, expected, "{value} {rule}: {}", answered.detail);
            // What could be taken is taken either way.
            assert_eq!(scim.includes(2), [email("other@corp.example")]);
        }
    }
}

#[tokio::test]
async fn what_is_about_the_person_is_an_error_with_shared_rules_too() {
    let list = List { id: "11".into(), kind: "EMAIL".into(), ..List::default() };
    let list = List { items: vec!["Bob@corp.example".into()], ..list };
    let on_list = || {
        let mut account = with_app(tidy(), "Wiki", json!({"email_list": {"id": "11"}}));
        account.lists = vec![list.clone()];
        account
    };
    let unread = || Fault::on("GET", "gateway/lists/{id}/items", refused());
    let of_members = || Fault::on("GET", "members", refused());
    let person = "This is about this person, and still lets them in, or may do so: (1) ";
    let not_known = "It isn't known whether this lets them in: (1) ";
    for (account, leaves, fault, expected) in [
        (tidy(), Leaves::Deactivated(ANN), None, [person, "The membership member:e1 stays"]),
        (tidy(), Leaves::Deactivated(EVE), None, [person, "The invitation member:e2 stays"]),
        (
            with_app(tidy(), "Wiki", email("Bob@corp.example")),
            Leaves::Deleted(BOB),
            None,
            [person, "(\"Wiki\") lets this person in, through the rule email Bob@corp.example"],
        ),
        (on_list(), Leaves::Deleted(BOB), None, [person, "through the rule email_list 11"]),
        (on_list(), Leaves::Deleted(BOB), Some(unread()), [not_known, "The list \"11\""]),
        (tidy(), Leaves::Deleted(BOB), Some(of_members()), [not_known, "The members can't all be read"]),
    ] {
        for (value, is_error) in [("shared-rules", true), ("true", false)] {
            // The members of the account are no users here: they are read where somebody leaves.
            let doors = ("CONNECTOR_PROVISIONING", if fault.is_some() { "" } else { "true" });
            let scim = Scim::with(account.clone(), &[("SCIM_REPORT_ONLY", value), doors]).await;
            if let Some(fault) = &fault {
                scim.edge.mock.inject(fault.clone());
            }
            let answered = leave(&scim, leaves).await;
            assert_eq!(answered.status == 409, is_error, "{value} {leaves:?}: {}", answered.detail);
            let [begin, way] = expected;
            assert_eq!(answered.detail.contains(begin), is_error, "{leaves:?}: {}", answered.detail);
            assert_eq!(answered.detail.contains(way), is_error, "{leaves:?}: {}", answered.detail);
            // Nobody hears of it but the log.
            let line = &answered.log[0];
            let counted = [&line["remains"]["person"], &line["remains"]["not_known"]];
            assert_ne!(counted, [&json!(0), &json!(0)], "{line}");
        }
    }
}

#[tokio::test]
async fn what_is_about_the_person_is_told_before_what_lets_in_others() {
    let mut account = tidy();
    for name in ["A", "B", "C", "D", "E"] {
        account = with_app(account, name, domain());
    }
    let account = with_app(account, "Own", email("bob@corp.example"));
    let scim = Scim::new(account).await;
    let detail = leave(&scim, Leaves::Deleted(BOB)).await.detail;
    let parts: Vec<&str> =
        ["Taken from this person:", "(1) The application", "(\"Own\")", "These rules let in"]
            .into_iter()
            .chain(["(4) The application", "And 2 more of this kind.", "The operator of this service"])
            .collect();
    let places: Vec<_> = parts.iter().map(|part| detail.find(part)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} {detail}");
    assert!(!detail.contains("(5)"), "{detail}");
}

#[tokio::test]
async fn the_log_tells_what_stays_and_names_nobody() {
    let off = ("CONNECTOR_PROVISIONING", "");
    for (account, leaves, value, status, level, counts) in [
        (tidy(), Leaves::Deleted(ANN), "true", 204, "warning", Some([1, 0, 0])),
        (tidy(), Leaves::Deactivated(ANN), "true", 200, "warning", Some([1, 0, 0])),
        (
            with_app(tidy(), "Wiki", domain()),
            Leaves::Deleted(BOB),
            "shared-rules",
            204,
            "info",
            Some([0, 0, 1]),
        ),
        (
            with_app(tidy(), "bob@corp.example", email("bob@corp.example")),
            Leaves::Deleted(BOB),
            "true",
            204,
            "warning",
            Some([1, 0, 0]),
        ),
        // A refusal has one line, and what stays is in it.
        (tidy(), Leaves::Deleted(ANN), "", 409, "warning", Some([1, 0, 0])),
        (tidy(), Leaves::Deleted(BOB), "true", 204, "", None),
    ] {
        let scim = Scim::with(account, &[("SCIM_REPORT_ONLY", value), off]).await;
        let Answered { status: answered, log, detail } = leave(&scim, leaves).await;
        assert_eq!(answered, status, "{leaves:?} {value}: {detail}");
        let Some([person, not_known, shared]) = counts else {
            assert!(log.is_empty(), "{log:?}");
            continue;
        };
        assert_eq!(log.len(), 1, "{log:?}");
        let line = &log[0];
        let method = if status == 200 { "PATCH" } else { "DELETE" };
        let told = [&line["level"], &line["method"], &line["route"], &line["status"]];
        assert_eq!(told, [&json!(level), &json!(method), &json!("/scim/v2/Users/{id}"), &json!(status)]);
        let expected = json!({"person": person, "not_known": not_known, "shared": shared, "sessions": 0});
        assert_eq!(line["remains"], expected, "{line}");
        let sentences = line["about_person"].as_array().unwrap();
        assert_eq!(sentences.len(), person + not_known, "{line}");
        let account = if matches!(leaves, Leaves::Deleted(BOB)) { "user:0b" } else { "member:e1" };
        assert!(line["accounts"].as_array().unwrap().contains(&json!(account)), "{line}");
        let text = line.to_string();
        assert!(!text.contains('@') && !text.contains(ANN) && !text.contains(BOB), "{text}");
    }
}

#[tokio::test]
async fn each_part_that_failed_is_told_with_its_reason() {
    // Ann is the only Super Administrator who has accepted.
    let mut last = account();
    last.members[0].roles = vec!["d2".into()];
    let scim = Scim::new(last).await;
    let Answered { status, detail, .. } = leave(&scim, Leaves::Deleted(ANN)).await;
    let taken = "Taken from this person: the rules for this address in the group \"Engineers\", the \
                 sessions, the seat and the Access user. Not taken, or not known to be: (1) the membership \
                 of the account: ";
    assert!(status == 409 && detail.starts_with(taken), "{detail}");
    assert!(detail.contains("Super Administrator"), "{detail}");
    assert!(
        detail.contains("holds role:d2:assigned (\"Super Administrator - All Privileges\")."),
        "{detail}"
    );
    // Bob is the last one whom his group names.
    let scim = Scim::new(account()).await;
    let no = Effect::Status { status: 400, code: 1, message: "The user stays.".into(), headers: vec![] };
    scim.edge.mock.inject(Fault::on("DELETE", "access/users/{id}", no));
    let Answered { status, detail, .. } = leave(&scim, Leaves::Deleted(BOB)).await;
    let taken = "Taken from this person: the sessions. Not taken, or not known to be: (1) the rules for this \
                 address in the group \"Auditors\": This is the last include rule of the group";
    assert!(status == 409 && detail.starts_with(taken), "{detail}");
    assert!(detail.contains(" (2) the Access user: ") && detail.contains("The user stays."), "{detail}");
    assert!(!detail.contains("Nothing was written"), "{detail}");
}

#[tokio::test]
async fn the_way_to_the_whole_is_one_that_is_open() {
    for (token, told, not_told) in [
        (crate::asking::TOKEN, "with POST /v1/offboard and \"dry_run\": true.", "CONNECTOR_TOKEN"),
        ("", "\"cloudflare-zero-trust offboard bob@corp.example --dry-run\" on a shell", "true."),
    ] {
        let scim = Scim::with(with_app(tidy(), "Wiki", domain()), &[("CONNECTOR_TOKEN", token)]).await;
        let detail = leave(&scim, Leaves::Deleted(BOB)).await.detail;
        assert!(detail.contains(told) && !detail.contains(not_told), "{detail}");
    }
}
