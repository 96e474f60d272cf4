//! Times of Cloudflare's as baton's.

use super::messages::Timestamp;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Reads a time of RFC 3339. Returns `None` if the text isn't one.
pub(super) fn timestamp(text: &str) -> Option<Timestamp> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    Some(Timestamp { seconds: time.unix_timestamp(), nanos: i32::try_from(time.nanosecond()).ok()? })
}

/// Reads a time of a profile. A time before 1970 means that there is none: Go's zero time is in the year 1.
pub(super) fn of_profile(profile: &Map<String, Value>, key: &str) -> Option<Timestamp> {
    timestamp(profile.get(key)?.as_str()?).filter(|time| time.seconds > 0)
}

/// Reads the time at which something was made, under either of Cloudflare's names.
pub(super) fn created(profile: &Map<String, Value>) -> Option<Timestamp> {
    ["created_at", "created_on"].into_iter().find_map(|key| of_profile(profile, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_seconds_and_nanoseconds() {
        for (text, expected) in [
            ("1970-01-01T00:00:01Z", Some((1, 0))),
            ("2024-02-29T12:00:00.25+02:00", Some((1_709_200_800, 250_000_000))),
            ("1969-12-31T23:59:59.5Z", Some((-1, 500_000_000))),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(timestamp(text).map(|time| (time.seconds, time.nanos)), expected, "{text}");
        }
    }

    #[test]
    fn either_name_says_when_something_was_made() {
        for (profile, expected) in [
            (json!({ "created_at": "1970-01-01T00:00:01Z" }), Some(1)),
            (json!({ "created_on": "1970-01-01T00:00:02Z" }), Some(2)),
            (json!({ "created_at": null, "created_on": "1970-01-01T00:00:02Z" }), Some(2)),
            (json!({ "created_at": "0001-01-01T00:00:00Z" }), None),
            (json!({ "created_at": 7 }), None),
            (json!({}), None),
        ] {
            let created = created(profile.as_object().unwrap());
            assert_eq!(created.map(|time| time.seconds), expected, "{profile}");
        }
    }
}
