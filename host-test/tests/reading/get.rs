//! A read of one resource: what a full read emits about it, in its current state.

use crate::common::open::until_sent_ahead;
use crate::common::principal_of::principal_of;
use crate::common::reading::{connector_error, read_through, strings};
use crate::common::setup::HostAndMock;
use crate::common::small_account::{account, domain, email, group, include, member, okta};
use crate::common::whole::{Whole, each_grant, grant_id};
use connector_host::Session;
use connector_host::contract::{AccountStatus, Error, ErrorKind, Grant, ResourceId};
use host_test::mock::{Account, DEMO_TOKEN, Options, Permission, Size, Token};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

fn id(who: &str) -> ResourceId {
    let (kind, id) = who.split_once(':').unwrap();
    ResourceId { kind: kind.to_owned(), id: id.to_owned() }
}

pub(super) async fn get(session: &mut Session, who: &str) -> Result<Whole, Error> {
    let (mut whole, mut cursor) = (Whole::default(), None);
    loop {
        let page = session.get(&id(who), cursor.as_deref()).await.map_err(connector_error)?;
        cursor = page.next.clone();
        // The principals aren't emitted with it, so `Whole::take` doesn't fit.
        whole.resources.extend(page.resources);
        whole.entitlements.extend(page.entitlements);
        whole.grants.extend(page.grants.iter().flat_map(each_grant));
        whole.warnings.extend(page.warnings);
        whole.requests += page.requests;
        whole.cursors.extend(page.next);
        if cursor.is_none() {
            return Ok(whole);
        }
    }
}

fn shown(grants: &[Grant]) -> BTreeSet<String> {
    grants.iter().map(|grant| format!("{} {grant:?}", grant_id(grant))).collect()
}

/// Asserts that a read of this resource equals the part of a full read about it.
async fn is_as_read(session: &mut Session, whole: &Whole, who: &str) {
    let got = get(session, who).await.unwrap();
    got.assert_nothing_twice();
    let of = |resource: &ResourceId| format!("{}:{}", resource.kind, resource.id) == who;
    let resources: Vec<_> =
        whole.resources.iter().filter(|it| of(&it.id)).map(|it| format!("{it:?}")).collect();
    assert_eq!(got.resources.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>(), resources, "{who}");
    assert_eq!(resources.len(), 1, "{who}");
    let entitlements: Vec<_> = whole.entitlements.iter().filter(|it| of(&it.on)).collect();
    assert_eq!(format!("{:?}", got.entitlements), format!("{entitlements:?}"), "{who}");
    let of_it = |grant: &&Grant| entitlements.iter().any(|entitlement| entitlement.id == grant.entitlement);
    let grants: Vec<Grant> = whole.grants.iter().filter(of_it).cloned().collect();
    assert_eq!(shown(&got.grants), shown(&grants), "{who}");
}

#[tokio::test]
async fn it_is_what_a_full_read_gives_of_each_resource_of_a_company() {
    for method in ["api-token", "api-key"] {
        let setup = HostAndMock::new(Account::company()).await;
        let whole = setup.read(&[]).await;
        let mut session = setup.open(&[], method).await;
        for resource in &whole.resources {
            is_as_read(&mut session, &whole, &format!("{}:{}", resource.id.kind, resource.id.id)).await;
        }
        let kinds: BTreeSet<&str> = whole.resources.iter().map(|it| it.id.kind.as_str()).collect();
        assert!(kinds.len() == 10, "every kind: {kinds:?}");
    }
}

#[tokio::test]
async fn it_is_what_a_full_read_gives_of_groups_and_roles_with_everything_in_them() {
    let setup =
        HostAndMock::new(Account::generate(5, Size { users: 60, members: 60, groups: 24, roles: 12 })).await;
    setup.mock.configure(|options| options.max_per_page = BTreeMap::from([("members".into(), 7)]));
    let whole = setup.read(&[]).await;
    let mut session = setup.session().await;
    let unlisted = setup.mock.read(|account| account.unlisted_roles[0].id.clone());
    is_as_read(&mut session, &whole, &format!("role:{unlisted}")).await;
    for resource in whole.of_kind("group").into_iter().chain(whole.of_kind("role")) {
        is_as_read(&mut session, &whole, &format!("{}:{}", resource.id.kind, resource.id.id)).await;
    }
}

#[tokio::test]
async fn it_is_as_it_is_now() {
    let setup = HostAndMock::new(account([group("a1", json!({"include": [okta()]}))])).await;
    let mut session = setup.session().await;
    assert!(get(&mut session, "group:a1").await.unwrap().grants.is_empty());
    setup.mock.change(|account| include(account, "a1").push(email("ann@corp.example")));
    let got = get(&mut session, "group:a1").await.unwrap();
    let holders: BTreeSet<&str> = got.grants.iter().map(|grant| principal_of(grant).id.as_str()).collect();
    assert_eq!(holders, BTreeSet::from(["0a", "1a"]));
}

#[tokio::test]
async fn what_is_asked_for_one_resource_is_what_it_takes() {
    let setup =
        HostAndMock::new(account([group("a1", json!({"include": [email("new@corp.example")]}))])).await;
    for (who, expected) in [
        ("member:1a", &[("GET members/{id}", 1)][..]),
        ("user:0a", &[("GET access/users/{id}", 1)]),
        ("role:d1", &[("GET iam/user_groups", 1), ("GET members", 1), ("GET roles", 1)]),
        ("group:a1", &[("GET access/groups", 1), ("GET access/users", 1), ("GET members", 1)]),
        (
            "email:new@corp.example",
            &[("GET access/apps", 1), ("GET access/groups", 1), ("GET access/users", 1), ("GET members", 1)],
        ),
    ] {
        setup.mock.forget_requests();
        let got = get(&mut setup.session().await, who).await.unwrap();
        let expected: BTreeMap<String, u64> =
            expected.iter().map(|&(route, count)| (route.to_owned(), count)).collect();
        assert_eq!(setup.mock.requests_by_route(), expected, "{who}");
        assert_eq!(u64::from(got.requests), setup.mock.request_count());
    }
}

#[tokio::test]
async fn an_address_is_one_that_a_group_names_and_nobody_has() {
    let include = [email("New@Corp.example"), email("ann@corp.example"), okta()];
    let rules = json!({"include": include, "exclude": [email("out@corp.example")]});
    let setup = HostAndMock::new(account([group("a1", rules)])).await;
    let mut session = setup.session().await;
    let got = get(&mut session, "email:NEW@corp.example").await.unwrap();
    assert_eq!(got.resources[0].id.id, "new@corp.example");
    // Ann is a user; no rule names the others.
    for who in ["email:ann@corp.example", "email:out@corp.example", "email:nobody@corp.example", "email:"] {
        assert_eq!(get(&mut session, who).await.err().unwrap().kind, ErrorKind::NotFound, "{who}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let setup = HostAndMock::new(account([group("a1", json!({"include": [okta()]}))])).await;
    let mut session = setup.session().await;
    for who in ["group:a9", "role:d9", "member:9a", "user:0f"] {
        assert_eq!(get(&mut session, who).await.err().unwrap().kind, ErrorKind::NotFound, "{who}");
    }
}

#[tokio::test]
async fn an_id_steers_no_request() {
    let setup = HostAndMock::new(account([])).await;
    let mut session = setup.session().await;
    for who in [
        "group:../members/1a",
        "user:../../members/1a",
        "member:1a?x=1",
        "role:d1/../d2",
        "member:",
        "user:%2e%2e",
        "robot:1a",
        ":",
    ] {
        let error = get(&mut session, who).await.err().unwrap();
        assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::InvalidArgument, Some("id")), "{who}");
    }
    assert_eq!(setup.mock.request_count(), 0);
}

/// Makes small pages, so that a role's members come on several.
async fn paged() -> HostAndMock {
    let mut account = account([group("a1", json!({"include": [domain("corp.example")]}))]);
    (0..20).for_each(|n| {
        member(&mut account, &format!("3{n}"), &format!("m{n}@corp.example"), "accepted", &["d1", "d2"])
    });
    let setup = HostAndMock::new(account).await;
    setup.mock.configure(|options| options.max_per_page = BTreeMap::from([("members".into(), 5)]));
    setup
}

#[tokio::test]
async fn a_cursor_goes_on_in_a_new_session() {
    let setup = paged().await;
    for who in ["role:d1", "group:a1"] {
        let whole = get(&mut setup.session().await, who).await.unwrap();
        assert!(whole.cursors.len() > 3, "{who} has several pages");
        let mut grants = Vec::new();
        for cursor in std::iter::once(None).chain(whole.cursors.iter().map(Some)) {
            let page = setup.session().await.get(&id(who), cursor.map(String::as_str)).await.unwrap();
            grants.extend(page.grants.iter().flat_map(each_grant));
        }
        assert_eq!(format!("{grants:?}"), format!("{:?}", whole.grants), "{who}");
    }
}

#[tokio::test]
async fn a_cursor_is_of_its_own_resource_alone() {
    let setup = paged().await;
    let mut session = setup.session().await;
    let cursor = get(&mut session, "role:d1").await.unwrap().cursors[0].clone();
    for who in ["role:d2", "group:a1", "member:1a"] {
        let error = connector_error(session.get(&id(who), Some(&cursor)).await.err().unwrap());
        assert_eq!(error.kind, ErrorKind::InvalidCursor, "{who}");
    }
    let kinds = strings(&["role", "member"]);
    let error = connector_error(session.read(&kinds, Some(&cursor)).await.err().unwrap());
    assert_eq!(error.kind, ErrorKind::InvalidCursor);
    let of_a_read = session.read(&kinds, None).await.unwrap().next.unwrap();
    let error = connector_error(session.get(&id("role:d1"), Some(&of_a_read)).await.err().unwrap());
    assert_eq!(error.kind, ErrorKind::InvalidCursor);
}

#[tokio::test]
async fn a_read_under_way_is_not_disturbed() {
    let setup = paged().await;
    let expected = setup.read(&[]).await;
    let requests = setup.mock.requests_by_route();
    setup.mock.forget_requests();
    let mut session = setup.session().await;
    let (mut whole, mut cursor) = (Whole::default(), None);
    let mut others = 0;
    loop {
        let page = session.read(&[], cursor.as_deref()).await.unwrap();
        cursor = whole.take(page);
        if cursor.is_none() {
            break;
        }
        others += get(&mut session, "user:0a").await.unwrap().requests;
        // The first half of another read, not continued.
        others += session.get(&id("role:d1"), None).await.unwrap().requests;
    }
    assert_eq!(whole.facts(), expected.facts());
    assert_eq!(u64::from(whole.requests), requests.values().sum::<u64>(), "nothing is read again");
    assert_eq!(u64::from(whole.requests + others), setup.mock.request_count());
}

#[tokio::test]
async fn pages_that_a_read_sent_ahead_are_not_taken_for_what_is_there_now() {
    let setup = paged().await;
    let mut session = setup.session().await;
    // It leaves pages of members under way.
    let kinds = strings(&["member"]);
    session.read(&kinds, None).await.unwrap();
    until_sent_ahead(&setup).await;
    setup.mock.change(|account| {
        for member in &mut account.members {
            (member.roles, member.policies) = (vec!["d2".into()], Vec::new());
        }
    });
    assert!(get(&mut session, "role:d1").await.unwrap().grants.is_empty());
    let mut session = setup.session().await;
    session.read(&kinds, None).await.unwrap();
    setup
        .mock
        .change(|account| account.members.iter_mut().for_each(|member| member.status = "rejected".into()));
    let fresh = read_through(&mut session, &["member"]).await.unwrap();
    let status = |whole: &Whole| {
        whole.resources.iter().map(|it| it.account.as_ref().unwrap().status).collect::<Vec<_>>()
    };
    assert!(status(&fresh).iter().all(|status| *status == AccountStatus::Disabled));
}

#[tokio::test]
async fn a_resource_that_may_not_be_read_is_told() {
    let options = Options {
        tokens: vec![Token { permissions: [Permission::AccessGroupsRead].into(), ..Token::new(DEMO_TOKEN) }],
        ..Options::default()
    };
    let setup = HostAndMock::with(account([group("a1", json!({"include": [okta()]}))]), options).await;
    let mut session = setup.session().await;
    for who in ["user:0a", "member:1a", "role:d1", "group:a1", "email:x@corp.example"] {
        assert_eq!(get(&mut session, who).await.err().unwrap().kind, ErrorKind::PermissionDenied, "{who}");
    }
}
