//! Every fault at every request of a sync, one at a time: the output is the truth, or a warning says what is missing, or the call fails
//! with the right kind and the same cursor goes on. What should come of it follows from the scenario alone (`expected.rs`); whether it did
//! is judged in one place (`judge.rs`), which can fail too.

mod account;
mod course;
mod expected;
mod judge;
mod native;
mod pairs;
mod scenario;

use crate::support::{Bench, Whole, host, host_within};
use account::{PER_PAGE, TOKEN, account};
use course::Course;
use host_test::host::contract::Page;
use host_test::host::{Host, HostError, Limits, Session};
use host_test::mock::{Mock, Options, Token, When};
use judge::{Broken, Observed, judge};
use scenario::{Request, Scenario};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Most of a scenario is waiting.
const AT_ONCE: usize = 40;
/// So many calls of a read may fail.
const MOST_FAILURES: usize = 4;

fn options(scenario: &Scenario) -> Options {
    let routes = ["access/groups", "access/users", "gateway/lists/{id}/items", "members", "roles"];
    Options {
        tokens: vec![Token::new(TOKEN)],
        max_per_page: routes.map(|route| (route.to_owned(), PER_PAGE)).into(),
        faults: scenario.faults(),
        ..Options::default()
    }
}

fn settings(account: &str, base_url: &str, scenario: &Scenario) -> Vec<(String, String)> {
    let numbers = [scenario.max_wait_seconds, scenario.read_ahead].map(|number| number.to_string());
    [
        ("account-id", account),
        ("api-token", TOKEN),
        ("base-url", base_url),
        ("max-wait-seconds", &numbers[0]),
        ("read-ahead", &numbers[1]),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// An account that is read, whichever way it goes.
trait Reads {
    async fn read(&mut self, cursor: Option<&str>) -> Result<Page, HostError>;
    /// Another session goes on.
    async fn begin_anew(&mut self);
    /// A call has failed: the upstream is there again, and what goes wrong until then is over.
    async fn recover(&mut self, ends: bool);
}

/// Reads the account to the end. Where a call fails, the same cursor is read again.
async fn read_through(scenario: &Scenario, of: &mut impl Reads) -> (Whole, Observed) {
    let (mut whole, mut cursor, mut observed) = (Whole::default(), None::<String>, Observed::default());
    while !observed.ended {
        match of.read(cursor.as_deref()).await {
            Ok(page) => {
                observed.shown += &format!("{page:?}\n");
                cursor = whole.take(page);
                observed.ended = cursor.is_none();
            }
            Err(error) => {
                observed.shown += &format!("{error:?} {error}\n");
                let goes_on = matches!(error, HostError::Connector(_)) && observed.failures.len() < MOST_FAILURES;
                observed.failures.push(Broken::of(error));
                of.recover(scenario.ends_with_a_failure()).await;
                if scenario.anew {
                    of.begin_anew().await;
                }
                if !goes_on {
                    break;
                }
            }
        }
    }
    (whole, observed)
}

/// The component, over HTTP.
struct OverHttp {
    host: Host,
    mock: Mock,
    settings: Vec<(String, String)>,
    session: Session,
}

impl Reads for OverHttp {
    async fn read(&mut self, cursor: Option<&str>) -> Result<Page, HostError> {
        self.session.read(&[], cursor).await
    }

    async fn begin_anew(&mut self) {
        self.session = self.host.open("api-token", &self.settings).await.unwrap();
    }

    async fn recover(&mut self, ends: bool) {
        if ends {
            self.mock.end_faults();
        }
        self.mock.come_back().await;
    }
}

/// Reads through the component, over HTTP.
async fn observe(host: &Host, scenario: &Scenario) -> Observed {
    let mock = Mock::start(account(), options(scenario)).await.unwrap();
    for (on, route, change) in scenario.changes() {
        mock.meddle(on, When::Before, move |account| account::change(account, &route, change));
    }
    let settings = settings(&mock.read(|account| account.id.clone()), &mock.base_url(), scenario);
    let session = host.open("api-token", &settings).await.unwrap();
    let mut reads = OverHttp { host: host.clone(), mock, settings, session };
    let (whole, mut observed) = read_through(scenario, &mut reads).await;
    let OverHttp { mock, session, .. } = reads;
    observed.shown += &format!("{:?}", session.traffic());
    observed.happened(&mock.fired(), &mock.meddled());
    observed.requests = mock.request_count();
    observed.take(&whole);
    observed
}

/// What is wrong with a scenario, run through the component.
async fn wrong_with(host: Host, scenario: Scenario, course: Arc<Course>) -> Option<String> {
    let ran = {
        let scenario = scenario.clone();
        tokio::spawn(async move { observe(&host, &scenario).await }).await
    };
    match ran {
        Ok(observed) => told(&scenario, &observed, &course),
        Err(panicked) => Some(format!("{scenario:?}\n  {panicked}")),
    }
}

/// What is wrong with what came of a scenario, in words.
fn told(scenario: &Scenario, observed: &Observed, course: &Course) -> Option<String> {
    let expected = expected::expected(scenario, course);
    let wrong = judge(scenario, &expected, observed, &course.truth);
    (!wrong.is_empty())
        .then(|| format!("{scenario:?}\n  should be {expected:?}\n  {}", wrong[..wrong.len().min(8)].join("\n  ")))
}

/// The routes that a read asks.
pub fn routes() -> BTreeSet<String> {
    Course::of().requests().into_iter().map(|request| request.route).collect()
}

/// Runs these scenarios, some at once, and tells all that is wrong.
async fn sweep(host: Host, scenarios: impl Fn(&[Request]) -> Vec<Scenario>) {
    let course = Arc::new(Course::of());
    assert!(course.requests().len() >= 15, "{:?}", course.requests());
    // The component gives what the core does.
    let undisturbed = wrong_with(host.clone(), Scenario::undisturbed(), Arc::clone(&course)).await;
    assert_eq!(undisturbed, None);
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let scenarios = scenarios(&course.requests());
    let count = scenarios.len();
    for scenario in scenarios {
        let (host, course, room) = (host.clone(), Arc::clone(&course), Arc::clone(&room));
        running.spawn(async move {
            let _turn = room.acquire_owned().await.unwrap();
            wrong_with(host, scenario, course).await
        });
    }
    let wrong: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    let shown: Vec<&str> = wrong.iter().map(String::as_str).take(20).collect();
    assert!(wrong.is_empty(), "{} of {count} scenarios went wrong:\n{}", wrong.len(), shown.join("\n"));
    println!("{count} scenarios");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_something_else() {
    sweep(host().await, scenario::answers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_fail() {
    sweep(host().await, scenario::connections).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_stall() {
    // A machine that has much to do takes its time over a right answer too.
    let patient = Duration::from_secs(5);
    let limits = Limits { first_byte: patient, between_bytes: patient, ..Limits::default() };
    sweep(host_within(limits).await, scenario::stalls).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_in_passing_while_there_is_patience() {
    sweep(host().await, scenario::passing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_that_are_missing_or_strange() {
    sweep(host().await, scenario::fields).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_that_behave_strangely_or_move() {
    sweep(host().await, scenario::lists).await;
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
