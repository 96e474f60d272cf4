//! The traits of resource types.

/// The values of `c1.connector.v2.ResourceType.Trait` that the contract has words for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trait {
    User = 1,
    Group = 2,
    Role = 3,
    App = 4,
    Secret = 5,
}

impl Trait {
    /// Reads the contract's word. Returns `None` for a word that baton doesn't have.
    pub(in crate::output) fn of_word(word: &str) -> Option<Trait> {
        match word {
            "user" => Some(Trait::User),
            "group" => Some(Trait::Group),
            "role" => Some(Trait::Role),
            "app" => Some(Trait::App),
            "secret" => Some(Trait::Secret),
            _ => None,
        }
    }

    /// Returns the name in JSON.
    pub(super) fn name(self) -> &'static str {
        match self {
            Trait::User => "TRAIT_USER",
            Trait::Group => "TRAIT_GROUP",
            Trait::Role => "TRAIT_ROLE",
            Trait::App => "TRAIT_APP",
            Trait::Secret => "TRAIT_SECRET",
        }
    }
}
