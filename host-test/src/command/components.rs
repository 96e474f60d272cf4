//! `host-test components`: the components as files.

use super::failure::{Exit, Failure};
use crate::COMPONENTS;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

/// The place for the files.
#[derive(Debug, clap::Args)]
pub(super) struct ComponentsArgs {
    /// A directory; files of these names in it are replaced
    #[arg(long, short, value_name = "DIRECTORY", default_value = "dist")]
    output: PathBuf,
}

pub(super) fn write(args: &ComponentsArgs) -> Result<Exit, Failure> {
    fs::create_dir_all(&args.output).map_err(Failure::file(&args.output))?;
    for (name, component) in COMPONENTS {
        let path = args.output.join(name);
        fs::write(&path, component).map_err(Failure::file(&path))?;
        writeln!(io::stdout().lock(), "{} ({} KiB)", path.display(), component.len().div_ceil(1024))
            .map_err(Failure::stdout)?;
    }
    Ok(Exit::Done)
}
