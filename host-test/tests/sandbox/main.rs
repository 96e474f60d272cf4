//! The promises of the sandbox, a file for each: a hostile connector, built with the real toolchain,
//! runs in the real host.
//!
//! After each attack, the host and a second host with the real connector work as before:
//! [`support::Bench::lives_on`].

mod addresses;
mod bodies;
mod headers;
mod hunger;
mod keeping;
mod logs;
mod proxy;
mod requests;
mod results;
mod server;
mod support;
mod surroundings;
mod traps;
