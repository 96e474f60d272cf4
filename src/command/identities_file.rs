//! `--identities`: who is in the groups of identity providers, as CSV or JSON Lines.

use super::failure::Failure;
use super::input::{self, Open};
use super::providers::{GroupFacts, Providers, Unnamed};
use super::shown::{file_name, harmless_path};
use crate::cloudflare::time::of_item;
use crate::credential::{is_like_one, is_made_of_words};
use crate::output::not_read;
use crate::rules::is_address;
use csv::{ReaderBuilder, StringRecord, Trim};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The most bytes of a file: about a million rows.
const LONGEST: u64 = 64 << 20;
/// The text for a file that is longer.
const TOO_LONG: &str = "it has more than 64 MiB. `identities wanted` lists the groups that rules name: no \
                        others have to be in it";
/// The columns of a CSV file, and the keys of a line of JSON. The last of them may be missing.
const COLUMNS: [&str; 4] = ["provider", "group", "address", "as_of"];
/// The number of [`COLUMNS`] that must be there.
const NEEDED: usize = 3;
/// The most characters of a source's name.
const LONGEST_NAME: usize = 100;

/// Everything that a file tells.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// The file's name in messages.
    file: String,
    source: String,
    groups: Groups,
}

type Groups = BTreeMap<Key, Group>;

/// The provider as the file names it, the group, and the time of which the rows tell.
type Key = (String, String, Option<String>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Group {
    /// The addresses, in lower case.
    addresses: BTreeSet<String>,
    rows: u64,
    /// The number of its first line.
    line: u64,
}

/// The facts of a file about the providers that rules name.
#[derive(Debug, PartialEq, Eq)]
pub struct Assigned {
    /// The facts.
    pub facts: Vec<GroupFacts>,
    /// A sentence about rows that are left out, for a person.
    pub note: Option<String>,
}

/// Reads the facts of a file, or of standard input for the path `-`. A row without a time of its
/// own has that of `as_of`.
///
/// # Errors
/// Fails when the file can't be read, or a row of it isn't one.
pub fn read(path: &Path, open: Open, as_of: Option<&str>) -> Result<Told, Failure> {
    let (file, source) = match path == Path::new("-") {
        true => ("standard input".to_owned(), "standard input".to_owned()),
        false => (file_name(path).into_owned(), source_name(path)),
    };
    match open(path).and_then(|content| input::read(content, LONGEST, TOO_LONG)) {
        Ok(text) => Told::parse(file, source, &text, as_of),
        Err(error) => Err(failure(&file, None, format!("it can't be read: {error}"))),
    }
}

fn failure(file: &str, line: Option<usize>, problem: String) -> Failure {
    Failure::Changes { file: format!("--identities: {file}"), line, problem }
}

/// Parses a time, the value of an argument or of a row.
///
/// # Errors
/// Fails when it isn't one in RFC 3339.
pub fn time(text: &str) -> Result<String, String> {
    const LONGEST: usize = 40;
    if text.len() <= LONGEST && of_item(text).is_some() {
        return Ok(text.to_owned());
    }
    Err("it is no time in RFC 3339, as in 2026-11-29T07:00:00Z".to_owned())
}

/// Whether a time is still to come, as far as this program has a clock: the component has none. Clocks
/// differ by some minutes.
#[must_use]
pub fn is_in_future(time: &str) -> bool {
    const DIFFERENCE: i64 = 300;
    let now = (!cfg!(target_family = "wasm")).then(std::time::SystemTime::now);
    let now = now.and_then(|now| now.duration_since(std::time::UNIX_EPOCH).ok());
    let now = now.and_then(|now| i64::try_from(now.as_secs()).ok());
    of_item(time).zip(now).is_some_and(|(time, now)| time > now + DIFFERENCE)
}

/// Returns the name of the source that a file is: that of the file, without its folders.
#[must_use]
pub fn source_name(path: &Path) -> String {
    let name = harmless_path(path).and(path.file_name()).map(|name| name.to_string_lossy());
    let shown = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
    name.map_or_else(|| "a file".to_owned(), |name| name.chars().map(shown).take(LONGEST_NAME).collect())
}

impl Told {
    /// Reads a text, whose name in messages is `file`.
    ///
    /// # Errors
    /// Fails when a row of it isn't one.
    pub fn parse(file: String, source: String, text: &[u8], as_of: Option<&str>) -> Result<Told, Failure> {
        let groups = parse(text, as_of).map_err(|(line, problem)| failure(&file, line, problem))?;
        Ok(Told { file, source, groups })
    }

    /// Returns the file's name in messages.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Assigns each row to the provider that it names.
    ///
    /// # Errors
    /// Fails when a row's provider can be several of those that rules name.
    pub fn assign(self, providers: &Providers) -> Result<Assigned, Failure> {
        let Told { file, source, groups } = self;
        let (mut facts, mut left_out, mut unknown) = (Vec::new(), 0, BTreeSet::new());
        for ((provider, group, as_of), Group { addresses, rows, line }) in groups {
            match providers.find(&provider) {
                Ok(provider) => facts.push(GroupFacts {
                    provider: provider.id.clone(),
                    group,
                    addresses: addresses.into_iter().collect(),
                    source: source.clone(),
                    as_of,
                }),
                Err(Unnamed::Unknown) => {
                    left_out += rows;
                    unknown.insert(provider);
                }
                Err(Unnamed::Several(several)) => {
                    return Err(Failure::Usage(format!(
                        "--identities: {file}, line {line}: `provider` can't tell which is meant: \
                         {several}. Write the name or the id of one."
                    )));
                }
            }
        }
        let note = (left_out > 0).then(|| {
            let (rows, are) = if left_out == 1 { ("row", "is") } else { ("rows", "are") };
            let of = match unknown.len() {
                1 => "a provider".to_owned(),
                count => format!("{count} providers"),
            };
            let told = providers.told();
            format!("{file}: {left_out} {rows} about {of} that no rule names {are} left out. {told}")
        });
        Ok(Assigned { facts, note })
    }
}

/// A problem with a line, or with the whole file.
type Problem = (Option<usize>, String);

/// Reads rows of CSV, or lines of JSON if the text begins with an object.
fn parse(text: &[u8], as_of: Option<&str>) -> Result<Groups, Problem> {
    match text.trim_ascii_start() {
        [] => Err((None, format!("it is empty: {FORMS}"))),
        [b'C', b'1', b'Z', b'F' | b'3', 0, ..] => Err((None, IS_C1Z.to_owned())),
        [b'{' | b'[', ..] => each_line(text, as_of, json_row),
        _ => {
            let mut header = None;
            each_line(text, as_of, |line| match &header {
                Some(header) => csv_row(line, header),
                None => {
                    header = Some(Header::read(line)?);
                    Ok(None)
                }
            })
        }
    }
}

/// The text for a c1z, which is no text.
const IS_C1Z: &str = "it is a file of a baton connector, and this reads CSV and JSON Lines. The program \
                      host-test reads such a file if its name ends with .c1z";
/// The forms that a file can have.
const FORMS: &str = "its first line has to be provider,group,address, or each line an object with these keys";

/// A row of a file.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with provider, group and address")]
struct Row {
    provider: String,
    group: String,
    /// Empty for a group in which the source knows nobody more.
    address: String,
    #[serde(default)]
    as_of: Option<String>,
}

impl Row {
    fn check(&self) -> Result<(), String> {
        const LONGEST: usize = 254;
        for (name, text) in [("provider", &self.provider), ("group", &self.group)] {
            if text.is_empty() {
                return Err(format!("`{name}` is empty"));
            }
            if text.contains(char::is_control) {
                return Err(format!(
                    "`{name}` has a line break, a tab or another character that isn't shown"
                ));
            }
        }
        let address = self.address.as_str();
        let is_one = address.is_ascii() && address.len() <= LONGEST && is_address(address);
        if !address.is_empty() && !is_one {
            return Err(
                "`address` isn't one plain address, as in somebody@example.com. It is left empty for a \
                        group that has nobody"
                    .to_owned(),
            );
        }
        match self.as_of.as_deref().map(time) {
            Some(Err(problem)) => Err(format!("`as_of`: {problem}")),
            _ => Ok(()),
        }
    }
}

/// Reads each line that isn't empty.
fn each_line(
    text: &[u8],
    as_of: Option<&str>,
    mut row: impl FnMut(&[u8]) -> Result<Option<Row>, String>,
) -> Result<Groups, Problem> {
    let mut groups = Groups::new();
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() {
            continue;
        }
        let read = row(line).and_then(|row| match row {
            Some(row) => row.check().map(|()| Some(row)),
            None => Ok(None),
        });
        let Some(row) = read.map_err(|problem| (Some(number), problem))? else { continue };
        let as_of = row.as_of.or_else(|| as_of.map(str::to_owned));
        let group = groups.entry((row.provider, row.group, as_of)).or_default();
        if group.rows == 0 {
            group.line = number as u64;
        }
        group.rows += 1;
        if !row.address.is_empty() {
            group.addresses.insert(row.address.to_ascii_lowercase());
        }
    }
    Ok(groups)
}

fn json_row(line: &[u8]) -> Result<Option<Row>, String> {
    // serde would take an array of values for an object.
    if line.trim_ascii_start().starts_with(b"[") {
        return Err(
            "a JSON array begins here, and each row has to be an object on a line of its own. `jq -c '.[]'` \
                    writes the elements of an array so"
                .to_owned(),
        );
    }
    let problem = |error: serde_json::Error| {
        let column = error.column();
        if error.is_eof() {
            return "an object ends in its middle here, and each row has to stand on one line. `jq -c .` \
                    writes it so"
                .to_owned();
        }
        match error.is_data() {
            true => format!("{}, at column {column}", not_read(&error)),
            false => format!("it isn't an object in JSON (column {column})"),
        }
    };
    serde_json::from_slice::<Row>(line).map(Some).map_err(problem)
}

/// The first line of a CSV file.
struct Header {
    separator: u8,
    /// The places of [`COLUMNS`].
    places: [Option<usize>; COLUMNS.len()],
    columns: usize,
}

impl Header {
    fn read(line: &[u8]) -> Result<Header, String> {
        // Spreadsheets write semicolons where the comma stands in numbers, and a copied table has
        // tabs.
        let separators = [b',', b';', b'\t'].into_iter();
        let separator =
            separators.max_by_key(|it| (line.iter().filter(|byte| *byte == it).count(), *it == b','));
        let separator = separator.unwrap_or(b',');
        let record = fields(line, separator)?;
        let mut places = [None; COLUMNS.len()];
        for (at, name) in record.iter().enumerate() {
            let column = COLUMNS.iter().position(|column| column.eq_ignore_ascii_case(name));
            let Some(place) = column.and_then(|column| places.get_mut(column)) else {
                return Err(format!("{} is none of the columns: {FORMS}", shown(name, at + 1)));
            };
            if place.replace(at).is_some() {
                return Err(format!("the column `{name}` is there twice"));
            }
        }
        match COLUMNS.iter().zip(&places).take(NEEDED).find(|(_, place)| place.is_none()) {
            Some((name, _)) => Err(format!("the column `{name}` is missing: {FORMS}")),
            None => Ok(Header { separator, places, columns: record.len() }),
        }
    }
}

/// Names a column, if its name can't be a secret.
fn shown(name: &str, number: usize) -> String {
    const LONGEST: usize = 40;
    let is_harmless =
        !name.is_empty() && name.len() <= LONGEST && is_made_of_words(name) && !is_like_one(name);
    if is_harmless { format!("`{name}`") } else { format!("column {number}") }
}

fn csv_row(line: &[u8], header: &Header) -> Result<Option<Row>, String> {
    let record = fields(line, header.separator)?;
    // Spreadsheets leave such rows where something was deleted.
    if record.iter().all(str::is_empty) {
        return Ok(None);
    }
    if record.len() != header.columns {
        return Err(format!(
            "it has {} values for {} columns: a value with a comma in it stands in double quotes",
            record.len(),
            header.columns
        ));
    }
    let [provider, group, address, as_of] = header.places.map(|place| {
        place.and_then(|place| record.get(place)).filter(|text| !text.is_empty()).map(str::to_owned)
    });
    let [provider, group, address] = [provider, group, address].map(Option::unwrap_or_default);
    let [provider, group] = [provider, group].map(|text| without_guard(&text).to_owned());
    Ok(Some(Row { provider, group, address, as_of }))
}

/// Takes the `'` away that `identities wanted` puts in front of what a spreadsheet would run.
fn without_guard(text: &str) -> &str {
    text.strip_prefix('\'').filter(|text| text.starts_with(['=', '+', '-', '@'])).unwrap_or(text)
}

/// Splits a line into its values, without white space around them.
fn fields(line: &[u8], separator: u8) -> Result<StringRecord, String> {
    check_quotes(line, separator)?;
    let mut reader = ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(separator).trim(Trim::All).buffer_capacity(line.len());
    let mut record = StringRecord::new();
    match reader.from_reader(line).read_record(&mut record) {
        Ok(_) => Ok(record),
        Err(_) => Err("it isn't UTF-8 text: save it as “CSV UTF-8”".to_owned()),
    }
}

/// Refuses quotes that the reader would take for a part of a value, or that the next lines would
/// close.
fn check_quotes(line: &[u8], separator: u8) -> Result<(), String> {
    let (mut is_quoted, mut is_at_start, mut is_behind_space) = (false, true, false);
    for &byte in line {
        match byte {
            b'"' if !is_quoted && is_at_start && is_behind_space => {
                return Err(
                    "white space stands before a double quote, which has to be the first sign of its value"
                        .to_owned(),
                );
            }
            b'"' => (is_quoted, is_at_start) = (!is_quoted, false),
            _ if is_quoted => {}
            _ if byte == separator => (is_at_start, is_behind_space) = (true, false),
            b' ' | b'\t' => is_behind_space = true,
            _ => is_at_start = false,
        }
    }
    if is_quoted { Err("a double quote isn't closed on this line".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
