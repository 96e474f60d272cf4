//! What a connector reads, and what that needs.

use super::terminal::{Terminal, cell};
use crate::contract::Manifest;
use std::fmt;

/// A row for each resource type and permission.
pub fn manifest_table(manifest: &Manifest, terminal: Terminal) -> impl fmt::Display {
    let mut table = terminal.table(&["Kind", "What it is", "Permission", "Needed to", "Without it"]);
    for of in &manifest.resource_types {
        let mut names = (of.id.as_str(), of.display_name.as_str());
        for permission in &of.permissions {
            let (needed_to, without) = match (permission.provision_only, permission.without.as_str()) {
                (true, without) => ("change", without),
                (false, "") => ("read", "it can't be read"),
                (false, without) => ("read", without),
            };
            table.add_row(vec![
                cell(names.0),
                cell(names.1),
                cell(&permission.name),
                cell(needed_to),
                cell(without),
            ]);
            names = ("", "");
        }
    }
    fmt::from_fn(move |f| table.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end())))
}
