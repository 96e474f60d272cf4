//! Two faults in one read: the second at any request that follows the first, its own repetition
//! among them. Thousands of random pairs run with the core in this process. Some of them run
//! through the component over HTTP too, with the same outcome.

use super::account::Change;
use super::course::Course;
use super::expected::{ends_the_list_of_roles, fails};
use super::fields::strange_fields;
use super::judge::{Observed, judge};
use super::scenario::{self, Disturbance, Request, Scenario, Times, Trouble};
use super::user_groups::GROUP_MEMBERS;
use super::{expected, native, observe, patient_host, wrong_with};
use crate::cases::Cases;
use crate::in_process::Asked;
use host_test::mock::Effect;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The pairs that run in this process.
const PAIRS: u64 = 3000;
/// The part of the pairs that also run over HTTP.
const OVER_HTTP: u64 = 150;
/// The number of pairs at once: most of a scenario is waiting.
const AT_ONCE: usize = 40;

fn one_of<T: Clone>(random: &mut ChaCha8Rng, of: &[T]) -> T {
    of[random.random_range(0..of.len())].clone()
}

/// Chooses a fault for a request, and whether it hits the whole list.
fn disturbance(random: &mut ChaCha8Rng, request: &Request, is_patient: bool) -> (Disturbance, bool) {
    // The last ones need a list.
    let choices = if scenario::is_single(&request.route) { 10 } else { 12 };
    let effect = match random.random_range(0..choices) {
        0..4 => one_of(random, &scenario::wrong_answers()),
        4..7 => one_of(random, &scenario::broken_connections()),
        7 => one_of(random, &[scenario::stalling(), scenario::strange_connections()].concat()),
        // Without patience, it would be a race whether the server is there again.
        8 => Effect::GoneAway { back_after_ms: one_of(random, &[None, Some(600)]).filter(|_| is_patient) },
        9 => one_of(random, &strange_fields(request)),
        10 => one_of(random, &scenario::strange_items()),
        _ if random.random_bool(0.5) || request.page == Some(1) => {
            return (Disturbance::Effect(one_of(random, &scenario::strange_lists())), true);
        }
        _ => return (Disturbance::Moved(one_of(random, &[Change::FirstGoes, Change::NewFirst])), true),
    };
    (Disturbance::Effect(effect), false)
}

/// Chooses a fault for this attempt at a request.
fn trouble(random: &mut ChaCha8Rng, request: &Request, attempt: u64, is_patient: bool) -> Trouble {
    match disturbance(random, request, is_patient) {
        (disturbance @ Disturbance::Effect(_), true) => Trouble {
            request: Request { page: None, ..request.clone() },
            disturbance,
            times: Times::Throughout,
        },
        (disturbance, _) => Trouble { request: request.clone(), disturbance, times: Times::At(attempt) },
    }
}

/// Whether the fault only makes a request fail, or does nothing to its list.
fn leaves_the_list(trouble: &Trouble) -> bool {
    match &trouble.disturbance {
        Disturbance::Moved(_) => false,
        Disturbance::Effect(effect) => fails(effect) || scenario::strange_connections().contains(effect),
    }
}

/// Whether the items of each page can't be predicted any more.
fn moves(trouble: &Trouble) -> bool {
    matches!(trouble.disturbance, Disturbance::Moved(_)) || trouble.request.page.is_none()
}

/// Whether somebody else changes the account members meanwhile.
fn moves_members(trouble: &Trouble) -> bool {
    matches!(trouble.disturbance, Disturbance::Moved(_)) && trouble.request.route == "members"
}

/// Whether the order of arrival matters among the pages that are under way at once.
fn needs_order(trouble: &Trouble) -> bool {
    matches!(trouble.disturbance, Disturbance::Moved(_) | Disturbance::Effect(Effect::GoneAway { .. }))
}

/// Whether the outcome of both can be predicted.
fn go_together(first: &Trouble, second: &Trouble) -> bool {
    if first.request.route != second.request.route {
        return true;
    }
    let total_changed =
        |trouble: &Trouble| matches!(trouble.disturbance, Disturbance::Effect(Effect::TotalChanged { .. }));
    // An item that is added makes up for one that is left out, so that the total is right.
    let adds =
        |trouble: &Trouble| matches!(trouble.disturbance, Disturbance::Effect(Effect::InsertItem { .. }));
    let drops = |trouble: &Trouble| match &trouble.disturbance {
        Disturbance::Effect(Effect::DropField { pointer }) => pointer == "/result/0",
        _ => false,
    };
    if adds(first) && drops(second) || drops(first) && adds(second) {
        return false;
    }
    match (moves(first), moves(second)) {
        (false, false) => true,
        (true, true) => false,
        (true, false) => leaves_the_list(second) && !total_changed(first),
        (false, true) => leaves_the_list(first) && !total_changed(second),
    }
}

fn pair(mut random: ChaCha8Rng, course: &Course) -> Scenario {
    loop {
        if let Some(drawn) = draw(&mut random, course) {
            return drawn;
        }
    }
}

/// Draws a pair. Returns `None` where nothing follows the first fault, or the two don't go
/// together.
fn draw(random: &mut ChaCha8Rng, course: &Course) -> Option<Scenario> {
    let max_wait_seconds = one_of(random, &[0, 10]);
    let request = one_of(random, &course.requests());
    let first = trouble(random, &request, 1, max_wait_seconds > 0);
    let read_ahead = if needs_order(&first) { 1 } else { one_of(random, &[1, 4]) };
    let alone =
        Scenario { troubles: vec![first.clone()], max_wait_seconds, read_ahead, ..Scenario::undisturbed() };
    let only_fails = |trouble: &Trouble| leaves_the_list(trouble) && !has_a_gap(trouble);
    let anew = read_ahead == 1 && only_fails(&first) && random.random_bool(0.4);
    let alone = Scenario { anew, ..alone };
    // The requests that follow the first fault.
    let sent = native::observe(&alone).sent;
    let sent: Vec<Request> = sent.iter().map(Asked::like).map(Request::of).collect();
    let hit = sent.iter().position(|sent| first.hits(sent, 1))?;
    let at = random.random_range(hit + 1..sent.len().max(hit + 2));
    let request = sent.get(at)?;
    let attempt = sent[..=at].iter().filter(|sent| *sent == request).count() as u64;
    let second = trouble(random, request, attempt, max_wait_seconds > 0);
    let fits = go_together(&first, &second)
        // The requests of an undisturbed read are known only for these.
        && course.knows(request)
        // Members are read twice then, and the change would come before the first time.
        && !(ends_the_list_of_roles(&first) && moves_members(&second))
        && (read_ahead == 1 || !needs_order(&second))
        && (!anew || only_fails(&second))
        // Other user groups have one page of members.
        && (!moves(&second) || request.route != GROUP_MEMBERS || course.requests().contains(request))
        // The first page of a list is requested before anything can be strange about it.
        && (second.request.page.is_some() || attempt == 1 && request.page == Some(1))
        && (!matches!(second.disturbance, Disturbance::Moved(_)) || attempt == 1);
    fits.then(|| Scenario { troubles: vec![first, second], ..alone })
}

/// Whether a list that the fault hits may be skipped: one of addresses, the identity providers, user
/// groups or their members, or the roles.
fn has_a_gap(trouble: &Trouble) -> bool {
    let is_gap = match &trouble.disturbance {
        Disturbance::Effect(Effect::Status { status: 400..=405 | 408 | 410 | 500.., .. }) => true,
        Disturbance::Effect(
            Effect::Html { status: 500.. }
            | Effect::Empty { status: 500.. }
            | Effect::Body { status: 500.., .. },
        ) => true,
        Disturbance::Effect(Effect::SetField { pointer, value }) => pointer == "/result" && value.is_null(),
        _ => false,
    };
    let route = trouble.request.route.as_str();
    let may_be_skipped = ["access/identity_providers", "roles"].contains(&route)
        || ["gateway", "iam"].iter().any(|product| route.starts_with(product));
    is_gap && may_be_skipped
}

#[test]
fn pairs_of_faults() {
    let course = Course::of();
    let ran = Cases::usual(PAIRS).run(|random| {
        let scenario = pair(random, &course);
        let observed = native::observe(&scenario).observed;
        told(&scenario, &wrong_with(&scenario, &observed, &course))
    });
    println!("{ran} pairs");
}

fn told(scenario: &Scenario, wrong: &[String]) -> Option<String> {
    // The beginning of a body of 100,000 brackets is enough.
    let pair: String = format!("{:?}", scenario.troubles).chars().take(800).collect();
    let Scenario { max_wait_seconds, read_ahead, anew, .. } = scenario;
    let how = format!("waits {max_wait_seconds} s, {read_ahead} ahead, anew: {anew}");
    (!wrong.is_empty()).then(|| format!("{pair}, {how}\n  {}", wrong[..wrong.len().min(8)].join("\n  ")))
}

/// Whether the pair waits for the host's timeout. Other tests show that it leads to a timeout
/// alone.
fn stalls(scenario: &Scenario) -> bool {
    let stalls = |trouble: &Trouble| matches!(trouble.disturbance, Disturbance::Effect(Effect::Stall { .. }));
    scenario.troubles.iter().any(stalls)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pairs_of_faults_over_http() {
    let (host, course) = (patient_host().await, Arc::new(Course::of()));
    let (cases, room) = (Cases::usual(PAIRS).first(OVER_HTTP), Arc::new(Semaphore::new(AT_ONCE)));
    let mut running = JoinSet::new();
    for number in cases.numbers() {
        let scenario = pair(cases.random(number), &course);
        if stalls(&scenario) {
            continue;
        }
        let (host, course, room, alone) =
            (host.clone(), Arc::clone(&course), Arc::clone(&room), cases.alone(number));
        running.spawn(async move {
            let _turn = room.acquire_owned().await.unwrap();
            let ran = {
                let scenario = scenario.clone();
                tokio::spawn(async move { observe(&host, &scenario).await }).await
            };
            let wrong = match ran {
                Ok(observed) => {
                    let mut wrong = wrong_with(&scenario, &observed, &course);
                    wrong.extend(differs(&observed, &native::observe(&scenario).observed));
                    wrong
                }
                Err(panicked) => vec![panicked.to_string()],
            };
            told(&scenario, &wrong).map(|told| format!("{alone}\n  {told}"))
        });
    }
    let ran = running.len();
    let wrong: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of {ran} pairs went wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("{ran} pairs");
}

/// Compares the outcome over HTTP with the one in this process.
fn differs(over_http: &Observed, in_process: &Observed) -> Option<String> {
    let fact = over_http.facts.iter().zip(&in_process.facts).find(|(ours, theirs)| ours != theirs);
    let same = fact.is_none()
        && over_http.facts.len() == in_process.facts.len()
        && over_http.warnings == in_process.warnings
        && over_http.failures == in_process.failures;
    let told = |observed: &Observed| {
        format!("{} facts, {:?}, {:?}", observed.facts.len(), observed.warnings, observed.failures)
    };
    let both = [told(over_http), told(in_process)];
    (!same).then(|| format!("over HTTP {}\n  in this process {}\n  {fact:?}", both[0], both[1]))
}

/// The judge finds each fault that is planted into the outcomes of pairs that were right.
#[test]
fn what_is_planted_into_pairs_is_found() {
    let (course, cases) = (Course::of(), Cases::usual(PAIRS).first(40));
    let (mut planted, mut with_failures, mut with_warnings) = (0, 0, 0);
    for number in cases.numbers() {
        let scenario = pair(cases.random(number), &course);
        let right = native::observe(&scenario).observed;
        let expected = expected::expected(&scenario, &course);
        let mut find = |complaint: &str, plant: &dyn Fn(&mut Observed)| {
            let mut observed = right.clone();
            plant(&mut observed);
            let truth = &course.way(expected.roles_gone).truth;
            let found = judge(&scenario, &expected, &observed, truth);
            assert!(
                found.iter().any(|found| found.contains(complaint)),
                "{complaint}: {found:?} in {scenario:?}"
            );
            planted += 1;
        };
        find("never fired", &|it| it.never_fired = true);
        find("to its end", &|it| it.ended = false);
        find("given twice", &|it| it.facts.push(it.facts[0].clone()));
        let is_apart = |key: &str| {
            expected.apart.iter().any(|apart| apart.from.iter().any(|needle| key.contains(needle)))
        };
        let firm =
            right.facts.iter().position(|(key, _)| key.starts_with("grant") && !is_apart(key)).unwrap();
        find("missing: grant", &|it| drop(it.facts.remove(firm)));
        find("untrue: grant", &|it| it.facts[firm].1.push('!'));
        find("invented: grant", &|it| it.facts.push(("grant of nobody".to_owned(), String::new())));
        find("without a reason", &|it| it.warnings.push(("planted".to_owned(), true)));
        if !right.failures.is_empty() {
            find("failed so", &|it| drop(it.failures.pop()));
            find("failed so", &|it| it.failures.push(it.failures[0].clone()));
            with_failures += 1;
        }
        for &(code, incomplete) in &expected.warned {
            let tell = |it: &mut Observed| it.warnings.retain(|(told, of)| told != code || *of != incomplete);
            find("is missing among", &tell);
            with_warnings += 1;
        }
    }
    assert!(
        planted > 0 && with_failures > 0 && with_warnings > 0 || cases.numbers().count() < 40,
        "{planted}"
    );
}
