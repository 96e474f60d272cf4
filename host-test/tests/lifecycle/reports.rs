//! The report of a call: each part of it is true of what was sent, and of the account before and after.

use crate::common::small_account::{email, group};
use crate::steps::{done, office};
use crate::{
    METHODS, PRIYA, Setup, accounts, add_user, end_sessions, free_seat, id, invite, planning, really, remove,
    shown,
};
use connector_host::HostError;
use connector_host::contract::{ErrorKind, Status, Write};
use host_test::mock::{Account, Options, RateLimit};
use host_test::truth::{self, Entry, Visitor, log_in};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The resources of writes, each with its state before and after.
fn listed(writes: &[Write]) -> Vec<(String, Value, Value)> {
    let state = |text: &str| serde_json::from_str(text).unwrap();
    writes.iter().map(|write| (shown(&write.on), state(&write.before), state(&write.after))).collect()
}

#[tokio::test]
async fn each_write_is_listed_with_the_state_that_it_replaces() {
    let steps = [
        remove("user:0a"),
        invite("Eve@corp.example", &["role:d1:assigned"]),
        add_user("Zoe@corp.example"),
        end_sessions("member:1a"),
        free_seat("user:0a"),
        remove("member:1a"),
    ];
    for method in METHODS {
        let setup = Setup::new(office()).await;
        let mut session = setup.session(method).await;
        let planned = session.apply_steps(&steps, &planning()).await.unwrap();
        let report = session.apply_steps(&steps, &really()).await.unwrap();
        let created = |at: usize| shown(&report.results[at].as_ref().unwrap().created[0]);
        for (writes, eve, zoe) in [
            (&planned.writes, "email:eve@corp.example".to_owned(), "email:zoe@corp.example".to_owned()),
            (&report.writes, created(1), created(2)),
        ] {
            let writes = listed(writes);
            let on: Vec<&str> = writes.iter().map(|(on, _, _)| on.as_str()).collect();
            assert_eq!(on, [&eve, &zoe, "email:ann@corp.example", "user:0a", "member:1a", "user:0a"]);
            let [invited, added, ended, freed, left, gone] = writes.try_into().unwrap();
            assert_eq!((invited.1, &invited.2["roles"][0]["id"]), (json!({}), &json!("d1")));
            assert_eq!((added.1, &added.2["email"]), (json!({}), &json!("Zoe@corp.example")));
            assert_eq!(ended.1, json!({}), "no read shows sessions");
            let seat = |is_taken| json!({"access_seat": is_taken, "gateway_seat": is_taken});
            assert_eq!((freed.1, freed.2), (seat(true), seat(false)));
            assert_eq!(left.1, json!({"email": "ann@corp.example", "roles": ["d1", "d2"]}));
            assert_eq!(gone.1["email"], "ann@corp.example");
            assert_eq!((left.2, gone.2), (json!({}), json!({})), "they aren't there any more");
        }
    }
}

#[tokio::test]
async fn a_plan_has_the_grants_for_the_address_and_creates_nothing() {
    let steps = [invite("Eve@corp.example", &["role:d1:assigned"]), add_user("eve@corp.example")];
    let setup = Setup::new(office()).await;
    let planned = setup.open(&[], "api-token").await.apply_steps(&steps, &planning()).await.unwrap();
    for result in &planned.results {
        let outcome = result.as_ref().unwrap();
        assert_eq!((outcome.status, outcome.created.len()), (Status::Planned, 0));
    }
    let added = &planned.results[0].as_ref().unwrap().added;
    let principals: Vec<String> = added.iter().flat_map(|grant| &grant.principals).map(shown).collect();
    assert_eq!(principals, ["email:eve@corp.example"]);
    // A user holds nothing by themselves.
    let report = setup.apply(&steps).await;
    assert!(report.results[1].as_ref().unwrap().added.is_empty());
}

/// The entitlements that a member holds on roles, scoped roles and user groups.
fn held(account: &Account, member: &str) -> BTreeSet<String> {
    let grants = truth::account(account).grants;
    let ends = format!(":member:{member}");
    let of = |grant: &String| grant.strip_suffix(&ends).map(str::to_owned);
    let kinds = ["role:", "scoped-role:", "user-group:"];
    grants.keys().filter_map(of).filter(|held| kinds.iter().any(|kind| held.starts_with(kind))).collect()
}

#[tokio::test]
async fn a_removal_tells_what_ends_with_the_account_and_nothing_else() {
    let account = Account::company();
    let members: Vec<String> = account.members.iter().map(|member| member.id.clone()).collect();
    let mut most = 0;
    for (member, method) in members.iter().zip(METHODS.iter().cycle()) {
        let setup = Setup::new(account.clone()).await;
        let steps = [remove(&format!("member:{member}"))];
        let report = setup.session(method).await.apply_steps(&steps, &really()).await.unwrap();
        // Somebody stays the last Super Administrator.
        let Ok(outcome) = &report.results[0] else { continue };
        let removed: BTreeSet<String> = outcome.removed.iter().cloned().collect();
        assert_eq!(removed, held(&account, member), "{member}");
        assert_eq!(held(&setup.mock.account(), member), BTreeSet::new());
        most = most.max(removed.len());
    }
    assert!(most > 2, "somebody holds more: {most}");
}

#[tokio::test]
async fn what_the_address_holds_does_not_end_with_its_account() {
    let mut account = office();
    account.groups.push(group("a1", json!({"include": [email("ann@corp.example")]})));
    let (setup, report) = done(&account, &[remove("member:1a"), remove("user:0a")]).await;
    setup.mock.change(Account::finish_deletions);
    let removed: Vec<&String> = report.results.iter().flat_map(|it| &it.as_ref().unwrap().removed).collect();
    assert_eq!(removed, ["role:d1:assigned", "role:d2:assigned"]);
    let grants = truth::account(&setup.mock.account()).grants;
    assert!(grants.contains_key("group:a1:member:email:ann@corp.example"), "{grants:?}");
}

#[tokio::test]
async fn results_stand_in_the_order_of_the_steps() {
    let steps = [
        remove("user:0a"),
        remove("member:ff"),
        invite("eve@corp.example", &["role:d1:assigned"]),
        free_seat("member:1a"),
        end_sessions("email:nobody@corp.example"),
        invite("ann@corp.example", &["role:d1:assigned"]),
    ];
    let setup = Setup::new(office()).await;
    let report = setup.apply(&steps).await;
    let told: Vec<_> = report
        .results
        .iter()
        .map(|result| result.as_ref().map(|it| it.status).map_err(|it| (it.kind, it.about.clone())))
        .collect();
    let about = |text: &str| Some(text.to_owned());
    let expected = [
        Ok(Status::Applied),
        Ok(Status::Unchanged),
        Ok(Status::Applied),
        Err((ErrorKind::InvalidArgument, about("id"))),
        Ok(Status::Unchanged),
        Err((ErrorKind::Refused, about("member:1a"))),
    ];
    assert_eq!(told, expected, "{report:#?}");
}

#[tokio::test]
async fn the_rate_limit_is_in_each_report() {
    let behaviour = || Options { rate_limit: Some(RateLimit::CLOUDFLARE), ..Options::default() };
    let setup = Setup::with(office(), behaviour()).await;
    let report = setup.apply(&[free_seat("user:0a")]).await;
    let offboarding = setup.offboard("user:0a", &[]).await;
    for limit in [report.rate_limit, offboarding.rate_limit] {
        assert!(limit.is_some_and(|limit| limit.remaining > 0), "{limit:?}");
    }
}

#[tokio::test]
async fn neither_a_removal_nor_the_end_of_sessions_keeps_somebody_out() {
    let account = Account::company();
    let (Some(user), _) = accounts(&account, PRIYA) else { panic!() };
    let visitor = Visitor { address: PRIYA.to_owned(), ..Visitor::default() };
    let apps: Vec<String> = account.applications.iter().map(|app| app.id.clone()).collect();
    let lets_in = |app: &&String| matches!(log_in(&mut account.clone(), app, &visitor), Entry::LetIn { .. });
    let app = apps.iter().find(lets_in).expect("a policy lets her in");
    for (step, is_gone) in
        [(end_sessions(&format!("user:{user}")), false), (remove(&format!("user:{user}")), true)]
    {
        let (setup, report) = done(&account, &[step]).await;
        assert!(report.results[0].as_ref().unwrap().detail.contains("login"), "{report:?}");
        setup.mock.change(|now| now.finish_deletions());
        assert!(setup.mock.read(|now| now.sessions_of(PRIYA).is_empty()));
        let entry = setup.mock.change(|now| log_in(now, app, &visitor));
        assert!(matches!(entry, Entry::LetIn { .. }), "{entry:?}");
        let now = setup.mock.account();
        let again = now.users.iter().find(|user| user.email.as_deref() == Some(PRIYA)).unwrap();
        assert_eq!((again.id != user, again.access_seat), (is_gone, Some(true)));
        assert_eq!(now.sessions_of(PRIYA).len(), 1);
    }
}

#[tokio::test]
async fn an_address_that_nobody_has_is_no_error_and_has_no_parts() {
    for method in METHODS {
        let setup = Setup::new(office()).await;
        let person = id("email:Nobody@elsewhere.example");
        let offboarding = setup.session(method).await.offboard(&person, &[], &really()).await.unwrap();
        assert_eq!(shown(&offboarding.address), "email:nobody@elsewhere.example");
        assert!(offboarding.accounts.is_empty() && offboarding.parts.is_empty(), "{offboarding:?}");
        assert!(offboarding.writes.is_empty() && setup.writes().is_empty());
        assert!(offboarding.remaining.is_empty(), "the account lets nobody in: {:?}", offboarding.remaining);
    }
}

#[tokio::test]
async fn an_account_that_is_not_there_is_not_found_and_nothing_is_written() {
    let setup = Setup::new(office()).await;
    for person in ["user:ff", "member:ff"] {
        let error = setup.try_offboard(person, &[], &really()).await.unwrap_err();
        let HostError::Connector(error) = error else { panic!("{error}") };
        assert_eq!(error.kind, ErrorKind::NotFound, "{person}: {error:?}");
    }
    // One without an address can't be found by it.
    let error = setup.try_offboard("user:0d", &[], &really()).await.unwrap_err();
    let HostError::Connector(error) = error else { panic!("{error}") };
    assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::InvalidArgument, Some("person")));
    assert!(setup.writes().is_empty());
    assert_eq!(setup.mock.account(), office());
}
