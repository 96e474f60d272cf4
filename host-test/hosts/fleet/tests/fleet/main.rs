//! The promises of a fleet, at its front door: the command `fleet`, workers as processes of their own, a real
//! Temporal server, and mocked accounts.
#![cfg(unix)]

mod alone;
mod changes;
mod interrupted;
mod limits;
mod server;
mod setup;
mod syncs;
