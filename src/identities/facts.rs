//! The facts that a session was told.

use super::address::plain_address;
use super::provider_group::ProviderGroup;
use crate::cloudflare::time;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::sorted::{Map, Set};

/// The most memberships that are kept, of all groups together. The message names it. With their index,
/// they take about 20 MiB of memory.
pub(super) const MOST_MEMBERSHIPS: usize = 200_000;
/// The most addresses in a piece of facts. The messages about it name it.
pub const MOST_IN_A_PIECE: usize = 10_000;
/// The most sources that are kept: each name with each of its times. The message names it.
const MOST_SOURCES: usize = 1_000;
/// The most characters of a source's name.
const LONGEST_NAME: usize = 100;

/// The statement of one source about one group of an identity provider.
#[derive(Clone, Debug, Default)]
pub struct GroupFacts {
    /// The id of the identity provider.
    pub provider: String,
    /// The group's text, as [`ProviderGroup::text`] has it.
    pub group: String,
    /// The addresses of the people in it. None says that the source knows the group, and nobody in it.
    pub addresses: Vec<String>,
    /// The name of the source, for people.
    pub source: String,
    /// The time that it speaks of, in the form of RFC 3339.
    pub as_of: Option<String>,
}

/// The facts about the groups that rules name. Their size is bounded, whatever the number of people.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// By the group in its normal form.
    groups: Map<ProviderGroup, Known>,
    sources: Vec<Source>,
    memberships: usize,
    digest: u64,
}

/// What is known about a group.
#[derive(Clone, Debug, Default)]
struct Known {
    /// The addresses, each once, in ASCII lower case. Each set is more than twice as large as the next one:
    /// a piece is then added without sorting all that is known.
    addresses: Vec<Set<String>>,
    /// The places of its sources.
    sources: Set<usize>,
}

/// A source at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    name: String,
    /// The time as the source spells it, behind the time in seconds since 1970.
    as_of: Option<(i64, String)>,
}

/// The sources of some facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Their names, sorted, with commas between them.
    pub source: String,
    /// The oldest time that one of them speaks of, if each of them tells one.
    pub as_of: Option<String>,
}

impl Facts {
    /// Keeps those of these facts that are about `wanted` groups, which are in their normal form. Facts only
    /// add to each other: somebody is in a group if any source says so.
    ///
    /// # Errors
    /// `invalid-argument`: about `facts[<n>]` if one is wrong, about `facts` if there are too many. Then
    /// nothing of the piece is kept.
    pub fn learn(&mut self, wanted: &Set<ProviderGroup>, piece: &[GroupFacts]) -> Result<()> {
        let (mut news, mut sources) = (Map::<ProviderGroup, Set<usize>>::default(), self.sources.clone());
        let mut addresses: Map<ProviderGroup, Vec<String>> = Map::default();
        for (n, of_group) in piece.iter().enumerate() {
            let wrong = |what: &str| Error::argument(&format!("facts[{n}]"), what);
            let source = of_group.read_source().map_err(wrong)?;
            if of_group.addresses.iter().any(|address| plain_address(address).is_none()) {
                return Err(wrong(
                    "One of these addresses is not one plain address in ASCII. Give each address by itself, \
                     with nothing around it.",
                ));
            }
            for group in ProviderGroup::of_text(&of_group.provider, &of_group.group) {
                if !wanted.contains(&group) {
                    continue;
                }
                let place = sources.iter().position(|known| *known == source).unwrap_or(sources.len());
                if place == MOST_SOURCES {
                    let message = "With these facts, there would be more than 1,000 sources, or times of \
                                   sources. Give all facts of a source the same time.";
                    return Err(Error::argument("facts", message));
                }
                if place == sources.len() {
                    sources.push(source.clone());
                }
                news.get_or_insert_with(group.clone(), Set::default).insert(place);
                let lower = of_group.addresses.iter().map(|address| address.to_ascii_lowercase());
                addresses.get_or_insert_with(group, Vec::new).extend(lower);
            }
        }
        let (mut memberships, mut people) = (self.memberships, Vec::new());
        for (group, addresses) in addresses {
            let known = self.groups.get(&group);
            let is_new = |address: &String| known.is_none_or(|known| !known.contains(address));
            let addresses: Set<String> = addresses.into_iter().filter(is_new).collect();
            memberships += addresses.len();
            people.push(addresses);
        }
        if memberships > MOST_MEMBERSHIPS {
            let message = format!(
                "With these facts, {memberships} addresses would be in groups that rules name, more than \
                 the 200,000 that can be kept in memory. Leave the largest groups out: a group without facts \
                 is treated as before."
            );
            return Err(Error::argument("facts", message));
        }
        (self.memberships, self.sources) = (memberships, sources);
        for ((group, sources), addresses) in news.into_iter().zip(people) {
            self.keep(group, sources, addresses);
        }
        Ok(())
    }

    /// Keeps what is new about a group.
    fn keep(&mut self, group: ProviderGroup, sources: Set<usize>, addresses: Set<String>) {
        let digest = Digest::new().with(group.rule).with(&group.provider).with(&group.text);
        let known = self.groups.get_or_insert_with(group, Known::default);
        for address in &addresses {
            self.digest = self.digest.wrapping_add(digest.with(address).finish());
        }
        for place in sources {
            if let Some(source) = self.sources.get(place)
                && known.sources.insert(place)
            {
                let as_of = source.as_of.as_ref().map_or("", |(_, as_of)| as_of);
                self.digest = self.digest.wrapping_add(digest.with(&source.name).with(as_of).finish());
            }
        }
        known.add(addresses);
    }

    /// Returns a digest of all facts. It stays the same across builds, and whatever pieces the facts came
    /// in; without facts, it is zero.
    pub const fn digest(&self) -> u64 {
        self.digest
    }

    /// Returns the number of groups that there are facts about.
    pub(crate) fn count(&self) -> usize {
        self.groups.values().len()
    }

    /// Returns the place of a group, if there are facts about it.
    pub(crate) fn place_of(&self, group: &ProviderGroup) -> Option<usize> {
        // Most accounts have no facts, and many rules.
        if self.count() == 0 { None } else { self.groups.place_of(&group.normal()) }
    }

    /// Returns the addresses in the group at a place, each once, in ASCII lower case.
    pub(crate) fn addresses(&self, place: usize) -> impl Iterator<Item = &String> {
        self.known(place).into_iter().flat_map(|known| known.addresses.iter().flatten())
    }

    /// Returns one of these addresses, by its place among them.
    pub(crate) fn address(&self, place: usize, mut nth: usize) -> Option<&str> {
        for some in &self.known(place)?.addresses {
            match some.iter().as_slice().get(nth) {
                Some(address) => return Some(address),
                None => nth -= some.len(),
            }
        }
        None
    }

    /// Returns the places of the sources of the group at a place.
    pub(crate) fn sources(&self, place: usize) -> &[usize] {
        self.known(place).map_or(&[], |known| known.sources.iter().as_slice())
    }

    /// Returns what these sources are called, and the oldest of their times. A source without one may
    /// be older than all others.
    pub(crate) fn evidence(&self, sources: &[usize]) -> Evidence {
        let sources = || sources.iter().filter_map(|&place| self.sources.get(place));
        let names: Set<&str> = sources().map(|source| source.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        // No time is less than any time.
        let oldest = sources().map(|source| source.as_of.as_ref()).min().flatten();
        Evidence { source: names.join(", "), as_of: oldest.map(|(_, as_of)| as_of.clone()) }
    }

    fn known(&self, place: usize) -> Option<&Known> {
        self.groups.values().as_slice().get(place)
    }
}

impl Known {
    fn contains(&self, address: &str) -> bool {
        self.addresses.iter().any(|some| some.contains(address))
    }

    /// Adds addresses that are new.
    fn add(&mut self, mut addresses: Set<String>) {
        let is_small = |some: &mut Set<String>, next: &Set<String>| some.len() <= 2 * next.len();
        while let Some(mut small) = self.addresses.pop_if(|some| is_small(some, &addresses)) {
            small.extend(addresses);
            addresses = small;
        }
        if !addresses.is_empty() {
            self.addresses.push(addresses);
        }
    }
}

impl GroupFacts {
    /// Returns the source, or says what is wrong with it. Nothing that was given is repeated: a secret can
    /// stand there by mistake.
    fn read_source(&self) -> std::result::Result<Source, &'static str> {
        let name = &self.source;
        let is_shown = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(is_shown) {
            return Err("The name of this source is not a text of 1 to 100 printable ASCII characters.");
        }
        let as_of = self.as_of.as_ref().map(|as_of| {
            let seconds = time::of_item(as_of).filter(|_| as_of.len() < LONGEST_NAME);
            let wrong = "The time of this source is not in the form of RFC 3339, for example \
                         2026-11-20T08:00:00Z.";
            seconds.map(|seconds| (seconds, as_of.clone())).ok_or(wrong)
        });
        Ok(Source { name: name.clone(), as_of: as_of.transpose()? })
    }
}
