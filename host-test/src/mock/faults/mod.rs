//! Misbehaviour on demand: the requests that go wrong, and other writers that change the account at
//! certain requests.

mod aim;
mod armed;
mod fault;
mod meddling;

pub(crate) use aim::RequestLine;
pub(crate) use armed::{Armed, Faults};
pub use fault::{Effect, Fault, Operation, Place};
pub(crate) use meddling::Meddlers;
pub use meddling::When;
