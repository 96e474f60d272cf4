//! All groups of the account while a call runs: as they were listed, as they were read since, and as
//! the call has changed them. Behind them, the applications that they lead to.

use super::applications::{ListedApps, Unseen};
use super::direct_rules::DirectRules;
use super::keeps_out::Uses;
use super::listed::{Listed, read_list};
use super::matter::{Sets, Targets};
use crate::apps::{Applications, Decision, Search, WithoutGrant};
use crate::cloudflare::client::Client;
use crate::cloudflare::id::Id;
use crate::cloudflare::listing::Gap;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::identities::{Evidence, Facts};
use crate::model::{Grant, Kind, ResourceId, Warning, WarningCode};
use crate::provision::people::Principal;
use crate::records;
use crate::rules::{DirectRule, Evaluation, Lists, Membership, RuleSet, Scratch, Value};
use crate::sorted::{Map, Set};
use std::rc::Rc;

/// All groups of the account with the applications behind them, and the changes of this call. A group
/// or an application is named by its place. The places of groups come first.
pub(super) struct GroupsOfCall {
    membership: Membership,
    /// Empty until they are learned.
    applications: Applications,
    has_applications: bool,
    /// The reason why the applications couldn't be read.
    no_applications: Option<Error>,
    /// The part of the applications that wasn't seen.
    unseen: Option<Unseen>,
    /// The ids of applications of which not all policies are known.
    not_judged: Set<String>,
    scratch: Scratch,
    search: Search,
    targets: Targets,
    /// The addresses that are changed, in lower case. Lists are read for these alone.
    addresses: Set<String>,
    lists_known: Set<String>,
    /// The groups that are listed and can't be understood, and why.
    not_understood: Map<Id, String>,
    /// The part of the list of groups that wasn't seen.
    gap: Option<Gap>,
    /// The direct rules that this call has written, by address in lower case.
    written: Map<String, DirectRules>,
    names: Map<ResourceId, String>,
}

impl GroupsOfCall {
    /// Reads all groups, and the lists that can decide over a change of `targets` for `addresses`.
    ///
    /// # Errors
    /// The groups can't be read, or a list can't for a reason that passes.
    pub fn learn<T: Transport>(
        client: &mut Client<T>,
        facts: &Rc<Facts>,
        targets: Targets,
        addresses: Set<String>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self> {
        let Listed { groups, names, not_understood, gap } = Listed::read(client, warnings)?;
        let membership = Membership::new(groups, Lists::default(), Rc::clone(facts));
        let mut read = Self {
            applications: Applications::new(Vec::new(), None, &membership),
            has_applications: false,
            no_applications: None,
            unseen: None,
            not_judged: Set::default(),
            membership,
            scratch: Scratch::default(),
            search: Search::default(),
            targets,
            addresses,
            lists_known: Set::default(),
            not_understood,
            gap,
            written: Map::default(),
            names: names.into_iter().collect(),
        };
        let lists = read.read_lists(client, None, warnings)?;
        read.compile(Vec::new(), lists);
        let targets = read.targets.groups.iter().map(Id::as_str).collect();
        let sets = Sets::new(read.sets());
        let reached = sets.reached_from(targets);
        let is_reached = |group: &ResourceId| reached.contains(group.id.as_str());
        warnings.extend(read.membership.warnings_of_texts(is_reached).cloned());
        Ok(read)
    }

    /// Reads all applications, and the lists that can decide whether a change gives or takes one. A call
    /// reads them once, and fails once.
    ///
    /// # Errors
    /// They can't be read, for another reason than that the credentials may not.
    pub fn learn_applications<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        warnings: &mut Vec<Warning>,
    ) -> Result<()> {
        if self.has_applications {
            return Ok(());
        }
        if let Some(error) = &self.no_applications {
            return Err(error.clone());
        }
        let read = ListedApps::read(client, warnings);
        let ListedApps { applications, policies, providers, names, unseen, not_judged } =
            read.inspect_err(|error| self.no_applications = Some(error.clone()))?;
        self.names.extend(names);
        self.applications = Applications::new(applications, providers, &self.membership);
        self.compile(policies, Lists::default());
        let lists = self.read_lists(client, None, warnings)?;
        self.compile(Vec::new(), lists);
        (self.has_applications, self.unseen, self.not_judged) = (true, unseen, not_judged);
        let sets = Sets::new(self.sets());
        let concerned = sets.apps(self.applications.all(), &self.targets);
        // The items of lists belong to no group.
        let texts = self.membership.warnings_of_texts(|_| false);
        let news: Vec<Warning> = texts.filter(|warning| !warnings.contains(warning)).cloned().collect();
        warnings.extend(news);
        let is_concerned = |warning: &&Warning| {
            warning.code == WarningCode::AppNotUnderstood
                && warning.about.as_ref().is_some_and(|about| concerned.iter().any(|app| app.id == about.id))
        };
        warnings.extend(self.applications.warnings().iter().filter(is_concerned).cloned());
        Ok(())
    }

    /// Replaces a group by what was read now. Returns whether it differs from what was known.
    ///
    /// # Errors
    /// It names a list that isn't known yet, and that can't be read for a reason that passes.
    pub fn refresh<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        group: &RuleSet,
        warnings: &mut Vec<Warning>,
    ) -> Result<bool> {
        let known = self.place_of(group.id()).and_then(|place| self.membership.group(place));
        if known.is_some_and(|known| known.digest() == group.digest()) {
            return Ok(false);
        }
        // It can refer to groups that didn't matter before.
        let lists = self.read_lists(client, Some(group), warnings)?;
        self.compile(vec![group.clone()], lists);
        // The new state shows what became of the rules that this call wrote before.
        self.written.values_mut().for_each(|rules| rules.forget(group.id()));
        Ok(true)
    }

    /// Reads the lists that matter and aren't known yet, where a group is as `changed`.
    fn read_lists<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        changed: Option<&RuleSet>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Lists> {
        let is_other = |set: &&RuleSet| changed.is_none_or(|group| group.resource() != set.resource());
        let sets: Vec<&RuleSet> = self.sets().filter(is_other).chain(changed).collect();
        let mut lists = Lists::default();
        for list in Sets::new(sets.iter().copied()).lists(self.applications.all(), &self.targets) {
            if !self.lists_known.contains(&list) {
                let items = read_list(client, &list, sets.iter().copied(), &self.addresses, warnings)?;
                lists.insert(list, items);
            }
        }
        self.lists_known.extend(lists.iter().map(|(list, _)| list.clone()));
        Ok(lists)
    }

    /// Takes over these versions of rule sets, and these lists.
    fn compile(&mut self, sets: Vec<RuleSet>, lists: Lists) {
        let membership = std::mem::replace(
            &mut self.membership,
            Membership::new(Vec::new(), Lists::default(), Rc::default()),
        );
        self.membership = membership.with(sets, lists);
        self.applications.bind(&self.membership);
    }

    /// Lists the rule sets of all groups, and of the policies of applications.
    fn sets(&self) -> impl Iterator<Item = &RuleSet> {
        self.membership.sets().iter()
    }

    /// Notes that the call has written the direct rules of an address in a group.
    pub fn wrote(&mut self, address: &str, group: &Id, rule: DirectRule) {
        self.written.get_or_insert_with(address.to_owned(), DirectRules::default).set(group, rule);
    }

    /// Forgets all rules that this call has planned to write.
    pub fn forget_written(&mut self) {
        self.written = Map::default();
    }

    /// Returns the direct rules of a principal that this call has written.
    pub fn written(&self, principal: &Principal) -> DirectRules {
        principal.address_key().and_then(|address| self.written.get(address)).cloned().unwrap_or_default()
    }

    /// Evaluates all groups for a principal with these direct rules.
    pub fn evaluate<'g>(&'g mut self, principal: &'g Principal, rules: &DirectRules) -> Evaluation<'g, 'g> {
        evaluate(&self.membership, principal, rules, &mut self.scratch)
    }

    /// Returns what covers rules of the groups and policies at these places, if facts do.
    pub fn evidence(&self, places: &[usize]) -> Option<Evidence> {
        self.membership.evidence(places)
    }

    /// Returns how firmly a principal with these direct rules holds what each place stands for: *open* if
    /// it is held on conditions.
    pub fn held(&mut self, principal: &Principal, rules: &DirectRules) -> Vec<Value> {
        let groups = self.membership.groups().len();
        let evaluation = evaluate(&self.membership, principal, rules, &mut self.scratch);
        let value = |place| if evaluation.holds(place) { evaluation.value(place) } else { Value::No };
        let mut held: Vec<Value> = (0..groups).map(value).collect();
        held.resize(groups + self.applications.all().len(), Value::No);
        for &app in self.applications.candidates(&evaluation, &mut self.search) {
            if let Some(held) = held.get_mut(groups + app) {
                *held = self.applications.value(app, &evaluation);
            }
        }
        held
    }

    /// Returns the grants of a principal with these direct rules on what these places stand for.
    pub fn grants(&mut self, principal: &Principal, rules: &DirectRules, places: &[usize]) -> Vec<Grant> {
        let groups = self.membership.groups().len();
        let mut evaluation = evaluate(&self.membership, principal, rules, &mut self.scratch);
        let grant = |&place: &usize| match place.checked_sub(groups) {
            None => Some(records::group::grant(&principal.id, &evaluation.held_of(place)?)),
            Some(app) => {
                Some(records::app::grant(&principal.id, &self.applications.access(app, &evaluation)?))
            }
        };
        places.iter().filter_map(grant).collect()
    }

    /// Whether the applications are learned, as far as the credentials may read them.
    pub const fn has_applications(&self) -> bool {
        self.has_applications
    }

    /// Returns why a listed group can't be understood.
    pub fn why_not_understood(&self, id: &Id) -> Option<&str> {
        self.not_understood.get(id).map(String::as_str)
    }

    /// The part of the list of groups that wasn't seen.
    pub const fn gap(&self) -> Option<&Gap> {
        self.gap.as_ref()
    }

    /// The place of a group in evaluations.
    pub fn place_of(&self, id: &str) -> Option<usize> {
        self.membership.place_of(id)
    }

    /// The id of the group at a place; empty if an application is there.
    pub fn id_at(&self, place: usize) -> &str {
        self.membership.group(place).map_or("", RuleSet::id)
    }

    /// The entitlement on the group or the application at a place.
    pub fn entitlement_at(&self, place: usize) -> String {
        let app = place.checked_sub(self.membership.groups().len());
        match app.and_then(|app| self.applications.all().get(app)) {
            None => records::group::entitlement_id(self.id_at(place)),
            Some(app) => records::app::entitlement_id(&app.id, app.gate).unwrap_or_default(),
        }
    }

    /// The place of an application in evaluations.
    pub fn place_of_app(&self, id: &str) -> Option<usize> {
        self.applications.place_of(id).map(|app| self.membership.groups().len() + app)
    }

    /// Returns the ids of the groups that the allow policies of the application at a place name, and of
    /// the policies that can name somebody.
    pub fn ways_into(&self, place: usize) -> (Set<Id>, Set<String>) {
        let app = place.checked_sub(self.membership.groups().len());
        let ways = app.map(|app| self.applications.ways_in(app, &self.membership)).unwrap_or_default();
        let groups = ways.iter().filter(|way| way.rule == "group").filter_map(|way| Id::parse(way.value));
        (groups.collect(), ways.iter().map(|way| way.policy.to_owned()).collect())
    }

    /// Lists the policies of applications that ask for approval: the id, and the raw list of those who
    /// approve.
    pub fn approvals(&self) -> impl Iterator<Item = (&str, &str)> {
        let policies = self.applications.all().iter().flat_map(|app| app.policies.iter().flatten());
        policies
            .filter(|policy| policy.decision == Decision::Allow)
            .filter_map(|policy| Some((policy.id.as_str(), policy.approval.as_deref()?)))
    }

    /// The part of the applications that wasn't seen.
    pub const fn unseen(&self) -> Option<&Unseen> {
        self.unseen.as_ref()
    }

    /// Whether all policies of the application with this id are known.
    pub fn is_judged(&self, app: &str) -> bool {
        !self.not_judged.contains(app)
    }

    /// The number of places: of all groups, and behind them of all applications.
    pub fn places(&self) -> usize {
        self.membership.groups().len() + self.applications.all().len()
    }

    /// The resource at a place.
    pub fn resource_at(&self, place: usize) -> ResourceId {
        let app = place.checked_sub(self.membership.groups().len());
        match app.and_then(|app| self.applications.all().get(app)) {
            None => ResourceId::new(Kind::Group, self.id_at(place)),
            Some(app) => ResourceId::new(Kind::App, app.id.as_str()),
        }
    }

    /// The place of a policy in evaluations.
    pub fn place_of_policy(&self, id: &str) -> Option<usize> {
        self.membership.place_of_policy(id)
    }

    /// Whether an application is at a place.
    pub fn is_app(&self, place: usize) -> bool {
        place >= self.membership.groups().len()
    }

    /// Returns what memberships in groups are good for. Nothing is known of that where not all groups and
    /// applications are.
    pub fn uses(&self) -> Uses {
        match self.unseen {
            None if self.are_known() => Uses::new(&self.membership, self.applications.all()),
            _ => Uses::default(),
        }
    }

    /// Whether all groups are known.
    pub fn are_known(&self) -> bool {
        self.gap.is_none() && self.not_understood.iter().next().is_none()
    }

    /// Returns what opens the application at a place to nobody in particular, a JSON object, and what
    /// its policies do with a principal who has no grant on it.
    pub fn openness(
        &mut self,
        principal: &Principal,
        rules: &DirectRules,
        place: usize,
    ) -> (String, WithoutGrant) {
        let app = place - self.membership.groups().len();
        let evaluation = evaluate(&self.membership, principal, rules, &mut self.scratch);
        let without = self.applications.without_grant(app, &evaluation);
        (self.applications.extra(app, &self.membership), without)
    }

    /// Returns the entitlement on the group or the application at a place, with the name of that.
    pub fn described_at(&self, place: usize) -> String {
        let id = self.resource_at(place);
        let entitlement = self.entitlement_at(place);
        self.name_of(&id).map_or_else(|| entitlement.clone(), |name| format!("{entitlement} ({name:?})"))
    }

    /// The name of a resource, if it has one.
    pub fn name_of(&self, id: &ResourceId) -> Option<&str> {
        self.names.get(id).map(String::as_str)
    }

    /// Counts the rules of the group at this place, as it was read.
    pub fn rules(&self, place: usize) -> usize {
        self.membership.group(place).map_or(0, RuleSet::count)
    }

    /// Counts the include rules of the group at this place, as it was read.
    pub fn includes(&self, place: usize) -> usize {
        self.membership.group(place).map_or(0, RuleSet::includes)
    }
}

fn evaluate<'m>(
    membership: &'m Membership,
    principal: &'m Principal,
    rules: &DirectRules,
    scratch: &'m mut Scratch,
) -> Evaluation<'m, 'm> {
    let assumed = rules
        .iter()
        .filter_map(|(group, rule)| membership.place_of(group.as_str()).map(|place| (place, rule)));
    membership.evaluate(principal.subject(), assumed, scratch)
}
