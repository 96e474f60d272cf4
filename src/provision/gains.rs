//! What a revoke would give: leaving a group can let somebody into another one that excludes it.

use super::change::Operation;
use super::people::Who;
use super::plan::{Asked, Verdict, holds, own_rules};
use super::world::{OwnRules, World};
use crate::cloudflare::id::Id;
use crate::model::Kind;
use crate::records;
use crate::rules::DirectRule;
use crate::sorted::{Map, Set};

/// What the batch leaves of the own rules of each address.
pub(super) struct Batch<'a> {
    left: Map<&'a str, OwnRules>,
    /// The groups that an address is to leave.
    revoked: Map<&'a str, Vec<&'a Id>>,
}

impl<'a> Batch<'a> {
    pub fn new(world: &mut World, waiting: &'a [Asked], verdicts: &[Option<Verdict>]) -> Self {
        let mut batch = Self { left: Map::default(), revoked: Map::default() };
        for (asked, verdict) in waiting.iter().zip(verdicts) {
            let Some(address) = asked.who.address_key() else { continue };
            if matches!(verdict, Some(Verdict::Refused(_))) {
                continue;
            }
            let written = world.written(Some(address));
            let own = match asked.operation {
                Operation::Revoke => Some(DirectRule::Removed),
                Operation::Grant => (own_rules(world, asked, &written) == 0).then_some(DirectRule::Added),
            };
            let left = batch.left.get_or_insert_with(address, || written);
            if let Some(own) = own {
                left.insert(asked.group.as_str().to_owned(), own);
            }
            if asked.operation == Operation::Revoke {
                batch.revoked.get_or_insert_with(address, Vec::new).push(&asked.group);
            }
        }
        batch
    }

    /// The groups that an address is to leave.
    pub fn revoked(&self, address: &str) -> &[&'a Id] {
        self.revoked.get(address).map_or(&[], Vec::as_slice)
    }

    pub fn left(&self, who: &Who) -> OwnRules {
        who.address_key().and_then(|address| self.left.get(address)).cloned().unwrap_or_default()
    }
}

/// Takes back what `own` says of a group: there, it is as it was before.
pub(super) fn stand_again(own: &mut OwnRules, before: &OwnRules, group: &Id) {
    match before.get(group.as_str()) {
        Some(&before) => own.insert(group.as_str().to_owned(), before),
        None => own.remove(group.as_str()),
    };
}

/// What the call grants, by address: a gain of that is no surprise.
#[derive(Default)]
pub(super) struct Granted(Map<String, Set<Id>>);

impl Granted {
    pub fn add(&mut self, address: &str, group: &Id) {
        self.0.get_or_insert_with(address.to_owned(), Set::default).insert(group.clone());
    }

    pub fn has(&self, address: Option<&str>, group: &str) -> bool {
        address.and_then(|address| self.0.get(address)).is_some_and(|groups| groups.contains(group))
    }
}

/// Whether addresses, in lower case, are accepted account members', as far as that can matter.
pub(super) type Accepted = Map<String, bool>;

/// The same person as an account member, where the principal isn't one and the person is.
pub(super) fn as_member(asked: &Asked, members: &Accepted) -> Option<Who> {
    let is_member = asked.who.id.kind != Kind::Member && members.get(asked.who.address_key()?) == Some(&true);
    is_member.then(|| asked.who.as_accepted_member())
}

/// The addresses for which it matters whether they are an account member's: leaving their groups
/// could give them more as one.
pub(super) fn matter_as_members(world: &mut World, waiting: &[Asked]) -> Set<String> {
    let mut taken: Map<&str, OwnRules> = Map::default();
    let revokes = waiting
        .iter()
        .filter(|asked| asked.operation == Operation::Revoke && asked.who.id.kind != Kind::Member);
    for asked in revokes.clone() {
        let Some(address) = asked.who.address_key() else { continue };
        let taken = taken.get_or_insert_with(address, || world.written(Some(address)));
        taken.insert(asked.group.as_str().to_owned(), DirectRule::Removed);
    }
    let mut matter = Set::default();
    for asked in revokes {
        let Some(address) = asked.who.address_key() else { continue };
        let Some(left) = taken.get(address) else { continue };
        let member = asked.who.as_accepted_member();
        let before = world.written(Some(address));
        let mut gained = |who: &Who| -> Vec<bool> {
            let (was, is) = (holds(world, who, &before), holds(world, who, left));
            was.into_iter().zip(is).map(|(was, is)| is > was).collect()
        };
        if gained(&member).into_iter().zip(gained(&asked.who)).any(|(as_member, anyway)| as_member && !anyway)
        {
            matter.insert(address.to_owned());
        }
    }
    matter
}

/// The entitlements that this revoke, among the batch's others, gives its principal or makes
/// certain, and that nobody asked for.
pub(super) fn gains(
    world: &mut World,
    asked: &Asked,
    before: &OwnRules,
    left: &OwnRules,
    batch: &Batch<'_>,
    granted: &Granted,
) -> Vec<String> {
    let Some(address) = asked.who.address_key() else { return Vec::new() };
    let now = holds(world, &asked.who, before);
    let in_the_end = holds(world, &asked.who, left);
    let mut gained: Vec<usize> = (0..now.len()).filter(|&place| in_the_end[place] > now[place]).collect();
    gained.retain(|&place| !granted.has(Some(address), world.id_at(place)));
    if gained.is_empty() {
        return Vec::new();
    }
    // What the batch's grants give alone is no revoke's doing.
    let mut grants_alone = left.clone();
    for revoked in batch.revoked(address) {
        stand_again(&mut grants_alone, before, revoked);
    }
    let by_grants = holds(world, &asked.who, &grants_alone);
    gained.retain(|&place| in_the_end[place] > by_grants[place]);
    // Where several revokes of one person work together, those are to blame without which it wouldn't
    // be so; or else all.
    let mut by_whom: Map<usize, Vec<&Id>> = Map::default();
    for other in batch.revoked(address) {
        let mut without = left.clone();
        stand_again(&mut without, before, other);
        let without = holds(world, &asked.who, &without);
        for &place in gained.iter().filter(|&&place| without[place] < in_the_end[place]) {
            by_whom.get_or_insert_with(place, Vec::new).push(other);
        }
    }
    gained.retain(|place| by_whom.get(place).is_none_or(|groups| groups.contains(&&asked.group)));
    gained.into_iter().map(|place| records::group::entitlement_id(world.id_at(place))).collect()
}
