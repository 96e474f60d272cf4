//! The subject of an evaluation, and what an evaluation knows of each rule set.

use super::rule_set::PerSection;
use super::value::Value;
use crate::places::Places;

/// A subject's status as an account member, as far as a `cloudflare_account_member` rule takes it
/// into account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not an account member, or one that hasn't accepted yet: a login may show another identity.
    None,
    /// An accepted member: the rule names them, though a login has to confirm it.
    Accepted,
    /// A rejected member: the rule doesn't hold.
    Rejected,
}

/// The one that rules are evaluated for.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// Somebody who logs in.
    Person {
        /// The address as Cloudflare spells it. Without one, whatever an address decides is open.
        address: Option<&'a str>,
        /// The status as an account member.
        standing: Standing,
    },
    /// A service token that is enabled and hasn't expired, by its id. It has no login.
    Token(&'a str),
    /// Someone who shows neither a login nor a token.
    Nobody,
}

impl<'a> Subject<'a> {
    /// The address, if it is a person and has one.
    pub const fn address(self) -> Option<&'a str> {
        match self {
            Subject::Person { address, .. } => address,
            Subject::Token(_) | Subject::Nobody => None,
        }
    }

    /// Whether it logs in.
    pub const fn is_person(self) -> bool {
        matches!(self, Subject::Person { .. })
    }

    pub(super) const fn is_token(self) -> bool {
        matches!(self, Subject::Token(_))
    }

    /// Whether an address decides, and none is known.
    pub(super) const fn has_unknown_address(self) -> bool {
        matches!(self, Subject::Person { address: None, .. })
    }

    /// Returns whom it is like: with the same rules that name them, they have the same states.
    pub(super) const fn likes(self) -> Likes {
        match self {
            Subject::Person { address, standing } => Likes::Person(address.is_some(), standing),
            Subject::Token(_) => Likes::Token,
            Subject::Nobody => Likes::Nobody,
        }
    }

    /// Whether it is an accepted account member.
    pub(super) const fn is_accepted(self) -> bool {
        matches!(self, Subject::Person { standing: Standing::Accepted, .. })
    }
}

/// Subjects who differ only by the rules that name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likes {
    /// People, by whether they have an address, and by their standing.
    Person(bool, Standing),
    Token,
    Nobody,
}

/// An assumption about the subject's own `email` rules in the include of a rule set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DirectRule {
    /// The rules are as they were read.
    #[default]
    AsIs,
    /// There is none.
    Removed,
    /// There is one more, behind all others.
    Added,
}

/// The result of an evaluation for one rule set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct State {
    /// The range of the set's rules among all rules that name the subject: those that aren't *no* for
    /// its address, or that name its token.
    pub hits: (u32, u32),
    pub direct: DirectRule,
    /// The part that the address or the token decides: if any rule of the include or exclude holds, and
    /// whether all of the require do. An added rule counts.
    pub by_hits: PerSection<Value>,
    pub value: Value,
    pub named: NamedBy,
}

/// The things that name the subject in an include: a rule that identity decides and that says yes, a fact
/// about a group of an identity provider, or an included group that names it by such.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NamedBy {
    #[default]
    Nothing,
    /// Only facts.
    Facts,
    Rules,
}

/// The way in which the rules that facts cover are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Only a login decides them. What follows from that is certain.
    Claim,
    /// The facts decide them.
    Expectation,
}

/// A value for each of the subjects whom no rule names: for a person with an address, by standing, and
/// for a token. Most subjects are like one of them.
#[derive(Debug, Default)]
pub struct Unnamed<T> {
    none: T,
    accepted: T,
    rejected: T,
    token: T,
    /// The empty value, for those who are like none of them.
    others: T,
}

impl<T: Default> Unnamed<T> {
    /// Asks for the value of each of them.
    pub fn new(of: impl Fn(Subject<'static>) -> T) -> Self {
        let person = |standing| of(Subject::Person { address: Some(""), standing });
        Self {
            none: person(Standing::None),
            accepted: person(Standing::Accepted),
            rejected: person(Standing::Rejected),
            token: of(Subject::Token("")),
            others: T::default(),
        }
    }

    /// Returns what a subject shares with those whom no rule names: nothing without an address, for
    /// whatever it decides is open, and nothing for nobody, who is asked for once.
    pub const fn of(&self, subject: Subject<'_>) -> &T {
        match subject {
            Subject::Person { address: None, .. } | Subject::Nobody => &self.others,
            Subject::Person { standing: Standing::None, .. } => &self.none,
            Subject::Person { standing: Standing::Accepted, .. } => &self.accepted,
            Subject::Person { standing: Standing::Rejected, .. } => &self.rejected,
            Subject::Token(_) => &self.token,
        }
    }
}

/// The states of all rule sets for those whom no rule names. Most sets have these states for most
/// subjects: an evaluation starts from them and solves only the sets that a rule touches.
pub(super) type Baseline = Unnamed<Usual>;

/// The states that many subjects share.
#[derive(Debug, Default)]
pub(super) struct Usual {
    /// One state for each set.
    pub states: Vec<State>,
    /// The places of the groups that they are members of.
    pub groups: Places,
}
