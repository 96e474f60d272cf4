//! A read of everything that one principal holds: what a whole read gives to it, in the fewest requests.

use crate::common::reading::connector_error;
use crate::common::setup::HostAndMock;
use crate::common::small_account::{account, domain, email, group, include, member};
use crate::common::whole::Whole;
use crate::reach::ALL;
use connector_host::Session;
use connector_host::contract::{Error, ErrorKind, Grant, Page, ResourceId};
use host_test::mock::Permission::{
    AppsRead, GroupsRead, ProvidersRead, ServiceTokensRead, UsersRead, ZeroTrustRead,
};
use host_test::mock::{AccessSize, AccessUser, Account, DEMO_TOKEN, Options, Permission, Size, Token};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const PRINCIPALS: [&str; 5] = ["user-group", "user", "member", "service-token", "email"];

fn id(who: &str) -> ResourceId {
    let (kind, id) = who.split_once(':').unwrap();
    ResourceId { kind: kind.to_owned(), id: id.to_owned() }
}

fn text(id: &ResourceId) -> String {
    format!("{}:{}", id.kind, id.id)
}

/// Reads everything that a principal holds in one session. It asserts that each page names only what
/// came before.
pub async fn held(session: &mut Session, who: &str) -> Result<Whole, Error> {
    let (mut whole, mut cursor) = (Whole::default(), None);
    loop {
        let page = session.held(&id(who), cursor.as_deref()).await.map_err(connector_error)?;
        cursor = whole.take(page);
        if cursor.is_none() {
            return Ok(whole);
        }
    }
}

fn shown(grants: &[Grant]) -> BTreeSet<String> {
    grants.iter().map(|grant| format!("{grant:?}")).collect()
}

/// Asserts that a read is what a whole read gives to these principals: their grants, the entitlements of
/// these, and the resources of both.
fn assert_is_part(got: &Whole, whole: &Whole, who: &[&str]) {
    let is_theirs = |grant: &&Grant| who.contains(&text(&grant.principals[0]).as_str());
    let grants: Vec<Grant> = whole.grants.iter().filter(is_theirs).cloned().collect();
    let (given, expected) = (shown(&got.grants), shown(&grants));
    assert_eq!(given.symmetric_difference(&expected).collect::<Vec<_>>(), [] as [&String; 0], "{who:?}");
    assert_eq!(got.grants.len(), grants.len(), "each once: {who:?}");
    let named: BTreeSet<&str> = grants.iter().map(|grant| grant.entitlement.as_str()).collect();
    let entitlements = whole.entitlements.iter().filter(|it| named.contains(it.id.as_str()));
    // A role that no list has is shown as one of its holders has it: policies tell no description, and can
    // have one resource group in two forms.
    let is_of_holder = |kind: &str| matches!(kind, "role" | "scoped-role");
    let can_be_held = |it: &connector_host::contract::Entitlement| match is_of_holder(&it.on.kind) {
        true => format!("{} {}", it.id, it.display_name),
        false => format!("{it:?}"),
    };
    let expected: BTreeSet<String> = entitlements.clone().map(can_be_held).collect();
    assert_eq!(got.entitlements.iter().map(can_be_held).collect::<BTreeSet<_>>(), expected);
    assert_eq!(got.entitlements.len(), expected.len(), "each once: {who:?}");
    let on: BTreeSet<String> = entitlements.map(|it| text(&it.on)).collect();
    let is_named = |it: &&connector_host::contract::Resource| {
        let id = text(&it.id);
        on.contains(&id) || who.contains(&id.as_str())
    };
    let shown = |it: &connector_host::contract::Resource| match is_of_holder(&it.id.kind) {
        true => format!("{:?} {:?} {}", it.id, it.parent, it.display_name),
        false => format!("{it:?}"),
    };
    let expected: BTreeSet<String> = whole.resources.iter().filter(is_named).map(shown).collect();
    // Conditions name identity providers.
    let own = got.resources.iter().filter(|it| it.id.kind != "identity-provider");
    assert_eq!(own.map(shown).collect::<BTreeSet<_>>(), expected, "{who:?}");
    for provider in got.of_kind("identity-provider") {
        let is_named = |grant: &Grant| {
            let rules =
                grant.conditions.iter().flat_map(|it| it.any_of.iter().chain(&it.all_of).chain(&it.none_of));
            rules.into_iter().any(|rule| rule.contains(&provider.id.id))
        };
        assert!(got.grants.iter().any(is_named), "{provider:?}");
    }
}

/// Asserts it for each principal of an account, and for each address that somebody has.
async fn is_as_read(account: Account) {
    let setup = HostAndMock::new(account).await;
    let whole = setup.read(&ALL).await;
    let mut session = setup.session().await;
    let mut by_address: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for principal in whole.resources.iter().filter(|it| PRINCIPALS.contains(&it.id.kind.as_str())) {
        let who = text(&principal.id);
        let got = held(&mut session, &who).await.unwrap();
        assert_is_part(&got, &whole, &[&who]);
        assert_eq!(text(&got.resources[0].id), who, "the principal comes first");
        if let Some(email) = principal.account.as_ref().and_then(|account| account.email.as_ref()) {
            by_address.entry(email.to_ascii_lowercase()).or_default().push(who);
        }
    }
    assert!(by_address.values().any(|who| who.len() > 1), "nobody is both a member and a user");
    for (address, who) in by_address {
        let got = held(&mut session, &format!("email:{}", address.to_ascii_uppercase())).await.unwrap();
        assert_is_part(&got, &whole, &who.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn it_is_what_a_whole_read_gives_to_each_principal_of_a_company() {
    is_as_read(Account::company()).await;
}

#[tokio::test]
async fn it_is_what_a_whole_read_gives_to_each_principal_of_generated_accounts() {
    for seed in 0..3 {
        let size = Size { users: 25, members: 20, groups: 24, roles: 8 };
        let access = AccessSize { applications: 30, policies: 12, identity_providers: 4, service_tokens: 5 };
        let account = Account::generate(seed, size).with_access(seed, access);
        is_as_read(account.clone()).await;
        // A role that no list has is described as its holder shows it, and a policy has its name alone.
        let mut account = account.with_user_groups(seed, 15);
        let unlisted = std::mem::take(&mut account.unlisted_roles);
        account.roles.extend(unlisted);
        is_as_read(account).await;
    }
}

#[tokio::test]
async fn one_request_finds_a_person_whatever_the_size_of_the_account() {
    for users in [3, 2500] {
        let size = Size { users, members: 150, groups: 5, roles: 5 };
        let access = AccessSize { applications: 5, policies: 2, identity_providers: 2, service_tokens: 2 };
        let mut account = Account::generate(1, size).with_access(1, access);
        account.applications.iter_mut().for_each(|app| app.embedding = Default::default());
        account.groups.iter_mut().for_each(|group| group.include = Some(vec![domain("corp.example")]));
        let lone =
            AccessUser { id: "0f".into(), email: Some("lone@corp.example".into()), ..AccessUser::default() };
        account.users.push(lone);
        let list = json!({"email_list": {"id": account.lists[0].id}});
        account.groups[0].include.as_mut().unwrap().push(list);
        account.members[60].email = Some("late@corp.example".to_owned());
        let (member, token) = (account.members[149].id.clone(), account.service_tokens[0].id.clone());
        let setup = HostAndMock::new(account).await;
        for (who, expected) in [
            ("user:0f".to_owned(), &[("GET access/users/{id}", 1)][..]),
            (format!("member:{member}"), &[("GET members/{id}", 1), ("GET iam/user_groups", 1)]),
            (format!("service-token:{token}"), &[("GET access/service_tokens/{id}", 1)]),
            // No query finds a member by the address. The list is read until the member is found.
            (
                "email:late@corp.example".to_owned(),
                &[("GET members", 2), ("GET access/users", 1), ("GET iam/user_groups", 1)],
            ),
            ("email:lone@corp.example".to_owned(), &[("GET members", 3), ("GET access/users", 1)]),
        ] {
            setup.mock.forget_requests();
            let got = held(&mut setup.session().await, &who).await.unwrap();
            let rules =
                [("GET access/groups", 1), ("GET access/apps", 1), ("GET access/identity_providers", 1)];
            // A token has no login, and no address.
            let is_token = who.starts_with("service-token");
            let rules = &rules[..if is_token { 2 } else { 3 }];
            let mut requests = setup.mock.requests_by_route();
            let lists = requests.remove("GET gateway/lists/{id}/items");
            assert_eq!(lists.is_some(), !is_token, "{who}");
            requests.retain(|route, _| !route.contains("polic"));
            let expected: BTreeMap<String, u64> =
                expected.iter().chain(rules).map(|&(route, count)| (route.to_owned(), count)).collect();
            assert_eq!(requests, expected, "{who}, {users} users");
            assert_eq!(u64::from(got.requests), setup.mock.request_count());
        }
    }
}

/// An account in which one person holds more than a page has room for.
fn rich() -> Account {
    let ranges: Vec<_> = (0..60).map(|n| json!({"ip": {"ip": format!("2001:db8:{n:x}::/48")}})).collect();
    let rules = |_| json!({"include": [domain("corp.example")], "require": ranges});
    let groups = (0..800).map(|n| group(&format!("a{n:03}"), rules(n)));
    let mut account = account(groups);
    (0..120).for_each(|n| {
        member(&mut account, &format!("3{n:03}"), &format!("m{n}@corp.example"), "accepted", &["d1", "d2"])
    });
    account
}

#[tokio::test]
async fn pages_are_bounded_and_each_goes_on_in_a_new_session() {
    let setup = HostAndMock::new(rich()).await;
    for who in ["email:m99@corp.example", "user:0a", "email:new@corp.example"] {
        let whole = held(&mut setup.session().await, who).await.unwrap();
        whole.assert_nothing_twice();
        let bound = 1_100_000;
        assert!(whole.weights.iter().all(|&weight| weight < bound), "{who}: {:?}", whole.weights);
        let full = whole.weights.iter().filter(|&&weight| weight > 900_000).count();
        assert!(full >= 2, "{who}: {:?}", whole.weights);
        let mut again = Whole::default();
        for cursor in std::iter::once(None).chain(whole.cursors.iter().map(Some)) {
            let page = setup.session().await.held(&id(who), cursor.map(String::as_str)).await.unwrap();
            assert!(page.requests <= 7, "{} requests", page.requests);
            again.take(page);
        }
        assert_eq!(again.facts(), whole.facts(), "{who}");
        assert_eq!(again.cursors, whole.cursors, "{who}");
    }
}

#[tokio::test]
async fn a_cursor_is_of_its_own_principal_alone_and_of_what_was_there() {
    let setup = HostAndMock::new(rich()).await;
    let mut session = setup.session().await;
    let whole = held(&mut session, "email:m99@corp.example").await.unwrap();
    let last = whole.cursors.last().unwrap();
    let refused = async |who: &str| {
        let mut session = setup.session().await;
        let error = connector_error(session.held(&id(who), Some(last)).await.err().unwrap());
        assert_eq!(error.kind, ErrorKind::InvalidCursor, "{who}: {}", error.message);
    };
    refused("email:m98@corp.example").await;
    refused("member:3099").await;
    let error = connector_error(session.get(&id("email:m99@corp.example"), Some(last)).await.err().unwrap());
    assert_eq!(error.kind, ErrorKind::InvalidCursor);
    let error = connector_error(session.read(&[], Some(last)).await.err().unwrap());
    assert_eq!(error.kind, ErrorKind::InvalidCursor);
    // An address is found in any case, and so is its cursor.
    let page: Page = setup.session().await.held(&id("email:M99@CORP.example"), Some(last)).await.unwrap();
    assert!(!page.grants.is_empty());

    setup.mock.change(|account| account.members[4 + 99].status = "pending".to_owned());
    refused("email:m99@corp.example").await;
    setup.mock.change(|account| account.members[4 + 99].status = "accepted".to_owned());
    assert!(setup.session().await.held(&id("email:m99@corp.example"), Some(last)).await.is_ok());
    setup.mock.change(|account| include(account, "a001").push(email("x@corp.example")));
    refused("email:m99@corp.example").await;
    setup.mock.change(|account| account.members.retain(|member| member.id != "3099"));
    refused("email:m99@corp.example").await;
}

#[tokio::test]
async fn what_holds_nothing_is_refused_before_a_request_and_what_is_not_there_is_not_found() {
    let setup = HostAndMock::new(account([group("a1", json!({"include": [domain("corp.example")]}))])).await;
    let mut session = setup.session().await;
    for who in [
        "group:a1",
        "role:d1",
        "app:a",
        "policy:p",
        "identity-provider:i",
        "robot:1a",
        ":",
        "user:",
        "user:../../members/1a",
        "member:1a?x=1",
        "email:",
        "email:ann",
        "email:a@b@c",
        "email:Ann <ann@corp.example>",
    ] {
        let error = held(&mut session, who).await.err().unwrap();
        let found = (error.kind, error.about.as_deref());
        assert_eq!(found, (ErrorKind::InvalidArgument, Some("principal")), "{who}: {}", error.message);
    }
    assert_eq!(setup.mock.request_count(), 0);
    for who in ["user:0f", "member:9a", "service-token:ff"] {
        setup.mock.forget_requests();
        let error = held(&mut session, who).await.err().unwrap();
        assert_eq!((error.kind, setup.mock.request_count()), (ErrorKind::NotFound, 1), "{who}");
    }
    // Nobody has the address, and the group lets it in.
    let got = held(&mut session, "email:New@Corp.example").await.unwrap();
    let found: Vec<String> = got.resources.iter().map(|it| text(&it.id)).collect();
    assert_eq!(found, ["email:new@corp.example", "group:a1"]);
    assert_eq!(got.grants.len(), 1);
    let got = held(&mut session, "email:new@elsewhere.example").await.unwrap();
    assert_eq!((got.resources.len(), got.grants.len()), (1, 0));
}

async fn with(permissions: &[Permission]) -> HostAndMock {
    let token = Token::new(DEMO_TOKEN).with_permissions(permissions.iter().copied());
    HostAndMock::with(Account::company(), Options { tokens: vec![token], ..Options::default() }).await
}

#[tokio::test]
async fn a_list_that_may_not_be_read_is_an_error_that_names_the_permission() {
    let groups_alone = with(&[GroupsRead, UsersRead, ZeroTrustRead]).await;
    let (user, token) = groups_alone.mock.read(|account| {
        (format!("user:{}", account.users[0].id), format!("service-token:{}", account.service_tokens[0].id))
    });
    let without_members = with(&[GroupsRead, AppsRead, UsersRead, ProvidersRead, ZeroTrustRead]).await;
    for (setup, who, expected) in [
        (&groups_alone, &user, "Access: Apps and Policies Read"),
        (&without_members, &"email:ann@corp.example".to_owned(), "Account Settings Read"),
        (&without_members, &token, "Access: Service Tokens Read"),
        (&with(&[GroupsRead, AppsRead]).await, &user, "Access: Users Read"),
        (&with(&[AppsRead, UsersRead]).await, &user, "Access: Groups Read"),
    ] {
        let error = held(&mut setup.session().await, who).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::PermissionDenied, "{who}");
        assert!(error.message.contains(expected), "{who}: {}", error.message);
    }
    // Members aren't needed for a user, nor users for a token.
    let got = held(&mut without_members.session().await, &user).await.unwrap();
    assert!(got.warnings.iter().all(|warning| !warning.incomplete));
    let setup = with(&[GroupsRead, AppsRead, ServiceTokensRead]).await;
    assert!(held(&mut setup.session().await, &token).await.unwrap().warnings.is_empty());
    let setup = with(&[GroupsRead, AppsRead, UsersRead, ZeroTrustRead]).await;
    let got = held(&mut setup.session().await, &user).await.unwrap();
    // Without the identity providers, nothing is missing but their names.
    let told: Vec<_> = got.warned_of("providers-not-readable");
    assert!(told.len() == 1 && !told[0].incomplete, "{told:?}");
}

#[tokio::test]
async fn a_read_under_way_is_not_disturbed() {
    let setup = HostAndMock::new(Account::company()).await;
    let expected = setup.read(&[]).await;
    let user = setup.mock.read(|account| format!("user:{}", account.users[0].id));
    let mut session = setup.session().await;
    let (mut whole, mut cursor, mut pages) = (Whole::default(), None, 0);
    loop {
        let page = session.read(&[], cursor.as_deref()).await.unwrap();
        cursor = whole.take(page);
        if cursor.is_none() {
            break;
        }
        pages += held(&mut session, &user).await.unwrap().cursors.len();
        session.held(&id(&user), None).await.unwrap();
    }
    assert!(pages > 0);
    assert_eq!(whole.facts(), expected.facts());
    assert_eq!(whole.requests, expected.requests, "nothing is read again");
}
