//! A sync through the service is the truth, comes page by page, and continues from any of its
//! cursors.

use crate::asking::{Edge, failed, hold_after, lines};
use crate::common::compare::compare;
use crate::common::http::Client;
use crate::records::whole;
use cloudflare_zero_trust::output::{JsonLines, Sink};
use connector_host::contract::Progress;
use connector_host::{Cache, Config, Host};
use host_test::CONNECTOR;
use host_test::contract::Translate;
use host_test::mock::{Account, DEMO_TOKEN, Effect, Fault, Options, Size};
use http::Method;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Makes an account of many pages.
fn many_pages() -> (Account, Options) {
    let mut options = Options::default();
    options.max_per_page.extend([("access/users".to_owned(), 10), ("members".to_owned(), 10)]);
    (Account::generate(7, Size { users: 95, members: 45, groups: 20, roles: 30 }), options)
}

async fn many_page_edge() -> Edge {
    let (account, options) = many_pages();
    Edge::with(account, options, &[]).await
}

fn cursors(lines: &[Value]) -> Vec<(usize, &Value)> {
    lines.iter().enumerate().filter(|(_, line)| line["type"] == "cursor").collect()
}

/// Removes the counts of requests: a resumed read sends more, to learn again what it rests on.
fn but_for_requests(lines: &[Value]) -> Vec<Value> {
    let mut lines = lines.to_vec();
    lines.iter_mut().filter(|line| line["type"] == "end").for_each(|end| drop(end["requests"].take()));
    lines
}

#[tokio::test]
async fn is_the_truth() {
    let generated =
        (1..4).map(|seed| Account::generate(seed, Size { users: 60, members: 60, groups: 25, roles: 55 }));
    for account in generated.chain([Account::company()]) {
        let edge = Edge::new(account).await;
        let answer = edge.post("/v1/sync", &json!({})).await;
        assert_eq!(
            (answer.status.as_u16(), answer.headers["content-type"].as_str()),
            (200, "application/x-ndjson")
        );
        let whole = whole(&lines(&answer));
        compare(&whole, &edge.mock.account());
        assert_eq!(u64::from(whole.requests), edge.mock.request_count());
        assert_eq!(edge.log(), "");
        edge.server.settle().await;
    }
}

/// The plugin, read page by page, is the expectation.
#[tokio::test]
async fn behind_each_page_stands_its_cursor() {
    let edge = many_page_edge().await;
    let came = edge.post("/v1/sync", &json!({})).await;
    let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
    let host = Host::new(CONNECTOR, Config { cache, ..Config::default() }).await.unwrap();
    let (account, base_url) = (edge.mock.read(|account| account.id.clone()), edge.mock.base_url());
    let settings = [("account-id", account.as_str()), ("base-url", &base_url), ("api-token", DEMO_TOKEN)];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut session = host.open("api-token", &settings).await.unwrap();
    let (mut expected, mut cursor, mut requests) = (Vec::new(), None, 0);
    loop {
        let page = session.read(&[], cursor.as_deref()).await.unwrap();
        JsonLines::new(&mut expected).page(&page.clone().translate()).unwrap();
        let Progress { phase, done, total } = page.progress;
        requests += page.requests;
        cursor = page.next;
        let mark = match &cursor {
            Some(cursor) => {
                let progress = json!({"phase": phase, "done": done, "total": total});
                json!({"type": "cursor", "cursor": cursor, "progress": progress})
            }
            None => json!({"type": "end", "requests": requests, "rate_limit": null}),
        };
        expected.extend(format!("{mark}\n").into_bytes());
        if cursor.is_none() {
            break;
        }
    }
    let expected = String::from_utf8(expected).unwrap();
    let expected = expected.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert_eq!(lines(&came), expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn kinds_narrow_it() {
    let edge = Edge::new(Account::company()).await;
    let answer = edge.post("/v1/sync", &json!({"kinds": ["role", "member"]})).await;
    let whole = whole(&lines(&answer));
    let kinds: BTreeSet<&str> = whole.resources.iter().map(|it| it.id.kind.as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["member", "role"]));
    // What gives roles to members, and the account, which an organization may manage.
    let asked = [
        "GET accounts/{id}",
        "GET iam/user_groups",
        "GET iam/user_groups/{id}/members",
        "GET members",
        "GET roles",
    ];
    let routes = edge.mock.requests_by_route();
    assert!(routes.keys().all(|route| asked.contains(&route.as_str())), "{routes:?}");
}

#[tokio::test]
async fn a_client_that_was_cut_off_goes_on_from_any_cursor() {
    let edge = many_page_edge().await;
    let all = lines(&edge.post("/v1/sync", &json!({"cursor": null})).await);
    let cursors = cursors(&all);
    assert!(cursors.len() > 15, "{} cursors", cursors.len());
    for (at, line) in cursors {
        let rest = lines(&edge.post("/v1/sync", &json!({"cursor": line["cursor"]})).await);
        assert_eq!(but_for_requests(&rest), but_for_requests(&all[at + 1..]), "from line {at}");
    }
    compare(&whole(&all), &edge.mock.account());
}

#[tokio::test]
async fn a_cursor_of_something_else_is_the_clients_fault() {
    let edge = many_page_edge().await;
    let all = lines(&edge.post("/v1/sync", &json!({"kinds": ["user"]})).await);
    let (_, of_users) = cursors(&all)[0];
    for body in [
        json!({"cursor": of_users["cursor"]}),
        json!({"kinds": ["user"], "cursor": "nonsense"}),
        json!({"kinds": ["user"], "cursor": ""}),
    ] {
        assert_eq!(failed(&edge.post("/v1/sync", &body).await), (400, "invalid-cursor"), "{body}");
    }
}

#[tokio::test]
async fn an_error_on_a_later_page_is_the_last_line_and_the_cursor_before_it_goes_on() {
    let edge = many_page_edge().await;
    let message = "for a while".to_owned();
    let fault = Effect::Status { status: 403, code: 9109, message, headers: vec![] };
    edge.mock.inject(Fault::on("GET", "access/users", fault).at_page(4));
    let answer = edge.post("/v1/sync", &json!({})).await;
    assert_eq!(answer.status, 200);
    let mut begun = lines(&answer);
    let error = begun.pop().unwrap();
    assert_eq!(
        (&error["type"], &error["kind"], &error["http_status"]),
        (&json!("error"), &json!("permission-denied"), &json!(403))
    );
    let log = edge.log_since(0);
    assert_eq!((log.len(), &log[0]["status"], &log[0]["route"]), (1, &json!(502), &json!("/v1/sync")));
    edge.mock.end_faults();
    let cursor = begun.last().unwrap()["cursor"].clone();
    begun.extend(lines(&edge.post("/v1/sync", &json!({"cursor": cursor})).await));
    compare(&whole(&begun), &edge.mock.account());
}

/// The longest wait. A service that kept its answer until it is whole would never send it while a
/// request is held.
const NEVER: Duration = Duration::from_secs(60);

/// Returns an answer's body as soon as its head is there.
async fn begun(client: &Client) -> Incoming {
    let begun = tokio::time::timeout(NEVER, client.begin(Method::POST, "/v1/sync", "{}".to_owned())).await;
    begun.expect("no head comes").unwrap().into_body()
}

/// Reads until a cursor has come.
async fn until_a_cursor(body: &mut Incoming) -> String {
    let mut text = String::new();
    while !text.contains(r#"{"type":"cursor""#) {
        let frame = tokio::time::timeout(NEVER, body.frame()).await.expect("nothing comes");
        let frame = frame.expect("more of the answer").unwrap();
        text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
    }
    text
}

#[tokio::test]
pub async fn a_page_is_out_before_the_next_one_is_there() {
    let edge = many_page_edge().await;
    let all = lines(&edge.post("/v1/sync", &json!({})).await);
    let requests = edge.mock.request_count();
    let release = hold_after(&edge.mock, requests - 1);
    let client = edge.trusted();
    let mut body = begun(&client).await;
    let mut text = until_a_cursor(&mut body).await;
    assert!(!text.contains(r#""type":"end""#));
    release.send(true).unwrap();
    text.push_str(std::str::from_utf8(&body.collect().await.unwrap().to_bytes()).unwrap());
    let came: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(came, all);
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_work_and_hurts_nobody() {
    let edge = many_page_edge().await;
    let all = lines(&edge.post("/v1/sync", &json!({})).await);
    let requests = edge.mock.request_count();
    edge.mock.forget_requests();
    let release = hold_after(&edge.mock, 8);
    let client = edge.trusted();
    let mut body = begun(&client).await;
    until_a_cursor(&mut body).await;
    drop((body, client));
    edge.server.is_left().await;
    release.send(true).unwrap();
    edge.server.settle().await;
    assert!(edge.mock.request_count() < requests, "it went on asking for nobody");
    let log = edge.log_since(0);
    assert!(log.len() == 1 && log[0]["reason"].as_str().unwrap().contains("didn't get through"), "{log:?}");
    assert_eq!(lines(&edge.post("/v1/sync", &json!({})).await), all);
}

/// A request that needs more than [`MEMORY`](crate::common::edge_server::MEMORY) traps.
#[tokio::test]
pub async fn many_people_take_no_more_memory() {
    let mut account = Account::generate(3, Size { users: 20_000, members: 500, groups: 10, roles: 20 });
    account.groups[0].include = Some(vec![json!({"everyone": {}})]);
    account.groups[0].exclude = None;
    account.groups[0].require = None;
    let everyone = account.groups[0].id.clone();
    let edge = Edge::new(account).await;
    let sync = edge.trusted().try_send_text(Method::POST, "/v1/sync", "{}".to_owned()).await.unwrap();
    let group = format!("/v1/resources/group/{everyone}");
    let group = edge.trusted().try_send_text(Method::GET, &group, String::new()).await.unwrap();
    edge.server.settle().await;
    for answer in [sync, group] {
        assert!(answer.body.lines().count() > 20_000);
        assert!(answer.body.lines().last().unwrap().starts_with(r#"{"type":"end""#));
    }
}
