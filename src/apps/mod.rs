//! Who can reach which application, and why.
//!
//! An application is reached through its policies. The rules of a policy are evaluated as those of a
//! group are; here their values are folded in the order in which Cloudflare looks at them
//! (<https://developers.cloudflare.com/cloudflare-one/access-controls/policies/>).
//!
//! - A person is let in by the first `allow` or `deny` that matches them. **There is a grant exactly if
//!   an `allow` that can be reached names the person and is not *no*.** What stands in its way and only
//!   a login decides becomes a condition: an open `deny` before it, or an open `allow` before it that
//!   asks for approval.
//! - `bypass` and `non_identity` policies give a person nothing. They open the application to nobody
//!   in particular, which the entitlement says.
//! - Where facts cover a rule of the policies, access on conditions is expected to hold if, by the facts, an
//!   `allow` can be reached and is not *no*.
//! - A service token is let in by the `non_identity` policies that name it.
//!
//! [`Applications`] has them all. For one subject, it is asked with an
//! [`Evaluation`](crate::rules::Evaluation) of the same [`Membership`](crate::rules::Membership).

mod access;
mod application;
mod applications;
mod exposure;
mod fold;
mod tested;
mod warnings;

pub use access::{Access, Through};
pub use application::{Application, Attached, Decision, Gate};
pub use applications::{Applications, Search};
pub use fold::{Why, WithoutGrant};
pub use tested::Tested;

#[cfg(test)]
mod tests;
