//! The lists that identity providers pushed (SCIM).

use serde_json::{Map, Value, json};

/// The groups and the users that one identity provider pushed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scim {
    /// The id of the identity provider.
    pub provider: String,
    pub groups: Vec<ScimGroup>,
    pub users: Vec<ScimUser>,
    pub shows: ScimShows,
}

/// The list that shows who is in which group. OpenAPI has no field for that in either of them
/// (`OpenAPI: GET /accounts/{account_id}/access/identity_providers/{identity_provider_id}/scim/groups`,
/// `…/scim/users`); the fields are those of SCIM itself (RFC 7643, 4.1 and 4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScimShows {
    /// In `members` of the groups.
    #[default]
    InGroups,
    /// In `groups` of the users.
    InUsers,
    /// Nowhere, as the document has it.
    Nowhere,
}

/// A group that was pushed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScimGroup {
    /// Cloudflare's id, a UUID.
    pub id: String,
    pub display_name: Option<String>,
    pub external_id: Option<String>,
    /// The ids of its members: users, or other groups.
    pub members: Vec<String>,
    /// All other top-level fields.
    pub extra: Map<String, Value>,
}

/// A person who was pushed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScimUser {
    /// Cloudflare's id, a UUID.
    pub id: String,
    pub display_name: Option<String>,
    pub external_id: Option<String>,
    pub user_name: Option<String>,
    /// The primary address.
    pub email: Option<String>,
    pub is_inactive: bool,
    /// All other top-level fields.
    pub extra: Map<String, Value>,
}

impl Scim {
    /// Returns a group as the list of groups shows it.
    pub(crate) fn group_json(&self, group: &ScimGroup) -> Value {
        let schema = "urn:ietf:params:scim:schemas:core:2.0:Group";
        let mut shown = shown(&group.id, &group.external_id, &group.display_name, schema);
        if self.shows == ScimShows::InGroups {
            let is_group = |id: &String| self.groups.iter().any(|other| other.id == *id);
            let member = |id: &String| {
                let kind = if is_group(id) { "Group" } else { "User" };
                json!({ "value": id, "type": kind })
            };
            shown.insert("members".to_owned(), group.members.iter().map(member).collect());
        }
        shown.extend(group.extra.clone());
        Value::Object(shown)
    }

    /// Returns a user as the list of users shows it.
    pub(crate) fn user_json(&self, user: &ScimUser) -> Value {
        let schema = "urn:ietf:params:scim:schemas:core:2.0:User";
        let mut shown = shown(&user.id, &user.external_id, &user.display_name, schema);
        shown.insert("active".to_owned(), (!user.is_inactive).into());
        if let Some(user_name) = &user.user_name {
            shown.insert("userName".to_owned(), json!(user_name));
        }
        if let Some(email) = &user.email {
            let emails = json!([{ "primary": true, "type": "work", "value": email }]);
            shown.insert("emails".to_owned(), emails);
        }
        if self.shows == ScimShows::InUsers {
            let of_user = self.groups.iter().filter(|group| group.members.contains(&user.id));
            let groups = of_user.map(|group| json!({ "value": group.id, "display": group.display_name }));
            shown.insert("groups".to_owned(), groups.collect());
        }
        shown.extend(user.extra.clone());
        Value::Object(shown)
    }
}

fn shown(id: &str, external_id: &Option<String>, name: &Option<String>, schema: &str) -> Map<String, Value> {
    let meta = json!({ "created": "2025-02-03T08:00:00Z", "lastModified": "2026-11-19T06:30:00Z" });
    let mut shown = Map::from_iter([
        ("schemas".to_owned(), json!([schema])),
        ("id".to_owned(), json!(id)),
        ("meta".to_owned(), meta),
    ]);
    let texts = [("externalId", external_id), ("displayName", name)];
    shown.extend(
        texts.into_iter().filter_map(|(field, text)| Some((field.to_owned(), json!(text.as_ref()?)))),
    );
    shown
}
