//! Access groups.

use crate::cloudflare::group::Group;
use crate::records;
use crate::sync::emitter::Emitter;
use crate::sync::learned::Learned;
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for Group {
    fn emit(&self, _done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        to.out.resource(records::group::resource(self));
        to.out.entitlement(records::group::entitlement(self));
        ControlFlow::Continue(())
    }

    fn learn(&mut self, learned: &mut Learned, account_id: &str) {
        learned.absorb_group(self, account_id);
    }
}
