//! Ready-made accounts: a small company, and accounts of any size from a seed.

mod company;
mod company_apps;
mod company_groups;
mod company_logins;
mod company_names;
mod company_scim;
mod policy_features;
mod random;
mod random_account;
mod random_apps;
mod random_logins;
mod random_policies;
mod random_rules;
mod random_user_groups;
mod role;
mod workshop;

pub use random_account::Size;
pub use random_apps::AccessSize;
pub use role::SUPER_ADMINISTRATOR;
