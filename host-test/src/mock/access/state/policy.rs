//! Access policies, reusable or of one application.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::mock::ids::{hex_id, uuid};

/// An Access policy (`OpenAPI: GET /accounts/{account_id}/access/policies`). Its rules are raw JSON, as
/// those of a group are.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AccessPolicy {
    /// A UUID.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `allow`, `deny`, `non_identity` or `bypass`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// All other top-level fields, for example `approval_required`. They must not repeat a field above,
    /// and never are `precedence`, `reusable` or `app_count`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl AccessPolicy {
    /// Returns a policy with these include rules. Its id depends on the name alone.
    pub fn new(name: &str, decision: &str, include: Vec<Value>) -> AccessPolicy {
        AccessPolicy {
            id: uuid(&hex_id(&["access policy", name])),
            name: Some(name.to_owned()),
            decision: Some(decision.to_owned()),
            include: Some(include),
            exclude: Some(Vec::new()),
            require: Some(Vec::new()),
            ..AccessPolicy::default()
        }
    }

    /// Returns the policy with these require rules.
    pub fn requiring(self, require: Vec<Value>) -> AccessPolicy {
        AccessPolicy { require: Some(require), ..self }
    }

    /// Returns the policy with these exclude rules.
    pub fn excluding(self, exclude: Vec<Value>) -> AccessPolicy {
        AccessPolicy { exclude: Some(exclude), ..self }
    }

    /// Sets one of the other fields.
    pub fn with(mut self, field: &str, value: Value) -> AccessPolicy {
        self.extra.insert(field.to_owned(), value);
        self
    }
}
