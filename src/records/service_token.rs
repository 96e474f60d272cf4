//! Service tokens.

use crate::cloudflare::service_token::ServiceToken;
use crate::model::{Kind, Resource, ResourceId};

/// Returns the token as a resource. It is nobody's account.
pub fn resource(token: &ServiceToken) -> Resource {
    Resource {
        id: ResourceId::new(Kind::ServiceToken, token.id.as_str()),
        parent: None,
        display_name: token.name.as_deref().unwrap_or(token.id.as_str()).to_owned(),
        account: None,
        profile: token.profile.clone(),
    }
}
