//! The single principal of a grant.

use connector_host::contract::{Grant, ResourceId};

/// Returns the principal of a grant that has exactly one.
pub fn principal_of(grant: &Grant) -> &ResourceId {
    let [principal] = grant.principals.as_slice() else { panic!("not one principal: {grant:?}") };
    principal
}
