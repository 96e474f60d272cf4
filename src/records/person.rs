//! The common shape of resources that are a person's account.

use crate::model::{Account, AccountStatus, Resource, ResourceId};

/// Returns an account that somebody logs in to with this address.
pub(super) fn account(email: Option<&str>, status: AccountStatus) -> Account {
    let email = email.map(str::to_owned);
    Account { login: email.clone(), email, status, last_login: None }
}

/// Returns the resource of an account. It is named after the person, else by the address, else by
/// its id.
pub(super) fn resource(id: ResourceId, name: Option<&str>, account: Account, profile: &str) -> Resource {
    Resource {
        parent: None,
        display_name: name.or(account.email.as_deref()).unwrap_or(&id.id).to_owned(),
        account: Some(account),
        profile: profile.to_owned(),
        id,
    }
}
