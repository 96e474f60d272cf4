//! Ready-made accounts: a small company, and accounts of any size from a seed.

mod company;
mod company_apps;
mod random;
mod random_account;
mod random_rules;
mod role;

pub use random_account::Size;
pub use role::SUPER_ADMINISTRATOR;
