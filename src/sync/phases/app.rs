//! Access applications. Their entitlements come later, with the rules.

use crate::cloudflare::app::App;
use crate::cloudflare::policy::Policy;
use crate::model::Kind;
use crate::records;
use crate::sync::emitter::{Emitter, Turn};
use crate::sync::learned::Learned;
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for App {
    fn emit(&self, done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        if done == 0 && to.selection.wants(Kind::App) {
            to.out.resource(records::app::resource(self));
        }
        if to.selection.wants(Kind::Policy) {
            let mut turn = Turn::after(done);
            for policy in policies(self).filter(|policy| to.known.is_own(&policy.id, &self.id)) {
                if turn.next(to.out)? {
                    to.out.resource(records::policy::resource(policy, Some(&self.id)));
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn rests_on(&self) -> String {
        let ids: Vec<&str> = policies(self).map(|policy| policy.id.as_str()).collect();
        ids.join(" ")
    }

    fn learn(&mut self, learned: &mut Learned, account_id: &str) {
        learned.apps.add_app(self, account_id);
    }
}

/// Returns the policies that the application contains whole.
fn policies(app: &App) -> impl Iterator<Item = &Policy> {
    app.policies.iter().flatten().filter_map(|attached| attached.policy.as_ref())
}
