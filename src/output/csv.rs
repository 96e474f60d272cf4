//! CSV for spreadsheets: a table for each type of record.

use super::json::{escape_harmful, object};
use super::lines::{AlternativeLine, BasisLine, status};
use super::names::{GrantId, grant_name, resource_name};
use super::sink::{Sink, SinkError};
use super::terminal::{clean, is_harmless};
use crate::contract::{Page, ResourceId};
use ::csv::{Writer, WriterBuilder};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Read, Write};

/// A type of record that has a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Table {
    /// Resources.
    #[value(help = "Who and what is there")]
    Resources,
    /// Entitlements.
    #[value(help = "What can be held")]
    Entitlements,
    /// Grants, a row for each principal.
    #[value(help = "Who holds what, and why")]
    Grants,
    /// Warnings.
    #[value(help = "What a person should know")]
    Warnings,
}

impl Table {
    /// Picks this table out of [`headings`] or [`tables`].
    fn pick<T>(self, [resources, entitlements, grants, warnings]: [T; 4]) -> T {
        match self {
            Table::Resources => resources,
            Table::Entitlements => entitlements,
            Table::Grants => grants,
            Table::Warnings => warnings,
        }
    }
}

/// Writes the records of one type as CSV. Nothing is kept: a page's rows are out when it has been
/// taken.
pub struct Csv<W> {
    to: W,
    table: Table,
    bom: bool,
    begun: bool,
}

impl<W: Write> Csv<W> {
    /// Writes a row of headings to `to`, and then the table's rows, a page at a time.
    pub fn new(to: W, table: Table) -> Self {
        Self { to, table, bom: false, begun: false }
    }

    /// Begins with a byte order mark, if one is wanted.
    #[must_use]
    pub fn with_bom(self, bom: bool) -> Self {
        Self { bom, ..self }
    }
}

impl<W: Write> Sink for Csv<W> {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        let rows = self.table.pick(tables(page)?);
        if !self.begun {
            self.to.write_all(&self.table.pick(headings(self.bom)?))?;
            self.begun = true;
        }
        self.to.write_all(&rows)?;
        Ok(self.to.flush()?)
    }
}

/// The names of the tables' files, in the order of [`tables`].
pub const NAMES: [&str; 4] = ["resources.csv", "entitlements.csv", "grants.csv", "warnings.csv"];

const RESOURCE: [&str; 10] = [
    "kind",
    "id",
    "parent_kind",
    "parent_id",
    "display_name",
    "email",
    "login",
    "status",
    "last_login",
    "profile",
];
const ENTITLEMENT: [&str; 8] =
    ["id", "on_kind", "on_id", "slug", "display_name", "description", "grantable_to", "extra"];
const GRANT: [&str; 8] =
    ["id", "entitlement", "principal_kind", "principal_id", "basis", "conditions", "revocable", "extra"];
const WARNING: [&str; 5] = ["code", "about_kind", "about_id", "message", "incomplete"];

/// The byte order mark in UTF-8. Excel takes a text that begins with it for UTF-8, and any other one
/// for the encoding of its computer.
const BOM: [u8; 3] = *b"\xef\xbb\xbf";

/// Returns the first row of each table, after a byte order mark if one is wanted.
///
/// # Errors
/// If a row can't be put together.
pub fn headings(bom: bool) -> io::Result<[Vec<u8>; 4]> {
    let row = |columns: &[&str]| {
        let start = if bom { BOM.to_vec() } else { Vec::new() };
        let mut table = WriterBuilder::new().from_writer(start);
        table.write_record(columns)?;
        text(table)
    };
    Ok([row(&RESOURCE)?, row(&ENTITLEMENT)?, row(&GRANT)?, row(&WARNING)?])
}

/// Returns the rows of a page for each table.
///
/// # Errors
/// If the page breaks the contract.
pub fn tables(page: &Page) -> Result<[Vec<u8>; 4], SinkError> {
    let [mut resources, mut entitlements, mut grants, mut warnings] = [rows(), rows(), rows(), rows()];
    for resource in &page.resources {
        let profile = object(&resource.profile, "profile", || resource_name(&resource.id))?;
        let account = resource.account.as_ref();
        let [kind, id] = id_cells(Some(&resource.id));
        let [parent_kind, parent_id] = id_cells(resource.parent.as_ref());
        let row: [Cow<'_, str>; RESOURCE.len()] = [
            kind,
            id,
            parent_kind,
            parent_id,
            cell(&resource.display_name),
            optional(account.and_then(|account| account.email.as_deref())),
            optional(account.and_then(|account| account.login.as_deref())),
            account.map_or("", |account| status(account.status)).into(),
            optional(account.and_then(|account| account.last_login.as_deref())),
            escape_harmful(profile.get()),
        ];
        write(&mut resources, &row)?;
    }
    for entitlement in &page.entitlements {
        let extra = object(&entitlement.extra, "extra", || entitlement.id.clone())?;
        let [on_kind, on_id] = id_cells(Some(&entitlement.on));
        let row: [Cow<'_, str>; ENTITLEMENT.len()] = [
            cell(&entitlement.id),
            on_kind,
            on_id,
            cell(&entitlement.slug),
            cell(&entitlement.display_name),
            cell(&entitlement.description),
            json(&entitlement.grantable_to)?,
            escape_harmful(extra.get()),
        ];
        write(&mut entitlements, &row)?;
    }
    for grant in &page.grants {
        let extra = object(&grant.extra, "extra", || grant_name(grant))?;
        let conditions = match AlternativeLine::all(grant)? {
            Some(alternatives) => json(&alternatives)?,
            None => Cow::Borrowed(""),
        };
        let basis: Vec<BasisLine<'_>> = grant.basis.iter().map(Into::into).collect();
        let (basis, extra) = (json(&basis)?, escape_harmful(extra.get()));
        for principal in &grant.principals {
            let id = GrantId { entitlement: &grant.entitlement, principal }.to_string();
            let [principal_kind, principal_id] = id_cells(Some(principal));
            let row: [Cow<'_, str>; GRANT.len()] = [
                cell(&id),
                cell(&grant.entitlement),
                principal_kind,
                principal_id,
                Cow::Borrowed(&basis),
                Cow::Borrowed(&conditions),
                truth(grant.revocable),
                Cow::Borrowed(&extra),
            ];
            write(&mut grants, &row)?;
        }
    }
    for warning in &page.warnings {
        let [about_kind, about_id] = id_cells(warning.about.as_ref());
        let row: [Cow<'_, str>; WARNING.len()] =
            [cell(&warning.code), about_kind, about_id, cell(&warning.message), truth(warning.incomplete)];
        write(&mut warnings, &row)?;
    }
    Ok([text(resources)?, text(entitlements)?, text(grants)?, text(warnings)?])
}

fn rows() -> Writer<Vec<u8>> {
    WriterBuilder::new().from_writer(Vec::new())
}

fn text(table: Writer<Vec<u8>>) -> io::Result<Vec<u8>> {
    table.into_inner().map_err(|error| error.into_error())
}

/// Reads the cells of kind and id in each row of the table of resources.
///
/// # Errors
/// If it can't be read, or isn't such a table.
pub fn each_resource(table: impl Read, mut take: impl FnMut(&str, &str)) -> io::Result<()> {
    for row in ::csv::Reader::from_reader(table).records() {
        let row = row?;
        if let (Some(kind), Some(id)) = (row.get(0), row.get(1)) {
            take(kind, id);
        }
    }
    Ok(())
}

fn write(table: &mut Writer<Vec<u8>>, row: &[Cow<'_, str>]) -> io::Result<()> {
    table.write_record(row.iter().map(|cell| cell.as_bytes()))?;
    Ok(())
}

fn optional(text: Option<&str>) -> Cow<'_, str> {
    text.map_or_else(Default::default, cell)
}

fn truth(value: bool) -> Cow<'static, str> {
    Cow::Borrowed(if value { "true" } else { "false" })
}

fn id_cells(id: Option<&ResourceId>) -> [Cow<'_, str>; 2] {
    id.map_or_else(Default::default, |id| [cell(&id.kind), cell(&id.id)])
}

/// Returns a cell of JSON. It starts with a bracket or a brace, so no spreadsheet takes it for a
/// formula.
fn json(value: &impl Serialize) -> io::Result<Cow<'static, str>> {
    Ok(Cow::Owned(escape_harmful(&serde_json::to_string(value)?).into_owned()))
}

/// Returns a cell of text that strangers chose. CSV has no escapes, so characters that a terminal
/// acts upon are replaced. A text that a spreadsheet would run as a formula gets a `'` in front.
pub(super) fn cell(text: &str) -> Cow<'_, str> {
    let shown = clean(text);
    if is_formula(text) { Cow::Owned(format!("'{shown}")) } else { shown }
}

/// Whether a spreadsheet would run a text. Spreadsheets skip white space, and some read full-width
/// signs too.
fn is_formula(text: &str) -> bool {
    if text.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    let begins = text.trim_start_matches(|c: char| c.is_whitespace() || !is_harmless(c));
    begins.starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::contract::Alternative;

    fn read(page: &Page) -> [Vec<Vec<String>>; 4] {
        tables(page).unwrap().map(|table| {
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_slice());
            reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
        })
    }

    #[test]
    fn each_type_has_a_table() {
        let mut conditional = samples::grant("g1", "user", "u1");
        conditional.conditions = vec![Alternative {
            any_of: vec![],
            all_of: vec!["{\"ip\":\n {\"ip\": \"192.0.2.0/24\"}}".to_owned()],
            none_of: vec![],
        }];
        let page = Page {
            resources: vec![samples::group("g1", "Sales, \"EMEA\""), samples::user("u1", "Ann")],
            entitlements: vec![samples::membership("g1")],
            grants: vec![samples::grant("g1", "user", "u1"), conditional],
            warnings: vec![samples::warning("list-moved", true)],
            ..samples::page()
        };
        let [resources, entitlements, grants, warnings] = read(&page);
        let profile = r#"{"rules":[1,2]}"#;
        assert_eq!(
            resources,
            [
                ["group", "g1", "", "", "Sales, \"EMEA\"", "", "", "", "", profile],
                ["user", "u1", "", "", "Ann", "u1@corp.example", "", "enabled", "", profile],
            ]
        );
        assert_eq!(
            entitlements,
            [["group:g1:member", "group", "g1", "member", "Member", "", r#"["user"]"#, "{}"]]
        );
        let basis = r#"[{"rule":"everyone","value":"","through":null}]"#;
        let conditions = r#"[{"any_of":[],"all_of":[{"ip":{"ip":"192.0.2.0/24"}}],"none_of":[]}]"#;
        let grant = |conditions| {
            ["group:g1:member:user:u1", "group:g1:member", "user", "u1", basis, conditions, "false", "{}"]
        };
        assert_eq!(grants, [grant(""), grant(conditions)]);
        assert_eq!(warnings, [["list-moved", "", "", "Something is off.", "true"]]);
    }

    #[test]
    fn a_grant_on_an_application_names_its_policy_and_each_alternative() {
        let mut grant = samples::accesses("a1", &[("user", "u1")]);
        let way = |rule: &str| Alternative { any_of: vec![], all_of: vec![], none_of: vec![rule.to_owned()] };
        grant.conditions = vec![way(r#"{"policy":{"id":"p2"}}"#), way(r#"{"geo":{}}"#)];
        let [_, entitlements, grants, _] = read(&Page {
            entitlements: vec![samples::access("a1", r#"{"public":true}"#)],
            grants: vec![grant],
            ..samples::page()
        });
        let basis =
            r#"[{"rule":"email_domain","value":"corp.example","through":{"kind":"policy","id":"p1"}}]"#;
        let ways = concat!(
            r#"[{"any_of":[],"all_of":[],"none_of":[{"policy":{"id":"p2"}}]},"#,
            r#"{"any_of":[],"all_of":[],"none_of":[{"geo":{}}]}]"#
        );
        assert_eq!(grants[0][4..6], [basis, ways]);
        assert_eq!(entitlements[0][7], r#"{"public":true}"#);
    }

    #[test]
    fn a_row_has_a_cell_for_each_heading() {
        let [resources, entitlements, grants, warnings] =
            headings(false).unwrap().map(|row| String::from_utf8(row).unwrap());
        assert_eq!(
            resources,
            "kind,id,parent_kind,parent_id,display_name,email,login,status,last_login,profile\n"
        );
        assert_eq!(entitlements, "id,on_kind,on_id,slug,display_name,description,grantable_to,extra\n");
        assert_eq!(grants, "id,entitlement,principal_kind,principal_id,basis,conditions,revocable,extra\n");
        assert_eq!(warnings, "code,about_kind,about_id,message,incomplete\n");
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for (name, cell) in [
            ("=HYPERLINK(\"http://evil.example\")", "'=HYPERLINK(\"http://evil.example\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "' =1"),
            ("\r=1", "' =1"),
            ("\tAnn", "' Ann"),
            ("\nAnn", "' Ann"),
            ("  \u{a0}=1", "'  \u{a0}=1"),
            ("\u{feff}\u{200b}=1", "'\u{fffd}\u{fffd}=1"),
            ("\x1b=1", "'\u{fffd}=1"),
            ("＝1", "'＝1"),
            ("", ""),
            ("a=1", "a=1"),
            ("'t Hooft", "'t Hooft"),
            ("Zoë (R&D) 日本", "Zoë (R&D) 日本"),
        ] {
            let page = Page { resources: vec![samples::group("g1", name)], ..samples::page() };
            assert_eq!(read(&page)[0][0][4], cell, "{name:?}");
        }
    }

    #[test]
    fn every_cell_of_strangers_is_guarded() {
        const FORMULA: &str = "=1";
        let mut user = samples::user(FORMULA, FORMULA);
        user.parent = Some(user.id.clone());
        if let Some(account) = &mut user.account {
            account.email = Some(FORMULA.to_owned());
            account.login = Some(FORMULA.to_owned());
            account.last_login = Some(FORMULA.to_owned());
        }
        let mut entitlement = samples::membership("g1");
        for text in [
            &mut entitlement.id,
            &mut entitlement.on.id,
            &mut entitlement.slug,
            &mut entitlement.display_name,
            &mut entitlement.description,
        ] {
            *text = FORMULA.to_owned();
        }
        let mut grant = samples::grant("g1", "user", FORMULA);
        grant.entitlement = FORMULA.to_owned();
        let mut warning = samples::warning(FORMULA, false);
        warning.about = Some(user.id.clone());
        warning.message = FORMULA.to_owned();
        let page = Page {
            resources: vec![user],
            entitlements: vec![entitlement],
            grants: vec![grant],
            warnings: vec![warning],
            ..samples::page()
        };
        for cell in read(&page).into_iter().flatten().flatten() {
            assert!(!cell.starts_with('='), "{cell}");
        }
    }

    #[test]
    fn nothing_acts_on_a_terminal_or_breaks_a_row() {
        let mut user = samples::user("u1", "Ann\x1b[2J\u{202e}\r\nBob");
        user.profile = "{\"name\": \"\u{9b}31m\"}".to_owned();
        let [resources, ..] = tables(&Page { resources: vec![user], ..samples::page() }).unwrap();
        let text = String::from_utf8(resources).unwrap();
        assert!(text.strip_suffix('\n').unwrap().chars().all(is_harmless), "{text:?}");
        assert!(text.contains("Ann\u{fffd}[2J\u{fffd}  Bob") && text.contains("\\u009b31m"), "{text}");
    }

    #[test]
    fn a_row_that_can_not_be_made_is_an_error() {
        let mut bad = samples::group("g2", "Bad");
        bad.profile = "nope".to_owned();
        let error = tables(&Page { resources: vec![bad], ..samples::page() }).unwrap_err();
        assert!(error.to_string().contains("profile of group:g2"), "{error}");
    }
}
