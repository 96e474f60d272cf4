//! Access users, and the grants that they hold.

use crate::cloudflare::user::AccessUser;
use crate::model::Kind;
use crate::records;
use crate::rules::{Standing, Subject};
use crate::sync::emitter::{Emitter, Turn};
use crate::sync::learned::Learned;
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for AccessUser {
    fn emit(&self, done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        if done == 0 {
            to.out.resource(records::user::resource(self));
        }
        let subject = Subject::Person { address: self.email.as_deref(), standing: Standing::None };
        to.grants(Kind::User, &self.id, subject, Turn::after(done))
    }

    fn rests_on(&self) -> String {
        self.email.clone().unwrap_or_default()
    }

    fn learn(&mut self, learned: &mut Learned, _account_id: &str) {
        learned.mark_address(self.email.as_deref());
    }
}
