//! The hostile connector in its host, and the real one beside it.

use crate::server::Server;
use connector_host::contract::{
    Change, GroupFacts, Operation, Options as ApplyOptions, Page, ProviderGroup, ResourceId,
};
use connector_host::{Cache, Config, Host, HostError, Limits, Origin, Session};
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options};
use std::time::Duration;

pub struct Bench {
    pub hostile: Host,
    real: Host,
    mock: Mock,
}

/// Returns limits that stop a guest soon.
pub fn short() -> Limits {
    Limits { call: Duration::from_millis(200), memory_bytes: 32 << 20, ..Limits::default() }
}

pub async fn host(component: &[u8], limits: Limits) -> Result<Host, HostError> {
    let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
    Host::new(component, Config { cache, limits, ..Config::default() }).await
}

impl Bench {
    pub async fn new(limits: Limits) -> Bench {
        Self::of(guests::HOSTILE, limits).await
    }

    pub async fn of(component: &[u8], limits: Limits) -> Bench {
        Bench {
            hostile: host(component, limits).await.unwrap(),
            real: host(host_test::CONNECTOR, Limits::default()).await.unwrap(),
            mock: Mock::start(Account::company(), Options::default()).await.unwrap(),
        }
    }

    /// Opens a session that can reach nothing.
    pub async fn locked(&self) -> Session {
        self.hostile.open_to(Vec::new(), "", &[]).await.unwrap()
    }

    /// Opens a session that can reach this server.
    pub async fn to(&self, server: &Server) -> Session {
        self.to_origin(&server.origin()).await
    }

    pub async fn to_origin(&self, origin: &str) -> Session {
        let origins: Vec<Origin> = vec![origin.parse().unwrap()];
        self.hostile.open_to(origins, "", &[]).await.unwrap()
    }

    /// Checks that another session opens in the same host, and that the real connector reads to its
    /// end in a host of its own.
    pub async fn lives_on(&self) {
        assert_eq!(say(&mut self.locked().await, &["grow-to", "1"]).await.unwrap().len(), 1);

        let account = self.mock.read(|account| account.id.clone());
        let settings =
            [("account-id", account), ("base-url", self.mock.base_url()), ("api-token", DEMO_TOKEN.into())];
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        let mut session = self.real.open("api-token", &settings).await.unwrap();
        let (mut cursor, mut resources) = (None, 0);
        loop {
            let page: Page = session.read(&[], cursor.as_deref()).await.unwrap();
            resources += page.resources.len();
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert!(resources > 0);
    }
}

pub fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

pub async fn read(session: &mut Session, words: &[&str]) -> Result<Page, HostError> {
    session.read(&strings(words), None).await
}

/// Returns the guest's findings, which are the page's warnings.
pub async fn say(session: &mut Session, words: &[&str]) -> Result<Vec<String>, HostError> {
    let page = read(session, words).await?;
    Ok(page.warnings.into_iter().map(|warning| warning.message).collect())
}

/// Returns the guest's one finding.
pub async fn say_one(session: &mut Session, words: &[&str]) -> String {
    say(session, words).await.unwrap().concat()
}

/// The functions of the contract, each of which can misbehave.
pub const CALLS: [&str; 8] = ["describe", "open", "validate", "learn", "read", "get", "held", "apply"];

/// Lets the guest misbehave in a function of the contract. Checks that this ends the session, and
/// returns the error.
pub async fn misbehave(call: &str, how: &str, limits: Limits) -> HostError {
    let in_describe = guests::hostile_in_describe(how);
    let bench = Bench::of(if call == "describe" { &in_describe } else { guests::HOSTILE }, limits).await;
    let error = match call {
        "describe" => bench.hostile.describe().await.err().unwrap(),
        "open" => bench.hostile.open_to(Vec::new(), how, &[]).await.err().unwrap(),
        _ => {
            let settings = [("validate".to_owned(), how.to_owned())];
            let mut session = bench.hostile.open_to(Vec::new(), "", &settings).await.unwrap();
            let error = misbehave_in_session(&mut session, call, how).await;
            let over = session.read(&[], None).await.unwrap_err();
            assert!(matches!(&over, HostError::SessionOver(why) if *why == error.to_string()), "{over}");
            error
        }
    };
    bench.lives_on().await;
    error
}

async fn misbehave_in_session(session: &mut Session, call: &str, how: &str) -> HostError {
    let id = ResourceId { kind: how.to_owned(), id: String::new() };
    match call {
        "validate" => session.validate().await.unwrap_err(),
        "learn" => {
            let group = ProviderGroup { provider: id, group: String::new() };
            let (addresses, source) = (Vec::new(), how.to_owned());
            let fact = GroupFacts { group, addresses, source, as_of: None };
            session.learn(&[fact]).await.unwrap_err()
        }
        "read" => read(session, &[how]).await.unwrap_err(),
        "get" => session.get(&id, None).await.unwrap_err(),
        "held" => session.held(&id, None).await.unwrap_err(),
        "apply" => {
            let change = Change { operation: Operation::Grant, entitlement: how.to_owned(), principal: id };
            let options = ApplyOptions { dry_run: false, allow_gains: false, extra: String::new() };
            session.apply(&[change], &options).await.unwrap_err()
        }
        other => panic!("no function of the contract: {other}"),
    }
}
