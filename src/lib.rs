//! Access-governance connector for Cloudflare Zero Trust, as a WebAssembly component.
#![warn(missing_docs)]
#![deny(unsafe_code)]

pub mod cloudflare;
pub mod error;
pub mod membership;
pub mod model;
pub mod settings;
