//! The standalone program in wasmtime's own wasi:cli and wasi:http, as the `wasmtime` command is
//! built, with the user's arguments and nothing else. Where a `wasmtime` is on this machine, it
//! runs in that too.

mod binary;
mod bom;
mod command;
mod identities;
mod ipv6;
mod lifecycle;
#[path = "../common/ipv6.rs"]
mod on_ipv6;
mod provision;
mod secrets;
mod support;
mod verify;
