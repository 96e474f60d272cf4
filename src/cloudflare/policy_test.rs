//! Policy tests: Cloudflare judges the last login of everybody who has ever logged in by given policies.
//! OpenAPI: `POST /accounts/{account_id}/access/policy-tests`, and `GET` of the test and of its users.
//! <https://developers.cloudflare.com/changelog/> of 2025-04-21 describes the tester.

use super::endpoint::{Bounds, Collection, POLICIES_TEST};
use super::fields::{self, object};
use super::id::Id;
use super::item::{Item, id, text};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The account's policy tests. They aren't listed: each is known by the id that its beginning returned.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("access/policy-tests"),
    filter: Cow::Borrowed(""),
    noun: "policy tests",
    noun_of_one: "policy test",
    permission: POLICIES_TEST,
    bounds: Bounds { per_page: 1000, items: 5_000_000, pages: 40_000, bytes: 16 << 20 },
    has_people: true,
};

/// Returns the collection of the users whom the test with this id has judged. OpenAPI:
/// `GET /accounts/{account_id}/access/policy-tests/{policy_test_id}/users`, whose pages have at most 1,000.
pub fn users(test: &Id) -> Collection {
    Collection {
        path: Cow::Owned(format!("access/policy-tests/{test}/users")),
        noun: "users whom a policy test judged",
        noun_of_one: "user of a policy test",
        ..COLLECTION.clone()
    }
}

/// Returns the id of the test that an answer says has begun.
///
/// # Errors
/// The reason why it can't be read.
pub fn begun(raw: &RawValue) -> Result<Id, &'static str> {
    let [given_id] = object(raw, ["id"])?;
    id(fields::text(given_id)?)
}

/// The state of a test.
#[derive(Debug, PartialEq, Eq)]
pub struct State {
    /// Cloudflare's word: "processing", "complete", "exceeded time" or "blocked".
    pub status: String,
    /// The number of users whom it judges, if that is told.
    pub total: Option<u32>,
}

impl State {
    /// Reads the state.
    ///
    /// # Errors
    /// The reason why it can't be read.
    pub fn read(raw: &RawValue) -> Result<Self, &'static str> {
        let [status, total] = object(raw, ["status", "total_users"])?;
        let status = text(status)?.ok_or("it has no status")?;
        Ok(Self { status, total: total.and_then(|total| total.get().parse().ok()) })
    }
}

/// A user whom a test has judged.
#[derive(Debug, PartialEq, Eq)]
pub struct Judged {
    /// The Access user's id.
    pub id: Id,
    /// The address.
    pub email: String,
    /// The name, unless it is blank.
    pub name: Option<String>,
    /// What the test says of the last login.
    pub verdict: Verdict,
}

/// What a test says of a last login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The policies let the person in.
    Approved,
    /// They don't.
    Blocked,
    /// Cloudflare couldn't judge it.
    Error,
}

impl Item for Judged {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, email, name, status] = object(raw, ["id", "email", "name", "status"])?;
        let verdict = match fields::text(status)?.as_deref() {
            Some("approved") => Verdict::Approved,
            Some("blocked") => Verdict::Blocked,
            Some("error") => Verdict::Error,
            _ => return Err("it has no verdict that is known"),
        };
        Ok(Self {
            id: id(fields::text(given_id)?)?,
            email: text(email)?.ok_or("it has no address")?,
            name: text(name)?,
            verdict,
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

    fn raw(json: &Json) -> Box<RawValue> {
        RawValue::from_string(json.to_string()).unwrap()
    }

    #[test]
    fn a_state_has_a_word_and_mostly_a_number() {
        let read = |json: Json| State::read(&raw(&json)).map(|state| (state.status, state.total));
        let known = |status: &str, total| Ok((status.to_owned(), total));
        assert_eq!(read(json!({"status": "complete", "total_users": 12})), known("complete", Some(12)));
        for odd in [json!(null), json!("12"), json!(-1), json!(1.5), json!({})] {
            assert_eq!(read(json!({"status": "blocked", "total_users": odd})), known("blocked", None));
        }
        for odd in [json!({}), json!({"status": " "}), json!({"status": 7})] {
            assert!(read(odd.clone()).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_verdict_is_about_an_address() {
        let read = |json: Json| Judged::read(&raw(&json), "a").map_err(|fault| fault.why);
        let ann = read(json!({"id": "u", "email": "Ann@Corp.example", "name": " ", "status": "approved"}));
        let expected = Judged {
            id: Id::parse("u").unwrap(),
            email: "Ann@Corp.example".to_owned(),
            name: None,
            verdict: Verdict::Approved,
        };
        assert_eq!(ann, Ok(expected));
        for (odd, why) in [
            (json!({"id": "u", "status": "blocked"}), "it has no address"),
            (json!({"id": "u", "email": "a@b", "status": "success"}), "it has no verdict that is known"),
            (json!({"id": "u", "email": "a@b"}), "it has no verdict that is known"),
            (json!({"email": "a@b", "status": "error"}), "it has no id"),
            (
                json!({"id": "u/..", "email": "a@b", "status": "error"}),
                "its id has characters that an id can't have",
            ),
            (json!([]), "it isn't an object"),
        ] {
            assert_eq!(read(odd).unwrap_err(), why);
        }
        assert_eq!(begun(&raw(&json!({"id": "t1", "status": "success"}))).unwrap().as_str(), "t1");
        assert!(begun(&raw(&json!({"status": "success"}))).is_err());
    }
}
