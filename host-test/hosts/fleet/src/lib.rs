//! A fleet: syncs and changes of many accounts, with Temporal as the engine.
//!
//! - [`account`] is what a workflow knows of an account.

pub mod account;
