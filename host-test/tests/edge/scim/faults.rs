//! Failures of Cloudflare on each route of SCIM, at each request that it makes: the answer is the truth, or
//! an error with a sentence. A write is done whole, or not at all, or the error says that something was done.

use super::requests::rows;
use super::{Scim, TOKEN, account};
use crate::common::http::Answer;
use futures::StreamExt;
use futures::stream::iter;
use host_test::mock::{Account, DEMO_TOKEN, Effect, Fault, Member, Place};
use http::Method;
use serde_json::{Value, json};

/// A request of a client.
#[derive(Clone)]
struct Asked {
    name: &'static str,
    method: Method,
    path: String,
    body: Value,
}

/// The request, its answer without a fault, and the account after it.
struct Usual {
    asked: Asked,
    json: Value,
    status: u16,
    after: Value,
    /// The requests to Cloudflare, by method and route.
    requests: Vec<(String, String, u64)>,
}

/// A request under a fault.
struct Case<'u> {
    usual: &'u Usual,
    fault: Fault,
}

/// All cases run at once as far as this goes: most of the time they wait before a retry.
const AT_ONCE: usize = 96;

fn all_asked() -> Vec<Asked> {
    let asked = |name, method, path: &str, body| Asked { name, method, path: path.to_owned(), body };
    let mut all: Vec<Asked> = rows()
        .into_iter()
        .map(|row| Asked { name: row.name, method: row.method, path: row.path, body: row.body })
        .collect();
    all.extend([
        asked("a search among all", Method::POST, "/.search", json!({"count": 100})),
        asked("a search among users", Method::POST, "/Users/.search", json!({"filter": "active eq true"})),
        asked("users with their groups", Method::GET, "/Users?attributes=groups", Value::Null),
    ]);
    all
}

async fn service() -> Scim {
    let url = "https://scim.corp.example/scim/v2";
    Scim::with(account(), &[("SCIM_URL", url)]).await
}

async fn usual(asked: Asked) -> Usual {
    let scim = service().await;
    let answer = scim.ask(asked.method.clone(), &asked.path, &asked.body).await;
    assert!(answer.status.is_success(), "{}: {}", asked.name, answer.body);
    let requests = scim.edge.mock.requests_by_route().into_iter().map(|(request, count)| {
        let (method, route) = request.split_once(' ').unwrap();
        (method.to_owned(), route.to_owned(), count)
    });
    let requests = requests.collect();
    let after = scim.edge.mock.read(state);
    Usual { asked, json: timeless(&answer.json), status: answer.status.as_u16(), after, requests }
}

/// Returns an answer without the times of the write, and without the version that rests on them.
fn timeless(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(meta) = answer.get_mut("meta").and_then(Value::as_object_mut) {
        meta.remove("created");
        meta.remove("lastModified");
        meta.remove("version");
    }
    answer
}

/// Returns what writes of SCIM can change.
fn state(account: &Account) -> Value {
    let groups: Vec<_> =
        account.groups.iter().map(|it| json!([it.id, it.name, it.include, it.exclude])).collect();
    let users: Vec<_> = account.users.iter().map(|it| json!([it.email, it.access_seat])).collect();
    let roles = |member: &Member| {
        let mut roles = member.roles.clone();
        roles.sort();
        roles
    };
    let members: Vec<_> = account.members.iter().map(|it| json!([it.id, it.email, roles(it)])).collect();
    // Sessions that were ended twice, because the answer was lost, are as ended as once.
    let mut revoked = account.revoked.clone();
    revoked.dedup();
    json!([groups, users, members, revoked])
}

fn effects() -> Vec<Effect> {
    let status = |status, code, message: &str, headers: &[(&str, &str)]| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Effect::Status { status, code, message: message.to_owned(), headers }
    };
    vec![
        status(500, 10001, "internal", &[]),
        status(429, 971, "Please wait", &[("retry-after", "290")]),
        // A server that repeats the credentials.
        status(403, 10000, &format!("{DEMO_TOKEN} may not"), &[]),
        // Nothing is found: with a wrong account id, a part of the API that is gone, and without Zero Trust.
        status(404, 7003, "Could not route to the path", &[]),
        status(410, 7003, "No such route any more", &[]),
        status(400, 9999, "access.api.error.not_enabled", &[]),
        Effect::Html { status: 200 },
        Effect::Empty { status: 200 },
        Effect::Reset { at: Place::BeforeHead },
        Effect::Close { at: Place::InBody },
    ]
}

/// Whether the client asks again, so that a fault that comes once would only cost time.
fn passes(effect: &Effect) -> bool {
    matches!(effect, Effect::Status { status: 500, .. } | Effect::Reset { .. })
}

impl Usual {
    fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        self.requests.iter().flat_map(move |(method, route, count)| {
            effects().into_iter().flat_map(move |effect| {
                let always = Fault::on(method, route, effect.clone());
                let once = if passes(&effect) { 0 } else { *count };
                let each = (1..=once).map({
                    let always = always.clone();
                    move |attempt| always.clone().at_attempt(attempt)
                });
                [always].into_iter().chain(each).map(|fault| Case { usual: self, fault })
            })
        })
    }
}

impl Case<'_> {
    /// Asks, and returns what is wrong with the answer. `None`: the fault hit nothing.
    async fn run(&self) -> Option<Vec<String>> {
        let Asked { method, path, body, .. } = &self.usual.asked;
        let scim = service().await;
        let before = scim.edge.mock.read(state);
        scim.edge.mock.inject(self.fault.clone());
        let answer = scim.ask(method.clone(), path, body).await;
        if scim.edge.mock.fired() == [0] {
            return None;
        }
        scim.edge.server.settle().await;
        let after = scim.edge.mock.read(state);
        let mut wrong = self.judge(&answer, &before, &after);
        let shown = format!("{answer:?}{}", scim.edge.whole_log());
        if [DEMO_TOKEN, TOKEN].iter().any(|secret| shown.contains(secret)) {
            wrong.push("a secret is shown".to_owned());
        }
        let name = self.usual.asked.name;
        let told = |why| format!("{name}, {:?}: {why}\n  {} {}", self.fault, answer.status, answer.body);
        Some(wrong.into_iter().map(told).collect())
    }

    /// Whether the fault is that an account, which a list had, isn't there when it is read. Lists have
    /// accounts for a moment that are gone, so this counts as gone.
    fn takes_an_account_away(&self) -> bool {
        let Fault { on, effect, .. } = &self.fault;
        let is_account = |route: &str| ["access/users/{id}", "members/{id}"].contains(&route);
        let is_read = on.method.as_deref() == Some("GET") && on.route.as_deref().is_some_and(is_account);
        is_read && matches!(effect, Effect::Status { code: 7003 | 9999, .. })
    }

    fn judge(&self, answer: &Answer, before: &Value, after: &Value) -> Vec<String> {
        let (mut wrong, status) = (Vec::new(), answer.status.as_u16());
        let detail = answer.json["detail"].as_str().unwrap_or_default();
        if answer.status.is_success() && self.takes_an_account_away() {
            return wrong;
        }
        if answer.status.is_success() {
            if (status, &timeless(&answer.json)) != (self.usual.status, &self.usual.json) {
                wrong.push(format!("this isn't the usual answer: {}", self.usual.json));
            }
            if *after != self.usual.after {
                wrong.push(format!("it isn't done: {after}"));
            }
            return wrong;
        }
        // A role that can't be found among the roles is given by a policy, which not everybody can have.
        let is_refused = (status, &answer.json["scimType"]) == (400, &json!("mutability"))
            && self.fault.on.route.as_deref() == Some("roles/{id}")
            && after == before;
        if !is_refused && ![409, 429, 502, 503, 504].contains(&status) {
            wrong.push("this is another status".to_owned());
        }
        if status == 429 && answer.headers.get("retry-after").map(String::as_str) != Some("290") {
            wrong.push("it doesn't say when to come again".to_owned());
        }
        if after != before && !tells_of_a_change(status, detail) {
            wrong.push(format!("a change isn't told: {after}"));
        }
        wrong
    }
}

/// Whether an error says that something was done, or may have been.
fn tells_of_a_change(status: u16, detail: &str) -> bool {
    status == 504
        || [
            "were made",
            "were done",
            "is done",
            "was done",
            "was made",
            "was invited",
            "confirmed",
            "may have been",
            "Taken from this person",
        ]
        .iter()
        .any(|it| detail.contains(it))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_at_cloudflare_the_answer_is_the_truth_or_an_error() {
    let usual: Vec<Usual> = iter(all_asked()).map(usual).buffered(8).collect().await;
    let cases: Vec<Case<'_>> = usual.iter().flat_map(Usual::cases).collect();
    let count = cases.len();
    let run: Vec<Option<Vec<String>>> =
        iter(&cases).map(|case| case.run()).buffer_unordered(AT_ONCE).collect().await;
    let hit = run.iter().flatten().count();
    let wrong: Vec<&String> = run.iter().flatten().flatten().collect();
    assert!(hit > 400 && hit * 10 > count * 9, "{hit} of {count} faults hit something");
    let told: Vec<&&String> = wrong.iter().take(30).collect();
    assert!(
        wrong.is_empty(),
        "{} of {hit}:\n{}",
        wrong.len(),
        told.iter().map(|it| it.as_str()).collect::<Vec<_>>().join("\n")
    );
}
