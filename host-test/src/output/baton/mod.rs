//! What a connector is and needs, in the JSON of ConductorOne's baton: what a platform reads to
//! draw the connector's form.
//!
//! Both are the JSON form of protobuf messages (names in camelCase, defaults left out, 64-bit
//! integers as strings). Source: baton-sdk's protos, and what its commands `capabilities` and
//! `config` print.

mod capabilities;
mod config_schema;
mod traits;

#[cfg(feature = "c1z")]
pub(super) use traits::Trait;

pub use capabilities::capabilities;
pub use config_schema::config_schema;

use serde::Serialize;
use std::io::{self, Write};

fn write(message: &impl Serialize, to: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *to, message)?;
    writeln!(to)
}

#[cfg(test)]
mod samples;
