//! The records of `wit/lifecycle.wit` in plain Rust. The contract documents each field. The outcome of a
//! step, and the report of a call, are those of a change.

use crate::cloudflare::endpoint::{MEMBERS_EDIT, SEATS_EDIT, SESSIONS_REVOKE};
use crate::error::{Error, Result};
use crate::model::{Grant, Kind, RateLimit, ResourceId, Warning};
use crate::provision::{Change, Outcome, Write};

/// The most steps of one call.
pub const MOST_STEPS: usize = 1000;

/// One thing that is done for a person. Nothing in it is checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/lifecycle.wit")]
pub enum Step {
    Invite { address: String, entitlements: Vec<String>, without_mail: bool },
    AddUser { address: String, name: Option<String> },
    EndSessions { kind: String, id: String },
    FreeSeat { kind: String, id: String },
    Remove { kind: String, id: String },
}

/// The options of a call.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "documented in wit/lifecycle.wit")]
pub struct Options {
    pub dry_run: bool,
    pub allow_own: bool,
    pub extra: String,
}

/// A step as the manifest shows it.
#[derive(Debug)]
pub struct StepType {
    /// The step's word.
    pub id: &'static str,
    /// The name of the step, for a person.
    pub display_name: &'static str,
    /// The permission that it takes for each of the kinds that it is about.
    pub permissions: &'static [(Kind, &'static str)],
}

/// All steps.
pub const STEP_TYPES: &[StepType] = &[
    StepType {
        id: "invite",
        display_name: "Invite a member to the account",
        permissions: &[(Kind::Member, MEMBERS_EDIT)],
    },
    StepType { id: "add-user", display_name: "Add an Access user", permissions: &[(Kind::User, SEATS_EDIT)] },
    StepType {
        id: "end-sessions",
        display_name: "End all Access sessions of a person",
        permissions: &[(Kind::User, SESSIONS_REVOKE)],
    },
    StepType {
        id: "free-seat",
        display_name: "Free the seat of an Access user",
        permissions: &[(Kind::User, SEATS_EDIT)],
    },
    StepType {
        id: "remove",
        display_name: "Remove a member or an Access user",
        permissions: &[(Kind::Member, MEMBERS_EDIT), (Kind::User, SEATS_EDIT)],
    },
];

/// One part of an offboarding.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/lifecycle.wit")]
pub enum Action {
    Change(Change),
    Step(Step),
}

/// One part of an offboarding, and what came of it.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/lifecycle.wit")]
pub struct Part {
    pub word: String,
    /// The name of the group that it is about, if it is known. The contract doesn't have it.
    pub name: Option<String>,
    pub action: Action,
    pub outcome: Result<Outcome>,
}

/// How certain it is that a way leads in. The order is that of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "documented in wit/lifecycle.wit")]
pub enum Certainty {
    NotKnown,
    Certain,
    Conditional,
    Open,
    Returning,
}

/// The thing that a way rests on. The order is that of what a person has to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// Something of this person alone: a membership or an invitation, or a rule or an item of a list that is
    /// for their address.
    Person,
    /// Something that isn't known, so it may be of this person alone.
    NotKnown,
    /// A rule that lets in others too.
    Shared,
    /// Sessions, which end by themselves.
    Sessions,
    /// Nothing that lets anybody in now: something that can bring the person back.
    Return,
}

impl Ground {
    /// Whether a way is about this person, or may be: others don't have it, and nothing ends it by itself.
    pub const fn concerns_person(self) -> bool {
        matches!(self, Self::Person | Self::NotKnown)
    }
}

/// Something by which a person can still come in, or can come back.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/lifecycle.wit")]
pub struct Way {
    pub certainty: Certainty,
    /// The thing that it rests on. The contract doesn't have it.
    pub ground: Ground,
    pub into: Option<ResourceId>,
    pub detail: String,
    pub by: Option<Grant>,
}

/// The result of an offboarding.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/lifecycle.wit")]
pub struct Offboarding {
    pub address: ResourceId,
    pub accounts: Vec<ResourceId>,
    pub remaining: Vec<Way>,
    pub parts: Vec<Part>,
    pub writes: Vec<Write>,
    pub warnings: Vec<Warning>,
    pub requests: u32,
    pub rate_limit: Option<RateLimit>,
}

/// Checks the number of steps of one call.
///
/// # Errors
/// `invalid-argument`, about `steps`: there are more than 1,000 (`MOST_STEPS`).
pub fn check_count(steps: usize) -> Result<()> {
    if steps <= MOST_STEPS {
        return Ok(());
    }
    let message = format!("One call takes at most {MOST_STEPS} steps, and these are {steps}.");
    Err(Error::argument("steps", message))
}
