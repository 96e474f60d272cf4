//! The ways by which a person can still come in, or come back.

use super::super::step::{Certainty, Ground, Part, Way};
use super::found::Found;
use super::keep::{SESSIONS, part};
use crate::cloudflare::client::gap::is_unreadable;
use crate::cloudflare::identity_provider::{self, IdentityProvider};
use crate::cloudflare::listing::{Ahead, Listing};
use crate::cloudflare::member::{Member, Status as Standing};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, ResourceId, Warning, WarningCode};
use crate::provision::call::Call;
use crate::provision::errors::listed;
use crate::provision::groups::leaver::{Firmness, Leaver, Membership, Names, WayIn};
use crate::provision::roles::roster::Roster;
use crate::records;
use crate::sorted::sort_by;

/// The ways that remain after an offboarding.
pub(super) struct Ways(Vec<Way>);

/// The facts about upstream that no group and no application has.
pub(super) struct Beyond {
    /// The identity providers that send people by themselves.
    providers: Result<Vec<IdentityProvider>>,
    /// The sentence about administrators who are in no list of the account.
    others: Option<String>,
}

impl Beyond {
    /// Asks for them. A failure is no error: it is told.
    pub fn learn<T: Transport>(call: &mut Call<'_, T>) -> Self {
        let parent = match call.client.stopped() {
            None => call.client.parent_of_account().ok().flatten(),
            Some(_) => None,
        };
        Self {
            providers: providers(call),
            others: parent.map(|parent| records::parent::warning(&parent).message),
        }
    }
}

/// Returns the identity providers that send people by themselves.
fn providers<T: Transport>(call: &mut Call<'_, T>) -> Result<Vec<IdentityProvider>> {
    let mut listing = Listing::<IdentityProvider>::new(&identity_provider::COLLECTION, Ahead::Sent);
    let mut found = Vec::new();
    while let Some(page) = listing.next(call.client)? {
        found.extend(page.into_new_items().filter(|provider| provider.has_scim));
    }
    Ok(found)
}

/// Returns the outcome of the part with this word, if there is one.
pub(super) fn outcome<'p>(parts: &'p [Part], word: &str) -> Option<Option<&'p Error>> {
    parts.iter().find(|part| part.word == word).map(|part| part.outcome.as_ref().err())
}

/// Says why a part failed. Other parts may be written, and in a dry run none is.
fn why(failed: Option<&Error>) -> String {
    let message = failed.map(|error| error.message.trim_end_matches(" Nothing was written."));
    message.map(|message| [" ", message].concat()).unwrap_or_default()
}

impl Ways {
    /// Judges what remains after the parts. Where groups and applications can't be read, there is no
    /// `leaver`, and `unread` says why.
    pub fn of<T: Transport>(
        call: &Call<'_, T>,
        found: &Found,
        parts: &[Part],
        leaver: Option<&mut Leaver>,
        unread: Option<&Error>,
        roster: &Roster,
        beyond: Beyond,
    ) -> Self {
        let mut ways = Self(Vec::new());
        for gap in &found.gaps {
            ways.not_known(None, gap.clone());
        }
        if let Some(error) = unread {
            let detail = format!(
                "Which groups and applications let this person in isn't known: they can't be read, so no \
                 rule that names the address was looked for, and none was taken away. {}",
                error.message
            );
            ways.not_known(None, detail);
        }
        let mut membership = if found.gaps.is_empty() { Membership::None } else { Membership::NotKnown };
        let mut removed = 0;
        for member in &found.members {
            let failed = outcome(parts, &part(Kind::Member, &member.id));
            if failed == Some(None) {
                removed += 1;
                continue;
            }
            membership = match (member.status, membership) {
                (Standing::Accepted, _) | (_, Membership::Accepted) => Membership::Accepted,
                _ => Membership::NotKnown,
            };
            ways.member(member, failed.flatten(), roster);
        }
        let are_removed = removed > 0 && removed == found.members.len();
        ways.sessions(found, parts);
        if let Some(others) = beyond.others {
            ways.not_known(None, others);
        }
        // What user groups give goes with the membership.
        let matters = |warning: &&Warning| !are_removed || warning.code != WarningCode::UserGroupsNotReadable;
        for warning in call.warnings.iter().filter(|warning| warning.incomplete).filter(matters) {
            ways.not_known(warning.about.clone(), warning.message.clone());
        }
        if let Some(leaver) = leaver {
            for gap in leaver.gaps() {
                ways.not_known(None, gap);
            }
            for WayIn { firmness, names, into, detail, grant } in leaver.ways(membership) {
                let certainty = match firmness {
                    Firmness::Certain => Certainty::Certain,
                    Firmness::OnConditions => Certainty::Conditional,
                    Firmness::Open => Certainty::Open,
                };
                let ground = match names {
                    Names::Person => Ground::Person,
                    Names::NotKnown => Ground::NotKnown,
                    Names::Others => Ground::Shared,
                };
                ways.0.push(Way { certainty, ground, into: Some(into), detail, by: grant });
            }
        }
        ways.returning(removed > 0, beyond.providers);
        // What can be changed for this person alone comes first.
        let place = |way: &Way| (way.certainty, way.ground != Ground::Person);
        sort_by(&mut ways.0, |one, other| place(one).cmp(&place(other)));
        ways
    }

    /// Returns them in the order of a report.
    pub fn into_all(self) -> Vec<Way> {
        self.0
    }

    fn add(&mut self, certainty: Certainty, ground: Ground, into: Option<ResourceId>, detail: String) {
        self.0.push(Way { certainty, ground, into, detail, by: None });
    }

    fn not_known(&mut self, about: Option<ResourceId>, detail: String) {
        self.add(Certainty::NotKnown, Ground::NotKnown, about, detail);
    }

    fn returns(&mut self, by: Option<ResourceId>, detail: String) {
        self.add(Certainty::Returning, Ground::Return, by, detail);
    }

    /// Adds the membership that stays.
    fn member(&mut self, member: &Member, failed: Option<&Error>, roster: &Roster) {
        let id = ResourceId::new(Kind::Member, member.id.as_str());
        let held = roster.described(member);
        let held = if held.is_empty() { "nothing that is known".to_owned() } else { listed(held) };
        let is_doubtful = failed.is_some_and(|error| error.kind == ErrorKind::Indeterminate);
        let why = why(failed);
        let detail = match (member.status, is_doubtful) {
            (_, true) => format!("The membership {id} may still be there, with {held}.{why}"),
            (Standing::Accepted, _) => format!(
                "The membership {id} stays, so this person logs in to Cloudflare's dashboard, and holds \
                 {held}.{why}"
            ),
            (Standing::Pending, _) => {
                format!("The invitation {id} stays, and can be accepted. It gives {held}.{why}")
            }
            (Standing::Rejected, _) => format!(
                "The invitation {id} stays, and was declined. Whether it can still be accepted isn't \
                 known.{why}"
            ),
            (Standing::Unknown, _) => format!(
                "The membership {id} stays, with {held}: whether this person has accepted isn't known.{why}"
            ),
        };
        let is_known = matches!(member.status, Standing::Accepted | Standing::Pending);
        let certainty = if is_known && !is_doubtful { Certainty::Certain } else { Certainty::NotKnown };
        self.add(certainty, Ground::Person, Some(id), detail);
    }

    /// Adds the sessions that may go on. A user's removal ends them too.
    fn sessions(&mut self, found: &Found, parts: &[Part]) {
        let is_ended = outcome(parts, SESSIONS) == Some(None);
        let is_removed = |id| outcome(parts, &part(Kind::User, id)) == Some(None);
        let all_removed = found.knows_users && found.users.iter().all(|user| is_removed(&user.id));
        if is_ended || all_removed {
            return;
        }
        let why = why(outcome(parts, SESSIONS).flatten());
        let detail = format!("Sessions that this person has stay open until they end by themselves.{why}");
        self.add(Certainty::Conditional, Ground::Sessions, None, detail);
    }

    /// Adds what can bring the person back.
    fn returning(&mut self, is_removed: bool, providers: Result<Vec<IdentityProvider>>) {
        let lets_in = |way: &Way| match way.certainty {
            Certainty::NotKnown => true,
            Certainty::Certain | Certainty::Conditional => {
                way.into.as_ref().is_some_and(|into| into.kind == Kind::App)
            }
            Certainty::Open | Certainty::Returning => false,
        };
        if self.0.iter().any(lets_in) {
            // <https://developers.cloudflare.com/cloudflare-one/team-and-resources/users/seat-management/>.
            let detail = "A login by one of the ways makes the Access user again, and takes a seat again.";
            self.returns(None, detail.to_owned());
        }
        if is_removed {
            let detail = "An identity provider can send this account's members to Cloudflare (SCIM for \
                          Cloudflare's dashboard). If one does, it makes the membership again as long as it \
                          has this person: remove them there. Cloudflare's API doesn't show whether one \
                          does.";
            self.returns(None, detail.to_owned());
        }
        match providers {
            Ok(providers) => {
                for provider in providers {
                    let id = ResourceId::new(Kind::IdentityProvider, provider.id.as_str());
                    let detail = format!(
                        "The identity provider {:?} sends people and their groups to Cloudflare (SCIM). \
                         Remove this person there: until then, rules about its groups can let them in.",
                        provider.name.as_deref().unwrap_or(provider.id.as_str())
                    );
                    self.returns(Some(id), detail);
                }
            }
            Err(error) => {
                let what = if is_unreadable(&error) { "can't be read" } else { "couldn't be read" };
                let detail = format!(
                    "Whether an identity provider sends this person to Cloudflare again (SCIM) isn't known: \
                     the identity providers {what}. {}",
                    error.message
                );
                self.returns(None, detail);
            }
        }
    }
}
