//! A person who leaves, as rules see them: the rules that name the address itself, and everything else
//! that lets the person in.

use super::GroupChanges;
use super::app_changes::{WaysOut, conditions, named_text, ways_out};
use super::applications::Unseen;
use super::by_facts::{expectation, unexpected};
use super::direct_rules::DirectRules;
use super::groups_of_call::GroupsOfCall;
use super::matter::Targets;
use super::provided::rule_text;
use super::verdict::PlannedChange;
use crate::cloudflare::app;
use crate::cloudflare::group;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::json::value::Json;
use crate::json::{entries, items};
use crate::model::{Grant, Kind, ResourceId, Warning, WarningCode};
use crate::provision::call::Call;
use crate::provision::change::Operation;
use crate::provision::errors::listed;
use crate::provision::people::Principal;
use crate::rules::{Rule, Value};
use crate::sorted::Set;
use std::borrow::Cow;

const GROUPS_NOT_KNOWN: &str = "Not all Access groups are known, so a rule that names the address may be in \
                                one and wasn't taken away.";

/// A person who leaves.
pub(crate) struct Leaver {
    groups: GroupsOfCall,
    person: Principal,
}

/// How firmly a way lets a person in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Firmness {
    /// Always.
    Certain,
    /// If a login decides so.
    OnConditions,
    /// Whoever it is: without a login.
    Open,
}

/// The people whom the rules of a way name. The order is that of what counts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Names {
    /// The person: at least one rule, or one item of a list, is for their address.
    Person,
    /// Nobody knows whom: a rule can't be understood, or a list not read.
    NotKnown,
    /// Others too, and the person among them.
    Others,
}

/// Whether a person is an account member, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    Accepted,
    None,
    NotKnown,
}

/// A group or an application that lets a person in.
pub(crate) struct WayIn {
    pub firmness: Firmness,
    pub names: Names,
    pub into: ResourceId,
    /// A text for a person: through what, and what ends it.
    pub detail: String,
    pub grant: Option<Grant>,
}

impl Leaver {
    /// Reads all groups and applications, and the lists that can decide for the person's address.
    ///
    /// # Errors
    /// They can't be read.
    pub fn learn<T: Transport>(call: &mut Call<'_, T>, person: Principal) -> Result<Self> {
        let addresses = person.address_key().map(str::to_owned).into_iter().collect();
        let targets = Targets { everything: true, ..Targets::default() };
        let mut groups =
            GroupsOfCall::learn(call.client, &call.facts, targets, addresses, &mut call.warnings)?;
        groups.learn_applications(call.client, &mut call.warnings)?;
        Ok(Self { groups, person })
    }

    /// Returns the groups that have a rule for the address itself. Each comes with why the person stays in
    /// it, if it only keeps them out of something.
    pub fn named_in(&mut self) -> Vec<(Id, Option<String>)> {
        let uses = self.groups.uses();
        let groups = (0..self.groups.places()).filter(|&place| !self.groups.is_app(place));
        let groups: Vec<usize> = groups.collect();
        let evaluation = self.groups.evaluate(&self.person, &DirectRules::default());
        let named = groups.into_iter().filter(|&place| evaluation.own_rules(place) > 0);
        // A rule by which nobody is a member keeps nobody out.
        let named: Vec<(usize, bool)> = named.map(|place| (place, evaluation.holds(place))).collect();
        let named = named.into_iter().filter_map(|(place, is_member)| {
            let from = uses.kept_out_of(place).filter(|_| is_member);
            Some((Id::parse(self.groups.id_at(place))?, from.map(|from| self.stays(place, &from))))
        });
        named.collect()
    }

    /// Says that the person stays in a group that keeps people out of what is at some places.
    fn stays(&self, place: usize, from: &[usize]) -> String {
        let name = |place: usize| {
            let id = self.groups.resource_at(place);
            self.groups.name_of(&id).map_or_else(|| id.to_string(), |name| format!("{name:?}"))
        };
        let noun = if from.iter().any(|&place| self.groups.is_app(place)) { "application" } else { "group" };
        let many = if from.len() > 1 { "s" } else { "" };
        let from = listed(from.iter().map(|&place| name(place)));
        let group = name(place);
        // Something else can let this person in all the same: the ways say so.
        format!(
            "The group {group} is only there to keep people out of the {noun}{many} {from}: this person \
             stays in it."
        )
    }

    /// Takes these rules out: each with the place of the change in the call.
    pub fn leave_groups<T: Transport>(
        self,
        call: &mut Call<'_, T>,
        changes: impl Iterator<Item = (usize, Id)>,
    ) -> Self {
        let Self { groups, person } = self;
        let change = |(index, group)| {
            let (operation, principal) = (Operation::Revoke, person.clone());
            PlannedChange { index, operation, group, principal, owners: Vec::new() }
        };
        let planned: Vec<PlannedChange> = changes.map(change).collect();
        let groups = if planned.is_empty() {
            groups
        } else {
            GroupChanges::with(call, groups, planned).write_all(call)
        };
        Self { groups, person }
    }

    /// Returns a warning for each policy that asks the person for approval.
    pub fn approvals(&self) -> impl Iterator<Item = Warning> {
        let asks = |approval: &str| {
            let groups = Json::parse(approval).unwrap_or(Json::Null);
            let mut addresses = groups.items().iter().flat_map(|group| group.get("email_addresses").items());
            addresses.any(|address| {
                let address = address.text().map(str::to_ascii_lowercase);
                address.is_some() && address.as_deref() == self.person.address_key()
            })
        };
        let policies = self.groups.approvals().filter(|(_, approval)| asks(approval));
        // Several applications can have one policy.
        let policies: Set<&str> = policies.map(|(id, _)| id).collect();
        let warning = |id: &&str| {
            let about = ResourceId::new(Kind::Policy, *id);
            let message = format!(
                "The policy {} asks this person for approval (approval_groups): name somebody else there. \
                 Offboarding doesn't change policies.",
                named_text(&self.groups, Kind::Policy, id, &about.to_string())
            );
            Warning::new(WarningCode::Approver, Some(about), message)
        };
        policies.iter().map(warning).collect::<Vec<_>>().into_iter()
    }

    /// Forgets that the person has left groups: it was only planned, and couldn't be done.
    pub fn stays_in_all(&mut self) {
        self.groups.forget_written();
    }

    /// Whether it is known of all groups whether they have a rule for the address.
    pub fn knows_all_groups(&self) -> bool {
        self.groups.are_known()
    }

    /// Returns why groups or applications may be missing from the ways, as sentences.
    pub fn gaps(&self) -> Vec<String> {
        let of_groups = self.groups.gap();
        let of_groups = of_groups.map(|gap| gap.error(GROUPS_NOT_KNOWN, &group::COLLECTION));
        let of_apps = match self.groups.unseen() {
            Some(Unseen::Denied(error)) => Some(error.clone()),
            Some(Unseen::Gap(gap)) => Some(gap.error("Not all applications are known.", &app::COLLECTION)),
            None => None,
        };
        of_groups.into_iter().chain(of_apps).map(|error| error.message.clone()).collect()
    }

    /// Returns everything that lets the person in, in the state that the call leaves, with this membership.
    /// A group that only keeps people out isn't among it.
    pub fn ways(&mut self, membership: Membership) -> Vec<WayIn> {
        let rules = self.groups.written(&self.person);
        let person = match membership {
            Membership::Accepted => self.person.as_accepted_member(),
            Membership::None => self.person.as_no_member(),
            Membership::NotKnown => self.person.clone(),
        };
        let held = self.groups.held(&person, &rules);
        let evaluation = self.groups.evaluate(&person, &rules);
        let values: Vec<Value> = (0..held.len()).map(|place| evaluation.value(place)).collect();
        let uses = self.groups.uses();
        let mut ways = Vec::new();
        for (place, (held, value)) in held.into_iter().zip(values).enumerate() {
            let is_app = self.groups.is_app(place);
            if !is_app && value != Value::No && uses.kept_out_of(place).is_some() {
                continue;
            }
            if held != Value::No {
                ways.extend(self.way_of_a_grant(&person, &rules, place, held));
            } else if value != Value::No || is_app {
                ways.extend(self.way_of_a_login(&person, &rules, place));
            }
            if is_app {
                ways.extend(self.way_without_login(&person, &rules, place));
            }
        }
        ways
    }

    /// The name of a group.
    pub fn name_of_group(&self, id: &str) -> Option<&str> {
        self.groups.name_of(&ResourceId::new(Kind::Group, id))
    }

    /// The name of what is at a place, at the beginning of a sentence.
    fn subject(&self, place: usize) -> String {
        let id = self.groups.resource_at(place);
        let noun = if id.kind == Kind::App { "The application" } else { "The group" };
        format!("{noun} {}", named_text(&self.groups, id.kind, &id.id, &id.to_string()))
    }

    /// The way of a person whom rules name.
    fn way_of_a_grant(
        &mut self,
        person: &Principal,
        rules: &DirectRules,
        place: usize,
        value: Value,
    ) -> Option<WayIn> {
        let grant = self.groups.grants(person, rules, &[place]).pop()?;
        let WaysOut { ways, advice, names_person } = ways_out(&mut self.groups, rules, &grant, person);
        let subject = self.subject(place);
        let verb = match (self.groups.is_app(place), value) {
            (true, Value::Yes) => "lets this person in",
            (true, _) => "may let this person in",
            (false, Value::Yes) => "has this person as a member",
            (false, _) => "may have this person as a member",
        };
        let conditions = conditions(&grant.conditions) + &expectation(&grant);
        Some(WayIn {
            firmness: if value == Value::Yes { Firmness::Certain } else { Firmness::OnConditions },
            names: if names_person { Names::Person } else { Names::Others },
            into: self.groups.resource_at(place),
            detail: format!("{subject} {verb}, through {ways}.{conditions} {advice}"),
            grant: Some(grant),
        })
    }

    /// The way of a person whom no rule names, where a login decides.
    fn way_of_a_login(&mut self, person: &Principal, rules: &DirectRules, place: usize) -> Option<WayIn> {
        let is_app = self.groups.is_app(place);
        let by = if is_app {
            let (extra, without) = self.groups.openness(person, rules, place);
            if !without.can_enter || without.enters_by.is_empty() && !has(&extra, "whoever_logs_in") {
                return None;
            }
            let policies = without.enters_by.iter();
            let policy = |id: &String| named_text(&self.groups, Kind::Policy, id, &format!("policy:{id}"));
            let named: Vec<String> = policies.clone().map(policy).collect();
            let places: Vec<usize> = policies.filter_map(|id| self.groups.place_of_policy(id)).collect();
            (named, places)
        } else {
            (Vec::new(), vec![place])
        };
        let (policies, places) = by;
        let asked: Vec<(String, Names)> =
            places.iter().flat_map(|&place| self.open_rules(person, rules, place)).collect();
        let names = asked.iter().map(|(_, names)| *names).min().unwrap_or(Names::Others);
        let asked: Vec<String> = asked.into_iter().map(|(rule, _)| rule).collect();
        let says = unexpected(&mut self.groups, person, rules, &places);
        let says = says.as_deref().unwrap_or("Nothing here says whether this person does.");
        let subject = self.subject(place);
        let whom = match asked.as_slice() {
            [] => "whoever logs in".to_owned(),
            [_] => format!("whoever matches this at a login: {}", listed(asked)),
            _ => format!("whoever matches one of these at a login: {}", listed(asked)),
        };
        let through = match policies.is_empty() {
            true => String::new(),
            false => format!(", through {},", listed(policies.into_iter())),
        };
        let verb = if is_app { "lets in" } else { "takes in" };
        Some(WayIn {
            firmness: Firmness::OnConditions,
            names,
            into: self.groups.resource_at(place),
            detail: format!("{subject} {verb}{through} {whom}. {says}"),
            grant: None,
        })
    }

    /// The include rules of the group or the policy at a place that only a login decides, and whom each
    /// names.
    fn open_rules(&mut self, person: &Principal, rules: &DirectRules, place: usize) -> Vec<(String, Names)> {
        let open = self.groups.evaluate(person, rules).open_includes(place);
        let open: Vec<String> = open.into_iter().map(Cow::into_owned).collect();
        open.iter().map(|rule| (rule_text(rule), self.named_by(person, rule))).collect()
    }

    /// Returns the people whom a rule names that only a login decides.
    fn named_by(&self, person: &Principal, rule: &str) -> Names {
        let has_address = |address: &str| rule.to_ascii_lowercase().contains(&format!("{address:?}"));
        if person.address_key().is_some_and(has_address) {
            return Names::Person;
        }
        match serde_json::from_str(rule).map(|raw| Rule::parse(raw, "")) {
            // It is open for those alone whom a part of it names.
            Ok(Rule::Email(_)) => Names::Person,
            Ok(Rule::Group(id)) if self.groups.place_of(&id).is_none() => Names::NotKnown,
            Ok(Rule::EmailList(_) | Rule::NoSelector(_) | Rule::NotAscii(_) | Rule::NotUnderstood(_))
            | Err(_) => Names::NotKnown,
            Ok(_) => Names::Others,
        }
    }

    /// The way into an application that takes no login.
    fn way_without_login(&mut self, person: &Principal, rules: &DirectRules, place: usize) -> Option<WayIn> {
        let (extra, _) = self.groups.openness(person, rules, place);
        let subject = self.subject(place);
        let detail = if has(&extra, "public") {
            format!("{subject} is public: everybody reaches it without a login.")
        } else {
            let fields = entries(&extra)?;
            let (_, open) = fields.iter().find(|(name, _)| name == "open_to")?;
            let policies = items(open.get())?.into_iter().map(|policy| {
                let policy = Json::parse(policy.get()).unwrap_or(Json::Null);
                let id = policy.get("policy").text().unwrap_or_default();
                named_text(&self.groups, Kind::Policy, id, &format!("policy:{id}"))
            });
            format!(
                "{subject} lets everybody in without a login whom {} matches, for example by a network or a \
                 device.",
                listed(policies)
            )
        };
        let into = self.groups.resource_at(place);
        Some(WayIn { firmness: Firmness::Open, names: Names::Others, into, detail, grant: None })
    }
}

/// Whether the `extra` of an entitlement has a field.
fn has(extra: &str, field: &str) -> bool {
    entries(extra).is_some_and(|fields| fields.iter().any(|(name, _)| name == field))
}
