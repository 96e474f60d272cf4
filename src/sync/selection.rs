//! Which kinds a read gives, and what has to be read for them.

use crate::error::{Error, Result};
use crate::model::Kind;

/// The kinds that a host wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection(Bits);

/// A set of kinds by their places in [`Kind::ALL`]. It knows no kind, so that it can be tested
/// with more of them than there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bits(u32);

// A shift by more than its width would be read as another kind: the component is built without
// overflow checks.
const _: () = assert!(Kind::ALL.len() <= Bits::MOST);

impl Bits {
    const NONE: Self = Self(0);
    const MOST: usize = u32::BITS as usize;

    const fn with(self, place: usize) -> Self {
        Self(self.0 | 1 << place)
    }

    const fn has(self, place: usize) -> bool {
        self.0 & 1 << place != 0
    }
}

impl Selection {
    /// The kinds with these ids; of none, all.
    ///
    /// # Errors
    /// `invalid-argument` about a kind that there isn't.
    pub fn parse(kinds: &[String]) -> Result<Self> {
        if kinds.is_empty() {
            return Ok(Self::of(&Kind::ALL));
        }
        let mut selection = Self(Bits::NONE);
        for kind in kinds {
            let Some(known) = Kind::parse(kind) else {
                let shown: String = kind.chars().take(40).collect();
                let all = Kind::ALL.map(Kind::as_str).join(", ");
                return Err(Error::argument(
                    "kinds",
                    format!("There is no kind {shown:?}. The kinds are: {all}."),
                ));
            };
            selection.0 = selection.0.with(known as usize);
        }
        Ok(selection)
    }

    /// These kinds.
    pub fn of(kinds: &[Kind]) -> Self {
        Self(kinds.iter().fold(Bits::NONE, |bits, &kind| bits.with(kind as usize)))
    }

    /// Whether this kind is given.
    pub const fn wants(self, kind: Kind) -> bool {
        self.0.has(kind as usize)
    }

    /// A number that stands for this selection.
    pub const fn bits(self) -> u32 {
        self.0.0
    }

    /// Whether it matters who is in which group.
    pub const fn needs_membership(self) -> bool {
        self.wants(Kind::Email)
            || self.wants(Kind::Group) && (self.wants(Kind::Member) || self.wants(Kind::User))
    }

    /// Whether grants of roles are given.
    pub const fn wants_role_grants(self) -> bool {
        self.wants(Kind::Role) && self.wants(Kind::Member)
    }

    /// Whether this kind's own list is read: an unmatched address is known only from all groups,
    /// members and users.
    pub const fn reads(self, kind: Kind) -> bool {
        self.wants(kind) || self.wants(Kind::Email) && !matches!(kind, Kind::Role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Kind::*;

    #[test]
    fn what_is_read_for_what_is_wanted() {
        let cases: &[(&[Kind], &[Kind], bool)] = &[
            (&[Group], &[Group], false),
            (&[Role], &[Role], false),
            (&[Member], &[Member], false),
            (&[User], &[User], false),
            (&[Email], &[Group, Member, User, Email], true),
            (&[Group, Role], &[Group, Role], false),
            (&[Role, Member], &[Role, Member], false),
            (&[Group, User], &[Group, User], true),
            (&[Group, Member], &[Group, Member], true),
            (&Kind::ALL, &Kind::ALL, true),
        ];
        for (wanted, read, membership) in cases {
            let selection = Selection::of(wanted);
            let found: Vec<Kind> = Kind::ALL.into_iter().filter(|&kind| selection.reads(kind)).collect();
            assert_eq!(found, *read, "{wanted:?}");
            assert_eq!(selection.needs_membership(), *membership, "{wanted:?}");
        }
    }

    #[test]
    fn no_kind_is_read_as_another_beyond_eight() {
        for place in 0..20 {
            let one = Bits::NONE.with(place);
            let found: Vec<usize> = (0..20).filter(|&other| one.has(other)).collect();
            assert_eq!(found, [place]);
        }
        let even = (0..20).step_by(2).fold(Bits::NONE, Bits::with);
        assert!((0..20).all(|place| even.has(place) == (place % 2 == 0)));
        let all = (0..Bits::MOST).fold(Bits::NONE, Bits::with);
        assert_eq!(all.0, u32::MAX);
    }

    #[test]
    fn cursors_stay_bound_to_the_same_numbers() {
        let numbers = Kind::ALL.map(|kind| Selection::of(&[kind]).bits());
        assert_eq!(numbers, [1, 2, 4, 8, 16]);
        assert_eq!(Selection::of(&Kind::ALL).bits(), 31);
    }

    #[test]
    fn an_unknown_kind_is_named() {
        assert_eq!(Selection::parse(&[]).unwrap(), Selection::of(&Kind::ALL));
        let error = Selection::parse(&["group".to_owned(), "app\u{1b}[31m".to_owned()]).unwrap_err();
        assert_eq!(error.about.as_deref(), Some("kinds"));
        assert!(error.message.contains("app") && !error.message.contains('\u{1b}'));
    }
}
