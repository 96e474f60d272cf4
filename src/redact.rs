//! Removes a secret from a text, also where the text has it in another form: a server or a proxy
//! may echo what it was sent after it has encoded it. `SECURITY.md` says which forms are known.

use crate::sorted;
use std::ops::Range;

const REDACTED: &str = "[redacted]";
/// The length in bytes below which a secret is found only as it is: no credential is so short, and
/// a few letters in another form are found by chance.
const SHORT: usize = 8;
/// A part of a secret is found if it has a third of its length at least, and so many bytes:
/// Cloudflare's tokens have 40 of them, and a shorter part may stand there by chance.
const LEAST_PART: usize = 12;

/// Replaces the secret in a text, and every known form of it.
pub fn redacted(secret: &str, text: &str) -> String {
    without(secret, text, false)
}

/// Does the same for the beginning of a text that goes on. What may be the beginning of the secret
/// at the end is cut off.
pub fn redacted_beginning(secret: &str, text: &str) -> String {
    without(secret, text, true)
}

fn without(secret: &str, text: &str, goes_on: bool) -> String {
    if secret.is_empty() {
        return text.to_owned();
    }
    if secret.len() < SHORT {
        return text.replace(secret, REDACTED);
    }
    let text = if goes_on { without_half_an_escape(text) } else { text.as_bytes() };
    let forms = forms(secret.as_bytes());
    let mut found = Vec::new();
    for units in [plain(text), decoded(text)] {
        for place in 0..units.len() {
            let rest = units.get(place..).unwrap_or_default();
            found.extend(forms.iter().filter_map(|form| form.find(rest, goes_on, &units, place)));
            found.extend(find_part(secret.as_bytes(), rest));
        }
    }
    replaced(text, found, goes_on)
}

/// Replaces these parts of a text. Parts that overlap are replaced together.
fn replaced(text: &[u8], mut found: Vec<Range<usize>>, goes_on: bool) -> String {
    sorted::sort_by(&mut found, |a, b| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
    let (mut shown, mut done) = (Vec::new(), 0);
    for Range { start, end } in found {
        if start >= done {
            shown.extend_from_slice(text.get(done..start).unwrap_or_default());
            if !(goes_on && end == text.len()) {
                shown.extend_from_slice(REDACTED.as_bytes());
            }
        }
        done = done.max(end);
    }
    shown.extend_from_slice(text.get(done..).unwrap_or_default());
    String::from_utf8_lossy(&shown).into_owned()
}

/// A byte that a text stands for, and the part of the text that stands for it.
struct Unit {
    byte: u8,
    part: Range<usize>,
}

/// Reads a text as it is.
fn plain(text: &[u8]) -> Vec<Unit> {
    text.iter().enumerate().map(|(at, &byte)| Unit { byte, part: at..at + 1 }).collect()
}

/// Reads a text whose characters may be escaped as in a URL, in JSON or in HTML.
fn decoded(text: &[u8]) -> Vec<Unit> {
    let (mut units, mut at) = (Vec::new(), 0);
    while let Some(&first) = text.get(at) {
        let (byte, length) = escaped(text.get(at..).unwrap_or_default()).unwrap_or((first, 1));
        units.push(Unit { byte, part: at..at + length });
        at += length;
    }
    units
}

/// Reads the escaped character at the beginning of a text. Returns it with the length of its escape.
fn escaped(text: &[u8]) -> Option<(u8, usize)> {
    let number =
        |digits: Option<&[u8]>, radix| u8::from_str_radix(std::str::from_utf8(digits?).ok()?, radix).ok();
    match text {
        [b'%', ..] => Some((number(text.get(1..3), 16)?, 3)),
        [b'\\', b'x', ..] => Some((number(text.get(2..4), 16)?, 4)),
        [b'\\', b'u', ..] => Some((number(text.get(2..6), 16)?, 6)),
        [b'\\', sign, ..] if sign.is_ascii_punctuation() => Some((*sign, 2)),
        [b'&', b'#', ..] => {
            let end = text.iter().take(8).position(|&byte| byte == b';')?;
            let byte = match text.get(2) {
                Some(b'x' | b'X') => number(text.get(3..end), 16),
                _ => number(text.get(2..end), 10),
            };
            Some((byte?, end + 1))
        }
        _ => None,
    }
}

/// Cuts off an escape that isn't complete.
fn without_half_an_escape(text: &str) -> &[u8] {
    let text = text.as_bytes();
    let late = text.len().saturating_sub(7)..text.len();
    let begins = |&at: &usize| text.get(at).is_some_and(|byte| b"%\\&".contains(byte));
    let is_half = |at: &usize| text.get(*at..).is_some_and(|rest| escaped(rest).is_none());
    let end = late.rev().filter(begins).find(is_half).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// A form in which a secret can stand in a text.
struct Form {
    bytes: Vec<u8>,
    kind: FormKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FormKind {
    /// In letters of any case.
    AnyCase,
    /// In Base64, of either alphabet. The signs around it belong to it.
    Base64,
}

impl Form {
    /// Returns the part of a text that begins with this form, if it does. `rest` is the text from
    /// this place on.
    fn find(&self, rest: &[Unit], goes_on: bool, text: &[Unit], place: usize) -> Option<Range<usize>> {
        let is_same = |(unit, byte): &(&Unit, &u8)| match self.kind {
            FormKind::AnyCase => unit.byte.eq_ignore_ascii_case(byte),
            FormKind::Base64 => standard(unit.byte) == **byte,
        };
        let same = rest.iter().zip(&self.bytes).take_while(is_same).count();
        let is_whole = same == self.bytes.len() || goes_on && same == rest.len();
        if !is_whole {
            return None;
        }
        let part = part_of(rest.get(..same)?)?;
        if self.kind == FormKind::AnyCase {
            return Some(part);
        }
        let is_sign = |unit: &&Unit| unit.byte.is_ascii_alphanumeric() || b"+/-_=".contains(&unit.byte);
        let before = text.get(..place)?.iter().rev().take_while(is_sign).last();
        let behind = rest.get(same..)?.iter().take_while(is_sign).last();
        Some(before.map_or(part.start, |unit| unit.part.start)..behind.map_or(part.end, |unit| unit.part.end))
    }
}

fn part_of(units: &[Unit]) -> Option<Range<usize>> {
    Some(units.first()?.part.start..units.last()?.part.end)
}

/// Returns the part of a text that begins with a considerable part of the secret, if it does.
fn find_part(secret: &[u8], rest: &[Unit]) -> Option<Range<usize>> {
    let least = secret.len().div_ceil(3).max(LEAST_PART);
    let same = |from: usize| {
        let of_secret = secret.get(from..).unwrap_or_default();
        rest.iter().zip(of_secret).take_while(|(unit, byte)| unit.byte == **byte).count()
    };
    let longest = (0..=secret.len().saturating_sub(least)).map(same).max()?;
    (longest >= least).then(|| part_of(rest.get(..longest)?)).flatten()
}

fn forms(secret: &[u8]) -> Vec<Form> {
    let hex = secret.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
    let any_case = [secret.to_vec(), secret.iter().rev().copied().collect(), hex];
    let any_case = any_case.map(|bytes| Form { bytes, kind: FormKind::AnyCase });
    let base64 = (0..3).map(|before| Form { bytes: base64(secret, before), kind: FormKind::Base64 });
    any_case.into_iter().chain(base64).collect()
}

/// Returns the signs of Base64 that depend on the secret alone, if so many bytes stand before it, and
/// any behind it: three bytes become four signs.
fn base64(secret: &[u8], before: usize) -> Vec<u8> {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |at: usize| {
        let byte = (at / 8).checked_sub(before).and_then(|at| secret.get(at)).copied().unwrap_or_default();
        usize::from(byte >> (7 - at % 8) & 1)
    };
    let sign = |number: usize| {
        let value = (0..6).fold(0, |value, at| value << 1 | bit(number * 6 + at));
        SIGNS.get(value).copied().unwrap_or_default()
    };
    ((before * 8).div_ceil(6)..(before + secret.len()) * 8 / 6).map(sign).collect()
}

/// Returns the sign of standard Base64 for one of the alphabet for URLs.
const fn standard(sign: u8) -> u8 {
    match sign {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "Canary_7c1f0E5d9b3a4886+/~zQ-x4";

    fn encoded(bytes: &[u8], is_for_urls: bool, is_padded: bool) -> String {
        let mut signs = base64(bytes, 0);
        if !bytes.len().is_multiple_of(3) {
            let rest = bytes.len() / 3 * 3;
            let padded = [&bytes[rest..], &[0, 0, 0]].concat();
            signs.truncate(bytes.len() / 3 * 4);
            signs.extend(base64(&padded[..3], 0).iter().take(bytes.len() - rest + 1));
        }
        let mut text = String::from_utf8(signs).unwrap();
        if is_for_urls {
            text = text.replace('+', "-").replace('/', "_");
        }
        while is_padded && !text.len().is_multiple_of(4) {
            text.push('=');
        }
        text
    }

    #[test]
    fn base64_is_base64() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ] {
            assert_eq!(encoded(text.as_bytes(), false, true), expected);
        }
    }

    /// All forms that are known, each with its name.
    fn all() -> Vec<(String, String)> {
        let each = |write: &dyn Fn(u8) -> String| SECRET.bytes().map(write).collect::<String>();
        let mut all = vec![
            ("as it is".to_owned(), SECRET.to_owned()),
            ("small".to_owned(), SECRET.to_lowercase()),
            ("capital".to_owned(), SECRET.to_uppercase()),
            ("reversed".to_owned(), SECRET.chars().rev().collect()),
            ("hex".to_owned(), each(&|byte| format!("{byte:02x}"))),
            ("HEX".to_owned(), each(&|byte| format!("{byte:02X}"))),
            ("url".to_owned(), SECRET.replace('+', "%2B").replace('/', "%2f").replace('~', "%7E")),
            ("url, all".to_owned(), each(&|byte| format!("%{byte:02x}"))),
            ("json".to_owned(), SECRET.replace('/', "\\/")),
            ("json, all".to_owned(), each(&|byte| format!("\\u{byte:04x}"))),
            ("html".to_owned(), SECRET.replace('+', "&#43;").replace('/', "&#x2f;")),
            ("html, all".to_owned(), each(&|byte| format!("&#{byte};"))),
        ];
        for before in ["", "a", "ab", "ann@corp.example:", "Bearer "] {
            for behind in ["", "x", "xy", "\n\n\n"] {
                let whole = format!("{before}{SECRET}{behind}");
                for (is_for_urls, is_padded) in [(false, true), (false, false), (true, true), (true, false)] {
                    let text = encoded(whole.as_bytes(), is_for_urls, is_padded);
                    all.push((format!("base64 of {whole:?}"), text.replace('/', "%2F")));
                    all.push((format!("base64 of {whole:?}"), text));
                }
            }
        }
        all
    }

    #[test]
    fn every_known_form_is_replaced_and_nothing_else() {
        for (name, form) in all() {
            for (before, behind) in [("", ""), ("you sent ", ", which is wrong"), ("ä (", ") ö")] {
                let shown = redacted(SECRET, &format!("{before}{form}{behind}"));
                assert_eq!(shown, format!("{before}[redacted]{behind}"), "{name}");
            }
        }
        for harmless in ["", "Couldn't read roles: %zz \\q &#; &#300; \\u12", "canary 7c1f", "日本 %E6%97%A5"]
        {
            assert_eq!(redacted(SECRET, harmless), harmless);
        }
    }

    #[test]
    fn a_considerable_part_is_replaced() {
        let (first, second) = SECRET.split_at(SECRET.len() / 2);
        assert_eq!(redacted(SECRET, &format!("{first} and {second}")), "[redacted] and [redacted]");
        assert_eq!(redacted(SECRET, &format!("…{}…", &SECRET[7..20])), "…[redacted]…");
        assert_eq!(redacted(SECRET, &SECRET[..10]), SECRET[..10]);
    }

    #[test]
    fn of_a_text_that_goes_on_no_beginning_of_a_secret_is_left() {
        for (name, form) in all() {
            for end in form.char_indices().map(|(end, _)| end) {
                let shown = redacted_beginning(SECRET, &format!("you sent: {}", &form[..end]));
                // In Base64, what stands before the secret says nothing of it.
                let is_left = name.starts_with("base64") && !name.contains(&format!("of \"{SECRET}"));
                assert!(shown == "you sent: " || is_left && shown.len() < 40, "{name}: {shown}");
            }
        }
    }

    #[test]
    fn a_short_secret_is_found_only_as_it_is() {
        assert_eq!(redacted("s3cret", "/v1/s3cret/terc3s"), "/v1/[redacted]/terc3s");
        assert_eq!(redacted("", "nothing"), "nothing");
    }
}
