//! Comparisons of a small account, without a host and a network.

mod changes;
mod cursors;
mod failures;
mod sent;

use crate::cloudflare::transport::{Method, Request, Response, Transport, TransportError};
use crate::error::{Error, Result};
use crate::identities::GroupFacts;
use crate::session::Session;
use crate::settings::Settings;
use crate::sync::tests::Account;
use crate::verification::{Agreement, Comparison};
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

const PROVIDER: &str = "aaaaaaaa-0000-4000-8000-000000000001";

/// An account with a tester: lists by their paths below the account. A test has the id `t1`.
#[derive(Default)]
struct Cloud {
    lists: RefCell<BTreeMap<&'static str, Vec<Json>>>,
    /// The bodies of the requests that were sent besides GETs.
    sent: RefCell<Vec<Json>>,
    /// The paths of all requests.
    asked: RefCell<Vec<String>>,
    /// The answer to the request for a test, if it isn't the usual one.
    refusal: RefCell<Option<(u16, Json)>>,
}

impl Cloud {
    fn set(&self, path: &'static str, items: impl Into<Vec<Json>>) {
        self.lists.borrow_mut().insert(path, items.into());
    }

    fn is(&self, status: &str) {
        self.set("access/policy-tests", [json!({"id": "t1", "status": status, "total_users": 3})]);
    }

    /// Sets the verdicts: names before the sign, and what is said of each.
    fn says(&self, verdicts: &[(&str, &str)]) {
        let judged = verdicts.iter().map(|(name, status)| {
            json!({"id": format!("u-{name}"), "email": format!("{name}@corp.example"), "name": name,
                "status": status})
        });
        self.set("access/policy-tests/t1/users", judged.collect::<Vec<_>>());
        self.is("complete");
    }
}

/// The network of a session.
struct Network(Rc<Cloud>);

impl Transport for Network {
    type Pending = Response;

    fn start(&self, request: Request) -> std::result::Result<Response, TransportError> {
        let cloud = &self.0;
        let path = request.path_and_query.rsplit_once(&"a".repeat(32)).unwrap().1.to_owned();
        cloud.asked.borrow_mut().push(format!("{} {path}", request.method.as_str()));
        if request.method == Method::Get {
            return Account(cloud.lists.borrow().clone()).start(request);
        }
        assert_eq!((request.method, path.as_str()), (Method::Post, "/access/policy-tests"));
        cloud.sent.borrow_mut().push(serde_json::from_str(&request.body.unwrap()).unwrap());
        let usual = || (200, json!({"success": true, "result": {"id": "t1", "status": "success"}}));
        let (status, body) = cloud.refusal.borrow().clone().unwrap_or_else(usual);
        Ok(Response { status, headers: Vec::new(), body: body.to_string().into_bytes() })
    }

    fn finish(&self, answer: Response, _limit: usize) -> std::result::Result<Response, TransportError> {
        Ok(answer)
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {}
}

fn session(cloud: &Rc<Cloud>) -> Session<Network> {
    let given = [("account-id", "a".repeat(32)), ("api-token", "canary-secret".to_owned())];
    let given = given.map(|(id, value)| (id.to_owned(), value)).to_vec();
    Session::new(Settings::parse("api-token", given).unwrap(), Network(Rc::clone(cloud)))
}

fn email(name: &str) -> Json {
    json!({"email": {"email": format!("{name}@corp.example")}})
}

fn okta(group: &str) -> Json {
    json!({"okta": {"name": group, "identity_provider_id": PROVIDER}})
}

/// Ann is in the group of staff, Bob if his device is in order, and Okta knows the others.
fn cloud() -> Rc<Cloud> {
    let cloud = Cloud::default();
    let posture = json!({"device_posture": {"integration_uid": "d1"}});
    cloud.set(
        "access/groups",
        [
            json!({"id": "staff", "name": "Staff", "include": [email("ann")]}),
            json!({"id": "mixed", "include": [{"group": {"id": "staff"}}, posture, okta("Finance")],
                "exclude": [email("eve")]}),
        ],
    );
    cloud.set(
        "access/apps",
        [json!({"id": "wiki", "name": "Wiki", "type": "self_hosted", "policies": [
            {"id": "p2", "name": "In", "decision": "allow", "precedence": 2, "exclude": [], "require": [],
                "include": [{"group": {"id": "staff"}}, okta("Finance")], "approval_required": true},
            {"id": "p1", "name": "Out", "decision": "deny", "precedence": 1, "include": [email("eve")],
                "exclude": [], "require": []},
            {"id": "p3", "decision": "bypass", "precedence": 3, "include": [{"ip": {"ip": "192.0.2.0/24"}}]},
            {"id": "p4", "decision": "sing", "precedence": 4, "include": [{"everyone": {}}]},
        ], "allowed_idps": [PROVIDER]})],
    );
    cloud.is("processing");
    Rc::new(cloud)
}

/// Says that these people are in Okta's group Finance.
fn finance(session: &mut Session<Network>, names: &[&str]) {
    let facts = GroupFacts {
        provider: PROVIDER.to_owned(),
        group: "Finance".to_owned(),
        addresses: names.iter().map(|name| format!("{name}@corp.example")).collect(),
        source: "Okta".to_owned(),
        as_of: None,
    };
    session.learn(&[facts]).unwrap();
}

/// Compares from a cursor to the end.
fn to_the_end(
    mut cursor: Option<String>,
    next: &mut dyn FnMut(Option<&str>) -> Result<Comparison>,
) -> Result<Vec<Comparison>> {
    let mut parts = Vec::new();
    loop {
        let part = next(cursor.as_deref())?;
        cursor.clone_from(&part.next);
        parts.push(part);
        if cursor.is_none() {
            return Ok(parts);
        }
    }
}

/// What is said of each person, in one word: the name, and the agreement.
fn told(parts: &[Comparison]) -> Vec<(String, Agreement)> {
    let people = parts.iter().flat_map(|part| &part.people);
    people.map(|person| (person.display_name.clone(), person.agreement)).collect()
}

fn agreements(names: &[(&str, Agreement)]) -> Vec<(String, Agreement)> {
    names.iter().map(|&(name, agreement)| (name.to_owned(), agreement)).collect()
}

/// Begins a comparison, and returns its first cursor.
fn begun(session: &mut Session<Network>, (kind, id): (&str, &str)) -> String {
    session.compare(kind, id, None).unwrap().next.unwrap()
}

/// Goes on in one session until there is no cursor.
fn rest(session: &mut Session<Network>, of: (&str, &str), cursor: String) -> Result<Vec<Comparison>> {
    to_the_end(Some(cursor), &mut |cursor| session.compare(of.0, of.1, cursor))
}

/// Compares in one session.
fn whole(session: &mut Session<Network>, of: (&str, &str)) -> Result<Vec<Comparison>> {
    to_the_end(None, &mut |cursor| session.compare(of.0, of.1, cursor))
}

fn refused(result: Result<Comparison>) -> Error {
    let error = result.unwrap_err();
    assert!(!error.message.contains("canary"), "{error:?}");
    error
}
