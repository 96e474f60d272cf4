//! Networks that are no laboratory: encryption with certificates of every kind, a company's own
//! authority, and proxies. The real component in the real host, or the real program, against the
//! mock.

#[path = "../common"]
mod common {
    pub mod principal_of;
    pub mod proxy_server;
    pub mod reading;
    pub mod setup;
    pub mod tls;
    pub mod whole;
}
mod broken;
mod ca_file;
mod certificates;
mod encrypted;
mod handshakes;
mod office;
mod proxies;
mod proxy_failures;
mod support;
