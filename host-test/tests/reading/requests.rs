//! A full read takes the fewest requests that the API allows, and requests nothing that wasn't
//! asked for.

use crate::common::principal_of::principal_of;
use crate::common::setup::HostAndMock;
use host_test::mock::{Account, Size};
use std::collections::{BTreeMap, BTreeSet};

fn pages(items: usize, per_page: usize) -> u64 {
    items.div_ceil(per_page).max(1) as u64
}

/// Returns the ids of the lists that any rule of any group names.
fn named_lists(account: &Account) -> BTreeSet<String> {
    let rules = account.groups.iter().flat_map(|group| [&group.include, &group.exclude, &group.require]);
    let rules = rules.flatten().flatten().filter(|rule| rule.as_object().is_some_and(|rule| rule.len() == 1));
    rules
        .filter_map(|rule| rule["email_list"]["id"].as_str())
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect()
}

fn fewest(account: &Account) -> BTreeMap<String, u64> {
    let items =
        |id: &String| account.lists.iter().find(|list| list.id == *id).map_or(0, |list| list.items.len());
    let lists: u64 = named_lists(account).iter().map(|id| pages(items(id), 1000)).sum();
    let mut expected = BTreeMap::from([
        ("GET accounts/{id}".to_owned(), 1),
        ("GET iam/user_groups".to_owned(), pages(account.user_groups.len(), 500)),
        ("GET access/identity_providers".to_owned(), pages(account.identity_providers.len(), 1000)),
        ("GET access/groups".to_owned(), pages(account.groups.len(), 1000)),
        ("GET access/policies".to_owned(), pages(account.policies.len(), 1000)),
        ("GET access/apps".to_owned(), pages(account.applications.len(), 1000)),
        ("GET access/users".to_owned(), pages(account.users.len(), 1000)),
        ("GET members".to_owned(), pages(account.members.len(), 50)),
        ("GET roles".to_owned(), pages(account.roles.len(), 50)),
    ]);
    if lists > 0 {
        expected.insert("GET gateway/lists/{id}/items".to_owned(), lists);
    }
    if !account.user_groups.is_empty() {
        let members = account.user_groups.iter().map(|group| pages(group.members.len(), 500));
        expected.insert("GET iam/user_groups/{id}/members".to_owned(), members.sum());
    }
    expected
}

#[tokio::test]
async fn a_full_read_takes_the_fewest_requests() {
    for (seed, users, members, groups, roles) in [
        (1, 0, 0, 0, 0),
        (2, 1, 1, 1, 1),
        (3, 200, 150, 20, 30),
        (4, 1000, 50, 24, 50),
        (5, 1001, 51, 24, 51),
        (6, 2500, 101, 40, 80),
    ] {
        let account = Account::generate(seed, Size { users, members, groups, roles });
        let expected = fewest(&account);
        let setup = HostAndMock::new(account).await;
        let whole = setup.read(&[]).await;
        assert_eq!(setup.mock.requests_by_route(), expected, "{users}/{members}/{groups}/{roles}");
        assert_eq!(u64::from(whole.requests), setup.mock.request_count(), "the pages tell every request");
        whole.assert_nothing_twice();
    }
}

#[tokio::test]
async fn only_what_is_wanted_is_requested() {
    let setup = HostAndMock::new(Account::company()).await;
    assert!(
        !named_lists(&setup.mock.account()).is_empty(),
        "the company has a list, or this shows less than it says"
    );
    let (groups, apps, policies) = ("GET access/groups", "GET access/apps", "GET access/policies");
    let providers = "GET access/identity_providers";
    let users = "GET access/users";
    let lists = "GET gateway/lists/{id}/items";
    let above = "GET accounts/{id}";
    let (user_groups, joined) = ("GET iam/user_groups", "GET iam/user_groups/{id}/members");
    let cases: &[(&[&str], &[&str], &[&str])] = &[
        (&["group"], &[groups], &["group"]),
        (&["role"], &["GET roles"], &["role"]),
        (&["member"], &[above, "GET members"], &["member"]),
        (&["user"], &[users], &["user"]),
        (&["email"], &[apps, groups, users, lists, "GET members"], &["email"]),
        (&["group", "email"], &[groups, users, lists, "GET members"], &["email", "group"]),
        (&["identity-provider"], &[providers], &["identity-provider"]),
        (&["policy"], &[apps, policies], &["policy"]),
        (&["app"], &[apps, groups], &["app"]),
        (&["app", "user"], &[apps, groups, providers, users, lists], &["app", "user"]),
        (&["service-token"], &["GET access/service_tokens"], &["service-token"]),
        (&["group", "role"], &[groups, "GET roles"], &["group", "role"]),
        (&["role", "member"], &[above, user_groups, joined, "GET members", "GET roles"], &["member", "role"]),
        (&["user-group"], &[user_groups], &["user-group"]),
        (&["role", "user-group"], &[user_groups, "GET roles"], &["role", "user-group"]),
        (&["user-group", "member"], &[above, user_groups, joined, "GET members"], &["member", "user-group"]),
        (&["scoped-role"], &[user_groups, "GET members", "GET roles"], &["scoped-role"]),
        (&["group", "user"], &[groups, users, lists], &["group", "user"]),
        (&["group", "member"], &[groups, above, lists, "GET members"], &["group", "member"]),
        (&["user", "member"], &[users, above, "GET members"], &["member", "user"]),
    ];
    for (kinds, routes, given) in cases {
        setup.mock.forget_requests();
        let whole = setup.read(kinds).await;
        let requested: Vec<String> = setup.mock.requests_by_route().into_keys().collect();
        assert_eq!(requested, *routes, "{kinds:?}");
        let kinds_read: BTreeSet<&str> = whole.resources.iter().map(|it| it.id.kind.as_str()).collect();
        assert_eq!(kinds_read.into_iter().collect::<Vec<_>>(), *given, "{kinds:?}");
        for grant in &whole.grants {
            let entitlement = grant.entitlement.split(':').next().unwrap();
            let principal = principal_of(grant).kind.as_str();
            assert!(kinds.contains(&entitlement) && kinds.contains(&principal), "{kinds:?}: {grant:?}");
        }
        let pairs = [
            ("group", "user"),
            ("group", "member"),
            ("group", "email"),
            ("role", "member"),
            ("role", "user-group"),
            ("user-group", "member"),
            ("app", "user"),
        ];
        let grants_wanted = pairs.iter().any(|(on, who)| kinds.contains(on) && kinds.contains(who));
        assert_eq!(grants_wanted, !whole.grants.is_empty(), "{kinds:?}");
    }
}
