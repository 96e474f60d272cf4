//! Clients without the token, switches that are off, and upstream faults.

use super::{ANN, CAT, Scim, TOKEN, account};
use host_test::mock::{Effect, Fault, Options, Token};
use http::Method;
use serde_json::{Value, json};

const ROUTES: [&str; 6] = ["/ServiceProviderConfig", "/Users", "/Groups", "/Roles", "/Schemas", "/Nothing"];

#[tokio::test]
async fn only_scims_own_token_opens_it_and_it_opens_nothing_else() {
    let scim = Scim::new(account()).await;
    let other = format!("Bearer {}", crate::asking::TOKEN);
    for headers in [&[][..], &[("authorization", "Bearer x")], &[("authorization", other.as_str())]] {
        let client = scim.edge.client(headers);
        for path in ROUTES {
            let path = format!("{}{path}", super::BASE);
            let answer = client.try_send_text(Method::GET, &path, String::new()).await.unwrap();
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            assert_eq!(answer.headers["content-type"], "application/scim+json");
        }
    }
    let bearer = format!("Bearer {TOKEN}");
    let client = scim.edge.client(&[("authorization", &bearer), ("content-type", "application/json")]);
    let answer = client.try_send_text(Method::POST, "/v1/sync", "{}".into()).await.unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!(scim.edge.mock.request_count(), 0);
}

#[tokio::test]
async fn without_its_token_scim_is_switched_off() {
    let scim = Scim::with(account(), &[("SCIM_TOKEN", "")]).await;
    for path in ROUTES {
        let answer = scim.ask(Method::GET, path, &Value::Null).await;
        assert_eq!(answer.status, 501, "{path}");
        assert!(answer.json["detail"].as_str().unwrap().contains("SCIM_TOKEN"));
    }
}

#[tokio::test]
async fn without_the_switch_no_member_changes() {
    let off = [("CONNECTOR_PROVISIONING", ""), ("CONNECTOR_LIFECYCLE", "")];
    let scim = Scim::with(account(), &off).await;
    let add = json!([{"op": "add", "path": "members", "value": [{"value": CAT}]}]);
    let (status, body) = scim.patch("/Groups/a1", add).await;
    assert_eq!(status, 403);
    let detail = body["detail"].as_str().unwrap();
    assert!(off.iter().all(|(name, _)| detail.contains(name)), "{detail}");
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()));
    let schema = scim.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group").await;
    let members = schema["attributes"].as_array().unwrap().iter().find(|it| it["name"] == "members");
    assert_eq!(members.unwrap()["mutability"], "readOnly");
}

#[tokio::test]
async fn without_a_switch_nothing_of_a_user_changes_and_both_switches_are_named() {
    let off = [("CONNECTOR_PROVISIONING", ""), ("CONNECTOR_LIFECYCLE", "")];
    let scim = Scim::with(account(), &off).await;
    let inactive = json!([{"op": "replace", "path": "active", "value": false}]);
    let (status, body) = scim.patch(&format!("/Users/{CAT}"), inactive).await;
    let detail = body["detail"].as_str().unwrap();
    assert!(status == 403 && off.iter().all(|(name, _)| detail.contains(name)), "{detail}");
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()));
}

#[tokio::test]
async fn a_token_that_opens_more_than_scim_opens_no_scim() {
    let scim = Scim::with(account(), &[("CONNECTOR_TOKEN", super::TOKEN)]).await;
    let answer = scim.ask(Method::GET, "/Users", &Value::Null).await;
    assert_eq!(answer.status, 501);
    assert!(answer.json["detail"].as_str().unwrap().contains("needs one of its own"), "{}", answer.body);
    assert_eq!(scim.edge.mock.request_count(), 0);
}

#[tokio::test]
async fn a_cursor_goes_on_in_its_own_list_alone() {
    let scim = Scim::new(account()).await;
    let page = scim.get("/Users?count=2&cursor=").await;
    let cursor = page["nextCursor"].as_str().unwrap();
    let filter = super::encoded("userName pr");
    for path in ["/Groups?", "/Roles?", &format!("/Users?filter={filter}&")] {
        let answer = scim.ask(Method::GET, &format!("{path}count=2&cursor={cursor}"), &Value::Null).await;
        let told = (answer.status.as_u16(), answer.json["scimType"].as_str());
        assert_eq!(told, (400, Some("invalidCursor")), "{path}: {}", answer.body);
    }
    assert_eq!(scim.get(&format!("/Users?count=3&cursor={cursor}")).await["totalResults"], 5);
}

#[tokio::test]
async fn another_method_hears_which_ones_there_are() {
    let scim = Scim::new(account()).await;
    for (method, path, allowed) in [
        (Method::POST, "/ServiceProviderConfig", "GET, HEAD"),
        (Method::DELETE, "/Schemas", "GET, HEAD"),
        (Method::PUT, "/ResourceTypes", "GET, HEAD"),
        (Method::PATCH, "/Users", "GET, HEAD, POST"),
        (Method::POST, "/Roles", "GET, HEAD"),
        (Method::DELETE, "/Roles/d1", "GET, HEAD"),
        (Method::GET, "/.search", "POST"),
        (Method::POST, "/Groups/a1", "GET, HEAD, PUT, PATCH, DELETE"),
    ] {
        let answer = scim.ask(method.clone(), path, &Value::Null).await;
        assert_eq!(
            (answer.status.as_u16(), answer.headers["allow"].as_str()),
            (405, allowed),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let scim = Scim::new(account()).await;
    let send = async |content_type: &str, body: String| {
        let client = scim
            .edge
            .client(&[("authorization", &format!("Bearer {TOKEN}")), ("content-type", content_type)]);
        let path = format!("{}/Groups/a1", super::BASE);
        let answer = client.try_send_text(Method::PATCH, &path, body).await.unwrap();
        (answer.status.as_u16(), answer.json["scimType"].as_str().map(str::to_owned))
    };
    let syntax = Some("invalidSyntax".to_owned());
    for (content_type, body, expected) in [
        ("application/scim+json", "{", (400, syntax.clone())),
        ("application/json", "[]", (400, syntax.clone())),
        ("application/scim+json; charset=utf-8", r#"{"Operations":[]}"#, (400, syntax.clone())),
        ("text/plain", "{}", (415, None)),
    ] {
        assert_eq!(send(content_type, body.into()).await, expected, "{body}");
    }
    assert_eq!(send("application/json", " ".repeat(2 << 20)).await.0, 413);
    assert_eq!(scim.edge.mock.request_count(), 0);
}

#[tokio::test]
async fn faults_of_cloudflare_are_told_on_each_route() {
    let ann = format!("/Users/{ANN}");
    for (status, code, expected) in [(401, 10000, 502), (403, 10000, 502), (429, 971, 429), (503, 1, 503)] {
        for path in ["/Users", &ann, "/Groups", "/Groups/a1", "/Roles"] {
            let scim = Scim::new(account()).await;
            let headers = vec![("retry-after".to_owned(), "290".to_owned())];
            let fault = Effect::Status { status, code, message: "no".into(), headers };
            scim.edge.mock.inject(Fault::always(fault));
            let answer = scim.ask(Method::GET, path, &Value::Null).await;
            assert_eq!(answer.status, expected, "{path}: {}", answer.body);
            assert_eq!(answer.headers.contains_key("retry-after"), expected == 429 || expected == 503);
        }
    }
}

#[tokio::test]
async fn a_canary_shows_nowhere() {
    const CREDENTIAL: &str = "canary-7c1f0e5d9b3a4886";
    const SCIM_TOKEN: &str = "canary-of-the-platform-51d2";
    let options = Options { tokens: vec![Token::new(CREDENTIAL)], ..Options::default() };
    let variables = [("CLOUDFLARE_API_TOKEN", CREDENTIAL), ("SCIM_TOKEN", SCIM_TOKEN)];
    let scim = Scim::under(account(), options, &variables).await;
    let echo = Effect::Status {
        status: 403,
        code: 10000,
        message: format!("you sent {CREDENTIAL}"),
        headers: vec![],
    };
    let mut shown = String::new();
    for is_faulty in [false, true] {
        if is_faulty {
            scim.edge.mock.inject(Fault::always(echo.clone()));
        }
        let bearer = format!("Bearer {SCIM_TOKEN}");
        for authorization in [bearer.as_str(), SCIM_TOKEN, CREDENTIAL] {
            let headers = [("authorization", authorization), ("content-type", "application/json")];
            let client = scim.edge.client(&headers);
            let patch = json!({"Operations": [
                {"op": "add", "path": "members", "value": [{"value": CREDENTIAL}, {"value": SCIM_TOKEN}]},
            ]});
            for (method, path, body) in [
                (Method::GET, "/Users".to_owned(), String::new()),
                (Method::GET, format!("/Users/{SCIM_TOKEN}"), String::new()),
                (Method::GET, format!("/{CREDENTIAL}"), String::new()),
                (Method::GET, format!("/Groups/{CREDENTIAL}"), String::new()),
                (Method::PATCH, "/Groups/a1".to_owned(), patch.to_string()),
            ] {
                let path = format!("{}{path}", super::BASE);
                let answer = client.try_send_text(method, &path, body).await.unwrap();
                shown += &format!("{} {:?} {}\n", answer.status, answer.headers, answer.body);
            }
        }
    }
    scim.edge.server.settle().await;
    shown += &scim.edge.log();
    assert!(shown.contains("401 Unauthorized") && shown.contains("502"));
    let found = shown.find("canary").map(|at| &shown[at.saturating_sub(200)..(at + 60).min(shown.len())]);
    assert_eq!(found, None);
}
