//! The records of a read, kept for tables: as many as a person can look at.

use super::counts::Counts;
use super::known::Names;
use super::sink::{Sink, SinkError};
use crate::contract::{Entitlement, Grant, Page, Resource, ResourceId, Warning};
use std::collections::HashMap;

/// All records of a small read, or the first ones of a big read.
#[derive(Default)]
pub struct Snapshot {
    resources: Vec<Resource>,
    by_id: HashMap<(String, String), usize>,
    entitlements: Vec<Entitlement>,
    entitlements_by_id: HashMap<String, usize>,
    grants: Vec<Grant>,
    /// The number of principals in `grants`.
    grants_kept: usize,
    warnings: Vec<Warning>,
    counts: Counts,
    left_out: LeftOut,
    /// The names of what this read doesn't return.
    names: Names,
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

    /// Takes the names of what isn't read from an earlier sync.
    #[must_use]
    pub fn with_names(names: Names) -> Snapshot {
        Snapshot { names, ..Snapshot::default() }
    }

    pub(super) fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Returns each grant with each of its principals.
    pub(super) fn grants(&self) -> impl Iterator<Item = (&Grant, &ResourceId)> {
        self.grants.iter().flat_map(|grant| grant.principals.iter().map(move |principal| (grant, principal)))
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

    /// Finds the first resource of this kind with this name. Names aren't unique.
    #[must_use]
    pub fn named(&self, kind: &str, name: &str) -> Option<&ResourceId> {
        let found =
            self.resources.iter().find(|resource| resource.id.kind == kind && resource.display_name == name);
        found.map(|resource| &resource.id)
    }

    /// Returns a resource's name, if it is known.
    pub(super) fn known_name(&self, kind: &str, id: &str) -> Option<&str> {
        let read = self.by_id.get(&(kind.to_owned(), id.to_owned())).and_then(|at| self.resources.get(*at));
        read.map(|resource| resource.display_name.as_str()).or_else(|| self.names.of(kind, id))
    }

    /// Returns a resource's name, or its id if the name isn't known.
    pub(super) fn name<'a>(&'a self, kind: &str, id: &'a str) -> &'a str {
        self.known_name(kind, id).unwrap_or(id)
    }
}

impl Sink for Snapshot {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        self.counts.add(page);
        for resource in &page.resources {
            if self.resources.len() < Self::RESOURCES {
                let key = (resource.id.kind.clone(), resource.id.id.clone());
                self.by_id.insert(key, self.resources.len());
                self.resources.push(resource.clone());
            } else {
                self.left_out.resources += 1;
            }
        }
        for entitlement in &page.entitlements {
            if self.entitlements.len() < Self::RESOURCES {
                self.entitlements_by_id.insert(entitlement.id.clone(), self.entitlements.len());
                self.entitlements.push(entitlement.clone());
            }
        }
        for grant in &page.grants {
            let room = Self::GRANTS - self.grants_kept;
            let principals: Vec<_> = grant.principals.iter().take(room).cloned().collect();
            self.left_out.grants += (grant.principals.len() - principals.len()) as u64;
            self.grants_kept += principals.len();
            if !principals.is_empty() {
                self.grants.push(Grant { principals, ..grant.clone() });
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
        let page = Page {
            resources: (0..3_000).map(|n| samples::user(&format!("u{n}"), "Ann")).collect(),
            grants: vec![samples::grants("g1", &[("user", "u1"); 15]); 1_000],
            warnings: vec![samples::warning("list-moved", false); 150],
            ..samples::page()
        };
        let mut snapshot = Snapshot::default();
        snapshot.page(&page).unwrap();
        assert_eq!(snapshot.left_out(), LeftOut::default());
        snapshot.page(&page).unwrap();
        assert_eq!(snapshot.left_out(), LeftOut { resources: 1_000, grants: 10_000, warnings: 100 });
        assert_eq!(snapshot.resources().len(), Snapshot::RESOURCES);
        assert_eq!(snapshot.grants().count(), Snapshot::GRANTS);
        assert_eq!(snapshot.counts().resource["user"], 6_000);
    }
}
