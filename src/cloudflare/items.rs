//! What the API's lists hold, as far as the connector uses it. Every field may be absent or null; a field of an unexpected type makes
//! the item one that isn't understood, except where its value is only passed on.

use super::id::Id;
use crate::membership::GroupRules;
use serde::Deserialize;
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
    /// Reads an item. `account_id` is the account's that the list belongs to.
    ///
    /// # Errors
    /// Why it can't be used.
    fn read(raw: &RawValue, account_id: &str) -> Result<Self, NotUnderstood>;

    /// The item's stable identifier.
    fn id(&self) -> &Id;

    /// What its grants rest on beside the groups: where that is the same, they are too, and in the same order.
    fn grants_rest_on(&self) -> String {
        String::new()
    }
}

/// An object of pairs that are passed on as they are.
#[derive(Default)]
pub(super) struct JsonObject(String);

impl JsonObject {
    pub(super) fn with(self, key: &str, raw: Option<&RawValue>) -> Self {
        match raw {
            Some(raw) => self.with_json(key, raw.get()),
            None => self,
        }
    }

    pub(super) fn with_text(self, key: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.with_json(key, &serde_json::Value::from(text).to_string()),
            None => self,
        }
    }

    /// `key` is one of ours, and needs no escaping.
    fn with_json(mut self, key: &str, json: &str) -> Self {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
        self.0.push_str(json);
        self
    }

    pub(super) fn object(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }
}

pub(super) fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, NotUnderstood> {
    // serde would take a list of values for an object's fields.
    if !raw.get().starts_with('{') {
        return Err(NotUnderstood::new(raw, "it isn't an object"));
    }
    serde_json::from_str(raw.get()).map_err(|_| NotUnderstood::new(raw, "it has a field of an unexpected type"))
}

impl NotUnderstood {
    /// Takes from an item what can be taken. `why` quotes nothing of it.
    pub fn new(raw: &RawValue, why: &str) -> Self {
        let item: serde_json::Value = serde_json::from_str(raw.get()).unwrap_or_default();
        let address = item["email"].as_str().or_else(|| item["user"]["email"].as_str());
        Self { id: item["id"].as_str().and_then(Id::parse), address: address.map(str::to_owned), why: why.to_owned() }
    }
}

pub(super) fn id(given: Option<Cow<'_, str>>, raw: &RawValue) -> Result<Id, NotUnderstood> {
    let given = given.ok_or_else(|| NotUnderstood::new(raw, "it has no id"))?;
    Id::parse(&given).ok_or_else(|| NotUnderstood::new(raw, "its id has characters that an id can't have"))
}

pub(super) fn text(given: Option<Cow<'_, str>>) -> Option<String> {
    given.map(Cow::into_owned).filter(|text| !text.trim().is_empty())
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

impl Item for AccessUser {
    fn read(raw: &RawValue, _account_id: &str) -> Result<Self, NotUnderstood> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(borrow)]
            id: Option<Cow<'a, str>>,
            #[serde(borrow)]
            email: Option<Cow<'a, str>>,
            #[serde(borrow)]
            name: Option<Cow<'a, str>>,
            #[serde(borrow)]
            last_successful_login: Option<Cow<'a, str>>,
            #[serde(borrow)]
            uid: Option<&'a RawValue>,
            #[serde(borrow)]
            access_seat: Option<&'a RawValue>,
            #[serde(borrow)]
            gateway_seat: Option<&'a RawValue>,
            #[serde(borrow)]
            seat_uid: Option<&'a RawValue>,
            #[serde(borrow)]
            active_device_count: Option<&'a RawValue>,
            #[serde(borrow)]
            created_at: Option<&'a RawValue>,
            #[serde(borrow)]
            updated_at: Option<&'a RawValue>,
        }
        let wire: Wire = parse(raw)?;
        Ok(Self {
            id: id(wire.id, raw)?,
            email: text(wire.email),
            name: text(wire.name),
            last_successful_login: text(wire.last_successful_login).filter(|time| is_a_time(time)),
            profile: JsonObject::default()
                .with("uid", wire.uid)
                .with("access_seat", wire.access_seat)
                .with("gateway_seat", wire.gateway_seat)
                .with("seat_uid", wire.seat_uid)
                .with("active_device_count", wire.active_device_count)
                .with("created_at", wire.created_at)
                .with("updated_at", wire.updated_at)
                .object(),
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
    let within = |range, of: std::ops::RangeInclusive<u32>| number(range).is_some_and(|number| of.contains(&number));
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
    let fraction = rest.strip_prefix('.').map_or(0, |digits| 1 + digits.bytes().take_while(u8::is_ascii_digit).count());
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
    pub rules: Option<GroupRules>,
}

impl Item for Group {
    fn read<'a>(raw: &'a RawValue, account_id: &str) -> Result<Self, NotUnderstood> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(borrow)]
            id: Option<Cow<'a, str>>,
            #[serde(borrow)]
            name: Option<Cow<'a, str>>,
            #[serde(borrow)]
            include: Option<&'a RawValue>,
            #[serde(borrow)]
            exclude: Option<&'a RawValue>,
            #[serde(borrow)]
            require: Option<&'a RawValue>,
            #[serde(borrow)]
            is_default: Option<&'a RawValue>,
            #[serde(borrow)]
            created_at: Option<&'a RawValue>,
            #[serde(borrow)]
            updated_at: Option<&'a RawValue>,
        }
        let wire: Wire = parse(raw)?;
        let id = id(wire.id, raw)?;
        let item = raw;
        let section = |name: &str, raw: Option<&'a RawValue>| -> Result<Vec<&'a RawValue>, NotUnderstood> {
            let Some(raw) = raw else { return Ok(Vec::new()) };
            serde_json::from_str(raw.get())
                .map_err(|_| NotUnderstood::new(item, &format!("its {name} is no list of rules")))
        };
        let include = section("include", wire.include)?;
        let exclude = section("exclude", wire.exclude)?;
        let require = section("require", wire.require)?;
        let rules = GroupRules::new(id.as_str(), [&include, &exclude, &require], account_id);
        Ok(Self {
            name: text(wire.name),
            profile: JsonObject::default()
                .with_json("include", wire.include.map_or("[]", RawValue::get))
                .with_json("exclude", wire.exclude.map_or("[]", RawValue::get))
                .with_json("require", wire.require.map_or("[]", RawValue::get))
                .with("is_default", wire.is_default)
                .with("created_at", wire.created_at)
                .with("updated_at", wire.updated_at)
                .object(),
            rules: Some(rules),
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
    fn read(raw: &RawValue, _account_id: &str) -> Result<Self, NotUnderstood> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(borrow)]
            id: Option<Cow<'a, str>>,
            #[serde(borrow)]
            name: Option<Cow<'a, str>>,
            #[serde(borrow)]
            description: Option<Cow<'a, str>>,
            #[serde(borrow)]
            permissions: Option<&'a RawValue>,
        }
        let wire: Wire = parse(raw)?;
        let description = text(wire.description);
        Ok(Self {
            id: id(wire.id, raw)?,
            name: text(wire.name),
            profile: JsonObject::default()
                .with_text("description", description.as_deref())
                .with("permissions", wire.permissions)
                .object(),
            description,
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

/// One address of a list.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct ListItem {
    /// The address; a list of another type has other values, which nobody's address equals.
    pub value: Option<String>,
}

/// The address that an item of a list is, where it can be understood.
pub fn address(raw: &RawValue) -> Option<String> {
    parse::<ListItem>(raw).ok().and_then(|item| item.value)
}

#[cfg(test)]
mod tests {
    use super::{AccessUser, Item, address, is_a_time};
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
