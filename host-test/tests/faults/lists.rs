//! Lists that say nothing, lists that repeat one item and lose another, and servers that know no
//! pages. Data that is missing is never silently missing, in one session or in many.

use crate::common::reading::{connector_error, read_through, strings};
use crate::common::setup::HostAndMock;
use crate::common::whole::Whole;
use crate::is_incomplete;
use connector_host::contract::{Error, ErrorKind};
use host_test::mock::{Account, Effect, Fault, Options, Size};
use serde_json::Value;

const ITEMS: &str = "gateway/lists/{id}/items";
const ROUTES: [&str; 5] = ["access/groups", "access/users", "members", "roles", ITEMS];

fn account() -> Account {
    Account::generate(21, Size { users: 130, members: 120, groups: 26, roles: 70 })
}

async fn under(account: Account, faults: impl IntoIterator<Item = Fault>) -> HostAndMock {
    HostAndMock::with(account, Options { faults: faults.into_iter().collect(), ..Options::default() }).await
}

fn smaller(route: &str, per_page: u64) -> Fault {
    Fault::on("GET", route, Effect::SmallerPages { per_page })
}

/// The sessions of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sessions {
    One,
    /// Each page is read in a session of its own.
    Many,
}

async fn read(setup: &HostAndMock, kinds: &[&str], sessions: Sessions) -> Result<Whole, Error> {
    if sessions == Sessions::One {
        return read_through(&mut setup.session().await, kinds).await;
    }
    let (kinds, mut whole, mut cursor) = (strings(kinds), Whole::default(), None);
    loop {
        let page = setup.session().await.read(&kinds, cursor.as_deref()).await.map_err(connector_error)?;
        cursor = whole.take(page);
        if cursor.is_none() {
            return Ok(whole);
        }
    }
}

fn all_fired(setup: &HostAndMock) -> bool {
    setup.mock.fired().iter().all(|fired| *fired > 0)
}

/// Answers that say success, and nothing of the list.
fn nothing() -> Vec<Effect> {
    ["null", r#"{"page":1,"per_page":50,"count":0}"#, r#"{"total_count":null}"#, r#"{"total_count":9}"#]
        .map(|info| Effect::Body {
            status: 200,
            body: format!(
                r#"{{"success":true,"errors":[],"messages":[],"result":null,"result_info":{info}}}"#
            ),
        })
        .into()
}

#[tokio::test]
async fn null_is_no_empty_list() {
    for route in ["access/groups", "access/users", "members", "roles"] {
        for (page, effect) in
            [1, 2].into_iter().flat_map(|page| nothing().into_iter().map(move |it| (page, it)))
        {
            let null = Fault::on("GET", route, effect.clone()).at_page(page);
            let setup = under(account(), [smaller(route, 20), null]).await;
            let error = setup.try_read(&[]).await.err().unwrap();
            assert_eq!((error.kind, error.http_status), (ErrorKind::InvalidResponse, Some(200)), "{route}");
            assert!(error.message.contains("its result is null"), "{route}: {}", error.message);
            assert!(setup.mock.fired()[1] > 0);
        }
    }
}

#[tokio::test]
async fn null_with_a_total_of_none_and_no_items_are_an_empty_list() {
    for body in [
        r#"{"success":true,"result":null,"result_info":{"total_count":0}}"#,
        r#"{"success":true,"result":[],"result_info":null}"#,
    ] {
        for route in ["access/groups", "access/users", "roles"] {
            let effect = Effect::Body { status: 200, body: body.to_owned() };
            let setup = under(Account::company(), [Fault::on("GET", route, effect)]).await;
            assert!(!setup.read(&[]).await.resources.is_empty(), "{route} {body}");
        }
    }
}

#[tokio::test]
async fn a_named_list_of_null_is_left_open() {
    let undisturbed = HostAndMock::new(Account::company()).await.read(&[]).await;
    let by_list = |whole: &Whole| {
        let of_list = |grant: &&_| -> bool {
            let grant: &connector_host::contract::Grant = grant;
            grant.basis.iter().any(|basis| basis.rule == "email_list")
        };
        whole.grants.iter().filter(of_list).count()
    };
    assert!(by_list(&undisturbed) > 0 && !is_incomplete(&undisturbed));
    for effect in nothing() {
        for page in [1, 2] {
            let setup = under(
                Account::company(),
                [smaller(ITEMS, 1), Fault::on("GET", ITEMS, effect.clone()).at_page(page)],
            )
            .await;
            for sessions in [Sessions::One, Sessions::Many] {
                let whole = read(&setup, &[], sessions).await.unwrap();
                let told = whole.warned_of("list-not-readable");
                assert!(!told.is_empty() && told.iter().all(|warning| warning.incomplete), "{effect:?}");
                assert!(told[0].message.contains("its result is null"), "{}", told[0].message);
                assert_eq!(by_list(&whole), 0, "an open list names nobody");
            }
            assert!(setup.mock.fired()[1] > 0);
        }
    }
}

#[tokio::test]
async fn a_probe_that_says_nothing_is_no_permission() {
    for route in ["access/groups", "access/users", "members", "roles", ITEMS] {
        let setup = under(Account::company(), [Fault::on("GET", route, nothing().remove(0))]).await;
        let outcome = setup.session().await.validate().await.map_err(connector_error);
        let error = match outcome {
            Err(error) => error,
            Ok(validation) => validation.checks.into_iter().find_map(|check| check.read.err()).expect(route),
        };
        assert_eq!(error.kind, ErrorKind::InvalidResponse, "{route}: {}", error.message);
        assert!(error.message.contains("its result is null"), "{route}: {}", error.message);
    }
}

/// Returns an item of a list as the API sends it.
fn item(account: &Account, route: &str, at: usize) -> Value {
    match route {
        "access/groups" => serde_json::to_value(&account.groups[at]).unwrap(),
        "access/users" => serde_json::to_value(&account.users[at]).unwrap(),
        "members" => account.member_json(&account.members[at]),
        "roles" => serde_json::to_value(&account.roles[at]).unwrap(),
        _ => serde_json::json!({ "value": list_of(account).items[at] }),
    }
}

/// Returns the list of addresses that is damaged.
fn list_of(account: &Account) -> &host_test::mock::List {
    account.lists.iter().find(|list| list.kind == "EMAIL" && list.items.len() > 6).expect("a long list")
}

/// Puts the item from `from` in the place of the first item of a page: one comes twice, one is lost,
/// and the total holds.
fn repeat(account: &Account, route: &str, page: u64, from: usize) -> Fault {
    let effect = Effect::ReplaceItem { at: 0, item: item(account, route, from) };
    let mut fault = Fault::on("GET", route, effect).at_page(page);
    if route == ITEMS {
        fault.on = fault.on.of(&list_of(account).id);
    }
    fault
}

#[tokio::test]
async fn an_item_that_comes_twice_does_not_make_up_for_a_lost_one() {
    for route in ROUTES {
        let account = account();
        // The item of the page before, the first one of it, and one of a page long ago.
        for (page, from) in [(2, 2), (2, 0), (5, 1)].into_iter().filter(|it| route != ITEMS || it.0 == 2) {
            for sessions in [Sessions::One, Sessions::Many] {
                let setup =
                    under(account.clone(), [smaller(route, 3), repeat(&account, route, page, from)]).await;
                let whole = read(&setup, &[], sessions).await.unwrap();
                assert!(all_fired(&setup), "{route}");
                let told = whole.warned_of("list-moved");
                let is_told = |part: &str| told.iter().any(|it| it.incomplete && it.message.contains(part));
                assert!(
                    is_told("different items, though Cloudflare counts"),
                    "{route} {page} {from} {sessions:?}: {told:?}"
                );
                whole.assert_nothing_twice();
            }
        }
    }
}

#[tokio::test]
async fn a_page_that_comes_again_does_not_make_up_for_a_lost_one() {
    for (route, kind) in [("access/users", "user"), ("members", "member")] {
        let account = account();
        // Ten items to a page: the seventh page is the second one again.
        let again = (0..10).map(|at| {
            Fault::on("GET", route, Effect::ReplaceItem { at, item: item(&account, route, 10 + at) })
                .at_page(7)
        });
        let setup = under(account.clone(), again.chain([smaller(route, 10)])).await;
        for sessions in [Sessions::One, Sessions::Many] {
            let whole = read(&setup, &[kind], sessions).await.unwrap();
            assert!(whole.warned_of("list-moved").iter().any(|it| it.incomplete), "{route} {sessions:?}");
        }
        assert!(all_fired(&setup));
    }
}

#[tokio::test]
async fn the_same_address_in_other_letters_is_counted_by_the_list_too() {
    let mut account = Account::company();
    for list in &mut account.lists {
        let other: Vec<String> = list.items.iter().map(|item| item.to_uppercase()).collect();
        list.items.extend(other);
    }
    let setup = under(account, []).await;
    let undisturbed = HostAndMock::new(Account::company()).await.read(&[]).await;
    let whole = setup.read(&[]).await;
    assert!(!is_incomplete(&whole), "{:?}", whole.warnings);
    assert_eq!(whole.facts(), undisturbed.facts());
}

#[tokio::test]
async fn a_server_that_knows_no_pages_sends_whole_lists() {
    let expected = HostAndMock::new(account()).await.read(&[]).await;
    for route in ROUTES {
        for info in [false, true] {
            for sessions in [Sessions::One, Sessions::Many] {
                let setup = under(account(), [Fault::on("GET", route, Effect::Unpaged { info })]).await;
                let whole = read(&setup, &[], sessions).await.unwrap();
                assert_eq!(whole.facts(), expected.facts(), "{route} {info} {sessions:?}");
                assert_eq!(whole.warnings.len(), expected.warnings.len(), "{route}: {:?}", whole.warnings);
                whole.assert_nothing_twice();
                assert!(all_fired(&setup));
            }
        }
    }
}

#[tokio::test]
async fn a_page_of_more_rules_than_anybody_has_does_not_trap() {
    // The smallest rule, the same in one group alone, and a long one.
    let long = format!(r#"{{"email":{{"email":"{}@corp.example"}}}}"#, "x".repeat(70));
    for (rule, of_each, fits) in
        [(r#"{"everyone":{}}"#, 20_000, true), (r#"{"everyone":{}}"#, 31 << 16, false), (&long, 1_000, true)]
    {
        let rules = vec![rule; of_each].join(",");
        let group = |number: usize| format!(r#"{{"id":"{number}","name":"a","include":[{rules}]}}"#);
        let groups: Vec<String> = (0..(31 << 20) / rules.len()).map(group).collect();
        let (count, groups) = (groups.len(), groups.join(","));
        let body =
            format!(r#"{{"success":true,"result":[{groups}],"result_info":{{"total_count":{count}}}}}"#);
        assert!(((30 << 20)..(32 << 20)).contains(&body.len()), "{} bytes", body.len());
        let fault = Fault::on("GET", "access/groups", Effect::Body { status: 200, body });
        let setup = under(Account::company(), [fault]).await;
        let mut session = setup.session().await;
        let page = session.read(&strings(&["group"]), None).await.map_err(connector_error).unwrap();
        assert_eq!(page.warnings.iter().all(|warning| warning.code != "item-not-understood"), fits);
        let peak = session.memory_peak();
        println!("{of_each} rules of {} bytes: {peak}", rule.len());
        assert!(peak < 224 << 20, "{peak} bytes of memory");
    }
}

#[tokio::test]
async fn a_body_without_an_end_is_no_answer_and_no_trap() {
    for route in ROUTES {
        let setup = under(Account::company(), [Fault::on("GET", route, Effect::EndlessBody)]).await;
        let mut session = setup.session().await;
        let error = read_through(&mut session, &[]).await.err().unwrap();
        assert_eq!((error.kind, error.http_status), (ErrorKind::InvalidResponse, Some(200)), "{route}");
        for part in ["longer than", "beginning with \"{"] {
            assert!(error.message.contains(part), "{route}: {}", error.message);
        }
        // The session goes on, and does it again.
        let again = read_through(&mut session, &[]).await.err().unwrap();
        assert_eq!(again.kind, error.kind, "{route}");
        let peak = session.memory_peak();
        assert!(peak < 160 << 20, "{route}: {peak} bytes of memory");
    }
}
