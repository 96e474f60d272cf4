//! The search for applications, which starts from what holds for everybody, and an independent fold,
//! which asks each sentence of each policy.

use super::*;
use crate::rules::{DirectRule, Evaluation, Value};
use std::collections::BTreeSet;

const GROUPS: usize = 4;
const APPS: usize = 7;
const PEOPLE: [&str; 4] =
    ["ann@corp.example", "bob@corp.example", "eve@else.example", "nobody@nowhere.example"];

/// Numbers that are the same in every run.
pub(super) struct Random(pub u64);

impl Random {
    pub fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % below
    }

    pub fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn rule(&mut self) -> Json {
        match self.below(14) {
            0 | 1 => json!({"email": {"email": PEOPLE[self.below(3)]}}),
            2 => json!({"email_domain": {"domain": "corp.example"}}),
            3 => json!({"everyone": {}}),
            4 => json!({"cloudflare_account_member": {}}),
            5 => json!({"ip": {"ip": "203.0.113.0/24"}}),
            6 => json!({"email_list": {"id": "guests"}}),
            7 => json!({"okta": {"name": "Eng", "identity_provider_id": "i"}}),
            8 => json!({"service_token": {"token_id": "t1"}}),
            9 => json!({"any_valid_service_token": {}}),
            10 => json!({"email": {"email": "bob@corp.example; ann@corp.example"}}),
            _ => json!({"group": {"id": format!("g{}", self.below(GROUPS + 1))}}),
        }
    }

    fn rules(&mut self, id: &str) -> Json {
        let mut rules = json!({"id": id, "include": [self.rule(), self.rule()]});
        for section in ["exclude", "require"] {
            if self.one_in(4) {
                rules[section] = json!([self.rule()]);
            }
        }
        rules
    }

    fn account(&mut self) -> Json {
        let groups: Vec<Json> = (0..GROUPS).map(|at| self.rules(&format!("g{at}"))).collect();
        let policies: Vec<Json> = (0..10)
            .map(|at| {
                let mut policy = self.rules(&format!("p{at}"));
                let decisions = ["allow", "allow", "allow", "deny", "non_identity", "bypass", "quarantine"];
                let most = if self.one_in(4) { 7 } else { 5 };
                policy["decision"] = json!(decisions[self.below(most)]);
                policy["approval_required"] = json!(self.one_in(5));
                policy["approval_groups"] = json!([]);
                if self.one_in(15) {
                    policy.as_object_mut().unwrap().remove("include");
                }
                policy
            })
            .collect();
        let apps: Vec<Json> = (0..APPS)
            .map(|_| {
                let attached: Vec<Json> = (0..self.below(5))
                    .map(|_| {
                        let mut policy = policies[self.below(policies.len())].clone();
                        policy["precedence"] = if self.one_in(3) { Json::Null } else { json!(self.below(4)) };
                        policy
                    })
                    .collect();
                let allowed = if self.one_in(4) { json!(["okta"]) } else { json!([]) };
                json!({"policies": attached, "allowed_idps": allowed})
            })
            .collect();
        json!({"groups": groups, "apps": apps, "lists": {"guests": ["eve@else.example"]},
            "identity_providers": ["okta", "otp"]})
    }
}

pub(super) fn subjects() -> Vec<Subject<'static>> {
    let standings = [Standing::None, Standing::Accepted, Standing::Rejected];
    let addresses = PEOPLE.into_iter().map(Some).chain([None]);
    let people =
        addresses.flat_map(|address| standings.map(|standing| Subject::Person { address, standing }));
    people.chain([Subject::Token("t1"), Subject::Token("t2"), Subject::Nobody]).collect()
}

/// Returns what a subject has access to, by the value of each policy, and by nothing else: whether each
/// policy is reached is asked anew.
fn folded(
    account: &Account,
    app: &Json,
    evaluation: &Evaluation<'_, '_>,
) -> Option<(BTreeSet<String>, Json)> {
    let mut policies: Vec<&Json> = app["policies"].as_array().unwrap().iter().collect();
    policies.sort_by_key(|policy| policy["precedence"].as_i64().unwrap_or(i64::MAX));
    let is_token = matches!(evaluation.subject(), Subject::Token(_));
    let place = |policy: &Json| account.membership.place_of_policy(policy["id"].as_str().unwrap());
    let value = |policy: &Json| place(policy).map_or(Value::Open, |place| evaluation.value(place));
    let decision = |policy: &Json| match place(policy) {
        Some(_) => policy["decision"].as_str().unwrap().to_owned(),
        None => "unread".to_owned(),
    };
    let asks = |policy: &Json| policy["approval_required"] == true;
    let blocks = |policy: &&&Json| decision(policy) == "deny" || decision(policy) == "allow" && asks(policy);
    let (mut named, mut ways) = (BTreeSet::new(), Vec::new());
    for (at, policy) in policies.iter().enumerate() {
        let before = &policies[..at];
        let is_unknown = !["allow", "deny", "bypass", "non_identity"].contains(&decision(policy).as_str());
        if is_unknown && !is_token && value(policy) != Value::No {
            let decides =
                |it: &&Json| ["allow", "deny"].contains(&decision(it).as_str()) && value(it) == Value::Yes;
            if !before.iter().any(decides) {
                return None;
            }
        }
        let wanted = if is_token { "non_identity" } else { "allow" };
        if decision(policy) != wanted || value(policy) == Value::No {
            continue;
        }
        let blockers: Vec<&&Json> = before.iter().filter(|_| !is_token).filter(blocks).collect();
        if blockers.iter().any(|it| value(it) == Value::Yes) {
            continue;
        }
        let place = place(policy).unwrap();
        if evaluation.is_named(place) {
            named.insert(policy["id"].as_str().unwrap().to_owned());
        }
        let open = blockers.iter().filter(|it| value(it) == Value::Open).map(|it| &it["id"]);
        let has_gate = !is_token && app["allowed_idps"] != json!([]);
        ways.push(json!([value(policy) == Value::Open, has_gate, asks(policy), open.collect::<Vec<_>>()]));
    }
    if ways.contains(&json!([false, false, false, []])) {
        ways.clear();
    }
    (!named.is_empty()).then_some((named, Json::Array(ways)))
}

/// Puts an access into the form of [`folded`].
fn told_as_folded(access: &Told) -> (BTreeSet<String>, Json) {
    let ways = access.alternatives.as_array().unwrap().iter().map(|way| {
        let of = |list: &str, key: &str| -> Vec<Json> {
            let rules = way[list].as_array().unwrap().iter();
            rules.filter(|rule| rule.get(key).is_some()).cloned().collect()
        };
        let before: Vec<Json> =
            of("none_of", "policy").iter().map(|rule| rule["policy"]["id"].clone()).collect();
        let added =
            of("all_of", "allowed_idps").len() + of("all_of", "approval_required").len() + before.len();
        let all: usize =
            ["any_of", "all_of", "none_of"].iter().map(|list| way[list].as_array().unwrap().len()).sum();
        json!([
            all > added,
            !of("all_of", "allowed_idps").is_empty(),
            !of("all_of", "approval_required").is_empty(),
            before
        ])
    });
    (access.basis.iter().map(|[policy, ..]| policy.clone()).collect(), ways.collect())
}

#[test]
fn the_search_gives_what_asking_for_every_application_gives() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let (mut pairs, mut held, mut candidates, mut conditional) = (0, 0, 0, 0);
    let mut search = Search::default();
    let mut scratch = Scratch::default();
    for _ in 0..250 {
        let made = random.account();
        let account = Account::new(&made);
        let places = account.membership.places();
        for subject in subjects() {
            let assumed: Vec<(usize, DirectRule)> = (0..random.below(3))
                .map(|_| (random.below(GROUPS), [DirectRule::Removed, DirectRule::Added][random.below(2)]))
                .collect();
            let evaluation = account.membership.evaluate(subject, assumed.clone(), &mut scratch);
            let found = account.applications.candidates(&evaluation, &mut search);
            assert!(found.is_sorted_by(|a, b| a < b));
            let searched: Vec<Told> = found
                .iter()
                .filter_map(|&place| account.applications.access(place, &evaluation))
                .map(Told::of)
                .collect();
            candidates += found.len();

            // Every set is touched, so that everything is solved anew.
            let mut thorough: Vec<_> = (0..places).map(|place| (place, DirectRule::AsIs)).collect();
            thorough.extend(assumed);
            let mut fresh = Scratch::default();
            let evaluation = account.membership.evaluate(subject, thorough, &mut fresh);
            let asked = (0..APPS).filter_map(|place| account.applications.access(place, &evaluation));
            assert_eq!(searched, asked.map(Told::of).collect::<Vec<_>>(), "{subject:?} of {made}");
            for place in 0..APPS {
                let access = account.applications.access(place, &evaluation).map(Told::of);
                let expected = folded(&account, &made["apps"][place], &evaluation);
                assert_eq!(access.as_ref().map(told_as_folded), expected, "{place}, {subject:?} of {made}");
                let value = account.applications.value(place, &evaluation);
                let grant = access.as_ref().map(Told::grant);
                let expected = match value {
                    Value::No => None,
                    Value::Open => Some("conditional"),
                    Value::Yes => Some("certain"),
                };
                assert_eq!(grant, expected);
                (pairs, held) = (pairs + 1, held + usize::from(access.is_some()));
                conditional += usize::from(grant == Some("conditional"));
            }
        }
    }
    assert!(held > pairs / 10 && held < pairs / 2, "{held} of {pairs}");
    assert!(conditional > held / 5 && conditional < held, "{conditional} of {held}");
    assert!(candidates < pairs * 3 / 4, "{candidates} of {pairs}");
}

/// Those whom no rule of an application names cost nothing: they aren't even asked for.
#[test]
fn who_is_named_nowhere_has_only_what_everybody_has() {
    let mut apps: Vec<Json> = (0..200)
        .map(|at| {
            json!({"policies": [{"id": format!("p{at}"), "include": [
            {"email": {"email": format!("p{at}@corp.example")}}, {"group": {"id": "staff"}}]}]})
        })
        .collect();
    apps.push(json!({"id": "wiki", "policies": [{"id": "all", "include": [{"everyone": {}}]}]}));
    let account = Account::new(&json!({
        "groups": [{"id": "staff", "include": [{"email_domain": {"domain": "staff.example"}}]}],
        "apps": apps,
    }));
    let (mut scratch, mut search) = (Scratch::default(), Search::default());
    let mut count = |subject| {
        let evaluation = account.membership.evaluate(subject, [], &mut scratch);
        account.applications.candidates(&evaluation, &mut search).len()
    };
    assert_eq!(count(person("eve@else.example")), 1);
    assert_eq!(count(person("p7@corp.example")), 2);
    assert_eq!(count(person("ann@staff.example")), 201);
    assert_eq!(count(Subject::Token("t")), 0);
    assert_eq!(count(Subject::Nobody), 201);
}

/// A change of a group is judged by applications that are prepared again for what becomes of it.
#[test]
fn applications_follow_another_version_of_a_group() {
    let mut account = Account::new(&json!({
        "groups": [{"id": "g", "include": [{"email": {"email": "ann@corp.example"}}]}],
        "apps": [{"id": "a", "policies": [{"id": "p", "include": [{"group": {"id": "g"}}]}]},
            {"id": "b", "policies": [{"id": "q", "include": [{"group": {"id": "new"}}]}]}],
    }));
    assert_eq!(account.held_by("ann@corp.example"), ["a certain"]);
    assert!(account.held_by("bob@corp.example").is_empty());
    let group = |id: &str, rules: Json| {
        rule_set(Kind::Group, serde_json::from_value(json!({"id": id, "include": rules})).unwrap())
    };
    let sets = vec![
        group("g", json!([{"email": {"email": "bob@corp.example"}}])),
        group("f", json!([{"everyone": {}}])),
        group("new", json!([{"everyone": {}}])),
    ];
    account.membership = account.membership.with(sets, Lists::default());
    account.applications.bind(&account.membership);
    assert_eq!(account.held_by("ann@corp.example"), ["b certain"]);
    assert_eq!(account.held_by("bob@corp.example"), ["a certain", "b certain"]);

    // The person's own rule in a group is taken or added, as a planned change does.
    let place = account.membership.place_of("g").unwrap();
    let held = |address, rule| {
        let mut scratch = Scratch::default();
        let evaluation = account.membership.evaluate(person(address), [(place, rule)], &mut scratch);
        account.applications.value(0, &evaluation)
    };
    assert_eq!(held("bob@corp.example", DirectRule::Removed), Value::No);
    assert_eq!(held("eve@corp.example", DirectRule::Added), Value::Yes);
}

#[test]
fn subjects_with_the_same_reason_share_it() {
    let account = Account::new(&json!({"apps": [{"policies": [
        {"id": "p", "include": [{"email_domain": {"domain": "corp.example"}}],
            "require": [{"certificate": {}}]},
        {"id": "q", "include": [{"email": {"email": "bob@corp.example"}}]},
    ]}]}));
    let reason = |address: &'static str| {
        let mut scratch = Scratch::default();
        let evaluation = account.membership.evaluate(person(address), [], &mut scratch);
        let mut why = Why::default();
        account.applications.reason(0, &evaluation, &mut why).then_some(why)
    };
    let [ann, bob, cid] = ["ann@corp.example", "bob@corp.example", "cid@corp.example"].map(reason);
    assert_eq!(ann, cid);
    assert!(ann != bob && !ann.unwrap().is_own && bob.unwrap().is_own);
    assert_eq!(reason("eve@else.example"), None);
}
