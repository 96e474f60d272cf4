//! The requests in `hosts/scim/dialects`, each with an account as it expects it. What must be true
//! afterwards is asserted at Cloudflare's side.

use super::dialects::id_of;
use super::{BASE, TOKEN, email, encoded};
use crate::asking::Edge;
use crate::common::http::Answer;
use host_test::mock::{AccessUser, Account, Group, Member, MemberUser, Options, Role};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

const USER: &str = "user@people.example";
const OTHER: &str = "other@people.example";
const GROUP_ID: &str = "a1";
const GROUP_NAME: &str = "Replayed & watched";
const ROLE: &str = "d1";
const KEPT_ROLE: &str = "d2";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    client: String,
    name: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "basis")]
    _basis: String,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    text: Option<String>,
    needs: Vec<String>,
    #[serde(default)]
    given: String,
    members: Option<Members>,
    answer: Option<Value>,
    expects: String,
    outcome: Outcome,
}

#[derive(Deserialize)]
struct Members {
    before: Vec<String>,
    after: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Answered,
    Done,
    Unchanged,
    Refused,
    Either,
}

/// Returns the requests of all clients.
fn requests() -> Vec<Request> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/scim/dialects");
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "json"));
    let read = |file| -> Vec<Request> { serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap() };
    files.flat_map(read).collect()
}

/// Puts values where the placeholders are.
fn filled(text: &str, in_query: bool) -> String {
    let address = USER.to_uppercase();
    let values = [
        ("{user}", id_of(USER)),
        ("{other}", id_of(OTHER)),
        ("{address}", USER.to_owned()),
        ("{ADDRESS}", address),
        ("{new-address}", "new@people.example".to_owned()),
        ("{group}", GROUP_ID.to_owned()),
        ("{group-name}", GROUP_NAME.to_owned()),
        ("{role}", ROLE.to_owned()),
        ("{kept-role}", KEPT_ROLE.to_owned()),
    ];
    values.into_iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(name, &if in_query { encoded(&value) } else { value })
    })
}

/// Puts values where the placeholders are, also inside texts.
fn filled_value(value: &Value) -> Value {
    match value {
        Value::String(text) => filled(text, false).into(),
        Value::Array(items) => items.iter().map(filled_value).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), filled_value(value))).collect()
        }
        other => other.clone(),
    }
}

impl Request {
    fn target(&self) -> String {
        match self.path.split_once('?') {
            Some((path, query)) => format!("{BASE}{}?{}", filled(path, false), filled(query, true)),
            None => format!("{BASE}{}", filled(&self.path, false)),
        }
    }

    /// Returns the addresses that the group names before the request, or after it.
    fn named(&self, of: impl Fn(&Members) -> &Vec<String>) -> Option<Vec<&'static str>> {
        let address = |placeholder: &String| match placeholder.as_str() {
            "{user}" => USER,
            "{other}" => OTHER,
            other => panic!("{other}"),
        };
        let members = self.members.as_ref()?;
        let mut named: Vec<_> = of(members).iter().map(address).collect();
        named.sort_unstable();
        Some(named)
    }

    /// Makes the account that the request is given.
    fn account(&self) -> Account {
        let given = |words: &str| self.given.contains(words);
        let domain = |domain: &str| json!({"email_domain": {"domain": domain}});
        let named = self.named(|members| &members.before).unwrap_or_else(|| {
            let names_user = given("{group} names {user}");
            [(OTHER, !names_user || given("and {other}")), (USER, names_user)]
                .into_iter()
                .filter_map(|(address, is_named)| is_named.then_some(address))
                .collect()
        });
        let mut include: Vec<Value> = named.into_iter().map(email).collect();
        if !given("no other rule") {
            include.push(domain("elsewhere.example"));
        }
        if given("lets in {user}'s whole domain. It") {
            include.push(domain("people.example"));
        }
        let group = |id: &str, name: &str, include| Group {
            id: id.into(),
            name: name.into(),
            include: Some(include),
            exclude: Some(vec![]),
            ..Group::default()
        };
        let mut groups = vec![group(GROUP_ID, GROUP_NAME, include)];
        if given("another group lets in") {
            groups.push(group("a2", "Everybody here", vec![domain("people.example")]));
        }
        let user = |id: &str, address: &str| AccessUser {
            id: id.into(),
            email: Some(address.into()),
            name: Some("Somebody".into()),
            access_seat: Some(true),
            seat_uid: Some(format!("seat-{id}")),
            ..AccessUser::default()
        };
        let role = |id: &str, name: &str| Role {
            id: id.into(),
            name: name.into(),
            description: name.into(),
            permissions: json!({}),
        };
        let roles: &[&str] =
            match (given("an account member with {kept-role}"), given("{kept-role} and {role}")) {
                (true, true) => &[KEPT_ROLE, ROLE],
                (true, false) => &[KEPT_ROLE],
                _ => &[],
            };
        let members = (!roles.is_empty()).then(|| Member {
            id: "e1".into(),
            status: "accepted".into(),
            email: Some(USER.into()),
            user: Some(MemberUser { email: Some(USER.into()), ..MemberUser::default() }),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..Member::default()
        });
        Account {
            id: "0123456789abcdef0123456789abcdef".into(),
            users: vec![user("0a", USER), user("0b", OTHER)],
            groups,
            members: members.into_iter().collect(),
            roles: vec![role(ROLE, "Billing"), role(KEPT_ROLE, "Analytics")],
            ..Account::default()
        }
    }

    /// Says what isn't as the request expects it.
    fn judge(&self, before: &Account, edge: &Edge, answer: &Answer) -> Result<(), String> {
        let (status, after) = (answer.status.as_u16(), edge.mock.account());
        let writes = edge.mock.requests().iter().filter(|request| request.method != "GET").count();
        let is_error = answer.json["schemas"] == json!(["urn:ietf:params:scim:api:messages:2.0:Error"]);
        let fine = (200..300).contains(&status);
        let is_refusal = (400..500).contains(&status) || status == 501;
        let is_sentence = answer.json["detail"].as_str().is_some_and(|detail| detail.ends_with('.'));
        if !(fine || is_refusal && is_error && is_sentence) {
            return Err("this is no refusal with a sentence".to_owned());
        }
        let is_as_expected = match self.outcome {
            Outcome::Answered => status == 200 && writes == 0,
            Outcome::Done => fine && writes > 0 && after != *before,
            Outcome::Unchanged => fine && after == *before,
            // Somebody whom a domain lets in loses what is theirs alone, and the answer says so.
            Outcome::Refused if self.name == "deactivates somebody whom a domain lets in" => status == 409,
            Outcome::Refused => !fine && writes == 0 && after == *before,
            Outcome::Either => fine || writes == 0 && after == *before,
        };
        if !is_as_expected {
            return Err(format!("it isn't {:?}, with {writes} writes", self.outcome));
        }
        if let Some(expected) = self.answer.as_ref().map(filled_value)
            && !has_all(&answer.json, &expected)
        {
            return Err(format!("the answer isn't {expected}"));
        }
        if self.path.starts_with("/Groups") && self.outcome == Outcome::Done {
            let (had, has) = (before.groups.len(), after.groups.len());
            match self.method.as_str() {
                "DELETE" if has + 1 == had && !after.groups.iter().any(|group| group.id == GROUP_ID) => {
                    return Ok(());
                }
                "DELETE" => return Err("the group isn't gone".to_owned()),
                "POST" => {
                    let made = after.groups.get(had).ok_or("there is no new group")?;
                    if made.include != Some(vec![email("nobody@empty-group.invalid")]) {
                        return Err(format!("the new group lets somebody in: {:?}", made.include));
                    }
                }
                _ => {}
            }
        }
        let (rules, rules_before) = (include(&after), include(before));
        if let Some(named) = self.named(|members| &members.after) {
            let mut found: Vec<_> = rules.iter().filter_map(address).collect();
            found.sort_unstable();
            if found != named {
                return Err(format!("the group names {found:?} afterwards, not {named:?}"));
            }
        }
        let others = |rules: &[Value]| -> Vec<Value> {
            rules.iter().filter(|rule| address(rule).is_none()).cloned().collect()
        };
        if others(&rules) != others(&rules_before) {
            return Err(format!("other rules of the group have changed: {rules:?}"));
        }
        Ok(())
    }
}

/// Whether an answer has what is expected: of an object these fields and none where null stands, of a list as
/// many items.
fn has_all(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            let field = |name: &String| found.get(name).unwrap_or(&Value::Null);
            expected.iter().all(|(name, expected)| has_all(field(name), expected))
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(one, other)| has_all(one, other))
        }
        _ => found == expected,
    }
}

fn include(account: &Account) -> Vec<Value> {
    let group = account.groups.iter().find(|group| group.id == GROUP_ID);
    group.and_then(|group| group.include.clone()).unwrap_or_default()
}

fn address(rule: &Value) -> Option<&str> {
    rule["email"]["email"].as_str()
}

#[tokio::test]
pub async fn each_request_of_each_client_does_what_it_is_for() {
    let requests = requests();
    assert!(requests.len() >= 150, "{}", requests.len());
    let (mut wrong, mut services) = (Vec::new(), BTreeMap::new());
    for request in &requests {
        let before = request.account();
        let is_judged = request.outcome != Outcome::Answered || request.answer.is_some();
        assert!(is_judged, "{} {} expects nothing of the answer", request.client, request.name);
        let is_on = |switch: &str| if request.needs.iter().any(|need| need == switch) { "true" } else { "" };
        let variables = [
            ("SCIM_TOKEN", TOKEN),
            ("CONNECTOR_PROVISIONING", is_on("provisioning")),
            ("CONNECTOR_LIFECYCLE", is_on("lifecycle")),
        ];
        // One service for the same switches; Cloudflare's side is each request's own.
        let edge: &Edge = match services.entry(variables) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                place.insert(Edge::with(before.clone(), Options::default(), &variables).await)
            }
        };
        edge.mock.change(|account| *account = before.clone());
        edge.mock.forget_requests();
        let authorization = format!("Bearer {TOKEN}");
        let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<_> = headers.chain([("authorization", authorization.as_str())]).collect();
        let body = request.body.as_ref().map(|body| filled_value(body).to_string());
        let body = body.or_else(|| request.text.as_ref().map(|text| filled(text, false))).unwrap_or_default();
        let method = Method::from_bytes(request.method.as_bytes()).unwrap();
        let target = request.target();
        let answer = edge.client(&headers).try_send_text(method, &target, body).await.unwrap();
        if let Err(why) = request.judge(&before, edge, &answer) {
            let Request { client, name, method, expects, .. } = request;
            let (status, said) = (answer.status, &answer.body);
            wrong.push(format!(
                "{client} {name}: {why}\n  {method} {target}\n  {status} {said}\n  expected: {expects}"
            ));
        }
        edge.server.settle().await;
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), requests.len(), wrong.join("\n"));
}
