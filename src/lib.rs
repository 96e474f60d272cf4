//! Access-governance connector for Cloudflare Zero Trust, as a WebAssembly component.
#![warn(missing_docs)]
#![deny(unsafe_code)]
// A panic traps, and a trap kills the plugin.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo, clippy::unreachable)
)]

pub mod cloudflare;
#[cfg(feature = "standalone")]
pub mod command;
pub mod contract;
mod digest;
#[cfg(feature = "standalone")]
pub mod edge;
pub mod error;
mod json;
pub mod kinds;
pub mod model;
#[cfg(feature = "standalone")]
pub mod output;
pub mod provision;
pub mod records;
pub mod roles;
pub mod rules;
pub mod session;
pub mod settings;
pub mod sorted;
pub mod sync;
pub mod validate;
#[cfg(target_family = "wasm")]
pub mod wasi;
