//! SCIM 2.0 (RFC 7643, 7644 and 9865), free of HTTP.
//!
//! The words know nothing of Cloudflare:
//!
//! - [`schema`]: the one table of what users, groups and roles have, and the documents about it.
//! - [`filter`]: filters, read and evaluated. [`path`]: the path of a change. [`patch`]: the bodies of
//!   PATCH, as the standard and as the platforms write them, in one normal form.
//! - [`given`]: the resource in a POST or a PUT.
//! - [`query`]: the parameters of a list, and its answer. [`projection`]: the attributes of an answer.
//! - Errors are in [`problem`].
//!
//! Their meaning at Cloudflare:
//!
//! - [`Service`] answers one request. `service` reads, and `writes` and `group_writes` change. `window` is
//!   the page of a list, and `version` is what a client knows of a resource.
//! - `people` finds everything under one address: `membership` is the part in the account, with its roles.
//!   `effective` has the groups that people are in. `groups` reads Access groups, and `user_groups` those of
//!   the account. `one` reads an object by its id, and decides that there is none. `user`, `group` and `role`
//!   are how they look, and `name` a person's name in parts. `user_id` is the id of an address.
//! - `members` tells which grants and revokes a change of a group's members comes to, and
//!   `user_group_members` makes those of a user group. `held_roles` gives and takes roles. `leavers` takes
//!   everything from a person; `taken` and `remaining` tell what came of that. `failed` tells the core's
//!   errors.

mod claim;
pub mod filter;
pub mod given;
mod page_size;
pub mod patch;
pub mod path;
pub mod problem;
pub mod projection;
pub mod query;
pub mod schema;
mod value;

mod effective;
mod failed;
mod group;
mod group_writes;
mod groups;
mod held_roles;
mod leavers;
mod members;
mod membership;
mod name;
mod one;
mod people;
mod remaining;
mod report_only;
mod role;
mod service;
mod taken;
mod user;
mod user_group_members;
mod user_groups;
mod user_id;
mod version;
mod window;
mod writes;

pub use problem::{Problem, ScimType};
pub use query::Query;
pub use remaining::Remains;
pub use report_only::ReportOnly;
pub use schema::Doors;
pub use service::{Answer, Service, Switches, Type};
pub use version::Preconditions;
