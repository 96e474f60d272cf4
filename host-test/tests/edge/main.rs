//! The standalone component as an HTTP service, in wasmtime's own implementation of wasi:http,
//! served on loopback as `wasmtime serve` does, asked by a real client, against the mock. `host-test serve`
//! answers the same cases in [`ours`], and has cases of its own in [`serve`].

mod apply;
mod asking;
mod authentication;
#[path = "../common"]
mod common {
    pub mod compare;
    pub mod edge_server;
    pub mod facts;
    pub mod held;
    pub mod http;
    pub mod interfaces;
    pub mod ipv6;
    pub mod openapi;
    pub mod principal_of;
    pub mod reach;
    pub mod roles;
    pub mod served;
    pub mod whole;
}
mod component;
mod described;
mod description;
mod failures;
mod from_windows;
mod held;
mod identities;
mod ipv6;
mod ours;
mod page;
mod records;
mod resources;
mod rights;
mod scim;
mod secrets;
mod serve;
mod steps;
mod sync;
