//! Runs an operation on a mock of its own, through the component or with the core alone, and keeps
//! the outcome.

use super::account::{KEY_OWNER, Operation, SECRET, What, account};
use crate::at_once::at_once;
use crate::in_process::MockInProcess;
use cloudflare_zero_trust::contract as connector;
use cloudflare_zero_trust::provision::Change as CoreChange;
use cloudflare_zero_trust::session::Session as CoreSession;
use cloudflare_zero_trust::settings::Settings;
use connector_host::contract::{
    Change, Error, ErrorKind, Options as Asked, Page, Report, ResourceId, Status, Validation,
};
use connector_host::{Host, HostError, Session};
use host_test::contract::Translate;
use host_test::mock::{Account, Fault, GlobalKey, Mock, Options, Recorded, Token, TokenOwner};
use host_test::routes;

/// The way in which the connector authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// A token of a user.
    Token,
    /// A token of the account.
    AccountToken,
    Key,
}

impl Auth {
    pub const ALL: [Auth; 3] = [Auth::Token, Auth::AccountToken, Auth::Key];
}

fn options(auth: Auth, faults: Vec<Fault>) -> Options {
    let owner = if auth == Auth::AccountToken { TokenOwner::Account } else { TokenOwner::User };
    Options {
        tokens: vec![Token { owner, ..Token::new(SECRET) }],
        keys: vec![GlobalKey { email: KEY_OWNER.to_owned(), key: SECRET.to_owned() }],
        faults,
        ..Options::default()
    }
}

pub async fn start() -> Mock {
    Mock::start(account(), options(Auth::Token, Vec::new())).await.unwrap()
}

/// Returns the auth method, and all settings.
fn settings(
    account: &str,
    base_url: &str,
    auth: Auth,
    max_wait_seconds: u32,
) -> (&'static str, Vec<(String, String)>) {
    let patience = max_wait_seconds.to_string();
    let mut settings = vec![
        ("account-id", account),
        ("base-url", base_url),
        ("max-wait-seconds", patience.as_str()),
        ("read-ahead", "1"),
    ];
    let method = match auth {
        Auth::Token | Auth::AccountToken => {
            settings.push(("api-token", SECRET));
            "api-token"
        }
        Auth::Key => {
            settings.extend([("email", KEY_OWNER), ("api-key", SECRET)]);
            "api-key"
        }
    };
    (method, crate::common::setup::pairs(&settings))
}

pub async fn open(host: &Host, mock: &Mock, auth: Auth, max_wait_seconds: u32) -> Session {
    let account = mock.read(|account| account.id.clone());
    let (method, settings) = settings(&account, &mock.base_url(), auth, max_wait_seconds);
    host.open_with(routes::writable(), method, &settings).await.unwrap()
}

/// A session, over HTTP or in this process.
pub trait Calls {
    async fn apply(&mut self, changes: &[Change], options: &Asked) -> Result<Report, HostError>;
    async fn get(&mut self, id: &ResourceId, cursor: Option<&str>) -> Result<Page, HostError>;
    async fn validate(&mut self) -> Result<Validation, HostError>;
}

impl Calls for Session {
    async fn apply(&mut self, changes: &[Change], options: &Asked) -> Result<Report, HostError> {
        Session::apply(self, changes, options).await
    }

    async fn get(&mut self, id: &ResourceId, cursor: Option<&str>) -> Result<Page, HostError> {
        Session::get(self, id, cursor).await
    }

    async fn validate(&mut self) -> Result<Validation, HostError> {
        Session::validate(self).await
    }
}

impl Calls for CoreSession<&MockInProcess> {
    async fn apply(&mut self, changes: &[Change], options: &Asked) -> Result<Report, HostError> {
        let changes: Vec<CoreChange> = changes.to_vec().translate().into_iter().map(Into::into).collect();
        let options = options.clone().translate().into();
        Ok(connector::Report::from(CoreSession::apply(self, &changes, &options)).translate())
    }

    async fn get(&mut self, id: &ResourceId, cursor: Option<&str>) -> Result<Page, HostError> {
        let page = CoreSession::get(self, &id.kind, &id.id, cursor).map_err(of_core)?;
        Ok(connector::Page::from(page).translate())
    }

    async fn validate(&mut self) -> Result<Validation, HostError> {
        let validation = CoreSession::validate(self).map_err(of_core)?;
        Ok(connector::Validation::from(validation).translate())
    }
}

fn of_core(error: cloudflare_zero_trust::error::Error) -> HostError {
    HostError::Connector(Box::new(connector::Error::from(error).translate()))
}

/// The end of a change or a read.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    Well(Status),
    Badly {
        kind: ErrorKind,
        message: String,
    },
    /// The facts of a read.
    Read(String),
}

/// One call, and the state that it left.
#[derive(Clone, Debug)]
pub struct Call {
    /// The end of each change, or of the one read.
    pub ended: Vec<Ended>,
    pub report: Option<Report>,
    /// The requests that the mock received.
    pub log: Vec<Recorded>,
    pub account: Account,
    /// The reason why the session ended.
    pub broke: Option<String>,
    /// All that a host could log.
    pub shown: String,
}

fn badly(error: Error) -> Ended {
    Ended::Badly { kind: error.kind, message: error.message }
}

/// The prefix of an error about credentials as a whole, and not about one resource type.
pub const AS_A_WHOLE: &str = "as a whole: ";

pub async fn call(session: &mut Session, mock: &Mock, operation: &Operation) -> Call {
    mock.forget_requests();
    let mut call = ask(session, operation).await;
    call.shown += &format!("{:?}", session.traffic());
    Call { log: mock.requests(), account: mock.account(), ..call }
}

fn call_natively(
    session: &mut CoreSession<&MockInProcess>,
    upstream: &MockInProcess,
    operation: &Operation,
) -> Call {
    upstream.forget_requests();
    let call = at_once(ask(session, operation));
    Call { log: upstream.sent(), account: upstream.mock.account(), ..call }
}

async fn ask(session: &mut impl Calls, operation: &Operation) -> Call {
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
            // Another way to read makes other pages of the same facts.
            let (mut facts, mut cursor) = ((Vec::new(), Vec::new(), Vec::new()), None::<String>);
            loop {
                match session.get(id, cursor.as_deref()).await {
                    Ok(page) => {
                        shown += &format!("{page:?}");
                        facts.0.extend(page.resources);
                        facts.1.extend(page.entitlements);
                        facts.2.extend(page.grants);
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
                    ended.push(Ended::Read(format!("{facts:?}")));
                    break;
                }
            }
        }
        What::Validate(_) => match session.validate().await {
            Ok(validation) => {
                shown += &format!("{validation:?}");
                ended.extend(validation.checks.into_iter().map(|check| match check.read {
                    Ok(()) => Ended::Read(check.resource_type),
                    Err(error) => badly(error),
                }));
            }
            Err(HostError::Connector(error)) => {
                shown += &format!("{error:?}");
                let message = format!("{AS_A_WHOLE}{}", error.message);
                ended = vec![Ended::Badly { kind: error.kind, message }; RESOURCE_TYPES.len()];
            }
            Err(error) => broke = Some(error.to_string()),
        },
    }
    shown += &format!("{broke:?}");
    Call { ended, report: kept, log: Vec::new(), account: Account::default(), broke, shown }
}

/// The resource types in the order in which they are checked.
pub const RESOURCE_TYPES: [&str; 11] = [
    "identity-provider",
    "group",
    "policy",
    "app",
    "role",
    "user-group",
    "scoped-role",
    "service-token",
    "member",
    "user",
    "email",
];

/// The outcome of a scenario: the disturbed call, and the same call twice more in the same session,
/// undisturbed.
#[derive(Clone, Debug)]
pub struct Observed {
    pub before: Account,
    pub calls: [Call; 3],
    /// A planned fault never happened.
    pub never_fired: bool,
}

/// Runs a scenario through the component, over HTTP.
pub async fn observe(
    host: &Host,
    operation: &Operation,
    auth: Auth,
    max_wait_seconds: u32,
    faults: Vec<Fault>,
) -> Observed {
    observe_on(account(), host, operation, auth, max_wait_seconds, faults).await
}

/// Does the same on another account.
pub async fn observe_on(
    account: Account,
    host: &Host,
    operation: &Operation,
    auth: Auth,
    max_wait_seconds: u32,
    faults: Vec<Fault>,
) -> Observed {
    let mock = Mock::start(account, options(auth, faults)).await.unwrap();
    let before = mock.account();
    let mut session = open(host, &mock, auth, max_wait_seconds).await;
    let first = call(&mut session, &mock, operation).await;
    let never_fired = mock.fired().contains(&0);
    mock.end_faults();
    mock.come_back().await;
    let second = call(&mut session, &mock, operation).await;
    let third = call(&mut session, &mock, operation).await;
    Observed { before, calls: [first, second, third], never_fired }
}

/// Runs a scenario with the core in this process.
pub fn observe_natively(
    operation: &Operation,
    auth: Auth,
    max_wait_seconds: u32,
    faults: Vec<Fault>,
) -> Observed {
    observe_natively_on(account(), operation, auth, max_wait_seconds, faults)
}

/// Does the same on another account.
pub fn observe_natively_on(
    account: Account,
    operation: &Operation,
    auth: Auth,
    max_wait_seconds: u32,
    faults: Vec<Fault>,
) -> Observed {
    let upstream = MockInProcess::new(account, options(auth, faults));
    let before = upstream.mock.account();
    let (method, settings) = settings(&before.id, "http://127.0.0.1:1/client/v4", auth, max_wait_seconds);
    let mut session = CoreSession::new(Settings::parse(method, settings).unwrap(), &upstream);
    let first = call_natively(&mut session, &upstream, operation);
    let never_fired = upstream.mock.fired().contains(&0);
    upstream.mock.end_faults();
    upstream.come_back();
    let second = call_natively(&mut session, &upstream, operation);
    let third = call_natively(&mut session, &upstream, operation);
    Observed { before, calls: [first, second, third], never_fired }
}
