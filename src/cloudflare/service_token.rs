//! Service tokens, with which programs pass Access
//! (`OpenAPI: GET /accounts/{account_id}/access/service_tokens`).

use super::chosen::{self, Chosen, Shape};
use super::endpoint::{Bounds, Collection, TOKENS_READ};
use super::fields::{self, object};
use super::id::Id;
use super::item::{Item, id, text};
use super::time;
use crate::json::Object;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The account's service tokens.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("access/service_tokens"),
    filter: Cow::Borrowed(""),
    noun: "service tokens",
    noun_of_one: "service token",
    permission: TOKENS_READ,
    bounds: Bounds { per_page: 1000, items: 20_000, pages: 1_000, bytes: 8 << 20 },
    has_people: false,
};

/// A service token. Its secret is in no answer but that to its creation.
#[derive(Clone, Debug)]
pub struct ServiceToken {
    /// The token's UUID, which a `service_token` rule names.
    pub id: Id,
    /// The name, unless it is blank.
    pub name: Option<String>,
    /// Whether it can be used, as long as it hasn't expired.
    pub is_enabled: bool,
    /// The time from which on it can't be used, in seconds since 1970, unless it never ends.
    pub expires_at: Option<i64>,
    /// The fields that are passed on, as a JSON object.
    pub profile: String,
}

const PASSED_ON: Chosen = &[
    ("client_id", Shape::Plain),
    ("enabled", Shape::Plain),
    ("expires_at", Shape::Plain),
    ("last_seen_at", Shape::Plain),
    ("duration", Shape::Plain),
    ("created_at", Shape::Plain),
    ("updated_at", Shape::Plain),
];

impl Item for ServiceToken {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, uid, name, enabled, expires_at] =
            object(raw, ["id", "uid", "name", "enabled", "expires_at"])?;
        Ok(Self {
            id: id(fields::text(given_id.or(uid))?)?,
            name: text(name)?,
            // A token has said this only since 2026-08, and could be used before: the changelog of
            // Cloudflare's documentation.
            is_enabled: enabled.is_none_or(|enabled| enabled.get() != "false"),
            expires_at: text(expires_at)?.map_or(Ok(None), |text| end(&text))?,
            profile: chosen::with(Object::default(), raw, PASSED_ON).unwrap_or_default().end(),
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

/// Reads the time from which on a token can't be used. The zero time means that there is none (inferred).
/// A token whose end isn't understood isn't one that never ends.
fn end(text: &str) -> Result<Option<i64>, &'static str> {
    match time::of_item(text) {
        None if !text.starts_with("0001-01-01T") => Err("its expires_at isn't a time"),
        end => Ok(end),
    }
}

impl ServiceToken {
    /// Whether the token can be used at this time, in seconds since 1970. A time that isn't known is no
    /// reason to say that it can't.
    pub fn is_valid(&self, now: Option<i64>) -> bool {
        let has_expired = || self.expires_at.zip(now).is_some_and(|(end, now)| end <= now);
        self.is_enabled && !has_expired()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    #[test]
    fn an_end_that_is_not_understood_is_not_taken_for_none() {
        let end = |expires_at: Json| {
            let item = json!({"id": "t", "expires_at": expires_at});
            let token = ServiceToken::read(&RawValue::from_string(item.to_string()).unwrap(), "");
            token.map(|token| token.expires_at).map_err(|fault| fault.why)
        };
        for never in [json!(null), json!(""), json!("0001-01-01T00:00:00Z")] {
            assert_eq!(end(never.clone()), Ok(None), "{never}");
        }
        assert_eq!(end(json!("1970-01-01T00:01:00Z")), Ok(Some(60)));
        for odd in ["never", "2027-01-01", "2027-13-01T00:00:00Z", "1795460066"] {
            assert_eq!(end(json!(odd)).unwrap_err(), "its expires_at isn't a time", "{odd}");
        }
        assert!(end(json!(1_795_460_066)).is_err());
    }

    #[test]
    fn a_token_that_says_nothing_can_be_used() {
        for (enabled, expected) in [(json!(null), true), (json!(true), true), (json!(false), false)] {
            let item = json!({"id": "t", "enabled": enabled, "client_secret": "canary", "name": "CI"});
            let token = ServiceToken::read(&RawValue::from_string(item.to_string()).unwrap(), "").unwrap();
            assert_eq!((token.is_valid(Some(0)), token.expires_at.is_some()), (expected, false));
            assert!(!format!("{token:?}").contains("canary"), "{token:?}");
        }
        let item =
            r#"{"id":"t","client_id":"c.access","expires_at":"2027-01-01T00:00:00Z","duration":"8760h"}"#;
        let token = ServiceToken::read(&RawValue::from_string(item.to_owned()).unwrap(), "").unwrap();
        let expected =
            json!({"client_id": "c.access", "expires_at": "2027-01-01T00:00:00Z", "duration": "8760h"});
        assert_eq!(serde_json::from_str::<Json>(&token.profile).unwrap(), expected);
    }
}
