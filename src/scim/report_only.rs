//! The operator's word on what of a leaver is no failure.

use crate::lifecycle::Ground;

/// The ways that still let somebody in, and are no failure of a deactivation or a deletion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportOnly {
    /// None of them.
    #[default]
    Nothing,
    /// Those that aren't about this person: rules that let in others too, and sessions.
    SharedRules,
    /// All of them.
    Everything,
}

impl ReportOnly {
    /// The words of an operator for them.
    pub const WORDS: [(&'static str, Self); 3] =
        [("true", Self::Everything), ("false", Self::Nothing), ("shared-rules", Self::SharedRules)];

    /// Reads a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, it)| *it)
    }

    /// Whether a way on this ground is a failure.
    pub(super) const fn fails(self, ground: Ground) -> bool {
        match self {
            Self::Nothing => true,
            Self::SharedRules => ground.concerns_person(),
            Self::Everything => false,
        }
    }
}
