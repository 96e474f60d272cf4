//! User groups: members who share policies.

use serde::Serialize;

use crate::mock::ids::hex_id;

use super::Policy;

/// A user group (`OpenAPI: GET /accounts/{account_id}/iam/user_groups`).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UserGroup {
    /// 32 hex digits.
    pub id: String,
    pub name: String,
    pub created_on: String,
    pub modified_on: String,
    /// Answers about a group without policies may lack them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<Policy>>,
    /// The ids of the memberships in it. Another endpoint shows them.
    #[serde(skip)]
    pub members: Vec<String>,
    /// Whether an identity provider manages the group by SCIM, so that its name and its members can't be
    /// changed here. No field of an answer shows it.
    /// <https://developers.cloudflare.com/fundamentals/manage-members/user-groups/>
    #[serde(skip)]
    pub is_managed: bool,
}

/// The form in which members show the policies of their user groups. Cloudflare's pages contradict each
/// other: <https://developers.cloudflare.com/fundamentals/manage-members/policies/> says that members
/// show their own alone, and the page about permissions per resource that they show both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inherited {
    /// Members show their own policies alone.
    #[default]
    Hidden,
    /// The groups' policies are among the member's, with their ids.
    InPolicies,
    /// The roles that the groups' policies give are among the member's, too.
    InRoles,
}

impl UserGroup {
    /// Returns a group without members. Its id depends on the name alone.
    pub fn new(name: &str, policies: Vec<Policy>) -> UserGroup {
        UserGroup {
            id: hex_id(&["user group", name]),
            name: name.to_owned(),
            created_on: "2026-02-10T08:15:00Z".to_owned(),
            modified_on: "2026-09-14T11:42:07Z".to_owned(),
            policies: Some(policies),
            ..UserGroup::default()
        }
    }

    /// Returns the group with these members.
    pub fn with_members(self, members: Vec<String>) -> UserGroup {
        UserGroup { members, ..self }
    }
}
