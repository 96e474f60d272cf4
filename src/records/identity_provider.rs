//! Identity providers.

use crate::cloudflare::identity_provider::IdentityProvider;
use crate::model::{Kind, Resource, ResourceId};

/// Returns the provider as a resource. One without a name is named after its type, such as "onetimepin".
pub fn resource(provider: &IdentityProvider) -> Resource {
    let name = provider.name.as_deref().or(provider.kind.as_deref());
    Resource {
        id: ResourceId::new(Kind::IdentityProvider, provider.id.as_str()),
        parent: None,
        display_name: name.unwrap_or(provider.id.as_str()).to_owned(),
        account: None,
        profile: provider.profile.clone(),
    }
}
