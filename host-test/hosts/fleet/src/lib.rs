//! A fleet: syncs and changes of many accounts, with Temporal as the engine.
//!
//! - [`account`] is what a workflow knows of an account. [`names`] has the ids of workflows and schedules.
//! - [`credential`] hands out the slots of a credential, and [`pace`] is the pace that goes with a slot.
//! - [`sync`] reads an account, and [`changes`] makes its changes. [`failure`] decides about failures.
//!   [`lease`] confirms that an attempt still has its work, and [`work`] has its times.
//! - [`store`] keeps runs, and [`secrets`] brings credentials.
//! - [`engine`] is the connection with the cluster, [`worker`] a worker, and [`commands`] the command line.

pub mod account;
pub mod changes;
pub mod commands;
pub mod credential;
pub mod engine;
pub mod failure;
pub mod lease;
pub mod names;
pub mod pace;
pub mod secrets;
pub mod store;
pub mod sync;
pub mod work;
pub mod worker;
