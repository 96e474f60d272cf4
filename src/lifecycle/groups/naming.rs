//! The groups, policies and applications that name a group. A group that goes takes its rule along: one that
//! an exclude names would let people in, and one that an include names would lock them out.

use super::reading::each;
use crate::cloudflare::app::{self, App, policies_of};
use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::group;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::{Item, id_of};
use crate::cloudflare::policy;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::json::value::Json;
use crate::model::Kind;
use crate::sorted::Set;
use serde_json::value::RawValue;

/// The most applications whose policies are asked for one by one. Cloudflare's list has the policies of all
/// (OpenAPI: GET /accounts/{account_id}/access/apps).
const MOST_ASKED: usize = 20;

const NOT_KNOWN: &str = "Nothing was deleted, because it isn't known what names the group.";

/// An object of a list with all of its text.
struct Whole {
    id: Id,
    raw: Box<RawValue>,
}

impl Item for Whole {
    fn from_object(raw: &RawValue, account_id: &str) -> std::result::Result<Self, &'static str> {
        // An application can have its id elsewhere.
        let of_app = || App::from_object(raw, account_id).ok().map(|app| app.id);
        let id = id_of(raw).or_else(of_app).ok_or("it has no id that can be read")?;
        Ok(Self { id, raw: raw.to_owned() })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

/// Returns everything that names a group, as an error names it.
///
/// # Errors
/// Not all of it can be read.
pub(super) fn naming<T: Transport>(client: &mut Client<T>, of: &Id) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let is_other = |id: &Id| !id.as_str().eq_ignore_ascii_case(of.as_str());
    each(client, &group::COLLECTION, NOT_KNOWN, &mut |group: Whole| {
        if is_other(&group.id) && names(&group.raw, of) {
            found.push(shown(Kind::Group, &group.id, &group.raw));
        }
    })?;
    let mut reusable = Set::default();
    each(client, &policy::COLLECTION, NOT_KNOWN, &mut |policy: Whole| {
        if names(&policy.raw, of) {
            found.push(shown(Kind::Policy, &policy.id, &policy.raw));
        }
        reusable.insert(policy.id.as_str().to_ascii_lowercase());
    })?;
    let mut without_policies = Vec::new();
    each(client, &app::COLLECTION, NOT_KNOWN, &mut |app: Whole| {
        if names(&app.raw, of) {
            found.push(shown(Kind::App, &app.id, &app.raw));
        } else if !is_whole(&app.raw, &reusable) {
            without_policies.push((shown(Kind::App, &app.id, &app.raw), app.id));
        }
    })?;
    if without_policies.len() > MOST_ASKED {
        let message = format!(
            "{NOT_KNOWN} Cloudflare's list of applications lacks the policies of {} of them, which are too \
             many to ask for each. Delete the group in Cloudflare's dashboard.",
            without_policies.len()
        );
        return Err(Error::new(ErrorKind::Conflict, message));
    }
    for (told, app) in without_policies {
        let list: Collection = policy::of_app(&app);
        let mut is_named = false;
        each(client, &list, NOT_KNOWN, &mut |policy: Whole| is_named |= names(&policy.raw, of))?;
        if is_named {
            found.push(told);
        }
    }
    Ok(found)
}

/// Whether all policies of an application are known: they stand in it, or among the reusable ones, whose ids
/// are in lower case.
fn is_whole(app: &RawValue, reusable: &Set<String>) -> bool {
    let is_known = |id: &Id| reusable.contains(&id.as_str().to_ascii_lowercase());
    policies_of(app, "").is_some_and(|policies| {
        policies.iter().all(|attached| attached.policy.is_some() || is_known(&attached.id))
    })
}

/// Whether a text anywhere in an object is the id of a group. So a rule counts whose kind isn't known, and
/// so does one that isn't understood.
fn names(raw: &RawValue, group: &Id) -> bool {
    let quoted = format!("\"{group}\"");
    raw.get().as_bytes().windows(quoted.len()).any(|part| part.eq_ignore_ascii_case(quoted.as_bytes()))
}

fn shown(kind: Kind, id: &Id, raw: &RawValue) -> String {
    let name = Json::parse(raw.get()).and_then(|object| object.get("name").text().map(str::to_owned));
    name.map_or_else(|| format!("{kind}:{id}"), |name| format!("{kind}:{id} ({name:?})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn an_id_counts_wherever_it_stands_and_only_as_a_whole() {
        let group = Id::parse("6F1b").unwrap();
        for (text, expected) in [
            (r#"{"id":"p","include":[{"group":{"id":"6f1b"}}]}"#, true),
            (r#"{"id":"p","exclude":[{"group":{"id":"6F1B"}}]}"#, true),
            (r#"{"id":"p","require":[{"new_kind":{"of":["x", "6f1b"]}}]}"#, true),
            (r#"{"id":"p","include":[{"group":{"id":"6f1b"},"group":{"id":"x"}}]}"#, true),
            (r#"{"id":"p","include":[{"group":{"id":"6f1b2"}}]}"#, false),
            (r#"{"id":"p","include":[{"group":{"id":"a6f1b"}}],"name":"the 6f1b group"}"#, false),
            (r#"{"id":"p","include":[]}"#, false),
        ] {
            assert_eq!(names(&raw(text), &group), expected, "{text}");
        }
    }

    #[test]
    fn policies_are_known_where_they_stand_whole_or_in_the_list() {
        let reusable: Set<String> = ["a1".to_owned()].into_iter().collect();
        for (policies, expected) in [
            (r#"[]"#, true),
            (r#"[{"id":"p","include":[]}]"#, true),
            (r#"["A1"]"#, true),
            (r#"[{"id":"a1"},{"id":"p","include":[]}]"#, true),
            (r#"["b2"]"#, false),
            (r#"[{"id":"p","include":null}]"#, false),
            (r#"null"#, false),
        ] {
            let app = raw(&format!(r#"{{"id":"x","policies":{policies}}}"#));
            assert_eq!(is_whole(&app, &reusable), expected, "{policies}");
        }
    }
}
