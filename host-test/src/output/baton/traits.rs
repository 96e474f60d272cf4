//! The traits of resource types.

/// The word for a seat. The contract has none, because no connector gives one out.
pub(super) const LICENSE_PROFILE: &str = "license-profile";

/// The values of `c1.connector.v2.ResourceType.Trait` that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trait {
    User = 1,
    Group = 2,
    Role = 3,
    App = 4,
    Secret = 5,
    LicenseProfile = 10,
}

impl Trait {
    /// Reads the contract's word, or that of a type of baton's alone. Returns `None` for a word that baton
    /// doesn't have.
    pub(in crate::output) fn of_word(word: &str) -> Option<Trait> {
        match word {
            "user" => Some(Trait::User),
            "group" => Some(Trait::Group),
            "role" => Some(Trait::Role),
            "app" => Some(Trait::App),
            "secret" => Some(Trait::Secret),
            LICENSE_PROFILE => Some(Trait::LicenseProfile),
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
            Trait::LicenseProfile => "TRAIT_LICENSE_PROFILE",
        }
    }
}
