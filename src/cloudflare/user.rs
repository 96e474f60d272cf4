//! Access users (`OpenAPI: GET /accounts/{account_id}/access/users`).

use super::endpoint::{Bounds, Collection, USERS_READ};
use super::fields::{self, object};
use super::id::Id;
use super::item::{Item, id, text};
use super::time;
use crate::json::Object;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The Access users.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("access/users"),
    filter: Cow::Borrowed(""),
    noun: "Access users",
    noun_of_one: "Access user",
    permission: USERS_READ,
    bounds: Bounds { per_page: 1000, items: 5_000_000, pages: 40_000, bytes: 16 << 20 },
    has_people: true,
};

/// Returns the Access users with this address, which is in ASCII. OpenAPI:
/// `GET /accounts/{account_id}/access/users`, `email`. That it ignores upper and lower case is
/// inferred.
pub fn with_address(address: &str) -> Collection {
    COLLECTION.with("email", address)
}

/// An Access user: a person who has logged in once, or was added through the API.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Cloudflare's own field names")]
pub struct AccessUser {
    pub id: Id,
    pub email: Option<String>,
    pub name: Option<String>,
    pub last_successful_login: Option<String>,
    /// The fields that are passed on, as a JSON object.
    pub profile: String,
}

/// The seats that an Access user takes. OpenAPI: `GET /accounts/{account_id}/access/users/{user_id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The user's id.
    pub user: Id,
    /// The id of the seat, if the user has had one.
    pub uid: Option<String>,
    /// Whether it is taken for Access.
    pub access: bool,
    /// Whether it is taken for Gateway.
    pub gateway: bool,
}

impl Seat {
    /// Reads the seats of a user.
    ///
    /// # Errors
    /// The reason why they can't be read.
    pub fn read(raw: &RawValue) -> Result<Self, &'static str> {
        let [given_id, uid, access, gateway] =
            object(raw, ["id", "seat_uid", "access_seat", "gateway_seat"])?;
        let flag = |value: Option<&RawValue>| match value.map(RawValue::get) {
            Some("true") => Ok(true),
            Some("false") | None => Ok(false),
            Some(_) => Err(fields::UNEXPECTED),
        };
        Ok(Self {
            user: id(fields::text(given_id)?)?,
            uid: text(uid)?,
            access: flag(access)?,
            gateway: flag(gateway)?,
        })
    }
}

/// The fields of a user. The first four are read, the others are passed on.
const FIELDS: [&str; 11] = [
    "id",
    "email",
    "name",
    "last_successful_login",
    "uid",
    "access_seat",
    "gateway_seat",
    "seat_uid",
    "active_device_count",
    "created_at",
    "updated_at",
];

impl Item for AccessUser {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, email, name, last_login, passed_on @ ..] = object(raw, FIELDS)?;
        let (given_id, email, name, last_login) =
            (fields::text(given_id)?, text(email)?, text(name)?, text(last_login)?);
        let passed_on = FIELDS.into_iter().skip(4).zip(passed_on);
        Ok(Self {
            id: id(given_id)?,
            email,
            name,
            last_successful_login: last_login.filter(|text| time::of_item(text).is_some()),
            profile: passed_on
                .fold(Object::default(), |profile, (name, value)| profile.with_raw(name, value))
                .end(),
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessUser, Id, Item};
    use crate::cloudflare::item::id_of;
    use serde_json::value::RawValue;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn a_list_of_fields_is_no_item() {
        let fields = format!(r#"["id"{}]"#, ",null".repeat(10));
        assert_eq!(AccessUser::read(&raw(&fields), "").unwrap_err().why, "it isn't an object");
    }

    #[test]
    fn what_is_not_understood_still_is_somebodys() {
        for item in [
            r#"{"id":"u","email":"ann@corp.example","name":"\ud83d"}"#,
            r#"{"id":"u","user":{"email":"ann@corp.example"},"name":5,"more":1e400}"#,
            r#"{"id":"u","email":7,"user":{"email":"ann@corp.example"}}"#,
            r#"{"id":"u","email":"ann@corp.example","name":1,"user":{"\ud83d":1}}"#,
            r#"{"id":"t","id":"u","email":"bob@corp.example","email":"ann@corp.example"}"#,
        ] {
            let fault = AccessUser::read(&raw(item), "").unwrap_err();
            assert_eq!(
                (fault.id.as_ref(), fault.address.as_deref()),
                (id_of(&raw(item)).as_ref(), Some("ann@corp.example"))
            );
            assert_eq!(fault.id.as_ref().map(Id::as_str), Some("u"), "{item}");
        }
        assert_eq!(AccessUser::read(&raw(r#"[{"id":"u"}]"#), "").unwrap_err().id, None);
    }
}
