//! Each planted effect happens at its place, and is counted.

use std::collections::BTreeSet;

use host_test::mock::{Effect, Fault, Mock, Operation, Options, Place};
use http::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::{Account, below, company, generated, get, start};

const USERS: &str = "access/users";

fn on_users(effect: Effect) -> Fault {
    Fault::on("GET", USERS, effect)
}

async fn users_with(effect: Effect) -> Mock {
    let mock = start(generated(25, 0, 0, 0)).await;
    mock.inject(on_users(effect));
    mock
}

async fn page(mock: &Mock, page: u64) -> (Vec<String>, Value) {
    let answer = get(mock, &format!("{USERS}?page={page}&per_page=10")).await;
    (answer.ids(), answer.json["result_info"].clone())
}

fn ids(mock: &Mock) -> Vec<String> {
    mock.read(|account| account.users.iter().map(|user| user.id.clone()).collect())
}

#[tokio::test]
async fn answers_are_replaced_and_nothing_is_carried_out() {
    let mock = company().await;
    let failure = Effect::Status {
        status: 503,
        code: 10013,
        message: "Service unavailable".into(),
        headers: vec![("retry-after".into(), "2".into())],
    };
    let effects = [
        failure,
        Effect::Html { status: 520 },
        Effect::Empty { status: 200 },
        Effect::Body { status: 200, body: "[1,".into() },
        Effect::Redirect { location: "https://elsewhere.example/".into() },
    ];
    for (attempt, effect) in (1..).zip(effects) {
        mock.inject(Fault::on("DELETE", "members/{id}", effect).at_attempt(attempt));
    }
    let before = mock.account();
    let path = below(&mock, &format!("members/{}", before.members[0].id));
    let client = Client::new(&mock);
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(client.send(Method::DELETE, &path, Value::Null).await);
    }
    assert_eq!(mock.account(), before);
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [503, 520, 200, 200, 302]);
    assert_eq!((answers[0].failure(), answers[0].headers["retry-after"].as_str()), ((503, 10013), "2"));
    assert!(
        answers[1].body.starts_with("<!DOCTYPE html>")
            && answers[1].headers["content-type"].starts_with("text/html")
    );
    assert_eq!((answers[2].body.as_str(), answers[3].body.as_str()), ("", "[1,"));
    assert_eq!(answers[4].headers["location"], "https://elsewhere.example/");
    assert!(answers.iter().all(|answer| answer.headers.contains_key("cf-ray")));
    assert_eq!(mock.fired(), [1; 5]);
    assert_eq!(client.send(Method::DELETE, &path, Value::Null).await.status, 200);
    assert_eq!(mock.fired(), [1; 5]);
}

#[tokio::test]
async fn a_cut_off_answer_was_carried_out() {
    let mock = company().await;
    mock.inject(Fault::on("DELETE", "members/{id}", Effect::CutOff));
    let id = mock.read(|account| account.members[0].id.clone());
    let path = below(&mock, &format!("members/{id}"));
    let answer = Client::new(&mock).send(Method::DELETE, &path, Value::Null).await;
    assert!(answer.body.starts_with("{\"success\":true") && answer.json.is_null());
    assert!(mock.read(|account| account.members.iter().all(|member| member.id != id)));
    assert_eq!(mock.fired(), [1]);
}

#[tokio::test]
async fn a_fault_is_only_for_its_method_route_page_and_attempt() {
    let fault = on_users(Effect::Empty { status: 500 }).at_page(2).at_attempt(2);
    let options =
        Options { faults: vec![fault, Fault::on("GET", "roles", Effect::CutOff)], ..Options::default() };
    let mock = Mock::start(generated(25, 6, 0, 6), options).await.unwrap();
    let status = async |path: &str| get(&mock, path).await.status.as_u16();
    assert_eq!(status("access/users?page=1&per_page=10").await, 200);
    assert_eq!(status("access/users?page=2&per_page=10").await, 200);
    assert_eq!(status("members?page=2&per_page=5").await, 200);
    assert_eq!(mock.fired(), [0, 0]);
    assert_eq!(status("access/users?page=2&per_page=10").await, 500);
    assert_eq!(status("access/users?page=2&per_page=10").await, 200);
    assert_eq!(mock.fired(), [1, 0]);
}

#[tokio::test]
async fn items_are_replaced_and_inserted() {
    let mock = users_with(Effect::ReplaceItem { at: 1, item: json!({ "id": 7 }) }).await;
    mock.inject(on_users(Effect::InsertItem { at: 0, item: json!("nonsense") }).at_page(2));
    let first = get(&mock, &format!("{USERS}?per_page=10")).await.json;
    assert_eq!(
        (&first["result"][1], first["result_info"]["count"].as_u64()),
        (&json!({ "id": 7 }), Some(10))
    );
    let second = get(&mock, &format!("{USERS}?per_page=10&page=2")).await.json;
    assert_eq!((&second["result"][0], &second["result"][2]), (&json!("nonsense"), &json!({ "id": 7 })));
    let past = get(&mock, &format!("{USERS}?per_page=10&page=9")).await.json;
    assert_eq!(past["result"], json!([]), "there is nothing to replace");
    assert_eq!(mock.fired(), [2, 1]);
}

#[tokio::test]
async fn pages_are_smaller_than_asked_for() {
    let mock = users_with(Effect::SmallerPages { per_page: 4 }).await;
    let mut found = Vec::new();
    for number in 1..=7 {
        let (ids, info) = page(&mock, number).await;
        assert_eq!(
            (&info["per_page"], &info["total_count"], &info["total_pages"]),
            (&json!(4), &json!(25), &json!(7))
        );
        found.extend(ids);
    }
    assert_eq!(found, ids(&mock));
    assert_eq!(mock.fired(), [7]);
}

#[tokio::test]
async fn totals_are_missing_or_change() {
    let mock = users_with(Effect::NoTotals).await;
    assert_eq!(page(&mock, 3).await.1, json!({ "page": 3, "per_page": 10, "count": 5 }));
    assert_eq!(mock.fired(), [1]);

    let mock = users_with(Effect::TotalChanged { from_page: 2, by: -3 }).await;
    let total = async |number| page(&mock, number).await.1["total_count"].as_u64();
    assert_eq!((total(1).await, total(2).await, total(3).await), (Some(25), Some(22), Some(22)));
    assert_eq!(mock.fired(), [2]);
}

#[tokio::test]
async fn the_last_item_comes_once_more_on_the_next_page() {
    let mock = users_with(Effect::RepeatLast).await;
    let all = ids(&mock);
    assert_eq!(page(&mock, 1).await.0, all[..10]);
    assert_eq!(page(&mock, 2).await.0, all[9..20]);
    assert_eq!(page(&mock, 3).await.0, all[19..]);
    assert_eq!(page(&mock, 4).await.0, [""; 0], "the end stays the end");
    assert_eq!(mock.fired(), [2]);
}

#[tokio::test]
async fn a_list_never_ends() {
    let mock = users_with(Effect::EndlessRepeat).await;
    for number in [1, 3, 400] {
        let (found, info) = page(&mock, number).await;
        assert_eq!(found, ids(&mock)[..10]);
        assert_eq!(info, json!({ "page": number, "per_page": 10, "count": 10 }));
    }
    assert_eq!(mock.fired(), [3]);

    let mut account = generated(25, 0, 1, 0);
    account.lists.retain(|list| !list.items.is_empty() && list.kind == "EMAIL");
    let list = format!("gateway/lists/{}/items", account.lists[0].id);
    for (account, path) in [
        (account, list.as_str()),
        (generated(25, 0, 0, 0), USERS),
        (Account::generate(0, Default::default()), USERS),
    ] {
        let mock = start(account).await;
        mock.inject(Fault::always(Effect::EndlessFresh));
        let mut seen = BTreeSet::new();
        for number in 1..=40 {
            let answer = get(&mock, &format!("{path}?page={number}&per_page=10")).await;
            assert!(answer.json["result_info"].get("total_count").is_none());
            seen.extend(answer.ids());
        }
        assert_eq!(seen.len(), 400, "{path}");
        assert_eq!(mock.fired(), [40]);
    }
}

#[tokio::test]
async fn a_server_without_pages_sends_everything_always() {
    for info in [false, true] {
        let mock = users_with(Effect::Unpaged { info }).await;
        for number in [1, 2, 400] {
            let (found, told) = page(&mock, number).await;
            assert_eq!(found, ids(&mock));
            let one = json!({ "page": 1, "per_page": 26, "count": 25, "total_pages": 1 });
            assert_eq!(told, if info { one } else { Value::Null });
        }
        assert_eq!(mock.fired(), [3]);
    }
}

#[tokio::test]
async fn page_faults_do_nothing_to_other_answers() {
    let mock = company().await;
    for effect in
        [Effect::NoTotals, Effect::RepeatLast, Effect::EndlessFresh, Effect::SmallerPages { per_page: 1 }]
    {
        mock.inject(Fault::always(effect));
    }
    let id = mock.read(|account| account.users[0].id.clone());
    assert_eq!(get(&mock, &format!("{USERS}/{id}")).await.json["result"]["id"], json!(id));
    assert_eq!(get(&mock, "nowhere").await.failure(), (404, 7003));
    assert_eq!(mock.fired(), [0; 4]);
}

#[test]
fn faults_are_data() {
    let fault = on_users(Effect::TotalChanged { from_page: 2, by: -1 }).at_page(3);
    let json = json!({
        "on": { "method": "GET", "route": "access/users", "page": 3, "attempt": null },
        "effect": { "total_changed": { "from_page": 2, "by": -1 } },
    });
    assert_eq!(serde_json::to_value(&fault).unwrap(), json);
    assert_eq!(serde_json::from_value::<Fault>(json).unwrap(), fault);
    let always: Fault = serde_json::from_value(json!({ "on": {}, "effect": "cut_off" })).unwrap();
    assert_eq!(always, Fault::always(Effect::CutOff));
    let lost = Fault::on("PUT", "members/{id}", Effect::Reset { at: Place::BeforeHead }).carried_out(true);
    let json = json!({
        "on": { "method": "PUT", "route": "members/{id}", "page": null, "attempt": null },
        "effect": { "reset": { "at": "before_head" } },
        "carried_out": true,
    });
    assert_eq!(serde_json::to_value(&lost).unwrap(), json);
    assert_eq!(serde_json::from_value::<Fault>(json).unwrap(), lost);
}

#[tokio::test]
async fn a_fault_can_be_for_one_of_many() {
    let mock = company().await;
    let ids: Vec<String> = mock.read(|account| account.groups.iter().map(|group| group.id.clone()).collect());
    let on = Operation::on("GET", "access/groups/{id}").of(&ids[1]);
    mock.inject(Fault { on, ..Fault::always(Effect::Empty { status: 500 }) });
    let mut statuses = Vec::new();
    for id in &ids[..3] {
        statuses.push(get(&mock, &format!("access/groups/{id}")).await.status.as_u16());
    }
    assert_eq!((statuses, mock.fired()), (vec![200, 500, 200], vec![1]));
}
