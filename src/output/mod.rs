//! Everything that a connector returns, for people and for programs: JSON Lines, CSV, and tables
//! for a terminal.

mod application;
mod applied;
pub mod applied_text;
mod asked_for;
mod card;
mod change_line;
mod conditions;
mod counts;
pub mod csv;
mod error;
mod grant_lines;
mod heading;
mod holdings;
mod in_brief;
mod json;
mod json_lines;
mod known;
mod lines;
mod manifest;
mod names;
mod not_read;
mod policy;
mod rank;
mod rows;
#[cfg(test)]
mod samples;
mod sink;
mod snapshot;
mod state;
mod tables;
mod terminal;
mod token;
mod warning_text;
mod words;

pub use applied::Applied;
pub use card::Card;
pub(crate) use change_line::ChangeLine;
pub use counts::Counts;
pub(crate) use error::error_kind;
pub use error::{upstream_said, when_again};
pub use holdings::Holdings;
pub use json::escape_harmful;
pub(crate) use json::object;
pub use json_lines::JsonLines;
pub use known::Names;
pub(crate) use lines::{ErrorFields, IdLine, Line};
pub use manifest::manifest_table;
pub(crate) use not_read::not_read;
pub use sink::{Sink, SinkError};
pub use snapshot::Snapshot;
pub use tables::Tables;
pub use terminal::{Terminal, clean};
pub use warning_text::warning_text;
