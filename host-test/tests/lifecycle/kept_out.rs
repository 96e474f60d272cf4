//! Groups that only keep people out: whoever leaves stays in them, and they are no way in.

use crate::common::small_account::{account, domain, email, group};
use crate::ways::tells_who_comes_in;
use crate::{METHODS, Setup, id, into, planning, really, shown};
use connector_host::contract::lifecycle::{Certainty, Offboarding, Part};
use connector_host::contract::{ErrorKind, Status};
use host_test::mock::{AccessPolicy, Account, Application, Group};
use host_test::truth::{self, Entry, Visitor, log_in};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ANN: &str = "ann@corp.example";

fn of(group: &str) -> Value {
    json!({"group": {"id": group}})
}

fn everyone() -> Value {
    json!({"everyone": {}})
}

/// A group with Ann's address, and with others.
fn with_ann(id: &str) -> Group {
    group(id, json!({"include": [email(ANN), email("bob@corp.example")]}))
}

fn with_app(account: &mut Account, name: &str, policies: Vec<AccessPolicy>) {
    let app = Application::new(name, "self_hosted");
    let app =
        policies.into_iter().zip(1..).fold(app, |app, (policy, precedence)| app.with_own(policy, precedence));
    account.applications.push(app);
}

/// Whoever has the domain reaches three applications, but for those who left.
fn leavers() -> Account {
    let mut account = account([with_ann("a1"), with_ann("a2"), with_ann("a3")]);
    account.groups[0].name = "Leavers".to_owned();
    for app in ["Payroll", "Wiki"] {
        let staff = AccessPolicy::new(app, "allow", vec![domain("corp.example")]).excluding(vec![of("a1")]);
        with_app(&mut account, app, vec![staff]);
    }
    let deny = AccessPolicy::new("No leavers", "deny", vec![of("a1")]);
    with_app(&mut account, "Chat", vec![deny, AccessPolicy::new("All", "allow", vec![everyone()])]);
    let gives = AccessPolicy::new("Board", "allow", vec![of("a2")]);
    with_app(&mut account, "Board", vec![gives]);
    account
}

fn part<'o>(offboarding: &'o Offboarding, word: &str) -> &'o Part {
    offboarding.parts.iter().find(|part| part.word == word).unwrap()
}

/// The group's rules for Ann's own address.
fn own_rules(account: &Account, id: &str) -> usize {
    let group = account.groups.iter().find(|group| group.id == id).unwrap();
    group.include.iter().flatten().filter(|rule| **rule == email(ANN)).count()
}

#[tokio::test]
async fn whoever_leaves_stays_in_a_group_that_only_keeps_people_out() {
    for method in METHODS {
        for options in [planning(), really()] {
            let setup = Setup::new(leavers()).await;
            let mut session = setup.session(method).await;
            let done = session.offboard(&id(&format!("email:{ANN}")), &[], &options).await.unwrap();
            // It stands in its place among the parts.
            let words: Vec<&str> = done.parts.iter().take(3).map(|part| part.word.as_str()).collect();
            assert_eq!(words, ["group:a1", "group:a2", "group:a3"]);
            let outcome = part(&done, "group:a1").outcome.as_ref().unwrap();
            assert_eq!(outcome.status, Status::Unchanged);
            let detail = &outcome.detail;
            let mut names: Vec<&str> = detail.split('"').skip(3).step_by(2).collect();
            names.sort_unstable();
            assert_eq!(names, ["Chat", "Payroll", "Wiki"], "{detail}");
            let (begin, end) =
                ("The group \"Leavers\" is only there to keep people out of the applications \"", "\"");
            assert!(
                detail.starts_with(begin) && detail.ends_with(&format!("{end}: this person stays in it."))
            );
            let expected = if options.dry_run { Status::Planned } else { Status::Applied };
            for other in ["group:a2", "group:a3"] {
                assert_eq!(part(&done, other).outcome.as_ref().unwrap().status, expected, "{other}");
            }
            assert!(done.writes.iter().all(|write| shown(&write.on) != "group:a1"));
            let after = setup.mock.account();
            assert_eq!(own_rules(&after, "a1"), 1);
            assert_eq!(own_rules(&after, "a2"), usize::from(options.dry_run));
            for closed in ["group:a1", "group:a2", "group:a3"] {
                assert!(into(&done, closed).is_empty(), "{:#?}", done.remaining);
            }
            let leads_in = |certainty| !matches!(certainty, Certainty::Returning);
            assert!(!done.remaining.iter().any(|way| leads_in(way.certainty)), "{:#?}", done.remaining);
        }
    }
}

#[tokio::test]
async fn a_group_that_lets_in_and_keeps_out_is_a_way_and_the_refusal_says_what_to_do() {
    let mut account = leavers();
    with_app(&mut account, "Alumni", vec![AccessPolicy::new("Alumni", "allow", vec![of("a1")])]);
    let setup = Setup::new(account).await;
    let done = setup.offboard(&format!("email:{ANN}"), &[]).await;
    let error = part(&done, "group:a1").outcome.as_ref().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    let told = "once somebody has looked at that, provision.apply takes them out with allow-gains";
    assert!(error.message.contains(told), "{}", error.message);
    assert!(!error.message.contains("Allow gains"), "an offboarding has no such option: {}", error.message);
    assert_eq!(into(&done, "group:a1").len(), 1);
    assert_eq!(own_rules(&setup.mock.account(), "a1"), 1);
}

#[tokio::test]
async fn such_a_group_may_be_kept_by_name_too() {
    let setup = Setup::new(leavers()).await;
    let done = setup.offboard(&format!("email:{ANN}"), &["group:a1"]).await;
    assert!(done.parts.iter().all(|part| part.word != "group:a1"));
    assert!(into(&done, "group:a1").is_empty());
}

/// The uses of memberships in a group: each application or group by its id, and whether they give it.
type Uses = BTreeSet<(String, bool)>;

/// The uses of memberships in each group, read off its rules again and again until nothing is new.
fn uses(account: &Account) -> Vec<(String, Uses)> {
    let mut all: Vec<(String, Uses)> =
        account.groups.iter().map(|group| (group.id.clone(), Uses::new())).collect();
    let names = |rules: &Value, id: &str| rules.as_array().into_iter().flatten().any(|rule| *rule == of(id));
    let signs = |set: &Value, id: &str| -> Vec<bool> {
        let sections = [("include", true), ("require", true), ("exclude", false)];
        sections.into_iter().filter(|(name, _)| names(&set[name], id)).map(|(_, sign)| sign).collect()
    };
    loop {
        let before = all.clone();
        for (id, uses) in &mut all {
            for app in account.applications.iter().map(|app| account.whole_application_json(app)) {
                for policy in app["policies"].as_array().into_iter().flatten() {
                    let blocks = policy["decision"] == "deny";
                    let app = format!("app:{}", app["id"].as_str().unwrap());
                    uses.extend(signs(policy, id).into_iter().map(|sign| (app.clone(), sign != blocks)));
                }
            }
            for group in &account.groups {
                for sign in signs(&json!(group), id) {
                    uses.insert((format!("group:{}", group.id), sign));
                    let (_, behind) = before.iter().find(|(of, _)| *of == group.id).unwrap();
                    uses.extend(behind.iter().map(|(what, gives)| (what.clone(), *gives == sign)));
                }
            }
        }
        if all == before {
            return all;
        }
    }
}

/// The ids of the groups that keep people out, and give nothing.
fn keepers(account: &Account) -> BTreeSet<String> {
    let keeps = |(id, uses): &(String, Uses)| {
        let others: Vec<_> = uses.iter().filter(|(what, _)| *what != format!("group:{id}")).collect();
        let apps: Vec<_> = others.iter().filter(|(what, _)| what.starts_with("app:")).collect();
        match apps.is_empty() {
            true => !others.is_empty() && others.iter().all(|(_, gives)| !gives),
            false => apps.iter().all(|(_, gives)| !gives),
        }
    };
    uses(account).into_iter().filter(keeps).map(|(id, _)| id).collect()
}

/// An account with groups that name each other, and applications that name groups.
fn entangled(seed: u64) -> Account {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let count = rng.random_range(2..6);
    let ids: Vec<String> = (1..=count).map(|at| format!("a{at}")).collect();
    let mut some = |more: usize| -> Vec<Value> {
        let many = rng.random_range(0..=more);
        (0..many).map(|_| of(&ids[rng.random_range(0..ids.len())])).collect()
    };
    let mut groups = Vec::new();
    for at in &ids {
        let mut include = vec![email("bob@corp.example")];
        include.extend([email(ANN), domain("corp.example")].into_iter().filter(|_| !some(1).is_empty()));
        include.extend(some(1));
        let exclude: Vec<Value> = some(1);
        groups.push(group(at, json!({"include": include, "exclude": exclude, "require": []})));
    }
    let mut account = account(groups);
    for at in 0..1 + some(2).len() {
        let mut policies = Vec::new();
        for number in 0..1 + some(1).len() {
            let decision = if some(1).is_empty() { "allow" } else { "deny" };
            let name = format!("Policy {at} {number}");
            let mut include = some(2);
            if include.is_empty() {
                include.push(everyone());
            }
            policies.push(AccessPolicy::new(&name, decision, include).excluding(some(1)).requiring(some(1)));
        }
        with_app(&mut account, &format!("App {at}"), policies);
    }
    account
}

/// The ids of the applications that let Ann in.
fn let_in(account: &Account) -> BTreeSet<String> {
    let visitor = Visitor { address: ANN.to_owned(), ..Visitor::default() };
    let enters = |app: &&Application| log_in(&mut account.clone(), &app.id, &visitor) != Entry::Refused;
    account.applications.iter().filter(enters).map(|app| app.id.clone()).collect()
}

/// The ids of the groups that Ann is in as a user.
fn held(account: &Account) -> BTreeSet<String> {
    let grants = truth::account(account).grants;
    let of_ann = |id: &String| grants.contains_key(&format!("group:{id}:member:user:0a"));
    account.groups.iter().map(|group| group.id.clone()).filter(of_ann).collect()
}

#[tokio::test]
async fn in_any_account_exactly_the_groups_that_give_nothing_and_keep_out_are_kept() {
    let (mut kept, mut left, mut refused) = (0, 0, 0);
    for seed in 0..150 {
        let account = entangled(seed);
        let keepers = keepers(&account);
        let setup = Setup::new(account.clone()).await;
        let done = setup.offboard(&format!("email:{ANN}"), &[]).await;
        setup.mock.change(Account::finish_deletions);
        let after = setup.mock.account();
        let held_before = held(&account);
        for part in done.parts.iter().filter(|part| part.word.starts_with("group:")) {
            let id = part.word.split(':').nth(1).unwrap();
            let stays = keepers.contains(id) && held_before.contains(id);
            let told =
                part.outcome.as_ref().is_ok_and(|it| it.detail.contains("only there to keep people out of"));
            assert_eq!(told, stays, "{seed}: {part:?}");
            match &part.outcome {
                Ok(_) if stays => kept += 1,
                Ok(_) => left += 1,
                Err(_) => refused += 1,
            }
            if stays {
                assert_eq!(own_rules(&after, id), 1, "{seed}: {id}");
                // The rule alone gives nothing.
                let mut without = after.clone();
                let group = without.groups.iter_mut().find(|group| group.id == id).unwrap();
                group.include.as_mut().unwrap().retain(|rule| *rule != email(ANN));
                assert!(let_in(&after).is_subset(&let_in(&without)), "{seed}: {id} lets in");
            }
        }
        // In a circle of groups, only a login can decide, and that is told too.
        let told = |by_rules: bool| -> BTreeSet<String> {
            let ways = done.remaining.iter().filter(|way| way.by.is_some() || !by_rules);
            let into = ways.filter_map(|way| way.into.as_ref().filter(|into| into.kind == "group"));
            into.map(|into| into.id.clone()).collect()
        };
        // As a user she is shown where a domain alone names her.
        let shown = Account { users: account.users.clone(), ..after.clone() };
        let expected: BTreeSet<String> = held(&shown).difference(&keepers).cloned().collect();
        assert_eq!(told(true), expected, "{seed}: {:#?}", done.remaining);
        assert!(told(false).is_disjoint(&keepers), "{seed}: {:#?}", done.remaining);
        tells_who_comes_in(&done, &after, ANN);
    }
    assert!(kept > 20 && left > 20 && refused > 20, "{kept} kept, {left} left, {refused} refused");
}
