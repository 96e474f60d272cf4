//! A connector's resource types and steps, and the permissions that they need.

use super::rows::{Cell, Rows, cell};
use super::terminal::Terminal;
use crate::contract::Manifest;
use std::fmt;

/// The longest text that is repeated.
const LONG: usize = 40;

/// Makes a table with a row for each permission of each resource type.
pub fn manifest_table(manifest: &Manifest, terminal: Terminal) -> impl fmt::Display {
    let mut table = Rows::new(terminal, &["Kind", "What it is", "+Permission", "Needed to", "+Without it"]);
    // A long text is read once.
    let mut told: Vec<(&str, &str)> = Vec::new();
    for of in &manifest.resource_types {
        let mut what = of.display_name.clone();
        if of.opt_in {
            what.push_str(", only if --kinds names it");
        }
        let mut names = (cell(&of.id), cell(what));
        for permission in &of.permissions {
            let (needed_to, without) = match (permission.provision_only, permission.without.as_str()) {
                (true, without) => ("change", without),
                (false, "") => ("read", "it can't be read"),
                (false, without) => ("read", without),
            };
            let before = told.iter().find(|(text, _)| *text == without).map(|(_, kind)| *kind);
            if before.is_none() && without.len() > LONG {
                told.push((without, &of.id));
            }
            let without = before.map_or_else(|| without.to_owned(), |kind| format!("the same as for {kind}"));
            let any = [&permission.name].into_iter().chain(&permission.also).cloned().collect::<Vec<_>>();
            table.add(vec![names.0, names.1, cell(any.join(", or ")), cell(needed_to), cell(without)]);
            names = (Cell::as_above(), Cell::as_above());
        }
    }
    fmt::from_fn(move |f| table.lines().iter().try_for_each(|line| writeln!(f, "{line}")))
}

/// Makes a table with a row for each permission of each step.
pub fn steps_table(manifest: &Manifest, terminal: Terminal) -> impl fmt::Display {
    let mut table = Rows::new(terminal, &["Step", "What it does", "For", "+Permission"]);
    for step in &manifest.steps {
        let mut names = (cell(&step.id), cell(&step.display_name));
        // Each permission is for the resource type at the same place, or for all of them.
        let kinds = step.resource_types.iter().map(Some).chain(std::iter::repeat(None));
        for (permission, of) in step.permissions.iter().zip(kinds) {
            let any = [&permission.name].into_iter().chain(&permission.also).cloned().collect::<Vec<_>>();
            let of = of.map_or_else(String::new, Clone::clone);
            table.add(vec![names.0, names.1, cell(of), cell(any.join(", or "))]);
            names = (Cell::as_above(), Cell::as_above());
        }
    }
    fmt::from_fn(move |f| table.lines().iter().try_for_each(|line| writeln!(f, "{line}")))
}
