//! The one principal of a grant.

use host_test::host::contract::{Grant, ResourceId};

/// The principal of a grant that has one.
pub fn principal_of(grant: &Grant) -> &ResourceId {
    let [principal] = grant.principals.as_slice() else { panic!("not one principal: {grant:?}") };
    principal
}
