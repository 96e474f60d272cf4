//! Every fault at every request of a read of what one principal holds. Whatever is missing in the end is
//! warned of, or the call fails and the same cursor continues.

use super::account::TOKEN;
use super::scenario::{self, Request, Scenario};
use super::{LONG, ends, find_fault, patient_host, settings};
use crate::common::setup::host_within;
use crate::common::whole::{Whole, grant_id};
use crate::is_incomplete;
use connector_host::contract::{ErrorKind, ResourceId};
use connector_host::{Host, HostError, Limits};
use host_test::mock::{Account, Mock, Options, Token};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const MOST_FAILURES: usize = 4;

/// Somebody who is a member and a user, by the address; a user and a token by their ids.
fn principals() -> [ResourceId; 3] {
    let account = Account::company();
    let address = |member: &&host_test::mock::Member| {
        let has = |user: &host_test::mock::AccessUser| user.email.is_some() && user.email == member.email;
        member.status == "accepted" && account.users.iter().any(has)
    };
    let member = account.members.iter().filter(address).nth(3).unwrap();
    let id = |kind: &str, id: &str| ResourceId { kind: kind.to_owned(), id: id.to_owned() };
    [
        id("email", &member.email.as_ref().unwrap().to_lowercase()),
        id("user", &account.users[0].id),
        id("service-token", &account.service_tokens[0].id),
    ]
}

/// The outcome of a read.
struct Outcome {
    whole: Whole,
    ended: bool,
    failures: Vec<ErrorKind>,
    /// The faults that a single read shows. There must never be one.
    wrong: Vec<String>,
    routes: Vec<String>,
}

async fn read(host: &Host, principal: &ResourceId, scenario: &Scenario) -> Outcome {
    let options = Options {
        tokens: vec![Token::new(TOKEN)],
        // An address has to be looked for on several pages.
        max_per_page: [("members".to_owned(), 5)].into(),
        faults: scenario.faults(),
        ..Options::default()
    };
    let mock = Mock::start(Account::company(), options).await.unwrap();
    let settings = settings(&mock.read(|account| account.id.clone()), &mock.base_url(), scenario);
    let mut session = host.open("api-token", &settings).await.unwrap();
    let (mut whole, mut cursor, mut ended) = (Whole::default(), None::<String>, false);
    let (mut failures, mut wrong) = (Vec::new(), Vec::new());
    while !ended && failures.len() < MOST_FAILURES {
        match session.held(principal, cursor.as_deref()).await {
            Ok(page) => {
                if format!("{page:?}").contains(TOKEN) {
                    wrong.push("the token shows in a page".to_owned());
                }
                cursor = whole.take(page);
                ended = cursor.is_none();
            }
            Err(HostError::Connector(error) | HostError::Network { error, .. }) => {
                if format!("{error:?}").contains(TOKEN) {
                    wrong.push("the token shows in an error".to_owned());
                }
                failures.push(error.kind);
                mock.end_faults();
                mock.come_back().await;
                if scenario.anew {
                    session = host.open("api-token", &settings).await.unwrap();
                }
            }
            Err(other) => {
                wrong.push(format!("the session ended: {other}"));
                break;
            }
        }
    }
    if mock.fired().contains(&0) {
        wrong.push("the fault never fired".to_owned());
    }
    let routes = mock.requests_by_route().into_keys().collect();
    Outcome { whole, ended, failures, wrong, routes }
}

fn grants(whole: &Whole) -> BTreeMap<String, String> {
    whole.grants.iter().map(|grant| (grant_id(grant), format!("{grant:?}"))).collect()
}

/// Lists what is wrong with an outcome.
fn wrong_with(outcome: Outcome, truth: &BTreeMap<String, String>) -> Vec<String> {
    let Outcome { whole, ended, failures, mut wrong, .. } = outcome;
    if !ends(ended, &failures, &mut wrong) || is_incomplete(&whole) {
        return wrong;
    }
    let given = grants(&whole);
    if !given.keys().eq(truth.keys()) {
        let missing: Vec<_> = truth.keys().filter(|id| !given.contains_key(*id)).collect();
        wrong.push(format!("{} instead of {}; missing: {missing:?}", given.len(), truth.len()));
    } else if given != *truth && whole.warned_of("providers-not-readable").is_empty() {
        wrong.push("it is held for other reasons".to_owned());
    }
    wrong
}

async fn sweep(host: Host, scenarios: impl Fn(&[Request]) -> Vec<Scenario>) {
    for principal in principals() {
        let undisturbed = read(&host, &principal, &Scenario::undisturbed()).await;
        assert!(!is_incomplete(&undisturbed.whole) && !undisturbed.whole.grants.is_empty());
        let truth = Arc::new(grants(&undisturbed.whole));
        let request = |route: &String| Request::on(route.trim_start_matches("GET "), None);
        let requests: Vec<Request> = undisturbed.routes.iter().map(request).collect();
        assert!(requests.len() >= 3, "{requests:?}");
        let all = scenarios(&requests).into_iter().flat_map(|it| [it.clone(), Scenario { anew: true, ..it }]);
        find_fault(all.collect(), |scenario| {
            let (host, principal, truth) = (host.clone(), principal.clone(), Arc::clone(&truth));
            async move { wrong_with(read(&host, &principal, &scenario).await, &truth) }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_something_else() {
    sweep(patient_host().await, scenario::answers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_fail() {
    let patient = Duration::from_secs(5);
    let limits = Limits { first_byte: patient, between_bytes: patient, call: LONG, ..Limits::default() };
    sweep(host_within(limits).await, scenario::connections).await;
}
