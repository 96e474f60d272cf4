//! The subject of an evaluation, and what an evaluation knows of each rule set.

use super::rule_set::PerSection;
use super::value::Value;

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

/// The person that rules are evaluated for.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The address as Cloudflare spells it. Without one, whatever an address decides is open.
    pub address: Option<&'a str>,
    /// The status as an account member.
    pub standing: Standing,
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
    /// The range of the set's rules among all rules that aren't *no* for the subject's address.
    pub hits: (u32, u32),
    pub direct: DirectRule,
    /// The part that the address decides: if any rule of the include or exclude holds, and whether all of
    /// the require do. An added rule counts.
    pub by_address: PerSection<Value>,
    pub value: Value,
    /// Whether an include rule that identity decides says yes, or an included group names the
    /// subject.
    pub named: bool,
}

/// The states of all rule sets for an address that no rule names, one list per standing. Most sets
/// have these states for most people: an evaluation starts from them and solves only the sets that
/// a rule touches.
#[derive(Debug, Default)]
pub(super) struct Baseline {
    pub none: Vec<State>,
    pub accepted: Vec<State>,
    pub rejected: Vec<State>,
}

impl Baseline {
    /// Returns the states for a subject: none without an address, which nothing is known for.
    pub fn of(&self, subject: Subject<'_>) -> &[State] {
        match (subject.address, subject.standing) {
            (None, _) => &[],
            (Some(_), Standing::None) => &self.none,
            (Some(_), Standing::Accepted) => &self.accepted,
            (Some(_), Standing::Rejected) => &self.rejected,
        }
    }
}
