//! A host for connectors of `iga:connector`, and what is needed to try the Cloudflare Zero Trust connector with it.
//!
//! - [`host`] runs a connector's component in wasmtime: what to embed, or to copy from.
//! - [`output`] puts what a connector says on a terminal, or into JSON Lines.
//! - [`command`] is the command line.
//! - [`mock`] is a mock of Cloudflare's API, and [`truth`] tells what a read of it must give.

pub mod command;
pub mod host;
pub mod mock;
pub mod output;
pub mod truth;

/// The Cloudflare Zero Trust connector as a plugin, of the world `connector`.
pub const CONNECTOR: &[u8] = include_bytes!(env!("CONNECTOR_WASM"));

/// The same, of the world `reader`: it can't change anything.
pub const READER: &[u8] = include_bytes!(env!("READER_WASM"));

/// The connector that stands alone: the contract's exports, a command for `wasmtime run`, and an HTTP service for `wasmtime serve`.
pub const STANDALONE: &[u8] = include_bytes!(env!("STANDALONE_WASM"));
