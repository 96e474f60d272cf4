//! The pages that a session that continues from a cursor reads again: never more in one call than a host with
//! limits bears, and everything in a finite number of calls.

use crate::common::setup::HostAndMock;
use crate::common::small_account::ACCOUNT;
use crate::common::whole::Whole;
use connector_host::contract::Page;
use host_test::mock::{AccessUser, Account, Group, List, Member};
use serde_json::json;
use std::collections::BTreeSet;

/// The most requests of a call that this host bears. A call reads at most 32 pages of groups, lists
/// and roles again, then as many of people, then its own page, and some are sent ahead.
const MOST: u32 = 80;

/// Makes an account with so many members and users in small pages, and lists with so many addresses.
/// Some addresses are a member's or a user's.
async fn crowd(people: usize, lists: usize, addresses: usize) -> HostAndMock {
    let address = |n: usize| format!("p{n:06}@corp.example");
    let list = |number: usize| List {
        id: format!("00000000-0000-4000-c000-{number:012}"),
        kind: "EMAIL".into(),
        items: (0..addresses).map(|n| address(number * addresses + n)).collect(),
        ..List::default()
    };
    let lists: Vec<List> = (0..lists).map(list).collect();
    let include = lists.iter().map(|list| json!({"email_list": {"id": list.id}})).collect();
    let user = |n: usize| AccessUser {
        id: format!("00000000-0000-4000-a000-{n:012}"),
        email: Some(address(n * 7)),
        ..AccessUser::default()
    };
    let member = |n: usize| Member {
        id: format!("{n:032x}"),
        status: "accepted".into(),
        email: Some(address(n * 7 + 3)),
        ..Member::default()
    };
    let account = Account {
        id: ACCOUNT.into(),
        groups: vec![Group {
            id: "a1".into(),
            name: "All".into(),
            include: Some(include),
            ..Group::default()
        }],
        users: (0..people).map(user).collect(),
        members: (0..people).map(member).collect(),
        lists,
        ..Account::default()
    };
    let setup = HostAndMock::new(account).await;
    setup.mock.configure(|options| {
        options.max_per_page = [("access/users".into(), 2), ("members".into(), 2)].into();
    });
    setup
}

/// Reads everything in one session. Returns it with the cursor behind each phase.
async fn whole(setup: &HostAndMock) -> (Whole, Vec<(String, String)>) {
    let mut session = setup.session().await;
    let (mut whole, mut behind, mut cursor) = (Whole::default(), Vec::<(String, String)>::new(), None);
    loop {
        let page = session.read(&[], cursor.as_deref()).await.unwrap();
        let phase = page.progress.phase.clone();
        cursor = whole.take(page);
        let Some(cursor) = &cursor else { return (whole, behind) };
        behind.retain(|(known, _)| *known != phase);
        behind.push((phase, cursor.clone()));
    }
}

/// Reads on from a cursor: in one session, or in one for each call.
async fn rest(setup: &HostAndMock, from: &str, stays: bool) -> Vec<Page> {
    let (mut pages, mut cursor) = (Vec::new(), Some(from.to_owned()));
    let mut session = setup.session().await;
    while let Some(from) = cursor {
        let page = session.read(&[], Some(&from)).await.unwrap();
        cursor = page.next.clone();
        pages.push(page);
        if !stays {
            session = setup.session().await;
        }
        assert!(pages.len() < 200, "the read has no end");
    }
    pages
}

fn emails(pages: &[Page]) -> BTreeSet<String> {
    let resources = pages.iter().flat_map(|page| &page.resources);
    resources.filter(|it| it.id.kind == "email").map(|it| it.id.id.clone()).collect()
}

#[tokio::test]
async fn the_last_phase_needs_no_people_again() {
    let setup = crowd(40, 1, 300).await;
    let (whole, behind) = whole(&setup).await;
    let expected: BTreeSet<String> = whole.of_kind("email").iter().map(|it| it.id.id.clone()).collect();
    assert_eq!(expected.len(), 300 - 2 * 40);
    for (phase, people) in [("members", 20), ("users", 0)] {
        let (_, cursor) = behind.iter().find(|(known, _)| known == phase).unwrap();
        for stays in [true, false] {
            setup.mock.forget_requests();
            let pages = rest(&setup, cursor, stays).await;
            assert!(emails(&pages) == expected, "behind {phase}");
            let requests = setup.mock.requests_by_route();
            assert_eq!(requests.get("GET members"), None, "behind {phase}");
            let users = requests.get("GET access/users").copied().unwrap_or_default();
            // A session that ends loses what it sent ahead.
            assert!(users == people || !stays && people > 0 && users < people * 6, "{users} behind {phase}");
        }
    }
}

#[tokio::test]
async fn more_addresses_than_a_cursor_can_mark_take_calls_that_a_host_bears() {
    let setup = crowd(120, 1, 25_000).await;
    let (whole, behind) = whole(&setup).await;
    let expected: BTreeSet<String> = whole.of_kind("email").iter().map(|it| it.id.id.clone()).collect();
    let (_, cursor) = behind.iter().find(|(phase, _)| phase == "users").unwrap();
    for stays in [true, false] {
        let pages = rest(&setup, cursor, stays).await;
        assert!(emails(&pages) == expected, "{} instead of {}", emails(&pages).len(), expected.len());
        let requests: Vec<u32> = pages.iter().map(|page| page.requests).collect();
        assert!(requests.iter().all(|&requests| requests <= MOST), "{requests:?}");
        let empty: Vec<&Page> = pages.iter().filter(|page| page.resources.is_empty()).collect();
        assert_eq!(empty.len(), 3, "of 120 pages of people, three calls read 32 each: {requests:?}");
        assert!(empty.iter().all(|page| page.progress.phase == "emails" && page.grants.is_empty()));
    }
}

#[tokio::test]
async fn more_lists_than_a_call_reads_again_come_in_several() {
    let setup = crowd(3, 70, 2).await;
    let (whole, behind) = whole(&setup).await;
    let expected: BTreeSet<String> = whole.of_kind("email").iter().map(|it| it.id.id.clone()).collect();
    for phase in ["lists", "members", "users"] {
        let (_, cursor) = behind.iter().find(|(known, _)| known == phase).unwrap();
        for stays in [true, false] {
            let pages = rest(&setup, cursor, stays).await;
            assert!(emails(&pages) == expected, "behind {phase}");
            let requests: Vec<u32> = pages.iter().map(|page| page.requests).collect();
            // Each session that was lost on the way lets the next one do twice as much.
            let most = if stays { MOST } else { 4 * 32 + MOST };
            assert!(requests.iter().all(|&requests| requests <= most), "{requests:?}");
            assert!(requests.len() > 2, "{requests:?}");
        }
    }
}
