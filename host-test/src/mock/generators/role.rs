//! Roles of generated accounts.

use serde_json::json;

use crate::mock::iam::Role;

/// The id of *Super Administrator - All Privileges*, the same on every account (inferred from the
/// answers of real accounts in issue trackers).
pub const SUPER_ADMINISTRATOR: &str = "33666b9c79b9a5273fc7344ff42f953d";

pub(super) fn super_administrator() -> Role {
    named_role(
        SUPER_ADMINISTRATOR.into(),
        "Super Administrator - All Privileges",
        "Can edit any Cloudflare setting, make purchases, update billing, and manage memberships.",
    )
}

pub(super) fn named_role(id: String, name: &str, description: &str) -> Role {
    let permissions = json!({
        "analytics": { "read": true, "write": false },
        "organization": { "read": true, "write": name.contains("dministrator") },
        "zones": { "read": true, "write": false },
    });
    Role { id, name: name.into(), description: description.into(), permissions }
}
