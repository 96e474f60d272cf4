//! The connector's manifest in the JSON of ConductorOne's baton, which a platform reads to draw the
//! connector's form.
//!
//! Both documents are the JSON form of protobuf messages: names are in camelCase, defaults are left
//! out, and 64-bit integers are strings. Source: baton-sdk's protos, and the output of its commands
//! `capabilities` and `config`.

mod capabilities;
mod config_schema;
mod kinds;
mod message;
#[cfg(test)]
mod samples;
mod traits;

#[cfg(feature = "c1z")]
pub(crate) use kinds::{SEAT, seat, shrinks};
#[cfg(feature = "c1z")]
pub(crate) use traits::Trait;

pub use capabilities::capabilities;
pub use config_schema::config_schema;
