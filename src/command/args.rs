//! What to read or to change, and how the result is written.

use super::failure::Failure;
use crate::contract::{Change, Manifest, Operation, Options, ResourceId};
use crate::output::csv::Table;
use std::fmt;

/// An example of `get`, for help.
pub const GET: &str = "get group:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11";
/// An example of `grant`.
pub const GRANT: &str = "grant --entitlement group:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11:member --principal email:ann@corp.example";
/// An example of `revoke`.
pub const REVOKE: &str = "revoke --entitlement role:33666b9c79b9a5273fc7344ff42f953d:assigned --principal \
     member:4536bcfad5faccb111b47003c79917fa --dry-run";

/// What to read. How it is written, each command line has to say: one has more formats than the
/// other.
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
    /// What can be seen to be impossible before anything is started.
    ///
    /// # Errors
    /// Where a table is given that isn't written.
    pub fn check(&self, is_csv: bool) -> Result<(), Failure> {
        if self.table.is_some() && !is_csv {
            return Err(Failure::Usage("--table needs --format csv.".to_owned()));
        }
        Ok(())
    }

    /// A kind that doesn't exist is a slip of the pen: says which there are.
    ///
    /// # Errors
    /// Where a kind isn't in the manifest.
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

/// How a read's result is written.
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
    /// As it is given on the command line.
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

/// How a command that has no files to write writes its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TextFormat {
    /// For a person
    Table,
    /// One JSON object a line
    Jsonl,
}

/// Which resource to read, and how to write it.
#[derive(Debug, clap::Args)]
pub struct ResourceArgs {
    /// What: a group, a role, a member, a user or an email, by its id
    #[arg(value_name = "KIND:ID", value_parser = resource_id)]
    pub resource: ResourceId,
    /// For a person, or for a program: the lines that sync writes
    #[arg(long, value_enum, default_value_t = TextFormat::Table)]
    pub format: TextFormat,
}

/// One entitlement, and whose it is to be or not.
#[derive(Debug, clap::Args)]
pub struct HoldersArgs {
    /// What can be held: the id of an entitlement, as sync and get give it
    #[arg(long, value_name = "ID")]
    entitlement: String,
    /// Who: a user, a member or an email, by its id; give it again for more of them, 1,000 at most
    #[arg(long = "principal", required = true, value_name = "KIND:ID", value_parser = resource_id)]
    principals: Vec<ResourceId>,
}

impl HoldersArgs {
    /// The same change for each of the principals.
    #[must_use]
    pub fn changes(self, operation: Operation) -> Vec<Change> {
        let change = |principal| Change { operation, entitlement: self.entitlement.clone(), principal };
        self.principals.into_iter().map(change).collect()
    }
}

/// How to change, and how the outcome is written.
#[derive(Debug, clap::Args)]
pub struct HowArgs {
    /// Show what would be written, and write nothing: it is planned with reads only
    #[arg(long)]
    pub dry_run: bool,
    /// Also do a revoke that gives its principal something elsewhere
    ///
    /// Leaving a group that another one excludes lets them into that other one. Without this, it is
    /// refused.
    #[arg(long)]
    pub allow_gains: bool,
    /// For a person, or for a program: one object a change, in the order of the changes
    #[arg(long, value_enum, default_value_t = TextFormat::Table)]
    pub format: TextFormat,
}

impl HowArgs {
    /// As the contract has it.
    #[must_use]
    pub fn options(&self) -> Options {
        Options { dry_run: self.dry_run, allow_gains: self.allow_gains, extra: String::new() }
    }
}

/// `KIND:ID`, as a value of an argument. An id may hold colons.
fn resource_id(text: &str) -> Result<ResourceId, String> {
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
