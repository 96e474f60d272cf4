//! Reading one resource: what a full read gives of it, as it is now.

use super::*;
use crate::support::{Whole, connector_error, grant_id};
use crate::whole::{each_grant, principal_of};
use connector_host::contract::Grant;
use host_test::mock::Size;
use std::collections::BTreeSet;

fn id(who: &str) -> ResourceId {
    let (kind, id) = who.split_once(':').unwrap();
    ResourceId { kind: kind.to_owned(), id: id.to_owned() }
}

async fn get(session: &mut Session, who: &str) -> Result<Whole, Error> {
    let (mut whole, mut cursor) = (Whole::default(), None);
    loop {
        let page = session.get(&id(who), cursor.as_deref()).await.map_err(connector_error)?;
        cursor = page.next.clone();
        // The principals aren't given with it, so `Whole::take` doesn't fit.
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

/// It is what a full read gives of this resource, and nothing else.
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
        let bench = Bench::new(Account::company()).await;
        let whole = bench.read(&[]).await;
        let mut session = bench.open(&[], method).await;
        for resource in &whole.resources {
            is_as_read(&mut session, &whole, &format!("{}:{}", resource.id.kind, resource.id.id)).await;
        }
        assert!(whole.counts().len() == 5, "every kind: {:?}", whole.counts());
    }
}

#[tokio::test]
async fn it_is_what_a_full_read_gives_of_groups_and_roles_with_everything_in_them() {
    let bench =
        Bench::new(Account::generate(5, Size { users: 60, members: 60, groups: 24, roles: 12 })).await;
    bench.mock.configure(|options| options.max_per_page = BTreeMap::from([("members".into(), 7)]));
    let whole = bench.read(&[]).await;
    let mut session = bench.session().await;
    let unlisted = bench.mock.read(|account| account.unlisted_roles[0].id.clone());
    is_as_read(&mut session, &whole, &format!("role:{unlisted}")).await;
    for resource in whole.of_kind("group").into_iter().chain(whole.of_kind("role")) {
        is_as_read(&mut session, &whole, &format!("{}:{}", resource.id.kind, resource.id.id)).await;
    }
}

#[tokio::test]
async fn it_is_as_it_is_now() {
    let bench = Bench::new(account([group("a1", json!({"include": [okta()]}))])).await;
    let mut session = bench.session().await;
    assert!(get(&mut session, "group:a1").await.unwrap().grants.is_empty());
    bench.mock.change(|account| include(account, "a1").push(email("ann@corp.example")));
    let got = get(&mut session, "group:a1").await.unwrap();
    let holders: BTreeSet<&str> = got.grants.iter().map(|grant| principal_of(grant).id.as_str()).collect();
    assert_eq!(holders, BTreeSet::from(["0a", "1a"]));
}

#[tokio::test]
async fn what_is_asked_for_one_resource_is_what_it_takes() {
    let bench = Bench::new(account([group("a1", json!({"include": [email("new@corp.example")]}))])).await;
    for (who, expected) in [
        ("member:1a", &[("GET members/{id}", 1)][..]),
        ("user:0a", &[("GET access/users/{id}", 1)]),
        ("role:d1", &[("GET members", 1), ("GET roles/{id}", 1)]),
        ("group:a1", &[("GET access/groups", 1), ("GET access/users", 1), ("GET members", 1)]),
        ("email:new@corp.example", &[("GET access/groups", 1), ("GET access/users", 1), ("GET members", 1)]),
    ] {
        bench.mock.forget_requests();
        let got = get(&mut bench.session().await, who).await.unwrap();
        let expected: BTreeMap<String, u64> =
            expected.iter().map(|&(route, count)| (route.to_owned(), count)).collect();
        assert_eq!(bench.mock.requests_by_route(), expected, "{who}");
        assert_eq!(u64::from(got.requests), bench.mock.request_count());
    }
}

#[tokio::test]
async fn an_address_is_one_that_a_group_names_and_nobody_has() {
    let rules = json!({"include": [email("New@Corp.example"), email("ann@corp.example"), okta()], "exclude": [email("out@corp.example")]});
    let bench = Bench::new(account([group("a1", rules)])).await;
    let mut session = bench.session().await;
    let got = get(&mut session, "email:NEW@corp.example").await.unwrap();
    assert_eq!(got.resources[0].id.id, "new@corp.example");
    // Ann is a user; the others are named by nobody.
    for who in ["email:ann@corp.example", "email:out@corp.example", "email:nobody@corp.example", "email:"] {
        assert_eq!(get(&mut session, who).await.err().unwrap().kind, ErrorKind::NotFound, "{who}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let bench = Bench::new(account([group("a1", json!({"include": [okta()]}))])).await;
    let mut session = bench.session().await;
    for who in ["group:a9", "role:d9", "member:9a", "user:0f"] {
        assert_eq!(get(&mut session, who).await.err().unwrap().kind, ErrorKind::NotFound, "{who}");
    }
}

#[tokio::test]
async fn an_id_steers_no_request() {
    let bench = Bench::new(account([])).await;
    let mut session = bench.session().await;
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
    assert_eq!(bench.mock.request_count(), 0);
}

/// Small pages, so that a role's members come in several.
async fn paged() -> Bench {
    let mut account = account([group("a1", json!({"include": [domain("corp.example")]}))]);
    (0..20).for_each(|n| {
        member(&mut account, &format!("3{n}"), &format!("m{n}@corp.example"), "accepted", &["d1", "d2"])
    });
    let bench = Bench::new(account).await;
    bench.mock.configure(|options| options.max_per_page = BTreeMap::from([("members".into(), 5)]));
    bench
}

#[tokio::test]
async fn a_cursor_goes_on_in_a_new_session() {
    let bench = paged().await;
    for who in ["role:d1", "group:a1"] {
        let whole = get(&mut bench.session().await, who).await.unwrap();
        assert!(whole.cursors.len() > 3, "{who} has several pages");
        let mut grants = Vec::new();
        for cursor in std::iter::once(None).chain(whole.cursors.iter().map(Some)) {
            let page = bench.session().await.get(&id(who), cursor.map(String::as_str)).await.unwrap();
            grants.extend(page.grants.iter().flat_map(each_grant));
        }
        assert_eq!(format!("{grants:?}"), format!("{:?}", whole.grants), "{who}");
    }
}

#[tokio::test]
async fn a_cursor_is_of_its_own_resource_alone() {
    let bench = paged().await;
    let mut session = bench.session().await;
    let cursor = get(&mut session, "role:d1").await.unwrap().cursors[0].clone();
    for who in ["role:d2", "group:a1", "member:1a"] {
        let error = connector_error(session.get(&id(who), Some(&cursor)).await.err().unwrap());
        assert_eq!(error.kind, ErrorKind::InvalidCursor, "{who}");
    }
    let kinds = crate::support::strings(&["role", "member"]);
    let error = connector_error(session.read(&kinds, Some(&cursor)).await.err().unwrap());
    assert_eq!(error.kind, ErrorKind::InvalidCursor);
    let of_a_read = session.read(&kinds, None).await.unwrap().next.unwrap();
    let error = connector_error(session.get(&id("role:d1"), Some(&of_a_read)).await.err().unwrap());
    assert_eq!(error.kind, ErrorKind::InvalidCursor);
}

#[tokio::test]
async fn a_read_under_way_is_not_disturbed() {
    let bench = paged().await;
    let expected = bench.read(&[]).await;
    let requests = bench.mock.requests_by_route();
    bench.mock.forget_requests();
    let mut session = bench.session().await;
    let (mut whole, mut cursor) = (Whole::default(), None);
    let mut others = 0;
    loop {
        let page = session.read(&[], cursor.as_deref()).await.unwrap();
        cursor = whole.take(page);
        if cursor.is_none() {
            break;
        }
        others += get(&mut session, "user:0a").await.unwrap().requests;
        // Half of another one, left lying.
        others += session.get(&id("role:d1"), None).await.unwrap().requests;
    }
    assert_eq!(whole.facts(), expected.facts());
    assert_eq!(u64::from(whole.requests), requests.values().sum::<u64>(), "nothing is read again");
    assert_eq!(u64::from(whole.requests + others), bench.mock.request_count());
}

#[tokio::test]
async fn pages_that_a_read_sent_ahead_are_not_taken_for_what_is_there_now() {
    let bench = paged().await;
    let mut session = bench.session().await;
    // It leaves pages of members under way.
    let kinds = crate::support::strings(&["member"]);
    session.read(&kinds, None).await.unwrap();
    until_sent_ahead(&bench).await;
    bench
        .mock
        .change(|account| account.members.iter_mut().for_each(|member| member.roles = vec!["d2".into()]));
    assert!(get(&mut session, "role:d1").await.unwrap().grants.is_empty());
    let mut session = bench.session().await;
    session.read(&kinds, None).await.unwrap();
    bench
        .mock
        .change(|account| account.members.iter_mut().for_each(|member| member.status = "rejected".into()));
    let fresh = crate::support::read_through(&mut session, &["member"]).await.unwrap();
    let status = |whole: &Whole| {
        whole.resources.iter().map(|it| it.account.as_ref().unwrap().status).collect::<Vec<_>>()
    };
    assert!(status(&fresh).iter().all(|status| *status == connector_host::contract::AccountStatus::Disabled));
}

#[tokio::test]
async fn a_resource_that_may_not_be_read_is_told() {
    use host_test::mock::{Permission, Token};
    let options = Behaviour {
        tokens: vec![Token { permissions: [Permission::AccessGroupsRead].into(), ..Token::new(DEMO_TOKEN) }],
        ..Behaviour::default()
    };
    let bench = Bench::with(account([group("a1", json!({"include": [okta()]}))]), options).await;
    let mut session = bench.session().await;
    for who in ["user:0a", "member:1a", "role:d1", "group:a1", "email:x@corp.example"] {
        assert_eq!(get(&mut session, who).await.err().unwrap().kind, ErrorKind::PermissionDenied, "{who}");
    }
}
