//! Makes the contract's records of Cloudflare's items, in a file for each kind. Ids, slugs and
//! profile keys are a promise: hosts store them.

use crate::json::Object;
use crate::model;
use crate::rules::{Alternative, Expected};
use std::borrow::Cow;

pub mod app;
pub mod email;
pub mod group;
pub mod identity_provider;
pub mod ids;
pub mod known_apps;
pub mod member;
pub mod parent;
mod person;
pub mod policy;
pub mod role;
pub mod scoped_role;
pub mod service_token;
pub mod user;
pub mod user_group;
pub(crate) mod warnings;

/// Returns the `extra` of a grant of a group or an application, a JSON object.
fn extra(expected: Option<&Expected>) -> String {
    let Some(Expected { holds, evidence }) = expected else { return Object::default().end() };
    Object::default()
        .with("expected", if *holds { "true" } else { "false" })
        .with_text("source", Some(&evidence.source))
        .with_text("as_of", evidence.as_of.as_deref())
        .end()
}

/// Returns the rules that only a login decides, in the contract's record.
pub fn alternative(open: &Alternative<'_>) -> model::Alternative {
    let owned = |rules: &[Cow<'_, str>]| rules.iter().map(|raw| raw.clone().into_owned()).collect();
    model::Alternative {
        any_of: owned(&open.any_of),
        all_of: owned(&open.all_of),
        none_of: owned(&open.none_of),
    }
}
