//! The differences between two reviews: what people gained, what they lost, and what they hold for another
//! reason.

use super::columns::Writer;
use super::kinds::{KINDS, kind};
use super::side::Side;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// The differences to an earlier review. None are known if there is none.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    earlier: Option<Earlier>,
    all: Vec<Change>,
    notes: Vec<String>,
}

/// The earlier review.
#[derive(Debug)]
pub(crate) struct Earlier {
    pub(crate) time: String,
    /// The name of the file.
    pub(crate) name: String,
    /// The digest of its data, if it was a review.
    pub(crate) digest: Option<String>,
}

/// A difference in what one person holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) kind: Difference,
    /// The grant, if it is held now.
    pub(crate) grant: Option<u32>,
    pub(crate) person: String,
    /// An account of the person that holds it, or held it.
    pub(crate) account: String,
    pub(crate) entitlement: String,
    pub(crate) on: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    Gained = 1,
    Lost = 2,
    OtherReason = 3,
}

/// A holding of one person at one entitlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Holding {
    person: u32,
    mark: u32,
    reason: usize,
    grant: u32,
    account: u32,
}

impl Changes {
    /// Compares two reviews, the later one second.
    pub(crate) fn between(earlier: Earlier, before: &Side<'_>, now: &Side<'_>) -> Changes {
        let comparable = Comparable::of(before, now);
        let (of_before, of_now) = people(before, now);
        let (before_by, now_by) = (by_entitlement(before, &of_before), by_entitlement(now, &of_now));
        let ids: BTreeSet<&str> = before_by.keys().chain(now_by.keys()).copied().collect();
        let mut all = Vec::new();
        for id in ids {
            let [old, new] = [&before_by, &now_by].map(|by| by.get(id).map_or(&[][..], |(_, held)| held));
            let on = |side: &Side<'_>, by: &HashMap<&str, (u32, Vec<Holding>)>| {
                by.get(id).map(|(on, _)| {
                    let name = side.name.get(*on as usize).copied().unwrap_or_default();
                    (side.kind.get(*on as usize).copied().unwrap_or_default(), name.to_owned())
                })
            };
            let Some((kind, on)) = on(now, &now_by).or_else(|| on(before, &before_by)) else { continue };
            if comparable.is_held_on(kind) {
                compare(id, &on, (before, old), (now, new), &comparable, &mut all);
            }
        }
        Changes { earlier: Some(earlier), all, notes: comparable.notes() }
    }

    fn count(&self, of: Difference) -> usize {
        self.all.iter().filter(|change| change.kind == of).count()
    }

    pub(crate) fn write(&self, to: &mut Writer) {
        let all = || self.all.iter();
        to.u8("change.kind", all().map(|it| it.kind as u8));
        to.u32("change.grant", all().map(|it| it.grant.map_or(0, |grant| grant + 1)));
        to.text("change.person", all().map(|it| it.person.as_str()));
        to.text("change.account", all().map(|it| it.account.as_str()));
        to.words("change.entitlement", all().map(|it| it.entitlement.as_str()));
        to.words("change.on", all().map(|it| it.on.as_str()));
        to.words("change.before", all().map(|it| it.before.as_str()));
        to.words("change.after", all().map(|it| it.after.as_str()));
    }

    pub(crate) fn to_json(&self) -> Value {
        let Some(Earlier { time, name, digest }) = &self.earlier else { return Value::Null };
        json!({
            "time": time,
            "name": name,
            "digest": digest,
            "gained": self.count(Difference::Gained),
            "lost": self.count(Difference::Lost),
            "other": self.count(Difference::OtherReason),
            "notes": self.notes,
        })
    }
}

/// The kinds of which both reviews know all.
struct Comparable {
    kinds: [bool; KINDS.len()],
    /// The kinds that one of them didn't read.
    not_read: [[bool; KINDS.len()]; 2],
    gaps: [[bool; KINDS.len()]; 2],
}

impl Comparable {
    fn of(before: &Side<'_>, now: &Side<'_>) -> Comparable {
        let mut kinds = [false; KINDS.len()];
        for (place, is_comparable) in kinds.iter_mut().enumerate() {
            let is_whole = |side: &Side<'_>| side.read.get(place) == Some(&true);
            *is_comparable = is_whole(before) && is_whole(now);
        }
        let not_read = [before.read, now.read].map(|read| read.map(|is_read| !is_read));
        Comparable { kinds, not_read, gaps: [before.gaps, now.gaps] }
    }

    fn is_held_on(&self, kind: u8) -> bool {
        let kind = usize::from(kind);
        self.kinds.get(kind) == Some(&true) && self.gaps.iter().all(|gaps| gaps.get(kind) != Some(&true))
    }

    fn is_holder(&self, kind: u8) -> bool {
        self.kinds.get(usize::from(kind)) == Some(&true)
    }

    /// Says what isn't compared.
    fn notes(&self) -> Vec<String> {
        let named = |of: &[bool; KINDS.len()]| {
            let names = KINDS.iter().zip(of).filter(|(_, is_so)| **is_so).map(|(kind, _)| kind.many);
            names.collect::<Vec<_>>().join(", ")
        };
        let mut notes = Vec::new();
        for ((which, not_read), gaps) in
            ["the earlier one", "this review"].into_iter().zip(&self.not_read).zip(&self.gaps)
        {
            let (unread, gaps) = (named(not_read), named(gaps));
            if !unread.is_empty() {
                notes.push(format!(
                    "Not compared, because {which} doesn't say that it has read them: {unread}."
                ));
            }
            if !gaps.is_empty() {
                notes.push(format!(
                    "Not compared, because data is missing in {which}: what is held on {gaps}."
                ));
            }
        }
        notes
    }
}

/// Gives each person of both reviews a number. An account that is in both is the same person, whatever its
/// address; accounts with the same address are one person too.
fn people(before: &Side<'_>, now: &Side<'_>) -> (Vec<u32>, Vec<u32>) {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut of_accounts: HashMap<(u8, &str), u32> = HashMap::new();
    let mut number = |key: String| {
        let next = super::columns::number(numbers.len());
        *numbers.entry(key).or_insert(next)
    };
    let key = |side: &Side<'_>, place: usize| {
        let text = |texts: &[&str]| texts.get(place).copied().unwrap_or_default().to_owned();
        match text(&side.address) {
            address if address.is_empty() => {
                format!("{}:{}", kind(side.kind.get(place).copied().unwrap_or_default()).id, text(&side.id))
            }
            address => address,
        }
    };
    let mut of_now = Vec::with_capacity(now.id.len());
    for (place, (kind, id)) in now.kind.iter().zip(&now.id).enumerate() {
        let person = number(key(now, place));
        of_accounts.insert((*kind, id), person);
        of_now.push(person);
    }
    let is_now = |place: usize| {
        let (kind, id) = (before.kind.get(place)?, before.id.get(place)?);
        of_accounts.get(&(*kind, *id)).copied()
    };
    // An account that is gone was the person's who has the other accounts with its address.
    let mut of_keys: HashMap<String, u32> = HashMap::new();
    for place in 0..before.id.len() {
        if let Some(person) = is_now(place) {
            of_keys.entry(key(before, place)).or_insert(person);
        }
    }
    let of_before = (0..before.id.len()).map(|place| {
        let key = key(before, place);
        is_now(place).or_else(|| of_keys.get(&key).copied()).unwrap_or_else(|| number(key))
    });
    (of_before.collect(), of_now)
}

type ByEntitlement<'d> = HashMap<&'d str, (u32, Vec<Holding>)>;

/// Returns what is held, by the entitlement's id, with the resource that it is held on; by person.
fn by_entitlement<'d>(side: &Side<'d>, people: &[u32]) -> ByEntitlement<'d> {
    let mut by: ByEntitlement<'d> = HashMap::new();
    for (reason, of) in side.reasons.iter().enumerate() {
        let place = of.entitlement as usize;
        let (Some(id), Some(on)) = (side.entitlement.get(place), side.on.get(place)) else { continue };
        let (_, held) = by.entry(id).or_insert((*on, Vec::new()));
        held.extend(side.holders(*of).filter_map(|(grant, account)| {
            let person = *people.get(account as usize)?;
            Some(Holding { person, mark: of.mark, reason, grant, account })
        }));
    }
    by.values_mut().for_each(|(_, held)| held.sort_unstable());
    by
}

fn compare(
    id: &str,
    on: &str,
    (before, old): (&Side<'_>, &[Holding]),
    (now, new): (&Side<'_>, &[Holding]),
    comparable: &Comparable,
    all: &mut Vec<Change>,
) {
    let same_person = |one: &Holding, other: &Holding| one.person == other.person;
    let is_compared = |side: &Side<'_>, held: &[Holding]| {
        held.iter()
            .all(|it| side.kind.get(it.account as usize).is_some_and(|kind| comparable.is_holder(*kind)))
    };
    let mut old = old.chunk_by(same_person).peekable();
    let mut new = new.chunk_by(same_person).peekable();
    loop {
        let person = |held: Option<&&[Holding]>| held.and_then(|held| held.first()).map(|it| it.person);
        let (of_old, of_new) = (person(old.peek()), person(new.peek()));
        let Some(next) = [of_old, of_new].into_iter().flatten().min() else { return };
        let held = (if of_old == Some(next) { old.next() } else { None }).unwrap_or_default();
        let holds = (if of_new == Some(next) { new.next() } else { None }).unwrap_or_default();
        if !is_compared(before, held) || !is_compared(now, holds) {
            continue;
        }
        let marks = |of: &[Holding]| of.iter().map(|it| it.mark).collect::<BTreeSet<u32>>();
        let kind = match (held.is_empty(), holds.is_empty()) {
            (true, _) => Difference::Gained,
            (_, true) => Difference::Lost,
            _ if marks(held) != marks(holds) => Difference::OtherReason,
            _ => continue,
        };
        let (side, first) = match holds.first() {
            Some(first) => (now, first),
            None => (before, held.first().unwrap_or(&NOBODY)),
        };
        let text = |texts: &[&str]| texts.get(first.account as usize).copied().unwrap_or_default().to_owned();
        let address = text(&side.address);
        let of_kind = side.kind.get(first.account as usize).copied().unwrap_or_default();
        all.push(Change {
            kind,
            grant: holds.first().map(|it| it.grant),
            person: if address.is_empty() { text(&side.name) } else { address },
            account: format!("{}:{}", super::kinds::kind(of_kind).id, text(&side.id)),
            entitlement: id.to_owned(),
            on: on.to_owned(),
            before: why(before, held),
            after: why(now, holds),
        });
    }
}

const NOBODY: Holding = Holding { person: 0, mark: 0, reason: 0, grant: 0, account: 0 };

/// Says in words why a person holds something, each reason once.
fn why(side: &Side<'_>, held: &[Holding]) -> String {
    let mut told: Vec<String> = Vec::new();
    for why in held.iter().map(|it| side.why(it.reason)) {
        if !told.contains(&why) {
            told.push(why);
        }
    }
    told.join("; or ")
}

#[cfg(test)]
#[path = "since_tests.rs"]
mod tests;
