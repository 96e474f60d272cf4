//! The rules of an account alone.

use crate::apps::Applications;
use crate::model::Warning;
use crate::rules::Membership;
use crate::sorted::Map;

/// The rules of an account, ready to be evaluated for people.
pub struct Rules {
    /// The groups, and the policies of the applications if these were asked for.
    pub membership: Membership,
    /// The applications, if they were asked for.
    pub applications: Option<Applications>,
    /// The names of the groups, by their ids.
    pub names: Map<String, String>,
    /// The digest of everything that was read.
    pub digest: u64,
    /// The warnings about what is missing.
    pub warnings: Vec<Warning>,
}
