//! Identity providers.

use crate::cloudflare::identity_provider::IdentityProvider;
use crate::records;
use crate::sync::emitter::Emitter;
use crate::sync::learned::Learned;
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for IdentityProvider {
    fn emit(&self, _done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        to.out.resource(records::identity_provider::resource(self));
        ControlFlow::Continue(())
    }

    fn learn(&mut self, learned: &mut Learned, _account_id: &str) {
        learned.absorb_provider(self);
    }
}
