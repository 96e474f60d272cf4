//! Facts about resource types that baton has a place for, and the contract has not.

use super::traits::LICENSE_PROFILE;
use cloudflare_zero_trust::contract::ResourceType;
use cloudflare_zero_trust::model::Kind;

/// The resource type of the seat that Access users take. It is baton's alone: elsewhere a seat is two fields
/// of the user's profile.
pub(crate) const SEAT: &str = "seat";

/// Returns the type of the seat. It is read with the users, and so needs what they need.
pub(crate) fn seat(known: &[ResourceType]) -> Option<ResourceType> {
    let users = known.iter().find(|of| of.id == Kind::User.as_str())?;
    let permissions = users.permissions.iter().filter(|permission| !permission.provision_only);
    Some(ResourceType {
        id: SEAT.to_owned(),
        display_name: "Seat".to_owned(),
        traits: vec![LICENSE_PROFILE.to_owned()],
        can_sync: users.can_sync,
        opt_in: users.opt_in,
        can_provision: false,
        permissions: permissions.cloned().collect(),
    })
}

/// Whether the resources of a type become fewer without a fault. An address is a resource only until its
/// owner logs in for the first time.
pub(crate) fn shrinks(kind: &str) -> bool {
    kind == Kind::Email.as_str()
}
