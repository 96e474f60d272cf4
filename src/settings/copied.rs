//! The signs that a value brings along when it is copied from a file, a shell or an example. They
//! are named and never cut off: a host that hides a secret or allows an address compares it with
//! the value that it was given.

/// Says which signs around a value don't belong to it. Repeats nothing of the value.
pub(crate) fn around(value: &str) -> Option<&'static str> {
    let is_at_both_ends = |is: fn(char) -> bool| value.starts_with(is) && value.ends_with(is);
    if value.starts_with('\u{feff}') {
        return Some(
            "begins with a byte order mark, which programs on Windows put into files. Remove it, or save the \
             file as UTF-8 without it.",
        );
    }
    if value.trim() != value {
        return Some(
            "has a blank or a line break in front of it or behind it. Remove it: cmd.exe keeps a blank at \
             the end of its set command, and a line of a file from Windows ends with a carriage return.",
        );
    }
    is_at_both_ends(is_quote).then_some(
        "has quotation marks around it. Leave them out. In cmd.exe they stand around the name too: set \
         \"NAME=value\".",
    )
}

/// Says how a text that should be a credential is more than that, or none. Repeats nothing of it.
pub(crate) fn with_credential(text: &str) -> Option<&'static str> {
    let begins = |word: &&str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if text.contains(['\n', '\r']) {
        return Some("has several lines. Give the credential alone, on one line.");
    }
    if begins_with_name(text) {
        return Some(
            "begins with a name and =, as a line of an .env file or a shell script does. Give only what \
             stands behind the =, without quotation marks.",
        );
    }
    if ["Bearer ", "Authorization:", "X-Auth-Key:"].iter().any(begins) {
        return Some("begins with Bearer or the name of a header. Give the credential alone.");
    }
    if text.contains(is_quote) {
        return Some("has a quotation mark in it, which no Cloudflare credential has. Leave it out.");
    }
    let is_sign = |byte: u8| byte.is_ascii_graphic();
    (!text.bytes().all(is_sign)).then_some(
        "has spaces, control characters or characters beyond ASCII, which no Cloudflare credential has. Copy \
         it again.",
    )
}

const fn is_quote(sign: char) -> bool {
    matches!(sign, '"' | '\'' | '`' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' | '\u{ab}' | '\u{bb}')
}

/// Whether a text begins with the name of a variable and `=`, after `export`, `set` or `$env:` too.
fn begins_with_name(text: &str) -> bool {
    let Some((before, _)) = text.split_once('=') else { return false };
    let name = before.trim_end().rsplit([' ', ':', '"', '\'']).next().unwrap_or_default();
    let of_names = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let lower = name.to_ascii_lowercase();
    let is_known = lower.ends_with("token") || lower.ends_with("key");
    name.bytes().all(of_names) && (is_known || name.contains('_') && name.bytes().all(is_capital))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";

    fn told(text: &str) -> Option<&'static str> {
        around(text).or_else(|| with_credential(text))
    }

    #[test]
    fn a_credential_alone_is_good() {
        for text in
            [TOKEN, "c2547eb745079dac9320b638f5e225cf483cc", "demo-token-of-the-mock", "t", "a=", "k:x"]
        {
            assert_eq!(told(text), None, "{text}");
        }
    }

    #[test]
    fn each_sign_that_came_along_is_named_and_nothing_is_repeated() {
        for (pattern, part) in [
            ("\u{feff}*", "byte order mark"),
            ("* ", "a blank or a line break"),
            (" *", "a blank or a line break"),
            ("*\r", "carriage return"),
            ("*\n", "a blank or a line break"),
            ("*\u{a0}", "a blank or a line break"),
            ("  ", "a blank or a line break"),
            ("\"*\"", "quotation marks around it"),
            ("'*'", "quotation marks around it"),
            ("\u{201c}*\u{201d}", "quotation marks around it"),
            ("\"*", "a quotation mark in it"),
            ("*'", "a quotation mark in it"),
            ("*\n*", "several lines"),
            ("*\r\n*", "several lines"),
            ("CLOUDFLARE_ACCOUNT_ID=a\nCLOUDFLARE_API_TOKEN=*", "several lines"),
            ("Bearer *", "begins with Bearer"),
            ("bearer *", "begins with Bearer"),
            ("Authorization: Bearer *", "begins with Bearer"),
            ("X-Auth-Key: *", "begins with Bearer or the name of a header"),
            ("CLOUDFLARE_API_TOKEN=*", "a name and ="),
            ("CLOUDFLARE_API_TOKEN=\"*\"", "a name and ="),
            ("CF_SECRET = *", "a name and ="),
            ("token=*", "a name and ="),
            ("export CLOUDFLARE_API_TOKEN='*'", "a name and ="),
            ("set \"CLOUDFLARE_API_TOKEN=*\"", "a name and ="),
            ("$env:CLOUDFLARE_API_KEY = \"*\"", "a name and ="),
            ("* *", "spaces, control characters"),
            ("*\0", "spaces, control characters"),
            ("\u{e4}*", "beyond ASCII"),
        ] {
            let text = pattern.replace('*', TOKEN);
            let told = told(&text).unwrap_or_default();
            assert!(told.contains(part), "{pattern:?}: {told}");
        }
    }

    #[test]
    fn any_value_is_looked_at_from_outside_alone() {
        for text in [
            "0123456789abcdef0123456789abcdef",
            "\"ann lee\"@corp.example",
            "https://api.corp.example",
            "a b",
        ] {
            assert_eq!(around(text), None, "{text}");
        }
        assert!(around("\"0123\"").is_some());
    }
}
