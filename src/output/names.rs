//! The names of records in lines, cells and messages.

use crate::contract::{Grant, ResourceId};
use std::fmt;

/// The id of one principal's grant. No other grant has it.
pub(super) struct GrantId<'a> {
    pub(super) entitlement: &'a str,
    pub(super) principal: &'a ResourceId,
}

impl fmt::Display for GrantId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entitlement, principal: ResourceId { kind, id } } = self;
        write!(f, "{entitlement}:{kind}:{id}")
    }
}

/// Names the grants of several principals in a message, by the first of them.
pub(super) fn grant_name(grant: &Grant) -> String {
    let entitlement = &grant.entitlement;
    let first = grant.principals.first().map(|principal| GrantId { entitlement, principal }.to_string());
    first.unwrap_or_else(|| entitlement.clone())
}

/// Returns `kind:id`.
pub(super) fn resource_name(id: &ResourceId) -> String {
    format!("{}:{}", id.kind, id.id)
}
