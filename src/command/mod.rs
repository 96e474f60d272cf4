//! The command line: its arguments, messages and exit codes. The program that stands alone
//! ([`run`]) and host-test share them.

pub mod args;
pub mod changes_file;
pub mod describe;
pub mod failure;
pub mod input;
pub mod provision;
pub mod secret;
pub mod settings;
mod standalone;
pub mod validate;

pub use standalone::run;
