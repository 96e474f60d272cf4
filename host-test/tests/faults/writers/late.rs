//! Writes that arrive late, and the effect of failed writes on the rest of a batch.

use crate::changes::account::{
    CID, EDITORS, Operation, What, email, in_group, member, of_role, operations, user,
};
use crate::changes::judge::resource;
use crate::changes::run::{Auth, Ended, call, open, start};
use crate::common::setup::host;
use connector_host::contract::{ErrorKind, Operation as Way, Status};
use host_test::mock::{self, Effect, Fault, Place, SUPER_ADMINISTRATOR, When};

const GROUP: &str = "access/groups/{id}";

fn kinds(ended: &[Ended]) -> Vec<Option<ErrorKind>> {
    let kind = |ended: &Ended| match ended {
        Ended::Badly { kind, .. } => Some(*kind),
        _ => None,
    };
    ended.iter().map(kind).collect()
}

/// The first write is lost on its way. While the second one is refused, it arrives, or it doesn't.
#[tokio::test]
async fn a_write_that_comes_late_is_seen_or_in_doubt_though_the_next_one_is_refused() {
    let refusal = |status, code| Effect::Status { status, code, message: "no".into(), headers: Vec::new() };
    for (auth, arrives) in [(Auth::Token, true), (Auth::Key, true), (Auth::Token, false), (Auth::Key, false)]
    {
        for second in [refusal(400, 12130), refusal(403, 10000), refusal(401, 1000)] {
            let (host, mock) = (host().await, start().await);
            let mut session = open(&host, &mock, auth, 5).await;
            let lost = Effect::Reset { at: Place::BeforeHead };
            mock.inject(Fault::on("PUT", GROUP, lost).at_attempt(1));
            mock.inject(Fault::on("PUT", GROUP, second).at_attempt(2));
            if arrives {
                mock.meddle(mock::Operation::on("PUT", GROUP).at_attempt(2), When::After, |account| {
                    account.groups[EDITORS].include.get_or_insert_default().push(email("cid@corp.example"));
                });
            }
            let changes = vec![in_group(Way::Grant, EDITORS, "user", &user(CID))];
            let operation = Operation { name: "late", what: What::Apply { changes, dry_run: false } };
            let first = call(&mut session, &mock, &operation).await;
            assert_eq!(kinds(&first.ended), [(!arrives).then_some(ErrorKind::Indeterminate)]);
            assert_eq!((first.report.unwrap().writes.len(), mock.fired()), (1, vec![1, 1]));
            let again = call(&mut session, &mock, &operation).await;
            let then = if arrives { Status::Unchanged } else { Status::Applied };
            assert_eq!(again.ended, [Ended::Well(then)]);
        }
    }
}

/// A change that isn't tried any more is certainly not written.
#[tokio::test]
async fn a_batch_stops_after_three_writes_in_doubt_and_the_rest_is_not_in_doubt() {
    let operation = operations().into_iter().find(|operation| operation.name == "a batch").unwrap();
    for auth in [Auth::Token, Auth::Key] {
        let (host, mock) = (host().await, start().await);
        let mut session = open(&host, &mock, auth, 0).await;
        mock.inject(Fault::on("PUT", GROUP, Effect::Html { status: 502 }));
        let before = mock.account();
        let first = call(&mut session, &mock, &operation).await;
        assert_eq!(first.account, before);
        let puts = first.log.iter().filter(|sent| sent.method == "PUT").count();
        assert_eq!(puts, 3, "three fail, and then nothing is written");
        for (change, ended) in operation.changes().iter().zip(&first.ended) {
            let (_, id) = resource(change);
            let sent = first.log.iter().any(|sent| sent.method == "PUT" && sent.path.ends_with(&id));
            match ended {
                Ended::Badly { kind: ErrorKind::Indeterminate, .. } => assert!(sent, "{change:?}: {ended:?}"),
                Ended::Badly { kind: ErrorKind::Unavailable, message } => {
                    assert!(!sent && message.contains("not tried"), "{change:?}: {ended:?}");
                }
                Ended::Well(Status::Unchanged) => {}
                _ => panic!("{change:?}: {ended:?}"),
            }
        }
        assert_eq!(first.report.unwrap().writes.len(), 3, "what isn't tried isn't written");
        mock.end_faults();
        let again = call(&mut session, &mock, &operation).await;
        assert!(again.ended.iter().all(|ended| matches!(ended, Ended::Well(_))), "{:?}", again.ended);
    }
}

/// A person who was to lose the role, and certainly still has it, can administer the account.
#[tokio::test]
async fn a_super_administrator_whose_write_failed_still_counts() {
    let revoke = |number| of_role(Way::Revoke, SUPER_ADMINISTRATOR, number);
    let operation = |changes| Operation { name: "both", what: What::Apply { changes, dry_run: false } };
    for auth in [Auth::Token, Auth::Key] {
        for (effect, second) in [
            (Effect::Status { status: 400, code: 1001, message: "no".into(), headers: Vec::new() }, None),
            // It may have been written: then the other one is the last.
            (Effect::Html { status: 502 }, Some(ErrorKind::Refused)),
        ] {
            let (host, mock) = (host().await, start().await);
            let mut session = open(&host, &mock, auth, 0).await;
            let on = mock::Operation::on("PUT", "members/{id}").of(&member(0));
            mock.inject(Fault { on, ..Fault::always(effect) });
            let call = call(&mut session, &mock, &operation(vec![revoke(0), revoke(1)])).await;
            assert_eq!(kinds(&call.ended)[1], second);
            let left = call
                .account
                .members
                .iter()
                .filter(|it| it.roles.iter().any(|role| role == SUPER_ADMINISTRATOR));
            assert_eq!((left.count(), mock.fired()), (if second.is_none() { 1 } else { 2 }, vec![1]));
        }
    }
}
