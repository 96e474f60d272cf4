//! A call that is cut short at any request loses its report and nothing else: the same call again ends in
//! the same state, with both ways to authenticate.

use crate::faults::{Asked, calls, state};
use crate::{METHODS, Setup, id, really};
use connector_host::Session;
use host_test::mock::Account;
use std::time::Duration;

/// Makes a call. Returns the parts of its report that failed.
async fn failures(session: &mut Session, asked: &Asked) -> Vec<String> {
    let outcomes: Vec<_> = match asked {
        Asked::Steps(steps) => session.apply_steps(steps, &really()).await.unwrap().results,
        Asked::Offboard(person) => {
            let offboarding = session.offboard(&id(person), &[], &really()).await.unwrap();
            offboarding.parts.into_iter().map(|part| part.outcome).collect()
        }
    };
    outcomes.into_iter().filter_map(|outcome| Some(format!("{:?}", outcome.err()?))).collect()
}

/// Makes a call in a new session, to its end. Returns the state that it leaves.
async fn to_the_end(setup: &Setup, method: &str, asked: &Asked) -> String {
    let failures = failures(&mut setup.session(method).await, asked).await;
    assert_eq!(failures, Vec::<String>::new(), "{asked:?}, {method}");
    setup.mock.change(Account::finish_deletions);
    state(&setup.mock.account())
}

#[tokio::test]
async fn a_call_that_is_cut_short_goes_on_where_it_ended() {
    let account = Account::company();
    for (method, asked) in
        METHODS.into_iter().flat_map(|it| calls(&account).into_iter().map(move |of| (it, of)))
    {
        let setup = Setup::new(account.clone()).await;
        let expected = to_the_end(&setup, method, &asked).await;
        for requests in 1..setup.mock.request_count() {
            let setup = Setup::new(account.clone()).await;
            let mut session = setup.session(method).await;
            let until = async {
                while setup.mock.request_count() < requests {
                    tokio::time::sleep(Duration::from_micros(200)).await;
                }
            };
            // The future of the call is dropped, as when its process ends.
            tokio::select! {
                _ = failures(&mut session, &asked) => {}
                () = until => {}
            }
            drop(session);
            let again = to_the_end(&setup, method, &asked).await;
            assert_eq!(again, expected, "{asked:?}, {method}, after {requests} requests");
        }
    }
}
