//! Connecting and reading: the contract's `connection` and `sync`, through the real component, in
//! real wasmtime, over real HTTP to the mock.

#[path = "../common"]
mod common {
    pub mod cloudflare_openapi;
    pub mod compare;
    pub mod facts;
    pub mod held;
    pub mod in_process;
    pub mod interfaces;
    pub mod open;
    pub mod openapi;
    pub mod principal_of;
    pub mod random_rules;
    pub mod reach;
    pub mod reading;
    pub mod roles;
    pub mod setup;
    pub mod small_account;
    pub mod verification;
    pub mod whole;
}
mod again;
mod any_case;
mod applications;
mod credentials;
mod describe;
mod documented;
mod every_way;
mod facts;
mod facts_random;
mod get;
mod held;
mod imports;
mod membership;
mod pages;
mod permissions;
mod pushed;
mod reach;
mod reach_random;
mod read_ahead;
mod requests;
mod rights;
mod roles;
mod roles_in_policies;
mod settings;
mod truth;
mod unclear;
mod user_groups;
mod validate;
mod validate_lists;
mod verification;
mod verification_random;
mod whole_account;
