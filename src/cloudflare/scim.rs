//! The groups and the people that an identity provider pushed to Cloudflare (SCIM). OpenAPI:
//! `GET /accounts/{account_id}/access/identity_providers/{identity_provider_id}/scim/groups` and
//! `…/scim/users`.
//!
//! The document shows neither the members of a group nor the groups and the login name of a person. SCIM
//! has fields for them (RFC 7643, 4.1 and 4.2). That Cloudflare may show these is inferred: they are read
//! where they are there, and nobody relies on them.

use super::endpoint::{Bounds, Collection, PROVIDERS_READ};
use super::fields::{self, object};
use super::id::Id;
use super::item::{Item, id, text};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Returns the collection of the groups that this identity provider pushed.
pub fn groups(provider: &Id) -> Collection {
    Collection {
        path: Cow::Owned(["access/identity_providers/", provider.as_str(), "/scim/groups"].concat()),
        filter: Cow::Borrowed(""),
        noun: "groups of an identity provider (SCIM)",
        noun_of_one: "group of an identity provider (SCIM)",
        // OpenAPI: `x-api-token-group` of both has the older permission, as that of identity providers.
        permission: PROVIDERS_READ,
        bounds: Bounds { per_page: 100, items: 100_000, pages: 2_000, bytes: 32 << 20 },
        has_people: true,
    }
}

/// Returns the collection of the people whom this identity provider pushed.
pub fn users(provider: &Id) -> Collection {
    Collection {
        path: Cow::Owned(["access/identity_providers/", provider.as_str(), "/scim/users"].concat()),
        noun: "users of an identity provider (SCIM)",
        noun_of_one: "user of an identity provider (SCIM)",
        bounds: Bounds { per_page: 100, items: 1_000_000, pages: 20_000, bytes: 16 << 20 },
        ..groups(provider)
    }
}

/// A group that an identity provider pushed.
#[derive(Clone, Debug)]
pub struct ScimGroup {
    /// Cloudflare's id of it.
    pub id: Id,
    /// The name, `displayName`.
    pub name: Option<String>,
    /// The provider's own id of it, `externalId`.
    pub external_id: Option<String>,
    /// The members; `None` if the answer doesn't say who they are.
    pub members: Option<Vec<Member>>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The id of the person or the group.
    pub id: String,
    /// Whether it is a group.
    pub is_group: bool,
}

/// A person whom an identity provider pushed.
#[derive(Clone, Debug)]
pub struct ScimUser {
    /// Cloudflare's id of the person.
    pub id: Id,
    /// Whether the person is active at the provider.
    pub is_active: bool,
    /// The texts that can be the person's address, the best one first.
    pub addresses: Vec<String>,
    /// The ids of the person's groups; `None` if the answer doesn't say which they are.
    pub groups: Option<Vec<String>>,
}

impl Item for ScimGroup {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, name, external_id, members] =
            object(raw, ["id", "displayName", "externalId", "members"])?;
        let listed =
            fields::list(members).map_err(|_| "its members are not a list of at most 20,000 items")?;
        let read = listed.into_iter().map(member).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            id: id(fields::text(given_id)?)?,
            name: text(name)?,
            external_id: text(external_id)?,
            members: members.map(|_| read),
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

/// Reads a member. Its `type` is `User` or `Group`, and may be missing (RFC 7643, 4.2).
fn member(raw: &RawValue) -> Result<Member, &'static str> {
    let [value, kind, path] = object(raw, ["value", "type", "$ref"])?;
    let (kind, path) = (fields::text(kind)?, fields::text(path)?);
    let is_group = match kind.as_deref() {
        Some(kind) => kind.eq_ignore_ascii_case("group"),
        None => path.is_some_and(|path| path.contains("/Groups/")),
    };
    Ok(Member { id: text(value)?.ok_or("a member of it has no id")?, is_group })
}

impl Item for ScimUser {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, user_name, active, emails, groups] =
            object(raw, ["id", "userName", "active", "emails", "groups"])?;
        let (mut addresses, mut others) = (Vec::new(), Vec::new());
        for email in fields::list(emails)? {
            let [value, primary] = object(email, ["value", "primary"])?;
            let is_primary = primary.is_some_and(|primary| primary.get() == "true");
            if is_primary { &mut addresses } else { &mut others }.extend(text(value)?);
        }
        // The login name has to be the address that the person has in Access
        // (<https://developers.cloudflare.com/cloudflare-one/team-and-resources/users/scim/>).
        addresses.extend(text(user_name)?);
        // Of several addresses without a mark, none is better than the others.
        if others.len() == 1 {
            addresses.append(&mut others);
        }
        let ids = fields::list(groups)?.into_iter().map(|group| Ok(member(group)?.id));
        let ids = ids.collect::<Result<_, &'static str>>()?;
        Ok(Self {
            id: id(fields::text(given_id)?)?,
            // The document has a truth value. Entra can push a text: Microsoft's page "Known issues and
            // resolutions with SCIM 2.0 protocol compliance of the Microsoft Entra provisioning service".
            is_active: !active
                .is_some_and(|active| active.get().trim_matches('"').eq_ignore_ascii_case("false")),
            addresses,
            groups: groups.map(|_| ids),
        })
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
    fn a_group_tells_its_members_or_does_not() {
        let group = |members: Json| {
            let given = json!({"id": "g", "displayName": "Sales", "externalId": "E", "members": members});
            read::<ScimGroup>(&given)
        };
        let told = group(json!([
            {"value": "u", "type": "User", "$ref": "https://idp.example/Groups/u"},
            {"value": "g2", "type": "group"},
            {"value": "g3", "$ref": "https://idp.example/v2/Groups/g3"},
            {"value": "u2", "display": "Ann"},
        ]));
        let told = told.unwrap();
        assert_eq!((told.name.as_deref(), told.external_id.as_deref()), (Some("Sales"), Some("E")));
        let members: Vec<_> = told.members.unwrap().into_iter().map(|it| (it.id, it.is_group)).collect();
        let expected = [("u", false), ("g2", true), ("g3", true), ("u2", false)];
        assert_eq!(members, expected.map(|(id, is_group)| (id.to_owned(), is_group)));
        assert_eq!(group(json!([])).unwrap().members, Some(Vec::new()), "nobody is in it");
        assert_eq!(group(Json::Null).unwrap().members, None, "nobody says who is in it");
        assert_eq!(read::<ScimGroup>(&json!({"id": "g"})).unwrap().members, None);
        for odd in [json!("u"), json!(["u"]), json!([{"display": "Ann"}]), json!([{"value": 7}])] {
            assert!(group(odd.clone()).is_err(), "{odd}");
        }
        let many = json!(vec![json!({"value": "u"}); 20_001]);
        assert_eq!(group(many).unwrap_err(), "its members are not a list of at most 20,000 items");
    }

    #[test]
    fn the_best_address_of_a_person_comes_first() {
        let of = |fields: Json| {
            let mut given = json!({"id": "u"});
            given.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            read::<ScimUser>(&given).map(|user| user.addresses.join(" "))
        };
        let (a, b) = (json!({"value": "a@x", "primary": true}), json!({"value": "b@x", "type": "work"}));
        for (fields, expected) in [
            (json!({"emails": [b, a], "userName": "c@x"}), "a@x c@x b@x"),
            (json!({"emails": [b], "userName": "c@x"}), "c@x b@x"),
            (json!({"emails": [b, b], "userName": "c@x"}), "c@x"),
            (json!({"emails": [b]}), "b@x"),
            (json!({"emails": [b, {"value": "d@x", "primary": false}]}), ""),
            (json!({"emails": null, "userName": " "}), ""),
            (json!({}), ""),
        ] {
            assert_eq!(of(fields.clone()).unwrap(), expected, "{fields}");
        }
        assert!(of(json!({"emails": "a@x"})).is_err());
    }

    #[test]
    fn a_person_is_active_unless_the_answer_says_no() {
        for (active, expected) in [
            (json!(true), true),
            (Json::Null, true),
            (json!("True"), true),
            (json!(false), false),
            (json!("False"), false),
        ] {
            let given = json!({"id": "u", "active": active, "groups": [{"value": "g"}]});
            let user = read::<ScimUser>(&given).unwrap();
            assert_eq!((user.is_active, user.groups), (expected, Some(vec!["g".to_owned()])), "{active}");
        }
        assert_eq!(read::<ScimUser>(&json!({"id": "u"})).unwrap().groups, None);
    }

    #[test]
    fn each_provider_has_its_own_lists() {
        let provider = Id::parse("p").unwrap();
        assert_eq!(groups(&provider).path, "access/identity_providers/p/scim/groups");
        assert_eq!(users(&provider).path, "access/identity_providers/p/scim/users");
    }
}
