//! The words that name what stays.

use crate::cloudflare::id::Id;
use crate::error::{Error, Result};
use crate::model::Kind;

/// The word for a person's sessions.
pub(super) const SESSIONS: &str = "sessions";
/// The word for a person's seats.
pub(super) const SEAT: &str = "seat";

/// The kinds of resources that a person leaves, or that are removed.
const KINDS: [Kind; 4] = [Kind::Group, Kind::UserGroup, Kind::Member, Kind::User];

/// The parts that stay.
pub(super) struct Keep(Vec<String>);

impl Keep {
    /// Reads the words.
    ///
    /// # Errors
    /// `invalid-argument`, about `keep`.
    pub fn read(words: &[String]) -> Result<Self> {
        let kind = |word: &str| Kind::parse(word).filter(|kind| KINDS.contains(kind));
        let read = |word: &String| match word.split_once(':') {
            None if [SESSIONS, SEAT].contains(&word.as_str()) || kind(word).is_some() => Some(word.clone()),
            None => None,
            Some((of, id)) => Some(part(kind(of)?, &Id::asked(id)?)),
        };
        words.iter().map(read).collect::<Option<_>>().map(Self).ok_or_else(|| {
            // Nothing that was given is repeated: a secret can stand there by mistake.
            let message = "What stays is named by these words: sessions, seat, group, user-group, member, \
                           user, or one of the last four with an id, such as group:<id>.";
            Error::argument("keep", message)
        })
    }

    /// Whether the part with this word stays.
    pub fn has(&self, word: &str) -> bool {
        self.0.iter().any(|kept| kept == word || kept == kind_of(word))
    }

    /// Checks the words against those of the parts. Of the kinds in `unknown`, there can be others.
    ///
    /// # Errors
    /// `invalid-argument`, about `keep`: a resource is no part, or goes with an account that doesn't stay.
    pub fn check(&self, parts: &[&str], unknown: &[Kind]) -> Result<()> {
        let is_unknown = |word: &str| unknown.iter().any(|kind| kind.as_str() == kind_of(word));
        let is_part = |word: &String| parts.contains(&word.as_str()) || !word.contains(':');
        if !self.0.iter().all(|word| is_part(word) || is_unknown(word)) {
            // Nothing that was given is repeated: a secret can stand there by mistake.
            let mut parts = parts.to_vec();
            parts.dedup();
            let parts = if parts.is_empty() { "none".to_owned() } else { parts.join(", ") };
            let message = format!(
                "One of the words for what stays names nothing that this offboarding takes away. Its parts \
                 are: {parts}."
            );
            return Err(Error::argument("keep", message));
        }
        for (account, along, message) in [
            (
                Kind::User,
                &[SESSIONS, SEAT][..],
                "A user's removal takes sessions and seats along: keep the user too.",
            ),
            (
                Kind::Member,
                &[Kind::UserGroup.as_str()],
                "A member's removal takes the memberships in user groups along: keep the member too.",
            ),
        ] {
            let mut accounts = parts.iter().filter(|part| kind_of(part) == account.as_str()).peekable();
            let go = accounts.peek().is_some() && !accounts.any(|part| self.has(part));
            if go && parts.iter().any(|part| along.contains(&kind_of(part)) && self.has(part)) {
                return Err(Error::argument("keep", message));
            }
        }
        Ok(())
    }
}

/// The part of a word before the id.
fn kind_of(word: &str) -> &str {
    word.split(':').next().unwrap_or_default()
}

/// Returns the word for a resource.
pub(super) fn part(kind: Kind, id: &Id) -> String {
    [kind.as_str(), ":", id.as_str()].concat()
}
