//! The records of a read, kept for tables: as many as a person can look at.

use super::counts::Counts;
use super::known::Names;
use super::lines::status;
use super::rank::rank;
use super::sink::{Sink, SinkError};
use crate::contract::{AccountStatus, Basis, Entitlement, Grant, Page, Resource, ResourceId, Warning};
use crate::identities::ProviderGroup;
use std::collections::{BTreeMap, HashMap};

/// All records of a small read, or the first ones of a big read. Everything is counted, also what
/// isn't kept.
#[derive(Default)]
pub struct Snapshot {
    resources: Vec<Resource>,
    /// The places of resources, by kind and id.
    by_id: HashMap<String, HashMap<String, usize>>,
    /// The numbers of what each of `resources` holds.
    holds: Vec<Holds>,
    entitlements: Vec<Entitlement>,
    entitlements_by_id: HashMap<String, usize>,
    /// The numbers of those who hold each of `entitlements`.
    held_by: Vec<HeldBy>,
    held: Vec<Held>,
    /// The places in `held`, by what their grants have in common.
    held_alike: HashMap<String, usize>,
    /// The number of principals in `held`.
    grants_kept: usize,
    /// The number of grants with conditions.
    conditional: u64,
    warnings: Vec<Warning>,
    counts: Counts,
    left_out: LeftOut,
    /// The names of what this read doesn't return.
    names: Names,
    /// The groups of identity providers about which somebody told who is in them, in their normal form.
    told: Vec<ProviderGroup>,
}

/// The number of groups, user groups, roles (scoped ones among them) and applications that a resource
/// holds.
#[derive(Clone, Copy, Default)]
pub(super) struct Holds {
    groups: u64,
    user_groups: u64,
    roles: u64,
    apps: u64,
}

impl Holds {
    /// Returns the number of what is held on resources of this kind.
    pub(super) fn of(self, kind: &str) -> u64 {
        match kind {
            "group" => self.groups,
            "user-group" => self.user_groups,
            "role" => self.roles,
            "app" => self.apps,
            _ => 0,
        }
    }
}

/// The number of grants of an entitlement.
#[derive(Clone, Default)]
pub(super) struct HeldBy {
    /// By the [`rank`] of the principal's kind.
    pub(super) kinds: BTreeMap<usize, u64>,
    pub(super) conditional: u64,
}

/// Grants of an entitlement to principals of one kind, for the same reasons.
pub(super) struct Held {
    /// One grant for all of them, with the principals that are kept.
    pub(super) grant: Grant,
    /// The number of all of them.
    pub(super) count: u64,
}

/// The numbers of records beyond the bounds, which are counted but not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) resources: u64,
    pub(super) grants: u64,
    pub(super) warnings: u64,
}

impl Snapshot {
    const RESOURCES: usize = 5_000;
    const GRANTS: usize = 20_000;
    const WARNINGS: usize = 200;
    /// The most reasons: for each of them, some principals are kept beyond `GRANTS`.
    const REASONS: usize = 5_000;
    /// The principals that are kept for each reason: as many as a cell of a table names.
    pub(super) const NAMES: usize = 8;

    /// Takes the names of what isn't read from an earlier sync.
    #[must_use]
    pub fn with_names(names: Names) -> Snapshot {
        Snapshot { names, ..Snapshot::default() }
    }

    pub(super) fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Returns the grants, those together that differ in the principal alone.
    pub(super) fn held(&self) -> &[Held] {
        &self.held
    }

    /// Returns each entitlement with the number of those who hold it.
    pub(super) fn held_by(&self) -> impl Iterator<Item = (&Entitlement, &HeldBy)> {
        self.entitlements.iter().zip(&self.held_by)
    }

    /// Returns the number of what a resource that is kept holds.
    pub(super) fn holds(&self, id: &ResourceId) -> Holds {
        let place = self.place_of(&id.kind, &id.id);
        place.and_then(|place| self.holds.get(place)).copied().unwrap_or_default()
    }

    /// Returns the number of grants with conditions.
    pub(super) fn conditional(&self) -> u64 {
        self.conditional
    }

    pub(super) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    pub(super) fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// Returns the counts of all records, including those that aren't kept.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(super) fn entitlements(&self) -> &[Entitlement] {
        &self.entitlements
    }

    /// Returns the resource that an entitlement is held on.
    pub(super) fn held_on(&self, entitlement: &str) -> Option<&ResourceId> {
        let known = self.entitlements_by_id.get(entitlement);
        let read = known.and_then(|at| self.entitlements.get(*at)).map(|entitlement| &entitlement.on);
        read.or_else(|| self.names.held_on(entitlement))
    }

    /// Returns the ids of the entitlements on a resource.
    pub(super) fn held_on_it<'a>(&'a self, id: &'a ResourceId) -> impl Iterator<Item = &'a str> {
        let of_it = self
            .entitlements
            .iter()
            .filter(move |entitlement| (&entitlement.on.kind, &entitlement.on.id) == (&id.kind, &id.id));
        of_it.map(|entitlement| entitlement.id.as_str())
    }

    /// Returns a resource that is kept.
    pub(super) fn resource(&self, id: &ResourceId) -> Option<&Resource> {
        self.place_of(&id.kind, &id.id).and_then(|place| self.resources.get(place))
    }

    /// Finds the first resource of this kind with this name. Names aren't unique.
    #[must_use]
    pub fn named(&self, kind: &str, name: &str) -> Option<&ResourceId> {
        let found =
            self.resources.iter().find(|resource| resource.id.kind == kind && resource.display_name == name);
        found.map(|resource| &resource.id)
    }

    /// Returns a resource's name, if it is known.
    pub(super) fn known_name(&self, kind: &str, id: &str) -> Option<&str> {
        let read = self.place_of(kind, id).and_then(|place| self.resources.get(place));
        read.map(|resource| resource.display_name.as_str()).or_else(|| self.names.of(kind, id))
    }

    /// Returns the status of an account that is known and not enabled.
    pub(super) fn mark_of(&self, id: &ResourceId) -> Option<&str> {
        match self.resource(id) {
            Some(read) => match read.account.as_ref()?.status {
                marked @ (AccountStatus::Disabled | AccountStatus::Pending) => Some(status(marked)),
                AccountStatus::Enabled | AccountStatus::Unknown => None,
            },
            None => self.names.status_of(&id.kind, &id.id),
        }
    }

    /// Returns a resource's name, or its id if the name isn't known.
    pub(super) fn name<'a>(&'a self, kind: &str, id: &'a str) -> &'a str {
        self.known_name(kind, id).unwrap_or(id)
    }

    /// Returns the ids of the resources of a kind that had this name at an earlier sync, in their order. A
    /// text that is one of its ids is no name.
    #[must_use]
    pub fn ids_of_name<'a>(&'a self, kind: &'a str, name: &str) -> Vec<&'a str> {
        let is_id = self.names.of(kind, name).is_some();
        let mut ids: Vec<&str> = self.names.ids_of(kind, name).filter(|_| !is_id).collect();
        ids.sort_unstable();
        ids
    }

    /// Whether names are known from an earlier sync.
    #[must_use]
    pub fn has_earlier_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// Returns the names that resources of a kind had at an earlier sync.
    pub fn earlier_names<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.names.of_kind(kind)
    }

    /// Whether an earlier sync has a resource with this id.
    #[must_use]
    pub fn has_earlier_name(&self, kind: &str, id: &str) -> bool {
        self.names.of(kind, id).is_some()
    }

    /// Returns the address that an account had at an earlier sync.
    #[must_use]
    pub fn earlier_address(&self, kind: &str, id: &str) -> Option<&str> {
        self.names.address_of(kind, id)
    }

    /// Notes that somebody told who is in these groups of identity providers, which are in their normal form.
    pub fn note_told(&mut self, groups: Vec<ProviderGroup>) {
        self.told = groups;
    }

    /// Whether somebody told who is in a group of an identity provider.
    pub(super) fn is_told(&self, group: &ProviderGroup) -> bool {
        !self.told.is_empty() && self.told.contains(&group.normal())
    }

    /// Returns the profile of a group, if anything is known of it.
    pub(super) fn group(&self, id: &str) -> Option<&str> {
        let read = self.place_of("group", id).and_then(|place| self.resources.get(place));
        read.map(|group| group.profile.as_str()).or_else(|| self.names.group(id))
    }

    /// Returns the profile of a policy, if anything is known of it.
    pub(super) fn policy(&self, id: &str) -> Option<&str> {
        let read = self.place_of("policy", id).and_then(|place| self.resources.get(place));
        read.map(|policy| policy.profile.as_str()).or_else(|| self.names.policy(id))
    }

    /// Whether a policy's rules are known from an earlier sync alone.
    pub(super) fn has_earlier_rules_of(&self, policy: &str) -> bool {
        self.place_of("policy", policy).is_none() && self.names.has_rules_of(policy)
    }

    fn place_of(&self, kind: &str, id: &str) -> Option<usize> {
        self.by_id.get(kind)?.get(id).copied()
    }

    /// Takes principals of one kind of a grant.
    fn take(&mut self, grant: &Grant, principals: &[ResourceId], kind: &str) {
        let count = principals.len() as u64;
        let conditional = if grant.conditions.is_empty() { 0 } else { count };
        self.conditional += conditional;
        if let Some(place) = self.entitlements_by_id.get(&grant.entitlement)
            && let Some(held_by) = self.held_by.get_mut(*place)
        {
            *held_by.kinds.entry(rank(kind)).or_default() += count;
            held_by.conditional += conditional;
        }
        let number: fn(&mut Holds) -> &mut u64 =
            match self.held_on(&grant.entitlement).map(|on| on.kind.as_str()) {
                Some("user-group") => |holds| &mut holds.user_groups,
                Some("role" | "scoped-role") => |holds| &mut holds.roles,
                Some("app") => |holds| &mut holds.apps,
                _ => |holds| &mut holds.groups,
            };
        if let Some(places) = self.by_id.get(kind) {
            for principal in principals {
                let holds = places.get(&principal.id).and_then(|place| self.holds.get_mut(*place));
                if let Some(holds) = holds {
                    *number(holds) += 1;
                }
            }
        }
        let alike = in_common(grant, kind);
        let place = match self.held_alike.get(&alike) {
            Some(place) => *place,
            None if self.held.len() < Self::REASONS => {
                self.held_alike.insert(alike, self.held.len());
                self.held.push(Held { grant: Grant { principals: Vec::new(), ..grant.clone() }, count: 0 });
                self.held.len() - 1
            }
            None => {
                self.left_out.grants += count;
                return;
            }
        };
        let Some(held) = self.held.get_mut(place) else { return };
        held.count += count;
        let kept = &mut held.grant.principals;
        let room =
            (Self::GRANTS.saturating_sub(self.grants_kept)).max(Self::NAMES.saturating_sub(kept.len()));
        let before = kept.len();
        kept.extend(principals.iter().take(room).cloned());
        self.grants_kept += kept.len() - before;
    }
}

/// Returns what grants of a table's row have in common, as a text.
fn in_common(grant: &Grant, kind: &str) -> String {
    // A rule for an address, a token or a member names the principal itself, whose own the policy is too.
    const OWN: [&str; 4] = ["email", "service_token", "member", "policy"];
    let value = |rule: &str, value| if OWN.contains(&rule) { "" } else { value };
    let through =
        |basis: &'_ Basis| basis.through.as_ref().map_or("", |through| through.id.as_str()).to_owned();
    let basis = grant.basis.iter();
    let basis: Vec<_> = basis.map(|of| (&of.rule, value(&of.rule, of.value.as_str()), through(of))).collect();
    let conditions = grant.conditions.iter();
    let conditions: Vec<_> = conditions.map(|of| (&of.any_of, &of.all_of, &of.none_of)).collect();
    format!("{:?}", (&grant.entitlement, kind, grant.revocable, basis, conditions, &grant.extra))
}

impl Sink for Snapshot {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        self.counts.add(page);
        for resource in &page.resources {
            let place = self.place_of(&resource.id.kind, &resource.id.id);
            if let Some(known) = place.and_then(|place| self.resources.get_mut(place)) {
                // A page can come again.
                known.clone_from(resource);
            } else if self.resources.len() < Self::RESOURCES {
                let ids = self.by_id.entry(resource.id.kind.clone()).or_default();
                ids.insert(resource.id.id.clone(), self.resources.len());
                self.resources.push(resource.clone());
                self.holds.push(Holds::default());
                self.names.learn_policies(resource);
            } else {
                self.left_out.resources += 1;
            }
        }
        for entitlement in &page.entitlements {
            let is_known = self.entitlements_by_id.contains_key(&entitlement.id);
            if !is_known && self.entitlements.len() < Self::RESOURCES {
                self.entitlements_by_id.insert(entitlement.id.clone(), self.entitlements.len());
                self.entitlements.push(entitlement.clone());
                self.held_by.push(HeldBy::default());
            }
        }
        for grant in &page.grants {
            for alike in grant.principals.chunk_by(|one, other| one.kind == other.kind) {
                let Some(first) = alike.first() else { continue };
                self.take(grant, alike, &first.kind);
            }
        }
        let room = Self::WARNINGS - self.warnings.len();
        self.left_out.warnings += page.warnings.len().saturating_sub(room) as u64;
        self.warnings.extend(page.warnings.iter().take(room).cloned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn names_are_found_and_ids_stand_in_for_what_is_unknown() {
        let mut snapshot = Snapshot::default();
        let page = Page {
            resources: vec![samples::group("g1", "Engineering")],
            entitlements: vec![samples::membership("g1")],
            grants: vec![samples::grant("g1", "user", "u9")],
            ..samples::page()
        };
        snapshot.page(&page).unwrap();
        assert_eq!(snapshot.name("group", "g1"), "Engineering");
        assert_eq!(snapshot.name("user", "g1"), "g1");
        assert_eq!(snapshot.held_on("group:g1:member").unwrap().id, "g1");
    }

    #[test]
    fn a_resource_is_found_by_its_kind_and_name() {
        let mut snapshot = Snapshot::default();
        let page = Page {
            resources: vec![
                samples::group("g1", "Ann"),
                samples::user("u1", "Ann"),
                samples::user("u2", "Ann"),
            ],
            ..samples::page()
        };
        snapshot.page(&page).unwrap();
        assert_eq!(snapshot.named("user", "Ann").unwrap().id, "u1");
        assert_eq!(snapshot.named("user", "Bob").map(|id| &id.id), None);
    }

    #[test]
    fn what_is_beyond_the_bounds_is_counted() {
        let users =
            |from: u32| (from..from + 3_000).map(|n| samples::user(&format!("u{n}"), "Ann")).collect();
        let page = Page {
            resources: users(0),
            entitlements: vec![samples::membership("g1")],
            grants: vec![samples::grants("g1", &[("user", "u1"); 15]); 1_000],
            warnings: vec![samples::warning("list-moved", false); 150],
            ..samples::page()
        };
        let mut snapshot = Snapshot::default();
        snapshot.page(&page).unwrap();
        assert_eq!(snapshot.left_out(), LeftOut::default());
        snapshot.page(&Page { resources: users(3_000), ..page }).unwrap();
        assert_eq!(snapshot.left_out(), LeftOut { resources: 1_000, grants: 0, warnings: 100 });
        assert_eq!(snapshot.resources().len(), Snapshot::RESOURCES);
        let [held] = snapshot.held() else { panic!("one reason for all") };
        assert_eq!((held.count, held.grant.principals.len()), (30_000, Snapshot::GRANTS));
        let (_, held_by) = snapshot.held_by().next().unwrap();
        assert_eq!(held_by.kinds[&rank("user")], 30_000);
        assert_eq!(snapshot.holds(&samples::id("user", "u1")).of("group"), 30_000);
        assert_eq!(snapshot.counts().resource["user"], 6_000);

        // A reason that comes later has its first names all the same.
        let late = Page { grants: vec![samples::grants("g1", &[("email", "x@y"); 9])], ..samples::page() };
        snapshot.page(&late).unwrap();
        let held = snapshot.held().last().unwrap();
        assert_eq!((held.count, held.grant.principals.len()), (9, Snapshot::NAMES));
    }

    #[test]
    fn reasons_without_an_end_are_counted() {
        let mut snapshot = Snapshot::default();
        let grants = (0..6_000).map(|n| samples::grant(&format!("g{n}"), "user", "u1"));
        snapshot.page(&Page { grants: grants.collect(), ..samples::page() }).unwrap();
        assert_eq!(snapshot.held().len(), Snapshot::REASONS);
        assert_eq!(snapshot.left_out().grants, 1_000);
    }

    #[test]
    fn only_grants_for_the_same_reasons_stand_together() {
        let of = |kind, id, rule: &str, value: &str| {
            let mut grant = samples::grant("g1", kind, id);
            grant.basis[0].rule = rule.to_owned();
            grant.basis[0].value = value.to_owned();
            grant
        };
        let mut by_policy = of("user", "u5", "email_domain", "x");
        by_policy.basis[0].through = Some(samples::id("policy", "p1"));
        let mut by_another = by_policy.clone();
        by_another.basis[0].through = Some(samples::id("policy", "p2"));
        let mut revocable = of("user", "u4", "email", "d@x");
        revocable.revocable = true;
        let mut snapshot = Snapshot::default();
        let grants = vec![
            of("user", "u1", "email", "a@x"),
            of("user", "u2", "email", "b@x"),
            of("email", "c@x", "email", "c@x"),
            of("user", "u3", "email_domain", "x"),
            of("user", "u3", "email_domain", "y"),
            of("service-token", "t1", "service_token", "t1"),
            of("service-token", "t2", "service_token", "t2"),
            by_policy,
            by_another,
            revocable,
        ];
        snapshot.page(&Page { grants, ..samples::page() }).unwrap();
        let counts: Vec<u64> = snapshot.held().iter().map(|held| held.count).collect();
        assert_eq!(counts, [2, 1, 1, 1, 2, 1, 1, 1]);
    }
}
