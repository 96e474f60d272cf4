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
        let kind = word.split(':').next().unwrap_or_default();
        self.0.iter().any(|kept| kept == word || kept == kind)
    }
}

/// Returns the word for a resource.
pub(super) fn part(kind: Kind, id: &Id) -> String {
    [kind.as_str(), ":", id.as_str()].concat()
}
