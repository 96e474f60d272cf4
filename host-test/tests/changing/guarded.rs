//! A session with a guard, which is asked before each write.

use super::*;
use connector_host::{Config, Limits, NetworkCause, WriteGuard};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const FOR_REAL: Options = Options { dry_run: false, allow_gains: false, extra: String::new() };
const THREE: [&str; 3] = ["a1", "a2", "a3"];

/// Makes an account with three groups, and a grant on each of them.
fn three_groups() -> (Account, Vec<Change>) {
    let groups = THREE.map(|id| group(id, json!({"include": [okta()]})));
    (account(groups), THREE.iter().map(|id| grant(id, "email:ann@corp.example")).collect())
}

/// A guard that answers in this way at its n-th question, beginning with one, and the questions so far.
fn guard<F, Answer>(answer: F) -> (WriteGuard, Arc<Mutex<Vec<String>>>)
where
    F: Fn(usize) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<(), String>> + Send + 'static,
{
    let asked = Arc::new(Mutex::new(Vec::new()));
    let questions = Arc::clone(&asked);
    let guard = WriteGuard::new(move |route| {
        let mut asked = asked.lock().unwrap();
        asked.push(route);
        answer(asked.len())
    });
    (guard, questions)
}

async fn open_guarded(setup: &HostAndMock, guard: WriteGuard) -> Session {
    setup.host.open_guarded(routes::writable(), guard, "api-token", &setup.settings()).await.unwrap()
}

/// Returns the writes that arrived: their methods and the last parts of their paths.
fn writes(setup: &HostAndMock) -> Vec<String> {
    let sent = setup.mock.requests().into_iter().filter(|request| request.method != "GET");
    sent.map(|request| format!("{} {}", request.method, request.path.rsplit('/').next().unwrap())).collect()
}

#[tokio::test]
async fn a_write_that_is_not_let_out_is_not_made_and_none_follows() {
    let (account, changes) = three_groups();
    let setup = HostAndMock::new(account).await;
    let no = || Err("another worker has these changes now".to_owned());
    let (guard, asked) = guard(move |n| async move { if n == 2 { no() } else { Ok(()) } });
    let mut session = open_guarded(&setup, guard).await;
    let report = session.apply(&changes, &FOR_REAL).await.unwrap();

    assert_eq!(writes(&setup), ["PUT a1"]);
    assert_eq!(report.results[0].as_ref().unwrap().status, Status::Applied);
    for result in &report.results[1..] {
        let error = result.as_ref().unwrap_err();
        assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, false), "{}", error.message);
    }
    let written: Vec<_> = report.writes.iter().map(|write| write.on.id.as_str()).collect();
    assert_eq!(written, ["a1"]);
    assert_eq!(u64::from(report.requests), setup.mock.request_count() + session.traffic().denied);
    let after = setup.mock.account();
    let include = |n: usize| after.groups[n].include.clone().unwrap();
    assert_eq!(include(0), [okta(), email("ann@corp.example")]);
    assert!((1..3).all(|n| include(n) == [okta()]));

    // After the "no", nobody was asked.
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked.iter().all(|route| route.starts_with("PUT ") && route.ends_with("access/groups/{id}")));
    assert_eq!(session.guard_refusal().unwrap(), "another worker has these changes now");
    let failure = session.network_failure().unwrap();
    assert_eq!(failure.cause, NetworkCause::Guard);
    assert!(failure.message.contains("another worker has these changes now"), "{failure}");

    // The session still reads, and a further call writes nothing either.
    setup.mock.forget_requests();
    let report = session.apply(&changes, &FOR_REAL).await.unwrap();
    assert_eq!(report.results[0].as_ref().unwrap().status, Status::Unchanged);
    assert!(report.results[1].is_err() && report.results[2].is_err());
    assert!(writes(&setup).is_empty() && setup.mock.request_count() > 0);
}

#[tokio::test]
async fn a_guard_that_says_yes_changes_nothing_and_no_get_asks_it() {
    let (account, changes) = three_groups();
    let ways = [grant("a1", "email:ann@corp.example"), join("e1", "member:1a"), leave("e2", "member:1a")];
    let mut with_user_groups = account.clone();
    with_user_groups.user_groups = vec![user_group("e1", &[]), user_group("e2", &["1a"])];
    for (account, changes, expected) in [
        (account, changes, &["PUT a1", "PUT a2", "PUT a3"][..]),
        (with_user_groups, ways.to_vec(), &["PUT a1", "POST members", "DELETE 1a"]),
    ] {
        let plain = HostAndMock::new(account.clone()).await;
        let unguarded = plain.writer("api-token").await.apply(&changes, &FOR_REAL).await.unwrap();
        let setup = HostAndMock::new(account).await;
        let (guard, asked) = guard(|_| async { Ok(()) });
        let mut session = open_guarded(&setup, guard).await;
        let report = session.apply(&changes, &FOR_REAL).await.unwrap();
        assert_eq!(format!("{:?}", report.results), format!("{:?}", unguarded.results));
        assert_eq!(sorted(writes(&setup)), sorted(expected.iter().map(|&write| write.to_owned()).collect()));
        assert_eq!(timeless(setup.mock.account()), timeless(plain.mock.account()));
        assert_eq!(setup.mock.requests_by_route(), plain.mock.requests_by_route());
        assert_eq!(asked.lock().unwrap().len(), expected.len());
        assert_eq!((session.guard_refusal(), session.traffic().denied), (None, 0));
    }
}

fn user_group(id: &str, members: &[&str]) -> UserGroup {
    let members = members.iter().map(|&member| member.to_owned()).collect();
    UserGroup { id: id.into(), ..UserGroup::new(id, Vec::new()).with_members(members) }
}

fn sorted(mut writes: Vec<String>) -> Vec<String> {
    writes.sort();
    writes
}

#[tokio::test]
async fn a_plan_asks_no_guard() {
    let (account, changes) = three_groups();
    let setup = HostAndMock::new(account).await;
    let (guard, asked) = guard(|_| async { Err("no".to_owned()) });
    let mut session = open_guarded(&setup, guard).await;
    let options = Options { dry_run: true, ..FOR_REAL };
    let report = session.apply(&changes, &options).await.unwrap();
    assert!(report.results.iter().all(|result| result.as_ref().unwrap().status == Status::Planned));
    assert!(asked.lock().unwrap().is_empty() && session.guard_refusal().is_none());
}

#[tokio::test]
async fn each_attempt_of_a_write_is_a_question_of_its_own() {
    let (account, changes) = three_groups();
    // The first answer is lost, so the connector reads the group back, and sends the write again.
    let lost = Fault::on("PUT", "access/groups/{id}", Effect::Reset { at: Place::BeforeHead }).at_attempt(1);
    for (answers, written) in [(vec![true, true], true), (vec![true, false], false)] {
        let behaviour = Behaviour { faults: vec![lost.clone()], ..Behaviour::default() };
        let setup = HostAndMock::with(account.clone(), behaviour).await;
        let says = answers.clone();
        let (guard, asked) = guard(move |n| {
            let yes = says[n - 1];
            async move { if yes { Ok(()) } else { Err("no".to_owned()) } }
        });
        let mut settings = setup.settings();
        settings.retain(|(name, _)| name != "max-wait-seconds");
        let mut session =
            setup.host.open_guarded(routes::writable(), guard, "api-token", &settings).await.unwrap();
        let report = session.apply(&changes[..1], &FOR_REAL).await.unwrap();
        assert_eq!(asked.lock().unwrap().len(), answers.len());
        match written {
            true => assert_eq!(report.results[0].as_ref().unwrap().status, Status::Applied),
            // The first attempt may still arrive, so this is no certain "not written".
            false => assert_eq!(report.results[0].as_ref().unwrap_err().kind, ErrorKind::Indeterminate),
        }
        assert_eq!(writes(&setup).len(), if written { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_guard_that_takes_its_time_is_waited_for_within_the_limits() {
    let (account, changes) = three_groups();
    let setup = HostAndMock::new(account).await;
    let limits = Limits { guard: Duration::from_millis(100), ..Limits::default() };
    let host = common::setup::host_with(Config { limits, ..Config::default() }).await;
    // The second answer would come after the limit.
    let (guard, asked) = guard(|n| async move {
        tokio::time::sleep(if n == 1 { Duration::from_millis(20) } else { Duration::from_secs(3600) }).await;
        Ok(())
    });
    let settings = setup.settings();
    let mut session = host.open_guarded(routes::writable(), guard, "api-token", &settings).await.unwrap();
    let report = session.apply(&changes, &FOR_REAL).await.unwrap();
    assert_eq!(writes(&setup), ["PUT a1"]);
    assert!(report.results[0].is_ok());
    assert!(
        report.results[1..].iter().all(|result| result.as_ref().unwrap_err().kind == ErrorKind::Unavailable)
    );
    assert_eq!(asked.lock().unwrap().len(), 2);
    assert_eq!(session.guard_refusal().unwrap(), "the guard gave no answer within 100ms");

    // The limit of the call holds while the guard is asked, and nothing is sent after it.
    let limits = Limits { call: Duration::from_millis(300), ..Limits::default() };
    let host = common::setup::host_with(Config { limits, ..Config::default() }).await;
    setup.mock.forget_requests();
    let never = WriteGuard::new(|_| std::future::pending());
    let mut session = host.open_guarded(routes::writable(), never, "api-token", &settings).await.unwrap();
    let error = session.apply(&changes, &FOR_REAL).await.unwrap_err();
    assert!(matches!(error, connector_host::HostError::LimitExceeded { .. }), "{error}");
    assert!(writes(&setup).is_empty());
}
