//! The effect of each step, with both ways to authenticate, after a plan of the same.

use crate::common::small_account::{account, member};
use crate::{
    DEMO_EMAIL, METHODS, Setup, accounts, add_user, end_sessions, free_seat, id, invite, only, planning,
    really, remove, shown,
};
use connector_host::contract::lifecycle::{Invitation, Outcome, Report, Step};
use connector_host::contract::{ErrorKind, Status};
use host_test::mock::{Account, INVITATION_LASTS, SUPER_ADMINISTRATOR, Session};
use std::time::Duration;

/// An account with somebody who administers it, and Ann, who has all that there is.
pub fn office() -> Account {
    let mut account = account([]);
    member(&mut account, "1e", "root@corp.example", "accepted", &[SUPER_ADMINISTRATOR]);
    member(&mut account, "1f", DEMO_EMAIL, "accepted", &[SUPER_ADMINISTRATOR]);
    let ann = &mut account.users[0];
    (ann.seat_uid, ann.access_seat, ann.gateway_seat) = (Some("5a".into()), Some(true), Some(true));
    let session = Session { nonce: "6a".into(), user: "0a".into(), application: "7a".into(), began: 0 };
    account.sessions.push(session);
    account
}

/// Whether an outcome changes nothing, and the entitlements that it adds and removes.
type Known = (bool, Vec<String>, Vec<String>);

/// Returns the part of a report that a plan can know.
fn known(report: &Report) -> Vec<Result<Known, ErrorKind>> {
    let of = |outcome: &Outcome| {
        let added = outcome.added.iter().map(|grant| grant.entitlement.clone());
        (outcome.status == Status::Unchanged, added.collect(), outcome.removed.clone())
    };
    report.results.iter().map(|result| result.as_ref().map(of).map_err(|error| error.kind)).collect()
}

/// Does steps with each way to authenticate, after a plan, which only reads and tells the same. Returns
/// the last of them.
pub async fn done(account: &Account, steps: &[Step]) -> (Setup, Report) {
    let mut last = None;
    for method in METHODS {
        let setup = Setup::new(account.clone()).await;
        let mut reader = setup.open(&[], method).await;
        let planned = reader.apply_steps(steps, &planning()).await.unwrap();
        assert_eq!(setup.mock.account(), *account, "a plan changed something");
        assert!(setup.mock.requests().iter().all(|request| request.method == "GET"));
        assert_eq!(u64::from(planned.requests), setup.mock.request_count());
        setup.mock.forget_requests();
        let report = setup.session(method).await.apply_steps(steps, &really()).await.unwrap();
        assert_eq!(u64::from(report.requests), setup.mock.request_count());
        assert_eq!(known(&planned), known(&report), "{method}");
        assert_eq!(planned.writes.len(), report.writes.len(), "{method}");
        let planned = planned.results.iter().flatten();
        assert!(planned.into_iter().all(|outcome| outcome.status != Status::Applied));
        last = Some((setup, report));
    }
    last.unwrap()
}

#[tokio::test]
async fn an_invitation_gives_roles_and_its_membership_is_in_the_outcome() {
    let asked = ["role:d1:assigned", "role:d3:assigned"];
    let (setup, report) = done(&office(), &[invite("Eve@corp.example", &asked)]).await;
    let outcome = only(&report);
    let created = shown(&outcome.created[0]);
    let account = setup.mock.account();
    let eve = account.members.iter().find(|member| member.address() == Some("Eve@corp.example")).unwrap();
    assert_eq!((eve.status.as_str(), format!("member:{}", eve.id)), ("pending", created.clone()));
    assert_eq!(eve.roles, ["d1", "d3"]);
    let held: Vec<(&str, String)> =
        outcome.added.iter().map(|it| (it.entitlement.as_str(), shown(&it.principals[0]))).collect();
    assert_eq!(held, asked.map(|role| (role, created.clone())), "roles that the answer leaves out");
    assert!(outcome.detail.contains("takes effect when it is accepted"), "{}", outcome.detail);
    // An identical invitation is unchanged, and another one is refused.
    let again = setup.apply(&[invite("eve@corp.example", &["role:d3:assigned", "role:d1:assigned"])]).await;
    assert_eq!(only(&again).status, Status::Unchanged);
    let other = setup.apply(&[invite("eve@corp.example", &["role:d2:assigned"])]).await;
    let error = other.results[0].as_ref().unwrap_err();
    assert_eq!((error.kind, error.about.clone()), (ErrorKind::Refused, Some(created)), "{}", error.message);
    assert!(error.message.contains("role:d1:assigned, role:d3:assigned"), "{}", error.message);
    // An invitation that has expired is gone, and can be made again.
    setup.mock.change(|account| account.pass(INVITATION_LASTS + Duration::from_secs(1)));
    let later = setup.apply(&[invite("eve@corp.example", &["role:d2:assigned"])]).await;
    assert_eq!(only(&later).status, Status::Applied);
}

#[tokio::test]
async fn a_member_is_not_invited_again() {
    let (setup, report) = done(&office(), &[invite("ANN@corp.example", &["role:d1:assigned"])]).await;
    let error = report.results[0].as_ref().unwrap_err();
    assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::Refused, Some("member:1a")));
    assert!(error.message.contains("Nothing was written."), "{}", error.message);
    assert!(setup.writes().is_empty());
}

#[tokio::test]
async fn a_scoped_role_can_be_the_first_one() {
    let account = Account::company();
    let role = account.roles[0].id.clone();
    let whole = account.account_wide_policy("x", &account.roles[0]).resource_groups[0].id.clone();
    let policies = account.members.iter().flat_map(|member| &member.policies);
    let parts = policies.flat_map(|policy| policy.permission_groups.iter().zip(&policy.resource_groups));
    let (group, part) = parts.into_iter().find(|(_, part)| part.id != whole && !part.id.is_empty()).unwrap();
    let scoped = format!("scoped-role:{}-{}:assigned", group.id, part.id);
    let asked = [scoped, format!("role:{role}:assigned")];
    let setup = Setup::new(account).await;
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let report = setup.apply(&[invite("eve@northwind.example", &asked)]).await;
    let mut held: Vec<&str> = only(&report).added.iter().map(|grant| grant.entitlement.as_str()).collect();
    let mut asked = asked.clone();
    held.sort_unstable();
    asked.sort_unstable();
    assert_eq!(held, asked);
    let body: serde_json::Value =
        serde_json::from_str(&setup.mock.requests().iter().find(|it| it.method == "POST").unwrap().body)
            .unwrap();
    assert!(body["policies"].is_array() && body.get("roles").is_none(), "never both: {body}");
    assert!(body.get("status").is_none(), "a mail is sent unless the operator asks for none");
}

#[tokio::test]
async fn somebody_joins_without_a_mail_only_if_the_operator_asks_for_it() {
    let mut account = office();
    account.lifecycle.logins.insert("eve@corp.example".to_owned());
    let setup = Setup::new(account).await;
    let step = |address: &str| {
        let entitlements = vec!["role:d1:assigned".to_owned()];
        Step::Invite(Invitation { address: address.to_owned(), entitlements, without_mail: true })
    };
    let report = setup.apply(&[step("eve@corp.example")]).await;
    assert_eq!(only(&report).status, Status::Applied, "{report:?}");
    let member = only(&report).created[0].id.clone();
    let status = |account: &Account| {
        account.members.iter().find(|known| known.id == member).map(|known| known.status.clone())
    };
    assert_eq!(setup.mock.read(status).as_deref(), Some("accepted"));
    // Cloudflare knows no such person.
    let report = setup.apply(&[step("nobody@corp.example")]).await;
    let error = report.results[0].as_ref().unwrap_err();
    assert!(setup.mock.read(|account| accounts(account, "nobody@corp.example")).1.is_none(), "{error:?}");
}

#[tokio::test]
async fn a_removed_member_takes_everything_along() {
    let account = Account::company();
    let (_, Some(member)) = accounts(&account, crate::PRIYA) else { panic!() };
    let groups: Vec<String> = account.user_groups_of(&member).map(|group| group.id.clone()).collect();
    let (setup, report) = done(&account, &[remove(&format!("member:{member}"))]).await;
    let outcome = only(&report);
    assert_eq!(outcome.status, Status::Applied);
    for group in groups {
        let held = format!("user-group:{group}:member");
        assert!(outcome.removed.contains(&held), "{held}: {:?}", outcome.removed);
    }
    assert!(outcome.removed.iter().any(|held| held.starts_with("role:")), "{:?}", outcome.removed);
    assert!(setup.mock.read(|account| accounts(account, crate::PRIYA)).1.is_none());
    let again = setup.apply(&[remove(&format!("member:{member}"))]).await;
    assert_eq!(only(&again).status, Status::Unchanged);
}

#[tokio::test]
async fn an_invitation_is_withdrawn_whatever_the_answer_is() {
    for has_null_removals in [false, true] {
        let mut account = office();
        account.lifecycle.has_null_removals = has_null_removals;
        let (setup, report) = done(&account, &[remove("member:1c")]).await;
        assert_eq!(only(&report).status, Status::Applied);
        assert!(only(&report).detail.starts_with("Removed the invitation of pending@corp.example"));
        assert!(setup.mock.account().members.iter().all(|member| member.id != "1c"));
    }
}

#[tokio::test]
async fn a_user_goes_with_seat_and_sessions_and_some_time_after_the_answer() {
    for (reads, is_shown) in [(Some(0), false), (Some(1), true), (Some(5), true), (None, true)] {
        let mut account = office();
        account.lifecycle.deleted_users_show = reads;
        let (setup, report) = done(&account, &[remove("user:0a")]).await;
        let outcome = only(&report);
        assert_eq!(outcome.status, Status::Applied, "{reads:?}");
        assert_eq!(
            outcome.detail.contains("still shows the user"),
            is_shown,
            "{reads:?}: {}",
            outcome.detail
        );
        // Asked for again while the user still shows, it does no harm.
        let again = setup.apply(&[remove("user:0a")]).await;
        assert!(again.results[0].is_ok(), "{again:?}");
        setup.mock.change(Account::finish_deletions);
        let later = setup.apply(&[remove("user:0a")]).await;
        assert_eq!(only(&later).status, Status::Unchanged);
        assert!(setup.mock.read(|account| account.sessions_of("ann@corp.example").is_empty()));
    }
}

#[tokio::test]
async fn sessions_end_by_an_address_or_by_an_account() {
    for person in ["email:Ann@corp.example", "user:0a", "member:1a"] {
        let (setup, report) = done(&office(), &[end_sessions(person)]).await;
        assert_eq!(only(&report).status, Status::Applied, "{person}");
        assert!(setup.mock.read(|account| account.sessions_of("ann@corp.example").is_empty()), "{person}");
        assert!(setup.mock.account().users[0].access_seat == Some(true), "the seat is another step");
    }
    let (_, report) = done(&office(), &[end_sessions("email:nobody@corp.example")]).await;
    assert_eq!(only(&report).status, Status::Unchanged);
}

#[tokio::test]
async fn a_seat_is_freed_and_the_user_stays() {
    let (setup, report) = done(&office(), &[free_seat("user:0a")]).await;
    assert_eq!(only(&report).status, Status::Applied);
    let ann = setup.mock.account().users[0].clone();
    assert_eq!((ann.access_seat, ann.gateway_seat), (Some(false), Some(false)));
    let sent = setup.mock.requests().into_iter().find(|request| request.method == "PATCH").unwrap();
    let expected = serde_json::json!([{"seat_uid": "5a", "access_seat": false, "gateway_seat": false}]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&sent.body).unwrap(), expected);
    for user in ["user:0a", "user:0b", "user:ff"] {
        assert_eq!(only(&setup.apply(&[free_seat(user)]).await).status, Status::Unchanged, "{user}");
    }
}

#[tokio::test]
async fn a_user_is_added_without_a_seat() {
    let (setup, report) = done(&office(), &[add_user("Eve@corp.example")]).await;
    let created = &only(&report).created[0];
    let account = setup.mock.account();
    let eve = account.users.iter().find(|user| user.id == created.id).unwrap();
    assert_eq!((eve.name.as_deref(), eve.access_seat.unwrap_or_default()), (Some("Ann Lee"), false));
    let again = setup.apply(&[add_user("eve@corp.example")]).await;
    assert_eq!(only(&again).status, Status::Unchanged);
    assert!(only(&again).detail.contains(&created.id));
}

#[tokio::test]
async fn whatever_the_order_people_come_in_first_and_accounts_go_last() {
    let steps = [
        remove("user:0a"),
        remove("member:1a"),
        free_seat("user:0a"),
        end_sessions("user:0a"),
        add_user("eve@corp.example"),
        invite("eve@corp.example", &["role:d1:assigned"]),
    ];
    let (setup, report) = done(&office(), &steps).await;
    assert!(report.results.iter().all(Result::is_ok), "{report:?}");
    let expected = [
        "POST members",
        "POST access/users",
        "POST access/organizations/revoke_user",
        "PATCH access/seats",
        "DELETE members/1a",
        "DELETE access/users/0a",
    ];
    assert_eq!(setup.writes(), expected);
}

#[tokio::test]
async fn more_than_a_thousand_steps_are_none() {
    let setup = Setup::new(office()).await;
    let report = setup.apply(&vec![remove("user:0a"); 1001]).await;
    assert_eq!(report.results.len(), 1001);
    for result in &report.results {
        let error = result.as_ref().unwrap_err();
        assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::InvalidArgument, Some("steps")));
    }
    assert_eq!(setup.mock.request_count(), 0);
}

#[tokio::test]
async fn what_comes_back_can_be_seen_in_the_reports_of_the_same_session() {
    // A session goes on after a removal, and reads what is there now.
    let setup = Setup::new(office()).await;
    let mut session = setup.session("api-token").await;
    assert!(session.held(&id("member:1a"), None).await.is_ok());
    let report = session.apply_steps(&[remove("member:1a")], &really()).await.unwrap();
    assert_eq!(only(&report).status, Status::Applied);
    assert!(session.held(&id("member:1a"), None).await.is_err());
}
