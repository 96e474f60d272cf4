//! Facts about people whom only their identity provider knows: the flags that name their sources, and what
//! these know of the groups that rules name.

use super::failure::Failure;
use super::identities_file::{self, Assigned, Told};
use super::input::Open;
use super::providers::{self, Provider, Providers, pieces};
use crate::contract::{Demand, GroupFacts, ProviderGroup, PushedFacts, ResourceId, WantedGroup, Warning};
use crate::identities::{MOST_IN_A_PIECE, ProviderGroup as Group};
use crate::model::Kind;
use crate::output::{ToldBy, clean};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

/// The purpose of `identities.wanted`, for a failure.
pub const ASKING: &str = "asking which groups rules name";
/// The purpose of `identities.learn`, for a failure.
pub const TELLING: &str = "telling who is in these groups";
/// The purpose of `identities.pushed`, for a failure.
pub const ASKING_PUSHED: &str = "asking what SCIM pushed to Cloudflare";
/// The word for what SCIM pushed to Cloudflare, in the place of a file.
const SCIM: &str = "cloudflare-scim";
/// The command that lists the groups that rules name.
const LISTED: &str = "`identities wanted` lists the groups that rules name";

/// The files of facts.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "People whom only their identity provider knows")]
pub struct FactsArgs {
    /// The people in groups of identity providers that rules name, as CSV or JSON Lines; - is standard
    /// input, and cloudflare-scim what SCIM pushed to Cloudflare; give it again for more
    ///
    /// The first line of a CSV file is the header provider,group,address, and each other line is one
    /// person in one group, as in
    ///
    /// Okta,Sales EMEA,ann@corp.example
    ///
    /// The provider is the name, the type or the id of an identity provider. An empty address says that
    /// nobody else is in the group. JSON Lines have the same keys. Both can have as_of, a time.
    ///
    /// For a file with the name cloudflare-scim, give ./cloudflare-scim.
    #[arg(long, value_name = "FILE")]
    identities: Vec<PathBuf>,
    /// The time that these files speak of, as in 2026-11-29T07:00:00Z, where they tell none themselves
    #[arg(long, value_name = "TIME", requires = "identities", value_parser = identities_file::time)]
    as_of: Option<String>,
}

/// The flags that name sources of facts.
pub trait Sources: clap::Args + fmt::Debug {
    /// The files of these flags.
    fn files(&self) -> &[PathBuf];

    /// Reads them. Nothing is asked of the upstream before all of them are read.
    ///
    /// # Errors
    /// Fails when a file can't be read or understood.
    fn read(self, open: Open) -> Result<Vec<Box<dyn Source>>, Failure>;

    /// Reports two inputs that would come from the same standard input. Returns whether it is taken.
    ///
    /// # Errors
    /// Fails when there are two.
    fn check(&self, stdin_is_taken: bool) -> Result<bool, Failure> {
        let own = self.files().iter().filter(|file| *file == Path::new("-")).count();
        if own + usize::from(stdin_is_taken) > 1 {
            return Err(Failure::Usage(
                "Standard input can't hold both a file of --identities and something else.".to_owned(),
            ));
        }
        Ok(own > 0 || stdin_is_taken)
    }
}

/// A source that was read, before anybody knows which of its groups rules name.
pub trait Source {
    /// The file's name in messages.
    fn file(&self) -> &str;

    /// Whether it is what SCIM pushed to Cloudflare. Then its facts come from a session.
    fn is_pushed(&self) -> bool {
        false
    }

    /// Whether a person filled it, from the list of the groups that rules name.
    fn is_filled_by_hand(&self) -> bool {
        false
    }

    /// Finds the identity providers that it is about.
    ///
    /// # Errors
    /// Fails when it can't be told which.
    fn assign(self: Box<Self>, providers: &Providers) -> Result<Assigned, Failure>;
}

/// Whether one of the sources is what SCIM pushed to Cloudflare.
pub fn ask_for_pushed(sources: &[Box<dyn Source>]) -> bool {
    sources.iter().any(|source| source.is_pushed())
}

/// What SCIM pushed to Cloudflare, as a source that isn't asked yet.
struct Scim;

impl Source for Scim {
    fn file(&self) -> &str {
        SCIM
    }

    fn is_pushed(&self) -> bool {
        true
    }

    fn assign(self: Box<Self>, _: &Providers) -> Result<Assigned, Failure> {
        Ok(Assigned { facts: Vec::new(), note: None })
    }
}

/// What SCIM pushed to Cloudflare, as far as a session told it.
#[derive(Debug, Default)]
pub struct Pushed {
    facts: Vec<providers::GroupFacts>,
    /// What is missing from it, or can't be in it.
    pub warnings: Vec<Warning>,
}

impl Pushed {
    /// Adds a part. Returns whether there is more.
    pub fn add(&mut self, part: PushedFacts) -> bool {
        self.facts.extend(part.facts.into_iter().map(|of_group| {
            let GroupFacts { group, addresses, source, as_of } = of_group;
            let ProviderGroup { provider, group } = group;
            providers::GroupFacts { provider: provider.id, group, addresses, source, as_of }
        }));
        self.warnings.extend(part.warnings);
        part.more
    }

    /// Whether people are missing from it.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.warnings.iter().any(|warning| warning.incomplete)
    }
}

impl FactsArgs {
    /// Reads one of the files.
    ///
    /// # Errors
    /// Fails when it can't be read, or a row of it isn't one.
    pub fn read_file(&self, file: &Path, open: Open) -> Result<Box<dyn Source>, Failure> {
        if file == Path::new(SCIM) {
            let is_alone = self.identities.iter().all(|other| other == file);
            if self.as_of.is_some() && is_alone {
                return Err(Failure::Usage(format!(
                    "--as-of is the time of files. Cloudflare doesn't say when {SCIM} was pushed, so its \
                     facts have no time. Leave --as-of out."
                )));
            }
            return Ok(Box::new(Scim));
        }
        Ok(Box::new(identities_file::read(file, open, self.as_of.as_deref())?))
    }
}

impl Sources for FactsArgs {
    fn files(&self) -> &[PathBuf] {
        &self.identities
    }

    fn read(self, open: Open) -> Result<Vec<Box<dyn Source>>, Failure> {
        self.identities.iter().map(|file| self.read_file(file, open)).collect()
    }
}

impl Source for Told {
    fn file(&self) -> &str {
        self.file()
    }

    fn is_filled_by_hand(&self) -> bool {
        true
    }

    fn assign(self: Box<Self>, providers: &Providers) -> Result<Assigned, Failure> {
        Told::assign(*self, providers)
    }
}

/// The groups of identity providers that sources told of, and these sources.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// The groups that rules name, in their normal form.
    pub groups: Vec<Group>,
    /// The sources of what is known of them.
    pub sources: BTreeSet<ToldBy>,
    /// Whether people are missing from what SCIM pushed to Cloudflare.
    pub is_in_part: bool,
}

/// Facts about groups that rules name, and sentences about the others, for a person.
#[derive(Debug, Default)]
pub struct Known {
    /// The facts, in pieces that a session takes.
    pub pieces: Vec<Vec<GroupFacts>>,
    /// The sentences.
    pub notes: Vec<String>,
    /// Whether facts are left out, because no rule that could be read names their groups.
    pub is_left_out: bool,
    /// The groups and the sources of the facts.
    pub learned: Learned,
}

/// The most groups that a sentence names.
const MOST_NAMED: usize = 8;

impl Known {
    /// Finds what the sources know of the groups that rules name. `pushed` is what SCIM pushed, if one of
    /// them is that.
    ///
    /// # Errors
    /// Fails when it can't be told which identity provider a source is about.
    pub fn of(sources: Vec<Box<dyn Source>>, demand: &Demand, pushed: &Pushed) -> Result<Known, Failure> {
        let providers: Providers = demand.groups.iter().map(provider).collect();
        let wanted: Vec<Group> = demand.groups.iter().filter_map(group).collect();
        let (mut known, mut covered, mut facts) = (Known::default(), BTreeSet::new(), Vec::new());
        for source in sources {
            let (file, is_filled_by_hand) = (source.file().to_owned(), source.is_filled_by_hand());
            let Assigned { facts: told, note } = match source.is_pushed() {
                true => Assigned { facts: pushed.facts.clone(), note: None },
                false => source.assign(&providers)?,
            };
            known.is_left_out |= note.is_some();
            let (mut others, mut addresses) = (BTreeSet::new(), BTreeSet::new());
            // Whether the source knows somebody in a group.
            let mut named = BTreeMap::<usize, bool>::new();
            let is_silent = told.is_empty() && note.is_none();
            known.notes.extend(note);
            for of_group in told {
                let place = Group::of_text(&of_group.provider, &of_group.group)
                    .find_map(|it| wanted.iter().position(|known| *known == it));
                match place {
                    None => _ = others.insert((of_group.provider, of_group.group)),
                    Some(place) => {
                        *named.entry(place).or_default() |= !of_group.addresses.is_empty();
                        let providers::GroupFacts { source, as_of, .. } = &of_group;
                        let told_by = ToldBy { source: source.clone(), as_of: as_of.clone() };
                        known.learned.sources.insert(told_by);
                        addresses.extend(of_group.addresses.iter().cloned());
                        facts.push(of_group);
                    }
                }
            }
            known.is_left_out |= !others.is_empty();
            known.notes.extend(match (named.len(), others.len()) {
                (0, 0) if is_silent => Some(format!("{file}: it tells of no group.")),
                (0, 0) => None,
                (0, 1) => Some(format!("{file}: no rule names its group, so it is left out. {LISTED}.")),
                (0, of) => Some(format!(
                    "{file}: no rule names any of its {of} groups, so they are left out. {LISTED}."
                )),
                (named, others) => Some(in_brief(&file, named, addresses.len(), others)),
            });
            let nobody = named.iter().filter(|(_, has_people)| is_filled_by_hand && !**has_people);
            let nobody: Vec<&Group> = nobody.filter_map(|(place, _)| wanted.get(*place)).collect();
            known.notes.extend((!nobody.is_empty()).then(|| only_empty_rows(&file, &nobody)));
            covered.extend(named.into_keys());
        }
        let times = known.learned.sources.iter();
        known.notes.extend(times.filter_map(|ToldBy { source, as_of }| {
            let as_of = as_of.as_ref().filter(|as_of| identities_file::is_in_future(as_of))?;
            Some(format!("{}: its time, {as_of}, is in the future.", clean(source)))
        }));
        let (missing, all) = (wanted.len() - covered.len(), wanted.len());
        if missing > 0 {
            known.notes.push(format!(
                "Nobody said who is in {missing} of the {all} groups of identity providers that rules name. \
                 {LISTED}."
            ));
        }
        known.learned.groups = covered.iter().filter_map(|place| wanted.get(*place)).cloned().collect();
        known.learned.is_in_part = pushed.is_incomplete();
        known.pieces = pieces(facts, MOST_IN_A_PIECE).into_iter().map(contract).collect();
        Ok(known)
    }
}

/// Says how much a source knows.
fn in_brief(file: &str, named: usize, addresses: usize, others: usize) -> String {
    let groups = if named == 1 {
        "1 group that rules name".to_owned()
    } else {
        format!("{named} groups that rules name")
    };
    let people = if addresses == 1 { "1 address".to_owned() } else { format!("{addresses} addresses") };
    let rest = match others {
        0 => String::new(),
        1 => "; 1 other group is left out, because no rule names it".to_owned(),
        _ => format!("; {others} other groups are left out, because no rule names them"),
    };
    format!("{file}: it tells of {groups} ({people}){rest}.")
}

/// Says that a source has no person in these groups, as a list that nobody filled.
fn only_empty_rows(file: &str, groups: &[&Group]) -> String {
    let mut named: Vec<String> =
        groups.iter().take(MOST_NAMED).map(|group| format!("“{}”", clean(&group.text))).collect();
    if let Some(more @ 1..) = groups.len().checked_sub(MOST_NAMED) {
        named.push(format!("{more} more"));
    }
    let (row, these) = if groups.len() == 1 { ("a row", "this group") } else { ("rows", "these groups") };
    format!(
        "{file}: it has only {row} without an address for {}, which says that nobody is in {these}. Fill in \
         who is, or delete the row of a group that you know nothing about.",
        named.join(", ")
    )
}

/// Returns the identity provider of a group that rules name.
pub(super) fn provider(wanted: &WantedGroup) -> Provider {
    let WantedGroup { group, rule, provider_name, provider_type, .. } = wanted;
    Provider {
        id: group.provider.id.clone(),
        name: provider_name.clone(),
        kind: provider_type.as_ref().unwrap_or(rule).clone(),
    }
}

/// Returns the group in its normal form.
fn group(WantedGroup { group, rule, .. }: &WantedGroup) -> Option<Group> {
    Group::of_text(&group.provider.id, &group.group).find(|it| it.rule == rule)
}

fn contract(piece: Vec<providers::GroupFacts>) -> Vec<GroupFacts> {
    let of_group = |facts: providers::GroupFacts| {
        let providers::GroupFacts { provider, group, addresses, source, as_of } = facts;
        let provider = ResourceId { kind: Kind::IdentityProvider.as_str().to_owned(), id: provider };
        GroupFacts { group: ProviderGroup { provider, group }, addresses, source, as_of }
    };
    piece.into_iter().map(of_group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules name one group of Okta's.
    fn demand() -> Demand {
        let provider = ResourceId { kind: "identity-provider".to_owned(), id: "i1".to_owned() };
        let wanted = WantedGroup {
            group: ProviderGroup { provider, group: "Sales EMEA".to_owned() },
            rule: "okta".to_owned(),
            provider_name: Some("Okta".to_owned()),
            provider_type: Some("okta".to_owned()),
            used_by: vec![],
        };
        Demand { groups: vec![wanted], warnings: vec![], requests: 3, rate_limit: None }
    }

    #[test]
    fn it_is_known_whether_something_is_left_out() {
        for (rows, facts, is_left_out) in [
            ("Okta,Sales EMEA,ann@corp.example", 1, false),
            ("Okta,Sales EMEA,ann@corp.example\nOkta,Sales emea,ann@corp.example", 1, true),
            ("Okta,Finance,ann@corp.example", 0, true),
            ("Entra,Sales EMEA,ann@corp.example", 0, true),
            ("", 0, false),
        ] {
            let text = format!("provider,group,address\n{rows}\n");
            let told = Told::parse("f.csv".to_owned(), "f.csv".to_owned(), text.as_bytes(), None).unwrap();
            let known = Known::of(vec![Box::new(told)], &demand(), &Pushed::default()).unwrap();
            assert_eq!((known.pieces.len(), known.is_left_out), (facts, is_left_out), "{rows}");
        }
    }

    #[test]
    fn rows_without_an_address_and_times_to_come_are_told() {
        for (rows, part, is_told) in [
            ("Okta,Sales EMEA,", "only a row without an address for “Sales EMEA”", true),
            ("Okta,Sales EMEA,\nOkta,Sales EMEA,ann@corp.example", "without an address", false),
            ("Okta,Finance,", "without an address", false),
            ("Okta,Sales EMEA,ann@corp.example", "without an address", false),
        ] {
            for (as_of, is_future) in [("2999-01-01T00:00:00Z", true), ("2001-01-01T00:00:00Z", false)] {
                let text = format!("provider,group,address\n{rows}\n");
                let told = Told::parse("f.csv".to_owned(), "f.csv".to_owned(), text.as_bytes(), Some(as_of));
                let known = Known::of(vec![Box::new(told.unwrap())], &demand(), &Pushed::default()).unwrap();
                let notes = known.notes.join("\n");
                assert_eq!(notes.contains(part), is_told, "{rows}: {notes}");
                let is_used = !rows.contains("Finance");
                let future = format!("f.csv: its time, {as_of}, is in the future.");
                assert_eq!(notes.contains(&future), is_future && is_used, "{rows}: {notes}");
            }
        }
    }
}
