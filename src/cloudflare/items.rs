//! What the API's lists hold, as far as the connector uses it. Every field may be absent or null; a
//! field of an unexpected type makes the item one that isn't understood, except where its value is
//! only passed on.

use super::fields::{self, list, object};
use super::id::Id;
use crate::json::Object;
use crate::rules::RuleSet;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Why an item of a list can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUnderstood {
    /// The item's id, where it has a usable one.
    pub id: Option<Id>,
    /// Its address, where it has one: somebody has it, whatever else is wrong.
    pub address: Option<String>,
    /// For a message.
    pub why: String,
}

/// An item of a list that the connector reads.
pub trait Item: Sized {
    /// Takes over what stands in an object of the account with this id.
    ///
    /// # Errors
    /// Why it can't be used; quotes nothing of it.
    fn from_object(raw: &RawValue, account_id: &str) -> Result<Self, &'static str>;

    /// Reads an item. `account_id` is the account's that the list belongs to.
    ///
    /// # Errors
    /// Why it can't be used.
    fn read(raw: &RawValue, account_id: &str) -> Result<Self, NotUnderstood> {
        let item = if raw.get().starts_with('{') {
            Self::from_object(raw, account_id)
        } else {
            Err("it isn't an object")
        };
        item.map_err(|why| NotUnderstood::new(raw, why))
    }

    /// The item's stable identifier.
    fn id(&self) -> &Id;

    /// What its grants rest on beside the groups: where that is the same, they are too, and in the
    /// same order.
    fn grants_rest_on(&self) -> String {
        String::new()
    }
}

impl NotUnderstood {
    /// Takes from an item what can be taken. `why` quotes nothing of it.
    pub fn new(raw: &RawValue, why: &str) -> Self {
        let of_user = || text_of(object(raw, ["user"]).ok()?[0]?, "email");
        let (id, address) = (id_of(raw), text_of(raw, "email").or_else(of_user));
        Self { id, address, why: why.to_owned() }
    }
}

/// The text that a field is, whatever else is wrong with its object: another field may hold what no
/// parser of values takes, half a surrogate pair say, and a field may stand there twice.
fn text_of(raw: &RawValue, name: &str) -> Option<String> {
    match object(raw, [name]) {
        Ok([value]) => fields::text(value).ok()?.map(Cow::into_owned),
        Err(_) => {
            let object: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
            object[name].as_str().map(str::to_owned)
        }
    }
}

pub(super) fn id(given: Option<Cow<'_, str>>) -> Result<Id, &'static str> {
    Id::parse(&given.ok_or("it has no id")?).ok_or("its id has characters that an id can't have")
}

/// The id of an item, whatever else is wrong with it.
pub fn id_of(raw: &RawValue) -> Option<Id> {
    text_of(raw, "id").as_deref().and_then(Id::parse)
}

/// The text that a field is, if it says anything.
pub(super) fn text(value: Option<&RawValue>) -> Result<Option<String>, &'static str> {
    let text = fields::text(value)?;
    Ok(text.map(Cow::into_owned).filter(|text| !text.trim().is_empty()))
}

/// An Access user: somebody who logged in once, or was added through the API.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Cloudflare's own field names")]
pub struct AccessUser {
    pub id: Id,
    pub email: Option<String>,
    pub name: Option<String>,
    pub last_successful_login: Option<String>,
    /// The rest, as a JSON object.
    pub profile: String,
}

impl AccessUser {
    /// The last seven are passed on.
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
}

impl Item for AccessUser {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, email, name, last_login, passed_on @ ..] = object(raw, AccessUser::FIELDS)?;
        let (given_id, email, name, last_login) =
            (fields::text(given_id)?, text(email)?, text(name)?, text(last_login)?);
        let passed_on = AccessUser::FIELDS.into_iter().skip(4).zip(passed_on);
        Ok(Self {
            id: id(given_id)?,
            email,
            name,
            last_successful_login: last_login.filter(|time| is_a_time(time)),
            profile: passed_on
                .fold(Object::default(), |profile, (name, value)| profile.with_raw(name, value))
                .end(),
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }

    fn grants_rest_on(&self) -> String {
        self.email.clone().unwrap_or_default()
    }
}

/// RFC 3339 in form, and not the zero time that stands for "never".
fn is_a_time(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = text.get(range).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        digits?.parse().ok()
    };
    let at = |place: usize, of: &[u8]| text.as_bytes().get(place).is_some_and(|byte| of.contains(byte));
    let within =
        |range, of: std::ops::RangeInclusive<u32>| number(range).is_some_and(|number| of.contains(&number));
    let date = number(0..4).is_some_and(|year| year > 1)
        && at(4, b"-")
        && within(5..7, 1..=12)
        && at(7, b"-")
        && within(8..10, 1..=31);
    let time = at(10, b"Tt")
        && within(11..13, 0..=23)
        && at(13, b":")
        && within(14..16, 0..=59)
        && at(16, b":")
        && within(17..19, 0..=60);
    let rest = text.get(19..).unwrap_or_default();
    let fraction =
        rest.strip_prefix('.').map_or(0, |digits| 1 + digits.bytes().take_while(u8::is_ascii_digit).count());
    let zone = rest.get(fraction..).unwrap_or_default();
    let offset = zone.len() == 6
        && at(19 + fraction, b"+-")
        && within(20 + fraction..22 + fraction, 0..=23)
        && at(22 + fraction, b":")
        && within(23 + fraction..25 + fraction, 0..=59);
    date && time && fraction != 1 && (matches!(zone, "Z" | "z") || offset)
}

/// An Access group.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "Cloudflare's own field names")]
pub struct Group {
    pub id: Id,
    pub name: Option<String>,
    /// Its rules as they stand, and the rest, as a JSON object.
    pub profile: String,
    /// Its rules as membership sees them, until they are handed on.
    pub rules: Option<RuleSet>,
}

impl Item for Group {
    fn from_object(raw: &RawValue, account_id: &str) -> Result<Self, &'static str> {
        let [given_id, name, include, exclude, require, is_default, created_at, updated_at] = object(
            raw,
            ["id", "name", "include", "exclude", "require", "is_default", "created_at", "updated_at"],
        )?;
        let (given_id, name) = (fields::text(given_id)?, text(name)?);
        let id = id(given_id)?;
        let rules = [
            list(include).map_err(|_| "its include is no list of rules")?,
            list(exclude).map_err(|_| "its exclude is no list of rules")?,
            list(require).map_err(|_| "its require is no list of rules")?,
        ];
        let profile = [("include", include), ("exclude", exclude), ("require", require)].into_iter();
        let profile = profile.fold(Object::default(), |profile, (name, rules)| {
            profile.with(name, rules.map_or("[]", RawValue::get))
        });
        Ok(Self {
            name,
            profile: profile
                .with_raw("is_default", is_default)
                .with_raw("created_at", created_at)
                .with_raw("updated_at", updated_at)
                .end(),
            rules: Some(RuleSet::new(id.as_str(), rules.each_ref().map(Vec::as_slice), account_id)),
            id,
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

/// A role of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Cloudflare's own field names")]
pub struct Role {
    pub id: Id,
    pub name: Option<String>,
    pub description: Option<String>,
    /// The rest, as a JSON object; permissions stay opaque.
    pub profile: String,
}

impl Item for Role {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, name, description, permissions] =
            object(raw, ["id", "name", "description", "permissions"])?;
        let (given_id, name, description) = (fields::text(given_id)?, text(name)?, text(description)?);
        Ok(Self {
            id: id(given_id)?,
            name,
            profile: Object::default()
                .with_text("description", description.as_deref())
                .with_raw("permissions", permissions)
                .end(),
            description,
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

/// The address that an item of a list is, where it can be understood. A list of another type has
/// other values, which nobody's address equals.
pub fn address(raw: &RawValue) -> Option<String> {
    let [value] = object(raw, ["value"]).ok()?;
    fields::text(value).ok()?.map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::{AccessUser, Id, Item, address, id_of, is_a_time};
    use serde_json::value::RawValue;

    #[test]
    fn a_list_of_values_is_no_item() {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        assert_eq!(address(&raw(r#"{"value":"ann@corp.example"}"#)).as_deref(), Some("ann@corp.example"));
        assert_eq!(address(&raw(r#"["ann@corp.example"]"#)), None);
        let fields = format!(r#"["id"{}]"#, ",null".repeat(10));
        assert_eq!(AccessUser::read(&raw(&fields), "").unwrap_err().why, "it isn't an object");
    }

    #[test]
    fn what_is_not_understood_still_is_somebodys() {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
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

    #[test]
    fn times() {
        for good in [
            "2026-11-23T18:54:26Z",
            "2026-11-23t18:54:26.5z",
            "2026-11-23T18:54:26.123456Z",
            "2026-11-23T18:54:60+01:00",
            "2026-11-23T18:54:26.1-11:30",
        ] {
            assert!(is_a_time(good), "{good}");
        }
        for bad in [
            "",
            "never",
            "0001-01-01T00:00:00Z",
            "2026-11-23",
            "2026-13-23T18:54:26Z",
            "2026-99-99T99:\u{1b}[31mZ",
            "2026-11-23T18:54:26",
            "2026-11-23T18:54:26.Z",
            "2026-11-23T18:54:26+0100",
            "2026-11-23T18:54:26Z ",
            "2026-11-23T18:54:26\u{e9}",
        ] {
            assert!(!is_a_time(bad), "{bad}");
        }
    }
}
