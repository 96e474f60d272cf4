//! The words for groups of identity providers.

use crate::identities::ProviderGroup;
use crate::provision::errors::shortened;
use crate::rules::Rule;

/// Names the group that a rule of this kind with this value names, as in `the Okta group "Finance"`; nothing
/// if such rules name no group of an identity provider.
pub(super) fn provided(rule: &str, value: &str) -> Option<String> {
    let noun = ProviderGroup::noun(rule, value)?;
    Some(format!("the {noun} {:?}", shortened(value)))
}

/// Describes a rule: a group of an identity provider by its name, and others as Cloudflare wrote them.
pub(super) fn rule_text(raw: &str) -> String {
    let rule = serde_json::from_str(raw).map(|raw| Rule::parse(raw, ""));
    let of_provider = |group: &ProviderGroup| {
        let named = provided(group.rule, &group.text)?;
        Some([&named, " of identity-provider:", &group.provider].concat())
    };
    let named = match &rule {
        Ok(Rule::Provider(group)) => of_provider(group),
        _ => None,
    };
    named.unwrap_or_else(|| shortened(raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_of_an_identity_provider_has_its_name_and_others_their_text() {
        for (rule, text) in [
            (
                r#"{"okta":{"name":"Sales \"EMEA\"","identity_provider_id":"i1"}}"#,
                r#"the Okta group "Sales \"EMEA\"" of identity-provider:i1"#,
            ),
            (
                r#"{"github-organization":{"name":"acme","team":"web","identity_provider_id":"i1"}}"#,
                r#"the GitHub team "acme/web" of identity-provider:i1"#,
            ),
            // Without a provider, it isn't known which group that is.
            (r#"{"okta":{"name":"Sales"}}"#, r#"{"okta":{"name":"Sales"}}"#),
            (r#"{"geo":{"country_code":"NO"}}"#, r#"{"geo":{"country_code":"NO"}}"#),
            ("nope", "nope"),
        ] {
            assert_eq!(rule_text(rule), text);
        }
        assert_eq!(rule_text(&"x".repeat(200)).len(), 120);
        assert_eq!(provided("email_domain", "corp.example"), None);
    }
}
