//! Access-governance connector for Cloudflare Zero Trust, as a WebAssembly component.
//!
//! # The rooms
//!
//! - [`model`], [`error`], [`contract`]: the contract's records and errors in plain Rust, and the
//!   types that wit-bindgen generates for them.
//! - [`settings`]: the settings of a session, and the form that the manifest shows.
//! - [`cloudflare`]: Cloudflare's API. It has requests, answers, lists, and a wire type for each
//!   kind.
//! - [`rules`]: who is a member of a group. [`apps`]: who can reach an application. [`roles`]: what a
//!   member's roles and policies mean. [`identities`]: what others say of the groups of identity
//!   providers.
//! - [`kinds`]: the table of kinds. [`records`]: the contract's records of Cloudflare's items.
//! - [`sync`], [`provision`], [`lifecycle`], [`verification`], [`validate`]: reading an account, changing who
//!   holds what, people who join and leave, Cloudflare's own verdict beside ours, and checking credentials.
//! - `digest`, `encoding`, `json`, [`places`], `redact`, [`sorted`]: small tools of all rooms.
//! - [`session`]: one session, with the functions that the contract's exports call.
//! - `scim`: SCIM 2.0, its words, and people, groups and roles in them. `output`, `command`, `edge`: results
//!   for people and programs, the command line, and the HTTP service (all with the feature `standalone`).
//! - `wasi`: the exports, and HTTP through wasi:http (on WebAssembly only).
//!
//! # Glossary
//!
//! - **Resource**: something that exists at Cloudflare: a user, a member, a group, a role. Its
//!   **kind** is its resource type.
//! - **Entitlement**: something that can be held on a resource, for example the membership in a
//!   group.
//! - **Principal**: a resource that holds entitlements. A **grant** says that it holds one. The
//!   **basis** is the reasons for it, and **conditions** are the rules that only a login decides.
//! - **Upstream**: Cloudflare's side. A **collection** is a list of its API; an **object** is one
//!   item of it, by its id. A **listing** reads a collection page by page. The
//!   verdict of such a page says where the list continues.
//! - **Page**: the answer of one call of a sync. A **cursor** says where the next one continues. A
//!   **phase** is the part of a sync that emits one kind. To **emit** is to put a record into a
//!   page.
//! - **Rule**: one condition of a group or a policy, for example an address or a domain. A **rule set** is
//!   all rules of one resource, in the **sections** include, exclude and require.
//! - **Subject**: the person or service token for whom rules are evaluated, or nobody in particular. A
//!   person's **standing** is their status as an account member. The **baseline** is the value of each
//!   group and policy for an address that no rule names.
//! - **Open**: the value of a rule that only a login can decide. The others are yes and no.
//! - **Provider group**: a group of an identity provider that a rule names, or a value that the provider
//!   shows at a login. A **fact** says that an address is in one, according to a **source**, as of a time.
//!   Facts **cover** the rules about the group. In the **claim**, such a rule is open, and names these
//!   people. In the **expectation**, the facts decide it.
//! - **Comparison**: the claim about each person beside Cloudflare's own verdict on their last login. The
//!   **agreement** is what follows from both.
//! - **Change**: a grant or revoke that a host asks for. A **planned change** has its resource and
//!   principal resolved. Its **verdict** says what happens to it. A **write** is one request that
//!   changes something.
//! - **Step**: one thing that is done for a person who joins or leaves: an invitation, a removal, the end of
//!   sessions. **Offboarding** takes everything from a person. Its **parts** are changes and steps, and a
//!   **way** is what still lets the person in after that.
//! - **Right**: what is known of the credentials' permission to change a kind: granted, missing or
//!   unknown.
//! - **Outcome** and **report**: the result of one change, and of a whole call.
//! - **Stopped**: nothing more is asked in this call, for example because the rate limit is used
//!   up.
#![warn(missing_docs)]
#![deny(unsafe_code)]
// A panic traps, and a trap ends the plugin.
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::todo,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

pub mod apps;
pub mod cloudflare;
#[cfg(feature = "standalone")]
pub mod command;
pub mod contract;
pub mod credential;
mod digest;
#[cfg(feature = "standalone")]
pub mod edge;
#[cfg(feature = "standalone")]
mod encoding;
pub mod error;
pub mod identities;
mod json;
pub mod kinds;
pub mod lifecycle;
pub mod model;
#[cfg(feature = "standalone")]
pub mod output;
pub mod places;
pub mod provision;
pub mod records;
mod redact;
pub mod roles;
pub mod rules;
#[cfg(feature = "standalone")]
pub mod scim;
pub mod session;
pub mod settings;
pub mod sorted;
pub mod sync;
pub mod validate;
pub mod verification;
#[cfg(target_family = "wasm")]
pub mod wasi;
