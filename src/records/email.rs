//! Addresses that no member and no user has.

use super::person;
use crate::model::{AccountStatus, Kind, Resource, ResourceId};

/// Returns the address as a resource.
pub fn resource(address: &str) -> Resource {
    let account = person::account(Some(address), AccountStatus::Unknown);
    person::resource(ResourceId::new(Kind::Email, address), None, account, "{}")
}
