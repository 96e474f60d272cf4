//! Whether a sync that several processes read has everybody. A connector that begins anew in the
//! middle of a long list can't know everybody who came before; the output does.

use super::failure::Failure;
use crate::output::Growing;
use cloudflare_zero_trust::cloudflare::paging::Finding;
use cloudflare_zero_trust::contract::{Page, Progress, Warning};
use cloudflare_zero_trust::kinds;
use cloudflare_zero_trust::model::{Kind, WarningCode};
use std::collections::BTreeMap;
use std::path::Path;

/// The last total of each phase that stated one, by the phase's word.
pub(super) type Totals = BTreeMap<String, u32>;

/// Keeps the total that a page states.
pub(super) fn note(totals: &mut Totals, page: &Page) {
    if let Some(total) = page.progress.total {
        totals.insert(page.progress.phase.clone(), total);
    }
}

/// Returns a warning for each kind of people of whom the output has fewer than Cloudflare counts.
/// Groups and roles need none: a session has all their ids.
pub(super) fn missing(
    draft: &mut dyn Growing,
    place: &Path,
    kinds: &[String],
    totals: &Totals,
) -> Result<Vec<Warning>, Failure> {
    let mut counted = Vec::new();
    for kind in Kind::ALL {
        let row = kinds::row(kind);
        let list = row.collection.filter(|list| list.has_people);
        let is_read = kinds.iter().any(|read| read == kind.as_str());
        if let (true, Some(list), Some(&total)) = (is_read, list, totals.get(row.phase)) {
            counted.push((kind, list.noun, total));
        }
    }
    if counted.is_empty() {
        return Ok(Vec::new());
    }
    let different = draft.different().map_err(Failure::file(place))?;
    let fewer = counted.into_iter().filter_map(|(kind, noun, total)| {
        let came = different.get(kind.as_str()).copied().unwrap_or_default();
        let came = u32::try_from(came).ok().filter(|&came| came < total)?;
        let code = WarningCode::ListMoved.word().to_owned();
        let message = format!("{} Read again.", Finding::Short { came, total }.of(noun));
        Some(Warning { code, about: None, message, incomplete: true })
    });
    Ok(fewer.collect())
}

/// Returns a page of warnings alone.
pub(super) fn page_of(warnings: Vec<Warning>) -> Page {
    Page {
        resources: Vec::new(),
        entitlements: Vec::new(),
        grants: Vec::new(),
        warnings,
        progress: Progress { phase: String::new(), done: 0, total: None },
        requests: 0,
        rate_limit: None,
        next: None,
    }
}
