//! Every other byte of a group is sent back as it was received.

use super::*;

/// Everything that a parser might lose or rewrite: unknown fields and kinds, numbers beyond a
/// double, escapes, white space, an order of its own, a default that is no boolean.
const BEFORE: &str = concat!(
    r#"{"zeta":{"b" : 1.00,"a":1e400,"n":123456789012345678901234567890},"uid":"u","id":"a1","#,
    r#""created_at":"2025-01-01T00:00:00Z","name":"Group \u00e9 \ud83d\ude00","exclude":null,"#,
    r#""include":[ {"quantum_badge":{"level":1e400,"of":[null,-0.0]}},"#,
    r#"{"email":{"email":"bob@corp.example"}} ,{"email":{"email":"kim@corp.example","note":"\u0000"}},"#,
    r#"{"everyone":false},{"okta":{"name":"Eng","identity_provider_id":"i"}}],"#,
    r#""require":[{"ip":{"ip":"203.0.113.0\/24"}}],"is_default":[{"everyone":{}}],"#,
    r#""session_duration":"24h","updated_at":"2025-01-01T00:00:00Z","alpha":""}"#,
);
const OTHERS: &str = r#"{"quantum_badge":{"level":1e400,"of":[null,-0.0]}},"#;
/// The rules behind Bob's.
const BEHIND: &str = concat!(
    r#"{"email":{"email":"kim@corp.example","note":"\u0000"}},{"everyone":false},"#,
    r#"{"okta":{"name":"Eng","identity_provider_id":"i"}}"#,
);

/// Returns the body that a write of [`BEFORE`] sends, with this include.
fn body(include: &str) -> String {
    format!(
        concat!(
            r#"{{"zeta":{{"b" : 1.00,"a":1e400,"n":123456789012345678901234567890}},"#,
            r#""name":"Group \u00e9 \ud83d\ude00","exclude":null,"include":[{include}],"#,
            r#""require":[{{"ip":{{"ip":"203.0.113.0\/24"}}}}],"session_duration":"24h","alpha":""}}"#,
        ),
        include = include
    )
}

fn shows(text: &str) -> Effect {
    Effect::Body {
        status: 200,
        body: format!(r#"{{"success":true,"errors":[],"messages":[],"result":{text}}}"#),
    }
}

async fn sent(change: Change, include: &str, method: &str) {
    let after = body(include).replacen('{', r#"{"id":"a1","updated_at":"now","#, 1);
    let faults = vec![
        Fault::on("GET", "access/groups/{id}", shows(BEFORE)).at_attempt(1),
        Fault::on("PUT", "access/groups/{id}", shows("null")),
        Fault::on("GET", "access/groups/{id}", shows(&after)).at_attempt(2),
    ];
    let account = account([group("a1", json!({"include": [okta(), email("bob@corp.example")]}))]);
    let setup = HostAndMock::with(account, Behaviour { faults, ..Behaviour::default() }).await;
    let options = Options { dry_run: false, allow_gains: false, extra: String::new() };
    let report = setup.writer(method).await.apply(&[change], &options).await.unwrap();
    let outcome = report.results[0].as_ref().unwrap();
    assert_eq!(outcome.status, Status::Applied);
    let requests = setup.mock.requests();
    let put = requests.iter().find(|request| request.method == "PUT").unwrap();
    assert_eq!(put.body, body(include));
    assert_eq!(report.writes[0].after, body(include));
    assert!(setup.mock.fired().iter().all(|fired| *fired == 1));
}

#[tokio::test]
async fn a_grant_sends_back_every_other_byte() {
    let bob = r#"{"email":{"email":"bob@corp.example"}},"#;
    let ann = r#",{"email":{"email":"ann@corp.example"}}"#;
    let include = format!("{OTHERS}{bob}{BEHIND}{ann}");
    for method in ["api-token", "api-key"] {
        sent(grant("a1", "email:ann@corp.example"), &include, method).await;
    }
}

#[tokio::test]
async fn a_revoke_sends_back_every_other_byte() {
    let include = format!("{OTHERS}{BEHIND}");
    sent(revoke("a1", "user:0b"), &include, "api-token").await;
}

#[tokio::test]
async fn exclude_and_require_go_back_whether_they_are_null_empty_or_absent() {
    for (exclude, require) in [
        (json!(null), json!([])),
        (json!([]), json!([network()])),
        (json!([network(), {"quantum_badge": {}}]), json!(null)),
    ] {
        for absent in [false, true] {
            let mut shown = json!({"id": "a1", "name": "Group a1", "include": [okta()], "is_default": false});
            if !absent {
                shown["exclude"] = exclude.clone();
                shown["require"] = require.clone();
            }
            let fault = Fault::on("GET", "access/groups/{id}", shows(&shown.to_string())).at_attempt(1);
            let told =
                Scene::new(account([group("a1", json!({"include": [okta()]}))]), [grant("a1", "user:0a")]);
            let told = told.under(fault).run().await;
            told.applied(0, &[]);
            let expected = |account: &mut Account| {
                let rules = |value: &Value| value.as_array().filter(|_| !absent).cloned();
                let group = &mut account.groups[0];
                group.include = Some(vec![okta(), email("ann@corp.example")]);
                (group.exclude, group.require) = (rules(&exclude), rules(&require));
                group.extra.insert("is_default".into(), json!(false));
            };
            told.judge(expected, &[ONE_GROUP, &[("GET access/users/{id}", 1)]].concat());
        }
    }
}

#[tokio::test]
async fn is_default_is_sent_only_as_a_boolean() {
    for (shown, sent) in [
        (json!(true), true),
        (json!(false), true),
        (json!([]), false),
        (json!(null), false),
        (json!("x"), false),
    ] {
        let is_boolean = shown.is_boolean();
        assert_eq!(is_boolean, sent);
        let before = account([group("a1", json!({"include": [okta()], "is_default": shown}))]);
        let told = Scene::new(before, [grant("a1", "user:0a")]).run().await;
        told.applied(0, &[]);
        let meant = |account: &mut Account| {
            include(account, "a1").push(email("ann@corp.example"));
            if !is_boolean {
                account.groups[0].extra.remove("is_default");
            }
        };
        told.judge(meant, &[ONE_GROUP, &[("GET access/users/{id}", 1)]].concat());
    }
}
