//! An offboarding never says that someone is out who can still come in: its ways are compared with what
//! applications do with a visitor.

use crate::common::small_account::{ACCOUNT, account, domain, email, group, include, okta};
use crate::{PRIYA, Setup, accounts, planning, really};
use connector_host::contract::lifecycle::{Certainty, Offboarding};
use host_test::mock::{AccessPolicy, Account, Application, Effect, Fault};
use host_test::truth::{Entry, Visitor, log_in};
use serde_json::{Value, json};

/// The place of a certainty in the order of a report.
fn rank(certainty: Certainty) -> u8 {
    certainty as u8
}

/// The kinds of rules that an address decides, or a token.
const OF_NO_LOGIN: [&str; 8] = [
    "email",
    "email_domain",
    "email_list",
    "everyone",
    "group",
    "service_token",
    "any_valid_service_token",
    "cloudflare_account_member",
];

/// All rules of groups and policies that only a login decides.
fn rules(account: &Account) -> Vec<Value> {
    let groups = account.groups.iter().flat_map(|group| [&group.include, &group.require, &group.exclude]);
    let mut rules: Vec<Value> = groups.flatten().flatten().cloned().collect();
    for app in &account.applications {
        let app = account.whole_application_json(app);
        for policy in app["policies"].as_array().into_iter().flatten() {
            for section in ["include", "require", "exclude"] {
                rules.extend(policy[section].as_array().into_iter().flatten().cloned());
            }
        }
    }
    let is_of_login = |rule: &Value| {
        let mut kinds = rule.as_object().into_iter().flat_map(|rule| rule.keys());
        kinds.all(|kind| !OF_NO_LOGIN.contains(&kind.as_str()))
    };
    rules.retain(is_of_login);
    rules
}

/// Visitors with one address: who meets no rule of a login, each one alone, and all.
fn visitors(account: &Account, address: &str) -> Vec<Visitor> {
    let rules = rules(account);
    let mut shown = vec![Vec::new(), rules.clone()];
    shown.extend(rules.into_iter().map(|rule| vec![rule]));
    let providers = account.identity_providers.iter().map(|provider| provider.id.clone());
    let providers: Vec<String> = providers.chain([String::new()]).collect();
    let mut visitors = Vec::new();
    for meets in shown {
        for provider in &providers {
            let (address, provider, meets) = (address.to_owned(), provider.clone(), meets.clone());
            visitors.push(Visitor { address, provider, meets, is_approved: true });
        }
    }
    visitors
}

/// Compares the ways with what each application does with each visitor.
pub fn tells_who_comes_in(offboarding: &Offboarding, account: &Account, address: &str) {
    let gap =
        offboarding.remaining.iter().any(|way| way.certainty == Certainty::NotKnown && way.into.is_none());
    for app in &account.applications {
        let ways: Vec<Certainty> = offboarding
            .remaining
            .iter()
            .filter(|way| way.into.as_ref().is_some_and(|into| into.id == app.id))
            .map(|way| way.certainty)
            .collect();
        let mut entries = Vec::new();
        for visitor in visitors(account, address) {
            let entry = log_in(&mut account.clone(), &app.id, &visitor);
            match entry {
                Entry::Refused => {}
                Entry::Open => assert!(gap || !ways.is_empty(), "{:?}: {visitor:?}", app.name),
                Entry::LetIn { .. } => {
                    let tells = ways.iter().any(|certainty| rank(*certainty) < rank(Certainty::Open));
                    assert!(gap || tells, "{:?} lets {visitor:?} in: {ways:?}", app.name);
                }
            }
            entries.push(entry);
        }
        let always = entries.iter().all(|entry| *entry != Entry::Refused);
        assert!(always || !ways.contains(&Certainty::Certain), "{:?}: it isn't certain", app.name);
    }
}

#[tokio::test]
async fn whoever_can_still_come_in_is_told_of_each_application() {
    let account = Account::company();
    let mut addresses: Vec<String> =
        account.users.iter().filter_map(|user| user.email.clone()).take(6).collect();
    addresses.push(PRIYA.to_owned());
    addresses.push("stranger@elsewhere.example".to_owned());
    for address in addresses {
        let setup = Setup::new(account.clone()).await;
        let person = format!("email:{address}");
        let planned = setup.try_offboard(&person, &[], &planning()).await.unwrap();
        let done = setup.try_offboard(&person, &[], &really()).await.unwrap();
        assert_eq!(format!("{:?}", planned.remaining), format!("{:?}", done.remaining), "{address}");
        setup.mock.change(Account::finish_deletions);
        tells_who_comes_in(&done, &setup.mock.account(), &address);
        let order: Vec<u8> = done.remaining.iter().map(|way| rank(way.certainty)).collect();
        assert!(order.is_sorted(), "what isn't known first, then from the surest: {order:?}");
    }
}

#[tokio::test]
async fn a_rule_for_the_address_in_a_policy_is_a_way_that_stays() {
    let mut account = Account::company();
    let own = AccessPolicy::new("Own", "allow", vec![json!({"email": {"email": PRIYA}})]);
    let app = Application::new("Vault", "self_hosted").with_own(own, 1);
    let id = app.id.clone();
    account.applications.push(app);
    let setup = Setup::new(account).await;
    let offboarding = setup.offboard(&format!("email:{PRIYA}"), &[]).await;
    let ways = crate::into(&offboarding, &format!("app:{id}"));
    assert_eq!((ways.len(), ways[0].certainty), (1, Certainty::Certain));
    assert!(ways[0].detail.contains(&format!("the rule email {PRIYA} in the policy")), "{}", ways[0].detail);
    let grant = ways[0].by.as_ref().unwrap();
    assert_eq!((grant.principals[0].kind.as_str(), grant.principals[0].id.as_str()), ("email", PRIYA));
}

#[tokio::test]
async fn what_cannot_be_read_is_a_way_that_nobody_can_exclude_and_comes_first() {
    let account = Account::company();
    let denied = || Effect::Status { status: 403, code: 10000, message: "no".into(), headers: Vec::new() };
    for list in ["access/users", "members", "access/groups", "access/apps", "iam/user_groups"] {
        let setup = Setup::new(account.clone()).await;
        setup.mock.inject(Fault::on("GET", list, denied()));
        let offboarding = setup.offboard(&format!("email:{PRIYA}"), &["member"]).await;
        let first = &offboarding.remaining[0];
        assert_eq!(first.certainty, Certainty::NotKnown, "{list}: {:#?}", offboarding.remaining);
    }
}

#[tokio::test]
async fn administrators_in_no_list_may_be_the_person() {
    let mut account = Account::company();
    account.managed_by = Some(json!({"parent_org_id": "o1", "parent_org_name": "Acme"}));
    let setup = Setup::new(account).await;
    let offboarding = setup.offboard(&format!("email:{PRIYA}"), &[]).await;
    assert!(offboarding.remaining[0].detail.contains("Acme"), "{:?}", offboarding.remaining[0]);
}

#[tokio::test]
async fn what_fails_is_a_way_that_remains() {
    let account = Account::company();
    let (_, Some(member)) = accounts(&account, PRIYA) else { panic!() };
    for (method, route) in [("PUT", "access/groups/{id}"), ("DELETE", "members/{id}")] {
        let setup = Setup::new(account.clone()).await;
        let effect = Effect::Status { status: 400, code: 9999, message: "no".into(), headers: Vec::new() };
        setup.mock.inject(Fault::on(method, route, effect).carried_out(false));
        let offboarding = setup.offboard(&format!("email:{PRIYA}"), &[]).await;
        let failed: Vec<&str> = offboarding
            .parts
            .iter()
            .filter(|part| part.outcome.is_err())
            .map(|part| part.word.as_str())
            .collect();
        assert!(!failed.is_empty());
        for word in failed {
            assert_eq!(crate::into(&offboarding, word).len(), 1, "{word}: {:#?}", offboarding.remaining);
        }
        assert_eq!(setup.mock.account().members.iter().any(|it| it.id == member), method == "DELETE");
        setup.mock.change(Account::finish_deletions);
        tells_who_comes_in(&offboarding, &setup.mock.account(), PRIYA);
    }
}

/// The account of Ann, with groups and applications that let her in each in another way.
fn every_way() -> Account {
    let list = json!({"email_list": {"id": "11"}});
    let member = json!({"cloudflare_account_member": {"account_id": ACCOUNT}});
    let mut account = account([
        group("a1", json!({"include": [email("ann@corp.example"), email("bob@corp.example")]})),
        group("a2", json!({"include": [domain("corp.example")]})),
        group("a3", json!({"include": [{"group": {"id": "a2"}}]})),
        group("a4", json!({"include": [list]})),
        group("a5", json!({"include": [okta()]})),
        group("a6", json!({"include": [{"everyone": {}}]})),
        group("a7", json!({"include": [member]})),
        group("a8", json!({"include": [email("ann@corp.example")]})),
        group("a9", json!({"include": [domain("elsewhere.example")]})),
    ]);
    include(&mut account, "a9").push(email("bob@corp.example"));
    for (id, decision, rule) in [
        ("b1", "allow", json!({"group": {"id": "a1"}})),
        ("b3", "allow", json!({"group": {"id": "a3"}})),
        ("b5", "allow", okta()),
        ("b6", "bypass", json!({"everyone": {}})),
        ("b7", "bypass", json!({"ip": {"ip": "10.0.0.0/8"}})),
        ("b9", "allow", json!({"group": {"id": "a9"}})),
    ] {
        let policy = AccessPolicy::new(&format!("Policy of {id}"), decision, vec![rule]);
        let app = Application::new(&format!("App {id}"), "self_hosted").with_own(policy, 1);
        account.applications.push(Application { id: id.to_owned(), ..app });
    }
    account
}

#[tokio::test]
async fn each_kind_of_way_is_told_with_what_closes_it() {
    let setup = Setup::new(every_way()).await;
    let offboarding = setup.offboard("email:ann@corp.example", &[]).await;
    let told: Vec<(Certainty, String)> = offboarding
        .remaining
        .iter()
        .filter_map(|way| Some((way.certainty, crate::shown(way.into.as_ref()?))))
        .filter(|(certainty, _)| *certainty != Certainty::Returning)
        .collect();
    let expected: Vec<(Certainty, String)> = [
        // Those that name her come first.
        (Certainty::Certain, "group:a4"),
        // Without the rule, the include would be empty.
        (Certainty::Certain, "group:a8"),
        (Certainty::Certain, "group:a2"),
        (Certainty::Certain, "group:a3"),
        (Certainty::Certain, "group:a6"),
        (Certainty::Certain, "app:b3"),
        (Certainty::Conditional, "group:a5"),
        (Certainty::Conditional, "app:b5"),
        (Certainty::Open, "app:b6"),
        (Certainty::Open, "app:b7"),
    ]
    .map(|(certainty, id)| (certainty, id.to_owned()))
    .into();
    assert_eq!(told, expected, "{:#?}", offboarding.remaining);
    for (id, text) in [
        ("group:a2", "the rule email_domain corp.example"),
        ("group:a3", "through group:a2 (\"Group a2\")"),
        ("group:a4", "the rule email_list 11"),
        ("group:a4", "Take the address off the list: its rule lets in others too."),
        ("group:a6", "A rule that names nobody lets in others too."),
        ("group:a6", "the rule everyone"),
        ("group:a8", "the rule email ann@corp.example"),
        ("group:a5", "takes in whoever matches this at a login: the Okta group"),
        ("app:b3", "Change this in Cloudflare's dashboard: the rule email_domain corp.example of group:a2"),
        ("app:b3", "of group:a2 (\"Group a2\"). A rule that names nobody lets in others too."),
        ("app:b5", "through policy:"),
        ("app:b6", "is public: everybody reaches it without a login"),
        ("app:b7", "without a login"),
    ] {
        let detail = &crate::into(&offboarding, id)[0].detail;
        assert!(detail.contains(text), "{id}: {detail}");
    }
    // A group that only members are in has nobody who isn't one.
    let kept = Setup::new(every_way()).await.offboard("email:ann@corp.example", &["member"]).await;
    assert_eq!(crate::into(&kept, "group:a7")[0].certainty, Certainty::Conditional);
    let member = crate::into(&kept, "member:1a")[0];
    let held = r#"role:d1:assigned ("DNS"), role:d2:assigned ("Billing")"#;
    assert!(member.detail.contains(held), "{}", member.detail);
}
