//! Identity providers.

use crate::cloudflare::identity_provider::IdentityProvider;
use crate::cloudflare::listing::Loaded;
use crate::model::Kind;
use crate::records;
use crate::sync::emitter::Emitter;
use crate::sync::learned::Learned;
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for IdentityProvider {
    const KIND: Kind = Kind::IdentityProvider;

    fn emit(&self, _done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        to.out.resource(records::identity_provider::resource(self));
        ControlFlow::Continue(())
    }

    fn learn(page: &mut Loaded<Self>, learned: &mut Learned, _account_id: &str) {
        learned.absorb_providers(page);
    }
}
