//! Syncs 200 accounts at once in one process: each result is right, and a failure affects its own
//! account alone.

use crate::alone;
use crate::common::compare::compare;
use crate::common::whole::Whole;
use crate::memory::{peak, resident};
use connector_host::contract::ErrorKind;
use connector_host::{Cache, Config, Host, HostError};
use host_test::mock::{Account, DEMO_TOKEN, Effect, Fault, Mock, Options, Place, Size};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Barrier, watch};
use tokio::task::JoinSet;

const ACCOUNTS: usize = 200;
/// The number of pages after which the reader of an endless list stops.
const ENOUGH: usize = 60;

/// The behaviour of an account's upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Temper {
    Good,
    /// Each answer takes its time.
    Slow,
    /// The credentials are unknown.
    BadCredentials,
    /// The users can't be read.
    Failing,
    /// Answers break off in the middle.
    BreakingOff,
    /// The members come again and again.
    Endless,
    /// There are always more users.
    EndlessFresh,
    /// From some request on, no answer comes.
    Silent,
}

impl Temper {
    fn of(number: usize) -> Temper {
        use Temper::*;
        const TEMPERS: [Temper; 10] =
            [Good, BadCredentials, Good, Failing, Slow, Endless, BreakingOff, Good, EndlessFresh, Silent];
        TEMPERS[number % TEMPERS.len()]
    }

    fn options(self) -> Options {
        let status =
            |status| Effect::Status { status, code: 1, message: "no".to_owned(), headers: Vec::new() };
        let faults = match self {
            Temper::Failing => vec![Fault::on("GET", "access/users", status(503)).at_page(2)],
            Temper::BreakingOff => vec![Fault::on("GET", "members", Effect::Reset { at: Place::InBody })],
            Temper::Endless => vec![Fault::on("GET", "members", Effect::EndlessRepeat)],
            Temper::EndlessFresh => vec![Fault::on("GET", "access/users", Effect::EndlessFresh)],
            Temper::Silent => vec![Fault::on("GET", "access/users", Effect::Stall { at: Place::BeforeHead })],
            Temper::Good | Temper::Slow | Temper::BadCredentials => Vec::new(),
        };
        let latency = Duration::from_millis(if self == Temper::Slow { 40 } else { 0 });
        let max_per_page = [("access/users".to_owned(), 20), ("members".to_owned(), 10)].into();
        Options { faults, latency, max_per_page, log: 0, ..Options::default() }
    }
}

pub async fn host() -> Host {
    let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
    Host::new(host_test::CONNECTOR, Config { cache, ..Config::default() }).await.unwrap()
}

pub fn settings(mock: &Mock, token: &str) -> Vec<(String, String)> {
    let account = mock.read(|account| account.id.clone());
    let base_url = mock.base_url();
    [
        ("account-id", account.as_str()),
        ("base-url", &base_url),
        ("api-token", token),
        ("max-wait-seconds", "0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// The end of a sync.
enum Ended {
    Whole(Box<Whole>),
    Failed(HostError),
    /// The reader stopped.
    Enough,
    /// The sync was still waiting when all others had finished.
    Waiting,
}

/// The meeting points of all sessions.
struct Together {
    /// Every session is open.
    open: Barrier,
    /// Every sync that isn't silent has finished.
    done: watch::Sender<usize>,
}

async fn sync(host: Host, mock: Arc<Mock>, token: String, temper: Temper, together: Arc<Together>) -> Ended {
    let mut session = host.open("api-token", &settings(&mock, &token)).await.unwrap();
    together.open.wait().await;
    let (mut whole, mut cursor) = (Whole::default(), None);
    let read = async {
        for _ in 0..ENOUGH {
            match session.read(&[], cursor.as_deref()).await {
                Ok(page) => cursor = whole.take(page),
                Err(error) => return Ended::Failed(error),
            }
            if cursor.is_none() {
                return Ended::Whole(Box::new(whole));
            }
        }
        Ended::Enough
    };
    let mut others = together.done.subscribe();
    let silent = (0..ACCOUNTS).filter(|number| Temper::of(*number) == Temper::Silent).count();
    tokio::select! {
        ended = read => {
            assert_ne!(temper, Temper::Silent, "it was to wait");
            together.done.send_modify(|done| *done += 1);
            ended
        }
        _ = others.wait_for(|done| *done == ACCOUNTS - silent), if temper == Temper::Silent => Ended::Waiting,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_accounts_at_once() {
    let _turn = alone().await;
    let before = resident();
    let host = host().await;
    let together = Arc::new(Together { open: Barrier::new(ACCOUNTS), done: watch::Sender::new(0) });
    let mut mocks = Vec::new();
    for number in 0..ACCOUNTS {
        let size =
            Size { users: 30 + number % 60, members: 12 + number % 20, groups: 6 + number % 7, roles: 6 };
        let account = Account::generate(number as u64 + 1, size);
        mocks.push(Arc::new(Mock::start(account, Temper::of(number).options()).await.unwrap()));
    }
    let served = resident();
    let mut running = JoinSet::new();
    for (number, mock) in mocks.iter().enumerate() {
        let temper = Temper::of(number);
        let token =
            if temper == Temper::BadCredentials { format!("canary-{number}") } else { DEMO_TOKEN.to_owned() };
        let (host, mock, together) = (host.clone(), Arc::clone(mock), Arc::clone(&together));
        running.spawn(async move { (number, sync(host, mock, token, temper, together).await) });
    }
    let mut ended = BTreeMap::<String, usize>::new();
    for (number, outcome) in running.join_all().await {
        let temper = Temper::of(number);
        let word = match outcome {
            Ended::Whole(whole) => {
                assert!(matches!(temper, Temper::Good | Temper::Slow), "{number}: {temper:?} gave a whole");
                compare(&whole, &mocks[number].account());
                assert!(u64::from(whole.requests) == mocks[number].request_count(), "{number}");
                "whole and right".to_owned()
            }
            Ended::Failed(HostError::Connector(error)) => {
                let due = match temper {
                    Temper::BadCredentials => ErrorKind::Unauthenticated,
                    Temper::Failing | Temper::BreakingOff => ErrorKind::Unavailable,
                    Temper::Endless => ErrorKind::InvalidResponse,
                    other => panic!("{number}: {other:?} failed: {error:?}"),
                };
                assert_eq!(error.kind, due, "{number}: {temper:?}: {error:?}");
                assert!(!format!("{error:?}").contains("canary"), "{error:?}");
                format!("{due:?}")
            }
            Ended::Failed(other) => panic!("{number}: {temper:?}: {other}"),
            Ended::Enough => {
                assert_eq!(temper, Temper::EndlessFresh, "{number}");
                "without an end".to_owned()
            }
            Ended::Waiting => "still waiting".to_owned(),
        };
        *ended.entry(word).or_default() += 1;
    }
    assert_eq!(ended.values().sum::<usize>(), ACCOUNTS);
    let requests: u64 = mocks.iter().map(|mock| mock.request_count()).sum();
    println!("{ended:?}, {requests} requests");
    println!("KiB resident: {before:?} before, {served:?} with {ACCOUNTS} mocks, {:?} at most", peak());
    // The host works as before.
    let good = Temper::of(0);
    let again = Arc::new(Together { open: Barrier::new(1), done: watch::Sender::new(0) });
    let whole = sync(host, Arc::clone(&mocks[0]), DEMO_TOKEN.to_owned(), good, again).await;
    assert!(matches!(whole, Ended::Whole(_)));
}
