//! The addresses that groups and allow policies include and that neither a member nor a user has.

use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::model::{Kind, Progress, ResourceId};
use crate::records;
use crate::rules::{Standing, Subject};
use crate::sync::call::Call;
use crate::sync::cursor::Cursor;
use crate::sync::emitter::{Grants, Turn};
use crate::sync::learned::Learned;
use std::ops::ControlFlow;

/// Emits the addresses that hold something, and what they hold.
pub(super) fn emit_all<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Option<Cursor>> {
    let Learned { membership: Some(membership), applications, scratch, search, matched, .. } =
        &mut call.memory.learned
    else {
        return Err(Error::internal("addresses are given before there are groups"));
    };
    let (out, apps) = (&mut call.out, applications.as_ref());
    let mut grants = Grants::new(membership, scratch, apps, search, call.selection, call.only);
    let is_one = call.only.is_some_and(|only| only.kind == Kind::Email);
    let total = matched.included.len() as u32;
    let mut stop = None;
    for (place, &included) in matched.included.iter().enumerate().skip(at.item as usize) {
        let item = place as u32;
        // The resource that is wanted is the first one.
        if is_one && item > at.item {
            break;
        }
        if out.is_full() || !matched.knows(place) {
            stop = Some((item, 0));
            break;
        }
        if !matched.is_unmatched(included) {
            continue;
        }
        let id = ResourceId::new(Kind::Email, membership.included_address(included).to_ascii_lowercase());
        let subject = Subject::Person { address: Some(&id.id), standing: Standing::None };
        let (evaluation, wanted) = grants.evaluate(subject);
        if !wanted.holds_something(&evaluation, apps) {
            continue;
        }
        let done = if item == at.item { at.grant } else { 0 };
        if done == 0 {
            out.resource(records::email::resource(&id.id));
        }
        if let ControlFlow::Break(done) = wanted.emit(&id, evaluation, Turn::after(done), out) {
            stop = Some((item, done));
            break;
        }
    }
    let done = stop.map_or(total, |(item, _)| item);
    out.page.progress = Progress { phase: at.phase.word(), done, total: Some(total) };
    Ok(stop.map(|(item, grant)| {
        let marks = call.marks(item as usize);
        Cursor { item, grant, marks, digest: at.digest, ..Cursor::at_phase(at.phase) }
    }))
}
