//! Everything that a connector returns, for people and for programs: JSON Lines, CSV, and tables
//! for a terminal.

mod action;
mod app_policies;
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
mod expected;
mod gained;
mod grant_lines;
mod heading;
mod holdings;
mod in_brief;
mod json;
mod json_lines;
mod known;
mod lines;
mod manifest;
mod named_text;
mod names;
mod not_read;
mod offboarded;
mod policy;
mod rank;
mod rows;
#[cfg(test)]
mod samples;
mod sink;
mod snapshot;
mod state;
mod step_line;
mod tables;
mod terminal;
mod token;
mod verdicts;
mod wanted;
mod warning_text;
mod way_line;
mod way_text;
mod wording;
mod words;

pub use applied::Applied;
pub use asked_for::left_out_note;
pub use card::Card;
pub(crate) use change_line::{ChangeLine, IdOf, no_credential};
pub use counts::Counts;
pub use error::{error_kind, flags, upstream_said, when_again};
pub use expected::ToldBy;
pub use holdings::Holdings;
pub use json::escape_harmful;
pub(crate) use json::object;
pub use json_lines::JsonLines;
pub use known::Names;
pub(crate) use lines::{ErrorFields, IdLine, Line};
pub use manifest::{manifest_table, steps_table};
pub use named_text::{named, with_names};
pub(crate) use not_read::{TWICE, not_read};
pub use offboarded::Offboarded;
pub use sink::{Sink, SinkError};
pub use snapshot::Snapshot;
pub(crate) use step_line::StepLine;
pub use tables::Tables;
pub use terminal::{Terminal, clean};
pub use verdicts::{
    Verdicts, Verified, not_tested_line, verdict_lines, verification_line, warning_line, write_limits,
    write_not_tested,
};
pub use wanted::Wanted;
pub(crate) use wanted::WantedLine;
pub use warning_text::warning_text;
pub(crate) use way_line::WayLine;
pub use wording::{Wording, is_public};
