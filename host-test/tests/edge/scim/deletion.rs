//! Groups that clients delete, and what keeps one.

use super::{Scim, account};
use host_test::mock::{AccessPolicy, Account, Application, Effect, Embedding, Fault, Operation, When};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/Groups/a3";

impl Scim {
    async fn delete(&self, path: &str) -> (u16, Value) {
        let answer = self.ask(Method::DELETE, path, &Value::Null).await;
        (answer.status.as_u16(), answer.json)
    }

    fn has_group(&self) -> bool {
        self.edge.mock.read(|account| account.groups.iter().any(|group| group.id == "a3"))
    }
}

fn rule() -> Value {
    json!({"group": {"id": "A3"}})
}

fn everyone() -> Vec<Value> {
    vec![json!({"everyone": {}})]
}

#[tokio::test]
async fn a_group_that_nothing_names_is_deleted() {
    let mut account = account();
    // A group that names itself is no reason to keep it.
    account.groups[2].require = Some(vec![rule()]);
    let named_elsewhere = AccessPolicy::new("Staff", "allow", vec![json!({"group": {"id": "a1"}})]);
    account.policies = vec![named_elsewhere.clone()];
    account.applications = vec![
        Application::new("Wiki", "self_hosted").with_reusable(&named_elsewhere.id, 1),
        Application::new("Auditors", "self_hosted")
            .with_own(AccessPolicy::new("All", "allow", everyone()), 1),
    ];
    let scim = Scim::new(account).await;
    assert_eq!(scim.delete(PATH).await, (204, Value::Null));
    assert!(!scim.has_group() && scim.writes() == 1);
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(scim.ask(method, PATH, &Value::Null).await.status, 404);
    }
    assert_eq!(scim.delete("/Groups/a1").await.0, 409, "the policy keeps that one");
}

#[tokio::test]
async fn a_group_that_something_names_stays_and_that_is_named() {
    let policy = |name: &str| AccessPolicy::new(name, "allow", everyone());
    let app = |policy: AccessPolicy| Application::new("Wiki", "self_hosted").with_own(policy, 1);
    let with_group = |change: fn(&mut host_test::mock::Group)| {
        let mut account = account();
        change(&mut account.groups[1]);
        account
    };
    let with_policy = |policy: AccessPolicy| Account { policies: vec![policy], ..account() };
    let with_app = |app: Application| Account { applications: vec![app], ..account() };
    let reusable = policy("Staff").excluding(vec![rule()]);
    let by_id = |embedding| {
        let attached = Application::new("Wiki", "self_hosted").with_reusable(&reusable.id, 1);
        let applications = vec![Application { embedding, ..attached }];
        Account { applications, policies: vec![reusable.clone()], ..account() }
    };
    for (account, name) in [
        (with_group(|group| group.include.as_mut().unwrap().push(rule())), "Corp"),
        (with_group(|group| group.exclude = Some(vec![rule()])), "Corp"),
        (with_group(|group| group.require = Some(vec![rule()])), "Corp"),
        (with_group(|group| group.require = Some(vec![json!({"of_tomorrow": {"groups": ["a3"]}})])), "Corp"),
        (with_group(|group| group.require = Some(vec![json!({"group": {"id": "a3"}, "x": 1})])), "Corp"),
        (with_policy(AccessPolicy::new("Staff", "allow", vec![rule()])), "Staff"),
        (with_policy(reusable.clone()), "Staff"),
        (with_policy(policy("Staff").requiring(vec![rule()])), "Staff"),
        (with_policy(policy("Staff").with("of_tomorrow", json!([{"group": "a3"}]))), "Staff"),
        (with_app(app(AccessPolicy::new("Own", "allow", vec![rule()]))), "Wiki"),
        (with_app(app(policy("Own").excluding(vec![rule()]))), "Wiki"),
        (with_app(app(policy("Own").requiring(vec![rule()]))), "Wiki"),
        (with_app(app(policy("Own")).with("of_tomorrow", json!({"allowed": ["a3"]}))), "Wiki"),
        // The list of applications doesn't have these policies.
        (
            with_app(Application {
                embedding: Embedding::ById,
                ..app(policy("Own").excluding(vec![rule()]))
            }),
            "Wiki",
        ),
        (
            with_app(Application {
                embedding: Embedding::Absent,
                ..app(policy("Own").excluding(vec![rule()]))
            }),
            "Wiki",
        ),
        (
            with_app(Application {
                embedding: Embedding::Null,
                ..app(policy("Own").excluding(vec![rule()]))
            }),
            "Wiki",
        ),
        (by_id(Embedding::ById), "Staff"),
        (by_id(Embedding::Absent), "Wiki"),
    ] {
        let scim = Scim::new(account.clone()).await;
        let (status, body) = scim.delete(PATH).await;
        let detail = body["detail"].as_str().unwrap_or_default();
        assert!(status == 409 && detail.contains(&format!("({name:?})")), "{status} {name}: {detail}");
        assert!(detail.starts_with("Nothing was deleted"), "{detail}");
        assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account));
    }
}

#[tokio::test]
async fn a_group_stays_where_not_everything_can_be_read_that_could_name_it() {
    let mut account = account();
    let wiki = Application::new("Wiki", "self_hosted");
    account.applications = vec![Application { embedding: Embedding::Absent, ..wiki }];
    let status = |status, code| Effect::Status { status, code, message: "no".into(), headers: vec![] };
    for route in ["access/groups", "access/policies", "access/apps", "access/apps/{id}/policies"] {
        for (effect, expected) in [
            (status(403, 10000), 502),
            (status(404, 1003), 502),
            (status(503, 1), 503),
            (Effect::InsertItem { at: 0, item: json!({"name": "without an id"}) }, 502),
            (Effect::SetField { pointer: "/result".into(), value: json!({}) }, 502),
        ] {
            let scim = Scim::new(account.clone()).await;
            scim.edge.mock.inject(Fault::on("GET", route, effect.clone()));
            let (found, body) = scim.delete(PATH).await;
            assert_eq!(found, expected, "{route} {effect:?}: {body}");
            let detail = body["detail"].as_str().unwrap();
            assert!(detail.starts_with("Nothing was deleted"), "{route} {effect:?}: {detail}");
            assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account.clone()));
        }
    }
    let scim = Scim::new(account.clone()).await;
    assert_eq!(scim.delete(PATH).await.0, 204, "without the faults it goes");
    let app = |number| {
        let app = Application::new(&format!("App {number}"), "self_hosted");
        Application { embedding: Embedding::Absent, ..app }
    };
    account.applications = (0..21).map(app).collect();
    let scim = Scim::new(account.clone()).await;
    let (status, body) = scim.delete(PATH).await;
    assert!(status == 409 && body["detail"].as_str().unwrap().contains("21 of them"), "{body}");
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account));
}

#[tokio::test]
async fn a_group_is_deleted_only_as_the_client_knows_it() {
    let scim = Scim::new(account()).await;
    let version = scim.get(PATH).await["meta"]["version"].as_str().unwrap().to_owned();
    for (wanted, expected) in [("W/\"0\"", 412), (version.as_str(), 204)] {
        let headers = [("if-match", wanted)];
        let answer = scim.ask_with(&headers, Method::DELETE, PATH, &Value::Null).await;
        assert_eq!(answer.status, expected, "{}", answer.body);
    }
    assert!(!scim.has_group());
}

#[tokio::test]
async fn a_deletion_that_fails_is_told_as_it_is() {
    let status = |status, code| Effect::Status {
        status,
        code,
        message: "no".into(),
        headers: vec![("retry-after".into(), "290".into())],
    };
    for (effect, attempt, carried_out, expected, is_there) in [
        (status(403, 10000), None, false, 502, true),
        (status(400, 12130), None, false, 400, true),
        (status(429, 971), None, false, 429, true),
        (status(500, 1), None, true, 204, false),
        (Effect::Html { status: 502 }, None, true, 204, false),
        (status(500, 1), Some(1), false, 204, false),
        (status(404, 1003), None, true, 204, false),
    ] {
        let scim = Scim::new(account()).await;
        let fault = Fault::on("DELETE", "access/groups/{id}", effect.clone()).carried_out(carried_out);
        scim.edge.mock.inject(attempt.into_iter().fold(fault, Fault::at_attempt));
        let (found, body) = scim.delete(PATH).await;
        assert_eq!((found, scim.has_group()), (expected, is_there), "{effect:?}: {body}");
    }
}

#[tokio::test]
async fn a_group_that_is_named_while_the_limit_is_waited_for_stays() {
    let limited = Effect::Status {
        status: 429,
        code: 971,
        message: "wait".into(),
        headers: vec![("retry-after".into(), "1".into())],
    };
    for is_named in [true, false] {
        let scim = Scim::new(account()).await;
        let route = "access/groups/{id}";
        scim.edge.mock.inject(Fault::on("DELETE", route, limited.clone()).at_attempt(1));
        let on = Operation::on("DELETE", route).at_attempt(1);
        scim.edge.mock.meddle(on, When::After, move |account| {
            account.groups[1].exclude = is_named.then(|| vec![rule()]);
        });
        let (status, body) = scim.delete(PATH).await;
        assert_eq!((scim.edge.mock.meddled(), scim.has_group()), (vec![true], is_named), "{body}");
        if is_named {
            let detail = body["detail"].as_str().unwrap();
            assert!(status == 409 && detail.contains("(\"Corp\")"), "{status} {detail}");
            assert!(detail.starts_with("Nothing was deleted") && scim.writes() == 1, "{detail}");
        } else {
            assert_eq!((status, scim.writes()), (204, 2), "{body}");
        }
    }
}

/// Cloudflare answers that it will delete the group.
#[tokio::test]
async fn a_group_that_still_shows_for_a_moment_is_deleted() {
    let scim = Scim::new(account()).await;
    let accepted = Effect::Body { status: 202, body: r#"{"success":true,"result":{"id":"a3"}}"#.into() };
    scim.edge.mock.inject(Fault::on("DELETE", "access/groups/{id}", accepted));
    assert_eq!(scim.delete(PATH).await, (204, Value::Null));
    assert!(scim.has_group());
}
