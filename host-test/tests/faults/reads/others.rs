//! The same faults at every request of reads that ask for more than a usual sync: for policies that the
//! list of applications lacks, for service tokens, for one application, and for one principal whose groups
//! name lists. Whatever is missing in the end is warned of, or the call fails and the same cursor
//! continues.

use super::account::{TOKEN, account};
use super::native::session as native_session;
use super::scenario::{self, Disturbance, Request, Scenario};
use super::{MOST_FAILURES, ends, find_fault, options, patient_host, settings};
use crate::cases::Cases;
use crate::common::whole::{Whole, each_grant, grant_id};
use crate::in_process::{Asked, MockInProcess};
use crate::is_incomplete;
use cloudflare_zero_trust::contract as connector;
use cloudflare_zero_trust::error::Error;
use cloudflare_zero_trust::model::Page as CorePage;
use connector_host::contract::{ErrorKind, Page, ResourceId};
use connector_host::{Host, HostError, Session};
use host_test::contract::Translate;
use host_test::mock::{AccessPolicy, Account, Effect, Embedding, Mock, Options, ServiceToken};
use rand::RngExt;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const POLICIES_OF_APP: &str = "access/apps/{id}/policies";
const TOKENS: &str = "access/service_tokens";
const LIST: &str = "gateway/lists/{id}/items";

/// The account of the sweep of a sync, with applications whose policies its list doesn't have, and service
/// tokens. A group that a list fills and a token are behind them.
fn unlisted() -> Account {
    let mut account = account();
    let listed = account.groups[4].id.clone();
    account.service_tokens = (0..5)
        .map(|number| ServiceToken {
            id: format!("0000000b-0000-4000-a000-{number:012x}"),
            name: Some(format!("Token {number}")),
            enabled: Some(number != 3),
            ..ServiceToken::default()
        })
        .collect();
    let own = |number: usize, decision: &str, include: Value| AccessPolicy {
        id: format!("0000000c-0000-4000-a000-{number:012x}"),
        name: Some(format!("Unlisted {number}")),
        decision: Some(decision.to_owned()),
        include: include.as_array().cloned(),
        ..AccessPolicy::default()
    };
    let program = json!([{"service_token": {"token_id": account.service_tokens[1].id}}]);
    let third = account.applications[3].clone();
    account.applications[3] = third
        .with_own(own(0, "deny", json!([{"email": {"email": "user4@corp.example"}}])), 1)
        .with_own(own(1, "allow", json!([{"group": {"id": listed}}])), 2)
        .with_own(own(2, "non_identity", program), 3)
        .with_own(own(3, "allow", json!([{"email": {"email": "nobody@else.example"}}])), 4);
    account.applications[3].embedding = Embedding::Absent;
    account.applications[5].embedding = Embedding::ById;
    account
}

/// A way to read.
#[derive(Clone, Debug)]
enum Way {
    Sync(&'static [&'static str]),
    Get(ResourceId),
    Held(ResourceId),
}

impl Way {
    /// A sync with service tokens. Nobody names the identity providers, so they may be missing.
    const WITH_TOKENS: Way =
        Way::Sync(&["group", "policy", "app", "service-token", "member", "user", "email"]);

    fn all() -> Vec<Way> {
        let id = |kind: &str, id: &str| ResourceId { kind: kind.to_owned(), id: id.to_owned() };
        let account = unlisted();
        vec![
            Way::WITH_TOKENS,
            Way::Get(id("app", &account.applications[3].id)),
            Way::Get(id("app", &account.applications[1].id)),
            Way::Held(id("user", &account.users[5].id)),
            Way::Held(id("email", "guest3@list.example")),
            Way::Held(id("service-token", &account.service_tokens[1].id)),
        ]
    }

    async fn over_http(&self, session: &mut Session, cursor: Option<&str>) -> Result<Page, HostError> {
        match self {
            Way::Sync(kinds) => session.read(&kinds.map_to_owned(), cursor).await,
            Way::Get(id) => session.get(id, cursor).await,
            Way::Held(id) => session.held(id, cursor).await,
        }
    }

    fn natively(
        &self,
        session: &mut cloudflare_zero_trust::session::Session<&MockInProcess>,
        cursor: Option<&str>,
    ) -> Result<Page, HostError> {
        let page: Result<CorePage, Error> = match self {
            Way::Sync(kinds) => session.read(&kinds.map_to_owned(), cursor),
            Way::Get(id) => session.get(&id.kind, &id.id, cursor),
            Way::Held(id) => session.held(&id.kind, &id.id, cursor),
        };
        match page {
            Ok(page) => Ok(connector::Page::from(page).translate()),
            Err(error) => Err(HostError::Connector(Box::new(connector::Error::from(error).translate()))),
        }
    }
}

trait MapToOwned {
    fn map_to_owned(&self) -> Vec<String>;
}

impl MapToOwned for &[&str] {
    fn map_to_owned(&self) -> Vec<String> {
        self.iter().map(|&word| word.to_owned()).collect()
    }
}

/// The outcome of a read.
#[derive(Default)]
struct Outcome {
    whole: Whole,
    ended: bool,
    failures: Vec<ErrorKind>,
    /// The faults that a single call shows. There must never be one.
    wrong: Vec<String>,
}

impl Outcome {
    /// Adds a page. A read of one resource has no principals in it, so their order is nothing to check.
    fn add(&mut self, page: Page) -> Option<String> {
        self.whole.resources.extend(page.resources);
        self.whole.grants.extend(page.grants.iter().flat_map(each_grant));
        self.whole.warnings.extend(page.warnings);
        page.next
    }

    /// Takes the result of a call. Returns the next cursor, or whether to ask again.
    fn take(&mut self, result: Result<Page, HostError>, asked: Option<String>) -> Next {
        match result {
            Ok(page) => {
                if format!("{page:?}").contains(TOKEN) {
                    self.wrong.push("the token shows in a page".to_owned());
                }
                match self.add(page) {
                    Some(next) => Next::Page(next),
                    None => {
                        self.ended = true;
                        Next::End
                    }
                }
            }
            Err(HostError::Connector(error) | HostError::Network { error, .. }) => {
                if format!("{error:?}").contains(TOKEN) {
                    self.wrong.push("the token shows in an error".to_owned());
                }
                self.failures.push(error.kind);
                if self.failures.len() < MOST_FAILURES { Next::Again(asked) } else { Next::End }
            }
            Err(other) => {
                self.wrong.push(format!("the session ended: {other}"));
                Next::End
            }
        }
    }
}

enum Next {
    Page(String),
    Again(Option<String>),
    End,
}

fn with_faults(scenario: &Scenario) -> Options {
    let mut options = options(scenario);
    options.max_per_page.extend([POLICIES_OF_APP, TOKENS].map(|route| (route.to_owned(), 2)));
    options
}

/// Reads with the core alone. Also returns the requests that arrived.
fn read_natively(way: &Way, scenario: &Scenario) -> (Outcome, Vec<Asked>) {
    let upstream = MockInProcess::new(unlisted(), with_faults(scenario));
    let mut session = native_session(&upstream, scenario);
    let (mut outcome, mut cursor) = (Outcome::default(), None::<String>);
    loop {
        let result = way.natively(&mut session, cursor.as_deref());
        match outcome.take(result, cursor) {
            Next::Page(next) => cursor = Some(next),
            Next::Again(asked) => {
                cursor = asked;
                if scenario.ends_with_a_failure() {
                    upstream.mock.end_faults();
                }
                upstream.come_back();
                if scenario.anew {
                    session = native_session(&upstream, scenario);
                }
            }
            Next::End => break,
        }
    }
    if upstream.mock.fired().first() == Some(&0) {
        outcome.wrong.push("the fault never fired".to_owned());
    }
    (outcome, upstream.sent().iter().map(Asked::like).collect())
}

/// Reads through the component.
async fn read(host: &Host, way: &Way, scenario: &Scenario) -> Outcome {
    let mock = Mock::start(unlisted(), with_faults(scenario)).await.unwrap();
    let settings = settings(&mock.read(|account| account.id.clone()), &mock.base_url(), scenario);
    let mut session = host.open("api-token", &settings).await.unwrap();
    let (mut outcome, mut cursor) = (Outcome::default(), None::<String>);
    loop {
        let result = way.over_http(&mut session, cursor.as_deref()).await;
        match outcome.take(result, cursor) {
            Next::Page(next) => cursor = Some(next),
            Next::Again(asked) => {
                cursor = asked;
                if scenario.ends_with_a_failure() {
                    mock.end_faults();
                }
                mock.come_back().await;
                if scenario.anew {
                    session = host.open("api-token", &settings).await.unwrap();
                }
            }
            Next::End => break,
        }
    }
    if mock.fired().first() == Some(&0) {
        outcome.wrong.push("the fault never fired".to_owned());
    }
    outcome
}

/// The names of everything that was read, each with the reason for a grant.
fn facts(whole: &Whole) -> BTreeMap<String, String> {
    let resources = whole.resources.iter().map(|it| (format!("{}:{}", it.id.kind, it.id.id), String::new()));
    let grants = whole.grants.iter().map(|grant| (grant_id(grant), format!("{grant:?}")));
    resources.chain(grants).collect()
}

/// Lists what is wrong with an outcome.
fn wrong_with(outcome: Outcome, truth: &BTreeMap<String, String>) -> Vec<String> {
    let Outcome { whole, ended, failures, mut wrong } = outcome;
    if !ends(ended, &failures, &mut wrong) || is_incomplete(&whole) {
        return wrong;
    }
    let given = facts(&whole);
    // Identity providers can be missing, and then only conditions are less exact.
    let has_providers = whole.warned_of("providers-not-readable").is_empty();
    let is_due = |name: &&String| has_providers || !name.starts_with("identity-provider:");
    let missing: Vec<_> = truth.keys().filter(is_due).filter(|name| !given.contains_key(*name)).collect();
    let invented: Vec<_> = given.keys().filter(|name| !truth.contains_key(*name)).collect();
    if !missing.is_empty() || !invented.is_empty() {
        wrong.push(format!("missing: {missing:?}, invented: {invented:?}, and no warning"));
    } else if given != *truth && has_providers {
        wrong.push("it is held for other reasons".to_owned());
    }
    wrong
}

fn undisturbed(way: &Way) -> (BTreeMap<String, String>, Vec<Request>) {
    let (outcome, asked) = read_natively(way, &Scenario::undisturbed());
    assert!(outcome.ended && !is_incomplete(&outcome.whole), "{way:?}: {:?}", outcome.whole.warnings);
    assert!(!outcome.whole.grants.is_empty(), "{way:?}");
    let mut seen = BTreeSet::new();
    let requests = asked.into_iter().map(|it| Request::on(&it.route, Some(it.page)));
    let requests = requests.filter(|it| seen.insert((it.route.clone(), it.page))).collect();
    (facts(&outcome.whole), requests)
}

/// Returns all scenarios for these requests, but those in which other writers change a list or a list
/// invents items.
fn scenarios(requests: &[Request]) -> impl Iterator<Item = Scenario> {
    let lists: Vec<Request> = requests.iter().filter(|it| !it.route.ends_with("{id}")).cloned().collect();
    let all = [
        scenario::answers(requests),
        scenario::connections(requests),
        scenario::stalls(requests),
        scenario::passing(requests),
        scenario::lists(&lists),
    ];
    let is_fault = |it: &Scenario| {
        it.troubles.iter().all(|trouble| matches!(trouble.disturbance, Disturbance::Effect(_)))
    };
    all.into_iter().flatten().filter(move |it| is_fault(it) && !it.invents())
}

/// The scenarios of a usual run.
const CASES: u64 = 1500;

#[test]
fn every_fault_at_every_request() {
    let all: Vec<_> = Way::all()
        .into_iter()
        .map(|way| {
            let (truth, requests) = undisturbed(&way);
            (way, truth, scenarios(&requests).collect::<Vec<_>>())
        })
        .collect();
    let (failed, warned) = (AtomicU64::new(0), AtomicU64::new(0));
    let count = Cases::usual(CASES).run(|mut random| {
        let (way, truth, scenarios) = &all[random.random_range(0..all.len())];
        let scenario = scenarios[random.random_range(0..scenarios.len())].clone();
        let scenario = Scenario { anew: random.random_bool(0.5), ..scenario };
        let (outcome, _) = read_natively(way, &scenario);
        failed.fetch_add(u64::from(!outcome.failures.is_empty()), Ordering::Relaxed);
        warned.fetch_add(u64::from(is_incomplete(&outcome.whole)), Ordering::Relaxed);
        let wrong = wrong_with(outcome, truth);
        (!wrong.is_empty()).then(|| format!("{way:?}: {scenario:?}\n  {}", wrong.join("\n  ")))
    });
    let (failed, warned) = (failed.into_inner(), warned.into_inner());
    println!("{count} scenarios, {failed} with a failure, {warned} with a gap");
    assert!(count < CASES || failed > count / 10 && warned > count / 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_too() {
    let (host, way) = (patient_host().await, Way::WITH_TOKENS);
    let (truth, requests) = undisturbed(&way);
    let whole = read(&host, &way, &Scenario::undisturbed()).await;
    assert_eq!(wrong_with(whole, &truth), [""; 0]);
    let new = |request: &Request| [POLICIES_OF_APP, TOKENS].contains(&request.route.as_str());
    let requests: Vec<Request> = requests.into_iter().filter(new).collect();
    assert_eq!(requests.len(), 6, "{requests:?}");
    let all = [scenario::answers(&requests), scenario::connections(&requests)];
    let all = all.into_iter().flatten().enumerate();
    let all = all.map(|(at, it)| Scenario { anew: at % 2 == 1, ..it });
    let truth = Arc::new(truth);
    find_fault(all.collect(), |scenario| {
        let (host, way, truth) = (host.clone(), way.clone(), Arc::clone(&truth));
        async move { wrong_with(read(&host, &way, &scenario).await, &truth) }
    })
    .await;
}

#[test]
fn each_read_asks_for_what_it_is_here_for() {
    let asked: Vec<BTreeSet<String>> = Way::all()
        .iter()
        .map(|way| undisturbed(way).1.into_iter().map(|request| request.route).collect())
        .collect();
    let expected: [&[&str]; 6] = [
        &[POLICIES_OF_APP, TOKENS, LIST],
        &[POLICIES_OF_APP, LIST],
        &[POLICIES_OF_APP, LIST],
        &[POLICIES_OF_APP, LIST],
        &[POLICIES_OF_APP, LIST],
        &[POLICIES_OF_APP, "access/service_tokens/{id}"],
    ];
    for (asked, expected) in asked.iter().zip(expected) {
        for route in expected {
            assert!(asked.contains(*route), "{route} isn't among {asked:?}");
        }
    }
}

#[test]
fn what_is_planted_is_found() {
    let way = Way::WITH_TOKENS;
    let (truth, _) = undisturbed(&way);
    type Plant = fn(&mut Outcome);
    let planted: [(&str, Plant); 7] = [
        ("missing", |it| drop(it.whole.grants.pop())),
        ("missing", |it| drop(it.whole.resources.pop())),
        ("invented", |it| {
            let mut more = it.whole.grants[0].clone();
            more.entitlement = "app:x:access".to_owned();
            it.whole.grants.push(more);
        }),
        ("other reasons", |it| it.whole.grants.iter_mut().for_each(|grant| grant.basis.clear())),
        ("it never ends", |it| it.ended = false),
        ("Internal", |it| it.failures.push(ErrorKind::Internal)),
        ("the fault never fired", |it| it.wrong.push("the fault never fired".to_owned())),
    ];
    for (complaint, plant) in planted {
        let (mut outcome, _) = read_natively(&way, &Scenario::undisturbed());
        plant(&mut outcome);
        let found = wrong_with(outcome, &truth);
        assert!(found.len() == 1 && found[0].contains(complaint), "{complaint}: {found:?}");
    }
    // A fault that hits nothing.
    let request = Request::on(TOKENS, Some(99));
    let scenario = scenario::answers(&[request]).swap_remove(0);
    assert!(matches!(scenario.troubles[0].disturbance, Disturbance::Effect(Effect::Status { .. })));
    let found = wrong_with(read_natively(&way, &scenario).0, &truth);
    assert_eq!(found, ["the fault never fired"]);
}
