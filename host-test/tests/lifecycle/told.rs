//! The sentences that say what was done, what wasn't, and what to do then.

use crate::{METHODS, PRIYA, Setup, id, really};
use connector_host::HostError;
use host_test::mock::{Account, Effect, Fault};

fn status(status: u16, code: u64) -> Effect {
    Effect::Status { status, code, message: "no".into(), headers: Vec::new() }
}

#[tokio::test]
async fn an_offboarding_that_fails_as_a_whole_says_once_that_nothing_was_written() {
    for method in METHODS {
        for effect in [status(401, 10000), status(429, 971), status(500, 1)] {
            for route in ["access/users", "members", "access/groups", "access/apps"] {
                let setup = Setup::new(Account::company()).await;
                setup.mock.inject(Fault::on("GET", route, effect.clone()));
                let mut session = setup.session(method).await;
                let error = session.offboard(&id(&format!("email:{PRIYA}")), &[], &really()).await;
                let HostError::Connector(error) = error.unwrap_err() else { panic!("{route}, {effect:?}") };
                let message = &error.message;
                assert!(message.ends_with(" Nothing was written."), "{route}, {effect:?}: {message}");
                assert_eq!(message.matches("Nothing was written").count(), 1, "{message}");
                assert!(setup.writes().is_empty());
            }
        }
    }
}
