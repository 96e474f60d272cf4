//! Secrets, and where they come from.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

/// A credential: it can be used, and not shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn new(text: String) -> Secret {
        Secret(text)
    }

    /// What the secret is, for whom it is meant.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// From a file, or from standard input where the path is `-`. One line break at the end is not a part of it.
    pub(super) fn read(path: &Path) -> io::Result<Secret> {
        if path == Path::new("-") {
            Self::from_reader(io::stdin())
        } else {
            Self::from_reader(std::fs::File::open(path)?)
        }
    }

    fn from_reader(reader: impl Read) -> io::Result<Secret> {
        const LONGEST: u64 = 64 * 1024;
        let mut text = String::new();
        reader.take(LONGEST + 1).read_to_string(&mut text)?;
        if text.len() as u64 > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too long to hold a credential"));
        }
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
        for (given, read) in [("s", "s"), ("s\n", "s"), ("s\r\n", "s"), ("s\n\n", "s\n"), (" s ", " s "), ("", "")] {
            assert_eq!(Secret::from_reader(given.as_bytes()).unwrap().expose(), read, "{given:?}");
        }
    }

    #[test]
    fn what_can_not_be_one_is_refused() {
        assert!(Secret::from_reader(&[b'x'; 70_000][..]).is_err());
        assert!(Secret::from_reader(&[0xff, 0xfe][..]).is_err());
        assert!(Secret::read(Path::new("/nowhere/at/all")).is_err());
    }

    #[test]
    fn it_is_not_shown() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2".to_owned()))), "Some(Secret(…))");
    }
}
