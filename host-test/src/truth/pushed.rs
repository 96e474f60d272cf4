//! The lists that SCIM pushed, as facts: looked up person by person, and without the connector's code.

use super::{Fact, ProviderGroup};
use crate::mock::{Account, Scim, ScimGroup, ScimShows, ScimUser};

/// Returns what SCIM pushed of these groups.
#[must_use]
pub fn pushed<'g>(account: &Account, wanted: impl IntoIterator<Item = &'g ProviderGroup>) -> Vec<Fact> {
    wanted.into_iter().filter_map(|group| of_group(account, group)).collect()
}

fn of_group(account: &Account, wanted: &ProviderGroup) -> Option<Fact> {
    let has_id = |id: &str| id.eq_ignore_ascii_case(&wanted.provider);
    let scim = account.scim.iter().find(|scim| has_id(&scim.provider))?;
    let provider = account.identity_providers.iter().find(|provider| has_id(&provider.id));
    if provider.is_some_and(|provider| provider.kind.as_deref() != Some(wanted.rule.as_str())) {
        return None;
    }
    let groups: Vec<&ScimGroup> = scim.groups.iter().filter(|group| is_it(group, wanted)).collect();
    let is_in = |user: &ScimUser| groups.iter().any(|group| group.members.contains(&user.id));
    let is_told = match scim.shows {
        ScimShows::InGroups => !groups.is_empty(),
        ScimShows::InUsers => scim.users.iter().any(is_in),
        ScimShows::Nowhere => false,
    };
    is_told.then(|| Fact {
        provider: wanted.provider.clone(),
        group: wanted.group.clone(),
        addresses: active(scim).filter(|user| is_in(user)).filter_map(address).collect(),
        source: "Cloudflare SCIM".to_owned(),
        as_of: None,
    })
}

fn is_it(group: &ScimGroup, wanted: &ProviderGroup) -> bool {
    let text = wanted.group.as_str();
    match wanted.rule.as_str() {
        "okta" => group.display_name.as_deref() == Some(text),
        "azureAD" => {
            group.external_id.as_deref().map(str::to_ascii_lowercase) == Some(text.to_ascii_lowercase())
        }
        "saml" | "oidc" => {
            text.len() > 7
                && text.as_bytes()[..7].eq_ignore_ascii_case(b"groups=")
                && group.display_name.as_deref() == Some(&text[7..])
        }
        _ => false,
    }
}

fn active(scim: &Scim) -> impl Iterator<Item = &ScimUser> {
    scim.users.iter().filter(|user| !user.is_inactive)
}

/// Returns the person's address, if it is a plain one. The mock's addresses have at most one sign that
/// isn't: a space, or a letter beyond ASCII.
fn address(user: &ScimUser) -> Option<String> {
    let is_plain = |text: &&String| text.is_ascii() && text.contains('@') && !text.contains(' ');
    user.email.iter().chain(&user.user_name).find(is_plain).map(|text| text.to_ascii_lowercase())
}
