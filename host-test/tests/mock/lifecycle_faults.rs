//! Faults and other writers at the writes for joiners and leavers, before and after they take
//! effect.

use host_test::mock::{Account, Effect, Fault, Mock, Operation, Options, Place, When};
use http::Method;
use serde_json::{Value, json};

use super::below;
use super::client::Client;

/// A write that is right on the company's account.
struct Step {
    method: Method,
    route: &'static str,
    path: String,
    body: Value,
}

/// Returns the right writes for joiners and leavers.
fn steps(account: &Account) -> Vec<Step> {
    let priya = account.users.iter().find(|user| user.name.as_deref() == Some("Priya Raman")).unwrap();
    let member = account.members.iter().find(|member| member.address() == priya.email.as_deref()).unwrap();
    let step = |method: Method, route: &'static str, id: &str, body: Value| Step {
        method,
        route,
        path: route.replace("{id}", id),
        body,
    };
    let new = "new.starter@northwind.example";
    let seat = json!([{ "seat_uid": priya.seat_uid, "access_seat": false, "gateway_seat": false }]);
    let name = json!({ "email": priya.email, "name": "Priya" });
    vec![
        step(Method::POST, "members", "", json!({ "email": new, "roles": [account.roles[1].id] })),
        step(Method::DELETE, "members/{id}", &member.id, Value::Null),
        step(Method::POST, "access/users", "", json!({ "email": new })),
        step(Method::PUT, "access/users/{id}", &priya.id, name),
        step(Method::DELETE, "access/users/{id}", &priya.id, Value::Null),
        step(Method::PATCH, "access/seats", "", seat),
        step(Method::POST, "access/organizations/revoke_user", "", json!({ "email": priya.email })),
    ]
}

/// Sends a step to the company under a fault. Returns the mock, and whether there was a whole
/// answer.
async fn run(step: &Step, fault: Option<Fault>) -> (Mock, bool) {
    let options = Options { faults: fault.into_iter().collect(), ..Options::default() };
    let mock = Mock::start(Account::company(), options).await.unwrap();
    let Step { method, path, body, .. } = step;
    let sent = Client::new(&mock).try_send(method.clone(), &below(&mock, path), body.clone()).await;
    let is_whole = sent.is_ok_and(|answer| answer.json["success"] == true);
    (mock, is_whole)
}

#[tokio::test]
async fn each_write_fails_before_or_after_it_takes_effect() {
    let before = Account::company();
    let effects = [
        Effect::Status { status: 500, code: 1, message: "no".into(), headers: Vec::new() },
        Effect::Empty { status: 504 },
        Effect::Html { status: 520 },
        Effect::Reset { at: Place::BeforeHead },
        Effect::Close { at: Place::InBody },
    ];
    for step in steps(&before) {
        let name = format!("{} {}", step.method, step.route);
        let (mock, is_whole) = run(&step, None).await;
        assert!(is_whole && mock.account() != before, "{name}");
        for effect in &effects {
            for carried_out in [false, true] {
                let fault =
                    Fault::on(step.method.as_str(), step.route, effect.clone()).carried_out(carried_out);
                let (mock, is_whole) = run(&step, Some(fault)).await;
                assert!(!is_whole, "{name}: {effect:?}");
                assert_eq!(mock.account() != before, carried_out, "{name}: {effect:?}");
                assert_eq!(mock.fired(), [1], "{name}");
            }
        }
        let cut = Fault::on(step.method.as_str(), step.route, Effect::CutOff);
        let (mock, is_whole) = run(&step, Some(cut)).await;
        assert!(!is_whole && mock.account() != before, "{name}: a part of the answer was sent");
    }
}

#[tokio::test]
async fn others_write_before_and_after_each_write() {
    for step in steps(&Account::company()) {
        let name = format!("{} {}", step.method, step.route);
        let mock = Mock::start(Account::company(), Options::default()).await.unwrap();
        let on = || Operation::on(step.method.as_str(), step.route);
        mock.meddle(on(), When::Before, |account| account.name = "before".into());
        mock.meddle(on(), When::After, move |account| {
            assert_eq!(account.name, "before");
            let changed = Account { name: Account::company().name, ..account.clone() };
            assert_ne!(changed, Account::company(), "the write has taken effect");
            account.name = "after".into();
        });
        let Step { method, path, body, .. } = step;
        let answer = Client::new(&mock).send(method, &below(&mock, &path), body).await;
        assert!(answer.status.is_success(), "{name}");
        assert_eq!(mock.meddled(), [true, true], "{name}");
        assert_eq!(mock.read(|account| account.name.clone()), "after", "{name}");
    }
}

/// Without this, a connector that reads after a deletion could not be told that a read failed.
#[tokio::test]
async fn a_read_that_fails_doesn_t_bring_a_deletion_to_its_end() {
    let before = Account::company();
    let step = steps(&before).remove(4);
    let (mock, _) = run(&step, None).await;
    mock.inject(Fault::on("GET", "access/users/{id}", Effect::Empty { status: 500 }).at_attempt(1));
    let path = below(&mock, &step.path);
    let client = Client::new(&mock);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(client.get(&path).await.status.as_u16());
    }
    assert_eq!(statuses, [500, 200, 404]);
}
