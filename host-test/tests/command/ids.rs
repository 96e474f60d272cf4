//! The ids, slugs and profile keys that hosts store: a sync's output, this list and the page agree.

use super::setup::MockAndFolder;
use super::{assert_exit, text};
use host_test::mock::Account;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// For each resource type: a check of its ids, its entitlements, of which each resource has at most
/// one, and the keys of its profile.
type Promise = (&'static str, fn(&str) -> bool, &'static [&'static str], &'static [&'static str]);

const PROMISES: [Promise; 11] = [
    ("identity-provider", is_uuid, &[], &["type"]),
    (
        "group",
        is_uuid,
        &["group:<id>:member"],
        &["include", "exclude", "require", "is_default", "created_at", "updated_at"],
    ),
    (
        "policy",
        is_uuid,
        &[],
        &[
            "decision",
            "include",
            "exclude",
            "require",
            "approval_required",
            "approval_groups",
            "session_duration",
            "isolation_required",
            "purpose_justification_required",
            "purpose_justification_prompt",
            "mfa_config",
            "connection_rules",
            "app_count",
            "created_at",
            "updated_at",
        ],
    ),
    (
        "app",
        is_uuid,
        &["app:<id>:access", "app:<id>:visible"],
        &[
            "type",
            "domain",
            "destinations",
            "policies",
            "allowed_idps",
            "aud",
            "tags",
            "session_duration",
            "auto_redirect_to_identity",
            "app_launcher_visible",
            "allow_authenticate_via_warp",
            "mfa_config",
            "options_preflight_bypass",
            "service_auth_401_redirect",
            "read_service_tokens_from_header",
            "oauth_configuration",
            "target_criteria",
            "user_populations",
            "created_at",
            "updated_at",
        ],
    ),
    ("role", is_hex, &["role:<id>:assigned"], &["description", "permissions"]),
    ("user-group", is_hex, &["user-group:<id>:member"], &["created_on", "modified_on", "policies"]),
    ("scoped-role", is_of_a_part, &["scoped-role:<id>:assigned"], &["permission_group", "resource_group"]),
    (
        "service-token",
        is_uuid,
        &[],
        &["client_id", "enabled", "expires_at", "last_seen_at", "duration", "created_at", "updated_at"],
    ),
    (
        "member",
        is_hex,
        &[],
        &["status", "user_id", "first_name", "last_name", "two_factor_authentication_enabled", "policies"],
    ),
    (
        "user",
        is_uuid,
        &[],
        &[
            "uid",
            "access_seat",
            "gateway_seat",
            "seat_uid",
            "active_device_count",
            "created_at",
            "updated_at",
        ],
    ),
    ("email", is_address, &[], &[]),
];

fn is_hex(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_of_a_part(id: &str) -> bool {
    id.split_once('-').is_some_and(|(permission_group, part)| is_hex(permission_group) && is_hex(part))
}

fn is_uuid(id: &str) -> bool {
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && is_hex(&id.replace('-', ""))
}

fn is_address(id: &str) -> bool {
    id.contains('@') && !id.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Gives an application and a policy the fields that the company's don't have.
fn give_every_field(account: &mut Account) {
    let mfa = json!({ "mfa_disabled": true });
    let of_app = json!({
        "aud": "a", "tags": ["t"], "auto_redirect_to_identity": true, "app_launcher_visible": true,
        "allow_authenticate_via_warp": true, "mfa_config": mfa, "options_preflight_bypass": true,
        "service_auth_401_redirect": true, "read_service_tokens_from_header": "h",
        "oauth_configuration": { "enabled": true }, "user_populations": ["p"], "session_duration": "24h",
    });
    let of_policy = json!({
        "session_duration": "24h", "isolation_required": true, "purpose_justification_required": true,
        "purpose_justification_prompt": "Why?", "mfa_config": mfa,
    });
    account.applications[0].extra.extend(of_app.as_object().unwrap().clone());
    account.policies[0].extra.extend(of_policy.as_object().unwrap().clone());
}

fn lines() -> Vec<Value> {
    let setup = MockAndFolder::company();
    setup.mock.change(give_every_field);
    let kinds = PROMISES.map(|(kind, ..)| kind).join(",");
    let output = setup.sync(&["--format", "jsonl", "--kinds", &kinds]).output().unwrap();
    assert_exit(&output, 0);
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn promise(kind: &Value) -> Promise {
    *PROMISES.iter().find(|(of, ..)| kind == of).unwrap_or_else(|| panic!("{kind} is promised nowhere"))
}

#[test]
fn a_sync_gives_what_is_promised_and_nothing_else() {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut held_on = BTreeSet::new();
    for line in lines() {
        let of = |key: &str| line[key].as_str().unwrap();
        match of("type") {
            "resource" => {
                let (kind, is_one, ..) = promise(&line["id"]["kind"]);
                assert!(is_one(line["id"]["id"].as_str().unwrap()), "{line}");
                let found = line["profile"].as_object().unwrap().keys().cloned();
                keys.entry(kind.to_owned()).or_default().extend(found);
            }
            "entitlement" => {
                let (kind, _, entitlements, _) = promise(&line["on"]["kind"]);
                let id = line["on"]["id"].as_str().unwrap();
                assert!(held_on.insert(id.to_owned()), "{id} has two");
                assert!(entitlements.iter().any(|form| form.replace("<id>", id) == of("id")), "{line}");
                assert_eq!(
                    [kind, of("slug")],
                    [of("id").split(':').next().unwrap(), of("id").rsplit(':').next().unwrap()]
                );
                let extra = line["extra"].as_object().unwrap();
                let known = ["open_to", "public", "whoever_logs_in"];
                assert!(extra.keys().all(|key| kind == "app" && known.contains(&key.as_str())), "{line}");
                let grantable_to = match kind {
                    "role" | "scoped-role" => vec!["user-group", "member"],
                    "user-group" => vec!["member"],
                    _ => vec!["user", "member", "email", "service-token"],
                };
                assert_eq!(line["grantable_to"], Value::from(grantable_to));
            }
            "grant" => {
                let principal = ["kind", "id"].map(|key| line["principal"][key].as_str().unwrap());
                assert_eq!(of("id"), [of("entitlement"), principal[0], principal[1]].join(":"));
                assert!(promise(&line["principal"]["kind"]).1(principal[1]), "{line}");
                let is_on_app = of("entitlement").starts_with("app:");
                for basis in line["basis"].as_array().unwrap() {
                    assert_eq!(basis["through"]["kind"] == "policy", is_on_app, "{line}");
                    assert_eq!(basis["through"].is_null(), !is_on_app, "{line}");
                }
                assert!(line["extra"].as_object().unwrap().is_empty());
            }
            _ => {}
        }
    }
    let promised: BTreeMap<String, BTreeSet<String>> = PROMISES
        .iter()
        .map(|(kind, _, _, keys)| ((*kind).to_owned(), keys.iter().map(|&key| key.to_owned()).collect()))
        .collect();
    assert_eq!(keys, promised);
}

#[test]
fn the_page_says_what_is_promised() {
    let page = include_str!("../../pages/ids.md");
    let quoted =
        |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let table = page.split("| resource type |").nth(1).unwrap().split("\n\n").next().unwrap();
    let said: Vec<[Vec<String>; 3]> = table
        .lines()
        .skip(2)
        .map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            [1, 3, 4].map(|at| quoted(cells[at]))
        })
        .collect();
    let promised: Vec<[Vec<String>; 3]> = PROMISES
        .iter()
        .map(|(kind, _, entitlements, keys)| {
            let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
            [owned(&[kind]), owned(entitlements), owned(keys)]
        })
        .collect();
    assert_eq!(said, promised);
}
