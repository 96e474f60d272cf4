//! Roles.

use crate::cloudflare::role::Role;
use crate::records;
use crate::sync::emitter::Emitter;
use crate::sync::learned::Learned;
use crate::sync::page::Output;
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for Role {
    fn emit(&self, _done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        emit(self, to.out);
        ControlFlow::Continue(())
    }

    fn learn(&mut self, learned: &mut Learned, _account_id: &str) {
        learned.privileges.add_role(self);
    }
}

/// Emits a role and the entitlement on it.
pub(super) fn emit(role: &Role, out: &mut Output) {
    out.resource(records::role::resource(role));
    out.entitlement(records::role::entitlement(role));
}
