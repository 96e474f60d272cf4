//! User groups, whose members inherit their policies. OpenAPI:
//! `GET /accounts/{account_id}/iam/user_groups`.

use super::account_policy::Policies;
use super::endpoint::{ACCOUNT_READ, Bounds, Collection};
use super::fields::{self, object};
use super::id::Id;
use super::item::{Item, id, text};
use crate::json::Object;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The account's user groups.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("iam/user_groups"),
    filter: Cow::Borrowed(""),
    noun: "user groups",
    noun_of_one: "user group",
    permission: ACCOUNT_READ,
    bounds: Bounds { per_page: 500, items: 10_000, pages: 1_000, bytes: 16 << 20 },
    has_people: false,
};

/// The members of a user group, whose id belongs in the place of `{}`. OpenAPI:
/// `GET /accounts/{account_id}/iam/user_groups/{user_group_id}/members`.
pub static MEMBERS: Collection = Collection {
    path: Cow::Borrowed("iam/user_groups/{}/members"),
    filter: Cow::Borrowed(""),
    noun: "a user group's members",
    noun_of_one: "membership in user group",
    permission: ACCOUNT_READ,
    bounds: Bounds { per_page: 500, items: 100_000, pages: 2_000, bytes: 4 << 20 },
    has_people: false,
};

/// Returns the collection of the members of the user group with this id.
pub fn members(group: &Id) -> Collection {
    Collection { path: Cow::Owned(MEMBERS.path.replacen("{}", group.as_str(), 1)), ..MEMBERS.clone() }
}

/// A user group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Cloudflare's own field names")]
pub struct UserGroup {
    pub id: Id,
    pub name: Option<String>,
    pub policies: Policies,
    /// The other fields, as a JSON object. The policies are as Cloudflare wrote them.
    pub profile: String,
}

impl Item for UserGroup {
    fn from_object(raw: &RawValue, account_id: &str) -> Result<Self, &'static str> {
        let [given_id, name, status, created_on, modified_on, policies] =
            object(raw, ["id", "name", "status", "created_on", "modified_on", "policies"])?;
        let (given_id, name) = (fields::text(given_id)?, text(name)?);
        Ok(Self {
            id: id(given_id)?,
            name,
            policies: Policies::read(policies, account_id),
            profile: Object::default()
                .with_raw("status", status)
                .with_raw("created_on", created_on)
                .with_raw("modified_on", modified_on)
                .with_raw("policies", policies)
                .end(),
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

/// A member of a user group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// The membership's id.
    pub id: Id,
    /// The person's address, as the list of members shows it.
    pub email: Option<String>,
    /// Whether the person declined the invitation to the account.
    pub has_declined: bool,
}

impl Item for GroupMember {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, email, status] = object(raw, ["id", "email", "status"])?;
        let has_declined = fields::text(status)?.as_deref() == Some("rejected");
        Ok(Self { id: id(fields::text(given_id)?)?, email: text(email).unwrap_or_default(), has_declined })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn read<T: Item>(json: &Json) -> Result<T, String> {
        T::read(&RawValue::from_string(json.to_string()).unwrap(), "a").map_err(|fault| fault.why)
    }

    #[test]
    fn a_user_group_has_policies_or_none() {
        let policies = json!([{"id": "p", "access": "allow"}]);
        let given = json!({"id": "g", "name": "Admins", "status": "V", "created_on": "2026-01-01T00:00:00Z",
            "policies": policies});
        let group: UserGroup = read(&given).unwrap();
        assert_eq!((group.name.as_deref(), group.policies.all.len()), (Some("Admins"), 1));
        let profile: Json = serde_json::from_str(&group.profile).unwrap();
        let expected = json!({"status": "V", "created_on": "2026-01-01T00:00:00Z", "policies": policies});
        assert_eq!(profile, expected);
        for (policies, are_told, has_gap) in
            [(json!(null), false, false), (json!([]), true, false), (json!("odd"), true, true)]
        {
            let group: UserGroup = read(&json!({"id": "g", "name": " ", "policies": policies})).unwrap();
            let Policies { all, are_told: told, has_gap: gap } = group.policies;
            assert_eq!((all.len(), told, gap, group.name), (0, are_told, has_gap, None), "{policies}");
        }
        for odd in [json!({}), json!({"id": "a/b"}), json!([]), json!({"id": "g", "name": 7})] {
            assert!(read::<UserGroup>(&odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn its_members_are_known_by_the_id_of_the_membership() {
        let member = json!({"id": "m", "email": "ann@corp.example", "status": "accepted"});
        let read_member: GroupMember = read(&member).unwrap();
        assert_eq!((read_member.id.as_str(), read_member.email.as_deref()), ("m", Some("ann@corp.example")));
        assert_eq!(read::<GroupMember>(&json!({"id": "m", "email": 7})).unwrap().email, None);
        assert!(read::<GroupMember>(&json!({"email": "ann@corp.example"})).is_err());
        assert_eq!(members(&Id::parse("g").unwrap()).path, "iam/user_groups/g/members");
    }
}
