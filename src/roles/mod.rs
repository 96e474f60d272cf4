//! The meaning of roles and policies: what an account member or a user group holds, and why.
//!
//! [`Roles`] maps permission groups to roles, [`UserGroups`] knows what members inherit, and
//! [`Assignments`] is the decision about one holder, for reading and for changing.

mod assignments;
mod held;
mod table;
mod user_groups;
mod walk;

pub use assignments::Assignments;
pub use held::{Held, On, Place, Reason, Rule, Way};
pub use table::Roles;
pub use user_groups::{KnownGroup, UserGroups};

#[cfg(test)]
mod tests;
