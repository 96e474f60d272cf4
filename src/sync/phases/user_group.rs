//! User groups.

use crate::cloudflare::user_group::UserGroup;
use crate::records;
use crate::sync::emitter::Emitter;
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for UserGroup {
    fn emit(&self, _done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        to.out.resource(records::user_group::resource(self));
        to.out.entitlement(records::user_group::entitlement(self));
        ControlFlow::Continue(())
    }
}
