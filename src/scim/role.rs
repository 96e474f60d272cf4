//! A role of the account as the entitlement that Okta discovers.

use super::one::one;
use super::schema::ROLE;
use super::version;
use crate::cloudflare::client::Client;
use crate::cloudflare::id::Id;
use crate::cloudflare::listing::{Ahead, Listing};
use crate::cloudflare::role::{self, Role};
use crate::cloudflare::transport::Transport;
use crate::error::Result;
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
    let (list, mut roles) = (&role::COLLECTION, Vec::new());
    let mut listing = Listing::<Role>::new(list, Ahead::Sent);
    while let Some(page) = listing.next(client)? {
        roles.extend(page.into_new_items());
    }
    if let Some(gap) = listing.gap() {
        return Err(gap.error("Not all roles could be read, so none is shown.", list));
    }
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
