//! `host-test capabilities` and `host-test config-schema`: the manifest in baton's form.

use super::failure::{Exit, Failure};
use super::program::HostTest;
use crate::output::baton;
use cloudflare_zero_trust::command::program::Program;
use cloudflare_zero_trust::contract::Manifest;
use std::io::{self, StdoutLock};

pub(super) fn capabilities(program: &HostTest) -> Result<Exit, Failure> {
    write(program, baton::capabilities)
}

pub(super) fn config_schema(program: &HostTest) -> Result<Exit, Failure> {
    write(program, baton::config_schema)
}

fn write(
    program: &HostTest,
    form: fn(&Manifest, &mut StdoutLock<'static>) -> io::Result<()>,
) -> Result<Exit, Failure> {
    form(&program.describe()?, &mut io::stdout().lock()).map_err(Failure::stdout)?;
    Ok(Exit::Done)
}
