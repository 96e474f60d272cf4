//! What a resource type is about, in baton's words.

/// `c1.connector.v2.ResourceType.Trait`, of those that the contract has words for too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::output) enum Trait {
    User = 1,
    Group = 2,
    Role = 3,
    App = 4,
    Secret = 5,
}

impl Trait {
    /// Of the contract's word. One that baton doesn't have says nothing to it.
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

    /// In JSON.
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
