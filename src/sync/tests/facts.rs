//! Sessions that are told facts about groups of identity providers.

use super::*;
use crate::identities::{Demand, GroupFacts};
use crate::model::{Warning, WarningCode};
use crate::session::Session;
use std::cell::Cell;
use std::rc::Rc;

const OKTA: &str = "1f6b2e0c-8a2d-4c9f-9d53-0a6f1f3c7b21";
const ENTRA: &str = "2a7c3f1d-9b3e-4d0a-8e64-1b7a2a4d8c32";

/// An account that counts its requests.
struct Counted(Account, Rc<Cell<u32>>);

impl Transport for Counted {
    type Pending = Response;

    fn start(&self, request: Request) -> std::result::Result<Response, TransportError> {
        self.1.set(self.1.get() + 1);
        self.0.start(request)
    }

    fn finish(&self, answer: Response, limit: usize) -> std::result::Result<Response, TransportError> {
        self.0.finish(answer, limit)
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {}
}

/// An account whose rules name groups of two identity providers.
fn company() -> BTreeMap<&'static str, Vec<Json>> {
    let okta = |name: &str| json!({"okta": {"name": name, "identity_provider_id": OKTA}});
    let entra = |id: &str| json!({"azureAD": {"id": id, "identity_provider_id": ENTRA}});
    let staff = json!({"id": "g1", "name": "Staff", "include": [okta("Staff")], "exclude": [entra("B-1")]});
    let group = json!({"id": "g2", "include": [{"group": {"id": "g1"}}, entra("b-1")]});
    let policy = json!({"id": "p1", "name": "Payroll", "decision": "allow",
        "include": [{"group": {"id": "g1"}}], "require": [okta("Finance")]});
    let app = json!({"id": "a1", "name": "Payroll", "type": "self_hosted", "policies": [policy]});
    let provider = |id: &str, name: &str, kind: &str| json!({"id": id, "name": name, "type": kind});
    let user = |n| json!({"id": format!("u{n}"), "email": format!("{n}@corp.example")});
    [
        ("access/groups", vec![staff, group]),
        ("access/apps", vec![app]),
        ("access/users", (0..1001).map(user).collect()),
        (
            "access/identity_providers",
            vec![provider(OKTA, "Okta of the company", "okta"), provider(ENTRA, "Entra", "azureAD")],
        ),
    ]
    .into()
}

fn session(account: BTreeMap<&'static str, Vec<Json>>) -> (Session<Counted>, Rc<Cell<u32>>) {
    let sent = Rc::<Cell<u32>>::default();
    (Session::new(settings(), Counted(Account(account), Rc::clone(&sent))), sent)
}

fn facts(group: &str, addresses: &[&str]) -> GroupFacts {
    GroupFacts {
        provider: OKTA.to_ascii_uppercase(),
        group: group.to_owned(),
        addresses: addresses.iter().map(|&address| address.to_owned()).collect(),
        source: "Okta".to_owned(),
        as_of: None,
    }
}

/// People who are in Staff: one with an account, and one whom only the facts know.
fn staff() -> [GroupFacts; 2] {
    [facts("Staff", &["7@corp.example", "new@corp.example"]), facts("Finance", &["new@corp.example"])]
}

/// Reads all pages in one session.
fn all(mut next: impl FnMut(Option<&str>) -> Result<Page>) -> Vec<Page> {
    pages(None, false, |_, cursor| next(cursor)).unwrap()
}

fn told(demand: Demand) -> Vec<String> {
    let line = |wanted: crate::identities::WantedGroup| {
        let used_by: Vec<String> = wanted.used_by.iter().map(ToString::to_string).collect();
        let (name, kind) = (wanted.provider_name, wanted.provider_type);
        let [name, kind] = [name, kind].map(|text| text.unwrap_or_else(|| "-".to_owned()));
        format!("{} {} of {name} ({kind}): {}", wanted.group.rule, wanted.group.text, used_by.join(" "))
    };
    demand.into_groups().map(line).collect()
}

fn codes(warnings: &[Warning]) -> Vec<(WarningCode, bool)> {
    warnings.iter().map(|warning| (warning.code, warning.incomplete)).collect()
}

#[test]
fn what_rules_name_is_told_with_its_provider_and_its_users() {
    let (mut session, sent) = session(company());
    let demand = session.wanted().unwrap();
    assert_eq!((demand.requests, demand.warnings.len(), sent.get()), (3, 0, 3));
    assert_eq!(
        told(demand),
        [
            "azureAD B-1 of Entra (azureAD): group:g1 group:g2",
            "okta Finance of Okta of the company (okta): policy:p1",
            "okta Staff of Okta of the company (okta): group:g1",
        ]
    );
}

#[test]
fn the_groups_and_policies_that_are_told_are_bounded() {
    let mut account = company();
    let rule = json!({"okta": {"name": "Staff", "identity_provider_id": OKTA}});
    let group = |n| json!({"id": format!("h{n}"), "include": [rule, rule]});
    account.insert("access/groups", (0..30).map(group).collect());
    let demand = session(account).0.wanted().unwrap();
    let all: Vec<_> = demand.into_groups().collect();
    assert_eq!(all.iter().map(|wanted| wanted.used_by.len()).collect::<Vec<_>>(), [1, 20]);
}

#[test]
fn a_group_or_a_policy_is_told_once_and_ids_of_providers_are_found_in_any_case() {
    let mut account = company();
    let rule = json!({"okta": {"name": "Staff", "identity_provider_id": OKTA.to_ascii_uppercase()}});
    account.insert("access/groups", vec![json!({"id": "g1", "include": [rule, rule], "require": [rule]})]);
    let told = told(session(account).0.wanted().unwrap());
    assert_eq!(told.last().unwrap(), "okta Staff of Okta of the company (okta): group:g1", "{told:?}");
}

#[test]
fn what_may_not_be_read_is_a_warning() {
    let mut account = company();
    account.insert("access/apps", vec![REFUSED.into()]);
    let demand = session(account.clone()).0.wanted().unwrap();
    assert_eq!(codes(&demand.warnings), [(WarningCode::ApplicationsNotSeen, true)]);
    assert!(demand.warnings[0].message.contains("only their policies name"), "{:?}", demand.warnings);
    assert_eq!(told(demand).len(), 2);
    account.insert("access/identity_providers", vec![REFUSED.into()]);
    let demand = session(account.clone()).0.wanted().unwrap();
    let codes = codes(&demand.warnings);
    assert_eq!(codes.iter().filter(|code| **code == (WarningCode::ProvidersNotReadable, false)).count(), 1);
    let message = demand.warnings.iter().find(|it| it.code == WarningCode::ProvidersNotReadable);
    let message = &message.unwrap().message;
    assert!(message.contains("their ids stand in the place of names"), "{message}");
    assert!(!message.contains("grants"), "a sync's sentence says nothing here: {message}");
    assert!(told(demand)[0].starts_with("azureAD B-1 of - (-): group:g1"));
    account.insert("access/groups", vec![REFUSED.into()]);
    let error = session(account).0.wanted().unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

/// What is odd about a rule takes nothing from the list.
#[test]
fn warnings_that_are_about_no_gap_are_left_out() {
    let mut account = company();
    let odd = json!({"id": "g9", "include": [{"email": {"email": "a@corp.example; b@corp.example"}}]});
    account.get_mut("access/groups").unwrap().push(odd);
    let (mut session, _) = session(account);
    let read = all(|cursor| session.read(&[], cursor));
    assert!(read.iter().any(|page| !page.warnings.is_empty()));
    assert_eq!(session.wanted().unwrap().warnings.len(), 0);
}

#[test]
fn facts_hold_for_every_later_read_and_only_those_that_rules_name_are_kept() {
    let (mut session, _) = session(company());
    let read = |session: &mut Session<Counted>| all(|cursor| session.read(&[], cursor));
    let without = words(&read(&mut session));
    assert!(!without.iter().any(|word| word.contains("member") || word.contains("new@")), "{without:?}");
    session.learn(&staff()).unwrap();
    session.learn(&[facts("Nobody names it", &["x@corp.example"])]).unwrap();
    let pages = read(&mut session);
    let mut with = words(&pages);
    with.retain(|word| !without.contains(word));
    assert_eq!(
        with,
        [
            "email:new@corp.example",
            "group:g1:member user:u7",
            "group:g2:member user:u7",
            "app:a1:access user:u7",
            "group:g1:member email:new@corp.example",
            "group:g2:member email:new@corp.example",
            "app:a1:access email:new@corp.example",
        ]
    );
    let grants: Vec<_> = pages.iter().flat_map(|page| &page.grants).collect();
    let expected = |grant: &&crate::model::Grant| grant.extra.contains(r#""expected":true"#);
    let of_app: Vec<bool> =
        grants.iter().filter(|grant| grant.entitlement == "app:a1:access").map(expected).collect();
    assert_eq!(of_app, [false, true], "only one of them is in Finance");
    // A read that came to its end takes nothing from the next one.
    for _ in 0..2 {
        let held = all(|cursor| session.held("email", "new@corp.example", cursor));
        let held: Vec<_> = held.iter().flat_map(|page| &page.grants).collect();
        assert!(held.len() == 3 && held.iter().all(expected), "{held:?}");
        let holders = words(&all(|cursor| session.get("group", "g2", cursor)));
        assert!(holders.contains(&"group:g2:member email:new@corp.example".to_owned()), "{holders:?}");
    }
}

#[test]
fn a_cursor_goes_on_only_with_the_facts_that_its_read_began_with() {
    let asked = [("sync", None), ("held", Some("email")), ("get", Some("group"))];
    for (what, _) in asked {
        let next = |session: &mut Session<Counted>, cursor: Option<&str>| match what {
            "sync" => session.read(&[], cursor),
            "held" => session.held("email", "new@corp.example", cursor),
            _ => session.get("group", "g2", cursor),
        };
        for facts_of_first in [&staff()[..], &[]] {
            let (mut first, _) = session(company());
            if !facts_of_first.is_empty() {
                first.learn(facts_of_first).unwrap();
            }
            let mut cursor = next(&mut first, None).unwrap().next;
            while let Some(at) = cursor {
                let page = next(&mut first, Some(&at)).unwrap();
                for (facts_of_second, says) in [
                    (vec![], "with facts"),
                    (vec![facts("Staff", &["7@corp.example"])], "with other facts"),
                    (staff().to_vec(), ""),
                    // In other pieces and another order.
                    (staff().into_iter().rev().collect(), ""),
                ] {
                    let (mut second, sent) = session(company());
                    for piece in &facts_of_second {
                        second.learn(std::slice::from_ref(piece)).unwrap();
                    }
                    let before = sent.get();
                    let again = next(&mut second, Some(&at));
                    let says = match (facts_of_first.is_empty(), facts_of_second.is_empty()) {
                        (true, true) => "",
                        (true, false) => "without facts",
                        _ => says,
                    };
                    if says.is_empty() {
                        let again = again.unwrap();
                        assert_eq!((&again.grants, &again.next), (&page.grants, &page.next), "{what} {at}");
                        continue;
                    }
                    let error = again.unwrap_err();
                    assert_eq!(
                        (error.kind, sent.get()),
                        (ErrorKind::InvalidCursor, before),
                        "{what}: {error}"
                    );
                    assert_eq!(error.about.as_deref(), Some("cursor"));
                    assert!(error.message.contains(&format!("began {says} about")), "{error}");
                    let advises = error.message.contains("ive the same facts");
                    assert_eq!(advises, !facts_of_first.is_empty(), "{error}");
                    // Clients of the HTTP service read it too.
                    assert!(!error.message.contains("identities.learn"), "{error}");
                }
                cursor = page.next;
            }
        }
    }
}

#[test]
fn long_names_of_many_sources_count_for_the_length_of_a_page() {
    let mut account = company();
    let rule = json!({"okta": {"name": "Staff", "identity_provider_id": OKTA}});
    account.insert(
        "access/groups",
        (0..60).map(|n| json!({"id": format!("h{n}"), "include": [rule]})).collect(),
    );
    let (mut session, _) = session(account);
    let source = |n| GroupFacts { source: format!("{n:0100}"), ..facts("Staff", &["7@corp.example"]) };
    session.learn(&(0..1000).map(source).collect::<Vec<_>>()).unwrap();
    let pages = all(|cursor| session.read(&[], cursor));
    let lengths: Vec<usize> =
        pages.iter().map(|page| page.grants.iter().map(|grant| grant.extra.len()).sum()).collect();
    assert!(lengths.iter().sum::<usize>() > 6_000_000 && lengths.iter().all(|&length| length < 1_500_000));
}

#[test]
fn facts_that_change_are_for_the_reads_that_begin_after_them() {
    let (mut session, _) = session(company());
    let first = session.read(&[], None).unwrap().next;
    session.learn(&staff()).unwrap();
    let error = session.read(&[], first.as_deref()).unwrap_err();
    assert!(error.message.contains("began without facts"), "{error}");
    // The same facts once more change nothing.
    let first = session.read(&[], None).unwrap().next;
    session.learn(&staff()).unwrap();
    assert!(session.read(&[], first.as_deref()).is_ok());
}

#[test]
fn a_piece_is_bounded_and_a_wrong_one_leaves_everything_as_it_was() {
    let (mut session, sent) = session(company());
    let people = |count| {
        let all: Vec<String> = (0..count).map(|n| format!("{n}@corp.example")).collect();
        GroupFacts { addresses: all, ..facts("Staff", &[]) }
    };
    let error = session.learn(&[people(5000), people(5001)]).unwrap_err();
    assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::InvalidArgument, Some("facts")));
    assert!(error.message.contains("10,000") && sent.get() == 0, "{error}");
    session.learn(&staff()).unwrap();
    let cursor = session.read(&[], None).unwrap().next;
    let error = session.learn(&[people(3), facts("Staff", &["not an address"])]).unwrap_err();
    assert_eq!(error.about.as_deref(), Some("facts[1]"));
    assert!(session.read(&[], cursor.as_deref()).is_ok(), "its facts are the same");
    assert!(session.learn(&[people(10_000)]).is_ok());
    // The rules were read once.
    let read = sent.get();
    session.learn(&[people(9)]).unwrap();
    assert_eq!(sent.get(), read);
}
