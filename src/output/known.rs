//! Names from the lines of an earlier sync, for a read that knows only ids.

use super::lines::status as word;
use crate::contract::{AccountStatus, Resource, ResourceId};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// The kind of policies.
const POLICY: &str = "policy";
/// The kind of Access groups.
const GROUP: &str = "group";

/// The names of resources, the resources of entitlements, and what policies do.
#[derive(Clone, Default)]
pub struct Names {
    /// Names by kind and id.
    names: HashMap<(String, String), String>,
    /// The statuses and addresses of accounts, by kind and id.
    accounts: HashMap<(String, String), Account>,
    /// Resources by the entitlement that is held on them.
    held_on: HashMap<String, ResourceId>,
    /// The profiles of policies by id.
    policies: HashMap<String, Profile>,
    /// The profiles of Access groups by id.
    groups: HashMap<String, String>,
}

/// A policy's profile.
#[derive(Clone)]
struct Profile {
    json: String,
    /// Whether it has the policy's rules. An application's profile has its policies without them.
    is_whole: bool,
}

/// The part of a line that says what a policy does, or what a group asks.
#[derive(Deserialize)]
struct Rules {
    profile: Box<RawValue>,
}

/// The parts of a line that names are taken from.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Resource {
        id: Id,
        display_name: String,
        #[serde(default)]
        account: Option<Account>,
    },
    Entitlement {
        id: String,
        on: Id,
    },
    #[serde(other)]
    Other,
}

#[derive(Clone, Deserialize)]
struct Account {
    #[serde(default)]
    status: String,
    #[serde(default)]
    email: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    kind: String,
    id: String,
}

impl Names {
    /// Takes the name from a line of JSON Lines. Returns false if it isn't a line of a sync.
    #[must_use]
    pub fn learn(&mut self, line: &[u8]) -> bool {
        match serde_json::from_slice(line) {
            Ok(Line::Resource { id: Id { kind, id }, display_name, account }) => {
                if [POLICY, GROUP].contains(&kind.as_str())
                    && let Ok(Rules { profile }) = serde_json::from_slice(line)
                {
                    let json = profile.get().to_owned();
                    match kind == POLICY {
                        true => _ = self.policies.insert(id.clone(), Profile { json, is_whole: true }),
                        false => _ = self.groups.insert(id.clone(), json),
                    }
                }
                if let Some(account) = account {
                    self.accounts.insert((kind.clone(), id.clone()), account);
                }
                self.names.insert((kind, id), display_name);
            }
            Ok(Line::Entitlement { id: entitlement, on: Id { kind, id } }) => {
                self.held_on.insert(entitlement, ResourceId { kind, id });
            }
            Ok(Line::Other) => {}
            Err(_) => return false,
        }
        true
    }

    /// Takes the name of something that was read, what a policy does, and what a group asks.
    pub fn learn_resource(&mut self, resource: &Resource) {
        let Resource { id: ResourceId { kind, id }, display_name, profile, .. } = resource;
        match kind.as_str() {
            POLICY => {
                let profile = Profile { json: profile.clone(), is_whole: true };
                self.policies.insert(id.clone(), profile);
            }
            GROUP => _ = self.groups.insert(id.clone(), profile.clone()),
            _ => self.learn_policies(resource),
        }
        self.names.insert((kind.clone(), id.clone()), display_name.clone());
    }

    /// Takes its policies from an application, apart from those that are known.
    pub(super) fn learn_policies(&mut self, resource: &Resource) {
        if resource.id.kind != "app" {
            return;
        }
        let profile: Value = serde_json::from_str(&resource.profile).unwrap_or_default();
        for policy in profile.get("policies").and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| policy.get(key).and_then(Value::as_str).map(str::to_owned);
            let Some(id) = text("id") else { continue };
            if let Some(name) = text("name") {
                self.names.entry((POLICY.to_owned(), id.clone())).or_insert(name);
            }
            let brief = || Profile { json: policy.to_string(), is_whole: false };
            self.policies.entry(id).or_insert_with(brief);
        }
    }

    /// Returns the profile of a policy: that of its own line, or else the brief one of an application.
    pub(super) fn policy(&self, id: &str) -> Option<&str> {
        self.policies.get(id).map(|profile| profile.json.as_str())
    }

    /// Returns the profile of a group.
    pub(super) fn group(&self, id: &str) -> Option<&str> {
        self.groups.get(id).map(String::as_str)
    }

    /// Whether a policy's rules are those of an earlier sync.
    pub(super) fn has_rules_of(&self, policy: &str) -> bool {
        self.policies.get(policy).is_some_and(|profile| profile.is_whole)
    }

    pub(super) fn of(&self, kind: &str, id: &str) -> Option<&str> {
        self.names.get(&(kind.to_owned(), id.to_owned())).map(String::as_str)
    }

    /// Returns the status of an account, if it isn't enabled.
    pub(super) fn status_of(&self, kind: &str, id: &str) -> Option<&str> {
        let status = self.account(kind, id)?.status.as_str();
        Some(status).filter(|status| is_marked(status))
    }

    fn account(&self, kind: &str, id: &str) -> Option<&Account> {
        self.accounts.get(&(kind.to_owned(), id.to_owned()))
    }

    /// Returns the address of an account.
    pub(super) fn address_of(&self, kind: &str, id: &str) -> Option<&str> {
        self.account(kind, id)?.email.as_deref()
    }

    /// Returns the ids of the resources of a kind that have this name, in any case of its letters.
    pub(super) fn ids_of<'a>(&'a self, kind: &'a str, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let name = name.to_lowercase();
        let of_kind = self.names.iter().filter(move |((of, _), _)| of == kind);
        of_kind.filter(move |(_, it)| it.to_lowercase() == name).map(|((_, id), _)| id.as_str())
    }

    /// Returns the names of the resources of a kind.
    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.names.iter().filter(move |((of, _), _)| of == kind).map(|(_, name)| name.as_str())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn held_on(&self, entitlement: &str) -> Option<&ResourceId> {
        self.held_on.get(entitlement)
    }
}

/// Whether somebody who looks at names has to know this status.
fn is_marked(status: &str) -> bool {
    [AccountStatus::Disabled, AccountStatus::Pending].into_iter().any(|marked| word(marked) == status)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::super::{JsonLines, Sink};
    use super::*;
    use crate::contract::Page;

    #[test]
    fn the_lines_of_a_sync_are_understood() {
        let page = Page {
            resources: vec![samples::group("g1", "Engineering"), samples::user("u1", "Ann")],
            entitlements: vec![samples::membership("g1")],
            grants: vec![samples::grant("g1", "user", "u1")],
            warnings: vec![samples::warning("list-moved", true)],
            ..samples::page()
        };
        let mut lines = Vec::new();
        JsonLines::new(&mut lines).page(&page).unwrap();
        let mut names = Names::default();
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            assert!(names.learn(line), "{}", String::from_utf8_lossy(line));
        }
        assert_eq!((names.of("user", "u1"), names.of("user", "u2")), (Some("Ann"), None));
        assert_eq!(names.held_on("group:g1:member").unwrap().id, "g1");
        for other in ["", "nope", "{}", "[]", r#"{"type":"resource"}"#] {
            assert!(!names.learn(other.as_bytes()), "{other}");
        }
    }
}
