//! The rules of one resource: an Access group's, or whatever else has an include, an exclude and a
//! require.

use super::asks::Asks;
use super::rule::Rule;
use crate::digest::Digest;
use crate::identities::ProviderGroup;
use crate::json::Object;
use crate::json::value::Json;
use crate::model::ResourceId;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One of the three lists of rules of a rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// At least one of these rules has to hold.
    Include,
    /// None of these rules may hold.
    Exclude,
    /// All of these rules have to hold.
    Require,
}

impl Section {
    /// All three sections, in the order of [`RuleSet::new`].
    pub const ALL: [Section; 3] = [Section::Include, Section::Exclude, Section::Require];

    /// Returns Cloudflare's name of the section.
    pub const fn word(self) -> &'static str {
        match self {
            Section::Include => "include",
            Section::Exclude => "exclude",
            Section::Require => "require",
        }
    }
}

/// A value for each section.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct PerSection<T> {
    pub include: T,
    pub exclude: T,
    pub require: T,
}

impl<T> PerSection<T> {
    pub fn of(&self, section: Section) -> &T {
        match section {
            Section::Include => &self.include,
            Section::Exclude => &self.exclude,
            Section::Require => &self.require,
        }
    }

    pub fn of_mut(&mut self, section: Section) -> &mut T {
        match section {
            Section::Include => &mut self.include,
            Section::Exclude => &mut self.exclude,
            Section::Require => &mut self.require,
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (Section, &T)> {
        Section::ALL.into_iter().map(|section| (section, self.of(section)))
    }
}

/// The place of a rule among all rule sets of an account. Places are ordered by set, section and
/// position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleAt {
    pub(super) set: u32,
    pub(super) section: Section,
    pub(super) position: u32,
}

/// One rule, and its text where the text doesn't follow from the rule.
#[derive(Clone, Debug)]
pub(super) struct RuleEntry {
    pub rule: Rule,
    raw: Option<Box<str>>,
}

impl RuleEntry {
    fn new(raw: Box<RawValue>, account_id: &str) -> Self {
        // The texts of these rules are seldom needed.
        if let Some(rule) = Rule::plain(raw.get()) {
            return Self { rule, raw: None };
        }
        let rule = Rule::parse(&raw, account_id);
        // A condition is an object that every parser reads, even where the rule isn't.
        let parsed = Json::parse(raw.get()).unwrap_or(Json::Null);
        let raw = match parsed {
            Json::Object(_) => raw.into(),
            _ => Object::default().with("not_understood", &parsed.to_text()).end().into(),
        };
        Self { rule, raw: Some(raw) }
    }

    /// Returns the rule as Cloudflare wrote it.
    pub fn text(&self) -> Cow<'_, str> {
        match (&self.raw, &self.rule) {
            (Some(raw), _) => Cow::Borrowed(raw),
            (None, Rule::Email(email)) => Cow::Owned(Rule::text("email", "email", email)),
            (None, Rule::EmailDomain(domain)) => Cow::Owned(Rule::text("email_domain", "domain", domain)),
            (None, _) => Cow::Borrowed(Rule::EVERYONE),
        }
    }
}

/// The rules of one resource.
#[derive(Clone, Debug)]
pub struct RuleSet {
    resource: ResourceId,
    sections: PerSection<Vec<RuleEntry>>,
    digest: u64,
    gives: bool,
}

impl RuleSet {
    /// Reads the raw rules of a resource, given as include, exclude and require, each in its order.
    /// `account_id` distinguishes this account's members from those of other accounts.
    pub fn new(resource: ResourceId, sections: [Vec<Box<RawValue>>; 3], account_id: &str) -> Self {
        let mut digest = Digest::new().with(&resource.id);
        let [include, exclude, require] = sections.map(|rules| {
            digest = digest.with("section");
            let entry = |raw: Box<RawValue>| {
                digest = digest.with(raw.get());
                RuleEntry::new(raw, account_id)
            };
            rules.into_iter().map(entry).collect()
        });
        let sections = PerSection { include, exclude, require };
        Self { resource, sections, digest: digest.finish(), gives: true }
    }

    /// Says that the rules give nothing to the people whom they name, as those of a policy do that
    /// isn't an `allow`.
    pub fn giving_nothing(self) -> Self {
        Self { gives: false, ..self }
    }

    /// Whether the rules give something to the people whom they name.
    pub(super) const fn gives(&self) -> bool {
        self.gives
    }

    /// Returns the resource that the rules belong to.
    pub fn resource(&self) -> &ResourceId {
        &self.resource
    }

    /// Returns the resource's id.
    pub fn id(&self) -> &str {
        &self.resource.id
    }

    /// Returns a digest of the id and of every raw rule. It stays the same across builds.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// Returns the raw rules of a section, in order.
    pub fn texts(&self, section: Section) -> impl Iterator<Item = Cow<'_, str>> {
        self.section(section).iter().map(RuleEntry::text)
    }

    /// Whether the include has a rule for everybody.
    pub fn includes_everyone(&self) -> bool {
        self.sections.include.iter().any(|entry| matches!(entry.rule, Rule::Everyone))
    }

    /// Whether the include has a rule for whoever logs in through some identity provider.
    pub fn includes_login_method(&self) -> bool {
        let includes = self.sections.include.iter();
        includes.map(|entry| &entry.rule).any(|rule| matches!(rule, Rule::Open(Asks::LoginMethod)))
    }

    /// Returns the groups of identity providers that the rules name.
    pub fn provider_groups(&self) -> impl Iterator<Item = &ProviderGroup> {
        self.rules().filter_map(|(_, _, entry)| match &entry.rule {
            Rule::Provider(group) => Some(&**group),
            _ => None,
        })
    }

    /// Returns the number of rules.
    pub fn count(&self) -> usize {
        self.sections.iter().map(|(_, entries)| entries.len()).sum()
    }

    /// Returns the number of include rules.
    pub fn includes(&self) -> usize {
        self.sections.include.len()
    }

    /// Returns the ids of the lists that the rules name.
    pub fn lists(&self) -> impl Iterator<Item = &str> {
        self.rules().filter_map(|(_, _, entry)| match &entry.rule {
            Rule::EmailList(id) => Some(id.as_ref()),
            _ => None,
        })
    }

    /// Returns the ids of the groups that the rules name.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        Section::ALL.into_iter().flat_map(|section| self.groups_in(section))
    }

    /// Returns the ids of the groups that the rules of a section name.
    pub fn groups_in(&self, section: Section) -> impl Iterator<Item = &str> {
        self.section(section).iter().filter_map(|entry| match &entry.rule {
            Rule::Group(id) => Some(id.as_ref()),
            _ => None,
        })
    }

    /// Returns all rules with their sections and positions, in order.
    pub(super) fn rules(&self) -> impl Iterator<Item = (Section, u32, &RuleEntry)> {
        self.sections.iter().flat_map(|(section, entries)| {
            (0..).zip(entries).map(move |(position, entry)| (section, position, entry))
        })
    }

    pub(super) fn section(&self, section: Section) -> &[RuleEntry] {
        self.sections.of(section)
    }

    pub(super) fn entry(&self, section: Section, position: u32) -> Option<&RuleEntry> {
        self.section(section).get(position as usize)
    }
}
