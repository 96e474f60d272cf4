//! Nothing is missed in silence: lists that move, servers with odd habits, items that can't be
//! understood, and missing permissions.

use crate::common::setup::HostAndMock;
use crate::common::whole::{Whole, grant_id};
use crate::is_incomplete;
use connector_host::contract::ErrorKind;
use host_test::mock::{Account, Effect, Fault, Mock, Options, Permission, Size, Token};
use serde_json::json;

const ROUTES: [&str; 5] = ["access/groups", "access/users", "members", "roles", "gateway/lists/{id}/items"];

fn account() -> Account {
    Account::generate(21, Size { users: 130, members: 120, groups: 26, roles: 70 })
}

/// Reads under this fault, and asserts that it fired.
async fn under(fault: Fault) -> Result<Whole, connector_host::contract::Error> {
    let setup = HostAndMock::with(account(), Options { faults: vec![fault], ..Options::default() }).await;
    let outcome = setup.try_read(&[]).await;
    assert!(fired(&setup.mock), "the fault never fired");
    outcome
}

fn fired(mock: &Mock) -> bool {
    mock.fired().iter().all(|fired| *fired > 0)
}

async fn undisturbed() -> Whole {
    HostAndMock::new(account()).await.read(&[]).await
}

#[tokio::test]
async fn smaller_pages_than_asked_for_lose_nothing() {
    let expected = undisturbed().await.facts();
    for route in ROUTES {
        for per_page in [1, 7, 49] {
            let whole = under(Fault::on("GET", route, Effect::SmallerPages { per_page })).await.unwrap();
            assert_eq!(whole.facts(), expected, "{route} in pages of {per_page}");
            whole.assert_nothing_twice();
        }
    }
}

#[tokio::test]
async fn missing_totals_lose_nothing() {
    let expected = undisturbed().await.facts();
    for route in ROUTES {
        let whole = under(Fault::on("GET", route, Effect::NoTotals)).await.unwrap();
        assert_eq!(whole.facts(), expected, "{route}");
        let setup = HostAndMock::new(account()).await;
        setup.mock.inject(Fault::on("GET", route, Effect::NoTotals));
        setup.mock.inject(Fault::on("GET", route, Effect::SmallerPages { per_page: 13 }));
        assert_eq!(setup.read(&[]).await.facts(), expected, "{route} in smaller pages");
        assert!(fired(&setup.mock));
    }
}

#[tokio::test]
async fn an_item_that_comes_again_on_the_next_page_is_given_once() {
    let expected = undisturbed().await.facts();
    for route in ["access/groups", "access/users", "members", "roles"] {
        let setup = HostAndMock::new(account()).await;
        // The pages are so small that the repeats reach the total before the end.
        setup.mock.inject(Fault::on("GET", route, Effect::SmallerPages { per_page: 3 }));
        setup.mock.inject(Fault::on("GET", route, Effect::RepeatLast));
        let whole = setup.read(&[]).await;
        assert!(fired(&setup.mock));
        whole.assert_nothing_twice();
        assert_eq!(whole.facts(), expected, "{route}");
    }
}

#[tokio::test]
async fn an_item_that_comes_again_where_sessions_change_is_given_once() {
    let expected = undisturbed().await.facts();
    for route in ["access/groups", "access/users", "members", "roles"] {
        let setup = HostAndMock::new(account()).await;
        setup.mock.inject(Fault::on("GET", route, Effect::SmallerPages { per_page: 25 }));
        setup.mock.inject(Fault::on("GET", route, Effect::RepeatLast));
        let (mut whole, mut cursor) = (Whole::default(), None);
        loop {
            let page = setup.session().await.read(&[], cursor.as_deref()).await.unwrap();
            cursor = whole.take(page);
            if cursor.is_none() {
                break;
            }
        }
        assert!(fired(&setup.mock));
        whole.assert_nothing_twice();
        assert_eq!(whole.facts(), expected, "{route}");
    }
}

#[tokio::test]
async fn a_repeated_item_is_given_once_though_its_page_failed_first() {
    let setup = HostAndMock::new(account()).await;
    setup.mock.inject(Fault::on("GET", "members", Effect::SmallerPages { per_page: 20 }));
    setup.mock.inject(Fault::on("GET", "members", Effect::RepeatLast));
    setup.mock.inject(Fault::on("GET", "members", Effect::Html { status: 502 }).at_page(2).at_attempt(1));
    let (mut session, mut whole, mut cursor, mut failures) =
        (setup.session().await, Whole::default(), None, 0);
    loop {
        match session.read(&[], cursor.as_deref()).await {
            Ok(page) => cursor = whole.take(page),
            Err(_) => {
                failures += 1;
                continue;
            }
        }
        if cursor.is_none() {
            break;
        }
    }
    assert!(fired(&setup.mock) && failures == 1);
    whole.assert_nothing_twice();
}

#[tokio::test]
async fn a_total_that_changes_is_told() {
    for route in ROUTES {
        for by in [-3, 4] {
            let setup = HostAndMock::new(account()).await;
            setup.mock.inject(Fault::on("GET", route, Effect::SmallerPages { per_page: 5 }));
            setup.mock.inject(Fault::on("GET", route, Effect::TotalChanged { from_page: 2, by }));
            let whole = setup.read(&[]).await;
            assert!(fired(&setup.mock), "{route}");
            let told: Vec<_> = whole.warned_of("list-moved");
            let moved: Vec<_> = told.iter().filter(|warning| warning.message.contains("moved")).collect();
            let lists = if route == ROUTES[4] { told.len().max(1) } else { 1 };
            assert!(!moved.is_empty() && moved.len() <= lists, "{route} by {by}: {told:?}");
            assert!(moved.iter().all(|warning| warning.incomplete == (by < 0)), "{route} by {by}: {told:?}");
            // A total that isn't reached is a gap.
            let short =
                told.iter().any(|warning| warning.message.contains("ended after") && warning.incomplete);
            assert_eq!(short, by > 0, "{route} by {by}: {told:?}");
        }
    }
}

#[tokio::test]
async fn an_item_that_stands_twice_on_a_page_is_given_once() {
    let account = account();
    for (route, item) in [
        ("access/users", serde_json::to_value(&account.users[3]).unwrap()),
        ("access/groups", serde_json::to_value(&account.groups[3]).unwrap()),
        ("members", account.member_json(&account.members[3])),
        ("roles", serde_json::to_value(&account.roles[3]).unwrap()),
    ] {
        let whole =
            under(Fault::on("GET", route, Effect::InsertItem { at: 7, item }).at_page(1)).await.unwrap();
        whole.assert_nothing_twice();
        assert_eq!(whole.facts(), undisturbed().await.facts(), "{route}");
    }
}

#[tokio::test]
async fn an_answer_that_contradicts_itself_is_no_list() {
    let no = r#"{"success":false,"errors":[{"code":1,"message":"no"}],"result":[]}"#;
    let yes = r#"{"success":true,"errors":[],"result":[]}"#;
    for route in ["access/groups", "access/users", "members", "roles"] {
        for (status, body) in [(200, no), (403, yes), (404, yes), (500, yes)] {
            let effect = Effect::Body { status, body: body.to_owned() };
            let read = under(Fault::on("GET", route, effect)).await;
            // Whatever its body says, this status means that there is no list of roles any more.
            match read {
                Ok(whole) if (route, status) == ("roles", 404) => {
                    assert_eq!(whole.warned_of("roles-moved").len(), 1);
                }
                read => {
                    assert!(read.is_err() && (route, status) != ("roles", 404), "{route}: {status} {body}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_list_that_is_not_there_or_breaks_off_is_left_open() {
    let items = "gateway/lists/{id}/items";
    let status = |status, code| Effect::Status { status, code, message: "no".into(), headers: Vec::new() };
    let undisturbed = HostAndMock::new(Account::company()).await.read(&[]).await;
    for (effect, page) in [(status(400, 1), 1), (status(404, 1), 1), (status(403, 10000), 2)] {
        let setup = HostAndMock::new(Account::company()).await;
        setup.mock.inject(Fault::on("GET", items, Effect::SmallerPages { per_page: 1 }));
        setup.mock.inject(Fault::on("GET", items, effect).at_page(page));
        let whole = setup.read(&[]).await;
        assert!(setup.mock.fired()[1] > 0);
        assert!(whole.warned_of("list-not-readable").iter().all(|warning| warning.incomplete));
        assert!(is_incomplete(&whole));
        let by_list = |whole: &Whole| {
            whole
                .grants
                .iter()
                .filter(|grant| grant.basis.iter().any(|basis| basis.rule == "email_list"))
                .count()
        };
        assert!(
            by_list(&undisturbed) > 0 && by_list(&whole) == 0,
            "an open list names nobody, whatever came of it"
        );
    }
}

#[tokio::test]
async fn a_list_that_never_ends_is_no_answer() {
    for route in ["access/groups", "roles", "gateway/lists/{id}/items"] {
        let error = under(Fault::on("GET", route, Effect::EndlessFresh)).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::InvalidResponse, "{route}: {}", error.message);
    }
    for route in ROUTES {
        let setup = HostAndMock::new(account()).await;
        // Pages are as long as the server says, so there may be more.
        setup.mock.inject(Fault::on("GET", route, Effect::SmallerPages { per_page: 2 }));
        setup.mock.inject(Fault::on("GET", route, Effect::EndlessRepeat));
        let error = setup.try_read(&[]).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::InvalidResponse, "{route}: {}", error.message);
        assert!(setup.mock.request_count() < 30, "{route}: the same page is noticed at once");
    }
}

#[tokio::test]
async fn an_item_that_can_not_be_understood_is_told_and_the_rest_is_given() {
    let expected = undisturbed().await;
    for route in ["access/groups", "access/users", "members", "roles"] {
        for item in [
            json!({"name": "no id"}),
            json!({"id": null}),
            json!({"id": 7}),
            json!({"id": "../../members/x"}),
            json!({"id": "a:b", "email": "x@corp.example"}),
            json!({"id": ["a"], "email": {}}),
            json!("text"),
            json!(null),
            json!([]),
        ] {
            let effect = Effect::InsertItem { at: 1, item: item.clone() };
            let whole = under(Fault::on("GET", route, effect).at_page(1)).await.unwrap();
            let told = whole.warned_of("item-not-understood");
            assert_eq!(told.len(), 1, "{route}: {item}");
            assert!(told[0].incomplete);
            assert_eq!(whole.facts(), expected.facts(), "{route}: {item}");
        }
    }
    for item in [
        json!({"id": "abc", "email": 5}),
        json!({"id": "abc", "name": {}}),
        json!({"id": "abc", "include": "x", "roles": "y"}),
    ] {
        let effect = Effect::InsertItem { at: 0, item: item.clone() };
        let whole = under(Fault::on("GET", "members", effect).at_page(1)).await.unwrap();
        if item.get("email").is_some() || item.get("roles").is_some() {
            let told = whole.warned_of("item-not-understood");
            assert_eq!(
                told[0].about.as_ref().map(|about| about.id.as_str()),
                Some("abc"),
                "{item}: {told:?}"
            );
        }
    }
    let effect = Effect::InsertItem { at: 0, item: json!({"value": 5}) };
    let whole = under(Fault::on("GET", "gateway/lists/{id}/items", effect).at_page(1)).await.unwrap();
    assert!(whole.warned_of("item-not-understood").iter().any(|warning| warning.incomplete));
}

#[tokio::test]
async fn a_list_that_may_not_be_read_is_a_gap_that_is_told() {
    let mut token = Token::new("without-lists");
    token.permissions.remove(&Permission::ZeroTrustRead);
    let setup =
        HostAndMock::with(Account::company(), Options { tokens: vec![token], ..Options::default() }).await;
    let mut settings = setup.settings();
    settings[1].1 = "without-lists".into();
    let whole = setup.try_read_with(&settings).await.unwrap();
    let told = whole.warned_of("list-not-readable");
    assert!(!told.is_empty() && told.iter().all(|warning| warning.incomplete), "{told:?}");
    assert!(told[0].message.contains("Zero Trust Read"), "{}", told[0].message);
}

#[tokio::test]
async fn a_kind_that_may_not_be_read_fails_the_call_and_names_the_permission() {
    for (missing, kind, name) in [
        (Permission::AccessGroupsRead, "group", "Access: Organizations, Identity Providers, and Groups Read"),
        (Permission::AuditLogsRead, "user", "Access: Audit Logs Read"),
        (Permission::AccountSettingsRead, "member", "Account Settings Read"),
        (Permission::AccountSettingsRead, "role", "Account Settings Read"),
    ] {
        let mut token = Token::new("less");
        let implied = [Permission::AccessGroupsEdit, Permission::AccountSettingsEdit];
        token.permissions.retain(|permission| *permission != missing && !implied.contains(permission));
        let setup =
            HostAndMock::with(Account::company(), Options { tokens: vec![token], ..Options::default() })
                .await;
        let mut settings = setup.settings();
        settings[1].1 = "less".into();
        for kinds in [vec![kind.to_owned()], vec![]] {
            let mut session = setup.host.open("api-token", &settings).await.unwrap();
            let mut cursor = None;
            let error = loop {
                match session.read(&kinds, cursor.as_deref()).await {
                    Ok(page) => {
                        cursor =
                            Some(page.next.expect("the read ended without the kind that may not be read"))
                    }
                    Err(error) => break crate::common::reading::connector_error(error),
                }
            };
            assert_eq!(error.kind, ErrorKind::PermissionDenied, "{}", error.message);
            assert!(error.message.contains(name), "{}", error.message);
        }
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Mock::start(Account::company(), Options::default()).await.unwrap();
    for route in ROUTES {
        let effect = Effect::Redirect { location: format!("{}/accounts/x/{route}", elsewhere.base_url()) };
        let error = under(Fault::on("GET", route, effect)).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::InvalidResponse, "{route}: {}", error.message);
        assert!(error.message.contains("it is a redirect to 127.0.0.1"), "{}", error.message);
    }
    assert_eq!(elsewhere.request_count(), 0);
}

#[tokio::test]
async fn failures_have_their_kind_and_what_support_needs() {
    let status =
        |status, code: u64| Effect::Status { status, code, message: "said so".into(), headers: Vec::new() };
    for (effect, kind, retryable) in [
        (status(500, 1), ErrorKind::Unavailable, true),
        (status(429, 971), ErrorKind::RateLimited, true),
        (status(401, 1000), ErrorKind::Unauthenticated, false),
        (status(400, 6003), ErrorKind::Unauthenticated, false),
        (status(403, 10000), ErrorKind::PermissionDenied, false),
        (Effect::Html { status: 200 }, ErrorKind::InvalidResponse, false),
        (Effect::Html { status: 502 }, ErrorKind::Unavailable, true),
        (Effect::Empty { status: 200 }, ErrorKind::InvalidResponse, false),
        (Effect::CutOff, ErrorKind::InvalidResponse, false),
        (Effect::Body { status: 200, body: "{}".into() }, ErrorKind::InvalidResponse, false),
        (Effect::Body { status: 200, body: r#"{"success":true}"#.into() }, ErrorKind::InvalidResponse, false),
        (
            Effect::Body {
                status: 200,
                body: r#"{"success":true,"result":null,"result_info":{"total_count":9}}"#.into(),
            },
            ErrorKind::InvalidResponse,
            false,
        ),
        (
            Effect::Body { status: 200, body: r#"{"success":true,"result":{"id":"x"}}"#.into() },
            ErrorKind::InvalidResponse,
            false,
        ),
        (Effect::Body { status: 200, body: "[".repeat(100_000) }, ErrorKind::InvalidResponse, false),
    ] {
        let error = under(Fault::on("GET", "access/users", effect.clone())).await.err().unwrap();
        assert_eq!((error.kind, error.retryable), (kind, retryable), "{effect:?}: {}", error.message);
        assert!(error.details.contains("access/users"), "{}", error.details);
        assert!(error.details.contains("cf_ray"), "{}", error.details);
        if let Effect::Status { code, status, .. } = effect {
            assert_eq!((error.code, error.http_status), (Some(code.to_string()), Some(status)));
            assert!(error.message.contains("said so"), "{}", error.message);
        }
    }
}

#[tokio::test]
async fn a_role_that_the_list_leaves_out_is_given_with_the_member_who_holds_it() {
    let whole = undisturbed().await;
    let super_administrator = host_test::mock::SUPER_ADMINISTRATOR;
    assert!(!account().roles.iter().any(|role| role.id == super_administrator));
    assert!(whole.of_kind("role").iter().any(|role| role.id.id == super_administrator));
    assert!(
        whole.grants.iter().any(|grant| grant.entitlement == format!("role:{super_administrator}:assigned"))
    );
    assert!(!is_incomplete(&whole) || !whole.warnings.is_empty());
}

#[tokio::test]
async fn a_rule_that_is_no_object_is_a_condition_that_is_one() {
    let mut account = Account::company();
    let staff = account.groups.iter_mut().find(|group| group.name == "All staff").unwrap();
    staff.require = Some(vec![json!("strange"), json!(null)]);
    let setup = HostAndMock::new(account).await;
    let whole = setup.read(&[]).await;
    assert!(is_incomplete(&whole));
    let open = whole
        .grants
        .iter()
        .filter_map(|grant| grant.conditions.first())
        .find(|it| it.all_of.len() == 2)
        .unwrap();
    assert_eq!(open.all_of, [r#"{"not_understood":"strange"}"#, r#"{"not_understood":null}"#]);
}

#[tokio::test]
async fn somebody_who_can_not_be_understood_is_not_unmatched() {
    let mut account = Account::company();
    let named = "somebody@northwind.example";
    account.groups[0].include.get_or_insert_default().push(json!({"email": {"email": named}}));
    let setup = HostAndMock::new(account).await;
    assert!(setup.read(&[]).await.of_kind("email").iter().any(|it| it.id.id == named));
    let item = json!({"id": "somebody", "email": named.to_uppercase(), "name": 5});
    setup.mock.inject(Fault::on("GET", "access/users", Effect::InsertItem { at: 0, item }).at_page(1));
    let whole = setup.read(&[]).await;
    assert!(is_incomplete(&whole));
    assert!(!whole.of_kind("email").iter().any(|it| it.id.id == named));
}

#[tokio::test]
async fn a_member_whose_roles_are_not_told_has_not_lost_them() {
    let account = Account::company();
    let mut told = account.member_json(&account.members[0]);
    let holds = |whole: &Whole| {
        let mut of_roles: Vec<_> =
            whole.grants.iter().map(grant_id).filter(|it| it.contains("role:")).collect();
        of_roles.sort();
        of_roles
    };
    let undisturbed = holds(&HostAndMock::new(account.clone()).await.read(&[]).await);
    // The policies tell the roles too. Without both, nothing does.
    for (field, is_told) in [("roles", true), ("policies", false)] {
        told.as_object_mut().unwrap().remove(field).unwrap();
        let setup = HostAndMock::new(account.clone()).await;
        setup.mock.inject(Fault::on("GET", "members", Effect::ReplaceItem { at: 0, item: told.clone() }));
        let whole = setup.read(&[]).await;
        let warned = whole.warned_of("roles-not-understood");
        assert!(warned.len() == usize::from(!is_told) && warned.iter().all(|it| it.incomplete), "{warned:?}");
        assert_eq!(holds(&whole) == undisturbed, is_told, "without {field}");
    }
}

#[tokio::test]
async fn answers_without_measure_do_not_trap() {
    let many = "0,".repeat(30 << 20);
    for (status, body, fails) in [
        (502, "\u{fffd}".repeat(20 << 20), true),
        (200, format!(r#"{{"success":true,"result":[{many}0]}}"#), true),
        (200, format!(r#"{{"success":false,"errors":[{many}0]}}"#), true),
        (200, format!(r#"{{"success":true,"result":[],"result_info":[{many}0]}}"#), true),
        // It is just short enough to be read.
        (200, format!(r#"{{"success":true,"result":[],"result_info":[{}0]}}"#, "0,".repeat(15 << 20)), false),
    ] {
        let beginning: String = body.chars().take(30).collect();
        let setup = HostAndMock::new(Account::company()).await;
        setup.mock.inject(Fault::on("GET", "access/groups", Effect::Body { status, body }));
        assert_eq!(setup.try_read(&["group"]).await.is_err(), fails, "{beginning}");
    }
}
