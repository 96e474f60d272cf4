//! The offboarding of one person, from what they hold to what they hold afterwards.

use crate::common::small_account;
use crate::{METHODS, PRIYA, Setup, accounts, id, into, planning, really, shown};
use connector_host::contract::lifecycle::{Action, Certainty, Offboarding, Step};
use connector_host::contract::{ErrorKind, Operation, Status};
use host_test::mock::{Account, Group};
use host_test::truth::{self, Entry, Visitor, log_in};
use serde_json::json;

fn words(offboarding: &Offboarding) -> Vec<&str> {
    offboarding.parts.iter().map(|part| part.word.as_str()).collect()
}

/// The groups with a rule for Priya's own address.
fn own_groups(account: &Account) -> Vec<String> {
    let own = json!({ "email": { "email": PRIYA } });
    let has = |group: &&Group| group.include.iter().flatten().any(|rule| *rule == own);
    account.groups.iter().filter(has).map(|group| group.id.clone()).collect()
}

/// The words of the parts that Priya's offboarding has.
fn parts_of_priya(account: &Account) -> Vec<String> {
    let (Some(user), Some(member)) = accounts(account, PRIYA) else { panic!() };
    let mut groups = own_groups(account);
    groups.sort();
    let groups = groups.into_iter().map(|group| format!("group:{group}"));
    let user_groups = account.user_groups_of(&member).map(|group| format!("user-group:{}", group.id));
    let steps =
        ["sessions".to_owned(), "seat".to_owned(), format!("member:{member}"), format!("user:{user}")];
    groups.chain(user_groups).chain(steps).collect()
}

#[tokio::test]
async fn everything_under_an_address_goes_in_the_order_that_leaves_no_gap() {
    let account = Account::company();
    let (Some(user), Some(member)) = accounts(&account, PRIYA) else { panic!() };
    let expected = parts_of_priya(&account);
    for (method, person) in METHODS.into_iter().cycle().zip([
        format!("email:{}", PRIYA.to_uppercase()),
        format!("user:{user}"),
        format!("member:{member}"),
    ]) {
        let setup = Setup::new(account.clone()).await;
        let mut session = setup.session(method).await;
        let offboarding = session.offboard(&id(&person), &[], &really()).await.unwrap();
        assert_eq!(u64::from(offboarding.requests), setup.mock.request_count());
        assert_eq!(words(&offboarding), expected, "{person}");
        for part in &offboarding.parts {
            let status = part.outcome.as_ref().unwrap().status;
            assert_eq!(status, Status::Applied, "{person}: {part:?}");
        }
        assert_eq!(shown(&offboarding.address), format!("email:{PRIYA}"));
        let found: Vec<String> = offboarding.accounts.iter().map(shown).collect();
        assert_eq!(found, [format!("user:{user}"), format!("member:{member}")]);
        let order: Vec<String> = setup
            .writes()
            .iter()
            .map(|write| write.split(['/', ' ']).take(3).collect::<Vec<_>>().join(" "))
            .collect();
        let groups = own_groups(&account).len();
        assert!(order[..groups].iter().all(|write| write == "PUT access groups"), "{order:?}");
        let steps = [
            "DELETE iam user_groups",
            "POST access organizations",
            "PATCH access seats",
            "DELETE members",
            "DELETE access users",
        ];
        let short: Vec<String> = order[groups..]
            .iter()
            .map(|it| if it.starts_with("DELETE members") { "DELETE members".to_owned() } else { it.clone() })
            .collect();
        assert_eq!(short, steps, "{person}");
        setup.mock.change(Account::finish_deletions);
        let after = setup.mock.account();
        assert_eq!(accounts(&after, PRIYA), (None, None));
        assert!(own_groups(&after).is_empty() && after.sessions_of(PRIYA).is_empty());
    }
}

#[tokio::test]
async fn each_part_is_a_change_or_a_step_of_the_contract() {
    let setup = Setup::new(Account::company()).await;
    let offboarding = setup.offboard(&format!("email:{PRIYA}"), &[]).await;
    for part in &offboarding.parts {
        let (kind, _) = part.word.split_once(':').unwrap_or((&part.word, ""));
        match (&part.action, kind) {
            (Action::Change(change), "group" | "user-group") => {
                assert_eq!(change.operation, Operation::Revoke);
                assert_eq!(change.entitlement, format!("{}:member", part.word));
            }
            (Action::Step(Step::EndSessions(of)), "sessions") => {
                assert_eq!(shown(of), format!("email:{PRIYA}"))
            }
            (Action::Step(Step::FreeSeat(_)), "seat") => {}
            (Action::Step(Step::Remove(of)), "member" | "user") => assert_eq!(shown(of), part.word),
            (action, _) => panic!("{}: {action:?}", part.word),
        }
    }
}

#[tokio::test]
async fn a_plan_only_reads_and_tells_what_then_happens() {
    for method in METHODS {
        let account = Account::company();
        let setup = Setup::new(account.clone()).await;
        let person = id(&format!("email:{PRIYA}"));
        let planned = setup.open(&[], method).await.offboard(&person, &[], &planning()).await.unwrap();
        assert_eq!(setup.mock.account(), account);
        assert!(setup.mock.requests().iter().all(|request| request.method == "GET"));
        let done = setup.session(method).await.offboard(&person, &[], &really()).await.unwrap();
        assert_eq!(words(&planned), words(&done));
        assert!(planned.parts.iter().all(|it| it.outcome.as_ref().unwrap().status == Status::Planned));
        assert_eq!(format!("{:?}", planned.remaining), format!("{:?}", done.remaining));
        assert_eq!(planned.writes.len(), done.writes.len());
        for (planned, done) in planned.parts.iter().zip(&done.parts) {
            let of = |part: &connector_host::contract::lifecycle::Part| part.outcome.clone().unwrap().removed;
            assert_eq!(of(planned), of(done), "{}", planned.word);
        }
    }
}

#[tokio::test]
async fn run_again_it_finds_nothing_more_to_do() {
    let setup = Setup::new(Account::company()).await;
    setup.offboard(&format!("email:{PRIYA}"), &[]).await;
    setup.mock.change(Account::finish_deletions);
    let before = setup.mock.account();
    let again = setup.offboard(&format!("email:{PRIYA}"), &[]).await;
    assert!(again.parts.is_empty() && again.accounts.is_empty(), "{again:?}");
    assert_eq!(setup.mock.account(), before);
    // By the account, it is told that the address has to be named.
    let (Some(user), _) = accounts(&Account::company(), PRIYA) else { panic!() };
    let error = setup.try_offboard(&format!("user:{user}"), &[], &really()).await.unwrap_err();
    assert!(error.to_string().contains("name the person by the address"), "{error}");
}

#[tokio::test]
async fn keep_names_what_stays() {
    let account = Account::company();
    let all = parts_of_priya(&account);
    // A removal takes along what belongs to the account.
    for keep in [
        &["group"][..],
        &["user-group", "member"],
        &["member"],
        &["user"],
        &["sessions", "user"],
        &["seat", "user"],
        &[&all[0]],
    ] {
        let setup = Setup::new(account.clone()).await;
        let offboarding = setup.offboard(&format!("email:{PRIYA}"), keep).await;
        let is_kept =
            |part: &&String| keep.contains(&part.as_str()) || keep.contains(&part.split(':').next().unwrap());
        let expected: Vec<&String> = all.iter().filter(|part| !is_kept(part)).collect();
        assert_eq!(words(&offboarding), expected, "{keep:?}");
        setup.mock.change(Account::finish_deletions);
        let grants = truth::account(&setup.mock.account()).grants;
        for kept in all.iter().filter(is_kept).filter(|part| part.contains(':')) {
            // A user alone gets in nowhere, and a user group goes with the membership.
            let is_way = match kept.split_once(':').unwrap().0 {
                "group" => grants.contains_key(&format!("{kept}:member:email:{PRIYA}")),
                kind => kind == "member",
            };
            assert_eq!(!into(&offboarding, kept).is_empty(), is_way, "{kept}: {:#?}", offboarding.remaining);
        }
    }
    let setup = Setup::new(account.clone()).await;
    let error = setup.try_offboard(&format!("email:{PRIYA}"), &["groups"], &really()).await.unwrap_err();
    let text = format!("{error:?}");
    assert!(text.contains("InvalidArgument") && text.contains("keep"), "{text}");
    assert_eq!(setup.mock.request_count(), 0);
}

#[tokio::test]
async fn who_can_still_log_in_is_told_and_comes_back_as_a_user_with_a_seat() {
    let setup = Setup::new(Account::company()).await;
    let offboarding = setup.offboard(&format!("email:{PRIYA}"), &[]).await;
    setup.mock.change(Account::finish_deletions);
    let certain = offboarding.remaining.iter().filter(|way| way.certainty == Certainty::Certain);
    let apps: Vec<String> = certain
        .filter_map(|way| way.into.clone())
        .filter(|into| into.kind == "app")
        .map(|it| it.id)
        .collect();
    let returning: Vec<&str> = offboarding
        .remaining
        .iter()
        .filter(|way| way.certainty == Certainty::Returning)
        .map(|way| way.detail.as_str())
        .collect();
    assert!(returning.iter().any(|text| text.contains("SCIM for Cloudflare's dashboard")), "{returning:?}");
    assert!(
        returning.iter().any(|text| text.contains("sends people and their groups to Cloudflare")),
        "{returning:?}"
    );
    assert_eq!(
        returning.iter().any(|text| text.contains("makes the Access user again")),
        offboarding.remaining.iter().any(|way| {
            way.certainty == Certainty::NotKnown
                || way.certainty != Certainty::Open
                    && way.certainty != Certainty::Returning
                    && way.into.as_ref().is_some_and(|into| into.kind == "app")
        }),
        "{returning:?}"
    );
    for app in apps {
        let visitor = Visitor { address: PRIYA.to_owned(), ..Visitor::default() };
        let entry = setup.mock.change(|account| log_in(account, &app, &visitor));
        assert!(matches!(entry, Entry::LetIn { .. }), "{app}: a way that is certain lets in: {entry:?}");
        let (user, _) = setup.mock.read(|account| accounts(account, PRIYA));
        let again = setup.offboard(&format!("email:{PRIYA}"), &[]).await;
        let expected = ["sessions".to_owned(), "seat".to_owned(), format!("user:{}", user.unwrap())];
        assert_eq!(words(&again), expected);
        setup.mock.change(Account::finish_deletions);
    }
}

#[tokio::test]
async fn somebody_who_is_only_invited_loses_the_invitation() {
    let setup = Setup::new(Account::company()).await;
    let pending = setup.mock.read(|account| {
        let pending = account.members.iter().find(|member| member.status == "pending").unwrap();
        (pending.id.clone(), pending.address().unwrap().to_owned())
    });
    let offboarding = setup.offboard(&format!("email:{}", pending.1), &["user"]).await;
    assert!(words(&offboarding).contains(&format!("member:{}", pending.0).as_str()));
    assert!(setup.mock.account().members.iter().all(|member| member.id != pending.0));
}

#[tokio::test]
async fn who_is_not_one_person_is_refused_before_anything_is_read() {
    let setup = Setup::new(Account::company()).await;
    for person in ["email:priya", "group:0a", "role:0a", "user:../x", "email:Priya <p@northwind.example>"] {
        let error = setup.try_offboard(person, &[], &really()).await.unwrap_err();
        let connector_host::HostError::Connector(error) = error else { panic!("{error}") };
        assert_eq!(
            (error.kind, error.about.as_deref()),
            (ErrorKind::InvalidArgument, Some("person")),
            "{person}"
        );
    }
    assert_eq!(setup.mock.request_count(), 0);
}

#[tokio::test]
async fn each_membership_with_the_address_ends_however_many_there_are() {
    let mut account = small_account::account([]);
    small_account::member(&mut account, "1f", "ANN@corp.example", "pending", &["d3"]);
    for person in ["email:ann@corp.example", "member:1f", "member:1a"] {
        let setup = Setup::new(account.clone()).await;
        let offboarding = setup.offboard(person, &[]).await;
        let found: Vec<String> = offboarding.accounts.iter().map(shown).collect();
        let mut members: Vec<&str> = found.iter().filter_map(|it| it.strip_prefix("member:")).collect();
        members.sort_unstable();
        assert_eq!(members, ["1a", "1f"], "{person}");
        assert!(offboarding.parts.iter().all(|part| part.outcome.is_ok()), "{:#?}", offboarding.parts);
        let left = setup.mock.account().members;
        let has_it = |address: &str| address.eq_ignore_ascii_case("ann@corp.example");
        assert!(!left.iter().any(|member| member.address().is_some_and(has_it)), "{left:?}");
    }
}
