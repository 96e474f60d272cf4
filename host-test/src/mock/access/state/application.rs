//! Applications, with the policies that are attached to them.

use serde_json::{Map, Value};

use crate::mock::ids::{hex_id, uuid};

use super::AccessPolicy;

/// An Access application (`OpenAPI: GET /accounts/{account_id}/access/apps`). Answers don't have the
/// fields that are `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Application {
    /// A UUID.
    pub id: String,
    /// Cloudflare shows the id twice.
    pub uid: Option<String>,
    pub name: Option<String>,
    /// Its `type`: `self_hosted`, `saas`, `bookmark`, …
    pub kind: Option<String>,
    /// Ids of identity providers. An empty list means each of the account's.
    pub allowed_idps: Option<Vec<String>>,
    /// The attached policies, in the order of the answers.
    pub policies: Vec<Attached>,
    pub embedding: Embedding,
    /// All other top-level fields, for example `domain`. They must not repeat a field above.
    pub extra: Map<String, Value>,
}

/// A policy's place in an application.
#[derive(Clone, Debug, PartialEq)]
pub struct Attached {
    pub policy: AttachedPolicy,
    /// It belongs to the pair of both: a reusable policy has none of its own. An infrastructure
    /// application's policies have none.
    pub precedence: Option<i64>,
}

/// The policy itself.
#[derive(Clone, Debug, PartialEq)]
pub enum AttachedPolicy {
    /// The id of one of the account's reusable policies. One that isn't there is shown by its id
    /// alone, and can't be read.
    Reusable(String),
    /// A policy of this application alone.
    Own(AccessPolicy),
}

/// The form of `policies` in an application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Embedding {
    /// Whole policies, as in `access_app_resp_embedded_policies` of the OpenAPI document.
    #[default]
    Whole,
    /// Each policy's id and precedence alone.
    ById,
    /// The field is absent.
    Absent,
    /// The field is null.
    Null,
}

impl Application {
    /// Returns an application without policies. Its id depends on the name alone.
    pub fn new(name: &str, kind: &str) -> Application {
        let id = uuid(&hex_id(&["application", name]));
        Application {
            uid: Some(id.clone()),
            id,
            name: Some(name.to_owned()),
            kind: Some(kind.to_owned()),
            ..Application::default()
        }
    }

    /// Adds a reusable policy behind the others.
    pub fn with_reusable(mut self, id: &str, precedence: impl Into<Option<i64>>) -> Application {
        let policy = AttachedPolicy::Reusable(id.to_owned());
        self.policies.push(Attached { policy, precedence: precedence.into() });
        self
    }

    /// Adds a policy of its own behind the others.
    pub fn with_own(mut self, policy: AccessPolicy, precedence: impl Into<Option<i64>>) -> Application {
        let policy = AttachedPolicy::Own(policy);
        self.policies.push(Attached { policy, precedence: precedence.into() });
        self
    }

    /// Whether its policies say who sees it, and not who comes in.
    /// <https://developers.cloudflare.com/cloudflare-one/access-controls/applications/>
    pub fn is_shown_only(&self) -> bool {
        matches!(self.kind.as_deref(), Some("bookmark" | "mcp"))
    }

    /// Sets one of the other fields.
    pub fn with(mut self, field: &str, value: Value) -> Application {
        self.extra.insert(field.to_owned(), value);
        self
    }
}

impl Attached {
    /// Returns the policy's id.
    pub fn id(&self) -> &str {
        match &self.policy {
            AttachedPolicy::Reusable(id) => id,
            AttachedPolicy::Own(policy) => &policy.id,
        }
    }
}
