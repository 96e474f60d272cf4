//! Secrets, and how a command reads them.

use super::input::{self, Open};
use std::fmt;
use std::io::{self, Read};
use std::path::Path;

/// A credential. It can be used, and `Debug` doesn't show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps this text.
    #[must_use]
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    /// The secret itself, for the connector alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Reads a secret from a path. White space, empty lines and a byte order mark around it are not
    /// part of it: no credential has any.
    pub(super) fn read(path: &Path, open: Open) -> io::Result<Secret> {
        Self::from_reader(open(path)?)
    }

    fn from_reader(reader: impl Read) -> io::Result<Secret> {
        let bytes = input::read(reader, 64 * 1024, "it is too long to hold a credential")?;
        let text = String::from_utf8(bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))?;
        Ok(Secret(text.trim_ascii().to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_has_around_it_is_no_part_of_it() {
        for (given, read) in [
            ("s", "s"),
            ("s\n", "s"),
            ("s\r\n", "s"),
            ("s\n\n", "s"),
            ("\u{feff}s\r\n\r\n", "s"),
            ("\u{feff}\r\n\ts \r\n \t\n", "s"),
            ("s\r\nt\n", "s\r\nt"),
            ("s t\n", "s t"),
            ("\u{feff}\r\n", ""),
            ("", ""),
        ] {
            assert_eq!(Secret::from_reader(given.as_bytes()).unwrap().expose(), read, "{given:?}");
        }
    }

    #[test]
    fn what_can_not_be_one_is_refused() {
        assert!(Secret::from_reader(&[b'x'; 70_000][..]).is_err());
        assert!(Secret::from_reader(&[b'x', 0xff][..]).is_err());
        for utf16 in [&b"\xff\xfeh\0u\0"[..], b"\xfe\xff\0h\0u", b"h\0u\0\r\0\n\0", b"\0h\0u"] {
            let error = Secret::from_reader(utf16).unwrap_err().to_string();
            assert!(error.contains("UTF-16") && error.contains("Save it as UTF-8"), "{error}");
            assert!(!error.contains("hu"), "{error}");
        }
        assert!(Secret::read(Path::new("/nowhere/at/all"), input::standard_input_only).is_err());
    }

    #[test]
    fn it_is_not_shown() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2".to_owned()))), "Some(Secret(…))");
    }
}
