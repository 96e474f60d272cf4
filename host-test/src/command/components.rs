//! `host-test components`: the components and the contract as files.

use super::failure::{Exit, Failure};
use crate::output::{Claim, Destination, Form, Place, Readers, all_beside, check_apart};
use crate::{COMPONENTS, CONTRACT};
use cloudflare_zero_trust::command::shown::harmless_path;
use std::borrow::Cow;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

/// The place for the files.
#[derive(Debug, clap::Args)]
pub(super) struct ComponentsArgs {
    /// A directory; files of these names in it are replaced
    #[arg(long, short, value_name = "DIRECTORY", default_value = "dist")]
    output: PathBuf,
}

pub(super) fn write(args: &ComponentsArgs) -> Result<Exit, Failure> {
    fs::create_dir_all(&args.output).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            Failure::usage("--output: it is no directory. Give the path of one, or a new path.")
        }
        _ => Failure::output(&args.output)(error),
    })?;
    let mut claims = Vec::new();
    let mut files = Vec::new();
    for (name, component) in COMPONENTS.into_iter().chain([CONTRACT]) {
        let path = args.output.join(name);
        let place = Place::find(&path).map_err(Failure::file(&path))?;
        if let Some(reason) = place.refusal(Form::Text) {
            return Err(Failure::usage(format!("{name} in --output: {reason}.")));
        }
        claims.push(Claim::output(name, place.clone(), all_beside(place.path())));
        files.push((name, path, place, component));
    }
    check_apart(&claims).map_err(Failure::usage)?;
    for (name, path, place, component) in files {
        let written = Destination::open(&place, Readers::Usual)
            .and_then(|mut file| file.write_all(component).and_then(|()| file.complete()));
        written.map_err(Failure::file(&path))?;
        let size = component.len().div_ceil(1024);
        let shown = harmless_path(&path).unwrap_or(Cow::Borrowed(name));
        writeln!(io::stdout().lock(), "{shown} ({size} KiB)").map_err(Failure::stdout)?;
    }
    Ok(Exit::Done)
}
