//! Resources and entitlements that were read, and are emitted only if a principal holds them.

use super::page::Output;
use crate::error::{Error, Result};
use crate::model::{Entitlement, Page, Resource, ResourceId, Warning};

/// Resources and entitlements that wait. Their number is bounded by groups and applications, whatever
/// the number of people.
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
    pub fn emit(&self, id: Option<&ResourceId>, warnings: &[Warning], out: &mut Output) -> Result<()> {
        let resource = self.resources.iter().find(|it| Some(&it.id) == id);
        let resource = resource.ok_or_else(|| Error::internal("something is held on an unknown resource"))?;
        out.resource(resource.clone());
        let entitlements = self.entitlements.iter().filter(|it| it.on == resource.id);
        entitlements.for_each(|entitlement| out.entitlement(entitlement.clone()));
        let about = |it: &&Warning| !it.incomplete && it.about.as_ref() == Some(&resource.id);
        warnings.iter().filter(about).for_each(|warning| out.warning(warning.clone()));
        Ok(())
    }
}
