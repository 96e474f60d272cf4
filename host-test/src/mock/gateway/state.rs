//! Gateway lists, as an account keeps them.

/// A Gateway list (`OpenAPI: GET /accounts/{account_id}/gateway/lists`). An `email_list` rule names one
/// of kind `EMAIL`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// A UUID.
    pub id: String,
    pub name: String,
    pub description: String,
    /// `EMAIL`, `IP`, `URL`, …
    pub kind: String,
    pub items: Vec<String>,
    pub created_at: String,
}
