//! Access groups.

use crate::cloudflare::group::Group;
use crate::cloudflare::listing::Loaded;
use crate::model::Kind;
use crate::records;
use crate::sync::emitter::Emitter;
use crate::sync::learned::Learned;
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for Group {
    const KIND: Kind = Kind::Group;

    fn emit(&self, _done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        to.out.resource(records::group::resource(self));
        to.out.entitlement(records::group::entitlement(self));
        ControlFlow::Continue(())
    }

    fn learn(page: &mut Loaded<Self>, learned: &mut Learned, account_id: &str) {
        learned.absorb_groups(page, account_id);
    }
}
