//! People who join and leave: each sentence of what is promised, by name.

#[path = "../common"]
mod common {
    pub mod small_account;
}
mod asked;
mod cut_short;
mod facts;
mod faults;
mod generated;
mod guards;
mod keep;
mod kept_out;
mod leaving;
mod lost_answers;
mod other_permissions;
mod own;
mod permissions;
mod purposes;
mod reports;
mod steps;
mod told;
mod ways;

use connector_host::contract::lifecycle::{
    Invitation, NewUser, Offboarding, Options, Outcome, Report, Step, Way,
};
use connector_host::contract::{Error, ResourceId};
use connector_host::{Cache, Config, Host, HostError, Session, WritableRoute};
use host_test::mock::{Account, DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN, Mock, Options as Behaviour};
use host_test::routes;

const METHODS: [&str; 2] = ["api-token", "api-key"];

/// A mock with an account, and a host that runs the manager against it.
struct Setup {
    mock: Mock,
    host: Host,
}

impl Setup {
    async fn new(account: Account) -> Setup {
        Setup::with(account, Behaviour::default()).await
    }

    async fn with(account: Account, behaviour: Behaviour) -> Setup {
        Setup { mock: Mock::start(account, behaviour).await.unwrap(), host: host().await }
    }

    fn settings(&self, method: &str) -> Vec<(String, String)> {
        let account = self.mock.read(|account| account.id.clone());
        let credentials: &[(&str, &str)] = match method {
            "api-token" => &[("api-token", DEMO_TOKEN)],
            _ => &[("email", DEMO_EMAIL), ("api-key", DEMO_KEY)],
        };
        let common = [
            ("account-id", account.as_str()),
            ("max-wait-seconds", "0"),
            ("base-url", &self.mock.base_url()),
        ];
        let all = [&common[..], credentials].concat();
        all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    async fn open(&self, routes: &[WritableRoute], method: &str) -> Session {
        self.host.open_with(routes, method, &self.settings(method)).await.unwrap()
    }

    /// Opens a session for people who join and leave.
    async fn session(&self, method: &str) -> Session {
        self.open(routes::for_lifecycle(), method).await
    }

    async fn apply(&self, steps: &[Step]) -> Report {
        self.session("api-token").await.apply_steps(steps, &really()).await.unwrap()
    }

    async fn offboard(&self, person: &str, keep: &[&str]) -> Offboarding {
        self.try_offboard(person, keep, &really()).await.unwrap()
    }

    async fn try_offboard(
        &self,
        person: &str,
        keep: &[&str],
        options: &Options,
    ) -> Result<Offboarding, HostError> {
        let keep: Vec<String> = keep.iter().map(|word| (*word).to_owned()).collect();
        self.session("api-token").await.offboard(&id(person), &keep, options).await
    }

    /// The requests that aren't reads, in their order.
    fn writes(&self) -> Vec<String> {
        let requests = self.mock.requests();
        let writes = requests.iter().filter(|request| request.method != "GET");
        writes.map(|request| format!("{} {}", request.method, below(&request.path))).collect()
    }
}

async fn host() -> Host {
    let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
    Host::new(host_test::MANAGER, Config { cache, ..Config::default() }).await.unwrap()
}

/// The part of a path below the account.
fn below(path: &str) -> String {
    path.splitn(6, '/').nth(5).unwrap_or_default().to_owned()
}

fn really() -> Options {
    Options { dry_run: false, allow_own: false, extra: String::new() }
}

fn planning() -> Options {
    Options { dry_run: true, ..really() }
}

/// Reads `kind:id`.
fn id(text: &str) -> ResourceId {
    let (kind, id) = text.split_once(':').unwrap();
    ResourceId { kind: kind.to_owned(), id: id.to_owned() }
}

fn shown(id: &ResourceId) -> String {
    format!("{}:{}", id.kind, id.id)
}

fn invite(address: &str, entitlements: &[&str]) -> Step {
    Step::Invite(Invitation {
        address: address.to_owned(),
        entitlements: entitlements.iter().map(|it| (*it).to_owned()).collect(),
        without_mail: false,
    })
}

fn add_user(address: &str) -> Step {
    Step::AddUser(NewUser { address: address.to_owned(), name: Some("Ann Lee".to_owned()) })
}

fn remove(of: &str) -> Step {
    Step::Remove(id(of))
}

fn end_sessions(of: &str) -> Step {
    Step::EndSessions(id(of))
}

fn free_seat(of: &str) -> Step {
    Step::FreeSeat(id(of))
}

/// The one outcome of a report.
fn only(report: &Report) -> &Outcome {
    assert_eq!(report.results.len(), 1);
    report.results[0].as_ref().unwrap()
}

fn failure(report: &Report) -> &Error {
    report.results[0].as_ref().unwrap_err()
}

/// The address of somebody of whom the company has something of everything.
const PRIYA: &str = "priya.raman@northwind.example";

/// The ways into a resource, or of no single one.
fn into<'w>(offboarding: &'w Offboarding, id: &str) -> Vec<&'w Way> {
    let ways = offboarding.remaining.iter();
    ways.filter(|way| way.into.as_ref().map(shown).unwrap_or_default() == id).collect()
}

/// The id of the user and of the member with an address.
fn accounts(account: &Account, address: &str) -> (Option<String>, Option<String>) {
    let user = account.users.iter().find(|user| user.email.as_deref() == Some(address));
    let member = account.members.iter().find(|member| member.address() == Some(address));
    (user.map(|user| user.id.clone()), member.map(|member| member.id.clone()))
}
