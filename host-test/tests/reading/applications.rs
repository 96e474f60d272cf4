//! Applications, policies, identity providers and service tokens: all of them are read, resumed anywhere,
//! in the fewest requests, and without their secrets.

use crate::common::reading::{connector_error, strings};
use crate::common::setup::HostAndMock;
use crate::common::small_account::{account, domain, email, group};
use crate::common::whole::{Whole, each_grant};
use connector_host::contract::{Error, ErrorKind, ResourceId};
use host_test::mock::{
    AccessPolicy, AccessSize, Account, Application, DEMO_TOKEN, Effect, Embedding, Fault, IdentityProvider,
    Options, Permission, SECRET_INSIDE, ServiceToken, Size, Token,
};
use serde_json::json;
use std::collections::BTreeMap;

const ALL: [&str; 9] =
    ["identity-provider", "group", "policy", "app", "role", "service-token", "member", "user", "email"];

fn random(seed: u64) -> Account {
    let size = AccessSize { applications: 30, policies: 12, identity_providers: 4, service_tokens: 8 };
    Account::generate(seed, Size { users: 40, members: 30, groups: 12, roles: 6 }).with_access(seed, size)
}

/// An account with so many applications, each with a policy of its own and a reusable one.
fn large(applications: usize, policies: usize) -> Account {
    let mut account = account([group("a1", json!({"include": [email("ann@corp.example")]}))]);
    account.policies = (0..policies)
        .map(|n| AccessPolicy::new(&format!("Reusable {n}"), "allow", vec![json!({"group": {"id": "a1"}})]))
        .collect();
    account.applications = (0..applications)
        .map(|n| {
            let own = AccessPolicy::new(&format!("Own {n}"), "allow", vec![domain("corp.example")]);
            let app = Application::new(&format!("App {n}"), "self_hosted").with_own(own, 2);
            let reusable = account.policies.get(n % policies.max(1));
            reusable.map_or(app.clone(), |policy| app.with_reusable(&policy.id, 1))
        })
        .collect();
    account
}

fn routes(setup: &HostAndMock) -> BTreeMap<String, u64> {
    let mut routes = setup.mock.requests_by_route();
    routes.retain(|route, _| {
        !["accounts/{id}", "iam/user_groups", "members", "access/users", "roles"]
            .iter()
            .any(|it| route == &format!("GET {it}"))
    });
    routes
}

#[tokio::test]
async fn a_read_takes_the_fewest_requests() {
    for (applications, policies, pages) in
        [(0, 0, [1, 1]), (1, 1, [1, 1]), (1000, 1000, [1, 1]), (1001, 1001, [2, 2])]
    {
        let setup = HostAndMock::new(large(applications, policies)).await;
        let whole = setup.read(&[]).await;
        let expected = [
            ("GET access/identity_providers", 1),
            ("GET access/groups", 1),
            ("GET access/policies", pages[0]),
            ("GET access/apps", pages[1]),
        ];
        let expected = expected.map(|(route, count)| (route.to_owned(), count));
        assert_eq!(routes(&setup), expected.into(), "{applications}/{policies}");
        assert_eq!(whole.of_kind("policy").len(), applications + policies);
        whole.assert_nothing_twice();
        setup.mock.forget_requests();
        setup.read(&["service-token"]).await;
        assert_eq!(routes(&setup), BTreeMap::from([("GET access/service_tokens".to_owned(), 1)]));
    }
}

#[tokio::test]
async fn policies_that_the_list_does_not_have_cost_one_request_each() {
    for (embedding, kinds, route, count) in [
        (Embedding::Absent, &[][..], "GET access/apps/{id}/policies", 3),
        (Embedding::Null, &[], "GET access/apps/{id}/policies", 3),
        // Own policies are in no other list.
        (Embedding::ById, &[], "GET access/apps/{id}/policies", 3),
    ] {
        let whole = HostAndMock::new(large(3, 2)).await.read(kinds).await;
        let mut account = large(3, 2);
        account.applications.iter_mut().for_each(|app| app.embedding = embedding);
        let setup = HostAndMock::new(account).await;
        let found = setup.read(kinds).await;
        assert_eq!(routes(&setup).get(route), Some(&count), "{embedding:?}");
        let grants = |whole: &Whole| {
            let mut grants: Vec<_> = whole.grants.iter().map(|grant| format!("{grant:?}")).collect();
            grants.sort();
            grants
        };
        assert_eq!(grants(&found), grants(&whole), "{embedding:?}");
        assert_eq!(found.of_kind("policy").len(), whole.of_kind("policy").len());
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    }
    // Reusable ones that are known by their ids are in the list, or are asked for without it.
    let mut account = large(3, 2);
    for app in &mut account.applications {
        app.policies.retain(|attached| attached.precedence == Some(1));
        app.embedding = Embedding::ById;
    }
    let setup = HostAndMock::new(account).await;
    let with_list = setup.read(&[]).await;
    assert!(!routes(&setup).keys().any(|route| route.contains("{id}")), "{:?}", routes(&setup));
    setup.mock.forget_requests();
    let without_list = setup.read(&["app", "user"]).await;
    // What one application answers is known for all.
    assert_eq!(routes(&setup).get("GET access/apps/{id}/policies"), Some(&2), "{:?}", routes(&setup));
    let count = |whole: &Whole| {
        let of_users =
            |grant: &&_| format!("{grant:?}").contains("\"app:") && format!("{grant:?}").contains("\"user\"");
        whole.grants.iter().filter(of_users).count()
    };
    assert_eq!((count(&with_list), count(&without_list)), (3, 3), "Ann reaches each application");
}

#[tokio::test]
async fn an_application_whose_policies_can_not_be_read_has_no_grants() {
    let mut account = large(2, 0);
    account.applications[0].embedding = Embedding::Absent;
    let id = account.applications[0].id.clone();
    let setup = HostAndMock::new(account).await;
    let effect = Effect::Status { status: 404, code: 7003, message: "gone".into(), headers: Vec::new() };
    setup.mock.inject(Fault::on("GET", "access/apps/{id}/policies", effect));
    let whole = setup.read(&[]).await;
    let warnings = whole.warned_of("app-not-understood");
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].incomplete && warnings[0].about.as_ref().is_some_and(|about| about.id == id));
    assert!(!whole.grants.is_empty() && !whole.grants.iter().any(|grant| grant.entitlement.contains(&id)));
    assert!(whole.entitlements.iter().any(|it| it.id == format!("app:{id}:access")), "the entitlement stays");
}

#[tokio::test]
async fn every_cursor_goes_on_in_another_session() {
    for seed in [1, 2] {
        let setup = HostAndMock::new(random(seed)).await;
        for route in ["access/apps", "access/policies", "access/service_tokens", "access/identity_providers"]
        {
            setup.mock.configure(|options| {
                options.max_per_page.insert(route.into(), 7);
            });
        }
        let kinds = strings(&ALL);
        let whole = setup.read(&ALL).await;
        whole.assert_nothing_twice();
        assert!(whole.grants.iter().any(|grant| grant.entitlement.starts_with("app:")), "seed {seed}");
        let (mut alone, mut cursor) = (Whole::default(), None);
        loop {
            let page = setup.session().await.read(&kinds, cursor.as_deref()).await.unwrap();
            let next = alone.take(page);
            if next.is_none() {
                break;
            }
            cursor = next;
        }
        assert_eq!(alone.cursors, whole.cursors);
        assert_eq!(alone.facts(), whole.facts());
        assert_eq!(format!("{:?}", alone.warnings), format!("{:?}", whole.warnings));
    }
}

#[tokio::test]
async fn a_cursor_ends_with_what_it_rests_on() {
    let setup = HostAndMock::new(large(3, 2)).await;
    let mut session = setup.session().await;
    let mut cursor = None;
    let cursor = loop {
        let page = session.read(&[], cursor.as_deref()).await.unwrap();
        cursor = page.next;
        if page.progress.phase == "members" {
            break cursor.unwrap();
        }
    };
    assert!(setup.session().await.read(&[], Some(&cursor)).await.is_ok());
    setup.mock.change(|account| account.applications[0].policies[0].precedence = Some(7));
    let error = setup.session().await.read(&[], Some(&cursor)).await.map_err(connector_error).unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidCursor);
}

#[tokio::test]
async fn no_secret_is_in_any_record() {
    for account in [Account::company(), random(3), random(4)] {
        assert!(format!("{account:?}").contains(SECRET_INSIDE), "the account has secrets");
        let setup = HostAndMock::new(account).await;
        let whole = setup.read(&ALL).await;
        let all = format!("{:?}{:?}{:?}{:?}", whole.facts(), whole.warnings, whole.cursors, whole.weights);
        assert!(!all.contains(SECRET_INSIDE));
    }
}

async fn without(missing: &[Permission], kinds: &[&str]) -> Result<Whole, Error> {
    let mut token = Token::new(DEMO_TOKEN);
    token.permissions.retain(|permission| !missing.contains(permission));
    let options = Options { tokens: vec![token], ..Options::default() };
    let mut account = large(2, 1);
    account.identity_providers = vec![IdentityProvider { id: "1d".into(), ..IdentityProvider::default() }];
    account.applications[0].allowed_idps = Some(vec!["1d".into()]);
    HostAndMock::with(account, options).await.try_read(kinds).await
}

#[tokio::test]
async fn a_kind_that_may_not_be_read_names_its_permission() {
    use Permission::{
        AccessGroupsEdit, AccessGroupsRead, AppsEdit, AppsRead, ServiceTokensEdit, ServiceTokensRead,
    };
    let apps = [AppsRead, AppsEdit];
    let tokens = [ServiceTokensRead, ServiceTokensEdit];
    for (missing, kinds, name) in [
        (&apps[..], &[][..], "\u{201c}Access: Apps and Policies Read\u{201d}"),
        (&apps, &["policy"], "\u{201c}Access: Apps and Policies Read\u{201d}"),
        (&tokens, &["service-token"], "\u{201c}Access: Service Tokens Read\u{201d}"),
        (
            &[AccessGroupsRead, AccessGroupsEdit],
            &["identity-provider"],
            "\u{201c}Access: Identity Providers Read\u{201d}",
        ),
    ] {
        let error = without(missing, kinds).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::PermissionDenied, "{kinds:?}");
        assert!(error.message.contains(name), "{}", error.message);
    }
    // Who doesn't ask for them needs none of it.
    assert!(without(&[apps, tokens].concat(), &["group", "role", "member", "user", "email"]).await.is_ok());
    assert!(without(&tokens, &[]).await.is_ok());
}

#[tokio::test]
async fn without_the_identity_providers_conditions_state_what_is_unknown() {
    let conditions = |whole: &Whole| {
        whole.grants.iter().map(|grant| format!("{:?}", grant.conditions)).collect::<String>()
    };
    let all = without(&[], &[]).await.unwrap();
    assert!(!conditions(&all).contains("allowed_idps"), "the application accepts all there are");
    let mut token = Token::new(DEMO_TOKEN);
    token.permissions = [
        Permission::GroupsRead,
        Permission::UsersRead,
        Permission::AccountSettingsRead,
        Permission::ZeroTrustRead,
        Permission::AppsRead,
    ]
    .into();
    let mut account = large(2, 1);
    account.identity_providers = vec![IdentityProvider { id: "1d".into(), ..IdentityProvider::default() }];
    account.applications[0].allowed_idps = Some(vec!["1d".into()]);
    let setup = HostAndMock::with(account, Options { tokens: vec![token], ..Options::default() }).await;
    let whole = setup.read(&[]).await;
    assert!(conditions(&whole).contains(r#"{\"allowed_idps\":[\"1d\"]}"#), "{}", conditions(&whole));
    let warnings = whole.warned_of("providers-not-readable");
    assert_eq!((warnings.len(), warnings[0].incomplete), (1, false));
    assert!(warnings[0].message.contains("Access: Identity Providers Read"), "{}", warnings[0].message);
}

#[tokio::test]
async fn a_token_that_can_not_be_used_holds_nothing() {
    let mut account = large(0, 0);
    let token = |id: &str, enabled, expires_at: &str| ServiceToken {
        id: id.into(),
        enabled,
        expires_at: Some(expires_at.into()),
        ..ServiceToken::default()
    };
    account.service_tokens = vec![
        token("1", None, "2999-01-01T00:00:00Z"),
        token("2", Some(false), "2999-01-01T00:00:00Z"),
        token("3", Some(true), "2020-01-01T00:00:00Z"),
    ];
    let any = AccessPolicy::new("Programs", "non_identity", vec![json!({"any_valid_service_token": {}})]);
    account.applications = vec![Application::new("API", "self_hosted").with_own(any, 1)];
    let whole = HostAndMock::new(account).await.read(&["app", "service-token"]).await;
    let holders: Vec<_> =
        whole.grants.iter().flat_map(each_grant).map(|grant| grant.principals[0].id.clone()).collect();
    assert_eq!(holders, ["1"], "{:?}", whole.grants);
    assert_eq!(whole.of_kind("service-token").len(), 3);
}

/// Returns an account whose first application has a policy of its own that keeps everybody out, before
/// one that lets some in.
fn guarded(embedding: Embedding) -> Account {
    let mut account = large(2, 0);
    let nobody = AccessPolicy::new("Nobody", "deny", vec![json!({"everyone": {}})]);
    account.applications[0] = Application::new("Guarded", "self_hosted")
        .with_own(nobody, 1)
        .with_own(AccessPolicy::new("Staff", "allow", vec![domain("corp.example")]), 2);
    account.applications[0].embedding = embedding;
    account
}

#[tokio::test]
async fn a_policy_without_its_rules_is_asked_for() {
    for (embedding, route, pointer) in [
        (Embedding::Whole, "access/apps", "/result/0/policies/0/include"),
        (Embedding::Absent, "access/apps/{id}/policies", "/result/0/include"),
    ] {
        for effect in [
            Effect::DropField { pointer: pointer.into() },
            Effect::SetField { pointer: pointer.into(), value: json!(null) },
        ] {
            let account = guarded(embedding);
            let id = account.applications[0].id.clone();
            let setup = HostAndMock::new(account).await;
            setup.mock.inject(Fault::on("GET", route, effect));
            let whole = setup.read(&[]).await;
            assert_eq!(setup.mock.fired(), [1], "{route}");
            let is_on_it = whole.grants.iter().any(|grant| grant.entitlement.contains(&id));
            assert!(!is_on_it, "the deny stands before it: {:?}", whole.grants);
            let warnings = whole.warned_of("app-not-understood");
            if embedding == Embedding::Whole {
                assert_eq!(routes(&setup).get("GET access/apps/{id}/policies"), Some(&1));
                assert!(warnings.is_empty(), "{warnings:?}");
            } else {
                assert!(warnings.iter().any(|warning| warning.incomplete), "{warnings:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_application_with_a_policy_that_can_not_be_read_has_no_grants() {
    for id in [json!(null), json!("../x")] {
        let account = guarded(Embedding::Absent);
        let app = account.applications[0].id.clone();
        let setup = HostAndMock::new(account).await;
        let effect = Effect::SetField { pointer: "/result/0/id".into(), value: id };
        setup.mock.inject(Fault::on("GET", "access/apps/{id}/policies", effect));
        let whole = setup.read(&[]).await;
        assert_eq!(setup.mock.fired(), [1]);
        let warnings = whole.warned_of("app-not-understood");
        assert_eq!(warnings.len(), 1, "{:?}", whole.warnings);
        assert!(warnings[0].incomplete && warnings[0].about.as_ref().is_some_and(|about| about.id == app));
        assert!(!whole.grants.iter().any(|grant| grant.entitlement.contains(&app)), "{:?}", whole.grants);
    }
}

#[tokio::test]
async fn no_secret_of_an_answer_that_is_broken_is_in_its_error() {
    let kinds = ["app", "identity-provider", "service-token"];
    let bodies = [
        format!(r#"{{"result":{{"saas_app":{{"client_secret":"{SECRET_INSIDE}"}}}}}}"#),
        format!(r#"{{"success":true,"result":[{{"config":{{"client_secret":"{SECRET_INSIDE}"#),
    ];
    let routes = ["access/apps", "access/identity_providers", "access/service_tokens"];
    for (route, kind) in routes.into_iter().zip(kinds) {
        for (status, body) in [200, 403, 404].into_iter().zip(bodies.iter().cycle()) {
            let setup = HostAndMock::new(large(1, 1)).await;
            setup.mock.inject(Fault::on("GET", route, Effect::Body { status, body: body.clone() }));
            let error = setup.try_read(&[kind]).await.err().unwrap();
            assert!(!format!("{error:?}").contains(SECRET_INSIDE), "{error:?}");
            assert!(error.message.contains("begin as JSON"), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_can_not_be_understood_leaves_the_condition() {
    let mut account = large(2, 1);
    account.identity_providers =
        ["1d", "2d"].map(|id| IdentityProvider { id: id.into(), ..IdentityProvider::default() }).into();
    account.applications[0].allowed_idps = Some(vec!["1d".into()]);
    let setup = HostAndMock::new(account).await;
    let effect = Effect::SetField { pointer: "/result/1/id".into(), value: json!(null) };
    setup.mock.inject(Fault::on("GET", "access/identity_providers", effect));
    let whole = setup.read(&[]).await;
    assert_eq!(setup.mock.fired(), [1]);
    let conditions: String = whole.grants.iter().map(|grant| format!("{:?}", grant.conditions)).collect();
    assert!(conditions.contains(r#"{\"allowed_idps\":[\"1d\"]}"#), "{conditions}");
}

#[tokio::test]
async fn an_answer_about_another_one_is_not_taken() {
    let account = random(1);
    let (asked, other) = (account.users[0].id.clone(), account.users[1].id.clone());
    let user = ResourceId { kind: "user".to_owned(), id: asked };
    let setup = HostAndMock::new(account).await;
    let effect = Effect::SetField { pointer: "/result/id".into(), value: json!(other) };
    setup.mock.inject(Fault::on("GET", "access/users/{id}", effect));
    let error = setup.session().await.get(&user, None).await.map_err(connector_error).unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidResponse);
    assert!(error.message.contains("it has another id"), "{}", error.message);
}
