//! The words that name what stays: each names a part, and what belongs to an account stays only with it.

use crate::{PRIYA, Setup, accounts, really};
use connector_host::HostError;
use connector_host::contract::{Error, ErrorKind, Status};
use host_test::mock::{AccessUser, Account, Effect, Fault};

fn priya() -> String {
    format!("email:{PRIYA}")
}

/// Offboards Priya, which is refused before anything is written.
async fn refusal(account: &Account, keep: &[&str]) -> Error {
    let setup = Setup::new(account.clone()).await;
    let error = setup.try_offboard(&priya(), keep, &really()).await.unwrap_err();
    let HostError::Connector(error) = error else { panic!("{error}") };
    let about = error.about.as_deref();
    assert_eq!((error.kind, about), (ErrorKind::InvalidArgument, Some("keep")), "{keep:?}: {error:?}");
    assert_eq!(setup.mock.account(), *account, "{keep:?}");
    assert!(setup.writes().is_empty());
    *error
}

#[tokio::test]
async fn a_word_for_what_is_no_part_is_refused_and_the_words_of_the_parts_are_told() {
    let account = Account::company();
    let (Some(user), Some(member)) = accounts(&account, PRIYA) else { panic!() };
    for kind in ["group", "user-group", "member", "user"] {
        // What stands there can be a secret.
        let word = format!("{kind}:0123456789abcdef0123456789abcdef");
        let message = refusal(&account, &[&word, "group"]).await.message;
        assert!(!message.contains("0123456789abcdef"), "{message}");
        for part in ["group:", "user-group:", "sessions", "seat", &format!("member:{member}")] {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert!(message.ends_with(&format!("user:{user}. Nothing was written.")), "{message}");
    }
    let setup = Setup::new(account.clone()).await;
    let stranger = "email:stranger@elsewhere.example";
    let kinds = ["group", "user-group", "member", "user", "sessions", "seat"];
    let done = setup.offboard(stranger, &kinds).await;
    assert!(done.parts.is_empty(), "a kind of which there is nothing is no error");
}

#[tokio::test]
async fn where_groups_can_not_be_read_a_word_for_one_is_taken() {
    let denied = || Effect::Status { status: 403, code: 10000, message: "no".into(), headers: Vec::new() };
    let unknown = "0123456789abcdef0123456789abcdef";
    for (list, kind) in [("access/groups", "group"), ("iam/user_groups", "user-group")] {
        let setup = Setup::new(Account::company()).await;
        setup.mock.inject(Fault::on("GET", list, denied()));
        let words = [&format!("{kind}:{unknown}")[..], "member"];
        assert!(setup.try_offboard(&priya(), &words, &really()).await.is_ok(), "{list}");
        let words = [&format!("user:{unknown}")[..], "member"];
        assert!(setup.try_offboard(&priya(), &words, &really()).await.is_err(), "{list}");
    }
}

#[tokio::test]
async fn what_a_removal_takes_along_stays_only_with_the_account() {
    let account = Account::company();
    let (_, Some(member)) = accounts(&account, PRIYA) else { panic!() };
    let group = account.user_groups_of(&member).next().unwrap().id.clone();
    let group = format!("user-group:{group}");
    for (keep, told) in [
        (&["sessions"][..], "keep the user too"),
        (&["seat", "member"], "keep the user too"),
        (&["user-group"], "keep the member too"),
        (&[&group, "user"], "keep the member too"),
    ] {
        let message = refusal(&account, keep).await.message;
        assert!(message.contains("removal takes") && message.contains(told), "{keep:?}: {message}");
    }
    for keep in [&["sessions", "seat", "user"][..], &[&group, "member"]] {
        let setup = Setup::new(account.clone()).await;
        let done = setup.offboard(&priya(), keep).await;
        let is_done = |part: &connector_host::contract::lifecycle::Part| {
            part.outcome.as_ref().is_ok_and(|outcome| outcome.status == Status::Applied)
        };
        assert!(done.parts.iter().all(is_done), "{:#?}", done.parts);
    }
    // Where there is no such account, it takes nothing along.
    let mut without = account.clone();
    without.users.retain(|user: &AccessUser| user.email.as_deref() != Some(PRIYA));
    let setup = Setup::new(without).await;
    setup.offboard(&priya(), &["sessions", "seat"]).await;
}
