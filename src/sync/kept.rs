//! Resources and entitlements that were read, and are emitted only if a principal holds them.

use super::page::Output;
use crate::error::{Error, Result};
use crate::model::{Entitlement, Kind, Page, Resource, ResourceId, Warning};

/// Resources and entitlements that wait. Their number is bounded by groups, applications and identity
/// providers, whatever the number of people.
#[derive(Default)]
pub struct Kept {
    resources: Vec<Resource>,
    entitlements: Vec<Entitlement>,
}

impl Kept {
    /// Keeps the resources and entitlements of a page.
    pub fn add(&mut self, page: Page) {
        self.resources.extend(page.resources);
        self.entitlements.extend(page.entitlements);
    }

    /// Emits the resource with this id, what can be held on it, and those of the warnings that are about
    /// it and of no gap: gaps were told before.
    ///
    /// # Errors
    /// `internal` where it isn't kept.
    pub fn emit(&self, id: &ResourceId, warnings: &[Warning], out: &mut Output) -> Result<()> {
        let resource = self.resources.iter().find(|it| it.id == *id);
        let resource = resource.ok_or_else(|| Error::internal("something is held on an unknown resource"))?;
        out.resource(resource.clone());
        let entitlements = self.entitlements.iter().filter(|it| it.on == *id);
        entitlements.for_each(|entitlement| out.entitlement(entitlement.clone()));
        let about = |it: &&Warning| !it.incomplete && it.about.as_ref() == Some(id);
        warnings.iter().filter(about).for_each(|warning| out.warning(warning.clone()));
        Ok(())
    }

    /// Emits the identity providers that conditions on the page name, so that a person can read these.
    pub fn emit_providers(&self, out: &mut Output) {
        let conditions = out.page.grants.iter().flat_map(|grant| &grant.conditions);
        let rules = conditions.flat_map(|it| it.any_of.iter().chain(&it.all_of).chain(&it.none_of));
        let rules: Vec<&String> = rules.collect();
        let is_named = |it: &&Resource| {
            it.id.kind == Kind::IdentityProvider && rules.iter().any(|rule| rule.contains(&it.id.id))
        };
        let named: Vec<Resource> = self.resources.iter().filter(is_named).cloned().collect();
        named.into_iter().for_each(|provider| out.resource(provider));
    }
}
