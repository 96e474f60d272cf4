//! Who can reach an application: the worked cases, and a small account in JSON for the other tests.

mod exposure;
mod identities;
mod order;
mod search;
mod tokens;

use super::*;
use crate::identities::{Facts, GroupFacts, ProviderGroup};
use crate::model::{Kind, ResourceId};
use crate::records;
use crate::rules::{Alternative, Held, Lists, Membership, RuleSet, Scratch, Standing, Subject};
use crate::sorted::Set;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::rc::Rc;

const ACCOUNT_ID: &str = "0123456789abcdef0123456789abcdef";

#[derive(Deserialize)]
struct Rules {
    id: String,
    #[serde(default)]
    include: Vec<Box<RawValue>>,
    #[serde(default)]
    exclude: Vec<Box<RawValue>>,
    #[serde(default)]
    require: Vec<Box<RawValue>>,
}

/// An account with some groups, lists, applications and facts.
struct Account {
    membership: Membership,
    applications: Applications,
}

fn rule_set(kind: Kind, rules: Rules) -> RuleSet {
    let sections = [rules.include, rules.exclude, rules.require];
    RuleSet::new(ResourceId::new(kind, rules.id), sections, ACCOUNT_ID)
}

/// Reads a policy of an application. Without a decision, it is an `allow`; without an include, its rules
/// aren't known.
fn policy(json: &Json) -> (Attached, Option<RuleSet>) {
    let attached = Attached {
        id: json["id"].as_str().unwrap().to_owned(),
        decision: Decision::parse(json["decision"].as_str().unwrap_or("allow")),
        precedence: json["precedence"].as_i64(),
        approval: (json["approval_required"] == true).then(|| json["approval_groups"].to_string()),
    };
    let rules = json.get("include").map(|_| {
        let rules = rule_set(Kind::Policy, serde_json::from_value(json.clone()).unwrap());
        if attached.decision == Decision::Allow { rules } else { rules.giving_nothing() }
    });
    (attached, rules)
}

fn texts(json: &Json) -> Vec<String> {
    serde_json::from_value(json.clone()).unwrap()
}

impl Account {
    /// Builds an account of `groups`, `lists`, `identity_providers`, `apps` and `facts`, in the form of the
    /// worked cases.
    fn new(json: &Json) -> Self {
        Self::with(json, |facts, sets| facts.learn(&wanted(sets), &told_facts(json)).unwrap())
    }

    /// Builds an account, and lets somebody tell the facts about the groups that its rules name.
    fn with(json: &Json, tell: impl FnOnce(&mut Facts, &[RuleSet])) -> Self {
        let none = Vec::new();
        let list = |field: &str| json[field].as_array().unwrap_or(&none).clone();
        let of_group = |group| rule_set(Kind::Group, serde_json::from_value(group).unwrap());
        let mut sets: Vec<RuleSet> = list("groups").into_iter().map(of_group).collect();
        let mut applications = Vec::new();
        for (at, app) in list("apps").iter().enumerate() {
            let policies = app["policies"].as_array().map(|policies| {
                let read = policies.iter().map(policy).map(|(attached, rules)| {
                    sets.extend(rules);
                    attached
                });
                read.collect::<Vec<_>>()
            });
            applications.push(Application {
                id: app["id"].as_str().map_or(format!("app-{at:03}"), str::to_owned),
                gate: Gate::of(app["type"].as_str().unwrap_or("self_hosted"), policies.as_deref()),
                policies,
                allowed_idps: app.get("allowed_idps").map(texts).unwrap_or_default(),
            });
        }
        let lists = json["lists"].as_object().into_iter().flatten().map(|(id, items)| {
            let items = (!items.is_null()).then(|| texts(items).into_iter().collect());
            (id.clone(), items)
        });
        let mut facts = Facts::default();
        tell(&mut facts, &sets);
        let membership = Membership::new(sets, lists.collect(), Rc::new(facts));
        let providers = json.get("identity_providers").map(|ids| texts(ids).into_iter().collect());
        let applications = Applications::new(applications, providers, &membership);
        Self { membership, applications }
    }

    /// Returns the access of a subject to all applications, found by asking for each.
    fn access(&self, subject: Subject<'_>) -> Vec<Told> {
        let mut scratch = Scratch::default();
        let evaluation = self.membership.evaluate(subject, [], &mut scratch);
        let places = 0..self.applications.all().len();
        places.filter_map(|place| self.applications.access(place, &evaluation)).map(Told::of).collect()
    }

    /// Returns what a subject holds of groups.
    fn groups(&self, subject: Subject<'_>) -> Vec<Told> {
        self.membership.of(subject, &mut Scratch::default()).into_iter().map(Told::of_group).collect()
    }

    /// Returns the application's words for a person's access: its ids, and how firm the access is.
    fn held_by(&self, address: &str) -> Vec<String> {
        self.access(person(address)).into_iter().map(|told| format!("{} {}", told.id, told.grant())).collect()
    }

    fn warnings(&self) -> Vec<(&'static str, &str, bool)> {
        let warnings = self.applications.warnings().iter();
        warnings.map(|it| (it.code.word(), it.message.as_str(), it.incomplete)).collect()
    }

    fn extra(&self, place: usize) -> Json {
        serde_json::from_str(&self.applications.extra(place, &self.membership)).unwrap()
    }
}

fn person(address: &str) -> Subject<'_> {
    Subject::Person { address: Some(address), standing: Standing::None }
}

/// An access in JSON.
#[derive(Debug, PartialEq)]
struct Told {
    id: String,
    slug: &'static str,
    /// Policy, rule and value. Of a group, the policy is empty.
    basis: Vec<[String; 3]>,
    alternatives: Json,
    revocable: bool,
    extra: Json,
}

impl Told {
    fn of(access: Access<'_>) -> Self {
        let words = |through: &Through<'_>| [through.policy, through.rule, through.value].map(str::to_owned);
        let grant = records::app::grant(&ResourceId::new(Kind::User, "u"), &access);
        Self {
            id: access.id.to_owned(),
            slug: access.slug,
            basis: access.basis.iter().map(words).collect(),
            alternatives: access.alternatives.iter().map(alternative).collect(),
            revocable: grant.revocable,
            extra: serde_json::from_str(&grant.extra).unwrap(),
        }
    }

    fn of_group(held: Held<'_>) -> Self {
        let words = |&(rule, value): &(&str, &str)| ["", rule, value].map(str::to_owned);
        let grant = records::group::grant(&ResourceId::new(Kind::User, "u"), &held);
        Self {
            id: held.resource.id.clone(),
            slug: "member",
            basis: held.basis.iter().map(words).collect(),
            alternatives: held.conditions.iter().map(alternative).collect(),
            revocable: grant.revocable,
            extra: serde_json::from_str(&grant.extra).unwrap(),
        }
    }

    fn grant(&self) -> &'static str {
        if self.alternatives == json!([]) { "certain" } else { "conditional" }
    }
}

fn alternative(it: &Alternative<'_>) -> Json {
    let raw = |rules: &[std::borrow::Cow<'_, str>]| -> Vec<Json> {
        rules.iter().map(|rule| serde_json::from_str(rule).unwrap()).collect()
    };
    let (any_of, all_of, none_of) = (raw(&it.any_of), raw(&it.all_of), raw(&it.none_of));
    json!({"any_of": any_of, "all_of": all_of, "none_of": none_of})
}

/// Returns the groups of identity providers that rules name, in their normal form.
fn wanted(sets: &[RuleSet]) -> Set<ProviderGroup> {
    sets.iter().flat_map(RuleSet::provider_groups).map(ProviderGroup::normal).collect()
}

/// Reads the `facts` of an account.
fn told_facts(json: &Json) -> Vec<GroupFacts> {
    let text = |json: &Json| json.as_str().map(str::to_owned);
    let of_group = |fact: &Json| GroupFacts {
        provider: text(&fact["provider"]).unwrap(),
        group: text(&fact["group"]).unwrap(),
        addresses: texts(&fact["addresses"]),
        source: text(&fact["source"]).unwrap(),
        as_of: text(&fact["as_of"]),
    };
    json["facts"].as_array().into_iter().flatten().map(of_group).collect()
}

#[derive(Deserialize)]
struct Principal {
    kind: String,
    email: Option<String>,
    #[serde(default)]
    id: String,
    status: Option<String>,
    valid: Option<bool>,
}

impl Principal {
    /// Returns the subject; none of a token that is disabled or expired, because nobody asks for it.
    fn subject(&self) -> Option<Subject<'_>> {
        let standing = match (self.kind.as_str(), self.status.as_deref()) {
            ("member", Some("accepted")) => Standing::Accepted,
            ("member", Some("rejected")) => Standing::Rejected,
            _ => Standing::None,
        };
        match self.kind.as_str() {
            "service-token" => (self.valid != Some(false)).then_some(Subject::Token(&self.id)),
            _ => Some(Subject::Person { address: self.email.as_deref(), standing }),
        }
    }
}

#[test]
fn the_worked_cases() {
    let cases: Json = serde_json::from_str(include_str!("apps.json")).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    assert!(cases.len() >= 65, "the file lost its cases");
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let mut account = case.clone();
        account["apps"] = json!([case["app"]]);
        let account = Account::new(&account);
        let principal: Principal = serde_json::from_value(case["principal"].clone()).unwrap();
        let access = principal.subject().map(|subject| account.access(subject)).unwrap_or_default();
        let expected = &case["expect"];
        let grant = match (access.first(), &expected["grant"]) {
            (Some(access), _) => access.grant(),
            (None, undecided) if undecided == "undecided" => {
                let warned =
                    |&(code, _, incomplete): &(&str, &str, bool)| code == "app-not-understood" && incomplete;
                assert!(account.warnings().iter().any(warned), "{name}");
                "undecided"
            }
            (None, _) => "none",
        };
        assert_eq!(expected["grant"], grant, "{name}");
        let Some(access) = access.first() else { continue };
        let basis: Vec<Json> =
            access.basis.iter().map(|[policy, rule, _]| json!({"policy": policy, "rule": rule})).collect();
        assert_eq!(Json::Array(basis), expected["basis"], "{name}");
        let alternatives = expected.get("alternatives").cloned().unwrap_or(json!([]));
        assert_eq!(access.alternatives, alternatives, "{name}");
    }
}

/// Groups the words for what people hold by people.
fn told(account: &Account, people: &[&str]) -> BTreeMap<String, Vec<String>> {
    people.iter().map(|&address| (address.to_owned(), account.held_by(address))).collect()
}
