//! The encoding of files and bodies, as programs on Windows write them.

use std::error::Error;
use std::fmt;

/// The mark that Notepad, PowerShell and Excel put in front of UTF-8 text.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// A text is UTF-16, and can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf16;

impl fmt::Display for Utf16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is UTF-16 text, as PowerShell's > and some editors write it. Save it as UTF-8")
    }
}

impl Error for Utf16 {}

/// Returns a text without the mark of UTF-8 in front of it.
///
/// # Errors
/// Fails for UTF-16, which is known by its own mark, or by the zero byte of its first character.
pub fn without_mark(text: &[u8]) -> Result<&[u8], Utf16> {
    match text {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(Utf16),
        [first, second, ..] if (*first == 0) != (*second == 0) => Err(Utf16),
        _ => Ok(text.strip_prefix(UTF8_MARK).unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mark_is_no_part_of_a_text() {
        for (given, text) in [
            (&b"\xef\xbb\xbf{}"[..], &b"{}"[..]),
            (b"\xef\xbb\xbf", b""),
            (b"\xef\xbb\xbf\xef\xbb\xbf{}", b"\xef\xbb\xbf{}"),
            (b" \xef\xbb\xbf{}", b" \xef\xbb\xbf{}"),
            (b"\xef\xbb", b"\xef\xbb"),
            (b"{}", b"{}"),
            (b"{", b"{"),
            (b"", b""),
        ] {
            assert_eq!(without_mark(given), Ok(text));
        }
    }

    #[test]
    fn utf_16_is_known_in_either_order_with_and_without_a_mark() {
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        for text in ["{}", "\u{feff}{}", "\u{feff}", "t"] {
            let little: Vec<u8> = units(text).into_iter().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = units(text).into_iter().flat_map(u16::to_be_bytes).collect();
            assert_eq!((without_mark(&little), without_mark(&big)), (Err(Utf16), Err(Utf16)), "{text:?}");
        }
    }
}
