//! The facts in a c1z, the file of a baton connector for a directory: who is in its groups.

mod as_of;
mod database;
mod unpack;
mod unread;

pub use unread::Unread;

use cloudflare_zero_trust::command::identities_file::source_name;
use cloudflare_zero_trust::command::providers::{GroupFacts, Provider, Providers, Unnamed, kind};
use cloudflare_zero_trust::command::shown::file_name;
use database::{Directory, Group};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The most bytes of a database: as many as baton takes (baton-sdk, `pkg/dotc1z/decoder.go`).
const MOST: u64 = 3 << 30;

/// The types of identity providers whose groups a c1z tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// Okta, whose groups rules name by their names.
    Okta,
    /// Entra, whose groups rules name by their ids.
    Entra,
    /// Google Workspace, whose groups rules name by their addresses.
    Google,
    /// GitHub: rules name an organization, or one of its teams.
    GitHub,
}

impl Serves {
    /// Returns the type of a provider, if a c1z can tell its groups. What rules about SAML and OIDC
    /// ask for is in no directory.
    #[must_use]
    pub fn of(provider: &Provider) -> Option<Serves> {
        match &*kind(&provider.kind) {
            "okta" => Some(Serves::Okta),
            "azuread" => Some(Serves::Entra),
            "google-apps" => Some(Serves::Google),
            "github" => Some(Serves::GitHub),
            _ => None,
        }
    }
}

/// The number of groups that have a parent and a short name.
type ShortNames = BTreeMap<(Option<usize>, String), u32>;

/// The kinds of providers, for a person.
const SERVED: &str = "Okta, Entra, Google Workspace or GitHub";

/// Finds the provider that a c1z is about: the one that is given by its id, its name or its type;
/// or the only one of those that rules name whose groups a c1z can tell.
///
/// # Errors
/// Fails with a sentence for a person if there is no such provider, or none that is the only one.
pub fn provider<'p>(given: Option<&str>, providers: &'p Providers) -> Result<(&'p Provider, Serves), String> {
    let found = match given {
        Some(text) => providers.find(text),
        None => providers.only(|it| Serves::of(it).is_some()),
    };
    let provider = found.map_err(|unnamed| match (unnamed, given) {
        (Unnamed::Several(several), Some(_)) => format!("{several}. Give the name or the id of one"),
        (Unnamed::Several(several), None) => {
            format!("{several}. Say which it is about, with --provider NAME=FILE")
        }
        (Unnamed::Unknown, Some(_)) => {
            format!("no rule names a group of this identity provider. {}", providers.told())
        }
        (Unnamed::Unknown, None) => format!("no rule names a group of {SERVED}. {}", providers.told()),
    })?;
    let serves = Serves::of(provider).ok_or_else(|| {
        format!("{} isn't {SERVED}. Give its groups as CSV or JSON Lines", provider.shown())
    })?;
    Ok((provider, serves))
}

/// A directory as a baton connector has read it.
#[derive(Debug)]
pub struct C1z {
    /// The file's name in messages.
    file: String,
    source: String,
    directory: Directory,
}

impl C1z {
    /// Reads the groups and their members from a file. It isn't changed, and nothing is left of
    /// what was unpacked.
    ///
    /// # Errors
    /// Fails when it isn't a c1z with a full sync that came to its end.
    pub fn read(path: &Path) -> Result<C1z, Unread> {
        Self::read_beside(path, &std::env::temp_dir(), MOST)
    }

    fn read_beside(path: &Path, temporary: &Path, most: u64) -> Result<C1z, Unread> {
        let unpacked = unpack::open(path, temporary, most)?;
        let directory = database::read(&unpacked.connection)?;
        Ok(C1z { file: file_name(path).into_owned(), source: source_name(path), directory })
    }

    /// Returns who is in the groups, as facts about a provider.
    #[must_use]
    pub fn facts(&self, provider: &Provider, serves: Serves) -> Vec<GroupFacts> {
        // Groups that rules can't tell apart are one.
        let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let short_names = if serves == Serves::GitHub { self.short_names() } else { ShortNames::new() };
        for group in &self.directory.groups {
            let people =
                group.members.iter().filter_map(|place| self.directory.people.get(*place as usize)?.clone());
            let people: Vec<String> = people.collect();
            for name in self.names(group, serves, &short_names) {
                groups.entry(name).or_default().extend(people.iter().cloned());
            }
        }
        let facts = groups.into_iter().map(|(group, addresses)| GroupFacts {
            provider: provider.id.clone(),
            group,
            addresses: addresses.into_iter().collect(),
            source: self.source.clone(),
            as_of: self.directory.as_of.clone(),
        });
        facts.collect()
    }

    /// Returns the texts by which rules name a group.
    fn names(&self, group: &Group, serves: Serves, short_names: &ShortNames) -> Vec<String> {
        let names = match serves {
            Serves::Okta if group.is_group => vec![group.name.clone()],
            Serves::Entra if group.is_group => vec![group.id.clone()],
            Serves::Google if group.is_group => group.address.iter().cloned().collect(),
            Serves::GitHub => self.names_at_github(group, short_names),
            _ => vec![],
        };
        names.into_iter().filter(|name| !name.is_empty()).collect()
    }

    /// Returns an organization's name, or `organization/team`. Rules have a team's name or the
    /// short form that GitHub makes of it (inferred: Cloudflare's pages don't say which).
    fn names_at_github(&self, group: &Group, short_names: &ShortNames) -> Vec<String> {
        let Some(organization) = group.parent.and_then(|place| self.directory.groups.get(place)) else {
            return if group.is_group { vec![] } else { vec![group.name.clone()] };
        };
        let mut teams = vec![group.name.clone()];
        let short = short_name(&group.name);
        let is_of_one = short_names.get(&(group.parent, short.clone())) == Some(&1);
        if is_of_one && !short.eq_ignore_ascii_case(&group.name) {
            teams.push(short);
        }
        teams.retain(|team| !team.is_empty());
        teams.iter().map(|team| format!("{}/{team}", organization.name)).collect()
    }

    /// Counts the groups of each organization that have the same short name.
    fn short_names(&self) -> ShortNames {
        let mut counts = ShortNames::new();
        for group in &self.directory.groups {
            *counts.entry((group.parent, short_name(&group.name))).or_default() += 1;
        }
        counts
    }

    /// Says how many members are left out, if some are.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let Directory { groups, people, strangers, .. } = &self.directory;
        let members: BTreeSet<u32> = groups.iter().flat_map(|group| &group.members).copied().collect();
        let without =
            members.iter().filter(|place| people.get(**place as usize).is_some_and(Option::is_none));
        let file = &self.file;
        match without.count() + strangers {
            0 => None,
            1 => Some(format!("{file}: 1 member of its groups has no address in it, and is left out.")),
            count => Some(format!(
                "{file}: {count} members of its groups have no address in it, and are left out."
            )),
        }
    }
}

/// Returns the short form of a team's name: lower case, with a hyphen for what is no letter or
/// digit.
fn short_name(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

#[cfg(test)]
mod tests;
