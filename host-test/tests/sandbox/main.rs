//! What the sandbox promises, a file a promise: a hostile connector, made with the real toolchain,
//! in the real host.
//!
//! After each attack the host, and another one with the real connector, work as before:
//! [`support::Bench::lives_on`].

mod addresses;
mod bodies;
mod headers;
mod hunger;
mod keeping;
mod logs;
mod requests;
mod results;
mod server;
mod support;
mod surroundings;
mod traps;
