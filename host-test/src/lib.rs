//! A host for connectors of `iga:connector`, and what is needed to try the Cloudflare Zero Trust
//! connector with it.
//!
//! - [`connector_host`], a crate of its own, runs a connector's component in wasmtime; [`contract`] and
//!   [`routes`] are between it and the connector's crate.
//! - [`output`] puts what a connector says on a terminal, or into JSON Lines.
//! - [`command`] is the command line.
//! - [`mock`] is a mock of Cloudflare's API, and [`truth`] tells what a read of it must give.

pub mod command;
pub mod contract;
pub mod mock;
pub mod output;
pub mod routes;
pub mod truth;

/// The Cloudflare Zero Trust connector as a plugin, of the world `connector`.
pub const CONNECTOR: &[u8] = include_bytes!(env!("CONNECTOR_WASM"));

/// The same, of the world `reader`: it can't change anything.
pub const READER: &[u8] = include_bytes!(env!("READER_WASM"));

/// The connector that stands alone: a command for `wasmtime run`, an HTTP service for `wasmtime
/// serve`, and the contract's exports.
pub const STANDALONE: &[u8] = include_bytes!(env!("STANDALONE_WASM"));

/// The components that are published, by their files' names.
pub const COMPONENTS: [(&str, &[u8]); 3] = [
    ("cloudflare-zero-trust-connector.wasm", CONNECTOR),
    ("cloudflare-zero-trust-reader.wasm", READER),
    ("cloudflare-zero-trust.wasm", STANDALONE),
];
