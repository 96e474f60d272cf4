//! Access policies: the reusable ones, and those that the list of applications doesn't have.

use crate::cloudflare::policy::Policy;
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::model::{Kind, Progress};
use crate::records;
use crate::sync::call::Call;
use crate::sync::cursor::Cursor;
use crate::sync::emitter::Emitter;
use crate::sync::learned::{Found, Learned};
use crate::sync::load::{self, FoundPolicies};
use crate::sync::upstream::Emit;
use std::ops::ControlFlow;

impl Emit for Policy {
    fn emit(&self, _done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32> {
        to.out.resource(records::policy::resource(self, None));
        ControlFlow::Continue(())
    }

    fn learn(&mut self, learned: &mut Learned, account_id: &str) {
        learned.apps.add_policy(self, account_id);
    }
}

/// Asks for the next policies that the list of applications doesn't have, and emits those that belong to
/// their application alone.
pub(super) fn read_missing<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Option<Cursor>> {
    let FoundPolicies { app, policies, warnings } = load::missing(call)?;
    let learned = &call.memory.learned;
    if let Some(app) = app.filter(|_| call.selection.wants(Kind::Policy)) {
        for policy in policies.iter().filter(|policy| learned.apps.is_own(&policy.id, &app)) {
            call.out.resource(records::policy::resource(policy, Some(&app)));
        }
    }
    warnings.into_iter().for_each(|warning| call.out.warning(warning));
    let Found { done, next, .. } = learned.found;
    call.out.page.progress = Progress { phase: at.phase.word(), done, total: None };
    if learned.missing(call.selection).is_none() {
        return Ok(call.begin_after(at.phase));
    }
    Ok(Some(Cursor { at: next, list: done, digest: learned.digest(), ..at.clone() }))
}
