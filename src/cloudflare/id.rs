//! Identifiers that may be part of a path.

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
