//! Runs an operation on a mock of its own, and keeps what came of it.

use super::account::{KEY_OWNER, Operation, SECRET, What, account};
use host_test::host::contract::{Error, ErrorKind, Options as Asked, Report, Status};
use host_test::host::{Host, HostError, Methods, Session};
use host_test::mock::{Account, GlobalKey, Mock, Options, Recorded, Token};

/// How the connector says who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    Token,
    Key,
}

pub async fn start() -> Mock {
    let options = Options {
        tokens: vec![Token::new(SECRET)],
        keys: vec![GlobalKey { email: KEY_OWNER.to_owned(), key: SECRET.to_owned() }],
        ..Options::default()
    };
    Mock::start(account(), options).await.unwrap()
}

pub async fn open(host: &Host, mock: &Mock, auth: Auth, max_wait_seconds: u32) -> Session {
    let account = mock.read(|account| account.id.clone());
    let (base_url, patience) = (mock.base_url(), max_wait_seconds.to_string());
    let mut settings = vec![
        ("account-id", account.as_str()),
        ("base-url", base_url.as_str()),
        ("max-wait-seconds", patience.as_str()),
        ("read-ahead", "1"),
    ];
    let method = match auth {
        Auth::Token => {
            settings.push(("api-token", SECRET));
            "api-token"
        }
        Auth::Key => {
            settings.extend([("email", KEY_OWNER), ("api-key", SECRET)]);
            "api-key"
        }
    };
    host.open_with(Methods::Provisioning, method, &crate::support::pairs(&settings)).await.unwrap()
}

/// How a change, or a read, ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    Well(Status),
    Badly {
        kind: ErrorKind,
        message: String,
    },
    /// What a read gave.
    Read(String),
}

/// One call, and what it left.
#[derive(Clone, Debug)]
pub struct Call {
    /// For each change; of a read, the one.
    pub ended: Vec<Ended>,
    pub report: Option<Report>,
    /// What the mock got.
    pub log: Vec<Recorded>,
    pub account: Account,
    /// Why the session is over.
    pub broke: Option<String>,
    /// All that a host could log.
    pub shown: String,
}

fn badly(error: Error) -> Ended {
    Ended::Badly { kind: error.kind, message: error.message }
}

pub async fn call(session: &mut Session, mock: &Mock, operation: &Operation) -> Call {
    mock.forget_requests();
    let (mut ended, mut kept, mut broke) = (Vec::new(), None, None);
    let mut shown = String::new();
    match &operation.what {
        What::Apply { changes, dry_run } => {
            let options = Asked { dry_run: *dry_run, allow_gains: false, extra: String::new() };
            match session.apply(changes, &options).await {
                Ok(report) => {
                    shown += &format!("{report:?}");
                    ended.extend(report.results.iter().map(|result| match result {
                        Ok(outcome) => Ended::Well(outcome.status),
                        Err(error) => badly(error.clone()),
                    }));
                    kept = Some(report);
                }
                Err(error) => broke = Some(error.to_string()),
            }
        }
        What::Get(id) => {
            let (mut facts, mut cursor) = (String::new(), None::<String>);
            loop {
                match session.get(id, cursor.as_deref()).await {
                    Ok(page) => {
                        shown += &format!("{page:?}");
                        facts += &format!("{:?} {:?} {:?}\n", page.resources, page.entitlements, page.grants);
                        cursor = page.next;
                    }
                    Err(HostError::Connector(error)) => {
                        shown += &format!("{error:?}");
                        ended.push(badly(*error));
                        break;
                    }
                    Err(error) => {
                        broke = Some(error.to_string());
                        break;
                    }
                }
                if cursor.is_none() {
                    ended.push(Ended::Read(facts));
                    break;
                }
            }
        }
    }
    shown += &format!("{broke:?} {:?}", session.traffic());
    Call { ended, report: kept, log: mock.requests(), account: mock.account(), broke, shown }
}

/// What came of a scenario: the call that was disturbed, and the same twice more in the same session, undisturbed.
#[derive(Clone, Debug)]
pub struct Observed {
    pub before: Account,
    pub calls: [Call; 3],
    /// Something was to go wrong, and didn't.
    pub never_fired: bool,
}

pub async fn observe(
    host: &Host,
    operation: &Operation,
    auth: Auth,
    max_wait_seconds: u32,
    disturb: impl FnOnce(&Mock),
) -> Observed {
    let mock = start().await;
    let before = mock.account();
    let mut session = open(host, &mock, auth, max_wait_seconds).await;
    disturb(&mock);
    let first = call(&mut session, &mock, operation).await;
    let never_fired = mock.fired().contains(&0);
    mock.end_faults();
    mock.come_back().await;
    let second = call(&mut session, &mock, operation).await;
    let third = call(&mut session, &mock, operation).await;
    Observed { before, calls: [first, second, third], never_fired }
}
