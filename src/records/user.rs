//! Access users.

use super::person;
use crate::cloudflare::user::AccessUser;
use crate::model::{Account, AccountStatus, Kind, Resource, ResourceId};

/// Returns the user as a resource. A user can lose the seat, and is never disabled.
pub fn resource(user: &AccessUser) -> Resource {
    let id = ResourceId::new(Kind::User, user.id.as_str());
    let account = Account {
        last_login: user.last_successful_login.clone(),
        ..person::account(user.email.as_deref(), AccountStatus::Enabled)
    };
    person::resource(id, user.name.as_deref(), account, &user.profile)
}
