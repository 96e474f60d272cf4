//! The groups of one identity provider that rules name, and what its SCIM lists say of them.

use crate::cloudflare::scim::{ScimGroup, ScimUser};
use crate::identities::{GroupFacts, WantedGroup, plain_address};
use crate::model::{Kind, ResourceId, Warning, WarningCode};
use crate::sorted::Set;

/// The name of the source. Its facts have no time: SCIM doesn't tell when a provider pushed last. A time
/// of this read would make the facts of each session other ones, and its cursors with them.
const SOURCE: &str = "Cloudflare SCIM";
/// The most groups that a warning names.
const MOST_NAMED: usize = 5;

/// An identity provider, and the groups that facts are wanted about.
pub struct Provider {
    /// Its id, as rules spell it.
    pub id: String,
    /// Its name, for messages.
    name: String,
    aims: Vec<Aim>,
    /// The members of these groups, by their ids, each with the place of the group in `aims`.
    members: Vec<(String, usize)>,
    /// The ids of these groups at Cloudflare, in the same way.
    groups: Vec<(String, usize)>,
    /// Both again, sorted, once all groups were read.
    sorted: [Set<(String, usize)>; 2],
    /// Whether a member was found, for each that is sorted.
    found: Vec<bool>,
    has_groups: bool,
    /// Whether a user shows groups.
    has_groups_of_users: bool,
    /// The number of members that are groups.
    nested: usize,
    /// The number of members without a plain address.
    unclear: usize,
    /// The number of items that can't be understood.
    odd: usize,
    /// The sentence about a list that moved.
    moved: Option<String>,
    /// The sentence of Cloudflare that there are no such lists.
    absent: Option<String>,
}

/// A group that facts are wanted about.
struct Aim {
    rule: &'static str,
    /// The group, as rules spell it.
    text: String,
    /// Whether it was pushed.
    is_pushed: bool,
    /// Whether Cloudflare tells who is in it.
    is_told: bool,
    addresses: Vec<String>,
}

/// The field by which a provider sends groups, for SAML and OIDC. "The naming must match exactly (case
/// insensitive)":
/// <https://developers.cloudflare.com/cloudflare-one/integrations/identity-providers/generic-saml/>,
/// <https://developers.cloudflare.com/cloudflare-one/integrations/identity-providers/generic-oidc/>.
const FIELD: &str = "groups";

/// Whether SCIM can tell who is in a group that rules name. Source:
/// <https://developers.cloudflare.com/cloudflare-one/team-and-resources/users/scim/>, of the providers. A
/// rule of one type about a provider of another one may mean something else (inferred), and the type of a
/// provider is the word of its rules (`OpenAPI: GET /accounts/{account_id}/access/identity_providers`).
fn can_be_pushed(wanted: &WantedGroup) -> bool {
    let rule = wanted.group.rule;
    wanted.provider_type.as_ref().is_none_or(|kind| kind == rule)
        && match rule {
            "okta" | "azureAD" => true,
            "saml" | "oidc" => value(&wanted.group.text).is_some(),
            _ => false,
        }
}

/// Returns the group's name in the text of a rule about the field by which a provider sends groups.
fn value(text: &str) -> Option<&str> {
    let (name, value) = text.split_once('=')?;
    name.eq_ignore_ascii_case(FIELD).then_some(value)
}

impl Aim {
    /// Whether a group that was pushed is this one.
    ///
    /// - Entra: by its object id, which it pushes as `externalId` by default, and by nothing else: its names
    ///   aren't unique. Source: the mapping of groups on Microsoft's page
    ///   `use-scim-to-provision-users-and-groups`.
    /// - Okta: by the name, which its rules have too. Source: *Push Groups* at
    ///   <https://developers.cloudflare.com/cloudflare-one/integrations/identity-providers/okta/>.
    /// - SAML and OIDC: by the name. That `groups` has names is inferred from
    ///   <https://developers.cloudflare.com/cloudflare-one/integrations/identity-providers/jumpcloud-saml/>.
    fn is(&self, group: &ScimGroup) -> bool {
        let text = self.text.as_str();
        match self.rule {
            "azureAD" => group.external_id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(text)),
            "okta" => group.name.as_deref() == Some(text),
            _ => group.name.is_some() && group.name.as_deref() == value(text),
        }
    }
}

impl Provider {
    /// Returns the providers of these groups, as far as SCIM can tell of them, and a warning about the
    /// others.
    pub fn all<'w>(wanted: impl Iterator<Item = &'w WantedGroup>) -> (Vec<Self>, Option<Warning>) {
        let (mut all, mut others) = (Vec::<Self>::new(), Vec::new());
        for wanted in wanted {
            let (id, text) = (&wanted.group.provider, wanted.group.text.as_ref().to_owned());
            if !can_be_pushed(wanted) {
                others.push(text);
                continue;
            }
            let place = all.iter().position(|known| known.id.eq_ignore_ascii_case(id));
            let aim = Aim {
                rule: wanted.group.rule,
                text,
                is_pushed: false,
                is_told: false,
                addresses: Vec::new(),
            };
            match place.and_then(|place| all.get_mut(place)) {
                Some(known) => known.aims.push(aim),
                None => all.push(Self {
                    name: wanted.provider_name.as_deref().unwrap_or(id).to_owned(),
                    id: id.as_ref().to_owned(),
                    aims: vec![aim],
                    members: Vec::new(),
                    groups: Vec::new(),
                    sorted: Default::default(),
                    found: Vec::new(),
                    has_groups: false,
                    has_groups_of_users: false,
                    nested: 0,
                    unclear: 0,
                    odd: 0,
                    moved: None,
                    absent: None,
                }),
            }
        }
        let message = |others: Vec<String>| {
            let message = [
                "SCIM can't tell who is in these groups that rules name: ",
                &named(others.iter()),
                ". It has groups of Okta and Entra, and of SAML and OIDC the field \u{201c}groups\u{201d}.",
            ];
            Warning::new(WarningCode::NotPushed, None, message.concat())
        };
        (all, (!others.is_empty()).then(|| message(others)))
    }

    /// Takes over a group that was pushed.
    pub fn add_group(&mut self, group: ScimGroup) {
        self.has_groups = true;
        let mut aims: Vec<usize> = Vec::new();
        for (place, aim) in self.aims.iter_mut().enumerate().filter(|(_, aim)| aim.is(&group)) {
            aim.is_pushed = true;
            aim.is_told |= group.members.is_some();
            aims.push(place);
        }
        for member in group.members.into_iter().flatten() {
            // Who is in such a group isn't looked up. Entra pushes none:
            // <https://developers.cloudflare.com/cloudflare-one/integrations/identity-providers/entra-id/>.
            self.nested += if member.is_group { aims.len() } else { 0 };
            if !member.is_group {
                self.members.extend(aims.iter().map(|&aim| (member.id.clone(), aim)));
            }
        }
        self.groups.extend(aims.into_iter().map(|aim| (group.id.as_str().to_owned(), aim)));
    }

    /// Notes that the list of groups has ended. Returns whether the users may matter.
    pub fn end_groups(&mut self) -> bool {
        let sorted = |of: &mut Vec<(String, usize)>| std::mem::take(of).into_iter().collect();
        self.sorted = [sorted(&mut self.members), sorted(&mut self.groups)];
        let [members, groups] = &self.sorted;
        self.found = vec![false; members.len()];
        !members.is_empty() || !groups.is_empty() && self.aims.iter().any(|aim| aim.is_pushed && !aim.is_told)
    }

    /// Whether the users are known to matter. Where groups show no members, the users can show their groups.
    /// If nobody on the first page does, the others won't, and an account has many pages of them.
    pub fn needs_users(&self) -> bool {
        let [members, _] = &self.sorted;
        self.has_groups_of_users || !members.is_empty()
    }

    /// Takes over the users of a page.
    pub fn add_users(&mut self, users: impl Iterator<Item = ScimUser>) {
        for user in users {
            let [members, groups] = &self.sorted;
            let mut aims: Vec<usize> = Vec::new();
            let (first, here) = places_of(members, user.id.as_str());
            for (found, (_, aim)) in self.found.iter_mut().skip(first).zip(here) {
                *found = true;
                aims.push(*aim);
            }
            self.has_groups_of_users |= user.groups.is_some();
            for group in user.groups.iter().flatten() {
                aims.extend(places_of(groups, group).1.iter().map(|(_, aim)| *aim));
            }
            let aims: Set<usize> = aims.into_iter().collect();
            let address = user.addresses.iter().find_map(|text| plain_address(text));
            for &aim in &aims {
                let Some(aim) = self.aims.get_mut(aim) else { continue };
                aim.is_told = true;
                match address {
                    // Who isn't active is in no group: the provider lets nobody in as them.
                    _ if !user.is_active => {}
                    Some(address) => aim.addresses.push(address.to_ascii_lowercase()),
                    None => self.unclear += 1,
                }
            }
        }
    }

    /// Notes items that can't be understood.
    pub fn add_odd(&mut self, count: usize) {
        self.odd += count;
    }

    /// Notes that a list moved while it was read.
    pub fn note_moved(&mut self, sentence: String) {
        self.moved = Some(sentence);
    }

    /// Notes that there are no such lists, and why.
    pub fn note_absent(&mut self, why: &str) {
        self.absent = Some(why.to_owned());
    }

    /// Returns the number of memberships that are kept for it.
    pub fn memberships(&self) -> usize {
        let [members, groups] = &self.sorted;
        let found: usize = self.aims.iter().map(|aim| aim.addresses.len()).sum();
        found.max(self.members.len() + members.len()) + self.groups.len() + groups.len()
    }

    /// Returns what was pushed, and warnings about what wasn't, or isn't told.
    pub fn end(self) -> (Vec<GroupFacts>, Vec<Warning>) {
        let about = || Some(ResourceId::new(Kind::IdentityProvider, self.id.as_str()));
        let warning = |code, parts: &[&str]| Warning::new(code, about(), parts.concat());
        let of = ["the identity provider \u{201c}", &self.name, "\u{201d}"].concat();
        if let Some(why) = &self.absent {
            let parts = ["Cloudflare has no lists of what SCIM pushed for ", &of, ". ", why];
            return (Vec::new(), vec![warning(WarningCode::NotPushed, &parts)]);
        }
        let (mut facts, mut warnings, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
        let texts = |is: &dyn Fn(&&Aim) -> bool| -> Vec<&String> {
            self.aims.iter().filter(is).map(|aim| &aim.text).collect()
        };
        let missing = texts(&|aim| !aim.is_pushed);
        if !self.has_groups && self.odd == 0 {
            let parts = [
                "SCIM pushed no groups to Cloudflare for ",
                &of,
                ". See that SCIM is turned on for it, and that the provider pushes the groups.",
            ];
            warnings.push(warning(WarningCode::NotPushed, &parts));
        } else if !missing.is_empty() {
            let named = named(missing.into_iter());
            let parts = ["SCIM pushed no such group to Cloudflare for ", &of, ": ", &named, "."];
            warnings.push(warning(WarningCode::NotPushed, &parts));
        }
        let untold = texts(&|aim| aim.is_pushed && !aim.is_told);
        if !untold.is_empty() {
            let named = named(untold.into_iter());
            gaps.push([" It doesn't show who is in ", &named, ": nothing is said of them."].concat());
        }
        let lost = self.found.iter().filter(|found| !**found).count();
        for (count, what) in [
            (lost, "members who are not among the users"),
            (self.unclear, "members without one plain address"),
            (self.nested, "members that are groups themselves"),
            (self.odd, "groups or users that can't be understood"),
        ] {
            if count > 0 {
                gaps.push([" There are ", what, " (", &count.to_string(), ")."].concat());
            }
        }
        gaps.extend(self.moved.as_ref().map(|moved| [" ", moved].concat()));
        if !gaps.is_empty() {
            let parts = [
                "What SCIM pushed for ",
                &of,
                " isn't known in full, and whoever is missing counts as not in a group.",
                &gaps.concat(),
            ];
            warnings.push(warning(WarningCode::PushedInPart, &parts));
        }
        for aim in self.aims.into_iter().filter(|aim| aim.is_told) {
            let addresses: Set<String> = aim.addresses.into_iter().collect();
            facts.push(GroupFacts {
                provider: self.id.clone(),
                group: aim.text,
                addresses: addresses.into_iter().collect(),
                source: SOURCE.to_owned(),
                as_of: None,
            });
        }
        (facts, warnings)
    }
}

/// Returns the entries with this id, and the place of the first.
fn places_of<'s>(sorted: &'s Set<(String, usize)>, id: &str) -> (usize, &'s [(String, usize)]) {
    let all = sorted.iter().as_slice();
    let first = all.partition_point(|(other, _)| other.as_str() < id);
    let behind = all.get(first..).unwrap_or_default();
    let count = behind.iter().take_while(|(other, _)| other == id).count();
    (first, behind.get(..count).unwrap_or_default())
}

/// Names the first of these groups.
fn named<'t>(texts: impl ExactSizeIterator<Item = &'t String>) -> String {
    let more = texts.len().saturating_sub(MOST_NAMED);
    let mut named: Vec<String> =
        texts.take(MOST_NAMED).map(|text| ["\u{201c}", text, "\u{201d}"].concat()).collect();
    if more > 0 {
        named.push(more.to_string() + " more");
    }
    named.join(", ")
}
