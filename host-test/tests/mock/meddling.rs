//! Another writer, who changes the account at a certain request.

use host_test::mock::{Effect, Fault, Operation, When};
use http::Method;
use serde_json::json;

use super::client::Client;
use super::{below, company, get};

#[tokio::test]
async fn a_change_is_made_once_at_its_request_before_or_after() {
    let mock = company().await;
    let roles = mock.read(|account| account.roles.len());
    mock.meddle(Operation::on("GET", "roles").at_attempt(2), When::Before, |account| {
        drop(account.roles.pop())
    });
    mock.meddle(Operation::on("GET", "roles").at_attempt(3), When::After, |account| {
        drop(account.roles.pop())
    });
    mock.meddle(Operation::on("GET", "members").at_page(7), When::Before, |account| account.members.clear());
    let mut listed = Vec::new();
    for _ in 0..5 {
        listed.push(get(&mock, "roles?per_page=50").await.ids().len());
    }
    get(&mock, "members?page=1").await;
    assert_eq!(listed, [roles, roles - 1, roles - 1, roles - 2, roles - 2]);
    assert_eq!(mock.meddled(), [true, true, false]);
}

#[tokio::test]
async fn between_a_read_and_a_write() {
    let mock = company().await;
    let id = mock.read(|account| account.groups[0].id.clone());
    let path = below(&mock, &format!("access/groups/{id}"));
    let on = Operation::on("GET", "access/groups/{id}");
    mock.meddle(on, When::After, |account| account.groups[0].name = "theirs".into());
    mock.meddle(Operation::on("PUT", "access/groups/{id}"), When::Before, |account| {
        assert_eq!(account.groups[0].name, "theirs");
        account.groups[0].name = "theirs again".into();
    });
    let client = Client::new(&mock);
    assert_ne!(client.get(&path).await.json["result"]["name"], json!("theirs"));
    let body = json!({"name": "ours", "include": [{"everyone": {}}]});
    assert_eq!(client.send(Method::PUT, &path, body).await.status, 200);
    assert_eq!(mock.read(|account| account.groups[0].name.clone()), "ours");
    assert_eq!(mock.meddled(), [true, true]);
}

#[tokio::test]
async fn a_fault_doesn_t_keep_others_away() {
    let mock = company().await;
    mock.inject(Fault::on("GET", "roles", Effect::Empty { status: 500 }));
    mock.meddle(Operation::default(), When::Before, |account| account.roles.clear());
    assert_eq!(get(&mock, "roles").await.status, 500);
    mock.end_faults();
    assert!(get(&mock, "roles").await.ids().is_empty());
    assert_eq!((mock.fired(), mock.meddled()), (vec![1], vec![true]));
}

#[tokio::test]
async fn a_request_waits_for_what_holds_it() {
    let mock = company().await;
    let (release, released) = tokio::sync::watch::channel(false);
    mock.hold(Box::new(move |_| {
        let mut released = released.clone();
        Box::pin(async move { drop(released.wait_for(|released| *released).await) })
    }));
    let change = async {
        mock.change(|account| account.roles.clear());
        release.send(true).unwrap();
    };
    let (listed, ()) = tokio::join!(get(&mock, "roles?per_page=50"), change);
    assert!(listed.ids().is_empty());
}
