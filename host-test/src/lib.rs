//! A host for connectors of `iga:connector`, and what is needed to try the Cloudflare Zero Trust
//! connector with it.
//!
//! - [`connector_host`], a crate of its own, runs a connector's component in wasmtime. [`contract`] and
//!   [`routes`] connect it with the connector's crate.
//! - [`output`] writes a connector's records to a terminal, or into files.
//! - `identities` reads what other programs know of people (with the feature `c1z`).
//! - [`command`] is the command line.
//! - [`review`] makes one file of HTML for the person who has to sign who holds what.
//! - `serve` is the program that stands alone as an HTTP service, in this host.
//! - [`mock`] is a mock of Cloudflare's API, and [`truth`] says what a sync of it must emit.

pub mod command;
pub mod contract;
#[cfg(feature = "c1z")]
pub mod identities;
pub mod mock;
pub mod output;
pub mod review;
pub mod routes;
mod serve;
pub mod truth;

/// The Cloudflare Zero Trust connector as a plugin, of the world `connector`.
pub const CONNECTOR: &[u8] = include_bytes!(env!("CONNECTOR_WASM"));

/// The connector as a plugin of the world `manager`, which also brings people in and removes them.
pub const MANAGER: &[u8] = include_bytes!(env!("MANAGER_WASM"));

/// The connector as a plugin of the world `reader`, which can't change anything.
pub const READER: &[u8] = include_bytes!(env!("READER_WASM"));

/// The connector that runs alone: a command for `wasmtime run`, an HTTP service for
/// `wasmtime serve`, and the contract's exports.
pub const STANDALONE: &[u8] = include_bytes!(env!("STANDALONE_WASM"));

/// The published components, by the names of their files.
pub const COMPONENTS: [(&str, &[u8]); 4] = [
    ("cloudflare-zero-trust-manager.wasm", MANAGER),
    ("cloudflare-zero-trust-connector.wasm", CONNECTOR),
    ("cloudflare-zero-trust-reader.wasm", READER),
    ("cloudflare-zero-trust.wasm", STANDALONE),
];

/// The contract as a WIT package, by the name of its file: what the plugins export, for tools that make
/// bindings.
pub const CONTRACT: (&str, &[u8]) = ("iga-connector.wit.wasm", include_bytes!(env!("CONTRACT_WASM")));
