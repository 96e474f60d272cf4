//! Applications in a person's words: their type, their place, and to whom they are open.

use super::conditions::{alternative, rule};
use super::policy::{self, action};
use super::words::Words;
use crate::contract::{Alternative, Entitlement, Resource};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeSet, VecDeque};

/// The parts of an application's profile that are shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    #[serde(rename = "type")]
    kind: Value,
    domain: Value,
    destinations: Value,
    target_criteria: Value,
    policies: Value,
}

/// A policy as an application's profile has it, without its rules.
pub(super) struct Brief<'a> {
    pub(super) id: &'a str,
    pub(super) decision: &'a str,
    pub(super) precedence: Option<i64>,
}

/// Something that opens an application to nobody in particular.
pub(super) struct Opening {
    pub(super) who: &'static str,
    pub(super) why: String,
    pub(super) only_if: String,
}

/// The mark of an application that is open to everybody: by a bypass, or by a policy for services that
/// asks for nothing.
pub(super) const PUBLIC: &str = "PUBLIC";
const PUBLIC_TO_ANYBODY: &str = "PUBLIC: anybody, without a login";
const ANYBODY: &str = "anybody, without a login";
const WHOEVER: &str = "whoever logs in";

/// The parts of an entitlement's `extra` that say to whom an application is open.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Exposure {
    public: bool,
    whoever_logs_in: bool,
    open_to: Vec<OpenTo>,
}

#[derive(Deserialize)]
struct OpenTo {
    policy: String,
    decision: String,
    any_of: Vec<Box<RawValue>>,
    all_of: Vec<Box<RawValue>>,
    none_of: Vec<Box<RawValue>>,
}

impl Profile {
    /// Reads a profile. What isn't understood is left out.
    pub(super) fn of(resource: &Resource) -> Self {
        serde_json::from_str(&resource.profile).unwrap_or_default()
    }

    /// Whether a policy is for services, which have no login.
    pub(super) fn is_for_services(&self) -> bool {
        self.policies_that("non_identity").next().is_some()
    }

    /// Returns the policies by their precedence. Those without one come last.
    pub(super) fn policies(&self) -> Vec<Brief<'_>> {
        let policies = self.policies.as_array().into_iter().flatten();
        let mut policies: Vec<Brief<'_>> = policies
            .filter_map(|policy| {
                let text = |key: &str| policy.get(key).and_then(Value::as_str);
                let precedence = policy.get("precedence").and_then(Value::as_i64);
                Some(Brief { id: text("id")?, decision: text("decision").unwrap_or_default(), precedence })
            })
            .collect();
        policies.sort_by_key(|policy| (policy.precedence.is_none(), policy.precedence));
        policies
    }

    /// Returns the ids of the policies that decide this.
    fn policies_that(&self, decision: &str) -> impl Iterator<Item = &str> {
        self.policies().into_iter().filter(move |policy| policy.decision == decision).map(|policy| policy.id)
    }

    /// Returns the type of the application, in the words of Cloudflare's dashboard where it has some.
    pub(super) fn type_in_words(&self) -> String {
        let kind = self.kind.as_str().unwrap_or_default();
        match kind {
            "self_hosted" => "self-hosted",
            "saas" => "SaaS",
            "ssh" | "vnc" | "rdp" => return format!("{} in the browser", kind.to_ascii_uppercase()),
            "app_launcher" => "App Launcher",
            "warp" => "device enrollment",
            "biso" => "browser isolation",
            "dash_sso" => "dashboard login",
            "mcp_portal" => "MCP portal",
            "mcp" => "MCP server",
            "end_user" => "end users",
            other => return other.replace('_', " "),
        }
        .to_owned()
    }

    /// Says where the application is: its destinations, or its targets, or else its domain.
    pub(super) fn place(&self, words: Words<'_>) -> String {
        let all = |list: &Value, of: fn(&Value) -> Option<String>| {
            words.list(list.as_array().into_iter().flatten().filter_map(of), ", ")
        };
        let destinations = all(&self.destinations, destination);
        let targets = all(&self.target_criteria, target);
        let domain = self.domain.as_str().unwrap_or_default();
        match (destinations.as_str(), targets.as_str()) {
            ("", "") => domain.to_owned(),
            ("", targets) => targets.to_owned(),
            (destinations, _) => destinations.to_owned(),
        }
    }
}

/// Shows a destination. Kinds and fields: OpenAPI, GET /accounts/{account_id}/access/apps.
fn destination(of: &Value) -> Option<String> {
    let text = |key: &str| of.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let whole = text("uri").or(text("hostname")).or(text("cidr"));
    let Some(whole) = whole else {
        let kind = text("type")?.replace('_', " ");
        let id = text("worker_id").or(text("mcp_server_id"));
        return Some(id.map_or_else(|| kind.clone(), |id| format!("{kind} {id}")));
    };
    let port = text("port_range").map(|port| format!(":{port}")).unwrap_or_default();
    let protocol = text("l4_protocol").map(|protocol| format!("/{protocol}")).unwrap_or_default();
    Some(format!("{whole}{port}{protocol}"))
}

/// Shows the targets that a criterion matches, as in `SSH on port 22 of db-1`.
fn target(of: &Value) -> Option<String> {
    let protocol = of.get("protocol").and_then(Value::as_str)?;
    let port = of.get("port").and_then(Value::as_u64).map(|port| format!(" on port {port}"));
    let names = of.pointer("/target_attributes/hostname").and_then(Value::as_array);
    let names: Vec<&str> = names.into_iter().flatten().filter_map(Value::as_str).collect();
    let names = if names.is_empty() { String::new() } else { format!(" of {}", names.join(" or ")) };
    Some(format!("{protocol}{}{names}", port.unwrap_or_default()))
}

impl Exposure {
    fn of(entitlement: &Entitlement) -> Self {
        serde_json::from_str(&entitlement.extra).unwrap_or_default()
    }

    fn is_public(&self) -> bool {
        self.public || self.open_to.iter().any(OpenTo::is_always)
    }
}

/// Whether an entitlement says that everybody has access.
pub(super) fn is_public(entitlement: &Entitlement) -> bool {
    // Nearly all of them say nothing.
    entitlement.extra.contains("\"everyone\"") && Exposure::of(entitlement).is_public()
}

/// Says in a few words to whom the entitlement's application is open.
pub(super) fn open_to(entitlement: &Entitlement) -> String {
    let exposure = Exposure::of(entitlement);
    let anybody = match exposure.open_to.as_slice() {
        _ if exposure.is_public() => Some(PUBLIC),
        [] => None,
        _ => Some("anybody, on conditions"),
    };
    let whoever = exposure.whoever_logs_in.then_some(WHOEVER);
    let parts: Vec<&str> = anybody.into_iter().chain(whoever).collect();
    parts.join(", ")
}

/// Returns everything that opens the entitlement's application to nobody in particular.
pub(super) fn openings(entitlement: &Entitlement, profile: &Profile, words: Words<'_>) -> Vec<Opening> {
    let Exposure { public: _, whoever_logs_in, open_to } = Exposure::of(entitlement);
    let anybody = open_to.iter().map(|by| Opening {
        who: if by.is_always() { PUBLIC_TO_ANYBODY } else { ANYBODY },
        why: format!("{}, by policy {}", action(&by.decision), words.name("policy", &by.policy)),
        only_if: by.only_if(words),
    });
    let mut all: Vec<Opening> = anybody.collect();
    if whoever_logs_in {
        all.extend(whoever(profile, words));
    }
    all
}

/// Returns what lets whoever logs in into an application of which this is known.
fn whoever(profile: &Profile, words: Words<'_>) -> Vec<Opening> {
    const NOT_EXCLUDED: &str = "no rule excludes them";
    const NOT_BLOCKED: &str = "no policy before it blocks them";
    let opening = |why: &str, only_if: String| Opening { who: WHOEVER, why: why.to_owned(), only_if };
    let by_policies = by_policies(profile, words);
    match profile.kind.as_str() {
        Some("end_user") => vec![opening("an application of this type is for everybody", String::new())],
        Some("bookmark") if profile.policies().is_empty() => {
            vec![opening("no policy hides it", String::new())]
        }
        // The rules of its policies aren't known.
        _ if by_policies.is_empty() => {
            vec![opening(
                "a policy asks for nothing but a login",
                format!("{NOT_EXCLUDED}, and {NOT_BLOCKED}"),
            )]
        }
        _ => {
            let openings = by_policies.into_iter().map(|by| {
                let Known { id, login, has_exclude, is_behind_block } = by;
                let conditions = [
                    login,
                    has_exclude.then(|| NOT_EXCLUDED.to_owned()),
                    is_behind_block.then(|| NOT_BLOCKED.to_owned()),
                ];
                let conditions: Vec<String> = conditions.into_iter().flatten().collect();
                let why = format!("{}, by policy {}", action("allow"), words.name("policy", id));
                opening(&why, conditions.join(", and "))
            });
            openings.collect()
        }
    }
}

/// A policy that lets in whoever logs in, as far as they aren't kept out.
struct Known<'a> {
    id: &'a str,
    /// The logins that it accepts, if it doesn't accept all of them.
    login: Option<String>,
    has_exclude: bool,
    is_behind_block: bool,
}

/// Returns the policies that let in whoever logs in, as far as their rules are known.
fn by_policies<'a>(profile: &'a Profile, words: Words<'_>) -> Vec<Known<'a>> {
    let mut found = Vec::new();
    let mut is_behind_block = false;
    for Brief { id, decision, .. } in profile.policies() {
        let Some(known) = words.policy(id) else { continue };
        let Alternative { any_of, all_of, none_of } = known.rules_and_approval();
        let is_for_everyone = any_of.iter().any(|rule| has_kind(rule, "everyone"));
        let logins: Vec<String> = any_of.into_iter().filter(|rule| has_kind(rule, "login_method")).collect();
        match decision {
            // Nobody comes past it.
            "deny" if is_for_everyone && all_of.is_empty() && none_of.is_empty() => break,
            "deny" => is_behind_block = true,
            "allow" if all_of.is_empty() && (is_for_everyone || !logins.is_empty()) => {
                let logins = Alternative { any_of: logins, all_of, none_of: Vec::new() };
                let login = (!is_for_everyone).then(|| alternative(&logins, words));
                found.push(Known { id, login, has_exclude: !none_of.is_empty(), is_behind_block });
            }
            _ => {}
        }
    }
    found
}

fn has_kind(rule: &str, kind: &str) -> bool {
    serde_json::from_str::<serde_json::Map<String, Value>>(rule).is_ok_and(|rule| rule.contains_key(kind))
}

/// Returns the policies that let people in whom only a login shows: no grant can name them. `policy`
/// finds the profile of a policy.
pub(super) fn known_at_login<'a>(
    profile: &Profile,
    words: Words<'_>,
    policy: impl Fn(&str) -> Option<&'a str>,
) -> Vec<Opening> {
    let allows = profile.policies_that("allow").filter_map(|id| {
        let only_if = shown_at_login(&policy::Profile::of(policy(id)?), words)?;
        let why = format!("{}, by policy {}", action("allow"), words.name("policy", id));
        Some(Opening { who: "people whom only a login shows", why, only_if })
    });
    allows.collect()
}

/// Says what has to be so for those whom a policy lets in and no grant can name, if there can be some: by
/// rules of its own, or of groups that it includes. Where somebody told who is in a group of an identity
/// provider, grants name these people.
fn shown_at_login(policy: &policy::Profile, words: Words<'_>) -> Option<String> {
    let unnamed = |of: &policy::Profile| -> Vec<String> {
        let rules = of.unnamed().filter(|rule| !words.is_told(rule));
        rules.map(|it| rule(&it, words)).collect()
    };
    let mut ways = unnamed(policy);
    // Groups can be in each other in a circle.
    let mut seen = BTreeSet::new();
    let mut left: VecDeque<String> = policy.groups().collect();
    while let Some(id) = left.pop_front() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let Some(group) = words.group(&id) else { continue };
        let rules = words.list(unnamed(&group).into_iter(), " or ");
        if !rules.is_empty() {
            ways.push(format!("what group {} asks of a login ({rules})", words.name("group", &id)));
        }
        left.extend(group.groups());
    }
    let besides = alternative(&policy.asks_besides(), words);
    let several = ways.len() > 1 && !besides.is_empty();
    let ways = words.list(ways.into_iter(), " or ");
    match (ways.as_str(), besides.as_str()) {
        ("", _) => None,
        (_, "") => Some(ways),
        _ if several => Some(format!("({ways}) and {besides}")),
        _ => Some(format!("{ways} and {besides}")),
    }
}

/// Returns what is to be said of an application that nobody reaches by name, if policies of it that
/// weren't read may let somebody in.
pub(super) fn nobody_by_name(profile: &Profile, words: Words<'_>) -> Option<Opening> {
    let allows: Vec<String> = profile.policies_that("allow").map(|id| words.name("policy", id)).collect();
    (!allows.is_empty()).then(|| Opening {
        who: "nobody by name",
        why: format!("{}, by policy {}", action("allow"), words.list(allows.into_iter(), " or ")),
        only_if: "a login shows what the policy asks for: get policy:… shows its rules".to_owned(),
    })
}

/// Returns what is to be said of an application that isn't understood, or not as a whole.
pub(super) fn not_known() -> Opening {
    let why = "not all of it can be read, or is understood: see the warnings".to_owned();
    Opening { who: "not known", why, only_if: String::new() }
}

impl OpenTo {
    fn includes_everyone(&self) -> bool {
        self.any_of.iter().any(|rule| has_kind(rule.get(), "everyone"))
    }

    fn is_always(&self) -> bool {
        self.includes_everyone() && self.all_of.is_empty() && self.none_of.is_empty()
    }

    /// Says on which conditions the policy lets anybody in.
    fn only_if(&self, words: Words<'_>) -> String {
        let texts = |rules: &[Box<RawValue>]| rules.iter().map(|rule| rule.get().to_owned()).collect();
        let rules = Alternative {
            any_of: if self.includes_everyone() { Vec::new() } else { texts(&self.any_of) },
            all_of: texts(&self.all_of),
            none_of: texts(&self.none_of),
        };
        alternative(&rules, words)
    }
}
