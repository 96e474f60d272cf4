//! The texts that a message may repeat of those that an operator typed: a secret can stand in any argument by
//! mistake, and a message goes into logs that others read.

use crate::credential::is_made_of_words;
use std::borrow::Cow;
use std::path::Path;

/// The text for a name that isn't repeated.
const HIDDEN: &str = "a file (its name isn't shown: it could be a secret. A name such as ./token is shown)";

/// Names a file in a message, if its name can't be a secret. A file that is there is no exception:
/// it may have got its name by the same mistake.
#[must_use]
pub fn file_name(path: &Path) -> Cow<'_, str> {
    harmless_path(path).unwrap_or(Cow::Borrowed(HIDDEN))
}

/// Names a file if its name can't be a secret.
#[must_use]
pub fn harmless_path(path: &Path) -> Option<Cow<'_, str>> {
    Some(path.to_string_lossy()).filter(|text| is_path(text))
}

/// Whether a text has the form of a path, and each part of it is a word.
fn is_path(text: &str) -> bool {
    text.contains(['/', '.']) && is_made_of_words(text)
}

/// Whether a text looks like a flag that somebody misspelt.
pub(super) fn is_like_a_flag(text: &str) -> bool {
    const LONGEST: usize = 32;
    let is_short = |flag: &str| flag.chars().count() == 1;
    let is_long = |flag: &str| {
        flag.len() <= LONGEST && flag.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    match text.strip_prefix("--") {
        Some(long) => is_long(long),
        None => text.strip_prefix('-').is_some_and(is_short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";
    const KEY: &str = "c2547eb745079dac9320b638f5e225cf483cc";

    #[test]
    fn a_name_that_people_give_is_shown() {
        for name in [
            "/nowhere/at/all",
            "changes.jsonl",
            "./token",
            "../secrets/cloudflare-token.txt",
            "who-holds-what-2026-11-28.jsonl",
            "out/sync-20261128.c1z",
            "sync.c1z.partial",
            "/etc/token",
            "état/clé.txt",
        ] {
            assert_eq!(file_name(Path::new(name)), name);
        }
    }

    #[test]
    fn what_can_be_a_secret_is_not_shown() {
        for text in
            [TOKEN, KEY, "hunter2", "canary-0f9e8d7c6b5a", "a/Zm9vYmFyCg9x/+=", "eyJhbGciOi.J9eyJzdWIi.x"]
        {
            assert_eq!(file_name(Path::new(text)), HIDDEN, "{text}");
        }
    }

    #[test]
    fn a_flag_is_lower_case() {
        for (text, is_flag) in [
            ("--fo", true),
            ("--api-token", true),
            ("-x", true),
            ("-", false),
            ("--canary-0f9e8d7c6b5a", false),
            ("-abc", false),
            ("synk", false),
            ("--Secret", false),
        ] {
            assert_eq!(is_like_a_flag(text), is_flag, "{text}");
        }
    }
}
