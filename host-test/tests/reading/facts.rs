//! Sessions that are told facts about groups of identity providers: what they want, and what they read then.

use crate::common::facts::{about, compare_with_facts, given, told};
use crate::common::reading::{connector_error, read_through};
use crate::common::setup::{HostAndMock, pairs};
use crate::common::whole::{Whole, grant_id};
use connector_host::contract::{Demand, Error, ErrorKind, GroupFacts, Page, ResourceId};
use connector_host::{Cache, Config, Host, Session};
use host_test::mock::{AccessSize, Account, DEMO_TOKEN, Size};
use host_test::truth::{self, Fact, ProviderGroup};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Makes an account with every kind of rule about groups of identity providers.
fn generated(seed: u64) -> Account {
    let size = Size { users: 40, members: 20, groups: 26, roles: 6 };
    let access = AccessSize { applications: 31, policies: 12, identity_providers: 8, service_tokens: 4 };
    let mut account = Account::generate(seed, size).with_access(seed, access);
    // Most rules are about a provider of the account, in one spelling or another.
    let provider = account.identity_providers[0].id.to_ascii_uppercase();
    for group in account.groups.iter_mut().step_by(2) {
        for rule in [&mut group.include, &mut group.require].into_iter().flatten().flatten() {
            let bodies = rule.as_object_mut().into_iter().flat_map(|rule| rule.values_mut());
            for id in bodies.filter_map(|body| body.get_mut("identity_provider_id")) {
                *id = provider.clone().into();
            }
        }
    }
    account
}

fn wanted(demand: &Demand) -> BTreeMap<ProviderGroup, BTreeSet<String>> {
    let groups = demand.groups.iter().map(|wanted| {
        let group = ProviderGroup {
            rule: wanted.rule.clone(),
            provider: wanted.group.provider.id.clone(),
            group: wanted.group.group.clone(),
        };
        assert_eq!(wanted.group.provider.kind, "identity-provider");
        (group.normal(), wanted.used_by.iter().map(|by| by.id.clone()).collect())
    });
    groups.collect()
}

async fn told_session(setup: &HostAndMock, facts: &[Fact]) -> Session {
    let mut session = setup.session().await;
    for fact in facts {
        session.learn(&given(std::slice::from_ref(fact))).await.unwrap();
    }
    session
}

#[tokio::test]
async fn a_session_wants_what_rules_name_and_reads_no_people_for_it() {
    for seed in [3, 4] {
        let setup = HostAndMock::new(generated(seed)).await;
        let account = setup.mock.account();
        setup.mock.forget_requests();
        let demand = setup.session().await.wanted().await.unwrap();
        let truth = truth::account(&account).provider_groups;
        assert!(truth.len() > 5, "{truth:?}");
        let told = wanted(&demand);
        assert_eq!(told.keys().collect::<Vec<_>>(), truth.keys().collect::<Vec<_>>());
        for (group, used_by) in &told {
            let all = &truth[group];
            assert!(used_by.len() == all.len().min(20) && used_by.is_subset(all), "{group:?}");
        }
        for wanted in &demand.groups {
            let id = &wanted.group.provider.id;
            let provider = account.identity_providers.iter().find(|it| it.id.eq_ignore_ascii_case(id));
            assert_eq!(wanted.provider_type, provider.and_then(|provider| provider.kind.clone()), "{id}");
            assert_eq!(wanted.provider_name.is_some(), provider.is_some());
        }
        let sent = setup.mock.requests_by_route();
        assert_eq!(u64::from(demand.requests), sent.values().sum::<u64>(), "{sent:?}");
        assert!(sent.keys().all(|route| !route.contains("members") && !route.contains("users")), "{sent:?}");
    }
}

#[tokio::test]
async fn whole_syncs_with_facts_are_the_truth() {
    for seed in 0..4 {
        let setup = HostAndMock::new(generated(seed)).await;
        let account = setup.mock.account();
        let facts = about(&account, seed);
        let mut session = told_session(&setup, &facts).await;
        let whole = read_through(&mut session, &[]).await.unwrap();
        compare_with_facts(&whole, &account, false, &facts);
        let expected: Vec<bool> = told(&whole).values().map(|expected| expected.holds).collect();
        assert!(expected.contains(&true) && expected.contains(&false), "seed {seed} shows little");
        let only_facts: Vec<_> =
            whole.of_kind("email").into_iter().filter(|it| it.id.id.starts_with("only.facts")).collect();
        assert!(!only_facts.is_empty(), "seed {seed} has nobody whom only facts name");
        // Without facts, there are the same grants, only fewer.
        let without = setup.read(&[]).await;
        compare_with_facts(&without, &account, false, &[]);
        let ids = |whole: &Whole| -> BTreeSet<String> { whole.grants.iter().map(grant_id).collect() };
        assert!(ids(&without).is_subset(&ids(&whole)) && ids(&without).len() < ids(&whole).len());
        // One principal holds, and one group has, what the whole read says.
        for email in only_facts.iter().take(3) {
            let held = pages(&mut session, &Asked::Held(email.id.clone())).await;
            let of_whole = whole.grants.iter().filter(|grant| grant.principals[0].id == email.id.id);
            let texts: BTreeSet<String> = of_whole.map(|it| format!("{it:?}")).collect();
            assert_eq!(held.grants.iter().map(|it| format!("{it:?}")).collect::<BTreeSet<_>>(), texts);
        }
    }
}

/// One of the reads that have pages.
enum Asked {
    Read,
    Held(ResourceId),
    Get(ResourceId),
}

async fn page(session: &mut Session, asked: &Asked, cursor: Option<&str>) -> Result<Page, Error> {
    let page = match asked {
        Asked::Read => session.read(&[], cursor).await,
        Asked::Held(id) => session.held(id, cursor).await,
        Asked::Get(id) => session.get(id, cursor).await,
    };
    page.map_err(connector_error)
}

async fn pages(session: &mut Session, asked: &Asked) -> Whole {
    let (mut whole, mut cursor): (_, Option<String>) = (Whole::default(), None);
    loop {
        let next = page(session, asked, cursor.as_deref()).await.unwrap();
        cursor = whole.take(next);
        if cursor.is_none() {
            return whole;
        }
    }
}

#[tokio::test]
async fn a_read_goes_on_in_another_session_only_with_the_same_facts() {
    let setup = HostAndMock::new(generated(5)).await;
    let account = setup.mock.account();
    let facts = about(&account, 5);
    let other = [Fact { addresses: vec!["else@partner.example".to_owned()], ..facts[0].clone() }];
    let group = ResourceId { kind: "group".to_owned(), id: account.groups[0].id.clone() };
    let person = ResourceId { kind: "email".to_owned(), id: "only.facts0@partner.example".to_owned() };
    for asked in [&Asked::Read, &Asked::Held(person), &Asked::Get(group)] {
        let mut session = told_session(&setup, &facts).await;
        let mut here = page(&mut session, asked, None).await.unwrap();
        while let Some(cursor) = here.next.clone() {
            here = page(&mut session, asked, Some(&cursor)).await.unwrap();
            // In one piece, and another order.
            let mut again = setup.session().await;
            let backwards: Vec<Fact> = facts.iter().rev().cloned().collect();
            again.learn(&given(&backwards)).await.unwrap();
            let there = page(&mut again, asked, Some(&cursor)).await.unwrap();
            let told = |page: &Page| format!("{:?} {:?} {:?}", page.resources, page.grants, page.next);
            assert_eq!(told(&there), told(&here), "{cursor}");
            for (facts, says) in [(&[][..], "began with facts"), (&other, "began with other facts")] {
                let mut another = told_session(&setup, facts).await;
                setup.mock.forget_requests();
                let error = page(&mut another, asked, Some(&cursor)).await.unwrap_err();
                assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::InvalidCursor, Some("cursor")));
                assert!(error.message.contains(says), "{error:?}");
                assert!(error.message.contains("ive the same facts"), "{error:?}");
                assert!(setup.mock.requests_by_route().is_empty(), "it asked before it refused");
            }
        }
    }
}

#[tokio::test]
async fn facts_that_are_wrong_or_too_many_are_refused_and_nothing_of_them_is_kept() {
    let setup = HostAndMock::new(generated(6)).await;
    let account = setup.mock.account();
    let group = truth::account(&account).provider_groups.into_keys().next().unwrap();
    let fact = |from: usize, to: usize| Fact {
        provider: group.provider.clone(),
        group: group.group.clone(),
        addresses: (from..to).map(|n| format!("p{n}@corp.example")).collect(),
        source: "Okta".to_owned(),
        as_of: None,
    };
    let mut session = setup.session().await;
    let refused = |error: Error, about: &str, says: &str| {
        assert_eq!(
            (error.kind, error.about.as_deref()),
            (ErrorKind::InvalidArgument, Some(about)),
            "{error:?}"
        );
        assert!(error.message.contains(says) && !error.message.contains("p1@"), "{error:?}");
    };
    let learn = async |session: &mut Session, facts: &[GroupFacts]| {
        session.learn(facts).await.map_err(connector_error)
    };
    let good = given(&[fact(0, 3)]);
    learn(&mut session, &good).await.unwrap();
    let cursor = session.read(&[], None).await.unwrap().next.unwrap();
    let mut strange = good.clone();
    strange[0].group.provider.kind = "group".to_owned();
    let pieces = [
        (given(&[fact(0, 10_001)]), "facts", "10,000"),
        (strange, "facts[0]", "identity-provider"),
        ([good.clone(), given(&[Fact { source: String::new(), ..fact(5, 6) }])].concat(), "facts[1]", "name"),
        (
            [good.clone(), given(&[Fact { as_of: Some("now".into()), ..fact(5, 6) }])].concat(),
            "facts[1]",
            "RFC",
        ),
        (given(&[Fact { addresses: vec!["p1@a, b@c".into()], ..fact(0, 0) }]), "facts[0]", "address"),
    ];
    for (piece, about, says) in pieces {
        refused(learn(&mut session, &piece).await.unwrap_err(), about, says);
    }
    assert!(session.read(&[], Some(&cursor)).await.is_ok(), "the session has the facts that it had");
    for from in (0..200_000).step_by(10_000) {
        learn(&mut session, &given(&[fact(from, from + 10_000)])).await.unwrap();
    }
    refused(learn(&mut session, &given(&[fact(199_999, 200_001)])).await.unwrap_err(), "facts", "200,000");
    let peak = session.memory_peak() >> 20;
    assert!(peak < 48, "{peak} MiB for as many facts as are kept");
}

/// Each of the plugins takes facts.
#[tokio::test]
async fn a_reader_and_a_manager_are_told_facts_too() {
    let setup = HostAndMock::new(generated(7)).await;
    let account = setup.mock.account();
    let facts = about(&account, 7);
    for plugin in [host_test::READER, host_test::MANAGER] {
        let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
        let host = Host::new(plugin, Config { cache, ..Config::default() }).await.unwrap();
        let base_url = setup.mock.base_url();
        let settings =
            [("account-id", account.id.as_str()), ("api-token", DEMO_TOKEN), ("base-url", &base_url)];
        let mut session = host.open("api-token", &pairs(&settings)).await.unwrap();
        session.learn(&given(&facts)).await.unwrap();
        let whole = read_through(&mut session, &[]).await.unwrap();
        compare_with_facts(&whole, &account, false, &facts);
    }
}

/// A company's whole directory is in one group, and only a part of it has logged in yet.
#[tokio::test]
async fn a_hundred_thousand_facts_fit_into_the_memory_of_a_session() {
    let mut account = Account::generate(9, Size { users: 5000, members: 200, groups: 40, roles: 6 });
    let rule = json!({"okta": {"name": "Everybody", "identity_provider_id": "idp"}});
    account.groups[0].include = Some(vec![rule]);
    (account.groups[0].exclude, account.groups[0].require) = (None, None);
    let everybody = ResourceId { kind: "group".to_owned(), id: account.groups[0].id.clone() };
    let users: Vec<String> = account.users.iter().filter_map(|user| user.email.clone()).collect();
    let setup = HostAndMock::new(account).await;
    let mut session = setup.session().await;
    let others = (0..).map(|number| format!("employee{number:06}@corp.example"));
    let addresses: Vec<String> = users.iter().cloned().chain(others).take(100_000).collect();
    for addresses in addresses.chunks(10_000) {
        let fact = Fact {
            provider: "idp".to_owned(),
            group: "Everybody".to_owned(),
            addresses: addresses.to_vec(),
            source: "Okta".to_owned(),
            as_of: None,
        };
        session.learn(&given(&[fact])).await.unwrap();
    }
    let (mut cursor, mut holders) = (None, 0);
    loop {
        let page = session.get(&everybody, cursor.as_deref()).await.unwrap();
        let grants = page.grants.iter().filter(|grant| grant.extra.contains(r#""expected":true"#));
        holders += grants.map(|grant| grant.principals.len()).sum::<usize>();
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    // Some users are members too.
    assert!(holders >= addresses.len(), "{holders}");
    let peak = session.memory_peak() >> 20;
    assert!(peak < 48, "{peak} MiB");
}
