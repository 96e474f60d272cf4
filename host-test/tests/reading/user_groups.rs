//! Reads of user groups, and of roles without a list of them: their requests, their cursors, and what is
//! said where something can't be read.

use crate::common::setup::HostAndMock;
use crate::common::small_account::{account, email, group};
use crate::common::whole::Whole;
use crate::get::get;
use connector_host::contract::ErrorKind;
use host_test::mock::{
    Account, Effect, Fault, Operation, PermissionGroup, Policy, ResourceGroup, Scope, Size, UserGroup,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// A policy that gives a role of the small account to the members of a user group.
fn billing(account: &Account) -> Policy {
    let whole = Scope::new(&format!("com.cloudflare.api.account.{}", account.id), &["*"]);
    Policy {
        id: "b1".into(),
        access: "allow".into(),
        permission_groups: vec![PermissionGroup { id: "c2".into(), name: "Billing".into(), meta: None }],
        resource_groups: vec![ResourceGroup { id: "whole".into(), scope: whole, ..ResourceGroup::default() }],
    }
}

/// The small account with so many user groups, of which the first has a policy, and so many members in
/// each. Most of these aren't members of the account: only their number matters here.
fn with_groups(groups: usize, members: usize) -> Account {
    let mut account = account([group("a1", json!({"include": [email("ann@corp.example")]}))]);
    let policy = billing(&account);
    let ids = || (0..members).map(|n| if n == 0 { "1b".to_owned() } else { format!("f{n}") });
    account.user_groups = (0..groups)
        .map(|n| UserGroup {
            id: format!("e{n}"),
            name: format!("Team {n}"),
            policies: (n == 0).then(|| vec![policy.clone()]),
            members: ids().collect(),
            ..UserGroup::default()
        })
        .collect();
    account
}

/// The requests that matter here, by route.
fn requests(setup: &HostAndMock) -> BTreeMap<String, u64> {
    let mut requests = setup.mock.requests_by_route();
    requests.retain(|route, _| !route.contains("access/") && !route.contains("gateway/"));
    requests
}

fn counts(of: &[(&str, u64)]) -> BTreeMap<String, u64> {
    of.iter().filter(|(_, count)| *count > 0).map(|&(route, count)| (format!("GET {route}"), count)).collect()
}

fn grants(whole: &Whole) -> BTreeSet<String> {
    let word = |grant: &connector_host::contract::Grant| {
        let (basis, principal) = (&grant.basis[0], &grant.principals[0]);
        let reason = format!("{}={}", basis.rule, basis.value);
        format!("{} {}:{} {reason}", grant.entitlement, principal.kind, principal.id)
    };
    whole.grants.iter().filter(|it| !it.entitlement.starts_with("group:")).map(word).collect()
}

#[tokio::test]
async fn groups_and_their_members_take_the_fewest_requests() {
    for (groups, members, lists, pages) in [(0, 0, 1, 0), (1, 0, 1, 1), (2, 500, 1, 2), (1, 501, 1, 2)] {
        let setup = HostAndMock::new(with_groups(groups, members)).await;
        let whole = setup.read(&[]).await;
        let expected = counts(&[
            ("accounts/{id}", 1),
            ("iam/user_groups", lists),
            ("iam/user_groups/{id}/members", pages),
            ("members", 1),
            ("roles", 1),
        ]);
        assert_eq!(requests(&setup), expected, "{groups} groups, {members} members");
        assert_eq!(u64::from(whole.requests), setup.mock.request_count(), "the pages tell every request");
    }
    // Of groups that give nothing, the members don't matter to roles.
    let setup = HostAndMock::new(with_groups(501, 3)).await;
    let whole = setup.read(&["role", "member"]).await;
    let expected = [
        ("accounts/{id}", 1),
        ("iam/user_groups", 2),
        ("iam/user_groups/{id}/members", 1),
        ("members", 1),
        ("roles", 1),
    ];
    assert_eq!(requests(&setup), counts(&expected));
    assert!(grants(&whole).contains("role:d2:assigned member:1b user_group=e0"), "{:?}", grants(&whole));
}

#[tokio::test]
async fn every_page_goes_on_in_a_new_session() {
    for roles_gone in [None, Some((410, 1000))] {
        let size = Size { users: 5, members: 33, groups: 3, roles: 5 };
        let mut account = Account::generate(3, size).with_user_groups(3, 9);
        account.roles_gone = roles_gone;
        let setup = HostAndMock::new(account).await;
        setup.mock.configure(|options| {
            let small = [
                ("members", 7),
                ("roles", 2),
                ("iam/user_groups", 4),
                ("iam/user_groups/{id}/members", 3),
                ("iam/permission_groups", 5),
            ];
            options.max_per_page = small.map(|(route, most)| (route.to_owned(), most)).into();
        });
        let whole = setup.read(&[]).await;
        whole.assert_nothing_twice();
        let (mut again, mut cursor) = (Whole::default(), None);
        loop {
            // A page is empty where there is more to be read again than a call may.
            let page = setup.session().await.read(&[], cursor.as_deref()).await.unwrap();
            cursor = again.take(page);
            if cursor.is_none() {
                break;
            }
        }
        let (facts, again_facts) = (whole.facts(), again.facts());
        let odd: Vec<&String> = again_facts.symmetric_difference(&facts).collect();
        assert_eq!(odd, [] as [&String; 0], "{roles_gone:?}");
        let told = |whole: &Whole| {
            whole.warnings.iter().map(|it| (it.code.clone(), it.message.clone())).collect::<BTreeSet<_>>()
        };
        assert_eq!(told(&again), told(&whole));
    }
}

#[tokio::test]
async fn without_the_list_of_roles_members_and_permission_groups_tell_them() {
    for (status, code) in [(404, 1003), (410, 1000), (404, 7003), (400, 7003)] {
        let mut account = with_groups(1, 1);
        let expected = HostAndMock::new(account.clone()).await.read(&[]).await;
        account.roles_gone = Some((status, code));
        let setup = HostAndMock::new(account).await;
        let whole = setup.read(&[]).await;
        assert_eq!(
            grants(&whole),
            grants(&expected),
            "{status} {code}: every role that is held keeps its id"
        );
        let told = whole.warned_of("roles-moved");
        let [told] = told[..] else { panic!("{told:?}") };
        assert!(!told.incomplete, "{}", told.message);
        let answer = format!("Cloudflare's answer: HTTP status {status}, code {code}.");
        for part in [
            "The list of roles can't be read any more.",
            "keep their ids: DNS, Billing.",
            "by its name",
            answer.as_str(),
        ] {
            assert!(told.message.contains(part), "{part}: {}", told.message);
        }
        for wrong in ["It doesn't exist", "Check the account ID", "leave this kind out"] {
            assert!(!told.message.contains(wrong), "{}", told.message);
        }
        // Members are read for the names first.
        let requests = requests(&setup);
        assert_eq!((requests["GET members"], requests["GET roles"]), (2, 1), "{requests:?}");
        assert!(requests["GET iam/permission_groups"] >= 1);
        let others = setup.read(&["group", "user", "email"]).await;
        assert!(!others.resources.is_empty() && others.warnings.is_empty());
        // One that no member shows has the id of its permission group.
        let roles: BTreeSet<&str> =
            whole.of_kind("role").iter().map(|role| role.display_name.as_str()).collect();
        assert!(roles.contains("Audit"), "{roles:?}");
        let audit = whole.of_kind("role").into_iter().find(|role| role.display_name == "Audit").unwrap();
        let got = get(&mut setup.session().await, &format!("role:{}", audit.id.id)).await.unwrap();
        assert_eq!(got.resources[0].display_name, "Audit");
    }
}

#[tokio::test]
async fn without_permission_groups_too_the_read_is_incomplete() {
    let mut account = with_groups(1, 1);
    account.roles_gone = Some((410, 1000));
    let setup = HostAndMock::new(account).await;
    setup.mock.inject(Fault::on("GET", "iam/permission_groups", refused(403, 10000)));
    let whole = setup.read(&[]).await;
    let told = whole.warned_of("roles-moved");
    assert!(told.len() == 1 && told[0].incomplete, "{told:?}");
    assert!(told[0].message.contains("permission groups can't be read"), "{}", told[0].message);
    assert!(grants(&whole).contains("role:d1:assigned member:1a role=d1"));
}

fn refused(status: u16, code: u64) -> Effect {
    Effect::Status { status, code, message: "No".into(), headers: Vec::new() }
}

#[tokio::test]
async fn user_groups_that_cannot_be_read_leave_a_gap_and_end_no_read() {
    for (status, code) in [(403, 10000), (404, 7003), (404, 7001), (405, 10405), (410, 1000)] {
        let setup = HostAndMock::new(with_groups(2, 2)).await;
        setup.mock.inject(Fault::on("GET", "iam/user_groups", refused(status, code)));
        let whole = setup.read(&[]).await;
        let told = whole.warned_of("user-groups-not-readable");
        assert!(told.len() == 1 && told[0].incomplete, "{status} {code}: {told:?}");
        assert!(told[0].message.contains("through user groups"), "{}", told[0].message);
        assert!(grants(&whole).contains("role:d1:assigned member:1a role=d1"));
        assert!(setup.try_read(&["user-group"]).await.is_err(), "it was asked for by its name");
        let got = get(&mut setup.session().await, "role:d1").await.unwrap();
        assert_eq!(got.warned_of("user-groups-not-readable").len(), 1);
    }
    // A server that fails says nothing of the account.
    let setup = HostAndMock::new(with_groups(2, 2)).await;
    setup.mock.inject(Fault::on("GET", "iam/user_groups", refused(503, 1)));
    let error = setup.try_read(&[]).await.err().unwrap();
    assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, true));
    // The members of one group.
    let setup = HostAndMock::new(with_groups(2, 2)).await;
    let on = Operation::on("GET", "iam/user_groups/{id}/members").of("e0");
    setup.mock.inject(Fault { on, ..Fault::always(refused(403, 10000)) });
    let whole = setup.read(&[]).await;
    let told = whole.warned_of("user-groups-not-readable");
    let about = told[0].about.as_ref().unwrap();
    assert_eq!((told.len(), about.kind.as_str(), about.id.as_str()), (1, "user-group", "e0"));
    assert!(told[0].incomplete);
    assert!(grants(&whole).contains("user-group:e1:member member:1b member=1b"));
    let error = get(&mut setup.session().await, "user-group:e0").await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_read_of_members_names_the_organization_that_manages_the_account() {
    let mut account = with_groups(1, 1);
    account.managed_by = Some(json!({"parent_org_id": "o1", "parent_org_name": "Acme"}));
    let setup = HostAndMock::new(account).await;
    for (kinds, is_told) in [
        (&[][..], true),
        (&["member"], true),
        (&["role", "member"], true),
        (&["role"], false),
        (&["email"], false),
    ] {
        setup.mock.forget_requests();
        let whole = setup.read(kinds).await;
        let told = whole.warned_of("implicit-administrators");
        assert_eq!(told.len(), usize::from(is_told), "{kinds:?}");
        assert!(told.iter().all(|it| it.message.contains("Acme") && !it.incomplete));
        let asked = setup.mock.requests_by_route().get("GET accounts/{id}").copied();
        assert_eq!(asked.unwrap_or_default(), u64::from(is_told), "{kinds:?}");
    }
    let validated = setup.session().await.validate().await.unwrap();
    let told: Vec<_> = validated.warnings.iter().filter(|it| it.code == "implicit-administrators").collect();
    let read = setup.read(&["member"]).await;
    assert_eq!(told[0].message, read.warned_of("implicit-administrators")[0].message, "both say the same");
    // An account that can't be read isn't warned of.
    setup.mock.inject(Fault::on("GET", "accounts/{id}", refused(403, 10000)));
    assert!(setup.read(&["member"]).await.warned_of("implicit-administrators").is_empty());
}

#[tokio::test]
async fn one_user_group_takes_itself_and_its_members() {
    let setup = HostAndMock::new(with_groups(3, 501)).await;
    let whole = get(&mut setup.session().await, "user-group:e1").await.unwrap();
    let principals: BTreeSet<&str> = whole.grants.iter().map(|it| it.principals[0].id.as_str()).collect();
    assert_eq!(principals.len(), 501);
    let expected = [("iam/user_groups/{id}", 1), ("iam/user_groups/{id}/members", 2)];
    assert_eq!(requests(&setup), counts(&expected));
}
