//! A fleet: syncs and changes of many accounts, with Temporal as the engine.
//!
//! - [`account`] is what a workflow knows of an account.
//! - [`secrets`]: credentials by their names. [`store`]: the pages of runs, in a directory or in S3.

pub mod account;
pub mod secrets;
pub mod store;
