//! Service tokens, and the grants that they hold.

use crate::cloudflare::service_token::ServiceToken;
use crate::model::Kind;
use crate::records;
use crate::rules::Subject;
use crate::sync::emitter::{Emitter, Turn};
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for ServiceToken {
    fn emit(&self, done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        if done == 0 {
            to.out.resource(records::service_token::resource(self));
        }
        // A token that can't be used holds nothing.
        if !self.is_valid(to.date) {
            return ControlFlow::Continue(());
        }
        to.grants(Kind::ServiceToken, &self.id, Subject::Token(self.id.as_str()), Turn::after(done))
    }

    fn rests_on(&self) -> String {
        format!("{} {:?}", self.is_enabled, self.expires_at)
    }
}
