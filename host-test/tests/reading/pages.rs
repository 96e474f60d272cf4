//! Pages are bounded, and a cursor continues anywhere.

use crate::common::compare::compare;
use crate::common::reading::{connector_error, read_through, strings};
use crate::common::setup::HostAndMock;
use crate::common::whole::Whole;
use crate::common::whole::each_grant;
use connector_host::contract::ErrorKind;
use host_test::mock::{AccessUser, Account, Group, Size};
use serde_json::json;

const MIB: usize = 1 << 20;

/// Makes an account in which everybody is in every group.
fn crowded(users: usize, groups: usize) -> Account {
    let mut account = Account { id: "c".repeat(32), ..Account::default() };
    account.users = (0..users)
        .map(|number| AccessUser {
            id: format!("00000000-0000-4000-a000-{number:012}"),
            name: Some(format!("Person {number}")),
            email: Some(format!("person{number}@corp.example")),
            ..AccessUser::default()
        })
        .collect();
    account.groups = (0..groups)
        .map(|number| Group {
            id: format!("00000000-0000-4000-b000-{number:012}"),
            name: format!("Group {number}"),
            include: Some(vec![json!({"email_domain": {"domain": "corp.example"}})]),
            require: Some(vec![json!({"ip": {"ip": "203.0.113.0/24"}})]),
            ..Group::default()
        })
        .collect();
    account
}

#[tokio::test]
async fn a_thousand_users_in_three_hundred_groups_neither_trap_nor_swell() {
    let setup = HostAndMock::new(crowded(1000, 300)).await;
    let mut session = setup.session().await;
    let whole = read_through(&mut session, &[]).await.unwrap();
    assert_eq!(whole.grants.len(), 300_000);
    whole.assert_nothing_twice();
    let heaviest = whole.weights.iter().max().unwrap();
    assert!(*heaviest < MIB + MIB / 8, "a page of {heaviest} bytes");
    assert!(session.memory_peak() < 16 * MIB, "{} bytes of memory", session.memory_peak());
}

#[tokio::test]
async fn who_holds_it_for_the_same_reasons_stands_together() {
    let mut account = crowded(60, 3);
    let email = |of: &AccessUser| json!({"email": {"email": of.email}});
    account.groups[1].include.get_or_insert_default().push(email(&account.users[7]));
    account.groups[2].include = Some(vec![email(&account.users[3]), email(&account.users[4])]);
    let setup = HostAndMock::new(account).await;
    let mut session = setup.session().await;
    let (mut cursor, mut whole, mut together) = (None, Whole::default(), Vec::new());
    loop {
        let page = session.read(&[], cursor.as_deref()).await.unwrap();
        together.extend(page.grants.iter().map(|grant| (grant.entitlement.clone(), grant.principals.len())));
        cursor = whole.take(page);
        if cursor.is_none() {
            break;
        }
    }
    compare(&whole, &setup.mock.account());
    whole.assert_nothing_twice();
    let group = |number: usize, principals: usize| {
        (format!("group:00000000-0000-4000-b000-{number:012}:member"), principals)
    };
    together.sort();
    assert_eq!(together, [group(0, 60), group(1, 1), group(1, 59), group(2, 1), group(2, 1)]);
}

#[tokio::test]
async fn one_person_with_more_grants_than_a_page_holds() {
    // 200 groups with 10 KiB of conditions each: two pages' worth for one person.
    let mut account = crowded(2, 200);
    let network = format!("{}/24", "x".repeat(10 * 1024));
    for group in &mut account.groups {
        group.require = Some(vec![json!({"ip": {"ip": network}})]);
    }
    let setup = HostAndMock::new(account).await;
    let whole = setup.read(&["group", "user"]).await;
    assert_eq!((whole.resources.len(), whole.grants.len()), (202, 400));
    whole.assert_nothing_twice();
    assert!(whole.weights.iter().all(|weight| *weight < MIB + MIB / 8), "{:?}", whole.weights);
}

#[tokio::test]
async fn memory_does_not_grow_with_people() {
    let mut peaks = Vec::new();
    for (users, members) in [(2_000, 200), (20_000, 2_000)] {
        let setup =
            HostAndMock::new(Account::generate(7, Size { users, members, groups: 30, roles: 20 })).await;
        // Both accounts have the same groups: only the people differ.
        let groups = Account::generate(7, Size { users: 2_000, members: 200, groups: 30, roles: 20 });
        setup.mock.change(|account| (account.groups, account.lists) = (groups.groups, groups.lists));
        let mut session = setup.session().await;
        let mut cursor = None;
        loop {
            cursor = session.read(&[], cursor.as_deref()).await.unwrap().next;
            if cursor.is_none() {
                break;
            }
        }
        peaks.push(session.memory_peak());
    }
    assert!(peaks[1] * 10 <= peaks[0] * 11, "peaks of {peaks:?} bytes");
}

#[tokio::test]
async fn every_cursor_goes_on_in_another_session() {
    let mut account = Account::generate(11, Size { users: 120, members: 110, groups: 26, roles: 60 });
    // Enough text that pages end within an upstream page too.
    for group in &mut account.groups {
        group.extra.insert("is_default".into(), json!("x".repeat(60 * 1024)));
    }
    let setup = HostAndMock::new(account).await;
    for route in ["access/users", "members", "roles", "access/groups"] {
        setup.mock.configure(|options| {
            options.max_per_page.insert(route.into(), 40);
        });
    }
    let whole = setup.read(&[]).await;
    assert!(whole.cursors.len() > 12, "only {} cursors", whole.cursors.len());
    let (mut resources, mut entitlements, mut grants, mut warnings) = (0, 0, 0, 0);
    let mut cursor: Option<String> = None;
    for next in whole.cursors.iter().cloned().map(Some).chain([None]) {
        // Each page is read in a new session.
        let page = setup.session().await.read(&[], cursor.as_deref()).await.unwrap();
        assert_eq!(page.next, next, "after {cursor:?}");
        assert_eq!(
            format!("{:?}", page.resources),
            slice(&whole.resources, &mut resources, page.resources.len())
        );
        assert_eq!(
            format!("{:?}", page.entitlements),
            slice(&whole.entitlements, &mut entitlements, page.entitlements.len())
        );
        let given: Vec<_> = page.grants.iter().flat_map(each_grant).collect();
        assert_eq!(format!("{given:?}"), slice(&whole.grants, &mut grants, given.len()));
        assert_eq!(
            format!("{:?}", page.warnings),
            slice(&whole.warnings, &mut warnings, page.warnings.len())
        );
        cursor = next;
    }
    assert_eq!((resources, grants), (whole.resources.len(), whole.grants.len()));
}

fn slice<T: std::fmt::Debug>(all: &[T], from: &mut usize, count: usize) -> String {
    let part = format!("{:?}", &all[*from..*from + count]);
    *from += count;
    part
}

#[tokio::test]
async fn the_same_cursor_gives_the_same_page_again() {
    let setup = HostAndMock::new(Account::company()).await;
    let mut session = setup.session().await;
    let mut cursor: Option<String> = None;
    loop {
        let first = session.read(&[], cursor.as_deref()).await.unwrap();
        let again = session.read(&[], cursor.as_deref()).await.unwrap();
        let shown = |page: &connector_host::contract::Page| {
            format!("{:?} {:?} {:?} {:?}", page.resources, page.grants, page.warnings, page.next)
        };
        assert_eq!(shown(&first), shown(&again), "{cursor:?}");
        cursor = first.next;
        if cursor.is_none() {
            break;
        }
    }
}

#[tokio::test]
async fn cursors_are_small_and_bound_to_their_read() {
    let setup = HostAndMock::new(Account::company()).await;
    let whole = setup.read(&[]).await;
    let other = HostAndMock::new(Account { id: "d".repeat(32), ..Account::company() }).await;
    for cursor in &whole.cursors {
        assert!(cursor.len() < 300 && cursor.bytes().all(|byte| byte.is_ascii_graphic()), "{cursor}");
        let refused = [
            (other.session().await, strings(&[]), cursor.clone()),
            (setup.session().await, strings(&["user", "group"]), cursor.clone()),
            (setup.session().await, strings(&[]), cursor.replace('.', "-")),
            (setup.session().await, strings(&[]), format!("{cursor}0")),
            (setup.session().await, strings(&[]), cursor[..cursor.len() - 1].to_owned()),
        ];
        for (mut session, kinds, given) in refused {
            let error = connector_error(session.read(&kinds, Some(&given)).await.unwrap_err());
            assert_eq!(error.kind, ErrorKind::InvalidCursor, "{given}: {}", error.message);
            // The session still works.
            session.read(&kinds, None).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_cursor_is_outdated_when_what_grants_rest_on_has_changed() {
    let setup = HostAndMock::new(Account::company()).await;
    let whole = setup.read(&[]).await;
    let behind_groups = &whole.cursors[whole.cursors.len() / 2..];
    let original = setup.mock.account();
    let rule = json!({"email": {"email": "new@corp.example"}});
    type Change = fn(&mut Account, serde_json::Value);
    let changes: [(&str, Change); 5] = [
        ("a rule's section", |account, _| {
            let group = account
                .groups
                .iter_mut()
                .find(|group| group.include.as_ref().is_some_and(|it| it.len() > 1))
                .unwrap();
            let moved = group.include.as_mut().unwrap().pop().unwrap();
            group.exclude.get_or_insert_default().insert(0, moved);
        }),
        ("two groups' ids", |account, _| {
            let id = account.groups[0].id.clone();
            account.groups[0].id = std::mem::replace(&mut account.groups[1].id, id);
        }),
        ("a rule", |account, rule| account.groups[0].include.get_or_insert_default().push(rule)),
        ("a group", |account, _| drop(account.groups.pop())),
        ("a list", |account, _| {
            account.lists.iter_mut().for_each(|list| list.items.push("new@corp.example".into()))
        }),
    ];
    for (what, change) in changes {
        setup.mock.change(|account| change(account, rule.clone()));
        for cursor in behind_groups {
            let error = connector_error(setup.session().await.read(&[], Some(cursor)).await.unwrap_err());
            assert_eq!(error.kind, ErrorKind::InvalidCursor, "{what}, {cursor}: {}", error.message);
        }
        setup.mock.change(|account| *account = original.clone());
    }
    // Membership depends on neither the name nor the order.
    setup.mock.change(|account| {
        account.groups[0].name.push_str(", renamed");
        account.groups.reverse();
    });
    for cursor in behind_groups {
        setup.session().await.read(&[], Some(cursor)).await.unwrap();
    }
}

#[tokio::test]
async fn a_cursor_of_another_read_is_compared_in_a_used_session_too() {
    let setup = HostAndMock::new(Account::company()).await;
    let old = setup.read(&[]).await.cursors.pop().unwrap();
    setup
        .mock
        .change(|account| account.groups[0].include.get_or_insert_default().push(json!({"everyone": {}})));
    let mut session = setup.session().await;
    read_through(&mut session, &[]).await.unwrap();
    let error = connector_error(session.read(&[], Some(&old)).await.unwrap_err());
    assert_eq!(error.kind, ErrorKind::InvalidCursor, "{}", error.message);
}

#[tokio::test]
async fn more_unmatched_emails_than_a_page_holds() {
    let mut account = crowded(0, 40);
    for group in &mut account.groups {
        let named =
            (0..700).map(|number| json!({"email": {"email": format!("guest{number:04}@outside.example")}}));
        group.include = Some(named.collect());
    }
    let setup = HostAndMock::new(account).await;
    let whole = setup.read(&[]).await;
    assert_eq!((whole.of_kind("email").len(), whole.grants.len()), (700, 28_000));
    whole.assert_nothing_twice();
    let other = read_while(&setup, &[], |_| ()).await;
    other.assert_nothing_twice();
    assert_eq!(other.facts(), whole.facts());
}

#[tokio::test]
async fn more_warnings_than_a_page_holds() {
    let mut account = crowded(1, 20);
    for group in &mut account.groups {
        group.include = Some(vec![json!({"everyone": {}, "email": {}}); 900]);
    }
    let whole = HostAndMock::new(account).await.read(&["group", "user"]).await;
    assert_eq!(whole.warned_of("rule-not-understood").len(), 18_000);
    assert!(whole.weights.iter().all(|weight| *weight < MIB + MIB / 8), "{:?}", whole.weights);
}

#[tokio::test]
async fn progress_goes_forward_phase_by_phase() {
    let setup =
        HostAndMock::new(Account::generate(4, Size { users: 120, members: 120, groups: 26, roles: 60 }))
            .await;
    let mut session = setup.session().await;
    let (mut cursor, mut seen) = (None, Vec::<(String, u32, Option<u32>)>::new());
    loop {
        let page = session.read(&[], cursor.as_deref()).await.unwrap();
        let now = (page.progress.phase.clone(), page.progress.done, page.progress.total);
        if let Some((phase, done, total)) = seen.last() {
            assert!(*phase != now.0 || *done <= now.1, "{now:?} after {done}");
            assert!(*phase == now.0 || *total == Some(*done), "{phase} ended at {done} of {total:?}");
        }
        seen.push(now);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    seen.dedup_by(|a, b| a.0 == b.0);
    let phases: Vec<&str> = seen.iter().map(|(phase, ..)| phase.as_str()).collect();
    let before = ["identity providers", "groups", "policies", "applications"];
    assert_eq!(
        phases,
        [&before[..], &["lists", "rules", "roles", "user groups", "members", "users", "emails"]].concat()
    );
}

/// Reads everything in sessions that change after each page, while `change` is made once, behind
/// the first page.
async fn read_while(setup: &HostAndMock, kinds: &[&str], change: impl Fn(&mut Account)) -> Whole {
    let kinds = strings(kinds);
    let (mut whole, mut cursor) = (Whole::default(), None);
    loop {
        cursor = whole.take(setup.session().await.read(&kinds, cursor.as_deref()).await.unwrap());
        if whole.weights.len() == 1 {
            setup.mock.change(&change);
        }
        if cursor.is_none() {
            return whole;
        }
    }
}

#[tokio::test]
async fn a_page_that_changed_while_it_was_given_loses_nothing() {
    let mut account = crowded(900, 0);
    for user in &mut account.users {
        user.uid = Some("x".repeat(3000));
    }
    let setup = HostAndMock::new(account.clone()).await;
    let whole = read_while(&setup, &["user"], |account| drop(account.users.remove(0))).await;
    assert!(whole.weights.len() > 2, "all of it fitted one page");
    let given: std::collections::BTreeSet<&str> =
        whole.resources.iter().map(|it| it.id.id.as_str()).collect();
    assert!(account.users.iter().all(|user| given.contains(user.id.as_str())), "somebody is missing");
    assert!(whole.warned_of("list-moved").iter().any(|warning| warning.incomplete));
}

#[tokio::test]
async fn roles_come_after_groups_in_any_session() {
    let mut account = Account::generate(1, Size { users: 0, members: 3, groups: 40, roles: 5 });
    account.lists.clear();
    for group in &mut account.groups {
        group.include = Some(vec![json!({"group": {"id": "gone"}})]);
        (group.exclude, group.require) = (None, None);
        group.extra.insert("is_default".into(), json!("x".repeat(60 * 1024)));
    }
    let setup = HostAndMock::new(account).await;
    let whole = read_while(&setup, &["group", "role"], |_| ()).await;
    assert_eq!((whole.of_kind("group").len(), whole.of_kind("role").len()), (40, 5));
    assert_eq!(whole.facts(), setup.read(&["group", "role"]).await.facts());
}

#[tokio::test]
async fn kinds_that_there_are_not() {
    let setup = HostAndMock::new(Account::company()).await;
    let error = connector_error(setup.session().await.read(&strings(&["apps"]), None).await.unwrap_err());
    assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::InvalidArgument, Some("kinds")));
    assert_eq!(setup.mock.request_count(), 0);
}
