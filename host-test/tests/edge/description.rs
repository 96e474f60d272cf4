//! The description is served, and each answer that it lists can be provoked.

use crate::asking::{DESCRIPTION_TEXT, Edge, TOKEN, checked, description, failed};
use cloudflare_zero_trust::kinds::row;
use cloudflare_zero_trust::model::Kind;
use host_test::mock::{Account, DEMO_EMAIL, DEMO_TOKEN, Effect, Fault, Options, Permission, Token};
use http::Method;
use serde_json::Value;

fn example(path: &str) -> &'static str {
    match path {
        // With facts, it can fail as a whole.
        "/v1/apply" => {
            r#"{"changes":[],"identities":[{"provider":{"kind":"identity-provider","id":"i"},"group":"Eng",
                "addresses":[],"source":"HR"}]}"#
        }
        "/v1/steps" => r#"{"steps":[]}"#,
        "/v1/offboard" => r#"{"person":{"kind":"email","id":"grace.whitfield@northwind.example"}}"#,
        _ => "",
    }
}

/// Makes a request, under the fault that it takes, that leads to this answer.
async fn provoke(method: &Method, path: &str, status: u16) -> u16 {
    let json = ("content-type", "application/json");
    let bearer = format!("Bearer {TOKEN}");
    let (mut variables, mut options) = (vec![], Options::default());
    let mut headers = vec![json, ("authorization", bearer.as_str())];
    let mut body = example(path).to_owned();
    let mut account = Account::company();
    let of_a_principal = path.starts_with("/v1/principals");
    let (kind, id) = match of_a_principal {
        true => ("user", account.users[0].id.clone()),
        false => ("group", account.groups[0].id.clone()),
    };
    let broken = if status == 400 { "%zz" } else { "" };
    let mut path = path.replace("{kind}", kind).replace("{id}", &format!("{id}{broken}"));
    let fault = |status, code| {
        let headers = vec![("retry-after".to_owned(), "290".to_owned())];
        vec![Fault::always(Effect::Status { status, code, message: "no".into(), headers })]
    };
    match status {
        400 if path.contains(broken) => {}
        400 if method == Method::GET => path.push_str("?colour=red"),
        400 => body = "{".into(),
        401 => headers.truncate(1),
        403 => variables.extend([("CONNECTOR_PROVISIONING", "no"), ("CONNECTOR_LIFECYCLE", "no")]),
        404 if path == "/v1/offboard" => body = r#"{"person":{"kind":"user","id":"0"}}"#.into(),
        404 => options.zero_trust = false,
        409 => {
            account.members[0].email = Some(DEMO_EMAIL.into());
            let permissions = Permission::ALL.into_iter().chain([Permission::UserDetailsRead]);
            options.tokens = vec![Token::new(DEMO_TOKEN).with_permissions(permissions)];
            body = format!(r#"{{"person":{{"kind":"email","id":"{DEMO_EMAIL}"}}}}"#);
        }
        413 if ["/v1/validate", "/v1/steps"].contains(&path.as_str()) => {
            body = format!("{{{}", " ".repeat(1 << 20));
        }
        413 => body = format!("{{{}", " ".repeat(4 << 20)),
        415 => {
            headers[0].1 = "text/plain";
            body = "{}".into();
        }
        429 => options.faults = fault(429, 971),
        500 => variables.push(("CLOUDFLARE_ACCOUNT_ID", "nonsense")),
        502 => options.faults = fault(401, 10000),
        503 => options.faults = fault(503, 1),
        _ => {}
    }
    let edge = Edge::with(account, options, &variables).await;
    let answer = checked(&edge.client(&headers), method.clone(), &path, &body).await;
    edge.server.settle().await;
    answer.status.as_u16()
}

#[tokio::test]
async fn each_answer_that_it_tells_is_given() {
    let answers = description().answers();
    assert!(answers.len() > 60, "{answers:?}");
    for (method, path, status) in answers {
        assert_eq!(provoke(&method.parse().unwrap(), &path, status).await, status, "{method} {path}");
    }
}

#[tokio::test]
async fn it_is_served_and_names_this_version_and_every_path() {
    let edge = Edge::new(Account::company()).await;
    let served = edge.get("/v1/openapi.json").await.json;
    let mut expected: Value = serde_json::from_str(DESCRIPTION_TEXT).unwrap();
    expected["info"]["version"] = cloudflare_zero_trust::settings::manifest::VERSION.into();
    assert_eq!(served, expected);
    assert_eq!(served["openapi"], "3.1.0");
    for (path, item) in served["paths"].as_object().unwrap() {
        let open = ["/healthz", "/v1/manifest"].contains(&path.as_str());
        for (method, operation) in item.as_object().unwrap() {
            assert_eq!(operation.get("security").is_some(), open, "{method} {path}");
        }
        let path = path.replace("{kind}", "user").replace("{id}", "u1");
        let answer = checked(&edge.trusted(), Method::PATCH, &path, "").await;
        assert_eq!(failed(&answer), (405, "unsupported"));
        let allowed: Vec<&str> =
            answer.headers["allow"].split(", ").filter(|method| *method != "HEAD").collect();
        let described: Vec<String> =
            item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        assert_eq!(allowed, described, "{path}");
    }
}

#[tokio::test]
async fn a_path_that_it_does_not_tell_leads_nowhere() {
    let edge = Edge::new(Account::company()).await;
    for path in ["/", "/v1", "/v1/sync/", "/v2/sync", "/healthz/", "/v1/manifest/../sync"] {
        let answer = checked(&edge.trusted(), Method::GET, path, "").await;
        assert_eq!(failed(&answer), (404, "not-found"), "{path}");
    }
}

#[test]
fn it_names_every_kind_and_for_what_somebody_holds_every_kind_that_can_hold_something() {
    let served: Value = serde_json::from_str(DESCRIPTION_TEXT).unwrap();
    let kinds = |path: &str| -> Vec<String> {
        let kinds = &served["paths"][path]["get"]["parameters"][0]["schema"]["enum"];
        kinds.as_array().unwrap().iter().map(|kind| kind.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds("/v1/resources/{kind}/{id}"), Kind::ALL.map(Kind::as_str));
    let holders = |kind: &Kind| Kind::ALL.iter().any(|on| row(*on).holders().contains(kind));
    let principals: Vec<&str> =
        Kind::ALL.iter().filter(|kind| holders(kind)).map(|kind| kind.as_str()).collect();
    assert_eq!(kinds("/v1/principals/{kind}/{id}/held"), principals);
}

#[tokio::test]
async fn the_manifest_is_the_contracts() {
    let edge = Edge::new(Account::company()).await;
    let served = edge.get("/v1/manifest").await.json;
    let manifest = cloudflare_zero_trust::contract::manifest();
    let ids = |of: &str| -> Vec<&str> {
        served[of].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
    };
    assert_eq!(served["version"], manifest.version);
    assert_eq!(
        ids("resource_types"),
        manifest.resource_types.iter().map(|it| it.id.as_str()).collect::<Vec<_>>()
    );
    assert_eq!(
        ids("auth_methods"),
        manifest.auth_methods.iter().map(|it| it.id.as_str()).collect::<Vec<_>>()
    );
    assert_eq!(ids("steps"), ["invite", "add-user", "end-sessions", "free-seat", "remove"]);
    assert_eq!(ids("steps"), manifest.steps.iter().map(|it| it.id.as_str()).collect::<Vec<_>>());
    assert_eq!(ids("fields"), manifest.fields.iter().map(|it| it.id.as_str()).collect::<Vec<_>>());
    for (served, of) in served["resource_types"].as_array().unwrap().iter().zip(&manifest.resource_types) {
        assert_eq!(
            (&served["can_provision"], &served["opt_in"]),
            (&of.can_provision.into(), &of.opt_in.into())
        );
    }
    let head = edge.trusted().try_send_text(Method::HEAD, "/v1/manifest", String::new()).await.unwrap();
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
}
