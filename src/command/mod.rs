//! The command line: its arguments, messages and exit codes. Two programs share it: the one that is
//! the connector itself ([`run()`]), and host-test. Each implements [`program::Program`].

pub mod actions;
pub mod args;
pub(crate) mod changes_file;
pub mod describe;
mod exit_of_report;
pub mod facts;
pub mod failure;
mod get;
pub mod help;
pub mod identities_file;
mod ids;
pub mod input;
mod lifecycle;
mod logged;
mod names;
mod near;
mod offboard;
mod own_ids;
mod parse;
pub mod program;
pub mod providers;
mod provision;
mod run;
pub mod secret;
pub mod settings;
pub mod shown;
mod standalone;
mod tell;
pub mod text;
pub mod validate;
pub mod verify;
mod wanted;
pub mod warnings;

pub use parse::parse;
pub use provision::{ChangesArgs, apply_changes};
pub use run::Command;
pub use standalone::run;
