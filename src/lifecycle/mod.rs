//! People who come and go: invitations and removals, sessions and seats, and the offboarding of one person.
//!
//! A [`Step`] is read (`asked`), and all steps of a call are done in one order (`run`): people come in
//! first, and accounts are removed last. `members`, `users` and `sessions` do them, on the same
//! machinery as changes of `provision`: a read before each write and one after it, and no doubt that
//! isn't told. `owner` knows whose the session's credentials are.
//!
//! `groups` makes Access groups and deletes them.
//!
//! [`offboard()`] finds everything of one person, takes it away by changes and steps, and tells what
//! still lets the person in.

mod asked;
#[cfg(feature = "standalone")]
pub mod groups;
mod members;
mod offboard;
mod owner;
mod removal;
mod run;
mod sessions;
mod step;
mod users;

#[cfg(test)]
mod tests;

pub use offboard::offboard;
pub use run::apply;
#[cfg(feature = "standalone")]
pub(crate) use run::end_membership;
pub use step::{
    Action, Certainty, Ground, MOST_STEPS, Offboarding, Options, Part, STEP_TYPES, Step, StepType, Way,
    check_count,
};
