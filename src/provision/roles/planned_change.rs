//! A change of a role, a scoped role or a place in a user group, with its member resolved.

use crate::cloudflare::id::Id;
use crate::model::Kind;
use crate::provision::change::Operation;
use crate::records::ids;
use crate::roles::On;

/// A change of what a member holds.
pub(super) struct PlannedChange {
    /// Its place in the call.
    pub index: usize,
    pub operation: Operation,
    pub member: Id,
    pub kind: Kind,
    pub id: String,
}

impl PlannedChange {
    /// The kind of what is held.
    pub const fn on(&self) -> On {
        match self.kind {
            Kind::ScopedRole => On::Scoped,
            _ => On::Role,
        }
    }

    /// The id of the entitlement.
    pub fn entitlement(&self) -> String {
        ids::entitlement_id(self.kind, &self.id).unwrap_or_default()
    }
}
