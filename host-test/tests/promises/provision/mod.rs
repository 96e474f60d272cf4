//! Granting, revoking, and reading one resource: each sentence of what is promised, by name.

mod native;
mod properties;
mod random;

mod batches;
mod elsewhere;
mod get;
mod groups;
mod raw;
mod roles;
mod waiting;
mod writing;

use crate::support::{Bench, pairs};
use connector_host::contract::{
    Change, Error, ErrorKind, Operation, Options, Outcome, Report, ResourceId, Status,
};
use connector_host::{Session, WritableRoute};
use host_test::mock::{
    AccessUser, Account, DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN, Effect, Fault, Group, List, Member,
    Options as Behaviour, Role, SUPER_ADMINISTRATOR,
};
use host_test::routes;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// What a scenario's requests do to the counts: method and route.
type Routes<'a> = &'a [(&'a str, u64)];

/// A group's list, its GET, its PUT and the GET behind it.
const ONE_GROUP: Routes<'static> =
    &[("GET access/groups", 1), ("GET access/groups/{id}", 2), ("PUT access/groups/{id}", 1)];
const GROUPS_ONLY: Routes<'static> = &[("GET access/groups", 1)];

impl Bench {
    /// A session that may write, authenticated in this way.
    async fn writer(&self, method: &str) -> Session {
        self.open(routes::writable(), method).await
    }

    async fn open(&self, writable: &[WritableRoute], method: &str) -> Session {
        let mut settings = self.settings();
        settings.retain(|(name, _)| name != "api-token");
        settings.extend(match method {
            "api-token" => pairs(&[("api-token", DEMO_TOKEN)]),
            _ => pairs(&[("email", DEMO_EMAIL), ("api-key", DEMO_KEY)]),
        });
        self.host.open_with(writable, method, &settings).await.unwrap()
    }
}

/// A call of `apply`, and what it is made in.
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

    /// Runs it with both ways to authenticate, which may make no difference. Where nothing goes
    /// wrong on purpose, a dry run comes first: it must only read, and say what then happens.
    async fn run(self) -> Told {
        let by_token = self.run_with("api-token").await;
        let by_key = self.run_with("api-key").await;
        assert_eq!(format!("{:?}", by_token.report), format!("{:?}", by_key.report));
        assert_eq!(timeless(by_token.after.clone()), timeless(by_key.after));
        assert_eq!(by_token.routes, by_key.routes);
        by_token
    }

    async fn run_with(&self, method: &str) -> Told {
        let behaviour = Behaviour { faults: self.faults.clone(), ..Behaviour::default() };
        let bench = Bench::with(self.account.clone(), behaviour).await;
        let planned = match self.faults.is_empty() {
            true => {
                let mut reader = bench.open(&[], method).await;
                let planned = reader.apply(&self.changes, &self.options(true)).await.unwrap();
                assert_eq!(bench.mock.account(), self.account, "a dry run changed something");
                assert!(bench.mock.requests().iter().all(|request| request.method == "GET"));
                bench.mock.forget_requests();
                Some(planned)
            }
            false => None,
        };
        let report = bench.writer(method).await.apply(&self.changes, &self.options(false)).await.unwrap();
        assert_eq!(report.results.len(), self.changes.len());
        assert_eq!(u64::from(report.requests), bench.mock.request_count(), "the report tells every request");
        assert!(bench.mock.fired().iter().all(|fired| *fired > 0), "a fault never fired");
        let told = Told {
            before: self.account.clone(),
            after: bench.mock.account(),
            routes: bench.mock.requests_by_route(),
            report,
        };
        if let Some(planned) = planned {
            told.is_what_was(&planned);
        }
        told
    }
}

/// What came of a call.
#[must_use = "judge it"]
struct Told {
    report: Report,
    before: Account,
    after: Account,
    routes: BTreeMap<String, u64>,
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

    /// The whole account is as it was but for what was meant, and this was requested and nothing
    /// else.
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
        let routes = routes.map(|&(route, count)| (route.to_owned(), count)).collect();
        assert_eq!(self.routes, routes);
        self.report
    }

    /// Nothing changed.
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

/// The account without what a write sets itself.
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

/// Waits until pages behind the first one were asked for, and most likely answered: what changes
/// then isn't in them.
async fn until_sent_ahead(bench: &Bench) {
    while bench.mock.request_count() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}

/// `who` is `kind:id`.
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

fn email(address: &str) -> Value {
    json!({"email": {"email": address}})
}

fn domain(domain: &str) -> Value {
    json!({"email_domain": {"domain": domain}})
}

fn inner(group: &str) -> Value {
    json!({"group": {"id": group}})
}

fn okta() -> Value {
    json!({"okta": {"name": "Engineering", "identity_provider_id": "idp"}})
}

fn network() -> Value {
    json!({"ip": {"ip": "203.0.113.0/24"}})
}

/// A group with these rules: `include`, `exclude`, `require`, and any other field.
fn group(id: &str, fields: Value) -> Group {
    let Value::Object(mut fields) = fields else { panic!("{fields}") };
    let mut rules = |name: &str| fields.remove(name).and_then(|rules| rules.as_array().cloned());
    let (include, exclude, require) = (rules("include"), rules("exclude"), rules("require"));
    let time = Some("2025-01-01T00:00:00Z".to_owned());
    let name = format!("Group {id}");
    Group {
        id: id.into(),
        name,
        include,
        exclude,
        require,
        created_at: time.clone(),
        updated_at: time,
        extra: fields,
    }
}

/// People: users `0a` Ann, `0b` Bob (spelled `Bob@Corp.example`), `0c` Carol of another domain,
/// `0d` who has no address; the members of [`member`]. Lists: `11` has Ann and Carol.
fn account(groups: impl IntoIterator<Item = Group>) -> Account {
    let user = |id: &str, email: Option<&str>| AccessUser {
        id: id.into(),
        email: email.map(str::to_owned),
        name: Some(format!("User {id}")),
        ..AccessUser::default()
    };
    let list = List {
        id: "11".into(),
        kind: "EMAIL".into(),
        items: vec!["ANN@corp.example".into(), "carol@other.example".into()],
        ..List::default()
    };
    let mut account = Account {
        id: ACCOUNT.into(),
        groups: groups.into_iter().collect(),
        users: vec![
            user("0a", Some("ann@corp.example")),
            user("0b", Some("Bob@Corp.example")),
            user("0c", Some("carol@other.example")),
            user("0d", None),
        ],
        lists: vec![list],
        ..Account::default()
    };
    let role = |id: &str, name: &str| Role { id: id.into(), name: name.into(), ..Role::default() };
    account.roles = vec![role("d1", "DNS"), role("d2", "Billing"), role("d3", "Audit")];
    account.unlisted_roles = vec![role(SUPER_ADMINISTRATOR, "Super Administrator - All Privileges")];
    for (id, email, status, roles) in [
        ("1a", "ann@corp.example", "accepted", &["d1", "d2"][..]),
        ("1b", "Bob@Corp.example", "accepted", &["d1"]),
        ("1c", "pending@corp.example", "pending", &["d1", "d2"]),
        ("1d", "declined@corp.example", "rejected", &["d1", "d2"]),
    ] {
        member(&mut account, id, email, status, roles);
    }
    account
}

/// Adds an account member with these roles, each shown as a policy over the account.
fn member(account: &mut Account, id: &str, email: &str, status: &str, roles: &[&str]) {
    let mut member =
        Member { id: id.into(), status: status.into(), email: Some(email.into()), ..Member::default() };
    set_roles(account, &mut member, roles);
    account.members.push(member);
}

fn set_roles(account: &Account, member: &mut Member, roles: &[&str]) {
    member.roles = roles.iter().map(|&role| role.to_owned()).collect();
    member.policies = roles
        .iter()
        .map(|role| account.account_wide_policy(&member.id, account.role(role).unwrap()))
        .collect();
}

/// The include of a group, to change what a test expects.
fn include<'a>(account: &'a mut Account, group: &str) -> &'a mut Vec<Value> {
    let found = account.groups.iter_mut().find(|known| known.id == group).unwrap();
    found.include.get_or_insert_default()
}
