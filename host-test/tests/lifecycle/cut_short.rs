//! A call that is cut short at any request loses its report and nothing else: the same call again ends in
//! the same state.

use crate::{PRIYA, Setup, id, really};
use host_test::mock::Account;
use std::time::Duration;

/// The part of an account that an offboarding decides.
fn state(account: &Account) -> String {
    let member = account.members.iter().any(|member| member.address() == Some(PRIYA));
    let user = account.users.iter().any(|user| user.email.as_deref() == Some(PRIYA));
    let groups: Vec<_> = account.groups.iter().map(|group| (&group.id, &group.include)).collect();
    let user_groups: Vec<_> = account.user_groups.iter().map(|group| (&group.id, &group.members)).collect();
    format!("{member} {user} {groups:?} {user_groups:?} {:?}", account.sessions_of(PRIYA))
}

#[tokio::test]
async fn an_offboarding_that_is_cut_short_goes_on_where_it_ended() {
    let person = id(&format!("email:{PRIYA}"));
    let setup = Setup::new(Account::company()).await;
    setup.session("api-token").await.offboard(&person, &[], &really()).await.unwrap();
    setup.mock.change(Account::finish_deletions);
    let (expected, most) = (state(&setup.mock.account()), setup.mock.request_count());
    for requests in 1..most {
        let setup = Setup::new(Account::company()).await;
        let mut session = setup.session("api-token").await;
        let options = really();
        let until = async {
            while setup.mock.request_count() < requests {
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
        };
        // The future of the call is dropped, as when its process ends.
        tokio::select! {
            _ = session.offboard(&person, &[], &options) => {}
            () = until => {}
        }
        drop(session);
        let again = setup.session("api-token").await.offboard(&person, &[], &really()).await.unwrap();
        assert!(again.parts.iter().all(|part| part.outcome.is_ok()), "{requests}: {again:?}");
        setup.mock.change(Account::finish_deletions);
        assert_eq!(state(&setup.mock.account()), expected, "after {requests} requests");
    }
}
