//! Errors of SCIM (RFC 7644, 3.12), with sentences that somebody at another system can act on.

use crate::credential;
use serde_json::{Value, json};

/// The schema of an error.
const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The kind of an error, as far as RFC 7644 (3.12, table 9) and RFC 9865 (section 2) have a word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScimType {
    /// A filter can't be read, or names what can't be compared.
    InvalidFilter,
    /// There are more results than the service is willing to gather.
    TooMany,
    /// Another resource has this value already.
    Uniqueness,
    /// The attribute can't be changed, or not so.
    Mutability,
    /// A body or its structure can't be read.
    InvalidSyntax,
    /// The path of a PATCH can't be read, or leads nowhere.
    InvalidPath,
    /// The path of a PATCH leads to no value that the operation could work on.
    NoTarget,
    /// A value is missing, or isn't of its attribute's type.
    InvalidValue,
    /// The version of the protocol isn't supported.
    InvalidVers,
    /// Something that must not stand in a URL stands there.
    Sensitive,
    /// The cursor isn't one of this service, or doesn't belong to this request.
    InvalidCursor,
    /// The cursor was good once.
    ExpiredCursor,
    /// The number of results is none that this service takes with a cursor.
    InvalidCount,
}

impl ScimType {
    /// Returns the word of the standard.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }

    /// Returns HTTP's status that goes with it.
    const fn status(self) -> u16 {
        match self {
            Self::Uniqueness => 409,
            Self::Sensitive => 403,
            _ => 400,
        }
    }
}

/// An answer that says why a request wasn't done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// HTTP's status.
    pub status: u16,
    /// The kind, where the standard has one.
    pub scim_type: Option<ScimType>,
    /// Sentences for the person who looks for the reason.
    pub detail: String,
    /// The seconds after which the same request is worth another try, for the header `Retry-After`.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// Makes a problem that the standard has no word for.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into(), retry_after: None }
    }

    /// Makes a problem of a kind, with the status that goes with the kind.
    pub fn of(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self { scim_type: Some(scim_type), ..Self::new(scim_type.status(), detail) }
    }

    /// A filter can't be used.
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidFilter, detail)
    }

    /// A search would gather too much.
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::of(ScimType::TooMany, detail)
    }

    /// A value is taken already.
    pub fn uniqueness(detail: impl Into<String>) -> Self {
        Self::of(ScimType::Uniqueness, detail)
    }

    /// An attribute can't be changed.
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::of(ScimType::Mutability, detail)
    }

    /// A body isn't in the form of the protocol.
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidSyntax, detail)
    }

    /// A path leads nowhere.
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidPath, detail)
    }

    /// An operation has nothing to work on.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::of(ScimType::NoTarget, detail)
    }

    /// A value is none for its attribute.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidValue, detail)
    }

    /// Another version of the protocol was asked for.
    pub fn invalid_vers(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidVers, detail)
    }

    /// Something confidential stands in a URL.
    pub fn sensitive(detail: impl Into<String>) -> Self {
        Self::of(ScimType::Sensitive, detail)
    }

    /// A cursor isn't good for this request.
    pub fn invalid_cursor(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidCursor, detail)
    }

    /// A cursor isn't good any more.
    pub fn expired_cursor(detail: impl Into<String>) -> Self {
        Self::of(ScimType::ExpiredCursor, detail)
    }

    /// A number of results isn't taken.
    pub fn invalid_count(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidCount, detail)
    }

    /// Adds the time of another try.
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Returns the body of the answer. The status is a text there, as the standard wants it.
    pub fn to_json(&self) -> Value {
        let mut body = json!({"schemas": [SCHEMA], "status": self.status.to_string(), "detail": self.detail});
        if let (Some(body), Some(scim_type)) = (body.as_object_mut(), self.scim_type) {
            body.insert("scimType".to_owned(), scim_type.word().into());
        }
        body
    }
}

/// Quotes a part of a request for an error: shortened, and with its control characters escaped. A text
/// in which something looks like a credential isn't repeated.
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let is_sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut words = text.split(|c: char| !is_sign(c));
    if credential::is_in(text) || words.any(credential::is_like_one) {
        return "a text that isn't shown, because it could be a secret".to_owned();
    }
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_word_and_status() {
        for (problem, status, word) in [
            (Problem::invalid_filter("a"), 400, "invalidFilter"),
            (Problem::too_many("a"), 400, "tooMany"),
            (Problem::uniqueness("a"), 409, "uniqueness"),
            (Problem::mutability("a"), 400, "mutability"),
            (Problem::invalid_syntax("a"), 400, "invalidSyntax"),
            (Problem::invalid_path("a"), 400, "invalidPath"),
            (Problem::no_target("a"), 400, "noTarget"),
            (Problem::invalid_value("a"), 400, "invalidValue"),
            (Problem::invalid_vers("a"), 400, "invalidVers"),
            (Problem::sensitive("a"), 403, "sensitive"),
            (Problem::invalid_cursor("a"), 400, "invalidCursor"),
            (Problem::expired_cursor("a"), 400, "expiredCursor"),
            (Problem::invalid_count("a"), 400, "invalidCount"),
        ] {
            let expected = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                "status": status.to_string(),
                "scimType": word,
                "detail": "a",
            });
            assert_eq!((problem.status, problem.to_json()), (status, expected));
        }
        let plain = Problem::new(429, "Wait.").retry_after(7);
        assert_eq!(plain.retry_after, Some(7));
        assert_eq!(plain.to_json(), json!({"schemas": [SCHEMA], "status": "429", "detail": "Wait."}));
    }

    #[test]
    fn what_is_quoted_is_short_and_plain_and_no_secret() {
        const SECRET: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";
        assert_eq!(quoted("userName"), r#""userName""#);
        assert_eq!(quoted("a\u{1b}[31m\n\u{202e}"), r#""a\u{1b}[31m\n\u{202e}""#);
        assert_eq!(quoted(&"ä".repeat(61)), format!("\"{}\"…", "ä".repeat(60)));
        let prefixed = format!("cfut_{SECRET}Ab3");
        let texts =
            [SECRET, &prefixed].map(|it| [it.to_owned(), format!("a eq \"{it}\""), format!("x={it}")]);
        for text in texts.concat() {
            assert!(!quoted(&text).contains("9dQzT7"), "{text}");
        }
    }
}
