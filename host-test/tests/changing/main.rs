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
mod facts;
mod groups;
mod guarded;
mod last_super_administrator;
mod native;
mod properties;
mod random;
mod random_apps;
mod raw;
mod refused;
mod roles;
mod scoped_roles;
mod unclear;
mod unread;
mod unseen;
mod user_groups;
mod waiting;
mod writing;

use common::open::until_sent_ahead;
use common::principal_of::principal_of;
use common::setup::HostAndMock;
use common::small_account::{ACCOUNT, account, domain, email, group, include, member, okta, set_roles};
use connector_host::Session;
use connector_host::contract::{
    Change, Error, ErrorKind, Grant, GroupFacts, Operation, Options, Outcome, ProviderGroup, Report,
    ResourceId, Status,
};
use host_test::mock::{
    Account, Effect, Fault, Group, Inherited, Options as Behaviour, Place, Policy, Recorded, Role,
    SUPER_ADMINISTRATOR, UserGroup,
};
use host_test::routes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The requests of a scenario: how many of each method and route.
type Routes<'a> = &'a [(&'a str, u64)];

/// A group's list, its GET, its PUT and the GET behind it.
const ONE_GROUP: Routes<'static> =
    &[("GET access/groups", 1), ("GET access/groups/{id}", 2), ("PUT access/groups/{id}", 1)];
/// The requests for whoever has an address.
const OWNERS: Routes<'static> = &[("GET access/users", 1), ("GET members", 1)];
/// The user groups, without which it isn't known what a member holds.
const USER_GROUPS: &str = "GET iam/user_groups";
/// The kinds of what a member holds by roles and policies.
const OF_MEMBERS: [&str; 3] = ["role", "scoped-role", "user-group"];
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
    /// The facts that the session is told of groups of identity providers.
    facts: Vec<GroupFacts>,
    is_planned: bool,
}

impl Scene {
    fn new(account: Account, changes: impl IntoIterator<Item = Change>) -> Scene {
        let changes = changes.into_iter().collect();
        let (faults, facts) = (Vec::new(), Vec::new());
        Scene { account, changes, allow_gains: false, faults, facts, is_planned: true }
    }

    fn allowing_gains(self) -> Scene {
        Scene { allow_gains: true, ..self }
    }

    fn told(self, facts: Vec<GroupFacts>) -> Scene {
        Scene { facts, ..self }
    }

    fn under(mut self, fault: Fault) -> Scene {
        self.faults.push(fault);
        self
    }

    /// Whether nothing goes wrong, and all changes are about what members hold.
    fn is_whole(&self) -> bool {
        self.faults.is_empty() && self.changes.iter().all(is_of_member)
    }

    fn options(&self, dry_run: bool) -> Options {
        Options { dry_run, allow_gains: self.allow_gains, extra: String::new() }
    }

    /// Runs the call with both ways to authenticate, which may make no difference but for the name of
    /// a credential that is refused. Without a planted fault, a dry run comes first: it must only read,
    /// and report what then happens.
    async fn run(self) -> Told {
        self.run_as(true).await
    }

    /// Runs it without a dry run: what a write makes has ids that no dry run knows.
    async fn run_unplanned(self) -> Told {
        self.run_as(false).await
    }

    async fn run_as(mut self, is_planned: bool) -> Told {
        self.is_planned = is_planned;
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
        let before = if self.is_whole() { Some(setup.held_by_members().await) } else { None };
        setup.mock.forget_requests();
        let planned = match self.faults.is_empty() && self.is_planned {
            true => {
                let mut reader = setup.open(&[], method).await;
                self.tell(&setup, &mut reader).await;
                let planned = reader.apply(&self.changes, &self.options(true)).await.unwrap();
                assert_eq!(setup.mock.account(), self.account, "a dry run changed something");
                assert_eq!(u64::from(planned.requests), setup.mock.request_count());
                assert!(setup.mock.requests().iter().all(|request| request.method == "GET"));
                setup.mock.forget_requests();
                Some(planned)
            }
            false => None,
        };
        let mut writer = setup.writer(method).await;
        self.tell(&setup, &mut writer).await;
        let report = writer.apply(&self.changes, &self.options(false)).await.unwrap();
        assert_eq!(report.results.len(), self.changes.len());
        assert_eq!(u64::from(report.requests), setup.mock.request_count(), "the report tells every request");
        assert!(setup.mock.fired().iter().all(|fired| *fired > 0), "a fault never fired");
        let (routes, sent) = (setup.mock.requests_by_route(), setup.mock.requests());
        if let Some(before) = before {
            tells_the_difference(&self.changes, &report, &before, &setup.held_by_members().await);
        }
        let told = Told {
            before: self.account.clone(),
            after: setup.mock.account(),
            routes,
            sent,
            of_members: self.changes.iter().any(is_of_member),
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

impl Scene {
    /// Tells a session what the scene has of facts.
    async fn tell(&self, setup: &HostAndMock, session: &mut Session) {
        if !self.facts.is_empty() {
            session.learn(&self.facts).await.unwrap();
            setup.mock.forget_requests();
        }
    }
}

/// The result of a call, and the account before and after it.
#[must_use = "judge it"]
struct Told {
    report: Report,
    before: Account,
    after: Account,
    routes: BTreeMap<String, u64>,
    sent: Vec<Recorded>,
    /// Whether a change of an address alone was written.
    by_address: bool,
    /// Whether a change is about what an account member holds.
    of_members: bool,
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
        let names_groups = routes.iter().any(|(route, _)| *route == USER_GROUPS);
        let routes = routes.iter().filter(|(_, count)| *count > 0);
        let mut routes: BTreeMap<String, u64> =
            routes.map(|&(route, count)| (route.to_owned(), count)).collect();
        for &(owners, count) in OWNERS.iter().filter(|_| self.by_address) {
            routes.entry(owners.to_owned()).or_insert(count);
        }
        if self.of_members && !names_groups {
            routes.entry(USER_GROUPS.to_owned()).or_insert(1);
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

/// The holdings of members, by entitlement and principal.
type HeldByMembers = BTreeMap<(String, String), String>;

impl HostAndMock {
    /// Reads what members hold.
    async fn held_by_members(&self) -> HeldByMembers {
        let kinds = ["role", "user-group", "scoped-role", "member"].map(str::to_owned);
        let mut session = self.host.open("api-token", &self.settings()).await.unwrap();
        let (mut all, mut cursor) = (HeldByMembers::new(), None::<String>);
        loop {
            let page = session.read(&kinds, cursor.as_deref()).await.unwrap();
            for grant in &page.grants {
                let members = grant.principals.iter().filter(|principal| principal.kind == "member");
                let of_one = |id: &ResourceId| Grant { principals: vec![id.clone()], ..grant.clone() };
                all.extend(members.map(of_one).map(|grant| (held(&grant), format!("{grant:?}"))));
            }
            cursor = page.next;
            if cursor.is_none() {
                return all;
            }
        }
    }
}

fn held(grant: &Grant) -> (String, String) {
    (grant.entitlement.clone(), grant.principals[0].id.clone())
}

/// Asserts that the outcomes tell what a read before and one after the call show.
fn tells_the_difference(changes: &[Change], report: &Report, before: &HeldByMembers, after: &HeldByMembers) {
    let (mut added, mut removed) = (BTreeMap::new(), BTreeSet::new());
    for (change, outcome) in changes.iter().zip(&report.results) {
        let Ok(outcome) = outcome else { continue };
        added.extend(outcome.added.iter().map(|grant| (held(grant), format!("{grant:?}"))));
        removed.extend(outcome.removed.iter().map(|id| (id.clone(), change.principal.id.clone())));
    }
    let gone: BTreeSet<_> = before.keys().filter(|&held| !after.contains_key(held)).cloned().collect();
    assert_eq!(removed, gone, "what was removed");
    for (held, grant) in after {
        assert!(before.contains_key(held) || added.contains_key(held), "{held:?} was added");
        let is_alone = changes.len() == 1 && added.contains_key(held);
        assert!(!is_alone || added[held] == *grant, "{} is not {grant}", added[held]);
    }
    assert!(added.keys().all(|held| after.contains_key(held)), "{added:?} is in {after:?}");
}

fn is_of_member(change: &Change) -> bool {
    let kind = change.entitlement.split(':').next().unwrap_or_default();
    change.principal.kind == "member" && OF_MEMBERS.contains(&kind)
}

fn timeless_group(group: &Group) -> Group {
    Group { updated_at: None, ..group.clone() }
}

/// Returns the account without the fields that a write sets by itself.
fn timeless(mut account: Account) -> Account {
    account.groups.iter_mut().for_each(|group| *group = timeless_group(group));
    account.user_groups.iter_mut().for_each(|group| group.modified_on.clear());
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

/// Adds a member to a user group.
fn join(group: &str, who: &str) -> Change {
    change(Operation::Grant, &of_user_group(group), who)
}

/// Takes a member out of a user group.
fn leave(group: &str, who: &str) -> Change {
    change(Operation::Revoke, &of_user_group(group), who)
}

fn of_user_group(id: &str) -> String {
    format!("user-group:{id}:member")
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
