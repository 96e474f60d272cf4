//! Arguments that several commands or programs share.

use super::failure::Failure;
use crate::contract::{Manifest, ResourceId};
use crate::kinds;
use crate::model::Kind;
use crate::output::csv::Table;
use crate::output::left_out_note;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};
use std::ffi::OsStr;
use std::fmt;

/// The subject of a sync. Each program adds its formats: one has more of them than the other.
#[derive(Debug, clap::Args)]
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

/// Parses `KIND:ID`, the value of an argument. An id may contain colons. The kind is checked here,
/// because the connector names one that it doesn't know.
pub(super) fn resource_id(text: &str) -> Result<ResourceId, String> {
    match text.split_once(':') {
        Some((kind, id)) if !kind.is_empty() && !id.is_empty() => {
            if Kind::parse(kind).is_none() {
                let all = Kind::ALL.map(Kind::as_str).join(", ");
                return Err(format!("there is no such kind; the kinds are {all}"));
            }
            Ok(ResourceId { kind: kind.to_owned(), id: id.to_owned() })
        }
        _ if text.contains('@') => {
            Err("it is not KIND:ID; before an address write email:, as in email:somebody@…".to_owned())
        }
        _ => {
            Err("it is not KIND:ID, as in group:… or app:…; sync --ids shows the ids beside the names"
                .to_owned())
        }
    }
}

/// Parses `KIND:ID` as [`resource_id`] does, of a kind that can hold something.
pub(super) fn principal_id(text: &str) -> Result<ResourceId, String> {
    let id = resource_id(text)?;
    let holders = kinds::principals();
    if holders.clone().all(|kind| kind.as_str() != id.kind) {
        let holders: Vec<&str> = holders.map(Kind::as_str).collect();
        return Err(format!("such a thing holds nothing; what does is {}", holders.join(", ")));
    }
    Ok(id)
}

/// Parses an address, the value of an argument. The connector checks its form.
pub(super) fn address(text: &str) -> Result<String, String> {
    if text.contains('@') && !text.starts_with(&format!("{}:", Kind::Email)) {
        return Ok(text.to_owned());
    }
    Err("it is no address, as in somebody@…".to_owned())
}

/// Parses a person, the value of an argument: an address, or `KIND:ID` as [`resource_id`] does.
pub(super) fn person(text: &str) -> Result<ResourceId, String> {
    let kind = text.split_once(':').and_then(|(kind, _)| Kind::parse(kind));
    match address(text) {
        Ok(address) if kind.is_none() => Ok(ResourceId { kind: Kind::Email.to_string(), id: address }),
        _ => resource_id(text),
    }
}

/// Parses a role, the value of an argument: its id alone, `role:ID` or `scoped-role:ID`, also with the slug
/// of the entitlement.
pub(super) fn role(text: &str) -> Result<ResourceId, String> {
    let slug = format!(":{}", kinds::ASSIGNED_SLUG);
    let (kind, id) = match text.split_once(':') {
        Some((kind, id)) => (Kind::parse(kind), id),
        None => (Some(Kind::Role), text),
    };
    match (kind, id.strip_suffix(&slug).unwrap_or(id)) {
        (Some(kind @ (Kind::Role | Kind::ScopedRole)), id) if !id.is_empty() => {
            Ok(ResourceId { kind: kind.to_string(), id: id.to_owned() })
        }
        _ => Err("it is not the id of a role, nor scoped-role:ID; sync --ids shows the ids beside the names"
            .to_owned()),
    }
}

/// Checks the form of an entitlement's id, the value of an argument: `KIND:ID:SLUG`.
pub(super) fn entitlement_id(text: &str) -> Result<String, String> {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    match text.split_once(':').and_then(|(kind, rest)| Some((kind, rest.rsplit_once(':')?))) {
        Some((kind, (id, slug))) if is_word(kind) && !id.is_empty() && is_word(slug) => Ok(text.to_owned()),
        _ => Err("it is not the id of an entitlement, as in group:…:member or role:…:assigned".to_owned()),
    }
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

    #[test]
    fn an_entitlement_has_three_parts() {
        for text in ["group:g1:member", "role:33666b9c79b9a5273fc7344ff42f953d:assigned", "app:a:b:may-open"]
        {
            assert_eq!(entitlement_id(text).as_deref(), Ok(text));
        }
        for text in
            ["", "e", "group:g1", "group::member", ":g1:member", "group:g1:", "GROUP:g1:member", "g1:g1:g1"]
        {
            assert!(entitlement_id(text).unwrap_err().contains("group:…:member"), "{text}");
        }
    }

    #[test]
    fn a_person_is_an_address_or_an_account() {
        for (text, kind, id) in [
            ("ann@corp.example", "email", "ann@corp.example"),
            ("email:ann@corp.example", "email", "ann@corp.example"),
            ("user:3f5a", "user", "3f5a"),
            ("user:a@b", "user", "a@b"),
            ("odd:name@corp.example", "email", "odd:name@corp.example"),
        ] {
            let read = person(text).unwrap();
            assert_eq!((read.kind.as_str(), read.id.as_str()), (kind, id), "{text}");
        }
        for text in ["", "ann", "hunter2:1", "user:"] {
            assert!(!person(text).unwrap_err().contains("hunter2"), "{text}");
        }
        assert_eq!(address("ann@corp.example").as_deref(), Ok("ann@corp.example"));
        assert!(address("user:1").is_err() && address("email:ann@corp.example").is_err());
    }

    #[test]
    fn a_role_is_an_id_or_has_its_kind() {
        for (text, kind, id) in [
            ("r1", "role", "r1"),
            ("role:r1", "role", "r1"),
            ("role:r1:assigned", "role", "r1"),
            ("scoped-role:p1-z1", "scoped-role", "p1-z1"),
            ("scoped-role:p1-z1:assigned", "scoped-role", "p1-z1"),
            ("role:Audit: Viewer", "role", "Audit: Viewer"),
        ] {
            let read = role(text).unwrap();
            assert_eq!((read.kind.as_str(), read.id.as_str()), (kind, id), "{text}");
        }
        for text in ["", "role:", "group:g1:member", "hunter2:r1", "role::assigned"] {
            assert!(!role(text).unwrap_err().contains("hunter2"), "{text}");
        }
    }

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
        assert_eq!(
            resource_id("hunter2:1").unwrap_err(),
            "there is no such kind; the kinds are identity-provider, group, policy, app, role, user-group, \
             scoped-role, service-token, member, user, email"
        );
    }
}
