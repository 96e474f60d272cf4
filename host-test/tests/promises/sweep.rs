//! Every fault at every request of a sync, one at a time: the output is the truth, or a warning says what is missing, or the call fails
//! with the right kind and the same cursor goes on. What should come of it follows from the scenario alone (`expected.rs`); whether it did
//! is judged in one place (`judge.rs`), which can fail too.

mod account;
mod expected;
mod judge;
mod scenario;
mod validate;

use crate::support::{Bench, Whole, host_within, read_through};
use account::{PER_PAGE, TOKEN, account};
use host_test::host::{Host, HostError, Limits};
use host_test::mock::{Effect, Fault, Mock, Operation, Options, Token, When};
use judge::{Broken, Observed, Truth, judge};
use scenario::{Disturbance, Request, Scenario, Times};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Most of a scenario is waiting.
const AT_ONCE: usize = 40;

/// Many scenarios at once on a busy machine: how long a call takes says nothing.
const LONG: Duration = Duration::from_secs(30 * 60);

async fn patient_host() -> Host {
    host_within(Limits { call: LONG, ..Limits::default() }).await
}

fn options() -> Options {
    let routes = ["access/groups", "access/users", "gateway/lists/{id}/items", "members", "roles"];
    Options {
        tokens: vec![Token::new(TOKEN)],
        max_per_page: routes.map(|route| (route.to_owned(), PER_PAGE)).into(),
        ..Options::default()
    }
}

fn settings(mock: &Mock, scenario: &Scenario) -> Vec<(String, String)> {
    let account = mock.read(|account| account.id.clone());
    let numbers = [scenario.max_wait_seconds, scenario.read_ahead].map(|number| number.to_string());
    [
        ("account-id", account.as_str()),
        ("api-token", TOKEN),
        ("base-url", mock.base_url().as_str()),
        ("max-wait-seconds", &numbers[0]),
        ("read-ahead", &numbers[1]),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Reads the account to the end in one session. Where a call fails, the fault ends, and the same cursor is read again.
async fn observe(host: &Host, scenario: &Scenario) -> Observed {
    let mock = Mock::start(account(), options()).await.unwrap();
    match &scenario.disturbance {
        None => {}
        Some(Disturbance::Effect(effect)) => {
            let Request { route, page, .. } = &scenario.request;
            for attempt in scenario.attempts() {
                let on = Operation { page: *page, attempt, ..Operation::on("GET", route) };
                mock.inject(Fault { on, ..Fault::always(effect.clone()) });
            }
        }
        Some(Disturbance::Moved(change)) => {
            let on = Operation { page: scenario.request.page, ..Operation::on("GET", &scenario.request.route) };
            let (route, change) = (scenario.request.route.clone(), *change);
            mock.meddle(on, When::Before, move |account| account::change(account, &route, change));
        }
    }
    let mut session = host.open("api-token", &settings(&mock, scenario)).await.unwrap();
    let (mut whole, mut cursor, mut observed) = (Whole::default(), None, Observed::default());
    loop {
        match session.read(&[], cursor.as_deref()).await {
            // They are without number, and go in the end.
            Ok(page) if scenario.invents() && observed.failures.is_empty() => {
                assert!(!format!("{page:?}").contains(TOKEN), "the token shows");
                cursor = page.next;
                observed.ended = cursor.is_none();
            }
            Ok(page) => {
                observed.shown += &format!("{page:?}\n");
                cursor = whole.take(page);
                observed.ended = cursor.is_none();
            }
            Err(error) => {
                if scenario.invents() {
                    (whole, cursor) = (Whole::default(), None);
                }
                observed.shown += &format!("{error:?} {error}\n");
                let goes_on = matches!(error, HostError::Connector(_)) && observed.failures.len() < 2;
                observed.failures.push(Broken::of(error));
                if scenario.times == Times::Always {
                    mock.end_faults();
                }
                mock.come_back().await;
                if !goes_on {
                    break;
                }
            }
        }
        if observed.ended {
            break;
        }
    }
    observed.shown += &format!("{:?}", session.traffic());
    observed.fired = mock.fired().iter().sum::<u64>() + mock.meddled().iter().filter(|done| **done).count() as u64;
    observed.never_fired = mock.fired().contains(&0) || mock.meddled().contains(&false);
    observed.requests = mock.request_count();
    observed.take(&whole);
    observed
}

/// What an undisturbed sync asks for: each route, with its first, its middle and its last page.
async fn requests(host: &Host) -> (Truth, Vec<Request>) {
    let scenario = Scenario::undisturbed();
    let truth = Truth::of(observe(host, &scenario).await);
    let mock = Mock::start(account(), options()).await.unwrap();
    let mut session = host.open("api-token", &settings(&mock, &scenario)).await.unwrap();
    read_through(&mut session, &[]).await.unwrap();
    let routes = mock.requests_by_route();
    let below = format!("/client/v4/accounts/{}/", mock.read(|account| account.id.clone()));
    let mut pages: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for sent in mock.requests() {
        let path = sent.path.strip_prefix(&below).unwrap_or(&sent.path);
        let is_it = |route: &str| {
            let segments = || path.split('/').zip(route.split('/'));
            path.split('/').count() == route.split('/').count()
                && segments().all(|(segment, expected)| expected == "{id}" || segment == expected)
        };
        let routes = routes.keys().filter_map(|key| key.strip_prefix("GET "));
        let route = routes.into_iter().find(|route| is_it(route)).unwrap_or_else(|| panic!("no route for {sent:?}"));
        let query = sent.query.unwrap_or_default();
        let page = query.split('&').find_map(|pair| pair.strip_prefix("page=")).map_or(1, |page| page.parse().unwrap());
        pages.entry(route).or_default().insert(page);
    }
    assert_eq!(pages.len(), routes.len(), "only GETs, and each has its route");
    let mut requests = Vec::new();
    for (route, pages) in pages {
        let pages: Vec<u64> = pages.into_iter().collect();
        let chosen = BTreeSet::from([pages[0], pages[pages.len() / 2], pages[pages.len() - 1]]);
        requests.extend(chosen.into_iter().map(|page| Request { route: route.to_owned(), page: Some(page) }));
    }
    assert!(requests.len() >= 15, "{requests:?}");
    (truth, requests)
}

/// Runs these scenarios, some at once, and tells all that is wrong: `run` says what is with one of them.
async fn find_fault<F>(scenarios: Vec<Scenario>, run: impl Fn(Scenario) -> F)
where
    F: Future<Output = Vec<String>> + Send + 'static,
{
    let (room, mut running, count) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new(), scenarios.len());
    for scenario in scenarios {
        let (room, ran) = (Arc::clone(&room), run(scenario.clone()));
        running.spawn(async move {
            let _turn = room.acquire_owned().await.unwrap();
            let wrong = tokio::spawn(ran).await.unwrap_or_else(|panicked| vec![panicked.to_string()]);
            (!wrong.is_empty()).then(|| format!("{scenario:?}\n  {}", wrong[..wrong.len().min(8)].join("\n  ")))
        });
    }
    let wrong: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    let shown: Vec<&str> = wrong.iter().map(String::as_str).take(20).collect();
    assert!(wrong.is_empty(), "{} of {count} scenarios went wrong:\n{}", wrong.len(), shown.join("\n"));
    println!("{count} scenarios");
}

/// Runs these scenarios of a sync.
async fn sweep(host: Host, scenarios: impl Fn(&[Request]) -> Vec<Scenario>) {
    let (truth, requests) = requests(&host).await;
    let truth = Arc::new(truth);
    find_fault(scenarios(&requests), |scenario| {
        let (host, truth) = (host.clone(), Arc::clone(&truth));
        async move {
            let (expected, observed) = (expected::expected(&scenario), observe(&host, &scenario).await);
            let mut wrong = judge(&scenario, &expected, &observed, &truth);
            if !wrong.is_empty() {
                wrong.insert(0, format!("should be {expected:?}"));
            }
            wrong
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_something_else() {
    sweep(patient_host().await, scenario::answers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_fail() {
    sweep(patient_host().await, scenario::connections).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_stall() {
    let patient = Duration::from_secs(3);
    let limits = Limits { first_byte: patient, between_bytes: patient, call: LONG, ..Limits::default() };
    sweep(host_within(limits).await, scenario::stalls).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_in_passing_while_there_is_patience() {
    sweep(patient_host().await, scenario::passing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_that_are_missing_or_strange() {
    sweep(patient_host().await, scenario::fields).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_that_behave_strangely_or_move() {
    sweep(patient_host().await, scenario::lists).await;
}

#[tokio::test]
async fn a_fault_that_never_fires_is_found() {
    let host = patient_host().await;
    let truth = Truth::of(observe(&host, &Scenario::undisturbed()).await);
    let request = Request { route: "members".to_owned(), page: Some(99) };
    let scenarios = scenario::answers(&[request]);
    let observed = observe(&host, &scenarios[0]).await;
    let wrong = judge(&scenarios[0], &expected::expected(&scenarios[0]), &observed, &truth);
    assert!(wrong.contains(&"the fault never fired".to_owned()), "{wrong:?}");
}

macro_rules! effects {
    ($($name:ident),* $(,)?) => {
        const EFFECTS: &[&str] = &[$(stringify!($name)),*];

        fn name_of(effect: &Effect) -> &'static str {
            match effect {
                $(Effect::$name { .. } => stringify!($name)),*
            }
        }
    };
}

// All of them: another one doesn't compile until it stands here too.
effects!(
    Status,
    Html,
    Empty,
    Body,
    Redirect,
    GoneAway,
    Reset,
    Close,
    Stall,
    Pause,
    Trickle,
    NotHttp,
    CutOff,
    MoreHeaders,
    SetField,
    DropField,
    HugeField,
    ReplaceItem,
    InsertItem,
    SmallerPages,
    NoTotals,
    RepeatLast,
    TotalChanged,
    EndlessFresh,
    EndlessRepeat,
);

#[tokio::test]
async fn every_effect_is_swept_over_every_request() {
    let (_, requests) = requests(&patient_host().await).await;
    let all = [
        scenario::answers,
        scenario::connections,
        scenario::stalls,
        scenario::passing,
        scenario::fields,
        scenario::lists,
    ];
    let swept: BTreeSet<(&str, String)> = all
        .iter()
        .flat_map(|scenarios| scenarios(&requests))
        .filter_map(|scenario| match &scenario.disturbance {
            Some(Disturbance::Effect(effect)) => Some((name_of(effect), scenario.request.route.clone())),
            _ => None,
        })
        .collect();
    for effect in EFFECTS {
        for Request { route, .. } in &requests {
            // Tens of thousands of pages until people are too many: the core's own tests read to there.
            if *effect == "EndlessFresh" && scenario::is_without_soon_end(route) {
                continue;
            }
            assert!(swept.contains(&(*effect, route.clone())), "{effect} at {route}");
        }
    }
}

/// The judge can only tell what is wrong with the small account if it has something of everything.
#[tokio::test]
async fn the_small_account_has_all_that_can_be_lost() {
    let whole = Bench::new(account()).await.read(&[]).await;
    for kind in ["group", "role", "member", "user", "email"] {
        assert!(!whole.of_kind(kind).is_empty(), "no {kind}");
    }
    assert!(whole.grants.iter().any(|grant| grant.conditions.is_some()));
    assert!(!whole.is_incomplete());
}
