//! What the project promises, a file a promise: the real component, in real wasmtime, over real
//! HTTP to the mock.

mod cases;
mod contract;
mod describe;
mod gaps;
mod imports;
mod membership;
#[path = "../common/openapi.rs"]
mod openapi;
mod pages;
mod provision;
mod provision_sweep;
mod provision_writers;
mod read_ahead;
mod requests;
mod retries;
mod rules;
mod secrets;
mod settings;
mod support;
mod sweep;
mod transport;
mod truth;
mod validate;
#[path = "../common/whole.rs"]
mod whole;
mod wire;
