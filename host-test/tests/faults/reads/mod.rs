//! Every fault at every request of a sync, one at a time. The output is the truth, or a warning
//! reports what is missing, or the call fails with the right kind and the same cursor continues.
//! The expected outcome follows from the scenario alone (`expected.rs`). One place decides
//! (`judge.rs`), and the judge can fail too.

mod account;
mod course;
mod expected;
mod failing;
mod fields;
mod held;
mod judge;
mod names;
mod native;
mod others;
mod pairs;
mod scenario;
mod user_groups;
mod validate;

use crate::common::setup::{HostAndMock, host_within};
use crate::common::whole::Whole;
use crate::is_incomplete;
use account::{PER_PAGE, TOKEN, account, account_of};
use connector_host::contract::{ErrorKind, Page};
use connector_host::{Host, HostError, Limits, Session};
use course::Course;
use host_test::mock::{Effect, Mock, Options, Token, When};
use judge::{Broken, Observed, judge};
use scenario::{Disturbance, Request, Scenario};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The number of scenarios at once: most of a scenario is waiting.
const AT_ONCE: usize = 40;
/// The time limit of a call. With many scenarios at once on a busy machine, a call's duration means
/// nothing.
const LONG: Duration = Duration::from_secs(30 * 60);

async fn patient_host() -> Host {
    host_within(Limits { call: LONG, ..Limits::default() }).await
}

/// The most calls of a read that may fail.
const MOST_FAILURES: usize = 4;

fn options(scenario: &Scenario) -> Options {
    let routes = [
        "access/apps",
        "access/groups",
        "access/identity_providers",
        "access/policies",
        "access/users",
        "gateway/lists/{id}/items",
        "iam/permission_groups",
        "iam/user_groups",
        "iam/user_groups/{id}/members",
        "members",
        "roles",
    ];
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

/// A read of an account, over HTTP or in this process.
trait Reads {
    async fn read(&mut self, cursor: Option<&str>) -> Result<Page, HostError>;
    /// Continues in another session.
    async fn begin_anew(&mut self);
    /// After a failed call: the upstream is there again, and faults that last until a failure are
    /// over.
    async fn recover(&mut self, ends: bool);
}

/// Reads the account to the end. Where a call fails, the same cursor is read again.
async fn read_through(scenario: &Scenario, of: &mut impl Reads) -> (Whole, Observed) {
    let (mut whole, mut cursor, mut observed) = (Whole::default(), None::<String>, Observed::default());
    while !observed.ended {
        match of.read(cursor.as_deref()).await {
            // Invented items have no end, and are dropped in the end.
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
                let goes_on =
                    matches!(error, HostError::Connector(_)) && observed.failures.len() < MOST_FAILURES;
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
    let mock = Mock::start(account_of(scenario), options(scenario)).await.unwrap();
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

/// Lists the faults in the outcome of a scenario.
fn wrong_with(scenario: &Scenario, observed: &Observed, course: &Course) -> Vec<String> {
    let expected = expected::expected(scenario, course);
    let mut wrong = judge(scenario, &expected, observed, &course.way(expected.roles_gone).truth);
    if !wrong.is_empty() {
        wrong.insert(0, format!("should be {expected:?}"));
    }
    wrong
}

/// Returns the routes that a read requests.
pub fn routes() -> BTreeSet<String> {
    let course = Course::of();
    [course.requests(), course.requests_for_names()].into_iter().flatten().map(|it| it.route).collect()
}

/// Runs these scenarios, some at once, and reports all faults. `run` returns the faults of one
/// scenario.
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
            (!wrong.is_empty())
                .then(|| format!("{scenario:?}\n  {}", wrong[..wrong.len().min(8)].join("\n  ")))
        });
    }
    let wrong: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    let shown: Vec<&str> = wrong.iter().map(String::as_str).take(20).collect();
    assert!(wrong.is_empty(), "{} of {count} scenarios went wrong:\n{}", wrong.len(), shown.join("\n"));
    println!("{count} scenarios");
}

/// Whether a read ended. Adds to `wrong` that it didn't, and a failure of a kind that no fault explains.
fn ends(ended: bool, failures: &[ErrorKind], wrong: &mut Vec<String>) -> bool {
    if !ended {
        wrong.push(format!("it never ends: {failures:?}"));
        return false;
    }
    let strange = |kind: &&ErrorKind| {
        matches!(kind, ErrorKind::Internal | ErrorKind::InvalidArgument | ErrorKind::InvalidCursor)
    };
    wrong.extend(failures.iter().find(strange).map(|kind| format!("{kind:?}")));
    true
}

/// Runs these scenarios of a sync.
async fn sweep(host: Host, scenarios: impl Fn(&[Request]) -> Vec<Scenario>) {
    let course = Arc::new(Course::of());
    assert!(course.requests().len() >= 24, "{:?}", course.requests());
    // The component's output equals the core's.
    let undisturbed = Scenario::undisturbed();
    assert_eq!(wrong_with(&undisturbed, &observe(&host, &undisturbed).await, &course), [""; 0]);
    find_fault(scenarios(&course.requests()), |scenario| {
        let (host, course) = (host.clone(), Arc::clone(&course));
        async move { wrong_with(&scenario, &observe(&host, &scenario).await, &course) }
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
    // On a busy machine a right answer takes its time too.
    let patient = Duration::from_secs(5);
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
    let course = Course::of();
    let request = Request::on("members", Some(99));
    let scenarios = scenario::answers(&[request]);
    let observed = observe(&host, &scenarios[0]).await;
    let wrong = wrong_with(&scenarios[0], &observed, &course);
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

// All effects: another one doesn't compile until it is in this list too.
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
    Drip,
    EndlessBody,
    NotHttp,
    CutOff,
    Encoded,
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
    Unpaged,
);

#[test]
fn every_effect_is_swept_over_every_request() {
    let requests = Course::of().requests();
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
        .flat_map(|scenario| scenario.troubles)
        .filter_map(|trouble| match &trouble.disturbance {
            Disturbance::Effect(effect) => Some((name_of(effect), trouble.request.route.clone())),
            Disturbance::Moved(_) => None,
        })
        .collect();
    for effect in EFFECTS {
        for Request { route, .. } in &requests {
            // It is no list.
            if scenario::is_single(route) && scenario::bends_a_list(effect) {
                continue;
            }
            // It takes tens of thousands of pages until people are too many. The core's own tests
            // read to that point.
            if *effect == "EndlessFresh" && scenario::is_without_soon_end(route) {
                continue;
            }
            assert!(swept.contains(&(*effect, route.clone())), "{effect} at {route}");
        }
    }
}

/// The judge can only find faults in the small account if it has something of everything.
#[tokio::test]
async fn the_small_account_has_all_that_can_be_lost() {
    let whole = HostAndMock::new(account()).await.read(&[]).await;
    for kind in [
        "identity-provider",
        "group",
        "policy",
        "app",
        "role",
        "user-group",
        "scoped-role",
        "member",
        "user",
        "email",
    ] {
        assert!(!whole.of_kind(kind).is_empty(), "no {kind}");
    }
    assert!(whole.grants.iter().any(|grant| !grant.conditions.is_empty()));
    assert!(!is_incomplete(&whole));
}
