//! The parts of a sync, in their order.

use super::selection::Selection;
use crate::kinds;
use crate::model::Kind;

/// A part of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Looks for the principal whose holdings are read, and emits it.
    Principal,
    /// Emits the resources of a kind, the entitlements on them, and the grants that they hold.
    Of(Kind),
    /// Reads the policies that the list of applications doesn't have.
    Policies,
    /// Reads the lists of addresses that rules name.
    Lists,
    /// Emits the entitlements on applications, which say what opens these to nobody in particular, and
    /// warns of what a person should know of the rules. It asks nothing.
    Rules,
    /// Reads what tells names of roles, and emits the roles, where Cloudflare has no list of them.
    RoleNames,
    /// Reads who is in the user groups. It emits nothing, unless one of them is all that is wanted.
    GroupMembers,
    /// Emits everything that the principal holds.
    Held,
}

impl Phase {
    /// All phases, in the order of a sync: the kinds in theirs, and behind each what belongs to it. Scoped
    /// roles have none: they are emitted with those who hold them.
    pub fn all() -> impl Iterator<Item = Phase> {
        let kinds = Kind::ALL.into_iter().filter(|&kind| kind != Kind::ScopedRole).flat_map(|kind| {
            let then: &[Phase] = match kind {
                Kind::App => &[Phase::Policies, Phase::Lists, Phase::Rules],
                Kind::Role => &[Phase::RoleNames],
                Kind::UserGroup => &[Phase::GroupMembers],
                _ => &[],
            };
            std::iter::once(Phase::Of(kind)).chain(then.iter().copied())
        });
        std::iter::once(Phase::Principal).chain(kinds).chain([Phase::Held])
    }

    /// The phases behind this one.
    pub fn later(self) -> impl Iterator<Item = Phase> {
        Self::all().skip_while(move |&phase| phase != self).skip(1)
    }

    /// The phase that this letter stands for in a cursor.
    pub fn with_letter(letter: &str) -> Option<Phase> {
        Self::all().find(|phase| phase.letter() == letter)
    }

    /// Whether a sync of this selection can come to this phase.
    pub fn is_of(self, selection: Selection) -> bool {
        match self {
            Phase::Of(kind) => selection.reads(kind),
            Phase::Principal | Phase::Held => selection.is_of_holder(),
            Phase::Policies => selection.reads(Kind::App),
            Phase::Lists => selection.needs_lists(),
            Phase::Rules => selection.needs_rules(),
            Phase::RoleNames => selection.reads(Kind::Role),
            Phase::GroupMembers => selection.needs_group_members(),
        }
    }

    /// Whether what was read of this kind before the phase decides what the phase emits, or how rules are
    /// evaluated.
    pub fn rests_on(self, kind: Kind, selection: Selection) -> bool {
        kinds::DECIDING.contains(&kind)
            && selection.reads(kind)
            && (self.is_of_rules() || selection.needs_rules())
            && self.is_behind(kind)
    }

    /// Whether the phase is one of the rules and their evaluation.
    fn is_of_rules(self) -> bool {
        match self {
            Phase::Of(kind) => kinds::DECIDING.contains(&kind),
            Phase::RoleNames | Phase::GroupMembers => false,
            Phase::Principal | Phase::Policies | Phase::Lists | Phase::Rules | Phase::Held => true,
        }
    }

    /// Whether the phase comes later than the one that emits a kind.
    pub fn is_behind(self, kind: Kind) -> bool {
        Phase::Of(kind).later().any(|phase| phase == self)
    }

    /// Whether what was read of roles and user groups before the phase decides what it emits.
    pub fn rests_on_privileges(self, selection: Selection) -> bool {
        match self {
            Phase::Of(Kind::Role | Kind::UserGroup)
            | Phase::RoleNames
            | Phase::GroupMembers
            | Phase::Held => true,
            // Behind the service tokens, members begin.
            Phase::Of(Kind::Member | Kind::ServiceToken) => selection.emits(Kind::Member),
            _ => false,
        }
    }

    /// Whether a cursor into this phase has a digest of everything that rules need before it.
    pub fn has_digest(self, selection: Selection) -> bool {
        self != Phase::Principal && (self.is_of_rules() || selection.needs_rules())
    }

    /// The letter that stands for the phase in a cursor.
    pub const fn letter(self) -> &'static str {
        match self {
            Phase::Of(kind) => kinds::row(kind).letter,
            Phase::Policies => "c",
            Phase::Lists => "l",
            Phase::Rules => "x",
            Phase::RoleNames => "n",
            Phase::GroupMembers => "j",
            Phase::Principal => "w",
            Phase::Held => "h",
        }
    }

    /// The word for `progress.phase`.
    pub const fn word(self) -> &'static str {
        match self {
            Phase::Of(kind) => kinds::row(kind).phase,
            Phase::Policies => "missing policies",
            Phase::Lists => "lists",
            Phase::Rules => "rules",
            Phase::RoleNames => "names of roles",
            Phase::GroupMembers => "members of user groups",
            Phase::Principal => "principal",
            Phase::Held => "holdings",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_have_their_order_words_and_letters() {
        let known = [
            ("g", "groups"),
            ("l", "lists"),
            ("x", "rules"),
            ("r", "roles"),
            ("m", "members"),
            ("u", "users"),
            ("e", "emails"),
        ];
        let all: Vec<_> = Phase::all().map(|phase| (phase.letter(), phase.word())).collect();
        let found: Vec<_> = all.into_iter().filter(|names| known.contains(names)).collect();
        assert_eq!(found, known, "the order of those that hosts know");
    }

    #[test]
    fn a_letter_stands_for_one_phase() {
        for phase in Phase::all() {
            assert_eq!(Phase::with_letter(phase.letter()), Some(phase));
        }
        assert_eq!(Phase::with_letter("?"), None);
    }

    #[test]
    fn the_phases_behind_one() {
        let all: Vec<_> = Phase::all().collect();
        for (place, phase) in all.iter().enumerate() {
            assert_eq!(phase.later().collect::<Vec<_>>(), all[place + 1..]);
        }
    }
}
