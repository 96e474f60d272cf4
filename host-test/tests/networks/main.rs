//! Networks that are not a laboratory: encryption, companies' own certificates, proxies.

#[path = "../common"]
mod common {
    pub mod proxy_server;
    pub mod tls;
}
mod office;
mod proxies;
mod proxy_failures;
