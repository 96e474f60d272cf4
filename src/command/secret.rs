//! Secrets, and where they come from.

use super::input::{self, Open};
use std::fmt;
use std::io::{self, Read};
use std::path::Path;

/// A credential: it can be used, and not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes it.
    #[must_use]
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    /// What the secret is, for whom it is meant.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// From what a path names. One line break at the end is not a part of it.
    pub(super) fn read(path: &Path, open: Open) -> io::Result<Secret> {
        Self::from_reader(open(path)?)
    }

    fn from_reader(reader: impl Read) -> io::Result<Secret> {
        let bytes = input::read(reader, 64 * 1024, "it is too long to hold a credential")?;
        let text = String::from_utf8(bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        Ok(Secret(line.strip_suffix('\r').unwrap_or(line).to_owned()))
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
    fn one_line_break_is_no_part_of_it() {
        for (given, read) in
            [("s", "s"), ("s\n", "s"), ("s\r\n", "s"), ("s\n\n", "s\n"), (" s ", " s "), ("", "")]
        {
            assert_eq!(Secret::from_reader(given.as_bytes()).unwrap().expose(), read, "{given:?}");
        }
    }

    #[test]
    fn what_can_not_be_one_is_refused() {
        assert!(Secret::from_reader(&[b'x'; 70_000][..]).is_err());
        assert!(Secret::from_reader(&[0xff, 0xfe][..]).is_err());
        assert!(Secret::read(Path::new("/nowhere/at/all"), input::standard_input_only).is_err());
    }

    #[test]
    fn it_is_not_shown() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2".to_owned()))), "Some(Secret(…))");
    }
}
