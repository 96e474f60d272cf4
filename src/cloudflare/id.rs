//! Identifiers that may be part of a path.

use crate::credential;
use std::borrow::Borrow;
use std::fmt;

/// An id that can't steer a request, whoever sent it: `[A-Za-z0-9-]{1,64}`. Cloudflare's ids are
/// UUIDs or 32 hexadecimal digits (the schemas of ids in Cloudflare's OpenAPI document).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(String);

impl Id {
    /// Reads an id, if the text has the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let form = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        form.then(|| Self(text.to_owned()))
    }

    /// Reads an id that somebody asks for. The hexadecimal digits of a UUID, or of an id of 32 digits,
    /// become lower case: Cloudflare spells them so (all examples in its OpenAPI document), and
    /// people copy ids from programs that don't. A text that looks like a credential is no id: every
    /// message and every path would repeat it.
    pub fn asked(text: &str) -> Option<Self> {
        if credential::is_like_one(text) {
            return None;
        }
        let is_uuid = || {
            let mut parts = text.split('-').map(str::len);
            [8, 4, 4, 4, 12].into_iter().all(|length| parts.next() == Some(length)) && parts.next().is_none()
        };
        let is_hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        let known_form = is_hexadecimal && (text.len() == 32 && !text.contains('-') || is_uuid());
        if known_form { Self::parse(&text.to_ascii_lowercase()) } else { Self::parse(text) }
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Id {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Id;

    #[test]
    fn an_id_is_asked_for_in_any_case() {
        let asked = |text: &str| Id::asked(text).map(|id| id.to_string());
        for (text, expected) in [
            ("F174E90A-FAFE-4643-BBBC-4A0ED4FC8415", "f174e90a-fafe-4643-bbbc-4a0ed4fc8415"),
            ("F174e90a-fafe-4643-bbbc-4a0ed4fc8415", "f174e90a-fafe-4643-bbbc-4a0ed4fc8415"),
            ("33666B9C79B9A5273FC7344FF42F953D", "33666b9c79b9a5273fc7344ff42f953d"),
            // No form of Cloudflare's: they stay as they are.
            ("33666B9C79B9A5273FC7344FF42F953", "33666B9C79B9A5273FC7344FF42F953"),
            ("X3666B9C79B9A5273FC7344FF42F953D", "X3666B9C79B9A5273FC7344FF42F953D"),
            ("F174E90AF-AFE-4643-BBBC-4A0ED4FC8415", "F174E90AF-AFE-4643-BBBC-4A0ED4FC8415"),
            ("F174E90A-FAFE-4643-BBBC-4A0ED4FC8415-", "F174E90A-FAFE-4643-BBBC-4A0ED4FC8415-"),
            ("A", "A"),
        ] {
            assert_eq!(asked(text).as_deref(), Some(expected));
        }
        assert_eq!(asked("../A"), None);
        for credential in
            ["c2547eb745079dac9320b638f5e225cf483cc", "Xk39dQzT7aaBcD0eFgHiJkLmNoPqRsTuVwXy1234"]
        {
            assert_eq!(asked(credential), None);
        }
    }

    #[test]
    fn only_what_can_not_steer_a_path() {
        for good in
            ["a", "33666b9c79b9a5273fc7344ff42f953d", "F174e90a-fafe-4643-bbbc-4a0ed4fc8415", &"x".repeat(64)]
        {
            assert!(Id::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "..",
            "../../members/x",
            "a/b",
            "a?b",
            "a%2fb",
            "a b",
            "a\n",
            "\u{e9}",
            "a:b",
            &"x".repeat(65),
        ] {
            assert!(Id::parse(bad).is_none(), "{bad}");
        }
    }
}
