//! What a read gave, kept for tables: as much of it as a person can look at.

use super::{Counts, Sink, SinkError};
use crate::contract::{Entitlement, Grant, Page, Resource, ResourceId, Warning};
use std::collections::HashMap;

/// Everything of a small read, and the beginning of a big one.
#[derive(Default)]
pub struct Snapshot {
    resources: Vec<Resource>,
    by_id: HashMap<(String, String), usize>,
    entitlements: Vec<Entitlement>,
    /// By the entitlement's id.
    entitlements_by_id: HashMap<String, usize>,
    grants: Vec<Grant>,
    /// Of how many principals.
    grants_kept: usize,
    warnings: Vec<Warning>,
    counts: Counts,
    left_out: LeftOut,
}

/// What came after the beginning.
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

    pub(super) fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Every grant, and whose it is.
    pub(super) fn grants(&self) -> impl Iterator<Item = (&Grant, &ResourceId)> {
        self.grants.iter().flat_map(|grant| grant.principals.iter().map(move |principal| (grant, principal)))
    }

    pub(super) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    pub(super) fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// Counts of everything, what was left out included.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(super) fn entitlements(&self) -> &[Entitlement] {
        &self.entitlements
    }

    /// What an entitlement is held on.
    pub(super) fn held_on(&self, entitlement: &str) -> Option<&ResourceId> {
        let known = self.entitlements_by_id.get(entitlement);
        known.and_then(|at| self.entitlements.get(*at)).map(|entitlement| &entitlement.on)
    }

    /// A resource.
    pub(super) fn resource(&self, id: &ResourceId) -> Option<&Resource> {
        let known = self.by_id.get(&(id.kind.clone(), id.id.clone()));
        known.and_then(|at| self.resources.get(*at))
    }

    /// The first resource of this kind that has this name. Names aren't unique.
    #[must_use]
    pub fn named(&self, kind: &str, name: &str) -> Option<&ResourceId> {
        let found =
            self.resources.iter().find(|resource| resource.id.kind == kind && resource.display_name == name);
        found.map(|resource| &resource.id)
    }

    /// Forgets who holds what, and keeps what everything is called.
    pub fn forget_grants(&mut self) {
        self.grants.clear();
        self.grants_kept = 0;
        self.left_out.grants = 0;
    }

    /// A resource's name, or its id where it isn't known.
    pub(super) fn name<'a>(&'a self, kind: &str, id: &'a str) -> &'a str {
        let known = self.by_id.get(&(kind.to_owned(), id.to_owned()));
        known.and_then(|at| self.resources.get(*at)).map_or(id, |resource| &resource.display_name)
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
            let principals = &grant.principals[..grant.principals.len().min(room)];
            self.left_out.grants += (grant.principals.len() - principals.len()) as u64;
            self.grants_kept += principals.len();
            if !principals.is_empty() {
                self.grants.push(Grant { principals: principals.to_vec(), ..grant.clone() });
            }
        }
        let room = Self::WARNINGS - self.warnings.len();
        self.left_out.warnings += page.warnings.len().saturating_sub(room) as u64;
        self.warnings.extend(page.warnings.iter().take(room).cloned());
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! Small records to test with.

    use crate::contract::{
        Account, AccountStatus, Basis, Entitlement, Grant, Page, Progress, Resource, ResourceId, Warning,
    };

    pub(in super::super) fn id(kind: &str, id: &str) -> ResourceId {
        ResourceId { kind: kind.to_owned(), id: id.to_owned() }
    }

    pub(crate) fn page() -> Page {
        Page {
            resources: vec![],
            entitlements: vec![],
            grants: vec![],
            warnings: vec![],
            progress: Progress { phase: "users".to_owned(), done: 0, total: None },
            requests: 1,
            rate_limit: None,
            next: None,
        }
    }

    pub(in super::super) fn group(of: &str, name: &str) -> Resource {
        Resource {
            id: id("group", of),
            parent: None,
            display_name: name.to_owned(),
            account: None,
            profile: "{\"rules\": [1,\n 2]}".to_owned(),
        }
    }

    pub(in super::super) fn user(of: &str, name: &str) -> Resource {
        let account = Account {
            email: Some(format!("{of}@corp.example")),
            login: None,
            status: AccountStatus::Enabled,
            last_login: None,
        };
        Resource { id: id("user", of), account: Some(account), ..group(of, name) }
    }

    pub(in super::super) fn membership(of: &str) -> Entitlement {
        Entitlement {
            id: format!("group:{of}:member"),
            on: id("group", of),
            slug: "member".to_owned(),
            display_name: "Member".to_owned(),
            description: String::new(),
            grantable_to: vec!["user".to_owned()],
            extra: "{}".to_owned(),
        }
    }

    pub(in super::super) fn grant(of: &str, kind: &str, principal: &str) -> Grant {
        grants(of, &[(kind, principal)])
    }

    pub(in super::super) fn grants(of: &str, principals: &[(&str, &str)]) -> Grant {
        Grant {
            entitlement: format!("group:{of}:member"),
            principals: principals.iter().map(|&(kind, principal)| id(kind, principal)).collect(),
            basis: vec![Basis { rule: "everyone".to_owned(), value: String::new() }],
            conditions: None,
            revocable: false,
            extra: "{}".to_owned(),
        }
    }

    pub(in super::super) fn warning(code: &str, incomplete: bool) -> Warning {
        Warning { code: code.to_owned(), about: None, message: "Something is off.".to_owned(), incomplete }
    }
}

#[cfg(test)]
mod tests {
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
    fn names_outlive_grants() {
        let mut snapshot = Snapshot::default();
        let page = Page {
            resources: vec![
                samples::group("g1", "Ann"),
                samples::user("u1", "Ann"),
                samples::user("u2", "Ann"),
            ],
            grants: vec![samples::grant("g1", "user", "u1")],
            ..samples::page()
        };
        snapshot.page(&page).unwrap();
        snapshot.forget_grants();
        assert!(snapshot.grants().next().is_none());
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
