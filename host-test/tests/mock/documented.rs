//! Every answer of the mock is one that Cloudflare's OpenAPI document describes.

use std::collections::BTreeSet;

use crate::client::{Answer, Client};
use crate::common::cloudflare_openapi::CloudflareOpenApi;
use host_test::mock::{
    Account, DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN, Effect, Fault, Group, Mock, Options, Permission, Recorded,
    Size, Token, TokenOwner, TokenStatus,
};
use http::Method;
use serde_json::{Map, Value, json};

/// A client that checks each answer of a mock, and each request as it arrived.
pub struct Checked<'a> {
    document: &'a CloudflareOpenApi,
    mock: &'a Mock,
    client: Client,
    account: String,
}

impl<'a> Checked<'a> {
    pub fn new(document: &'a CloudflareOpenApi, mock: &'a Mock) -> Checked<'a> {
        Checked::with(document, mock, Client::new(mock))
    }

    fn with(document: &'a CloudflareOpenApi, mock: &'a Mock, client: Client) -> Checked<'a> {
        let account = mock.read(|account| account.id.clone());
        Checked { document, mock, client, account }
    }

    /// Sends a request, and checks the answer. `path` is below the account, or starts with `/`.
    pub async fn send(&self, method: Method, path: &str, body: Value, status: u16) -> Answer {
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/accounts/{}/{path}", self.account)
        };
        let answer = self.client.send(method.clone(), &path, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        if let Err(wrong) = check_answer(self.document, method.as_str(), &path, status, &answer.json) {
            panic!("{wrong}\n{}", answer.body);
        }
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Value::Null, 200).await
    }

    pub fn check_requests(&self) {
        for request in self.mock.requests() {
            self.document.check_request(&request).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
}

/// Checks an answer's status and body against the description of this request.
///
/// # Errors
/// Returns all faults, for a person.
pub fn check_answer(
    description: &CloudflareOpenApi,
    method: &str,
    path: &str,
    status: u16,
    body: &Value,
) -> Result<(), String> {
    let (_, operation) = description.document.operation(method, path)?;
    let responses = &operation["responses"];
    let response = responses.get(status.to_string()).or(responses.get(format!("{}XX", status / 100)));
    let response = response.ok_or_else(|| format!("{method} {path}: {status} is not documented"))?;
    let mut schema = &response["content"]["application/json"]["schema"];
    if status >= 400 {
        schema = failure_schema(schema);
    }
    let body = without_documented_differences(body);
    description
        .document
        .validate(schema, &body)
        .map_err(|error| format!("{method} {path}: {status}: {error}"))
}

/// Returns the schema of a failure.
///
/// The document differs from the API here: most failures are described as *all of* the successful
/// answer and the failure, which no answer can be (`success` would have to be true and false). The
/// failure is meant.
fn failure_schema(schema: &Value) -> &Value {
    let is_failure =
        |part: &&Value| part["$ref"].as_str().is_some_and(|name| name.ends_with("-common-failure"));
    schema["allOf"].as_array().and_then(|parts| parts.iter().find(is_failure)).unwrap_or(schema)
}

/// Returns the body without the two known differences between the API and its document.
fn without_documented_differences(body: &Value) -> Value {
    let mut body = body.clone();
    let items: Vec<&mut Map<String, Value>> = match &mut body["result"] {
        Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).collect(),
        Value::Object(item) => vec![item],
        _ => Vec::new(),
    };
    for item in items {
        // A member can be rejected (OpenAPI: GET /accounts/{account_id}/members, parameter
        // `status`), and the schema of a member doesn't list it.
        if item.contains_key("policies") && item.get("status") == Some(&json!("rejected")) {
            item["status"] = json!("pending");
        }
        // A group's `is_default` is a boolean; its schema in answers is an array of rules (OpenAPI:
        // GET /accounts/{account_id}/access/groups).
        if item.contains_key("include") && item.get("is_default").is_some_and(Value::is_boolean) {
            item.remove("is_default");
        }
    }
    body
}

pub async fn company() -> Mock {
    Mock::start(Account::company(), Options::default()).await.unwrap()
}

#[tokio::test]
async fn everything_that_can_be_read_is_as_documented() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let checked = Checked::new(&document, &mock);
    for (list, query) in [
        ("access/users", "?page=1&per_page=1000"),
        ("access/users", "?search=kim"),
        ("access/groups", "?name=Finance"),
        ("members", "?per_page=50&page=1&status=accepted&order=user.last_name&direction=desc"),
        ("members", "?status=rejected"),
        ("roles", "?per_page=5&page=2"),
        ("gateway/lists", "?type=EMAIL"),
    ] {
        let found = checked.get(&format!("{list}{query}")).await.ids();
        assert!(!found.is_empty(), "{list}{query}");
        for id in checked.get(list).await.ids() {
            let one = checked.get(&format!("{list}/{id}")).await;
            assert_eq!(one.json["result"]["id"], *id);
        }
    }
    for id in checked.get("gateway/lists").await.ids() {
        assert!(
            !checked.get(&format!("gateway/lists/{id}/items?page=1&per_page=1000")).await.ids().is_empty()
        );
    }
    let user = mock.read(|account| account.sessions[0].user.clone());
    checked.get(&format!("access/users/{user}/active_sessions")).await;
    checked.get("access/keys").await;
    checked.get("access/organizations").await;
    checked.get("/user/tokens/verify").await;
    let account_owned = Token { owner: TokenOwner::Account, ..Token::new(DEMO_TOKEN) };
    for status in [TokenStatus::Active, TokenStatus::Disabled, TokenStatus::Expired] {
        mock.configure(|options| options.tokens = vec![Token { status, ..account_owned.clone() }]);
        checked.get("tokens/verify").await;
    }
    checked.check_requests();
    assert_eq!(
        mock.requests_by_route().len(),
        16,
        "that is all that the mock has: {:?}",
        mock.requests_by_route()
    );
}

#[tokio::test]
async fn a_page_of_nothing_and_pages_without_totals_are_as_documented() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock =
        Mock::start(Account { groups: Vec::new(), ..Account::company() }, Options::default()).await.unwrap();
    let checked = Checked::new(&document, &mock);
    assert!(checked.get("access/groups").await.ids().is_empty());
    assert!(checked.get("access/users?page=9").await.ids().is_empty());
    mock.configure(|options| options.totals = false);
    for list in ["access/users", "members", "roles"] {
        let info = checked.get(list).await.json["result_info"].take();
        assert!(info.get("total_count").is_none(), "{info}");
    }
}

#[tokio::test]
async fn everything_that_can_be_written_is_as_documented() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let checked = Checked::new(&document, &mock);
    let account = mock.account();

    let body = json!({ "name": "New", "include": [{ "everyone": {} }], "is_default": false });
    let created = checked.send(Method::POST, "access/groups", body.clone(), 201).await;
    let group = format!("access/groups/{}", created.json["result"]["id"].as_str().unwrap());
    checked.send(Method::PUT, &group, body, 200).await;
    checked.send(Method::DELETE, &group, Value::Null, 202).await;

    let (role, other) = (&account.roles[1].id, &account.roles[2].id);
    let body = json!({ "email": "new@northwind.example", "roles": [role] });
    let created = checked.send(Method::POST, "members", body, 200).await;
    let member = format!("members/{}", created.json["result"]["id"].as_str().unwrap());
    checked.send(Method::PUT, &member, json!({ "roles": [{ "id": role }, { "id": other }] }), 200).await;
    let scope = &account.members[0].policies[0].resource_groups[0].id;
    let permissions = &account.permission_group(&account.roles[1]).id;
    let policy = json!({
        "access": "allow",
        "permission_groups": [{ "id": permissions }],
        "resource_groups": [{ "id": scope }],
    });
    checked.send(Method::PUT, &member, json!({ "policies": [policy] }), 200).await;
    checked.send(Method::DELETE, &member, Value::Null, 200).await;

    let seat = account.users[0].seat_uid.as_ref();
    let body = json!([{ "seat_uid": seat, "access_seat": false, "gateway_seat": false }]);
    checked.send(Method::PATCH, "access/seats", body, 200).await;
    let body = json!({ "email": "kim.larsen@northwind.example" });
    checked.send(Method::POST, "access/organizations/revoke_user", body, 200).await;

    let body = json!({ "email": "new@northwind.example", "name": "New" });
    let created = checked.send(Method::POST, "access/users", body.clone(), 201).await;
    let user = format!("access/users/{}", created.json["result"]["id"].as_str().unwrap());
    checked.send(Method::PUT, &user, body, 200).await;
    checked.send(Method::DELETE, &user, Value::Null, 202).await;
    checked.check_requests();
    assert_eq!(
        mock.requests_by_route().len(),
        11,
        "that is all that the mock has: {:?}",
        mock.requests_by_route()
    );
}

#[tokio::test]
async fn failures_are_as_documented() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let demo = Checked::new(&document, &mock);
    let get = Method::GET;
    let nowhere = "0".repeat(32);
    for path in ["access/users", "access/groups", "members", "roles", "gateway/lists"] {
        demo.send(get.clone(), &format!("{path}/{nowhere}"), Value::Null, 404).await;
    }
    demo.send(get.clone(), &format!("gateway/lists/{nowhere}/items"), Value::Null, 404).await;
    demo.send(get.clone(), &format!("/accounts/{nowhere}/roles"), Value::Null, 403).await;
    demo.send(get.clone(), "/accounts/none/roles", Value::Null, 404).await;
    demo.send(get.clone(), "members?per_page=51", Value::Null, 400).await;
    demo.send(get.clone(), "members?order=age", Value::Null, 400).await;
    demo.send(Method::POST, "access/groups", json!({ "include": [] }), 400).await;
    demo.send(Method::PUT, &format!("access/groups/{nowhere}"), json!({}), 404).await;
    demo.send(Method::POST, "members", json!({ "email": "x@y.example", "roles": [nowhere] }), 400).await;
    demo.send(Method::PATCH, "access/seats", json!({}), 400).await;
    demo.send(Method::POST, "access/organizations/revoke_user", json!({}), 400).await;

    for (status, headers) in [
        (401, vec![("authorization", "Bearer someone-elses")]),
        (400, vec![("authorization", "Basic abc")]),
        (400, vec![]),
        (403, vec![("x-auth-email", DEMO_EMAIL), ("x-auth-key", "wrong")]),
        (400, vec![("x-auth-email", DEMO_EMAIL), ("x-auth-key", DEMO_KEY), ("authorization", "Bearer x")]),
    ] {
        let client = Client::with_headers(&mock, &headers);
        let checked = Checked::with(&document, &mock, client);
        for path in ["access/users", "access/groups", "members", "roles", "gateway/lists", "tokens/verify"] {
            checked.send(get.clone(), path, Value::Null, status).await;
        }
    }

    mock.configure(|options| options.zero_trust = false);
    demo.send(get.clone(), "access/users", Value::Null, 403).await;
    demo.send(get.clone(), "gateway/lists", Value::Null, 403).await;
    mock.configure(|options| {
        options.tokens = vec![Token::new(DEMO_TOKEN).with_permissions([Permission::AuditLogsRead])];
    });
    demo.send(get.clone(), "access/groups", Value::Null, 403).await;
    demo.send(get.clone(), "members", Value::Null, 403).await;
    mock.inject(Fault::always(Effect::Status {
        status: 429,
        code: 10429,
        message: "More than 1200 requests per 300 seconds".into(),
        headers: vec![("retry-after".into(), "17".into())],
    }));
    for path in ["access/users", "members", "roles", "gateway/lists"] {
        demo.send(get.clone(), path, Value::Null, 429).await;
    }
    assert_eq!(mock.fired(), [4]);
}

/// Whether a generated account has this rule on purpose, though no document describes it.
pub fn is_odd_on_purpose(rule: &Value) -> bool {
    let Some(fields) = rule.as_object().filter(|fields| fields.len() == 1) else { return true };
    let (kind, body) = fields.iter().next().expect("one");
    let Some(body) = body.as_object() else { return true };
    let is_hollow = |value: &Value| value.is_null() || value == "" || *value == json!([]);
    let is_foreign = |value: &Value| value.is_number() || value.as_str().is_some_and(|text| !text.is_ascii());
    kind == "quantum_badge"
        || kind == "email_domain" && body.is_empty()
        || body.values().any(|value| is_hollow(value) || is_foreign(value))
}

#[tokio::test]
async fn a_generated_account_differs_from_the_document_only_where_it_means_to() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let size = Size { users: 120, members: 60, groups: 30, roles: 20 };
    let account = Account::generate(3, size);
    let mut odd = 0;
    let plain = |part: &Option<Vec<Value>>, odd: &mut usize| {
        let (strange, plain): (Vec<_>, Vec<_>) = part.iter().flatten().cloned().partition(is_odd_on_purpose);
        *odd += strange.len();
        Some(plain)
    };
    let groups = account.groups.iter().map(|group| Group {
        include: plain(&group.include, &mut odd),
        exclude: plain(&group.exclude, &mut odd),
        require: plain(&group.require, &mut odd),
        ..group.clone()
    });
    let groups = groups.collect();
    assert!(odd > 10, "the account has no odd rules");
    let mock = Mock::start(Account { groups, ..account }, Options::default()).await.unwrap();
    let checked = Checked::new(&document, &mock);
    for path in ["access/users", "access/groups", "members?per_page=50&page=2", "roles", "gateway/lists"] {
        assert!(!checked.get(path).await.ids().is_empty(), "{path}");
    }
}

#[test]
fn a_wrong_answer_is_found() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let path = format!("/accounts/{}/access/users", "a".repeat(32));
    let right = json!({
        "success": true, "errors": [], "messages": [],
        "result": [{
            "id": "u", "email": "ann@corp.example", "access_seat": true,
            "created_at": "2026-01-01T00:00:00Z",
        }],
        "result_info": { "page": 1, "per_page": 1000, "count": 1, "total_count": 1 },
    });
    let check = |body: &Value| check_answer(&document, "GET", &path, 200, body);
    check(&right).unwrap();
    for (pointer, wrong) in [
        ("/success", json!(false)),
        ("/errors", Value::Null),
        ("/result", json!({})),
        ("/result/0/id", json!(7)),
        ("/result/0/email", json!("no address")),
        ("/result/0/access_seat", json!("yes")),
        ("/result/0/created_at", json!("yesterday")),
        ("/result_info/page", json!("1")),
    ] {
        let mut body = right.clone();
        *body.pointer_mut(pointer).unwrap() = wrong;
        assert!(check(&body).is_err(), "{pointer}");
    }
    assert!(check_answer(&document, "GET", &path, 302, &right).is_err(), "a status that is not documented");
    assert!(check_answer(&document, "GET", &path, 403, &right).is_err(), "a success with a failure's status");
    assert!(check_answer(&document, "PATCH", &path, 200, &right).is_err(), "a method that is not documented");

    let roles = format!("/accounts/{}/roles", "a".repeat(32));
    let errors = json!([{ "code": 10000, "message": "" }]);
    let failure = json!({ "success": false, "errors": errors, "messages": [], "result": null });
    check_answer(&document, "GET", &roles, 403, &failure).unwrap();
    let mut codeless = failure;
    codeless["errors"][0].as_object_mut().unwrap().remove("code");
    assert!(check_answer(&document, "GET", &roles, 403, &codeless).is_err());
}

#[tokio::test]
async fn a_wrong_request_is_found() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let client = Client::new(&mock);
    let account = format!("/accounts/{}", mock.read(|account| account.id.clone()));
    client.get(&format!("{account}/members?page=1&per_page=50&status=pending")).await;
    let right = mock.requests().remove(0);
    document.check_request(&right).unwrap();

    let query = |query: &str| Recorded { query: Some(query.into()), ..right.clone() };
    let path = |path: &str| Recorded { path: path.into(), query: None, ..right.clone() };
    let wrong = [
        query("page=1&per_page=51"),
        query("page=one"),
        query("page=0"),
        query("status=asleep"),
        query("cursor=abc"),
        path("/client/v4/accounts"),
        path(&format!("/client/v4{account}/people")),
        path(&format!("/client/v4/accounts/{}/members", "a".repeat(33))),
        path(&format!("/client/v4{account}/access/groups/{}", "a".repeat(37))),
        path(&format!("{account}/members")),
        Recorded { method: "PATCH".into(), ..right.clone() },
        Recorded { body: "{}".into(), ..right.clone() },
        Recorded { method: "POST".into(), query: None, body: r#"{"email":7}"#.into(), ..right.clone() },
    ];
    let accepted: BTreeSet<String> = wrong
        .iter()
        .filter(|request| document.check_request(request).is_ok())
        .map(|request| format!("{} {} {:?}", request.method, request.path, request.query))
        .collect();
    assert_eq!(accepted, BTreeSet::new());
}
