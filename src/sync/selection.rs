//! Which kinds a read gives, and what has to be read for them.

use crate::error::{Error, Result};
use crate::model::Kind;

/// The kinds that a host wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection(u8);

impl Selection {
    /// The kinds with these ids; of none, all.
    ///
    /// # Errors
    /// `invalid-argument` about a kind that there isn't.
    pub fn parse(kinds: &[String]) -> Result<Self> {
        if kinds.is_empty() {
            return Ok(Self::of(&Kind::ALL));
        }
        let mut selection = Self(0);
        for kind in kinds {
            let Some(known) = Kind::parse(kind) else {
                let shown: String = kind.chars().take(40).collect();
                let all = Kind::ALL.map(Kind::as_str).join(", ");
                return Err(Error::argument(
                    "kinds",
                    format!("There is no kind {shown:?}. The kinds are: {all}."),
                ));
            };
            selection.0 |= 1 << known as u8;
        }
        Ok(selection)
    }

    /// These kinds.
    pub fn of(kinds: &[Kind]) -> Self {
        Self(kinds.iter().fold(0, |bits, &kind| bits | 1 << kind as u8))
    }

    /// Whether this kind is given.
    pub const fn wants(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }

    /// A number that stands for this selection.
    pub const fn bits(self) -> u8 {
        self.0
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
    fn an_unknown_kind_is_named() {
        assert_eq!(Selection::parse(&[]).unwrap(), Selection::of(&Kind::ALL));
        let error = Selection::parse(&["group".to_owned(), "app\u{1b}[31m".to_owned()]).unwrap_err();
        assert_eq!(error.about.as_deref(), Some("kinds"));
        assert!(error.message.contains("app") && !error.message.contains('\u{1b}'));
    }
}
