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
}

/// An object of pairs that are passed on as they are.
#[derive(Default)]
pub(super) struct Passed(String);

impl Passed {
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
    serde_json::from_str(raw.get()).map_err(|error| {
        #[derive(Deserialize)]
        struct Named {
            id: Option<String>,
        }
        let named: Option<Named> = serde_json::from_str(raw.get()).ok();
        let why = if raw.get().starts_with('{') {
            // Positions mean nothing to a reader, and the value may be anything.
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            let kind = message
                .split(", expected ")
                .nth(1)
                .map_or("it has a field of an unexpected type".to_owned(), |expected| {
                    format!("a field is not {expected}")
                });
            kind.chars().take(80).collect()
        } else {
            "it isn't an object".to_owned()
        };
        NotUnderstood { id: named.and_then(|named| named.id).and_then(|id| Id::parse(&id)), why }
    })
}

pub(super) fn id(given: Option<Cow<'_, str>>) -> Result<Id, NotUnderstood> {
    let wrong = |why: &str| NotUnderstood { id: None, why: why.to_owned() };
    let given = given.ok_or_else(|| wrong("it has no id"))?;
    Id::parse(&given).ok_or_else(|| wrong("its id has characters that an id can't have"))
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
            id: id(wire.id)?,
            email: text(wire.email),
            name: text(wire.name),
            last_successful_login: text(wire.last_successful_login).filter(|time| is_a_time(time)),
            profile: Passed::default()
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
}

/// RFC 3339 in form, and not the zero time that stands for "never".
fn is_a_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let date =
        digits(0..4) && bytes.get(4) == Some(&b'-') && digits(5..7) && bytes.get(7) == Some(&b'-') && digits(8..10);
    let time =
        bytes.get(10).is_some_and(|t| matches!(t, b'T' | b't')) && digits(11..13) && bytes.get(13) == Some(&b':');
    let zone = text.ends_with(['Z', 'z']) || text.rfind(['+', '-']).is_some_and(|at| at > 18 && text.len() == at + 6);
    date && time && zone && text.is_ascii() && text.len() <= 40 && !text.starts_with("0001-01-01")
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
        let id = id(wire.id)?;
        let section = |name: &str, raw: Option<&'a RawValue>| -> Result<Vec<&'a RawValue>, NotUnderstood> {
            let Some(raw) = raw else { return Ok(Vec::new()) };
            serde_json::from_str(raw.get())
                .map_err(|_| NotUnderstood { id: Some(id.clone()), why: format!("its {name} is no list of rules") })
        };
        let include = section("include", wire.include)?;
        let exclude = section("exclude", wire.exclude)?;
        let require = section("require", wire.require)?;
        let rules = GroupRules::new(id.as_str(), [&include, &exclude, &require], account_id);
        Ok(Self {
            name: text(wire.name),
            profile: Passed::default()
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
            id: id(wire.id)?,
            name: text(wire.name),
            profile: Passed::default()
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
    /// The address; a list of another type has other values, which match nobody.
    pub value: Option<String>,
}
