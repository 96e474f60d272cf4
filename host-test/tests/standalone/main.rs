//! The program that stands alone, in what the `wasmtime` command is made of: wasmtime's own
//! wasi:cli and wasi:http, with what a user names on the command line and nothing else. Where a
//! `wasmtime` is on this machine, in that too.

mod binary;
mod command;
mod provision;
mod support;
