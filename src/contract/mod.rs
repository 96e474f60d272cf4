//! The contract's types, and conversions from the core's. wit-bindgen generates the types from
//! `wit/`, which documents them.
//!
//! The component's exports use these types, and so does the code that writes results for people and
//! programs, also in a native build.

mod convert;
mod convert_identities;
#[cfg(feature = "lifecycle")]
mod convert_lifecycle;
#[cfg(feature = "provision")]
mod convert_provision;
#[cfg(feature = "provision")]
mod convert_verification;

#[allow(missing_docs, unsafe_code, clippy::all, reason = "generated")]
pub(crate) mod bindings {
    #[cfg(feature = "lifecycle")]
    wit_bindgen::generate!({ path: "wit", world: "manager" });
    #[cfg(all(feature = "provision", not(feature = "lifecycle")))]
    wit_bindgen::generate!({ path: "wit", world: "connector" });
    #[cfg(not(feature = "provision"))]
    wit_bindgen::generate!({ path: "wit", world: "reader" });
}

pub use bindings::exports::iga::connector::connection::{
    self, AuthMethod, Check, Field, Manifest, Permission, ResourceType, Right, StepCheck, StepType,
    Validation,
};
pub use bindings::exports::iga::connector::identities::{
    self, Demand, GroupFacts, ProviderGroup, PushedFacts, WantedGroup,
};
#[cfg(feature = "lifecycle")]
pub use bindings::exports::iga::connector::lifecycle;
#[cfg(feature = "provision")]
pub use bindings::exports::iga::connector::provision::{
    self, Change, Operation, Options, Outcome, Report, Status, Write,
};
pub use bindings::exports::iga::connector::sync::{self, Page, Progress};
pub use bindings::exports::iga::connector::types::{
    self, Account, AccountStatus, Alternative, Basis, Entitlement, Error, ErrorKind, Grant, RateLimit,
    Resource, ResourceId, Warning,
};
#[cfg(feature = "provision")]
pub use bindings::exports::iga::connector::verification::{
    self, Agreement, Claim, Compared, Comparison, Verdict,
};
pub use convert::manifest;
