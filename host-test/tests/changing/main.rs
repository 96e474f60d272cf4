//! Granting and revoking: each sentence of what is promised, by name.

mod answers;
mod apps;
mod apps_and_groups;
mod apps_properties;
mod apps_unread;
mod batches;
mod by_address;
#[path = "../common"]
mod common {
    pub mod held;
    pub mod open;
    pub mod principal_of;
    pub mod random_rules;
    pub mod setup;
    pub mod small_account;
}
mod elsewhere;
mod groups;
mod native;
mod properties;
mod random;
mod random_apps;
mod raw;
mod refused;
mod roles;
mod unclear;
mod unread;
mod unseen;
mod waiting;
mod writing;

use common::open::until_sent_ahead;
use common::principal_of::principal_of;
use common::setup::HostAndMock;
use common::small_account::{ACCOUNT, account, domain, email, group, include, member, okta, set_roles};
use connector_host::Session;
use connector_host::contract::{
    Change, Error, ErrorKind, Operation, Options, Outcome, Report, ResourceId, Status,
};
use host_test::mock::{
    Account, Effect, Fault, Group, Options as Behaviour, Place, Recorded, Role, SUPER_ADMINISTRATOR,
};
use host_test::routes;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The requests of a scenario: how many of each method and route.
type Routes<'a> = &'a [(&'a str, u64)];

/// A group's list, its GET, its PUT and the GET behind it.
const ONE_GROUP: Routes<'static> =
    &[("GET access/groups", 1), ("GET access/groups/{id}", 2), ("PUT access/groups/{id}", 1)];
/// The requests for whoever has an address.
const OWNERS: Routes<'static> = &[("GET access/users", 1), ("GET members", 1)];
const GROUPS_ONLY: Routes<'static> = &[("GET access/groups", 1)];

impl HostAndMock {
    /// Opens a session that may write, authenticated in this way.
    async fn writer(&self, method: &str) -> Session {
        self.open(routes::writable(), method).await
    }
}

/// A call of `apply` with its surroundings.
struct Scene {
    account: Account,
    changes: Vec<Change>,
    allow_gains: bool,
    faults: Vec<Fault>,
}

impl Scene {
    fn new(account: Account, changes: impl IntoIterator<Item = Change>) -> Scene {
        Scene { account, changes: changes.into_iter().collect(), allow_gains: false, faults: Vec::new() }
    }

    fn allowing_gains(self) -> Scene {
        Scene { allow_gains: true, ..self }
    }

    fn under(mut self, fault: Fault) -> Scene {
        self.faults.push(fault);
        self
    }

    fn options(&self, dry_run: bool) -> Options {
        Options { dry_run, allow_gains: self.allow_gains, extra: String::new() }
    }

    /// Runs the call with both ways to authenticate, which may make no difference but for the name of
    /// a credential that is refused. Without a planted fault, a dry run comes first: it must only read,
    /// and report what then happens.
    async fn run(self) -> Told {
        let by_token = self.run_with("api-token").await;
        let by_key = self.run_with("api-key").await;
        let of_key = format!("{:?}", by_key.report).replace("Some(\"api-key\")", "Some(\"api-token\")");
        assert_eq!(format!("{:?}", by_token.report), of_key);
        assert_eq!(timeless(by_token.after.clone()), timeless(by_key.after));
        assert_eq!(by_token.routes, by_key.routes);
        by_token
    }

    async fn run_with(&self, method: &str) -> Told {
        let behaviour = Behaviour { faults: self.faults.clone(), ..Behaviour::default() };
        let setup = HostAndMock::with(self.account.clone(), behaviour).await;
        let planned = match self.faults.is_empty() {
            true => {
                let mut reader = setup.open(&[], method).await;
                let planned = reader.apply(&self.changes, &self.options(true)).await.unwrap();
                assert_eq!(setup.mock.account(), self.account, "a dry run changed something");
                assert!(setup.mock.requests().iter().all(|request| request.method == "GET"));
                setup.mock.forget_requests();
                Some(planned)
            }
            false => None,
        };
        let report = setup.writer(method).await.apply(&self.changes, &self.options(false)).await.unwrap();
        assert_eq!(report.results.len(), self.changes.len());
        assert_eq!(u64::from(report.requests), setup.mock.request_count(), "the report tells every request");
        assert!(setup.mock.fired().iter().all(|fired| *fired > 0), "a fault never fired");
        let told = Told {
            before: self.account.clone(),
            after: setup.mock.account(),
            routes: setup.mock.requests_by_route(),
            by_address: self.changes.iter().any(|change| {
                let group = change.entitlement.split(':').nth(1).unwrap_or_default();
                let wrote = |request: &Recorded| request.method == "PUT" && request.path.ends_with(group);
                change.principal.kind == "email" && setup.mock.requests().iter().any(wrote)
            }),
            report,
        };
        if let Some(planned) = planned {
            told.is_what_was(&planned);
        }
        told
    }
}

/// The result of a call, and the account before and after it.
#[must_use = "judge it"]
struct Told {
    report: Report,
    before: Account,
    after: Account,
    routes: BTreeMap<String, u64>,
    /// Whether a change of an address alone was written.
    by_address: bool,
}

impl Told {
    fn is_what_was(&self, planned: &Report) {
        let shown = |result: &Result<Outcome, Error>| match result {
            Ok(outcome) => Ok((
                outcome.status == Status::Unchanged,
                format!("{:?} {:?}", outcome.added, outcome.removed),
            )),
            Err(error) => Err(format!("{error:?}")),
        };
        let results = |report: &Report| report.results.iter().map(shown).collect::<Vec<_>>();
        assert_eq!(results(planned), results(&self.report));
        assert_eq!(format!("{:?}", planned.writes), format!("{:?}", self.report.writes));
        assert!(!planned.results.iter().flatten().any(|outcome| outcome.status == Status::Applied));
        assert!(!self.report.results.iter().flatten().any(|outcome| outcome.status == Status::Planned));
    }

    /// Asserts that the account changed only as meant, with these requests and no others: but a
    /// change of an address alone also looks for the user and the member that have it, and a write of
    /// a group for the applications.
    fn judge(self, meant: impl FnOnce(&mut Account), routes: Routes) -> Report {
        let mut expected = self.before.clone();
        meant(&mut expected);
        assert_eq!(timeless(self.after.clone()), timeless(expected));
        for (was, is) in self.before.groups.iter().zip(&self.after.groups) {
            assert!(
                timeless_group(was) != timeless_group(is) || was.updated_at == is.updated_at,
                "{} was written",
                is.id
            );
        }
        let routes = routes.iter().filter(|(_, count)| *count > 0);
        let mut routes: BTreeMap<String, u64> =
            routes.map(|&(route, count)| (route.to_owned(), count)).collect();
        for &(owners, count) in OWNERS.iter().filter(|_| self.by_address) {
            routes.entry(owners.to_owned()).or_insert(count);
        }
        // A group is read by its id for a write, and the applications come before that.
        if routes.contains_key("GET access/groups/{id}") {
            routes.entry("GET access/apps".to_owned()).or_insert(1);
        }
        assert_eq!(self.routes, routes);
        self.report
    }

    /// Asserts that nothing changed.
    fn judge_unchanged(self, routes: Routes) -> Report {
        assert!(self.report.writes.is_empty(), "{:?}", self.report.writes);
        self.judge(|_| {}, routes)
    }

    fn applied(&self, at: usize, details: &[&str]) -> &Outcome {
        self.ended(at, Status::Applied, details)
    }

    fn all_applied(&self, range: std::ops::Range<usize>) {
        range.for_each(|at| {
            self.applied(at, &[]);
        });
    }

    fn unchanged(&self, at: usize, details: &[&str]) {
        let outcome = self.ended(at, Status::Unchanged, details);
        assert!(outcome.added.is_empty() && outcome.removed.is_empty(), "{outcome:?}");
    }

    fn ended(&self, at: usize, status: Status, details: &[&str]) -> &Outcome {
        let outcome = self.report.results[at].as_ref().unwrap();
        assert_eq!(outcome.status, status, "{outcome:?}");
        for detail in details {
            assert!(outcome.detail.contains(detail), "{detail:?} is missing from {:?}", outcome.detail);
        }
        outcome
    }

    fn refused(&self, at: usize, words: &[&str]) {
        self.failed(at, ErrorKind::Refused, words);
    }

    fn failed(&self, at: usize, kind: ErrorKind, words: &[&str]) -> &Error {
        let error = self.report.results[at].as_ref().unwrap_err();
        assert_eq!(error.kind, kind, "{error:?}");
        for word in words {
            assert!(error.message.contains(word), "{word:?} is missing from {:?}", error.message);
        }
        error
    }
}

fn timeless_group(group: &Group) -> Group {
    Group { updated_at: None, ..group.clone() }
}

/// Returns the account without the fields that a write sets by itself.
fn timeless(mut account: Account) -> Account {
    account.groups.iter_mut().for_each(|group| *group = timeless_group(group));
    account
}

fn change(operation: Operation, entitlement: &str, principal: &str) -> Change {
    let (kind, id) = principal.split_once(':').unwrap();
    let principal = ResourceId { kind: kind.to_owned(), id: id.to_owned() };
    Change { operation, entitlement: entitlement.to_owned(), principal }
}

fn of_group(id: &str) -> String {
    format!("group:{id}:member")
}

fn of_role(id: &str) -> String {
    format!("role:{id}:assigned")
}

/// Grants a group. `who` is `kind:id`.
fn grant(group: &str, who: &str) -> Change {
    change(Operation::Grant, &of_group(group), who)
}

fn revoke(group: &str, who: &str) -> Change {
    change(Operation::Revoke, &of_group(group), who)
}

fn give(role: &str, who: &str) -> Change {
    change(Operation::Grant, &of_role(role), who)
}

fn take(role: &str, who: &str) -> Change {
    change(Operation::Revoke, &of_role(role), who)
}

fn inner(group: &str) -> Value {
    json!({"group": {"id": group}})
}

fn network() -> Value {
    json!({"ip": {"ip": "203.0.113.0/24"}})
}
