//! The kinds that a sync emits, and what has to be read for them.

use crate::error::Result;
use crate::kinds;
use crate::model::Kind;

/// The kinds that a host wants.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    wanted: Bits,
    /// Whether the host named them.
    is_named: bool,
}

/// Selections are equal if the same is wanted.
impl PartialEq for Selection {
    fn eq(&self, other: &Self) -> bool {
        self.wanted == other.wanted
    }
}

impl Eq for Selection {}

/// A set of kinds by their places in [`Kind::ALL`]. It knows no kind, so that it can be tested
/// with more of them than there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bits(u32);

// A shift by more than the width would be read as another kind: the component is built without
// overflow checks.
const _: () = assert!(Kind::ALL.len() <= Bits::MOST - 3);

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
    /// Selects the kinds with these ids; without any id, all kinds that aren't opt-in.
    ///
    /// # Errors
    /// `invalid-argument` about an id that no kind has.
    pub fn parse(kinds: &[String]) -> Result<Self> {
        if kinds.is_empty() {
            let usual = Kind::ALL.into_iter().filter(|&kind| !kinds::row(kind).is_opt_in);
            return Ok(Self { is_named: false, ..Self::of(usual) });
        }
        let known = kinds.iter().map(|kind| kinds::asked("kinds", kind));
        Ok(Self::of(known.collect::<Result<Vec<_>>>()?))
    }

    /// Selects these kinds.
    pub fn of(kinds: impl IntoIterator<Item = Kind>) -> Self {
        let wanted = kinds.into_iter().fold(Bits::NONE, |bits, kind| bits.with(kind as usize));
        Self { wanted, is_named: true }
    }

    /// Selects everything that has rules, and the identity providers that these name, but no people.
    pub fn of_rules() -> Self {
        Self { is_named: false, ..Self::of([Kind::IdentityProvider, Kind::Group, Kind::App]) }
    }

    /// Selects what belongs to one resource of a kind: the kind itself, and those that can hold
    /// its entitlement, if they aren't opt-in.
    pub fn around(kind: Kind) -> Self {
        let holders = kinds::row(kind).holders().iter().copied();
        let around = Self::of(holders.filter(|&holder| !kinds::row(holder).is_opt_in).chain([kind]));
        Self { is_named: false, ..around }
    }

    /// The place behind those of all kinds, which says that only what one principal holds is wanted.
    const HOLDER: usize = Bits::MOST - 1;
    /// The place that says that the principal logs in.
    const LOGIN: usize = Bits::MOST - 2;
    /// The place that says that rules can name the principal.
    const IN_RULES: usize = Bits::MOST - 3;

    /// Selects no kind as a whole, but what one principal of this kind holds.
    pub fn of_holder(kind: Kind) -> Self {
        let group = Bits::NONE.with(Self::HOLDER);
        let token = group.with(Self::IN_RULES);
        let wanted = match kind {
            Kind::UserGroup => group,
            Kind::ServiceToken => token,
            _ => token.with(Self::LOGIN),
        };
        Self { wanted, is_named: false }
    }

    /// Whether only what one principal holds is wanted.
    pub const fn is_of_holder(self) -> bool {
        self.wanted.has(Self::HOLDER)
    }

    /// Whether this kind is emitted.
    pub const fn wants(self, kind: Kind) -> bool {
        self.wanted.has(kind as usize)
    }

    /// The selection as a number. Cursors are bound to it.
    pub const fn bits(self) -> u32 {
        self.wanted.0
    }

    /// Whether it matters who is in which group, or reaches which application.
    pub fn needs_membership(self) -> bool {
        self.wants(Kind::Email)
            || self.wants_grants(Kind::Group)
            || self.wants_grants(Kind::App)
            || self.wanted.has(Self::IN_RULES)
    }

    /// Whether the lists of addresses matter that rules name. No address is that of a token.
    pub fn needs_lists(self) -> bool {
        self.needs_membership() && self.has_people()
    }

    /// Whether it matters what people hold.
    fn has_people(self) -> bool {
        self.wanted.has(Self::LOGIN)
            || [Kind::Member, Kind::User, Kind::Email].into_iter().any(|kind| self.wants(kind))
    }

    /// Whether the policies of applications are evaluated. Addresses that policies name are missing where
    /// a host wants groups and no applications: so it can read on with a token that may not read these.
    pub fn needs_apps(self) -> bool {
        self.wants(Kind::App)
            || self.wants(Kind::Email) && !self.wants(Kind::Group)
            || self.wanted.has(Self::IN_RULES)
    }

    /// Whether rules are evaluated. What opens an application to nobody in particular takes those of
    /// groups, and no list.
    pub fn needs_rules(self) -> bool {
        self.needs_membership() || self.needs_apps() || self.is_of_holder()
    }

    /// Whether it matters who is in which user group.
    pub fn needs_group_members(self) -> bool {
        self.reads(Kind::UserGroup) && (self.wants(Kind::Member) || self.is_of_holder())
    }

    /// Whether something is emitted of each item that lists this kind. Applications contain policies,
    /// account members and user groups show scoped roles, and what user groups give may not be understood.
    pub fn emits(self, kind: Kind) -> bool {
        self.wants(kind)
            || match kind {
                Kind::App => self.wants(Kind::Policy),
                Kind::Member => self.wants(Kind::ScopedRole),
                Kind::UserGroup => self.wants(Kind::ScopedRole) || self.wants(Kind::Role),
                _ => false,
            }
    }

    /// Whether a read goes on if the credentials may not read this kind, because nobody asked for it by
    /// its name.
    pub fn goes_on_without(self, kind: Kind) -> bool {
        kinds::is_dispensable(kind) && !(self.is_named && self.wants(kind))
    }

    /// Whether grants of this kind's entitlement are emitted.
    pub fn wants_grants(self, kind: Kind) -> bool {
        self.wants(kind) && kinds::row(kind).holders().iter().any(|&holder| self.wants(holder))
    }

    /// Whether this kind is read: for itself, or because a kind that is wanted needs it.
    pub fn reads(self, kind: Kind) -> bool {
        let needs = |&wanted: &Kind| self.wants(wanted) && kinds::row(wanted).needs.contains(&kind);
        self.wants(kind)
            || Kind::ALL.iter().any(needs)
            || match kind {
                Kind::App => self.needs_apps(),
                Kind::IdentityProvider => {
                    (self.wants_grants(Kind::App) || self.wanted.has(Self::IN_RULES)) && self.has_people()
                }
                Kind::Group => self.wanted.has(Self::IN_RULES),
                // Members hold what their user groups do.
                Kind::UserGroup => {
                    self.wants(Kind::Role) && self.wants(Kind::Member) || self.wanted.has(Self::LOGIN)
                }
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Kind::*;

    #[test]
    fn kinds_are_read_for_those_that_are_wanted() {
        let cases: &[(&[Kind], &[Kind], bool)] = &[
            (&[Group], &[Group], false),
            (&[Role], &[Role], false),
            (&[Member], &[Member], false),
            (&[User], &[User], false),
            (&[IdentityProvider], &[IdentityProvider], false),
            (&[ServiceToken], &[ServiceToken], false),
            (&[Email], &[Group, App, Member, User, Email], true),
            (&[Group, Role], &[Group, Role], false),
            (&[Role, Member], &[Role, UserGroup, Member], false),
            (&[Role, UserGroup], &[Role, UserGroup], false),
            (&[UserGroup], &[UserGroup], false),
            (&[UserGroup, Member], &[UserGroup, Member], false),
            (&[ScopedRole], &[Role, UserGroup, ScopedRole, Member], false),
            (&[Group, User], &[Group, User], true),
            (&[Group, Member], &[Group, Member], true),
            (&[Group, ServiceToken], &[Group, ServiceToken], true),
            // Who may read no application reads on as before.
            (&[Group, User, Email], &[Group, Member, User, Email], true),
            (&[App], &[Group, App], false),
            (&[Policy], &[Policy, App], false),
            (&[Policy, Group, User], &[Group, Policy, App, User], true),
            (&[App, User], &[IdentityProvider, Group, App, User], true),
            (&[App, ServiceToken], &[Group, App, ServiceToken], true),
            (&[App, Email], &[IdentityProvider, Group, App, Member, User, Email], true),
            (&Kind::ALL, &Kind::ALL, true),
        ];
        for (wanted, read, membership) in cases {
            let selection = Selection::of(wanted.iter().copied());
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
        let numbers = Kind::ALL.map(|kind| Selection::of([kind]).bits());
        assert_eq!(numbers, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]);
        let order = [
            IdentityProvider,
            Group,
            Policy,
            App,
            Role,
            UserGroup,
            ScopedRole,
            ServiceToken,
            Member,
            User,
            Email,
        ];
        assert_eq!(Kind::ALL, order);
    }

    #[test]
    fn one_resource_needs_those_who_can_hold_it() {
        // Tokens hold some of it too, but are opt-in.
        let around: [(Kind, &[Kind]); 11] = [
            (IdentityProvider, &[IdentityProvider]),
            (Policy, &[Policy]),
            (App, &[App, Member, User, Email]),
            (ServiceToken, &[ServiceToken]),
            (Group, &[Group, Member, User, Email]),
            (Role, &[Role, UserGroup, Member]),
            (UserGroup, &[UserGroup, Member]),
            (ScopedRole, &[ScopedRole, UserGroup, Member]),
            (Member, &[Member]),
            (User, &[User]),
            (Email, &[Email]),
        ];
        for (kind, expected) in around {
            assert_eq!(Selection::around(kind), Selection::of(expected.iter().copied()), "{kind}");
        }
    }

    #[test]
    fn an_unknown_kind_is_named() {
        let usual = Kind::ALL.into_iter().filter(|&kind| !kinds::row(kind).is_opt_in);
        assert_eq!(Selection::parse(&[]).unwrap(), Selection::of(usual));
        let error = Selection::parse(&["group".to_owned(), "app\u{1b}[31m".to_owned()]).unwrap_err();
        assert_eq!(error.about.as_deref(), Some("kinds"));
        assert!(error.message.contains("app") && !error.message.contains('\u{1b}'));
        let token = "Xk39dQzT7aaBcD0eFgHiJkLmNoPqRsTuVwXy1234";
        let error = Selection::parse(&[token.to_owned()]).unwrap_err();
        let kinds = Kind::ALL.map(Kind::as_str).join(", ");
        assert_eq!(error.message, format!("There is no such kind. The kinds are: {kinds}."));
    }
}
