//! Account members, with their roles and policies as the API has them. OpenAPI:
//! `GET /accounts/{account_id}/members`.

use super::account_policy::Policies;
use super::endpoint::{ACCOUNT_READ, Bounds, Collection};
use super::fields::{self, list, object};
use super::id::Id;
use super::item::{Item, id, text};
use super::role::Role;
use crate::json::Object;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The account's members.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("members"),
    filter: Cow::Borrowed(""),
    noun: "account members",
    noun_of_one: "account member",
    permission: ACCOUNT_READ,
    bounds: Bounds { per_page: 50, items: 1_000_000, pages: 40_000, bytes: 16 << 20 },
    has_people: true,
};

/// The state of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The person is in.
    Accepted,
    /// The person is invited.
    Pending,
    /// The person declined the invitation.
    Rejected,
    /// An unknown word, or none.
    Unknown,
}

/// An account member.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Cloudflare's own field names")]
pub struct Member {
    /// The membership's id: a pending member has no user id.
    pub id: Id,
    pub status: Status,
    pub email: Option<String>,
    /// The first and the last name.
    pub name: Option<String>,
    /// The roles that can be understood, each once.
    pub roles: Vec<Role>,
    /// Whether a role can't be understood, or the answer has no roles at all.
    pub roles_missing: bool,
    pub policies: Policies,
    /// The other fields, as a JSON object.
    pub profile: String,
}

impl Item for Member {
    fn from_object(raw: &RawValue, account_id: &str) -> Result<Self, &'static str> {
        let [given_id, status, email, user, given_roles, given_policies] =
            object(raw, ["id", "status", "email", "user", "roles", "policies"])?;
        let (given_id, status, mut email) = (fields::text(given_id)?, fields::text(status)?, text(email)?);
        let mut roles: Vec<Role> = Vec::new();
        let mut roles_missing = given_roles.is_none();
        for raw in list(given_roles)? {
            match Role::read(raw, account_id) {
                Ok(role) if roles.iter().any(|known| known.id == role.id) => {}
                Ok(role) => roles.push(role),
                Err(_) => roles_missing = true,
            }
        }
        let mut profile = Object::default().with_text("status", status.as_deref());
        let mut name = None;
        if let Some(user) = user {
            let [id, address, first, last, two_factor] = object(
                user,
                ["id", "email", "first_name", "last_name", "two_factor_authentication_enabled"],
            )?;
            let (address, first, last) = (text(address)?, text(first)?, text(last)?);
            profile = profile
                .with_raw("user_id", id)
                .with_text("first_name", first.as_deref())
                .with_text("last_name", last.as_deref())
                .with_raw("two_factor_authentication_enabled", two_factor);
            name = match (first, last) {
                (Some(first), Some(last)) => Some(format!("{first} {last}")),
                (first, last) => first.or(last),
            };
            email = email.or(address);
        }
        Ok(Self {
            id: id(given_id)?,
            status: match status.as_deref() {
                Some("accepted") => Status::Accepted,
                Some("pending") => Status::Pending,
                Some("rejected") => Status::Rejected,
                _ => Status::Unknown,
            },
            email,
            name,
            policies: Policies::read(given_policies, account_id),
            roles,
            roles_missing,
            profile: profile.with_raw("policies", given_policies).end(),
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudflare::item::NotUnderstood;
    use serde_json::{Value as Json, json};

    const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

    fn member(json: Json) -> Result<Member, NotUnderstood> {
        Member::read(&RawValue::from_string(json.to_string()).unwrap(), ACCOUNT)
    }

    #[test]
    fn a_pending_member_has_no_user_id() {
        let pending =
            member(json!({"id": "m", "status": "pending", "email": "ann@corp.example", "user": null,
            "roles": [{"id": "r1"}, {"id": "r1"}], "policies": null}))
            .unwrap();
        assert_eq!((pending.status, pending.email.as_deref()), (Status::Pending, Some("ann@corp.example")));
        assert_eq!((pending.roles.len(), pending.roles_missing), (1, false));
        assert_eq!(pending.profile, r#"{"status":"pending"}"#);
    }

    #[test]
    fn the_user_tells_what_the_membership_does_not() {
        let user = json!({"id": "u", "email": "ann@corp.example", "first_name": "Ann", "last_name": null,
            "two_factor_authentication_enabled": true});
        let accepted = member(json!({"id": "m", "status": "accepted", "user": user, "roles": []})).unwrap();
        assert_eq!(
            (accepted.name.as_deref(), accepted.email.as_deref()),
            (Some("Ann"), Some("ann@corp.example"))
        );
        let profile: Json = serde_json::from_str(&accepted.profile).unwrap();
        assert_eq!(profile["two_factor_authentication_enabled"], json!(true));
        assert_eq!(profile["user_id"], json!("u"));
    }

    #[test]
    fn missing_roles_are_told_apart_from_none() {
        assert!(member(json!({"id": "m"})).unwrap().roles_missing);
        assert!(member(json!({"id": "m", "roles": [{"name": "no id"}]})).unwrap().roles_missing);
        assert!(!member(json!({"id": "m", "roles": []})).unwrap().roles_missing);
        assert!(member(json!({"id": "m", "roles": null, "policies": []})).unwrap().roles_missing);
        assert!(member(json!({"id": "m", "roles": "admin"})).is_err());
    }
}
