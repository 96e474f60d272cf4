//! SCIM through the service: what each client asks, what it costs at Cloudflare, and what is there after it.

mod absent;
mod afterwards;
mod at_once;
mod cache;
mod checked;
mod creation;
mod deletion;
mod described;
pub mod dialects;
mod faults;
mod inputs;
pub mod judged;
mod kept;
mod leavers;
mod members;
mod pushes;
mod reads;
mod refusals;
mod renames;
pub mod replayed;
mod requests;
mod reused;
mod roles;
mod roles_by_policy;
mod searches;
mod stalls;
mod still_in;
mod user_groups;

use crate::asking::Edge;
use crate::common::http::{Answer, Client};
use host_test::mock::{AccessUser, Account, Group, Member, MemberUser, Options, Role};
use http::Method;
use serde_json::{Value, json};

pub const TOKEN: &str = "token-of-the-platform";
pub const BASE: &str = "/scim/v2";
pub const USER: &str = "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:Group";

/// The ids of Ann, Bob, Cat, Dee and Eve: their addresses in base64url.
pub const ANN: &str = "YW5uQGNvcnAuZXhhbXBsZQ";
pub const BOB: &str = "Ym9iQGNvcnAuZXhhbXBsZQ";
pub const CAT: &str = "Y2F0QGNvcnAuZXhhbXBsZQ";
pub const DEE: &str = "ZGVlQHBhcnRuZXIuZXhhbXBsZQ";
pub const EVE: &str = "ZXZlQGNvcnAuZXhhbXBsZQ";

pub fn email(address: &str) -> Value {
    json!({"email": {"email": address}})
}

fn group(id: &str, name: &str, include: Value, exclude: Value) -> Group {
    let rules = |rules: Value| rules.as_array().cloned();
    Group {
        id: id.into(),
        name: name.into(),
        include: rules(include),
        exclude: rules(exclude),
        created_at: Some("2026-01-02T03:04:05Z".into()),
        ..Group::default()
    }
}

/// Makes an account with five people. Ann has a seat and is a member of the account with the role `d1`. Bob
/// has logged in, and has no seat. Cat never has. Dee is named by a rule alone, and Eve is invited. `a1`
/// names Ann, Dee and the group `a2`; `a2` is a domain; `a3` names Bob.
pub fn account() -> Account {
    let user = |id: &str, name: &str, seat: bool, login: Option<&str>| AccessUser {
        id: id.into(),
        email: Some(format!("{name}@corp.example")),
        name: Some(name.into()),
        access_seat: Some(seat),
        seat_uid: Some(format!("seat{id}")),
        last_successful_login: login.map(str::to_owned),
        created_at: Some("2026-02-03T04:05:06Z".into()),
        ..AccessUser::default()
    };
    let member = |id: &str, name: &str, status: &str, roles: &[&str]| Member {
        id: id.into(),
        status: status.into(),
        email: Some(format!("{name}@corp.example")),
        user: Some(MemberUser { email: Some(format!("{name}@corp.example")), ..MemberUser::default() }),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        ..Member::default()
    };
    let role = |id: &str, name: &str| Role {
        id: id.into(),
        name: name.into(),
        description: format!("All of {name}"),
        permissions: json!({}),
    };
    Account {
        id: "0123456789abcdef0123456789abcdef".into(),
        users: vec![
            user("0a", "ann", true, Some("2026-03-04T05:06:07Z")),
            user("0b", "bob", false, Some("2026-03-04T05:06:07Z")),
            user("0c", "cat", false, None),
        ],
        groups: vec![
            group(
                "a1",
                "Engineers",
                json!([email("Ann@corp.example"), email("dee@partner.example"), {"group": {"id": "a2"}}]),
                json!([]),
            ),
            group("a2", "Corp", json!([{"email_domain": {"domain": "other.example"}}]), json!([])),
            group("a3", "Auditors", json!([email("bob@corp.example")]), json!([])),
        ],
        members: vec![member("e1", "ann", "accepted", &["d1"]), member("e2", "eve", "pending", &["d2"])],
        roles: vec![role("d1", "Billing"), role("d2", "Super Administrator - All Privileges")],
        ..Account::default()
    }
}

/// The service, and a client that knows SCIM's token.
pub struct Scim {
    pub edge: Edge,
    client: Client,
}

impl Scim {
    pub async fn new(account: Account) -> Scim {
        Scim::with(account, &[]).await
    }

    /// Starts the service with variables beside or instead of the usual ones.
    pub async fn with(account: Account, variables: &[(&str, &str)]) -> Scim {
        Scim::under(account, Options::default(), variables).await
    }

    pub async fn under(account: Account, options: Options, variables: &[(&str, &str)]) -> Scim {
        let token = [("SCIM_TOKEN", TOKEN)];
        let usual = token.iter().filter(|(name, _)| !variables.iter().any(|(other, _)| name == other));
        let all: Vec<(&str, &str)> = usual.chain(variables).copied().collect();
        let edge = Edge::with(account, options, &all).await;
        let client = edge.client(&[
            ("authorization", &format!("Bearer {TOKEN}")),
            ("content-type", "application/scim+json"),
        ]);
        Scim { edge, client }
    }

    /// Asks, and asserts what every answer has.
    pub async fn ask(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.ask_with(&[], method, path, body).await
    }

    /// Asks with more headers.
    pub async fn ask_with(
        &self,
        headers: &[(&str, &str)],
        method: Method,
        path: &str,
        body: &Value,
    ) -> Answer {
        let mut client = Client::at(self.client.base.clone(), headers);
        client.headers.extend(self.client.headers.clone());
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = client.try_send_text(method.clone(), &format!("{BASE}{path}"), body).await.unwrap();
        self.edge.server.rests().await;
        checked::check(&method, path, &answer);
        assert_eq!(answer.headers["content-type"], "application/scim+json");
        assert_eq!(answer.headers["cache-control"], "no-store");
        if answer.status.as_u16() >= 400 {
            assert_eq!(answer.json["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
            assert_eq!(answer.json["status"], answer.status.as_u16().to_string());
            assert!(answer.json["detail"].as_str().is_some_and(|detail| detail.ends_with(['.', ':'])));
        }
        answer
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.ask(Method::GET, path, &Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json
    }

    /// Sends operations of a PATCH. Returns the status and the answer's body.
    pub async fn patch(&self, path: &str, operations: Value) -> (u16, Value) {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        let answer = self.ask(Method::PATCH, path, &body).await;
        (answer.status.as_u16(), answer.json)
    }

    /// Returns the include of a group at Cloudflare.
    pub fn includes(&self, group: usize) -> Vec<Value> {
        self.edge.mock.read(|account| account.groups[group].include.clone().unwrap())
    }

    /// Returns the number of writes that Cloudflare got.
    pub fn writes(&self) -> usize {
        self.edge.mock.requests().iter().filter(|request| request.method != "GET").count()
    }
}

/// Returns the texts of a field of each resource of a list.
pub fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let resources = list["Resources"].as_array().unwrap_or_else(|| panic!("{list}"));
    resources.iter().map(|resource| resource[field].as_str().unwrap_or_default()).collect()
}

/// Encodes a filter for a query.
pub fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
