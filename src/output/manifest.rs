//! A connector's resource types, and the permissions that they need.

use super::terminal::{Terminal, cell};
use crate::contract::Manifest;
use std::fmt;

/// Makes a table with a row for each permission of each resource type.
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
