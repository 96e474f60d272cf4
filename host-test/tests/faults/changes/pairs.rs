//! Two faults in one call: the second at any request that follows the first, its own repetition
//! among them. Thousands of random pairs run with the core in this process. Some of them run
//! through the component over HTTP too, with the same outcome.

use super::account::{Operation, operations};
use super::expected::{
    Expected, Fate, Outcome, Word, expected, expected_of, fate, hides, is_not_seen, left_of, outcome, refused,
};
use super::judge::{judge, judge_any, judge_count, judge_disturbed};
use super::run::{Auth, Call, Ended, Observed, observe, observe_natively};
use super::scenario::{self, Phase, Request, Scenario, Spoilt, Times, spoilt};
use super::validate;
use crate::cases::Cases;
use crate::common::setup::host;
use crate::in_process::Asked;
use connector_host::contract::{Change, ErrorKind, Status};
use host_test::mock::{Effect, Fault, SUPER_ADMINISTRATOR};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The pairs that run in this process.
const PAIRS: u64 = 2000;
/// The part of the pairs that also run over HTTP.
const OVER_HTTP: u64 = 200;
/// The number of pairs at once: most of a scenario is waiting.
const AT_ONCE: usize = 40;

/// Two faults in one call.
#[derive(Clone, Debug)]
struct Pair {
    operation: Operation,
    auth: Auth,
    first: Scenario,
    second: Scenario,
}

/// The runs that a pair is compared with.
struct Runs {
    undisturbed: Observed,
    /// The run with the first fault alone.
    first: Observed,
}

fn one_of<T: Clone>(random: &mut ChaCha8Rng, of: &[T]) -> T {
    of[random.random_range(0..of.len())].clone()
}

/// Chooses a fault for a request.
fn trouble(random: &mut ChaCha8Rng, request: &Request, max_wait_seconds: u32) -> Scenario {
    let is_read_back = matches!(request.phase, Phase::ReadBack | Phase::Write);
    let (effect, carried_out) = match random.random_range(0..10) {
        0..3 => (one_of(random, &scenario::refusals()), Some(false)),
        3..6 => (one_of(random, &scenario::answers()), None),
        6 if is_read_back => (one_of(random, &spoilt(&request.route)).0, Some(true)),
        7 => (one_of(random, &scenario::stalling()), None),
        8 => {
            (one_of(random, &[Effect::Trickle { bytes: 31 }, Effect::GoneAway { back_after_ms: None }]), None)
        }
        _ => (one_of(random, &scenario::connections()), None),
    };
    let carried_out = match &effect {
        Effect::Trickle { .. } => Some(true),
        _ => carried_out.or_else(|| Some(random.random_bool(0.5))),
    };
    let carried_out = carried_out.filter(|_| request.phase == Phase::Write);
    Scenario { carried_out, max_wait_seconds, ..Scenario::new(request, &effect, Times::Once) }
}

/// Makes a pair, with the runs that determine its outcome.
fn pair(mut random: ChaCha8Rng) -> (Pair, Runs) {
    loop {
        if let Some(drawn) = draw(&mut random) {
            return drawn;
        }
    }
}

/// Draws a pair. Returns `None` where nothing follows the first fault.
fn draw(random: &mut ChaCha8Rng) -> Option<(Pair, Runs)> {
    let operation = one_of(random, &operations());
    let auth = operation.auth().unwrap_or(one_of(random, &Auth::ALL));
    let max_wait_seconds = one_of(random, &[0, 10]);
    let undisturbed = observe_natively(&operation, auth, max_wait_seconds, Vec::new());
    let request = one_of(random, &Request::all(&operation, &undisturbed.calls[0]));
    let first = trouble(random, &request, max_wait_seconds);
    let alone = observe_natively(&operation, auth, max_wait_seconds, first.faults());
    let log = &alone.calls[0].log;
    let hit = log.iter().enumerate().filter(|(_, sent)| first.request.is_like(sent)).map(|(at, _)| at);
    let hit = { hit }.nth(first.request.nth as usize - 1)?;
    let after = &Request::all(&operation, &alone.calls[0])[hit + 1..];
    if after.is_empty() {
        return None;
    }
    let request = one_of(random, after);
    let second = trouble(random, &request, max_wait_seconds);
    Some((Pair { operation, auth, first, second }, Runs { undisturbed, first: alone }))
}

impl Pair {
    fn faults(&self) -> Vec<Fault> {
        [self.first.faults(), self.second.faults()].concat()
    }

    fn both(&self) -> [&Scenario; 2] {
        [&self.first, &self.second]
    }

    /// Whether both faults are about one write: then the outcome isn't that of one of them.
    fn is_of_one_write(&self) -> bool {
        self.second.request.is_of(&self.first.request)
    }

    /// Returns the run that equals this one up to the second fault, or, where both are about one
    /// write, up to both.
    fn without<'r>(&self, runs: &'r Runs) -> &'r Call {
        if self.is_of_one_write() { &runs.undisturbed.calls[0] } else { &runs.first.calls[0] }
    }

    fn expected(&self, runs: &Runs) -> Expected {
        let first_run = &runs.first.calls[0];
        if let Some(auth) = self.operation.auth() {
            let words = validate::expected(&self.both(), auth);
            return Expected { words, not_read_back: false, bars: None, by_policies: false };
        }
        if self.is_of_one_write() {
            return expected_of(
                &self.first,
                self.after_a_write(first_run),
                &self.operation,
                self.without(runs),
            );
        }
        let mut expected = expected(&self.second, &self.operation, first_run);
        expected.not_read_back |= has_warned(first_run);
        if let Some(first) = self.first_gap() {
            let words = expected.words.iter_mut().zip(self.operation.changes());
            let are_theirs = |change: &Change| change.entitlement.contains(SUPER_ADMINISTRATOR);
            let failed = words.filter(|(word, it)| matches!(word, Word::Fails(_)) && are_theirs(it));
            failed.for_each(|(word, _)| *word = Word::Fails(first));
        }
        expected
    }

    /// Returns the kind of the first gap, where neither the user groups nor the members show all Super
    /// Administrators: it is the one that is told.
    fn first_gap(&self) -> Option<ErrorKind> {
        let Pair { first, second, .. } = self;
        let are_both = first.request.route == "iam/user_groups" && second.request.route == "members";
        let kind = left_of(second).kind()?;
        let ends = matches!(kind, ErrorKind::RateLimited | ErrorKind::Unauthenticated)
            || matches!(second.effect, Effect::GoneAway { .. });
        left_of(first).kind().filter(|_| are_both && is_not_seen(first) && !ends)
    }

    /// Computes the outcome of a write whose answer was disturbed, and of the second fault behind
    /// it.
    fn after_a_write(&self, first_run: &Call) -> Outcome {
        use Word::{AsUsual, Fails};
        let Pair { first, second, .. } = self;
        let answered = fate(&first.effect, true, &first.request.route);
        let then = left_of(second);
        let mut not_read_back = false;
        let concerned = if second.request.phase == Phase::Write {
            match (answered, then) {
                (_, Fate::Fine | Fate::Differs) => AsUsual,
                // This write isn't carried out, and the one before it may still be.
                (Fate::Lost { may_come: true, .. }, Fate::No { .. }) => Fails(ErrorKind::Indeterminate),
                (_, Fate::No { kind, .. }) => Fails(kind),
                _ if matches!(second.effect, Effect::GoneAway { .. }) => Fails(ErrorKind::Indeterminate),
                // The resource is read again, and the write repeated where it had no effect.
                (_, Fate::Lost { .. }) => AsUsual,
            }
        } else {
            let is_not_there = matches!(then, Fate::Differs) || then.kind() == Some(ErrorKind::NotFound);
            let is_read_again = self.puts_before_the_second(first_run) == 1;
            let is_lost = matches!(answered, Fate::Lost { .. }) && is_read_again;
            // After a wait for the limit, the current state is read before the write is repeated. A
            // refusal is read back.
            let refusal = answered.kind().filter(|_| matches!(answered, Fate::No { .. }) && is_read_again);
            let is_carried_out = first.is_carried_out();
            match then {
                _ if refusal.is_some_and(|kind| kind != ErrorKind::RateLimited) => {
                    refused(refusal.unwrap(), is_carried_out, Some(then))
                }
                Fate::No { kind, .. } | Fate::Lost { kind, .. } if refusal.is_some() => Fails(kind),
                // The outcome of the first fault doesn't matter.
                Fate::Fine if is_lost => return outcome(first),
                Fate::Fine => AsUsual,
                // The answer itself lacks what the read lacks.
                Fate::Differs if first.effect == second.effect && can_be_compared(&first.effect) => {
                    Fails(ErrorKind::Indeterminate)
                }
                // The answer doesn't show whose doing it is.
                Fate::Differs if confirms_without_a_state(&first.effect, &first.request.route) => {
                    Fails(ErrorKind::Indeterminate)
                }
                _ if is_not_there => Fails(ErrorKind::Conflict),
                _ if is_lost || hides(&first.effect, &first.request.route) => Fails(ErrorKind::Indeterminate),
                _ => {
                    not_read_back = true;
                    AsUsual
                }
            }
        };
        let gone_away = matches!(second.effect, Effect::GoneAway { .. });
        // A refused login stops the call, whatever is read then.
        let is_barred = answered.kind() == Some(ErrorKind::Unauthenticated);
        let fates = [Some(then), is_barred.then_some(answered)].into_iter().flatten().collect();
        Outcome { concerned, not_read_back, fates, gone_away }
    }

    /// Counts the writes of the resource before the second fault.
    fn puts_before_the_second(&self, first_run: &Call) -> usize {
        let mut asked =
            first_run.log.iter().enumerate().filter(|(_, sent)| self.second.request.is_like(sent));
        let at = asked.nth(self.second.request.nth as usize - 1).map_or(0, |(at, _)| at);
        first_run.log[..at].iter().filter(|sent| self.first.request.is_like(sent)).count()
    }

    /// Lists all faults.
    fn wrong(&self, observed: &Observed, runs: &Runs) -> Vec<String> {
        let mut wrong = judge_any(&self.operation, observed, &runs.undisturbed);
        wrong.extend(judge_disturbed(&self.both(), &self.expected(runs), observed, self.without(runs)));
        wrong.extend(judge_count(&self.both(), observed));
        wrong
    }

    fn told(&self, wrong: &[String], runs: &Runs) -> Option<String> {
        let Pair { operation, auth, first, second } = self;
        let words = self.expected(runs).words;
        let told = wrong[..wrong.len().min(8)].join("\n  ");
        let head =
            format!("{}, {auth:?}: {first:?}\n  and then {second:?}\n  should be {words:?}", operation.name);
        (!wrong.is_empty()).then(|| format!("{head}\n  {told}"))
    }
}

/// Whether an answer with this effect confirms a write, and shows no state that can be compared.
fn confirms_without_a_state(effect: &Effect, route: &str) -> bool {
    let is_unread = |(spoils, spoilt): &(Effect, Spoilt)| {
        spoils == effect && (*spoilt == Spoilt::Unread || !can_be_compared(effect))
    };
    let is_refusal = matches!(effect, Effect::SetField { pointer, .. } if pointer == "/success");
    !is_refusal && spoilt(route).iter().any(is_unread)
}

/// Whether an answer with this effect still shows a whole state.
fn can_be_compared(effect: &Effect) -> bool {
    match effect {
        Effect::DropField { pointer } => !pointer.starts_with("/result/roles"),
        Effect::SetField { pointer, value } => pointer != "/result/roles" || !value.is_null(),
        _ => false,
    }
}

fn has_warned(call: &Call) -> bool {
    call.report.iter().flat_map(|report| &report.warnings).any(|warning| warning.code == "not-read-back")
}

#[test]
fn pairs_of_faults() {
    let ran = Cases::usual(PAIRS).run(|random| {
        let (pair, runs) = pair(random);
        let mut wrong = judge(&pair.first, &pair.operation, &runs.first, &runs.undisturbed);
        let observed =
            observe_natively(&pair.operation, pair.auth, pair.second.max_wait_seconds, pair.faults());
        wrong.extend(pair.wrong(&observed, &runs));
        pair.told(&wrong, &runs)
    });
    println!("{ran} pairs");
}

/// Whether the pair waits for the host's timeout. Other tests show that it leads to a timeout
/// alone.
fn stalls(pair: &Pair) -> bool {
    pair.both().iter().any(|scenario| matches!(scenario.effect, Effect::Stall { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pairs_of_faults_over_http() {
    let (host, cases) = (host().await, Cases::usual(PAIRS).first(OVER_HTTP));
    let (mut running, room) = (JoinSet::new(), Arc::new(Semaphore::new(AT_ONCE)));
    for number in cases.numbers() {
        let (pair, mut runs) = pair(cases.random(number));
        if stalls(&pair) {
            continue;
        }
        let (host, room, alone) = (host.clone(), Arc::clone(&room), cases.alone(number));
        running.spawn(async move {
            let _turn = room.acquire_owned().await.unwrap();
            let (patience, faults) = (pair.second.max_wait_seconds, pair.faults());
            let in_process = observe_natively(&pair.operation, pair.auth, patience, faults.clone());
            let ran = {
                let (operation, auth, alone) = (pair.operation.clone(), pair.auth, pair.first.faults());
                let has_failed =
                    runs.first.calls[0].ended.iter().any(|ended| matches!(ended, Ended::Badly { .. }));
                tokio::spawn(async move {
                    // The message about a failed connection has other words there.
                    let first = match has_failed {
                        true => Some(observe(&host, &operation, auth, patience, alone).await),
                        false => None,
                    };
                    (observe(&host, &operation, auth, patience, faults).await, first)
                })
                .await
            };
            let wrong = match ran {
                Ok((observed, first)) => {
                    runs.first = first.unwrap_or(runs.first);
                    let mut wrong = pair.wrong(&observed, &runs);
                    wrong.extend(differs(&observed, &in_process));
                    wrong
                }
                Err(panicked) => vec![panicked.to_string()],
            };
            pair.told(&wrong, &runs).map(|told| format!("{alone}\n  {told}"))
        });
    }
    let ran = running.len();
    let wrong: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of {ran} pairs went wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("{ran} pairs");
}

/// Compares the run over HTTP with the one in this process: the ends of changes, the requests, and
/// the final state.
fn differs(over_http: &Observed, in_process: &Observed) -> Option<String> {
    let words = |observed: &Observed| -> Vec<String> {
        let word = |ended: &Ended| match ended {
            Ended::Badly { kind, .. } => format!("{kind:?}"),
            other => format!("{other:?}"),
        };
        observed.calls.iter().flat_map(|call| call.ended.iter().map(word)).collect()
    };
    let asked = |observed: &Observed| -> Vec<Vec<Asked>> {
        observed.calls.iter().map(|call| call.log.iter().map(Asked::like).collect()).collect()
    };
    let (ours, theirs) = ((words(over_http), asked(over_http)), (words(in_process), asked(in_process)));
    (ours != theirs).then(|| format!("over HTTP {ours:?}\n  in this process {theirs:?}"))
}

type Plant = fn(&mut Observed, usize);

/// Faults to plant although two faults happened: the name, and an edit of the change at this
/// position.
const PLANTS: [(&str, Plant); 7] = [
    ("the fault never fired", |it, _| it.never_fired = true),
    ("should end as", |it, at| {
        it.calls[0].ended[at] = Ended::Badly { kind: ErrorKind::Internal, message: String::new() };
    }),
    ("should end as", |it, at| it.calls[0].ended[at] = Ended::Well(Status::Planned)),
    ("something else in the account changed", |it, _| it.calls[0].account.groups[4].name.push('!')),
    ("call 1: it doesn't end in the same state", |it, _| it.calls[1].account.members[0].roles.clear()),
    ("the third call writes", |it, _| {
        let mut put = it.calls[2].log[0].clone();
        put.method = "PUT".to_owned();
        it.calls[2].log.push(put);
    }),
    ("requests counted", |it, _| it.calls[0].log.push(it.calls[1].log[0].clone())),
];

/// The judge finds each fault that is planted into pairs that were right.
#[test]
fn what_is_planted_into_pairs_is_found() {
    let cases = Cases::usual(PAIRS).first(120);
    let mut planted = 0;
    for number in cases.numbers() {
        let (pair, runs) = pair(cases.random(number));
        let is_dry = pair.operation.name == "a dry run";
        if !pair.operation.writes() || is_dry {
            continue;
        }
        let right = observe_natively(&pair.operation, pair.auth, pair.second.max_wait_seconds, pair.faults());
        let lost = pair.both().iter().any(|scenario| matches!(scenario.effect, Effect::GoneAway { .. }));
        for (complaint, plant) in
            PLANTS.iter().filter(|(complaint, _)| !lost || *complaint != "requests counted")
        {
            let mut observed = right.clone();
            plant(&mut observed, planted % right.calls[0].ended.len());
            let found = pair.wrong(&observed, &runs);
            assert!(
                found.iter().any(|found| found.contains(complaint)),
                "{complaint}: {found:?} in {pair:?}"
            );
            planted += 1;
        }
    }
    assert!(planted > 0 || cases.numbers().count() < 120, "{planted}");
}
