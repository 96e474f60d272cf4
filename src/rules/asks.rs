//! The things that rules ask for, where identity can't decide them.

/// The thing that a rule asks for, where identity can't decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A login through some identity provider.
    LoginMethod,
    /// Something else that a login shows.
    Login,
    /// Something that can be shown without a login, for example a network or a device; or it isn't
    /// known.
    Another,
}

impl Asks {
    /// Returns what rules of this kind ask for, by Cloudflare's word.
    pub(super) fn of(kind: &str) -> Self {
        match kind {
            "login_method" => Asks::LoginMethod,
            kind if OF_LOGINS.contains(&kind) => Asks::Login,
            _ => Asks::Another,
        }
    }
}

/// The kinds of rules that ask for something of a login, and that a service token without one
/// doesn't meet
/// (<https://developers.cloudflare.com/cloudflare-one/access-controls/policies/>, the table of
/// selectors).
const OF_LOGINS: &[&str] = &[
    "email",
    "email_domain",
    "email_list",
    "auth_method",
    "auth_context",
    "cloudflare_account_member",
    "okta",
    "azureAD",
    "gsuite",
    "saml",
    "oidc",
    "github-organization",
];
