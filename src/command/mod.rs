//! The command line: its arguments, messages and exit codes. Two programs share it: the one that is
//! the connector itself ([`run()`]), and host-test. Each implements [`program::Program`].

pub mod args;
pub(crate) mod changes_file;
pub mod describe;
pub mod failure;
mod get;
pub mod help;
pub mod input;
mod logged;
pub mod program;
pub mod provision;
mod run;
pub mod secret;
pub mod settings;
mod standalone;
pub mod text;
pub mod validate;

pub use run::Command;
pub use standalone::run;
