//! Answers that are lost, and calls that stop: nothing is sent twice without a read in between, and what
//! wasn't tried says so.

use crate::steps::office;
use crate::{METHODS, Setup, accounts, add_user, end_sessions, free_seat, invite, only, really, remove};
use connector_host::Session;
use connector_host::contract::lifecycle::Step;
use connector_host::contract::{ErrorKind, Status};
use host_test::mock::{Effect, Fault, Place};
use host_test::routes;

const EVE: &str = "eve@corp.example";

/// Each way to create something, with the collection that has it.
fn creating() -> [(Step, &'static str); 2] {
    [(invite(EVE, &["role:d1:assigned"]), "members"), (add_user(EVE), "access/users")]
}

fn lost() -> Effect {
    Effect::Reset { at: Place::BeforeHead }
}

fn failing(status: u16, code: u64, message: &str) -> Effect {
    Effect::Status { status, code, message: message.to_owned(), headers: Vec::new() }
}

/// Opens a session that waits, so that it can ask again.
async fn patient(setup: &Setup, method: &str) -> Session {
    let mut settings = setup.settings(method);
    settings.retain(|(name, _)| name != "max-wait-seconds");
    settings.push(("max-wait-seconds".to_owned(), "30".to_owned()));
    setup.host.open_with(routes::for_lifecycle(), method, &settings).await.unwrap()
}

/// The requests on a collection, and on no object of it.
fn sent_on(setup: &Setup, list: &str) -> Vec<String> {
    let requests = setup.mock.requests();
    let on = requests.iter().filter(|request| request.path.ends_with(&format!("/{list}")));
    on.map(|request| request.method.clone()).collect()
}

#[tokio::test]
async fn after_a_lost_answer_something_is_created_only_if_a_read_does_not_show_it() {
    for (step, list) in creating() {
        for ((carried_out, sent), method) in
            [(true, &["GET", "POST", "GET"][..]), (false, &["GET", "POST", "GET", "POST"])]
                .iter()
                .zip(METHODS)
        {
            let setup = Setup::new(office()).await;
            setup.mock.inject(Fault::on("POST", list, lost()).at_attempt(1).carried_out(*carried_out));
            let steps = std::slice::from_ref(&step);
            let report = patient(&setup, method).await.apply_steps(steps, &really()).await.unwrap();
            assert_eq!(only(&report).status, Status::Applied, "{list}, {carried_out}: {report:?}");
            assert_eq!(only(&report).created.len(), 1);
            assert_eq!(sent_on(&setup, list), *sent, "{list}, {carried_out}");
            let now = setup.mock.account();
            let of = |address: Option<&str>| usize::from(address == Some(EVE));
            let users: usize = now.users.iter().map(|user| of(user.email.as_deref())).sum();
            let members: usize = now.members.iter().map(|member| of(member.address())).sum();
            assert_eq!(users + members, 1, "{list}, {carried_out}");
        }
    }
}

#[tokio::test]
async fn nothing_is_created_again_if_no_read_tells_whether_it_is_there() {
    for (step, list) in creating() {
        for carried_out in [true, false] {
            let setup = Setup::new(office()).await;
            setup.mock.inject(Fault::on("POST", list, lost()).carried_out(carried_out));
            // The first read is the one before the step.
            for attempt in 2..9 {
                setup.mock.inject(Fault::on("GET", list, failing(400, 1003, "no")).at_attempt(attempt));
            }
            let steps = std::slice::from_ref(&step);
            let report = patient(&setup, "api-key").await.apply_steps(steps, &really()).await.unwrap();
            let error = report.results[0].as_ref().unwrap_err();
            assert_eq!(error.kind, ErrorKind::Indeterminate, "{list}: {error:?}");
            let posts = sent_on(&setup, list).iter().filter(|method| *method == "POST").count();
            assert_eq!(posts, 1, "{list}");
            assert_eq!(report.writes.len(), 1, "what may have been written is listed");
            // The same call ends as it was meant.
            setup.mock.end_faults();
            let again = setup.apply(steps).await;
            let expected = if carried_out { Status::Unchanged } else { Status::Applied };
            assert_eq!(only(&again).status, expected, "{list}");
            let (user, member) = setup.mock.read(|account| accounts(account, EVE));
            assert_eq!((user.is_some(), member.is_some()), (list != "members", list == "members"));
        }
    }
}

#[tokio::test]
async fn somebody_else_invites_the_same_person_at_the_same_moment() {
    use host_test::mock::{Operation, When};
    for (theirs, expected) in [(&["d1"][..], Ok(())), (&["d2"], Err(ErrorKind::Conflict))] {
        let setup = Setup::new(office()).await;
        let theirs: Vec<String> = theirs.iter().map(|role| (*role).to_owned()).collect();
        setup.mock.meddle(Operation::on("POST", "members"), When::Before, move |account| {
            let roles: Vec<&str> = theirs.iter().map(String::as_str).collect();
            crate::common::small_account::member(account, "9e", EVE, "pending", &roles);
        });
        let report = setup.apply(&[invite(EVE, &["role:d1:assigned"])]).await;
        let told = report.results[0].as_ref().map(|_| ()).map_err(|it| it.kind);
        assert_eq!(told, expected, "{report:?}");
        let members = setup.mock.account().members;
        assert_eq!(members.iter().filter(|member| member.address() == Some(EVE)).count(), 1);
    }
}

#[tokio::test]
async fn the_end_of_sessions_is_asked_for_again_once() {
    let route = "access/organizations/revoke_user";
    let scenarios = [(1, true), (2, true), (2, false), (1, false)];
    for ((lost_ones, carried_out), method) in scenarios.into_iter().zip(METHODS.into_iter().cycle()) {
        let setup = Setup::new(office()).await;
        for attempt in 1..=lost_ones {
            setup.mock.inject(Fault::on("POST", route, lost()).at_attempt(attempt).carried_out(carried_out));
        }
        let steps = [end_sessions("user:0a")];
        let report = patient(&setup, method).await.apply_steps(&steps, &really()).await.unwrap();
        let told = report.results[0].as_ref().map(|it| it.status).map_err(|it| it.kind);
        let expected = if lost_ones == 1 { Ok(Status::Applied) } else { Err(ErrorKind::Indeterminate) };
        assert_eq!(told, expected, "{lost_ones}, {carried_out}");
        assert_eq!(setup.writes().len(), 2);
        let is_open = setup.mock.read(|account| !account.sessions_of("ann@corp.example").is_empty());
        assert_eq!(is_open, lost_ones == 2 && !carried_out);
    }
}

#[tokio::test]
async fn a_call_stops_where_going_on_is_of_no_use_and_says_what_was_not_tried() {
    let steps = [
        invite(EVE, &["role:d1:assigned"]),
        end_sessions("user:0a"),
        free_seat("user:0a"),
        remove("member:1a"),
        remove("user:0a"),
    ];
    for (status, code, message, kind) in [
        (429, 971, "slow down", ErrorKind::RateLimited),
        (403, 9109, "Invalid access token", ErrorKind::Unauthenticated),
    ] {
        let setup = Setup::new(office()).await;
        let effect = failing(status, code, message);
        setup.mock.inject(Fault::on("POST", "access/organizations/revoke_user", effect));
        let report = setup.apply(&steps).await;
        let told: Vec<_> =
            report.results.iter().map(|it| it.as_ref().err().map(|error| error.kind)).collect();
        assert_eq!(told, [None, Some(kind), Some(kind), Some(kind), Some(kind)]);
        for result in &report.results[2..] {
            let error = result.as_ref().unwrap_err();
            assert!(error.message.contains("This was not tried"), "{}", error.message);
        }
        assert_eq!(setup.writes(), ["POST members", "POST access/organizations/revoke_user"]);
        // The same call goes on.
        setup.mock.end_faults();
        let again = setup.apply(&steps).await;
        let told: Vec<_> = again.results.iter().map(|it| it.as_ref().unwrap().status).collect();
        use Status::{Applied, Unchanged};
        assert_eq!(told, [Unchanged, Applied, Applied, Applied, Applied]);
    }
}
