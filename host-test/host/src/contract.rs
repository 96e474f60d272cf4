//! The contract's records, made by wasmtime from the WIT files, which document them.

mod generated {
    #![allow(missing_docs, reason = "the WIT files carry the documentation")]
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "manager",
        exports: { default: async },
    });
}

pub use generated::exports::iga::connector::connection::{
    AuthMethod, Check, Field, Manifest, Permission, ResourceType, Right, StepCheck, StepType, Validation,
};
pub use generated::exports::iga::connector::identities::{
    Demand, GroupFacts, ProviderGroup, PushedFacts, WantedGroup,
};
pub use generated::exports::iga::connector::provision::{
    Change, Operation, Options, Outcome, Report, Status, Write,
};
pub use generated::exports::iga::connector::sync::{Page, Progress};
pub use generated::exports::iga::connector::types::{
    Account, AccountStatus, Alternative, Basis, Entitlement, Error, ErrorKind, Grant, RateLimit, Resource,
    ResourceId, Warning,
};

pub use generated::exports::iga::connector::verification::{Agreement, Claim, Compared, Comparison, Verdict};

pub(crate) use generated::exports::iga::connector::lifecycle as lifecycle_exports;
pub(crate) use generated::exports::iga::connector::{connection, identities, provision, sync, verification};

/// The records of `lifecycle`. Some have the names of records of `provision`.
pub mod lifecycle {
    pub use super::generated::exports::iga::connector::lifecycle::{
        Action, Certainty, Invitation, NewUser, Offboarding, Options, Outcome, Part, Report, Step, Way,
    };
}
