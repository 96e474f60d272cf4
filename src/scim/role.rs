//! A role of the account as the entitlement that Okta discovers.

use super::one::one;
use super::schema::ROLE;
use super::version;
use crate::cloudflare::client::Client;
use crate::cloudflare::id::Id;
use crate::cloudflare::role::{self, Role};
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::provision::whole_lists::all_of;
use crate::sorted::sort_by;
use serde_json::{Value, json};

/// Returns a role. `base` is the service's own address.
pub(super) fn render(base: &str, role: &Role) -> Value {
    let id = role.id.as_str();
    let description = role.description.as_deref();
    let mut shown = json!({
        "schemas": [ROLE.core.id],
        "id": id,
        "displayName": role.name.as_deref().unwrap_or(id),
        "meta": {
            "resourceType": "Role",
            "location": format!("{base}/Roles/{id}"),
            "version": version::of([id, role.name.as_deref().unwrap_or_default(), &role.profile]),
        },
    });
    if let (Some(shown), Some(description)) = (shown.as_object_mut(), description) {
        shown.insert("description".to_owned(), description.into());
    }
    shown
}

/// Reads all roles, in the order of their ids.
///
/// # Errors
/// They can't be read, or one of them would be missing.
pub(super) fn all<T: Transport>(client: &mut Client<T>) -> Result<Vec<Role>> {
    let unknown = "Not all roles could be read, so none is shown.";
    let mut roles: Vec<Role> = all_of(client, &role::COLLECTION, unknown)?;
    sort_by(&mut roles, |a, b| a.id.as_str().cmp(b.id.as_str()));
    Ok(roles)
}

/// Reads one role; `None` if there is none.
///
/// # Errors
/// It can't be read, or it isn't known whether it is there.
pub(super) fn with_id<T: Transport>(client: &mut Client<T>, id: &Id) -> Result<Option<Role>> {
    one(client, &role::COLLECTION, id)
}
