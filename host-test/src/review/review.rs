//! A review: who holds what and why, people by people, in words.

use super::columns::number;
use super::kinds::{KINDS, PROVIDER, USER_GROUP};
use super::records::Records;
use super::thing::Thing;
use super::words::{self, Reason};
use cloudflare_zero_trust::contract::{Entitlement, Grant, Warning};
use cloudflare_zero_trust::identities::ProviderGroup;
use cloudflare_zero_trust::output::Wording;
use std::collections::HashMap;

/// Everything that a review says, apart from findings and differences.
pub(crate) struct Review {
    /// Things, then people.
    pub(crate) things: Vec<Thing>,
    pub(crate) people: Vec<Person>,
    /// The person of each thing: the place in `people`.
    pub(crate) person_of: Vec<Option<u32>>,
    pub(crate) entitlements: Vec<Entitlement>,
    /// The thing that each entitlement is held on.
    pub(crate) held_on: Vec<u32>,
    /// The reasons, by entitlement.
    pub(crate) reasons: Vec<Reason>,
    /// The holders of all grants, as the reasons count them.
    pub(crate) grants: Vec<u32>,
    pub(crate) warnings: Vec<Warning>,
    /// The kinds that were read.
    pub(crate) read: [bool; KINDS.len()],
    /// The time of the read, in seconds since 1970.
    pub(crate) time: i64,
    pub(crate) wording: Wording,
    places: HashMap<(u8, Box<str>), u32>,
}

/// A person: all accounts with the same address.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pub(crate) address: String,
    pub(crate) name: String,
    pub(crate) accounts: Vec<u32>,
}

/// The circumstances of a read.
pub(crate) struct Read {
    /// The kinds that were read; `None` if nobody says it.
    pub(crate) kinds: Option<[bool; KINDS.len()]>,
    /// The time of the read, in seconds since 1970.
    pub(crate) time: i64,
    /// The groups of identity providers of which somebody told who is in them.
    pub(crate) told: Vec<ProviderGroup>,
}

impl Review {
    pub(crate) fn new(mut records: Records, read: Read) -> Review {
        records.settle();
        let mut kinds = read.kinds.unwrap_or_else(|| records.guess_read());
        for (code, kind) in [("providers-not-readable", PROVIDER), ("user-groups-not-readable", USER_GROUP)] {
            let is_unread = records.warnings.iter().any(|warning| warning.code == code);
            if let Some(read) = kinds.get_mut(usize::from(kind)).filter(|_| is_unread) {
                *read = false;
            }
        }
        let wording = Wording::new(std::mem::take(&mut records.names), read.told);
        let held_on: Vec<u32> =
            records.entitlements.iter().map(|it| records.place_of(&it.on).unwrap_or_default()).collect();
        let place_of = |id: &_| records.place_of(id);
        let mut grants = Vec::new();
        let mut reasons = Vec::with_capacity(records.held.len());
        for held in &records.held {
            let entitlement = records.entitlements.get(held.entitlement as usize);
            let shape: Option<&Grant> = records.shapes.get(held.shape as usize);
            let (Some(entitlement), Some(shape)) = (entitlement, shape) else { continue };
            let first_kind = held.principals.first().and_then(|place| records.things.get(*place as usize));
            let mut reason = words::reason(entitlement, shape, first_kind, &wording, &place_of);
            reason.entitlement = held.entitlement;
            reason.first = number(grants.len());
            reason.count = number(held.principals.len());
            reasons.push(reason);
            grants.extend_from_slice(&held.principals);
        }
        let (people, person_of) = people(&records.things);
        let is_named = |(_, thing): &(u32, &Thing)| thing.kind < super::kinds::MEMBER;
        let places = (0..).zip(&records.things).filter(is_named);
        let places = places.map(|(place, thing)| ((thing.kind, thing.id.clone()), place)).collect();
        let Records { things, entitlements, warnings, .. } = records;
        Review {
            things,
            people,
            person_of,
            entitlements,
            held_on,
            reasons,
            grants,
            warnings,
            read: kinds,
            time: read.time,
            wording,
            places,
        }
    }

    /// Returns the thing at a place.
    pub(crate) fn thing(&self, place: u32) -> Option<&Thing> {
        self.things.get(place as usize)
    }

    /// Returns the place of a thing that is no person.
    pub(crate) fn place(&self, kind: u8, id: &str) -> Option<u32> {
        self.places.get(&(kind, Box::from(id))).copied()
    }

    /// Returns the things of a kind, with their places.
    pub(crate) fn of_kind(&self, kind: u8) -> impl Iterator<Item = (u32, &Thing)> {
        (0..).zip(&self.things).filter(move |(_, thing)| thing.kind == kind)
    }

    /// Whether all of these kinds were read.
    pub(crate) fn has_read(&self, kinds: &[u8]) -> bool {
        kinds.iter().all(|kind| self.read.get(usize::from(*kind)) == Some(&true))
    }

    /// Returns the holders of a reason, with the numbers of their grants.
    pub(crate) fn holders(&self, reason: &Reason) -> impl Iterator<Item = (u32, u32)> {
        let first = reason.first as usize;
        let holders = self.grants.get(first..first + reason.count as usize).unwrap_or_default();
        (reason.first..).zip(holders.iter().copied())
    }

    /// Returns the thing that a reason's entitlement is held on.
    pub(crate) fn held_on(&self, reason: &Reason) -> Option<&Thing> {
        self.thing(*self.held_on.get(reason.entitlement as usize)?)
    }

    /// Returns for each thing whether it holds something.
    pub(crate) fn holds_something(&self) -> Vec<bool> {
        let mut holds = vec![false; self.things.len()];
        for place in &self.grants {
            if let Some(holds) = holds.get_mut(*place as usize) {
                *holds = true;
            }
        }
        holds
    }

    /// Whether data is missing.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.warnings.iter().any(|warning| warning.incomplete)
    }
}

/// Joins accounts by their addresses. An account without one is a person of its own.
fn people(things: &[Thing]) -> (Vec<Person>, Vec<Option<u32>>) {
    let mut people: Vec<Person> = Vec::new();
    let mut by_address: HashMap<String, u32> = HashMap::new();
    let mut person_of = vec![None; things.len()];
    for ((place, thing), of) in (0..).zip(things).zip(&mut person_of) {
        if !super::kinds::kind(thing.kind).is_person {
            continue;
        }
        let next = number(people.len());
        let (address, person) = match thing.address() {
            Some(address) => (address.clone(), *by_address.entry(address).or_insert(next)),
            None => (String::new(), next),
        };
        if person == next {
            people.push(Person { address, ..Person::default() });
        }
        let Some(known) = people.get_mut(person as usize) else { continue };
        known.accounts.push(place);
        let is_name = !thing.name.is_empty() && !thing.name.eq_ignore_ascii_case(&known.address);
        if known.name.is_empty() && is_name && *thing.name != *thing.id {
            known.name = thing.name.to_string();
        }
        *of = Some(person);
    }
    for person in people.iter_mut().filter(|person| person.name.is_empty()) {
        let name = person.accounts.first().and_then(|place| things.get(*place as usize));
        person.name = name.map(|thing| thing.name.to_string()).unwrap_or_default();
    }
    (people, person_of)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{account, review};

    #[test]
    fn accounts_with_the_same_address_are_one_person() {
        let review = review(&[
            account("member", "m1", "Ann Lee", "Ann@Corp.example", ""),
            account("user", "u1", "ann@corp.example", "ann@corp.example", ""),
            account("user", "u2", "Bo", "bo@corp.example", ""),
            account("member", "m2", "m2", "", ""),
            account("member", "m3", "m3", "", ""),
        ]);
        let people: Vec<(&str, &str, usize)> = review
            .people
            .iter()
            .map(|it| (it.address.as_str(), it.name.as_str(), it.accounts.len()))
            .collect();
        assert_eq!(
            people,
            [("ann@corp.example", "Ann Lee", 2), ("", "m2", 1), ("", "m3", 1), ("bo@corp.example", "Bo", 1)]
        );
        assert_eq!(review.person_of, [Some(0), Some(1), Some(2), Some(0), Some(3)]);
    }
}
