//! The ids of entitlements, and of resources as hosts ask for them.

use crate::cloudflare::id::Id;
use crate::kinds;
use crate::model::Kind;

/// Returns the id of the entitlement on the resource of this kind with this id; `None` for a
/// kind without entitlements.
pub fn entitlement_id(kind: Kind, id: &str) -> Option<String> {
    kinds::row(kind).entitlement.map(|entitlement| with_slug(kind, id, entitlement.slug))
}

/// Returns the id of a resource that a host asks for, as Cloudflare spells it: nobody has to know the
/// case of an address, or of a hexadecimal digit.
pub fn asked(kind: Kind, id: &str) -> String {
    match Id::asked(id) {
        _ if kind == Kind::Email => id.to_ascii_lowercase(),
        Some(id) => id.as_str().to_owned(),
        // It isn't an id, and is refused as it came.
        None => id.to_owned(),
    }
}

pub(super) fn with_slug(kind: Kind, id: &str, slug: &str) -> String {
    [kind.as_str(), id, slug].join(":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{group, role};

    #[test]
    fn one_id_for_one_entitlement() {
        assert_eq!(entitlement_id(Kind::Group, "g"), Some(group::entitlement_id("g")));
        assert_eq!(entitlement_id(Kind::Role, "r"), Some(role::entitlement_id("r")));
        assert_eq!(group::entitlement_id("g"), "group:g:member");
        assert_eq!(role::entitlement_id("r"), "role:r:assigned");
        assert_eq!(entitlement_id(Kind::User, "u"), None);
    }
}
