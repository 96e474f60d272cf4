//! The lists of addresses that rules name, of which only warnings are emitted, and the rules themselves.

use crate::apps::Applications;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::model::{Entitlement, Kind, Progress, Warning};
use crate::records;
use crate::rules::Membership;
use crate::sorted::Map;
use crate::sync::call::Call;
use crate::sync::cursor::Cursor;
use crate::sync::load;

/// Reads the next page of a list.
pub(super) fn read_list<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Option<Cursor>> {
    for warning in load::list(call)? {
        call.out.warning(warning);
    }
    let learned = &call.memory.learned;
    let (list, next) = learned.lists_next;
    let (done, total) = (list as u32, learned.named_lists.len() as u32);
    call.out.page.progress = Progress { phase: at.phase.word(), done, total: Some(total) };
    if !learned.lacks_lists() {
        return Ok(call.begin_after(at.phase));
    }
    Ok(Some(Cursor { at: next, list: done, digest: learned.digest(), ..at.clone() }))
}

/// Warns of what a person should know of the rules, and emits the entitlements on applications.
pub(super) fn tell<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Option<Cursor>> {
    let learned = &call.memory.learned;
    let Some(membership) = &learned.membership else {
        return Err(Error::internal("rules are reported before there are groups"));
    };
    let of_apps = learned.applications.as_ref().map(Applications::warnings).unwrap_or_default();
    let warnings = membership.warnings().iter().chain(of_apps).map(Told::Warning);
    let apps = learned.applications.iter().filter(|_| call.selection.wants(Kind::App));
    let apps = apps.flat_map(|apps| (0..apps.all().len()).map(move |place| Told::Entitlement(apps, place)));
    let mut done = at.item;
    for told in warnings.chain(apps).skip(at.item as usize) {
        if call.out.is_full() {
            break;
        }
        match told {
            // The others are told with what the principal holds.
            Told::Warning(warning) if call.holder.is_some() && !warning.incomplete => {}
            Told::Warning(warning) => call.out.warning(warning.clone()),
            Told::Entitlement(apps, place) => {
                let entitlement = entitlement(apps, place, &learned.app_names, membership);
                entitlement.into_iter().for_each(|entitlement| call.out.entitlement(entitlement));
            }
        }
        done += 1;
    }
    let total = learned.told(call.selection) as u32;
    call.out.page.progress = Progress { phase: at.phase.word(), done, total: Some(total) };
    Ok(if done < total { Some(Cursor { item: done, ..at.clone() }) } else { call.begin_after(at.phase) })
}

/// Returns the entitlement on the application at a place, if there is one.
pub(super) fn entitlement(
    apps: &Applications,
    place: usize,
    names: &Map<String, String>,
    membership: &Membership,
) -> Option<Entitlement> {
    let app = apps.all().get(place)?;
    let name = names.get(&app.id).unwrap_or(&app.id);
    records::app::entitlement(&app.id, name, app.gate, apps.extra(place, membership))
}

/// Something that the phase of rules emits.
enum Told<'a> {
    Warning(&'a Warning),
    /// The entitlement on the application at this place.
    Entitlement(&'a Applications, usize),
}
