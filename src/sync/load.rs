//! Asks Cloudflare for the pages and objects that a sync needs.

use super::call::{Call, Memory};
use super::cursor::Cursor;
use super::emitter::Emitter;
use super::learned::Learned;
use super::page::Output;
use super::phase::Phase;
use super::upstream::Emit;
use crate::cloudflare::came::short_digest_of;
use crate::cloudflare::client::gap::is_gap;
use crate::cloudflare::endpoint::Object;
use crate::cloudflare::id::Id;
use crate::cloudflare::list_item;
use crate::cloudflare::listing::{self, Address, Ahead};
use crate::cloudflare::paging::Position;
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::kinds;
use crate::model::{Page, Warning};
use crate::records::warnings;

/// Reads the page at `at` of a kind's collection, unless the session has it, and learns from it.
/// `tail` is what a cursor knows of the pages before. Where the page can't be read, the session keeps
/// the one before it, which knows what comes again when the page is asked for once more.
pub fn page<T: Transport, I: Emit>(call: &mut Call<'_, T>, at: Position, tail: &[u64]) -> Result<()> {
    let Memory { learned, came, upstream, .. } = &mut *call.memory;
    let kept = upstream.as_deref();
    if kept.is_some_and(|kept| kept.is_page(I::KIND, at.page)) {
        return Ok(());
    }
    let list = kinds::collection(I::KIND)?;
    let has_people = list.has_people;
    let previous = kept.filter(|kept| has_people && kept.is_page(I::KIND, at.page.saturating_sub(1)));
    let previous = previous.map(|page| page.ids()).unwrap_or_default();
    let before = |id: &Id, _: bool| {
        learned.seen.has(I::KIND, id) || previous.contains(id) || tail.contains(&short_digest_of(id.as_str()))
    };
    came.begin(list, at.page, tail);
    let mut loaded = listing::load::<_, I>(call.client, list, at, Ahead::Sent, came, before)?;
    let is_next = learned.seen.next(I::KIND).is_some_and(|next| next.page == at.page);
    if is_next || !has_people {
        let ids = if has_people { None } else { Some(loaded.keys()) };
        learned.seen.note(I::KIND, ids, loaded.verdict.next);
        I::learn(&mut loaded, learned, &call.client.settings().account_id);
    }
    *upstream = Some(Box::new(loaded));
    if call.holder.is_some() {
        let page = emit_apart(call);
        call.memory.learned.kept.add(page);
    }
    Ok(())
}

/// Emits the page that was read last into a page of its own, however large that gets.
pub fn emit_apart<T: Transport>(call: &mut Call<'_, T>) -> Page {
    let Call { memory: Memory { learned, upstream, .. }, selection, only, .. } = call;
    let mut apart = Output::unbounded();
    if let Some(page) = upstream.as_deref() {
        let all = Cursor { at: page.at(), ..Cursor::at_phase(Phase::Of(page.kind())) };
        let _ = page.emit(&all, &mut Emitter::new(&mut apart, learned, *selection, *only, Vec::new()));
    }
    apart.page
}

/// Reads an object and emits it.
pub fn object<T: Transport, I: Emit>(call: &mut Call<'_, T>, object: &Object) -> Result<()> {
    let raw = call.client.one(object)?;
    let item = I::read(&raw, &call.client.settings().account_id)
        .map_err(|fault| object.not_understood(&fault.why))?;
    let Call { memory, selection, only, out, .. } = call;
    // One object fits on a page.
    let _ = item.emit(0, &mut Emitter::new(out, &mut memory.learned, *selection, *only, Vec::new()));
    Ok(())
}

/// Reads the next page of the next list that rules name, and returns warnings about it. A list that
/// can't be read is a gap: what rests on it is left open.
pub fn list<T: Transport>(call: &mut Call<'_, T>) -> Result<Vec<Warning>> {
    let Memory { learned, came, .. } = &mut *call.memory;
    let (place, at) = learned.lists_next;
    let Some(name) = learned.named_lists.get(place).cloned() else { return Ok(Vec::new()) };
    let unreadable =
        |learned: &Learned, why: &str| vec![warnings::list_not_readable(&name, learned.groups().iter(), why)];
    let Some(id) = Id::parse(&name) else {
        learned.absorb_items(None, None);
        return Ok(unreadable(learned, "Its id isn't one."));
    };
    let list = list_item::collection(&id);
    came.begin(&list, at.page, &[]);
    // Beyond a number of items, the same address in other letters counts as the same.
    let before = |item: &String, is_known: bool| !is_known && learned.has_item(&item.to_ascii_lowercase());
    let page = call
        .client
        .named_list(|client| listing::load::<_, Address>(client, &list, at, Ahead::Sent, came, before));
    match page {
        Ok(loaded) => {
            let warnings = warnings::of_items(&name, &loaded);
            let next = loaded.verdict.next;
            let items = loaded.into_new_items().map(|Address(item)| item.to_ascii_lowercase());
            learned.absorb_items(Some(items.collect()), next);
            Ok(warnings)
        }
        Err(error) if is_gap(&error) => {
            learned.absorb_items(None, None);
            Ok(unreadable(learned, &error.message))
        }
        Err(error) => Err(error),
    }
}
