//! Evaluates who reaches which application, from raw applications and policies as JSON.

use super::kleene::Kleene::{self, No, Open, Yes};
use super::rule::{Part, Rule, RuleSet};
use super::solution::{Solution, Who};
use super::told::{Expected, Fact, ProviderGroup};
use super::vocabulary::{Conditions, Held, Lists, Principal};
use super::world::World;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody who asks to be let in.
#[derive(Clone, Copy, Debug)]
pub enum Asking<'a> {
    Person(&'a Principal),
    /// A service token, by its id. One that is disabled or expired isn't valid.
    Token {
        id: &'a str,
        is_valid: bool,
    },
}

/// The answer of an application.
#[derive(Clone, Debug, PartialEq)]
pub enum Reach {
    /// There is no grant.
    None,
    /// There is no grant since it isn't known what one of the policies does.
    Undecided,
    Granted(Passage),
}

/// A grant on an application.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The grant holds if one of them does. There are none if it always holds.
    pub alternatives: Vec<Conditions>,
    /// The rules that name, in the order of their policies.
    pub basis: Vec<Through>,
}

/// A rule that names somebody, and the policy that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Through {
    pub policy: String,
    pub rule: String,
    pub value: String,
}

/// The access to an application that nobody in particular has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposure {
    pub open_to: Vec<Value>,
    pub public: bool,
    pub whoever_logs_in: bool,
}

/// The types whose policies decide who comes in, or who sees it. An `end_user` application has none.
/// <https://developers.cloudflare.com/cloudflare-one/access-controls/applications/>
const GATED: [&str; 14] = [
    "self_hosted",
    "saas",
    "ssh",
    "vnc",
    "rdp",
    "infrastructure",
    "app_launcher",
    "warp",
    "biso",
    "proxy_endpoint",
    "dash_sso",
    "mcp_portal",
    "mcp",
    "bookmark",
];

/// An account's groups and applications, ready to be asked.
pub struct Setting<'a> {
    world: World<'a>,
    apps: Vec<App<'a>>,
    providers: Option<&'a [String]>,
}

struct App<'a> {
    id: &'a str,
    kind: &'a str,
    /// By precedence. `None` if they aren't known.
    policies: Option<Vec<Policy<'a>>>,
    allowed_idps: Vec<&'a Value>,
}

/// A policy of an application.
struct Policy<'a> {
    id: &'a str,
    decision: Option<&'a str>,
    /// The place of its rules. `None` if only its id is known.
    at: Option<usize>,
    /// The groups of people who approve, if somebody has to.
    approval: Option<Value>,
}

impl<'a> Setting<'a> {
    /// Takes groups and applications as the API returns them, applications with their whole policies.
    /// `providers` are the ids of the account's identity providers, if they are known.
    pub fn new(
        account_id: &'a str,
        groups: &'a [Value],
        lists: &'a Lists,
        providers: Option<&'a [String]>,
        apps: &'a [Value],
    ) -> Setting<'a> {
        let mut sets = Vec::new();
        let first = groups.iter().filter_map(RuleSet::read).count();
        let mut app = |app: &'a Value| {
            let read = |policy| Policy::read(policy, first, &mut sets);
            let policies = app["policies"].as_array().map(|policies| sorted(policies).map(read).collect());
            App {
                id: app["id"].as_str().unwrap_or_default(),
                kind: app["type"].as_str().unwrap_or_default(),
                policies,
                allowed_idps: app["allowed_idps"].as_array().into_iter().flatten().collect(),
            }
        };
        let apps = apps.iter().map(&mut app).collect();
        Setting { world: World::new(account_id, groups, lists, sets), apps, providers }
    }

    /// Takes facts about groups of identity providers.
    #[must_use]
    pub fn with_facts(mut self, facts: &'a [Fact]) -> Setting<'a> {
        self.world.facts = facts;
        self
    }

    /// Returns the groups of identity providers that rules name in one way or another, each with the ids of
    /// the groups and policies that do.
    pub fn provider_groups(&self) -> BTreeMap<ProviderGroup, BTreeSet<String>> {
        let mut all: BTreeMap<ProviderGroup, BTreeSet<String>> = BTreeMap::new();
        for at in 0..self.world.sets.len() {
            for group in self.world.provider_groups(at) {
                all.entry(group.normal()).or_default().insert(self.world.sets[at].id.to_owned());
            }
        }
        all
    }

    /// Returns what facts say of the grants on conditions: on groups and on applications, by their ids.
    pub fn expected(&self, person: &Principal) -> [BTreeMap<String, Expected>; 2] {
        if self.world.facts.is_empty() {
            return [BTreeMap::new(), BTreeMap::new()];
        }
        let claim = Solution::of(&self.world, Who::Person(person));
        let expectation = Solution::expected(&self.world, Who::Person(person));
        let of_app = |app: &App<'a>| {
            let (reach, holds) = self.of_person(app, &claim, Some(&expectation));
            let is_open = matches!(&reach, Reach::Granted(passage) if !passage.alternatives.is_empty());
            let concern_people =
                app.policies().filter(|policy| matches!(policy.decision, Some("allow" | "deny")));
            let sets: Vec<usize> = concern_people.filter_map(|policy| policy.at).collect();
            let (source, as_of) = self.world.evidence(&sets).filter(|_| is_open)?;
            Some((app.id.to_owned(), Expected { holds, source, as_of }))
        };
        let apps = self.apps.iter().filter_map(of_app).collect();
        [self.world.expected(&claim, &expectation), apps]
    }

    /// Returns the membership of each group, or `None` where there is none.
    pub fn groups(&self, asking: Asking) -> BTreeMap<String, Option<Held>> {
        match asking {
            Asking::Token { is_valid: false, .. } => BTreeMap::new(),
            _ => self.world.holdings(&Solution::of(&self.world, who(asking))),
        }
    }

    /// Returns the answer of each application.
    pub fn apps(&self, asking: Asking) -> BTreeMap<String, Reach> {
        let solution = Solution::of(&self.world, who(asking));
        let reach = |app: &App<'a>| match asking {
            Asking::Person(_) => self.of_person(app, &solution, None).0,
            Asking::Token { is_valid: true, .. } => self.of_token(app, &solution),
            Asking::Token { is_valid: false, .. } => Reach::None,
        };
        self.apps.iter().map(|app| (app.id.to_owned(), reach(app))).collect()
    }

    /// Returns what opens each application to nobody in particular.
    pub fn exposures(&self) -> BTreeMap<String, Exposure> {
        let solution = Solution::of(&self.world, Who::Nobody);
        self.apps.iter().map(|app| (app.id.to_owned(), self.exposure(app, &solution))).collect()
    }

    /// Returns the addresses, in lower case, that an include rule of a group or of an allow policy names
    /// one by one, directly or through a list that can be read.
    pub fn included_addresses(&self) -> BTreeSet<String> {
        let allowing = self.apps.iter().flat_map(App::policies).filter(|it| it.decision == Some("allow"));
        self.world.included_addresses((0..self.world.groups).chain(allowing.filter_map(|policy| policy.at)))
    }

    /// Returns the answer for a person, and whether one of its alternatives is expected to hold.
    fn of_person(&self, app: &App, solution: &Solution, expectation: Option<&Solution>) -> (Reach, bool) {
        let (mut is_expected, mut is_free) = (false, true);
        if !GATED.contains(&app.kind) {
            return (Reach::None, false);
        }
        let mut passage = Passage { alternatives: Vec::new(), basis: Vec::new() };
        // Whether something before decides in any case, or keeps those behind from being reached.
        let (mut is_decided, mut is_reached) = (false, true);
        let mut in_the_way = Vec::new();
        for policy in app.policies() {
            let value = policy.value(solution);
            match (policy.decision, value) {
                (Some("bypass" | "non_identity"), _) | (_, No) => continue,
                (Some("allow"), _) if !is_reached => {}
                (Some("allow"), _) => {
                    let mut own = self.own_conditions(policy, solution);
                    own.all_of.extend(self.gate(app));
                    own.all_of.extend(policy.asked_approval());
                    own.none_of.extend(in_the_way.iter().cloned());
                    passage.add(own, self.naming(policy, solution));
                    is_expected |= is_free
                        && expectation.is_some_and(|expectation| {
                            let is_expected = |at| self.world.is_expected(solution, expectation, at);
                            policy.at.is_none_or(is_expected)
                        });
                }
                (Some("deny"), _) => {}
                _ if is_decided => continue,
                _ => return (Reach::Undecided, false),
            }
            is_decided |= value == Yes;
            if policy.decision == Some("deny") || policy.approval.is_some() {
                is_reached &= value != Yes;
                in_the_way.push(json!({ "policy": { "id": policy.id } }));
                is_free &= expectation.is_none_or(|expectation| policy.value(expectation) != Yes);
            }
        }
        (passage.into_reach(), is_expected)
    }

    fn of_token(&self, app: &App, solution: &Solution) -> Reach {
        if !GATED.contains(&app.kind) {
            return Reach::None;
        }
        let mut passage = Passage { alternatives: Vec::new(), basis: Vec::new() };
        for policy in app.policies().filter(|policy| policy.decision == Some("non_identity")) {
            if policy.value(solution) != No {
                let mut own = self.own_conditions(policy, solution);
                own.all_of.extend(policy.asked_approval());
                passage.add(own, self.naming(policy, solution));
            }
        }
        passage.into_reach()
    }

    fn own_conditions(&self, policy: &Policy, solution: &Solution) -> Conditions {
        policy.at.map(|at| self.world.open_rules(solution, at)).unwrap_or_default()
    }

    fn naming(&self, policy: &Policy, solution: &Solution) -> Vec<Through> {
        let naming = policy.at.map(|at| self.world.naming(solution, at)).unwrap_or_default();
        let through = |(rule, value)| Through { policy: policy.id.to_owned(), rule, value };
        naming.into_iter().map(through).collect()
    }

    /// Returns the condition that an application accepts some of the identity providers only.
    fn gate(&self, app: &App) -> Option<Value> {
        let accepts = |provider: &String| app.allowed_idps.iter().any(|id| id.as_str() == Some(provider));
        let accepts_all = |providers: &[String]| !providers.is_empty() && providers.iter().all(accepts);
        let is_open = app.allowed_idps.is_empty() || self.providers.is_some_and(accepts_all);
        (!is_open).then(|| json!({ "allowed_idps": app.allowed_idps }))
    }

    fn exposure(&self, app: &App, solution: &Solution) -> Exposure {
        if !GATED.contains(&app.kind) {
            return Exposure { whoever_logs_in: app.kind == "end_user", ..Exposure::default() };
        }
        let opens = |policy: &&Policy| {
            matches!(policy.decision, Some("bypass" | "non_identity")) && policy.value(solution) != No
        };
        let raw = |part: &Part| -> Vec<Value> { part.iter().map(|(_, raw)| (*raw).clone()).collect() };
        let shown = |policy: &Policy| {
            let set = &self.world.sets[policy.at?];
            Some(json!({
                "policy": policy.id,
                "decision": policy.decision,
                "any_of": raw(&set.include),
                "all_of": raw(&set.require),
                "none_of": raw(&set.exclude),
            }))
        };
        let is_for_everyone = |policy: &Policy| {
            policy.at.is_some_and(|at| {
                let set = &self.world.sets[at];
                let has_everyone = set.include.iter().any(|(rule, _)| matches!(rule, Rule::Everyone));
                has_everyone && set.require.is_empty() && set.exclude.is_empty()
            })
        };
        let is_for_any_login = |policy: &Policy| {
            policy.at.is_some_and(|at| {
                let set = &self.world.sets[at];
                let any_login = |(rule, raw): &(Rule, &Value)| match rule {
                    Rule::Everyone => true,
                    Rule::Login => raw.get("login_method").is_some(),
                    _ => false,
                };
                set.include.iter().any(any_login) && set.require.is_empty() && policy.approval.is_none()
            })
        };
        let lets_in = |policy: &&Policy| policy.decision == Some("allow") && is_for_any_login(policy);
        let keeps_out = |policy: &&Policy| policy.decision == Some("deny") && is_for_everyone(policy);
        let first = app.policies().find(|policy| lets_in(policy) || keeps_out(policy));
        Exposure {
            open_to: app.policies().filter(opens).filter_map(shown).collect(),
            public: app.policies().any(|policy| policy.decision == Some("bypass") && is_for_everyone(policy)),
            whoever_logs_in: match app.kind {
                "bookmark" if app.policies.as_ref().is_some_and(Vec::is_empty) => true,
                _ => first.as_ref().is_some_and(lets_in),
            },
        }
    }
}

impl<'a> App<'a> {
    fn policies(&self) -> impl Iterator<Item = &Policy<'a>> {
        self.policies.iter().flatten()
    }
}

impl<'a> Policy<'a> {
    fn read(policy: &'a Value, first: usize, sets: &mut Vec<RuleSet<'a>>) -> Policy<'a> {
        let is_whole = policy.get("decision").is_some() || policy.get("include").is_some();
        let set = RuleSet::read(policy).filter(|_| is_whole);
        let at = set.is_some().then_some(first + sets.len());
        sets.extend(set);
        let approval = (policy["approval_required"] == true).then(|| match &policy["approval_groups"] {
            Value::Null => json!([]),
            groups => groups.clone(),
        });
        Policy {
            id: policy["id"].as_str().unwrap_or_default(),
            decision: policy["decision"].as_str(),
            at,
            approval,
        }
    }

    /// Returns its value, which is open if only its id is known.
    fn value(&self, solution: &Solution) -> Kleene {
        self.at.map_or(Open, |at| solution.values[at])
    }

    fn asked_approval(&self) -> Option<Value> {
        self.approval.as_ref().map(|groups| json!({ "approval_required": groups }))
    }
}

impl Passage {
    fn add(&mut self, conditions: Conditions, naming: Vec<Through>) {
        self.alternatives.push(conditions);
        self.basis.extend(naming);
    }

    fn into_reach(mut self) -> Reach {
        if self.basis.is_empty() {
            return Reach::None;
        }
        if self.alternatives.contains(&Conditions::default()) {
            self.alternatives.clear();
        }
        Reach::Granted(self)
    }
}

fn who(asking: Asking) -> Who {
    match asking {
        Asking::Person(principal) => Who::Person(principal),
        Asking::Token { id, .. } => Who::Token(id),
    }
}

/// Returns the policies by precedence, and those without one behind them.
fn sorted(policies: &[Value]) -> impl Iterator<Item = &Value> {
    let mut sorted: Vec<&Value> = policies.iter().collect();
    sorted.sort_by_key(|policy| {
        let precedence = policy["precedence"].as_i64();
        (precedence.is_none(), precedence)
    });
    sorted.into_iter()
}
