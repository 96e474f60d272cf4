//! The standalone component as an HTTP service: in wasmtime's own implementation of the wasi:http
//! proxy, served on loopback as `wasmtime serve` does, asked by a real client, against the mock.

mod apply;
mod asking;
mod authentication;
mod component;
mod description;
mod failures;
#[path = "../common/http.rs"]
mod http;
#[path = "../common/openapi.rs"]
mod openapi;
mod records;
mod resources;
mod secrets;
mod server;
mod sync;
#[path = "../common/whole.rs"]
mod whole;
