//! Warnings about lists and items. A warning that is incomplete says that data is missing.

use crate::cloudflare::item::NotUnderstood;
use crate::cloudflare::listing::{Address, Loaded};
use crate::cloudflare::paging::Finding;
use crate::model::{Kind, ResourceId, Warning, WarningCode};
use crate::rules::RuleSet;

/// Warns of a list that moved while it was read, or ended early.
pub fn list_moved(what: &str, finding: Finding) -> Warning {
    let advice = match finding {
        Finding::Moved { .. } => "Read again to be sure.",
        Finding::Short { .. } => "Read again.",
    };
    let warning = Warning::new(WarningCode::ListMoved, None, format!("{} {advice}", finding.of(what)));
    Warning { incomplete: finding.is_gap(), ..warning }
}

/// Warns of an item of a list that can't be understood: a gap that must not look like a revocation.
pub fn not_understood(kind: Kind, what: &str, place: u32, item: &NotUnderstood) -> Warning {
    let about = item.id.as_ref().map(|id| ResourceId::new(kind, id.as_str()));
    let message = format!(
        "Item {place} of the {what} that Cloudflare lists can't be understood: {}. It is left out, \
             and so is what rests on it.",
        item.why
    );
    Warning::new(WarningCode::ItemNotUnderstood, about, message)
}

/// Warns of what is wrong with a page of the list of addresses with this id, which rules name.
pub fn of_items(list: &str, page: &Loaded<Address>) -> Vec<Warning> {
    let what = format!("items of list {list}");
    let odd = page.not_understood().map(|(place, fault)| not_understood(Kind::Email, &what, place, fault));
    odd.chain(page.verdict.finding.map(|finding| list_moved(&what, finding))).collect()
}

/// Warns of a list that can't be read, and that rules of these groups name.
pub fn list_not_readable<'r>(list: &str, groups: impl Iterator<Item = &'r RuleSet>, why: &str) -> Warning {
    /// The number of groups that a message names.
    const NAMED: usize = 5;
    let naming: Vec<&RuleSet> = groups.filter(|group| group.lists().any(|named| named == list)).collect();
    let mut groups: Vec<String> =
        naming.iter().take(NAMED).map(|group| format!("group:{}", group.id())).collect();
    if let Some(more @ 1..) = naming.len().checked_sub(NAMED) {
        groups.push(format!("{more} more"));
    }
    let message = format!(
        "The list {list:?} can't be read, so what it decides is left open. It is named by the rules of {}. \
         {why}",
        groups.join(", ")
    );
    let about = match &naming[..] {
        [only] => Some(ResourceId::new(Kind::Group, only.id())),
        _ => None,
    };
    Warning::new(WarningCode::ListNotReadable, about, message)
}

/// Warns of a page that has changed since another session stopped in it.
pub fn page_changed(what: &str) -> Warning {
    let message = format!(
        "The list of {what} moved while it was read: a page of it is given again. Read again to be sure."
    );
    Warning::new(WarningCode::ListMoved, None, message)
}
