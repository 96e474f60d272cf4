//! The refusals: the account keeps somebody who administers it, and the session its credentials.

use crate::common::small_account::{account, member};
use crate::{DEMO_EMAIL, Setup, failure, invite, only, planning, really, remove};
use connector_host::contract::lifecycle::{Options, Report, Step};
use connector_host::contract::{ErrorKind, Status};
use host_test::mock::{Account, Policy, SUPER_ADMINISTRATOR, UserGroup};
use serde_json::json;

/// An account that root alone administers.
fn one_root() -> Account {
    let mut account = account([]);
    member(&mut account, "1e", "root@corp.example", "accepted", &[SUPER_ADMINISTRATOR]);
    account
}

/// An account that root and the owner of the demo key administer.
fn two_roots() -> Account {
    let mut account = one_root();
    member(&mut account, "1f", DEMO_EMAIL, "accepted", &[SUPER_ADMINISTRATOR]);
    account
}

async fn planned_and_done(account: Account, steps: &[Step]) -> (Setup, Report) {
    let setup = Setup::new(account).await;
    let planned = setup.open(&[], "api-token").await.apply_steps(steps, &planning()).await.unwrap();
    let report = setup.apply(steps).await;
    for (planned, done) in planned.results.iter().zip(&report.results) {
        match (planned, done) {
            (Ok(planned), Ok(done)) => assert_ne!(planned.status, done.status),
            (Err(planned), Err(done)) => assert_eq!(format!("{planned:?}"), format!("{done:?}")),
            _ => panic!("{planned:?} {done:?}"),
        }
    }
    (setup, report)
}

fn refuses_the_last(report: &Report, at: usize) {
    let error = report.results[at].as_ref().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error:?}");
    assert!(error.message.contains("last Super Administrator"), "{}", error.message);
}

#[tokio::test]
async fn the_last_super_administrator_is_not_removed() {
    let (setup, report) = planned_and_done(one_root(), &[remove("member:1e"), remove("member:1a")]).await;
    refuses_the_last(&report, 0);
    assert_eq!(report.results[1].as_ref().unwrap().status, Status::Applied);
    assert!(setup.mock.account().members.iter().any(|member| member.id == "1e"));
}

#[tokio::test]
async fn they_are_counted_over_the_whole_call() {
    let (_, report) = planned_and_done(two_roots(), &[remove("member:1e"), remove("member:1f")]).await;
    assert_eq!(report.results[0].as_ref().unwrap().status, Status::Applied);
    refuses_the_last(&report, 1);
}

#[tokio::test]
async fn one_who_is_only_invited_does_not_count() {
    let role = format!("role:{SUPER_ADMINISTRATOR}:assigned");
    let steps = [remove("member:1e"), invite("new@corp.example", &[&role])];
    let (_, report) = planned_and_done(one_root(), &steps).await;
    refuses_the_last(&report, 0);
    assert_eq!(report.results[1].as_ref().unwrap().status, Status::Applied);
}

#[tokio::test]
async fn one_through_a_user_group_counts_and_is_kept() {
    let mut account = one_root();
    let root = account.role(SUPER_ADMINISTRATOR).unwrap().clone();
    let policies: Vec<Policy> = vec![account.account_wide_policy("e1", &root)];
    let group = UserGroup {
        id: "e1".into(),
        name: "Roots".into(),
        policies: Some(policies),
        members: vec!["1a".into()],
        ..UserGroup::default()
    };
    account.user_groups.push(group);
    let (setup, report) = planned_and_done(account, &[remove("member:1e")]).await;
    assert_eq!(only(&report).status, Status::Applied, "Ann administers it through the group");
    let report = setup.apply(&[remove("member:1a")]).await;
    refuses_the_last(&report, 0);
    let offboarding = setup.offboard("member:1a", &[]).await;
    let kept = offboarding.parts.iter().filter(|part| part.outcome.is_err());
    let kept: Vec<&str> = kept.map(|part| part.word.as_str()).collect();
    assert_eq!(kept, ["user-group:e1", "member:1a"], "leaving the group would take it away too");
}

#[tokio::test]
async fn administrators_in_no_list_are_named() {
    let mut account = one_root();
    account.managed_by = Some(json!({"parent_org_id": "o1", "parent_org_name": "Acme"}));
    let (_, report) = planned_and_done(account, &[remove("member:1e")]).await;
    assert!(failure(&report).message.contains("The organization \"Acme\" manages this account"));
}

#[tokio::test]
async fn the_owner_of_the_credentials_is_removed_only_if_that_is_asked_for() {
    let setup = Setup::new(two_roots()).await;
    let steps = [remove("member:1f")];
    let report = setup.session("api-key").await.apply_steps(&steps, &really()).await.unwrap();
    let error = failure(&report);
    assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::Refused, Some("member:1f")));
    assert!(error.message.contains("owns the credentials"), "{}", error.message);
    let allowed = Options { allow_own: true, ..really() };
    let report = setup.session("api-key").await.apply_steps(&steps, &allowed).await.unwrap();
    assert_eq!(only(&report).status, Status::Applied);
    assert!(only(&report).detail.contains("credentials of this session stop working"));
}

#[tokio::test]
async fn whose_a_token_is_that_is_not_known_is_said() {
    let setup = Setup::new(two_roots()).await;
    let report = setup.apply(&[remove("member:1f")]).await;
    let detail = &only(&report).detail;
    assert!(detail.contains("doesn't tell whose API token this session has"), "{detail}");
}
