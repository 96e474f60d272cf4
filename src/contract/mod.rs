//! The contract's types, made by wit-bindgen from `wit/`, which documents them, and what the core's become in them.
//!
//! The doors of this project speak in these: the component's exports and, natively too, what writes results for people and programs.

mod convert;
#[cfg(feature = "provision")]
mod convert_provision;

#[allow(missing_docs, unsafe_code, clippy::all, reason = "generated")]
pub(crate) mod bindings {
    #[cfg(feature = "provision")]
    wit_bindgen::generate!({ path: "wit", world: "connector" });
    #[cfg(not(feature = "provision"))]
    wit_bindgen::generate!({ path: "wit", world: "reader" });
}

#[cfg(feature = "provision")]
pub use bindings::exports::iga::connector::provision;
pub use bindings::exports::iga::connector::{connection, sync, types};
pub use convert::manifest;
