//! Arguments that several commands or programs share.

use super::failure::Failure;
use crate::contract::{Manifest, ResourceId};
use crate::output::csv::Table;
use std::fmt;

/// The subject of a sync. Each program adds its formats: one has more of them than the other.
#[derive(Debug, clap::Args)]
pub struct ReadArgs {
    /// Only these resource types, and grants between them
    #[arg(long, value_name = "KIND,…", value_delimiter = ',')]
    pub kinds: Vec<String>,
    /// With csv on standard output: which of the tables; grants, where none is given
    #[arg(long, value_enum)]
    pub table: Option<Table>,
}

impl ReadArgs {
    /// Reports flags that contradict each other, before anything is started.
    ///
    /// # Errors
    /// Fails when a table is given and the format isn't CSV.
    pub fn check(&self, is_csv: bool) -> Result<(), Failure> {
        if self.table.is_some() && !is_csv {
            return Err(Failure::Usage("--table needs --format csv.".to_owned()));
        }
        Ok(())
    }

    /// Reports a kind that doesn't exist, with those that do.
    ///
    /// # Errors
    /// Fails when a kind isn't in the manifest.
    pub fn check_kinds(&self, manifest: &Manifest) -> Result<(), Failure> {
        let known: Vec<&str> = manifest.resource_types.iter().map(|of| of.id.as_str()).collect();
        match self.kinds.iter().find(|kind| !known.contains(&kind.as_str())) {
            Some(unknown) => Err(Failure::Usage(format!(
                "--kinds: there is no kind {unknown:?}. There are: {}.",
                known.join(", ")
            ))),
            None => Ok(()),
        }
    }
}

/// The text formats of a sync's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Tables for a person; of a big account, the beginning
    Table,
    /// One JSON object a line; pages are written as they come
    Jsonl,
    /// Tables of resources, entitlements, grants and warnings; pages are written as they come. A
    /// cell that a spreadsheet would run as a formula (its first sign is = + - @, a tab or a
    /// line break, white space aside) gets a ' in front; control and invisible characters are
    /// replaced; what is nested is JSON
    Csv,
}

impl Format {
    /// The word for it on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The formats of a command that writes to standard output alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TextFormat {
    /// For a person
    Table,
    /// One JSON object a line
    Jsonl,
}

/// Parses `KIND:ID`, the value of an argument. An id may contain colons.
pub(super) fn resource_id(text: &str) -> Result<ResourceId, String> {
    match text.split_once(':') {
        Some((kind, id)) if !kind.is_empty() && !id.is_empty() => {
            Ok(ResourceId { kind: kind.to_owned(), id: id.to_owned() })
        }
        _ => Err("it is not KIND:ID, as in email:ann@corp.example".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_may_hold_what_separates_it_from_its_kind() {
        for (text, kind, id) in [
            ("user:3f5a", "user", "3f5a"),
            ("email:a:b@corp.example", "email", "a:b@corp.example"),
            ("email:::", "email", "::"),
            ("email: ", "email", " "),
        ] {
            let read = resource_id(text).unwrap();
            assert_eq!((read.kind.as_str(), read.id.as_str()), (kind, id), "{text}");
        }
        for text in ["", ":", "user", "user:", ":3f5a", "ann@corp.example"] {
            assert!(resource_id(text).unwrap_err().contains("KIND:ID"), "{text}");
        }
    }
}
