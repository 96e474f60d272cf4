//! Messages as text.

use serde::Serialize;
use std::io::{self, Write};

/// Writes a message as indented JSON.
pub(super) fn write(message: &impl Serialize, to: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *to, message)?;
    writeln!(to)
}

/// Whether a field has its default, which is left out.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn is_false(value: &bool) -> bool {
    !*value
}
