//! Facts about the groups of identity providers, from the files of other programs. CSV and JSON
//! Lines are read by the connector's `cloudflare_zero_trust::command::identities_file`.

#![warn(missing_docs)]

pub mod c1z;
