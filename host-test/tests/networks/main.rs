//! Networks that are no laboratory: encryption with certificates of every kind, and a company's own
//! authority. The real component in the real host, or the real program, against the mock.

#[path = "../common"]
mod common {
    pub mod principal_of;
    pub mod reading;
    pub mod setup;
    pub mod tls;
    pub mod whole;
}
mod ca_file;
mod certificates;
mod encrypted;
mod handshakes;
mod support;
