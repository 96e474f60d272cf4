//! The groups of identity providers that rules name.

/// A group of an identity provider that a rule names, or a value that the provider shows at a login.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProviderGroup {
    /// Cloudflare's word for the kind of the rule.
    pub rule: &'static str,
    /// The id of the identity provider.
    pub provider: Box<str>,
    /// The group's text: an id, a name or an address. Of a GitHub team, it is the organization and the
    /// team with `/` between them; of a SAML attribute or an OIDC claim, the name and the value with `=`.
    pub text: Box<str>,
}

/// A kind of rule that names a group of an identity provider.
struct Kind {
    word: &'static str,
    /// The words for such a group.
    noun: &'static str,
    /// The field whose value is the text's second part, and the sign in front of that.
    second: Option<(&'static str, char)>,
    /// Whether the text may lack the second part.
    is_optional: bool,
    ignores_case: bool,
}

/// The kinds (`OpenAPI: GET /accounts/{account_id}/access/groups`, the schemas of rules). Cloudflare
/// doesn't document how it compares letters of different case, so that is inferred from what the texts are:
/// - an Entra group is named by its object id, a UUID
///   (<https://developers.cloudflare.com/cloudflare-one/integrations/identity-providers/entra-id/>),
///   whose letters have no case that matters (RFC 9562, section 4);
/// - a Google group is named by its address, and addresses are compared in ASCII lower case everywhere;
/// - GitHub itself takes names in any case;
/// - an Okta group is named by its name, and a SAML attribute or an OIDC claim by name and value. A part of
///   a value isn't enough
///   (<https://developers.cloudflare.com/cloudflare-one/integrations/identity-providers/generic-saml/>,
///   <https://developers.cloudflare.com/cloudflare-one/integrations/identity-providers/generic-oidc/>).
const KINDS: [Kind; 6] = [
    Kind::new("azureAD", "Entra ID group", None, true),
    Kind::new("okta", "Okta group", None, false),
    Kind::new("gsuite", "Google group", None, true),
    Kind {
        is_optional: true,
        ..Kind::new("github-organization", "GitHub organization", Some(("team", '/')), true)
    },
    Kind::new("saml", "SAML attribute", Some(("attribute_value", '=')), false),
    Kind::new("oidc", "OIDC claim", Some(("claim_value", '=')), false),
];

impl ProviderGroup {
    /// Returns the group that a rule of this kind names, if it names one: `text` is its selector, which
    /// isn't empty, and `field` returns another field as text, empty if it isn't there, and `None` if it
    /// is no text.
    pub fn of_rule(kind: &str, mut text: String, field: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let kind = KINDS.iter().find(|known| known.word == kind)?;
        let provider = field("identity_provider_id").filter(|id| !id.is_empty())?;
        if let Some((name, sign)) = kind.second {
            let second = field(name).filter(|second| kind.is_optional || !second.is_empty())?;
            if !second.is_empty() {
                text.push(sign);
                text.push_str(&second);
            }
        }
        Some(Self { rule: kind.word, provider: provider.into(), text: text.into() })
    }

    /// Returns the words for what a rule of this kind names by this text, as in `Okta group`, if it is a
    /// group of an identity provider.
    pub fn noun(rule: &str, text: &str) -> Option<&'static str> {
        let kind = KINDS.iter().find(|known| known.word == rule)?;
        let is_team = kind.is_optional && text.contains('/');
        Some(if is_team { "GitHub team" } else { kind.noun })
    }

    /// Returns the groups of every kind that a provider and a text can mean, in their normal form.
    pub fn of_text(provider: &str, text: &str) -> impl Iterator<Item = Self> {
        KINDS.iter().map(move |kind| kind.group(provider, text))
    }

    /// Returns the group in the form that is the same for all spellings of it.
    pub fn normal(&self) -> Self {
        let kind = KINDS.iter().find(|known| known.word == self.rule);
        kind.map_or_else(|| self.clone(), |kind| kind.group(&self.provider, &self.text))
    }
}

impl Kind {
    const fn new(
        word: &'static str,
        noun: &'static str,
        second: Option<(&'static str, char)>,
        ignores_case: bool,
    ) -> Self {
        Self { word, noun, second, is_optional: false, ignores_case }
    }

    /// Returns a group of this kind in its normal form. The ids of providers are UUIDs.
    fn group(&self, provider: &str, text: &str) -> ProviderGroup {
        let text = if self.ignores_case { text.to_ascii_lowercase() } else { text.to_owned() };
        ProviderGroup { rule: self.word, provider: provider.to_ascii_lowercase().into(), text: text.into() }
    }
}
