//! Who can reach an application: the worked cases, and a small account in JSON for the other tests.

mod exposure;
mod order;
mod search;
mod tokens;

use super::*;
use crate::model::{Kind, ResourceId};
use crate::rules::{Alternative, Lists, Membership, RuleSet, Scratch, Standing, Subject};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

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

/// An account with some groups, lists and applications.
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
    /// Builds an account of `groups`, `lists`, `identity_providers` and `apps`, in the form of the worked
    /// cases.
    fn new(json: &Json) -> Self {
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
        let membership = Membership::new(sets, lists.collect());
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
    /// Policy, rule and value.
    basis: Vec<[String; 3]>,
    alternatives: Json,
}

impl Told {
    fn of(access: Access<'_>) -> Self {
        let words = |through: &Through<'_>| [through.policy, through.rule, through.value].map(str::to_owned);
        let raw = |rules: &[std::borrow::Cow<'_, str>]| -> Vec<Json> {
            rules.iter().map(|rule| serde_json::from_str(rule).unwrap()).collect()
        };
        let alternative = |it: &Alternative<'_>| {
            let (any_of, all_of, none_of) = (raw(&it.any_of), raw(&it.all_of), raw(&it.none_of));
            json!({"any_of": any_of, "all_of": all_of, "none_of": none_of})
        };
        Self {
            id: access.id.to_owned(),
            slug: access.slug,
            basis: access.basis.iter().map(words).collect(),
            alternatives: access.alternatives.iter().map(alternative).collect(),
        }
    }

    fn grant(&self) -> &'static str {
        if self.alternatives == json!([]) { "certain" } else { "conditional" }
    }
}

#[derive(Deserialize)]
struct Principal {
    kind: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    id: String,
    status: Option<String>,
    valid: Option<bool>,
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
        let standing = match (principal.kind.as_str(), principal.status.as_deref()) {
            ("member", Some("accepted")) => Standing::Accepted,
            ("member", Some("rejected")) => Standing::Rejected,
            _ => Standing::None,
        };
        let access = match principal.kind.as_str() {
            // Nobody asks for a token that is disabled or expired.
            "service-token" if principal.valid == Some(false) => Vec::new(),
            "service-token" => account.access(Subject::Token(&principal.id)),
            _ => account.access(Subject::Person { address: Some(&principal.email), standing }),
        };
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
