//! What SCIM pushed to Cloudflare, as facts: who is told to be in which group, and what isn't told.

use crate::common::facts::compare_with_facts;
use crate::common::reading::{connector_error, read_through};
use crate::common::setup::HostAndMock;
use connector_host::Session;
use connector_host::contract::{Error, ErrorKind, GroupFacts, Warning};
use host_test::mock::{
    AccessSize, Account, DEMO_TOKEN, Effect, Fault, Options, Permission, Scim, ScimGroup, ScimShows,
    ScimUser, Size, Token,
};
use host_test::truth::{self, Fact, ProviderGroup};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The types of providers whose groups SCIM can tell of, and one of which it can't.
const TYPES: [&str; 5] = ["okta", "azureAD", "saml", "oidc", "github"];

fn id(what: &str, number: usize) -> String {
    format!("{what}-{number:04}")
}

/// Makes an account whose rules name groups of several providers, with what these pushed.
fn pushed_account(seed: u64) -> Account {
    let size = Size { users: 40, members: 20, groups: 26, roles: 6 };
    let access = AccessSize { applications: 31, policies: 12, identity_providers: 8, service_tokens: 4 };
    let mut account = Account::generate(seed, size).with_access(seed, access);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for (provider, kind) in account.identity_providers.iter_mut().zip(TYPES) {
        provider.kind = Some(kind.to_owned());
    }
    let ids: Vec<String> = account.identity_providers.iter().map(|it| it.id.clone()).collect();
    for group in account.groups.iter_mut().step_by(2) {
        for rule in
            [&mut group.include, &mut group.require, &mut group.exclude].into_iter().flatten().flatten()
        {
            aim(rule, &ids, &mut rng);
        }
    }
    let addresses: Vec<String> = account.users.iter().filter_map(|user| user.email.clone()).collect();
    account.scim = (0..TYPES.len()).map(|at| directory(&account, at, &addresses, &mut rng)).collect();
    account
}

/// Makes a rule about a group of a provider one about a provider of its type, mostly.
fn aim(rule: &mut Value, ids: &[String], rng: &mut ChaCha8Rng) {
    for (kind, body) in rule.as_object_mut().into_iter().flatten() {
        if body.get("identity_provider_id").is_none_or(|id| !id.is_string()) {
            continue;
        }
        let own = TYPES.iter().position(|known| known == kind).unwrap_or(4);
        let at = if rng.random_bool(0.9) { own } else { rng.random_range(0..TYPES.len()) };
        body["identity_provider_id"] = ids[at].to_ascii_uppercase().into();
        for field in ["attribute_name", "claim_name"] {
            if body.get(field).is_some() && rng.random_bool(0.7) {
                body[field] = (*["groups", "Groups"].choose(rng).unwrap()).into();
            }
        }
    }
}

/// Makes what the provider at this place pushed: most of the groups that rules name, some of them twice, and
/// one that none names, with people whom the account has or hasn't.
fn directory(account: &Account, at: usize, addresses: &[String], rng: &mut ChaCha8Rng) -> Scim {
    let provider = account.identity_providers[at].id.clone();
    let users: Vec<ScimUser> = (0..30)
        .map(|number| {
            let known = addresses.choose(rng).unwrap().clone();
            let elsewhere = format!("Pushed{number}@partner.example");
            let email = if rng.random_bool(0.6) { known } else { elsewhere };
            let (email, user_name) = match number % 6 {
                0 => (None, Some(email)),
                1 => (Some(format!("no address {number}")), Some(email)),
                2 => (Some(email), Some(format!("login{number}"))),
                _ => (Some(email), None),
            };
            let id = id(&format!("user{at}"), number);
            ScimUser { id, email, user_name, is_inactive: number % 7 == 3, ..ScimUser::default() }
        })
        .collect();
    let named =
        truth::account(account).provider_groups.into_keys().filter(|group| group.provider == provider);
    let texts = named.filter_map(|group| match group.rule.as_str() {
        "azureAD" => Some((None, Some(group.group.to_ascii_uppercase()))),
        "okta" => Some((Some(group.group), Some("x".to_owned()))),
        _ => Some((Some(group.group.split_once('=')?.1.to_owned()), None)),
    });
    let mut groups = Vec::new();
    for (display_name, external_id) in texts.chain([(Some("Nobody names it".to_owned()), None)]) {
        for _ in 0..*[0, 1, 1, 1, 2].choose(rng).unwrap() {
            let members = users.iter().filter(|_| rng.random_bool(0.3)).map(|user| user.id.clone()).collect();
            let id = id(&format!("group{at}"), groups.len());
            let (display_name, external_id) = (display_name.clone(), external_id.clone());
            groups.push(ScimGroup { id, display_name, external_id, members, ..ScimGroup::default() });
        }
    }
    let shows = if at == 1 { ScimShows::InUsers } else { ScimShows::InGroups };
    Scim { provider, groups, users, shows }
}

/// Everything that a session tells of what was pushed, and the number of its calls.
async fn pushed(session: &mut Session) -> Result<(Vec<GroupFacts>, Vec<Warning>, usize), Error> {
    let (mut facts, mut warnings, mut calls) = (Vec::new(), Vec::new(), 0);
    loop {
        let part = session.pushed().await.map_err(connector_error)?;
        let addresses: usize = part.facts.iter().map(|of_group| of_group.addresses.len()).sum();
        assert!(addresses <= 10_000 && (part.more || addresses + part.warnings.len() > 0));
        facts.extend(part.facts);
        warnings.extend(part.warnings);
        calls += 1;
        if !part.more {
            return Ok((facts, warnings, calls));
        }
    }
}

/// Returns facts by their groups. Ids are in lower case.
fn by_group<'f>(
    facts: impl IntoIterator<Item = (&'f str, &'f str, &'f [String])>,
) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut all = BTreeMap::<_, BTreeSet<String>>::new();
    for (provider, group, addresses) in facts {
        let group = if group.contains('=') { group.to_owned() } else { group.to_ascii_lowercase() };
        let key = (provider.to_ascii_lowercase(), group);
        all.entry(key).or_default().extend(addresses.iter().cloned());
    }
    all
}

#[tokio::test]
async fn whole_syncs_with_what_was_pushed_are_the_truth() {
    let (mut seen, mut untold) = (BTreeSet::new(), 0);
    for seed in 0..4 {
        let account = pushed_account(seed);
        let groups = truth::account(&account).provider_groups;
        let truth = truth::pushed(&account, groups.keys());
        let setup = HostAndMock::new(account.clone()).await;
        let mut session = setup.session().await;
        let (facts, warnings, _) = pushed(&mut session).await.unwrap();
        let told = facts.iter().map(|it| {
            assert_eq!((it.source.as_str(), it.as_of.as_deref()), ("Cloudflare SCIM", None));
            (it.group.provider.id.as_str(), it.group.group.as_str(), &it.addresses[..])
        });
        let expected = truth.iter().map(|it| (it.provider.as_str(), it.group.as_str(), &it.addresses[..]));
        assert_eq!(by_group(told), by_group(expected), "seed {seed}");
        untold += groups.len() - truth.len();
        assert!(warnings.iter().all(|it| matches!(it.code.as_str(), "not-pushed" | "pushed-in-part")));
        seen.extend(
            groups.into_keys().filter(|it| truth.iter().any(|fact| is_of(it, fact))).map(|it| it.rule),
        );
        for facts in facts.chunks(3) {
            session.learn(facts).await.unwrap();
        }
        let whole = read_through(&mut session, &[]).await.unwrap();
        compare_with_facts(&whole, &account, false, &truth);
    }
    assert_eq!(seen, BTreeSet::from(["azureAD", "oidc", "okta", "saml"].map(str::to_owned)));
    assert!(untold > 8, "{untold} groups of which nothing is told");
}

fn is_of(group: &ProviderGroup, fact: &Fact) -> bool {
    group.provider == fact.provider && group.group == fact.group
}

/// An account with one group, whose rules name groups of one Okta.
fn small(names: &[&str], groups: Vec<ScimGroup>, users: Vec<ScimUser>) -> Account {
    let mut account = Account::company();
    let provider = account.identity_providers[0].id.clone();
    let rule = |name: &&str| json!({"okta": {"name": name, "identity_provider_id": provider}});
    let mut group = account.groups[0].clone();
    (group.include, group.exclude, group.require) = (Some(names.iter().map(rule).collect()), None, None);
    account.groups = vec![group];
    (account.applications, account.policies) = (Vec::new(), Vec::new());
    account.scim = vec![Scim { provider, groups, users, shows: ScimShows::InGroups }];
    account
}

fn users(count: usize) -> Vec<ScimUser> {
    let user = |number| ScimUser {
        id: id("user", number),
        email: Some(format!("p{number}@corp.example")),
        ..ScimUser::default()
    };
    (0..count).map(user).collect()
}

fn group(number: usize, name: &str, members: impl IntoIterator<Item = usize>) -> ScimGroup {
    ScimGroup {
        id: id("group", number),
        display_name: Some(name.to_owned()),
        members: members.into_iter().map(|member| id("user", member)).collect(),
        ..ScimGroup::default()
    }
}

const NAMES: [&str; 4] = ["A", "B", "C", "D"];

#[tokio::test]
async fn many_people_come_in_parts_and_only_once_all_are_read() {
    let groups = NAMES.iter().enumerate().map(|(number, name)| group(number, name, 0..3500)).collect();
    let setup = HostAndMock::new(small(&NAMES, groups, users(3500))).await;
    let mut session = setup.session().await;
    let first = session.pushed().await.unwrap();
    assert!(first.more && first.facts.is_empty(), "it isn't read to its end");
    assert!(first.requests > 32, "{} requests: what is wanted counts too", first.requests);
    let (facts, warnings, calls) = pushed(&mut session).await.unwrap();
    assert_eq!((warnings.len(), calls), (0, 2), "the last pages with a piece, and the rest");
    let told = facts.iter().map(|it| ("p", it.group.group.as_str(), &it.addresses[..]));
    let people: BTreeSet<String> = (0..3500).map(|number| format!("p{number}@corp.example")).collect();
    let expected = NAMES.map(|name| (("p".to_owned(), name.to_ascii_lowercase()), people.clone()));
    assert_eq!(by_group(told), BTreeMap::from(expected));
    let sent = setup.mock.requests_by_route();
    let of = |list: &str| sent.iter().filter(|(route, _)| route.ends_with(list)).map(|it| it.1).sum::<u64>();
    assert_eq!((of("scim/groups"), of("scim/users")), (1, 35));
    // Then it begins anew.
    let again = session.pushed().await.unwrap();
    assert!(again.more && again.requests >= 33);
    let peak = session.memory_peak() >> 20;
    assert!(peak < 32, "{peak} MiB");
}

#[tokio::test]
async fn the_same_facts_of_another_session_take_up_a_cursor() {
    let setup = HostAndMock::new(pushed_account(1)).await;
    let mut cursor = None;
    for _ in 0..3 {
        let mut session = setup.session().await;
        let (facts, ..) = pushed(&mut session).await.unwrap();
        session.learn(&facts).await.unwrap();
        let page = session.read(&[], cursor.as_deref()).await.unwrap();
        cursor = Some(page.next.unwrap());
    }
    setup.mock.change(|account| account.scim[0].users.iter_mut().for_each(|user| user.is_inactive = true));
    let mut session = setup.session().await;
    let (facts, ..) = pushed(&mut session).await.unwrap();
    session.learn(&facts).await.unwrap();
    let error = connector_error(session.read(&[], cursor.as_deref()).await.unwrap_err());
    assert_eq!(error.kind, ErrorKind::InvalidCursor, "{error:?}");
}

#[tokio::test]
async fn a_failure_is_told_and_a_later_call_goes_on() {
    let fails = Effect::Status { status: 500, code: 1, message: "no".into(), headers: vec![] };
    let setup = HostAndMock::new(small(&["A"], vec![group(0, "A", 0..250)], users(250))).await;
    setup.mock.inject(Fault::on("GET", "access/identity_providers/{id}/scim/users", fails).at_page(3));
    let mut session = setup.session().await;
    let error = pushed(&mut session).await.unwrap_err();
    assert!(error.retryable && error.kind == ErrorKind::Unavailable, "{error:?}");
    assert!(error.message.contains("users of an identity provider (SCIM)"), "{error:?}");
    setup.mock.end_faults();
    setup.mock.forget_requests();
    let (facts, warnings, _) = pushed(&mut session).await.unwrap();
    assert_eq!((facts[0].addresses.len(), warnings.len()), (250, 0));
    let sent = setup.mock.requests_by_route();
    assert_eq!(sent.values().sum::<u64>(), 1, "it went on where it stopped: {sent:?}");
}

#[tokio::test]
async fn who_may_not_read_it_is_told_which_permission_is_missing() {
    let account = small(&["A"], vec![group(0, "A", 0..3)], users(3));
    let tokens = vec![Token::new(DEMO_TOKEN).without(Permission::ProvidersRead)];
    let tokens = tokens.into_iter().map(|mut token| {
        token.permissions.insert(Permission::GroupsRead);
        token
    });
    let options = Options { tokens: tokens.collect(), ..Options::default() };
    let setup = HostAndMock::with(account, options).await;
    let error = pushed(&mut setup.session().await).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied, "{error:?}");
    for part in ["groups of an identity provider (SCIM)", "Access: Identity Providers Read"] {
        assert!(error.message.contains(part), "{part}: {error:?}");
    }
}

#[tokio::test]
async fn what_is_missing_is_a_warning_and_never_nobody() {
    let told = async |account: Account| {
        let setup = HostAndMock::new(account).await;
        let (facts, warnings, _) = pushed(&mut setup.session().await).await.unwrap();
        let facts: Vec<String> =
            facts.iter().map(|it| format!("{}: {}", it.group.group, it.addresses.join(" "))).collect();
        let warnings: Vec<String> = warnings
            .into_iter()
            .map(|it| {
                assert_eq!(it.incomplete, it.code == "pushed-in-part", "{it:?}");
                format!("{} {}", it.code, it.message)
            })
            .collect();
        (facts.join("; "), warnings.join("\n"), setup.mock.requests_by_route())
    };
    let account = || small(&["A"], vec![group(0, "A", 0..3)], users(450));
    let everybody = "A: p0@corp.example p1@corp.example p2@corp.example";
    let (facts, warnings, _) = told(account()).await;
    assert_eq!((facts.as_str(), warnings.as_str()), (everybody, ""));

    // The document shows the members of no group. That takes one page of users to see.
    let mut silent = account();
    silent.scim[0].shows = ScimShows::Nowhere;
    let (facts, warnings, sent) = told(silent).await;
    assert!(facts.is_empty() && warnings.contains("pushed-in-part"), "{facts} {warnings}");
    assert!(warnings.contains("“Okta”") && warnings.contains("who is in “A”"), "{warnings}");
    let of_users = sent.iter().filter(|(route, _)| route.ends_with("scim/users"));
    assert_eq!(of_users.map(|(_, count)| count).sum::<u64>(), 1, "{sent:?}");

    // A nested group, a member who is nowhere, and somebody without an address.
    let mut partly = account();
    let scim = &mut partly.scim[0];
    scim.groups.push(group(1, "Inner", 3..5));
    scim.groups[0].members.extend([id("group", 1), "nowhere".to_owned()]);
    scim.users[1].email = Some("p\u{f6}1@corp.example".to_owned());
    let (facts, warnings, _) = told(partly).await;
    assert_eq!(facts, "A: p0@corp.example p2@corp.example");
    for part in ["not among the users (1)", "without one plain address (1)", "groups themselves (1)"] {
        assert!(warnings.starts_with("pushed-in-part") && warnings.contains(part), "{part}: {warnings}");
    }

    // An item that nobody understands.
    let mut odd = account();
    odd.scim[0].users[1].extra.insert("emails".into(), json!("p1"));
    let (facts, warnings, _) = told(odd).await;
    assert_eq!(facts, "A: p0@corp.example p2@corp.example");
    assert!(warnings.contains("can't be understood (1)"), "{warnings}");

    // Nothing was pushed, or not this group, or there are no such lists.
    let mut other = account();
    other.scim[0].groups[0].display_name = Some("a".to_owned());
    let mut nothing = account();
    nothing.scim[0].groups.clear();
    let mut absent = account();
    absent.scim.clear();
    for (account, part) in [
        (other, "SCIM pushed no such group to Cloudflare for the identity provider “Okta”: “A”."),
        (nothing, "SCIM pushed no groups to Cloudflare for the identity provider “Okta”."),
        (absent, "Cloudflare has no lists of what SCIM pushed for the identity provider “Okta”."),
    ] {
        let (facts, warnings, sent) = told(account).await;
        assert!(
            facts.is_empty() && warnings.starts_with("not-pushed") && warnings.contains(part),
            "{warnings}"
        );
        assert!(!sent.keys().any(|route| route.ends_with("scim/users")), "{sent:?}");
    }
}

#[tokio::test]
async fn more_than_can_be_kept_is_a_clear_error() {
    let names: Vec<String> = (0..11).map(|number| format!("G{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let groups = names.iter().enumerate().map(|(number, name)| group(number, name, 0..19_000)).collect();
    let setup = HostAndMock::new(small(&names, groups, users(1))).await;
    let mut session = setup.session().await;
    let error = pushed(&mut session).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported, "{error:?}");
    assert!(error.message.contains("200,000 memberships"), "{error:?}");
    let peak = session.memory_peak() >> 20;
    assert!(peak < 128, "{peak} MiB");
}
