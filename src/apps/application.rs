//! An application as Cloudflare lists it, as far as it matters who reaches it.

use crate::credential;
use crate::digest::Digest;

/// An application, and the policies that gate it.
#[derive(Clone, Debug)]
pub struct Application {
    /// The application's UUID.
    pub id: String,
    /// What its policies gate.
    pub gate: Gate,
    /// Its policies in the order of the answer; `None` if they can't be read. Then there are no grants
    /// on it. Whoever couldn't read them warns of it.
    pub policies: Option<Vec<Attached>>,
    /// The ids of the identity providers that it accepts; empty if it accepts all.
    pub allowed_idps: Vec<String>,
}

/// A policy as one application has it. Its rules are a rule set of the
/// [`Membership`](crate::rules::Membership), whose resource is the policy. Without such a rule set, it
/// isn't known whom the policy matches, nor what it does then; whoever couldn't read it warns of it.
#[derive(Clone, Debug)]
pub struct Attached {
    /// The policy's UUID.
    pub id: String,
    /// What it does with whom it matches.
    pub decision: Decision,
    /// Its place in the order of evaluation. Policies without one come last.
    pub precedence: Option<i64>,
    /// The raw JSON list of its `approval_groups`, if it asks for approval.
    pub approval: Option<String>,
}

/// What a policy does with whom it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It lets them in.
    Allow,
    /// It keeps them out.
    Deny,
    /// It lets everything pass without a login.
    Bypass,
    /// It lets programs in without a login, for example with a service token.
    NonIdentity,
    /// It isn't known, by Cloudflare's word; empty if there is none.
    Unknown(String),
}

impl Decision {
    /// Reads Cloudflare's word. Of an unknown one, which messages repeat, only the beginning counts, and
    /// nothing of what looks like a credential.
    pub fn parse(word: &str) -> Self {
        match word {
            "allow" => Decision::Allow,
            "deny" => Decision::Deny,
            "bypass" => Decision::Bypass,
            "non_identity" => Decision::NonIdentity,
            other if credential::is_in(other) => Decision::Unknown(String::new()),
            other => Decision::Unknown(other.chars().take(40).collect()),
        }
    }

    /// Returns Cloudflare's word.
    pub fn word(&self) -> &str {
        match self {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
            Decision::Bypass => "bypass",
            Decision::NonIdentity => "non_identity",
            Decision::Unknown(word) => word,
        }
    }
}

/// The thing that an application's policies gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Access to the application.
    Access,
    /// Whether the application is shown.
    Visible,
    /// Nothing: whoever logs in has access.
    WhoeverLogsIn,
    /// Nothing: the application is shown to whoever logs in.
    ShownToAll,
    /// It isn't known.
    Unknown,
}

impl Gate {
    /// Returns what an application of this type gates. `policies` are its policies, if they can be read
    /// (<https://developers.cloudflare.com/cloudflare-one/access-controls/applications/>; bookmarks:
    /// the changelog of 2026-02-17, `end_user`: that of 2026-09-30).
    pub fn of(kind: &str, policies: Option<&[Attached]>) -> Self {
        match kind {
            "self_hosted" | "ssh" | "vnc" | "rdp" | "saas" | "infrastructure" | "app_launcher" | "warp"
            | "biso" | "proxy_endpoint" | "dash_sso" | "mcp_portal" => Gate::Access,
            "bookmark" if policies.is_some_and(<[_]>::is_empty) => Gate::ShownToAll,
            "bookmark" | "mcp" => Gate::Visible,
            "end_user" => Gate::WhoeverLogsIn,
            _ => Gate::Unknown,
        }
    }

    /// Returns the slug of the entitlement; `None` where it isn't known what there is to hold.
    pub const fn slug(self) -> Option<&'static str> {
        match self {
            Gate::Access | Gate::WhoeverLogsIn => Some("access"),
            Gate::Visible | Gate::ShownToAll => Some("visible"),
            Gate::Unknown => None,
        }
    }

    /// Whether the policies decide who holds the entitlement.
    pub const fn is_by_policies(self) -> bool {
        matches!(self, Gate::Access | Gate::Visible)
    }
}

impl Application {
    /// Returns a digest of everything that decides over grants on the application, apart from the
    /// rules of its policies. It stays the same across builds.
    pub fn digest(&self) -> u64 {
        let mut digest = Digest::new().with("application").with(&self.id).with(match self.gate {
            Gate::Access => "access",
            Gate::Visible => "visible",
            Gate::WhoeverLogsIn | Gate::ShownToAll => "nothing",
            Gate::Unknown => "unknown",
        });
        for id in &self.allowed_idps {
            digest = digest.with(id);
        }
        let Some(policies) = &self.policies else { return digest.with("unread").finish() };
        for policy in policies {
            let precedence = policy.precedence.map(|precedence| precedence.to_string());
            digest = digest.with("policy").with(&policy.id).with(policy.decision.word());
            digest = digest.with(precedence.as_deref().unwrap_or_default());
            digest = digest.with(policy.approval.as_deref().unwrap_or_default());
        }
        digest.finish()
    }
}
