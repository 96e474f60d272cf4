//! The permissions of a token of which one suffices in the place of another.
//!
//! Cloudflare has cut the permissions of Access into smaller ones: its own catalog has both
//! (`derived-oauth-scopes.json` in <https://github.com/cloudflare/mcp>), and a form may still show the
//! older ones alone.

use super::endpoint::{
    ACCOUNT_READ, GROUPS_EDIT, GROUPS_READ, MEMBERS_EDIT, PROVIDERS_READ, SESSIONS_REVOKE, USERS_READ,
};

/// Returns the permissions that suffice in the place of this one: the one that an older form shows comes
/// first.
pub fn also(permission: &str) -> &'static [&'static str] {
    match permission {
        // OpenAPI: GET /accounts/{account_id}/access/groups names the older one alone. That the smaller
        // one suffices is inferred from its name.
        GROUPS_READ => &["Access: Organizations, Identity Providers, and Groups Read"],
        // The same, at GET /accounts/{account_id}/access/identity_providers.
        PROVIDERS_READ => &["Access: Organizations, Identity Providers, and Groups Read"],
        // The same, at PUT /accounts/{account_id}/access/groups/{group_id}.
        GROUPS_EDIT => &["Access: Organizations, Identity Providers, and Groups Edit"],
        // OpenAPI: GET /accounts/{account_id}/access/users names the older one alone. That the smaller
        // one suffices is inferred from its name.
        USERS_READ => &["Access: Audit Logs Read"],
        // OpenAPI: GET /accounts/{account_id}/members and GET /accounts/{account_id}/roles. It can also
        // change members, so it is better only for a token that has it anyway.
        ACCOUNT_READ => &[MEMBERS_EDIT],
        // OpenAPI: PUT /accounts/{account_id}/members/{member_id}. It can also change the settings of
        // the account.
        MEMBERS_EDIT => &["Account Settings Edit"],
        // The catalog spells it with the older words. OpenAPI: POST
        // /accounts/{account_id}/access/organizations/revoke_user names the larger one alone.
        SESSIONS_REVOKE => &[
            "Access: Organizations, Identity Providers, and Groups Revoke",
            "Access: Organizations, Identity Providers, and Groups Edit",
        ],
        _ => &[],
    }
}

/// Returns the permission as advice names it, with the other one that suffices. To read, no permission
/// to change is advised.
pub fn named(permission: &str) -> String {
    let level = permission.rsplit(' ').next();
    match also(permission).iter().find(|other| other.rsplit(' ').next() == level) {
        Some(other) => format!("\u{201c}{permission}\u{201d} (or \u{201c}{other}\u{201d})"),
        None => format!("\u{201c}{permission}\u{201d}"),
    }
}

/// Whether a permission by this name lets a token do all that the wanted one is asked for.
pub fn suffices(name: &str, wanted: &str) -> bool {
    let name = plain(name);
    [wanted].iter().chain(also(wanted)).any(|one| plain(one) == name)
}

/// Returns a name as it is compared. The API writes *Write* where the dashboard has *Edit*:
/// <https://developers.cloudflare.com/fundamentals/api/reference/permissions/>. Of *SCIM Provisioning*,
/// the API has neither word: OpenAPI, `x-api-token-group`.
fn plain(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    match name.strip_suffix(" write") {
        Some(name) => format!("{name} edit"),
        None if name == "scim provisioning" => format!("{name} edit"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_newer_and_larger_permissions_suffice() {
        for (wanted, names) in [
            (GROUPS_EDIT, vec!["Access: Groups Write", "access: groups edit ", "Access: Groups Edit"]),
            (GROUPS_EDIT, vec!["Access: Organizations, Identity Providers, and Groups Write"]),
            (GROUPS_READ, vec!["Access: Groups Read"]),
            (MEMBERS_EDIT, vec!["SCIM Provisioning", "SCIM Provisioning Write", "SCIM Provisioning Edit"]),
            (MEMBERS_EDIT, vec!["Account Settings Write", "Account Settings Edit"]),
            (ACCOUNT_READ, vec!["Account Settings Read", "SCIM Provisioning"]),
            (SESSIONS_REVOKE, vec!["Access: Organizations Revoke"]),
            (SESSIONS_REVOKE, vec!["Access: Organizations, Identity Providers, and Groups Revoke"]),
            (SESSIONS_REVOKE, vec!["Access: Organizations, Identity Providers, and Groups Write"]),
        ] {
            for name in names {
                assert!(suffices(name, wanted), "{name} for {wanted}");
            }
        }
    }

    #[test]
    fn smaller_and_other_permissions_do_not_suffice() {
        for (wanted, names) in [
            (
                GROUPS_EDIT,
                vec!["Access: Groups Read", "Access: Users Write", "Access: Groups", "", "Zero Trust Write"],
            ),
            (GROUPS_EDIT, vec!["Access: Organizations Write", "Access: Identity Providers Write"]),
            (GROUPS_EDIT, vec!["Access: Organizations, Identity Providers, and Groups Revoke"]),
            (MEMBERS_EDIT, vec!["Account Settings Read", "SCIM Provisioning Read", "Memberships Write"]),
            (SESSIONS_REVOKE, vec!["Access: Apps and Policies Revoke", "Access: Organizations Read"]),
        ] {
            for name in names {
                assert!(!suffices(name, wanted), "{name} for {wanted}");
            }
        }
    }

    #[test]
    fn advice_names_the_permission_and_the_older_one() {
        let named = named(USERS_READ);
        assert_eq!(named, "\u{201c}Access: Users Read\u{201d} (or \u{201c}Access: Audit Logs Read\u{201d})");
        for alone in ["Zero Trust Read", ACCOUNT_READ] {
            assert_eq!(super::named(alone), format!("\u{201c}{alone}\u{201d}"));
        }
    }
}
