//! The same faults at every request of `validate`. Its result for each resource type follows from
//! the scenario alone.

use super::account::{TOKEN, account};
use super::expected::{Failure, failure, is_survived};
use super::judge::Broken;
use super::scenario::{self, Disturbance, Request, Scenario, Trouble};
use super::{find_fault, options, patient_host, settings};
use crate::changes::run::RESOURCE_TYPES;
use crate::common::setup::host_within;
use connector_host::contract::{Error, ErrorKind, Right};
use connector_host::{Host, Limits};
use host_test::mock::{Effect, Mock};
use std::collections::BTreeMap;
use std::time::Duration;

/// The result of each resource type's check, or the reason why there is none.
type Outcome = Result<BTreeMap<String, Result<(), Broken>>, Broken>;

const VERIFY: &str = "user/tokens/verify";
const TOKEN_ITSELF: &str = "user/tokens/{id}";
const ACCOUNT: &str = "accounts/{id}";
const ITEMS: &str = "gateway/lists/{id}/items";
const PROVIDERS: &str = "access/identity_providers";

/// The number of kinds that can be changed: groups, roles, user groups and scoped roles.
const CHANGEABLE: usize = 4;

/// The requests, and the checks that depend on each.
const ROUTES: [(&str, &[&str]); 13] = [
    (VERIFY, &[]),
    (PROVIDERS, &["identity-provider"]),
    ("access/groups", &["group", "app", "email"]),
    (ITEMS, &["group", "app", "email"]),
    ("access/policies", &["policy"]),
    ("access/apps", &["app", "policy"]),
    ("roles", &["role", "scoped-role"]),
    ("iam/user_groups", &["user-group", "scoped-role"]),
    ("access/service_tokens", &["service-token"]),
    ("members", &["member", "scoped-role", "email"]),
    ("access/users", &["user", "email"]),
    (ACCOUNT, &[]),
    (TOKEN_ITSELF, &[]),
];

fn good() -> Outcome {
    Ok(RESOURCE_TYPES.map(|kind| (kind.to_owned(), Ok(()))).into())
}

fn expected(scenario: &Scenario) -> Outcome {
    let Some(trouble @ Trouble { disturbance: Disturbance::Effect(effect), .. }) = scenario.only() else {
        return good();
    };
    let Some(failure) =
        failure_of(trouble, effect).filter(|failure| !is_survived(scenario, trouble, effect, failure))
    else {
        return good();
    };
    let route = trouble.request.route.as_str();
    let broken = failure.broken();
    match route {
        // Nothing can be asked: no resource type's fault.
        PROVIDERS if ends_the_call(effect, &failure) => Err(broken),
        // The rights are unknown, or the organization, and nothing fails.
        TOKEN_ITSELF | ACCOUNT => good(),
        // The other address doesn't know the token either, but the probes read with it.
        VERIFY if matches!(effect, Effect::Status { status: 401, .. }) => good(),
        _ if failure.kind == ErrorKind::Unauthenticated => Err(broken),
        // The probes decide.
        VERIFY if failure.gap && failure.kind != ErrorKind::Unavailable => good(),
        VERIFY => Err(broken),
        // Permission groups tell the roles.
        "roles" if failure.gap && failure.kind == ErrorKind::NotFound => good(),
        // A list that doesn't exist is the rule's fault.
        ITEMS if failure.gap && failure.kind != ErrorKind::PermissionDenied => good(),
        _ => {
            let (at, (_, resting)) = ROUTES
                .iter()
                .enumerate()
                .find(|(_, (known, _))| *known == route)
                .expect("a route that is asked");
            let is_last = ends_the_call(effect, &failure);
            let behind = ROUTES.iter().skip(at).filter(|_| is_last).flat_map(|(_, kinds)| *kinds);
            let mut checks = good()?;
            for kind in resting.iter().chain(behind) {
                checks.insert((*kind).to_owned(), Err(broken.clone()));
            }
            Ok(checks)
        }
    }
}

/// Returns the failure that an effect causes here, if it does.
fn failure_of(trouble: &Trouble, effect: &Effect) -> Option<Failure> {
    let is_first = [VERIFY, PROVIDERS].contains(&trouble.request.route.as_str());
    match effect {
        // The identity providers are read before.
        Effect::Status { status: 401, code: 10000, .. } if !is_first => {
            Some(Failure::gap(ErrorKind::PermissionDenied))
        }
        _ => failure(effect),
    }
}

/// Whether the rights to change something are known, wherever something can be read.
fn are_rights_known(scenario: &Scenario) -> bool {
    let Some(trouble @ Trouble { disturbance: Disturbance::Effect(effect), .. }) = scenario.only() else {
        return true;
    };
    let failed =
        failure_of(trouble, effect).filter(|failure| !is_survived(scenario, trouble, effect, failure));
    failed.is_none_or(|failure| {
        ![VERIFY, TOKEN_ITSELF].contains(&trouble.request.route.as_str()) && !ends_the_call(effect, &failure)
    })
}

/// Whether nothing is asked, or answered, after this failure.
fn ends_the_call(effect: &Effect, failure: &Failure) -> bool {
    is_gone(effect) || matches!(failure.kind, ErrorKind::RateLimited | ErrorKind::Unauthenticated)
}

fn is_gone(effect: &Effect) -> bool {
    matches!(effect, Effect::GoneAway { back_after_ms: None })
}

#[derive(Debug)]
struct Observed {
    outcome: Outcome,
    /// The known rights, of the checks that have one.
    rights: Vec<bool>,
    /// The outcome of the same call again, undisturbed.
    next: Outcome,
    shown: String,
    fired: Vec<u64>,
    requests: u64,
}

async fn observe(host: &Host, scenario: &Scenario) -> Observed {
    let mut options = options(scenario);
    // All groups are on one page: the first one that names a list decides which one is requested.
    options.max_per_page.remove("access/groups");
    let mock = Mock::start(account(), options).await.unwrap();
    let settings = settings(&mock.read(|account| account.id.clone()), &mock.base_url(), scenario);
    let mut session = host.open("api-token", &settings).await.unwrap();
    let (mut shown, mut outcomes, mut requests, mut rights) = (String::new(), Vec::new(), 0, Vec::new());
    for _ in 0..2 {
        let validated = session.validate().await;
        shown += &format!("{validated:?}\n");
        if let (true, Ok(validation)) = (outcomes.is_empty(), &validated) {
            let changes = validation.checks.iter().filter_map(|check| check.change.as_ref());
            rights = changes.map(|right| matches!(right, Right::Granted)).collect();
        }
        outcomes.push(validated.map_err(Broken::of).map(|validation| {
            let broken = |error: Error| Broken::of(error.into());
            validation
                .checks
                .into_iter()
                .map(|check| (check.resource_type, check.read.map_err(broken)))
                .collect()
        }));
        if outcomes.len() == 1 {
            requests = mock.request_count();
        }
        if scenario.ends_with_a_failure() {
            mock.end_faults();
        }
        mock.come_back().await;
    }
    shown += &format!("{:?}", session.traffic());
    let [outcome, next] = outcomes.try_into().unwrap();
    Observed { outcome, rights, next, shown, fired: mock.fired(), requests }
}

/// Lists all faults. `usual` is the number of undisturbed requests.
fn judge(scenario: &Scenario, observed: &Observed, usual: u64) -> Vec<String> {
    let mut wrong = Vec::new();
    let expected = expected(scenario);
    if observed.fired.contains(&0) {
        wrong.push("the fault never fired".to_owned());
    }
    if observed.outcome != expected {
        wrong.push(format!("it said {:?}, and not {expected:?}", observed.outcome));
    }
    let rights = if expected.is_ok() { vec![are_rights_known(scenario); CHANGEABLE] } else { Vec::new() };
    if observed.rights != rights {
        wrong.push(format!("of rights it knew {:?}, and not {rights:?}", observed.rights));
    }
    if observed.next != good() {
        wrong.push(format!("the next call said {:?}", observed.next));
    }
    if observed.shown.contains(TOKEN) {
        wrong.push("the token shows".to_owned());
    }
    // A token that the user's route doesn't know may be an account's.
    let most = usual + observed.fired.iter().sum::<u64>() + 1;
    if observed.requests > most {
        wrong.push(format!("{} requests where {most} would do", observed.requests));
    }
    wrong
}

async fn sweep(host: Host, scenarios: fn(&[Request]) -> Vec<Scenario>) {
    let usual = observe(&host, &Scenario::undisturbed()).await;
    assert_eq!((&usual.outcome, usual.requests), (&good(), ROUTES.len() as u64));
    let requests = ROUTES.map(|(route, _)| Request::on(route, Some(1)));
    let usual = usual.requests;
    find_fault(scenarios(&requests), |scenario| {
        let host = host.clone();
        async move { judge(&scenario, &observe(&host, &scenario).await, usual) }
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
    let patient = Duration::from_secs(3);
    let limits = Limits { first_byte: patient, between_bytes: patient, ..Limits::default() };
    sweep(host_within(limits).await, scenario::stalls).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_in_passing_while_there_is_patience() {
    sweep(patient_host().await, scenario::passing).await;
}

#[tokio::test]
async fn what_is_planted_is_found() {
    let host = patient_host().await;
    let request = Request::on("members", Some(1));
    let scenario = scenario::answers(&[request]).into_iter().find(Scenario::ends_with_a_failure).unwrap();
    let right = async || observe(&host, &scenario).await;
    assert_eq!(judge(&scenario, &right().await, ROUTES.len() as u64), [""; 0]);
    type Plant = fn(&mut Observed);
    let planted: [(&str, Plant); 7] = [
        ("of rights it knew", |it| it.rights[1] = false),
        ("never fired", |it| it.fired[0] = 0),
        ("it said", |it| it.outcome = good()),
        ("it said", |it| drop(it.outcome.as_mut().unwrap().remove("role"))),
        ("the next call said", |it| it.next = Err(Broken::Ended("trapped".to_owned()))),
        ("the token shows", |it| it.shown += TOKEN),
        ("requests where", |it| it.requests = 20),
    ];
    for (complaint, plant) in planted {
        let mut observed = right().await;
        plant(&mut observed);
        let found = judge(&scenario, &observed, ROUTES.len() as u64);
        assert!(found.len() == 1 && found[0].contains(complaint), "{complaint}: {found:?}");
    }
}
