//! An item of one of the API's lists. Every field may be absent or null. A field of an unexpected
//! type makes the whole item one that isn't understood, except where its value is only passed on.

use super::fields::{self, object};
use super::id::Id;
use crate::json::value::Json;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The reason why an item of a list can't be used, and what is known of it nevertheless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUnderstood {
    /// The item's id, if it has a usable one.
    pub id: Option<Id>,
    /// The item's address, if it has one: somebody has this address, whatever else is wrong.
    pub address: Option<String>,
    /// The reason, for a message.
    pub why: String,
}

/// An item of a list that the connector reads.
pub trait Item {
    /// Reads the fields of an object that belongs to the account with this id.
    ///
    /// # Errors
    /// The reason why the object can't be used. It quotes nothing of the object.
    fn from_object(raw: &RawValue, account_id: &str) -> Result<Self, &'static str>
    where
        Self: Sized;

    /// Reads an item of a list that belongs to the account with this id.
    ///
    /// # Errors
    /// The reason why the item can't be used.
    fn read(raw: &RawValue, account_id: &str) -> Result<Self, NotUnderstood>
    where
        Self: Sized,
    {
        let item = if raw.get().starts_with('{') {
            Self::from_object(raw, account_id)
        } else {
            Err("it isn't an object")
        };
        item.map_err(|why| NotUnderstood::new(raw, why))
    }

    /// Returns the item's stable identifier.
    fn id(&self) -> &Id;
}

impl NotUnderstood {
    /// Reads the id and the address of an item that can't be used. `why` quotes nothing of it.
    pub fn new(raw: &RawValue, why: &str) -> Self {
        // An account member's address may be inside of `user` only.
        let of_user = || {
            let [user] = object(raw, ["user"]).ok()?;
            text_of(user?, "email")
        };
        let (id, address) = (id_of(raw), text_of(raw, "email").or_else(of_user));
        Self { id, address, why: why.to_owned() }
    }
}

/// Returns a field that is a text, whatever else is wrong with its object. Another field may be
/// something that no parser of values accepts, for example half a surrogate pair, and a field may
/// appear twice.
fn text_of(raw: &RawValue, name: &str) -> Option<String> {
    match object(raw, [name]) {
        Ok([value]) => fields::text(value).ok()?.map(Cow::into_owned),
        Err(_) => {
            let object = Json::parse(raw.get())?;
            object.get(name).text().map(str::to_owned)
        }
    }
}

/// Reads an item's `id` field.
pub(super) fn id(given: Option<Cow<'_, str>>) -> Result<Id, &'static str> {
    Id::parse(&given.ok_or("it has no id")?).ok_or("its id has characters that an id can't have")
}

/// Returns an item's id, whatever else is wrong with the item.
pub fn id_of(raw: &RawValue) -> Option<Id> {
    text_of(raw, "id").as_deref().and_then(Id::parse)
}

/// Reads a field that is a text. A blank text counts as absent.
pub(super) fn text(value: Option<&RawValue>) -> Result<Option<String>, &'static str> {
    let text = fields::text(value)?;
    Ok(text.map(Cow::into_owned).filter(|text| !text.chars().all(char::is_whitespace)))
}
