//! `describe`: the connector's manifest, for a person.

use super::failure::{Exit, Failure};
use super::program::Program;
use crate::contract::{AuthMethod, Field, Manifest};
use crate::json::value::Json;
use crate::output::{Terminal, manifest_table, steps_table};
use std::io::{self, Write};

pub(super) fn run<P: Program>(program: &P) -> Result<Exit, P::Failure> {
    let manifest = program.describe()?;
    write(&manifest, P::terminal(), &mut io::stdout().lock()).map_err(Failure::Stdout)?;
    Ok(Exit::Done)
}

fn write(manifest: &Manifest, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    title(manifest, terminal, to)?;
    writeln!(to, "Documentation: {}", terminal.faint(&manifest.documentation_url))?;
    writeln!(to, "Sends requests to: {}\n", terminal.faint(&manifest.origins.join(", ")))?;

    writeln!(to, "{}", terminal.heading("Settings"))?;
    fields(&manifest.fields, terminal, to)?;
    for AuthMethod { id, label, help, fields: of_method, .. } in &manifest.auth_methods {
        writeln!(to, "\n{}", terminal.heading(&format!("Credentials: {label} ({id})")))?;
        writeln!(to, "{}", terminal.paragraph(help, 2))?;
        fields(of_method, terminal, to)?;
    }
    writeln!(to)?;
    resource_types(manifest, terminal, to)?;
    steps(manifest, terminal, to)?;
    verification(manifest, terminal, to)
}

/// Writes the connector's name and version.
///
/// # Errors
/// Fails when `to` does.
pub fn title(manifest: &Manifest, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    let title = format!("{} {}", manifest.display_name, manifest.version);
    writeln!(to, "{}", terminal.heading(&title))
}

/// Writes the resource types, and the permissions that each needs.
///
/// # Errors
/// Fails when `to` does.
pub fn resource_types(manifest: &Manifest, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{}", terminal.heading("What it reads, and the permissions that it needs"))?;
    writeln!(to, "{}", manifest_table(manifest, terminal))
}

/// Writes the steps for people who join and leave, and the permissions that each needs.
fn steps(manifest: &Manifest, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    if manifest.steps.is_empty() {
        return Ok(());
    }
    writeln!(to, "{}", terminal.heading("What it does for people who join and leave"))?;
    writeln!(to, "{}", steps_table(manifest, terminal))
}

/// Writes the permission that a comparison with Cloudflare's own verdict needs.
fn verification(manifest: &Manifest, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    let extra = Json::parse(&manifest.extra).unwrap_or(Json::Null);
    let Some(permission) = extra.get("verification").get("permission").text() else { return Ok(()) };
    writeln!(to, "{}", terminal.heading("What it can have Cloudflare judge (verify)"))?;
    writeln!(to, "  groups and applications, with the permission {}", terminal.good(permission))
}

fn fields(fields: &[Field], terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    for field in fields {
        let mut notes = vec![field.format.clone()];
        notes.extend(field.required.then(|| "required".to_owned()));
        notes.extend(field.secret.then(|| "secret".to_owned()));
        notes.extend(field.operator_only.then(|| "for operators only".to_owned()));
        notes.extend(field.default.as_ref().map(|default| format!("default {default}")));
        let notes = terminal.faint(&format!("({})", notes.join(", ")));
        writeln!(to, "  {}: {} {notes}", terminal.good(&field.id), terminal.plain(&field.label))?;
        writeln!(to, "{}", terminal.paragraph(&field.help, 6))?;
    }
    Ok(())
}
