//! Arguments that several commands or programs share.

use super::failure::Failure;
use crate::contract::Manifest;
use crate::model::Kind;
use crate::output::csv::Table;
use crate::output::left_out_note;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};
use std::ffi::OsStr;
use std::fmt;

/// The subject of a sync. Each program adds its formats: one has more of them than the other.
#[derive(Debug, Default, clap::Args)]
pub struct ReadArgs {
    /// Only these resource types, and grants between them
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', value_parser = AnyKind)]
    pub kinds: Vec<String>,
    /// With csv on standard output: which of the tables; grants, where none is given
    #[arg(long, value_enum)]
    pub table: Option<Table>,
    /// With csv: begin each table with a byte order mark, so that Excel reads it as UTF-8
    #[arg(long)]
    pub bom: bool,
    /// Whether tables show ids.
    #[command(flatten)]
    pub ids: IdsArgs,
}

/// Takes any word, and names the kinds for help and completions. [`ReadArgs::check_kinds`] says which
/// of several words is wrong.
#[derive(Clone, Copy, Debug)]
struct AnyKind;

impl TypedValueParser for AnyKind {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Kind::ALL.into_iter().map(|kind| PossibleValue::new(kind.as_str()))))
    }
}

/// Whether a table shows ids.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct IdsArgs {
    /// With table: show the ids too, as get, --entitlement and --principal take them
    #[arg(long)]
    pub ids: bool,
}

impl IdsArgs {
    /// Reports the flag where no table is written.
    ///
    /// # Errors
    /// Fails when ids are asked for and the format isn't a table.
    pub fn check(self, is_table: bool) -> Result<(), Failure> {
        if self.ids && !is_table {
            return Err(Failure::Usage(
                "--ids is for --format table: the other formats have ids.".to_owned(),
            ));
        }
        Ok(())
    }
}

impl ReadArgs {
    /// Reports flags that contradict each other, before anything is started.
    ///
    /// # Errors
    /// Fails when a table of CSV or a byte order mark is wanted and the format is another one, or ids
    /// and no tables.
    pub fn check(&self, format: Option<Format>) -> Result<(), Failure> {
        if self.table.is_some() && format != Some(Format::Csv) {
            return Err(Failure::Usage("--table needs --format csv.".to_owned()));
        }
        if self.bom && format != Some(Format::Csv) {
            return Err(Failure::Usage(
                "--bom needs --format csv: it is for spreadsheets, and the other formats are not.".to_owned(),
            ));
        }
        self.ids.check(format == Some(Format::Table))
    }

    /// Says which grants the result can't have because of `--kinds`, where the result itself doesn't say so:
    /// tables do.
    #[must_use]
    pub fn left_out(&self, format: Option<Format>) -> Option<String> {
        let note = left_out_note(&self.kinds).filter(|_| format != Some(Format::Table));
        note.map(|note| format!("note: {note}"))
    }

    /// Reports a kind that doesn't exist, with those that do.
    ///
    /// # Errors
    /// Fails when a kind isn't in the manifest.
    pub fn check_kinds(&self, manifest: &Manifest) -> Result<(), Failure> {
        let known: Vec<&str> = manifest.resource_types.iter().map(|of| of.id.as_str()).collect();
        match self.kinds.iter().position(|kind| !known.contains(&kind.as_str())) {
            Some(place) => {
                // What was typed isn't repeated if a secret can stand there by mistake.
                let typed = self.kinds.get(place).filter(|kind| is_like_a_kind(kind));
                let what = match typed {
                    Some(kind) => format!("there is no kind “{kind}”"),
                    None => format!("number {} of the kinds doesn't exist", place + 1),
                };
                Err(Failure::Usage(format!("--kinds: {what}. There are: {}.", known.join(", "))))
            }
            None => Ok(()),
        }
    }
}

/// Whether a text has the form of a kind, and nothing that only a secret has.
fn is_like_a_kind(text: &str) -> bool {
    const LONGEST: usize = 24;
    text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kinds: &[&str]) -> ReadArgs {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        ReadArgs { kinds, table: None, bom: false, ids: IdsArgs::default() }
    }

    #[test]
    fn a_kind_that_does_not_exist_is_repeated_if_it_is_no_secret() {
        let told = |kinds: &[&str]| {
            read(kinds).check_kinds(&crate::contract::manifest()).map_err(|failure| failure.to_string())
        };
        assert!(told(&["app", "user"]).is_ok() && told(&[]).is_ok());
        let error = told(&["user", "apps"]).unwrap_err();
        assert!(error.starts_with("--kinds: there is no kind “apps”. There are: "), "{error}");
        for secret in
            ["hunter2", "Apps", "c2547eb745079dac9320b638f5e225cf483cc", "abcdefghijklmnopqrstuvwxyz"]
        {
            let error = told(&["user", secret]).unwrap_err();
            assert!(error.starts_with("--kinds: number 2 of the kinds doesn't exist"), "{error}");
        }
    }

    #[test]
    fn what_was_not_asked_for_is_told_where_the_result_does_not() {
        let note = read(&["app", "user"]).left_out(Some(Format::Jsonl)).unwrap();
        assert!(note.starts_with("note: Grants to members"), "{note}");
        for (kinds, format) in
            [(&["app", "user"][..], Some(Format::Table)), (&[], Some(Format::Csv)), (&[], None)]
        {
            assert_eq!(read(kinds).left_out(format), None, "{kinds:?}");
        }
        assert!(read(&["app"]).left_out(None).is_some());
    }
}
