//! Asks Cloudflare for the pages and objects that a sync needs.

use super::call::{Call, Memory};
use super::cursor::Cursor;
use super::emitter::Emitter;
use super::learned::Learned;
use super::page::Output;
use super::phase::Phase;
use super::selection::Selection;
use super::upstream::{AnyItem, Upstream};
use crate::cloudflare::app::Attached;
use crate::cloudflare::came::{Came, short_digest_of};
use crate::cloudflare::client::gap::is_gap;
use crate::cloudflare::endpoint::Object;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::NotUnderstood;
use crate::cloudflare::list_item;
use crate::cloudflare::listing::{self, Address, Ahead, Read};
use crate::cloudflare::paging::Position;
use crate::cloudflare::policy::{self, Policy};
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::kinds;
use crate::model::{Kind, ResourceId, Warning};
use crate::records::warnings;

/// Reads the page at `at` of a kind's collection, unless the session has it, and learns from it. `read`
/// reads an item of this kind.
/// `tail` is what a cursor knows of the pages before. Where the page can't be read, the session keeps
/// the one before it, which knows what comes again when the page is asked for once more.
pub fn page<T: Transport>(
    call: &mut Call<'_, T>,
    kind: Kind,
    read: Read<AnyItem>,
    at: Position,
    tail: &[u64],
) -> Result<()> {
    let Memory { learned, came, upstream, .. } = &mut *call.memory;
    let kept = upstream.as_ref();
    if kept.is_some_and(|kept| kept.is_page(kind, at.page)) {
        return Ok(());
    }
    let list = kinds::collection(kind)?;
    let has_people = list.has_people;
    let previous = kept.filter(|kept| has_people && kept.is_page(kind, at.page.saturating_sub(1)));
    let previous = previous.map(|page| page.ids()).unwrap_or_default();
    let is_in_tail = |id: &str| !tail.is_empty() && tail.contains(&short_digest_of(id));
    let before = |id: &str, _: &Came| learned.seen.has(kind, id) || previous.contains(id) || is_in_tail(id);
    came.begin(list, at.page, tail);
    let mut page = listing::load_with(call.client, list, at, Ahead::Sent, came, &before, read)?;
    learned.date = call.client.date();
    let is_next = learned.seen.next(kind).is_some_and(|next| next.page == at.page);
    if is_next || !has_people {
        let ids = if has_people { None } else { Some(page.keys()) };
        learned.seen.note(kind, ids, page.verdict.next);
        if has_people {
            learned.mark_not_understood(&page);
        }
        if kind == Kind::IdentityProvider && page.gap(&|_| true).is_some() {
            learned.forget_providers();
        }
        let is_of = |only: &&ResourceId| only.kind == kind || matches!(only.kind, Kind::Policy | Kind::Email);
        if let Some(only) = call.only.filter(|only| is_of(only) && !has_people) {
            let may_be_it = |fault: &NotUnderstood| {
                let is_other = |id: &Id| only.kind == kind && !id.as_str().eq_ignore_ascii_case(&only.id);
                !fault.id.as_ref().is_some_and(is_other)
            };
            learned.may_be_unseen |= page.gap(&may_be_it).is_some();
        }
        let account = &call.client.settings().account_id;
        page.new_items().for_each(|item| item.learn(learned, account));
    }
    *upstream = Some(Upstream::new(kind, page));
    if call.holder.is_some() {
        keep(call.memory);
    }
    Ok(())
}

/// Keeps the resources on the page that was read last, and what can be held on them: it isn't known yet
/// which of them are held.
fn keep(memory: &mut Memory) {
    let Memory { learned, upstream: Some(page), .. } = memory else { return };
    let mut apart = Output::unbounded();
    let (kind, at) = (page.kind, page.at());
    let to = &mut Emitter::new(&mut apart, learned, Selection::of([kind]), None, Vec::new());
    // It is never full.
    let _ = page.emit(&Cursor { at, ..Cursor::at_phase(Phase::Of(kind)) }, to);
    learned.kept.add(apart.page);
}

/// Reads an object and emits it.
pub fn object<T: Transport>(call: &mut Call<'_, T>, read: Read<AnyItem>, object: &Object) -> Result<()> {
    let raw = call.client.one(object)?;
    let item =
        read(&raw, &call.client.settings().account_id).map_err(|fault| object.not_understood(&fault.why))?;
    object.check(item.id())?;
    let Call { client, memory, selection, only, out, .. } = call;
    memory.learned.date = client.date();
    // One object fits on a page.
    let _ = item.emit(0, &mut Emitter::new(out, &mut memory.learned, *selection, *only, Vec::new()));
    Ok(())
}

/// Policies that were asked for because the list of applications doesn't have them.
#[derive(Default)]
pub struct FoundPolicies {
    /// The application that they were asked for with, if it is one.
    pub app: Option<Id>,
    /// The policies.
    pub policies: Vec<Policy>,
    /// Warnings about what is missing nevertheless.
    pub warnings: Vec<Warning>,
}

/// Asks for the next policies that the list of applications doesn't have. What can't be read is a gap:
/// nobody is said to reach the application through it.
pub fn missing<T: Transport>(call: &mut Call<'_, T>) -> Result<FoundPolicies> {
    let Some(app) = call.memory.learned.missing(call.selection) else { return Ok(FoundPolicies::default()) };
    let account = call.client.settings().account_id.clone();
    let Memory { learned, came, .. } = &mut *call.memory;
    let (list, at) = (policy::of_app(&app), learned.found.next);
    came.begin(&list, at.page, &[]);
    let page = call.client.named_list(|client| {
        listing::load::<_, Attached>(client, &list, at, Ahead::Sent, came, &|_, _| false)
    });
    let mut found = FoundPolicies { app: Some(app.clone()), ..FoundPolicies::default() };
    let page = match page {
        // Without one of its policies, it isn't known whom the application keeps out.
        Ok(loaded) => match loaded.gap(&|_| true) {
            Some(gap) => Err(gap.error("", &list).message.clone()),
            None => Ok(loaded),
        },
        Err(error) if is_gap(&error) => Err(error.message.clone()),
        Err(error) => return Err(error),
    };
    match page {
        Ok(loaded) => {
            let next = loaded.verdict.next;
            found
                .warnings
                .extend(loaded.verdict.finding.map(|finding| warnings::list_moved(list.noun, finding)));
            let mut policies: Vec<Attached> = loaded.into_new_items().collect();
            // The application contained them, and they were emitted with it.
            let known = policies.iter_mut().filter(|attached| learned.apps.knows(&attached.id));
            known.for_each(|attached| attached.policy = None);
            // The rules of the others are taken, and the rest is emitted.
            learned.absorb_policies_of(&app, Some(&mut policies), next, &account);
            found.policies.extend(policies.into_iter().filter_map(|attached| attached.policy));
            if next.is_none() {
                let unknown: Vec<Id> = learned.apps.unknown_of(&app).collect();
                let warning = (!unknown.is_empty()).then(|| warnings::policies_not_known(&app, &unknown, ""));
                learned.may_be_unseen |= warning.is_some();
                found.warnings.extend(warning);
            }
        }
        Err(why) => {
            learned.absorb_policies_of(&app, None, None, &account);
            learned.may_be_unseen = true;
            let unknown: Vec<Id> = learned.apps.unknown_of(&app).collect();
            found.warnings.push(warnings::policies_not_known(&app, &unknown, why.trim_start()));
        }
    }
    Ok(found)
}

/// Reads the next page of the next list that rules name, and returns warnings about it. A list that
/// can't be read is a gap: what rests on it is left open.
pub fn list<T: Transport>(call: &mut Call<'_, T>) -> Result<Vec<Warning>> {
    let Memory { learned, came, .. } = &mut *call.memory;
    let (place, at) = learned.lists_next;
    let Some(name) = learned.named_lists.get(place).cloned() else { return Ok(Vec::new()) };
    let unreadable = |learned: &mut Learned, why: &str| {
        learned.may_be_unseen = true;
        vec![warnings::list_not_readable(&name, learned.rule_sets().iter(), why)]
    };
    let Some(id) = Id::parse(&name) else {
        learned.absorb_items(None, None);
        return Ok(unreadable(learned, "Its id isn't one."));
    };
    let list = list_item::collection(&id);
    came.begin(&list, at.page, &[]);
    // Beyond a number of items, the same address in other letters counts as the same.
    let before = |item: &str, came: &Came| !came.keeps(item) && learned.has_item(&item.to_ascii_lowercase());
    let page = call
        .client
        .named_list(|client| listing::load::<_, Address>(client, &list, at, Ahead::Sent, came, &before));
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
