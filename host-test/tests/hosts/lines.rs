//! JSON Lines, back as the contract's records.

use crate::common::whole::Whole;
use connector_host::contract::{
    Account, AccountStatus, Alternative, Basis, Entitlement, Grant, Page, Progress, Resource, ResourceId,
    Warning,
};
use serde_json::Value;

/// Returns the lines in ASCII, as the examples write them for any terminal.
pub fn ascii(lines: &str) -> String {
    let mut ascii = String::new();
    for c in lines.chars() {
        match c {
            '\n' | ' '..='~' => ascii.push(c),
            _ => {
                c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}")))
            }
        }
    }
    ascii
}

/// Puts a whole read together. Everything that a line names came before it.
pub fn whole(lines: &str) -> Whole {
    let mut whole = Whole::default();
    for line in lines.lines() {
        whole.take(page(&serde_json::from_str(line).unwrap()));
    }
    whole
}

/// Makes a page of this line alone.
fn page(line: &Value) -> Page {
    let mut page = Page {
        resources: Vec::new(),
        entitlements: Vec::new(),
        grants: Vec::new(),
        warnings: Vec::new(),
        progress: Progress { phase: String::new(), done: 0, total: None },
        requests: 0,
        rate_limit: None,
        next: None,
    };
    match text(&line["type"]).as_str() {
        "resource" => page.resources.push(Resource {
            id: id(&line["id"]),
            parent: some(&line["parent"], id),
            display_name: text(&line["display_name"]),
            account: some(&line["account"], account),
            profile: json(&line["profile"]),
        }),
        "entitlement" => page.entitlements.push(Entitlement {
            id: text(&line["id"]),
            on: id(&line["on"]),
            slug: text(&line["slug"]),
            display_name: text(&line["display_name"]),
            description: text(&line["description"]),
            grantable_to: list(&line["grantable_to"], text),
            extra: json(&line["extra"]),
        }),
        "grant" => page.grants.push(Grant {
            entitlement: text(&line["entitlement"]),
            principals: vec![id(&line["principal"])],
            basis: list(&line["basis"], |basis| Basis {
                rule: text(&basis["rule"]),
                value: text(&basis["value"]),
                through: some(&basis["through"], id),
            }),
            conditions: some(&line["conditions"], alternatives).unwrap_or_default(),
            revocable: line["revocable"].as_bool().unwrap(),
            extra: json(&line["extra"]),
        }),
        "warning" => page.warnings.push(Warning {
            code: text(&line["code"]),
            about: some(&line["about"], id),
            message: text(&line["message"]),
            incomplete: line["incomplete"].as_bool().unwrap(),
        }),
        other => panic!("{other} is no type of a line"),
    }
    page
}

fn alternatives(conditions: &Value) -> Vec<Alternative> {
    list(conditions, |of| Alternative {
        any_of: list(&of["any_of"], json),
        all_of: list(&of["all_of"], json),
        none_of: list(&of["none_of"], json),
    })
}

fn account(account: &Value) -> Account {
    Account {
        email: some(&account["email"], text),
        login: some(&account["login"], text),
        status: match text(&account["status"]).as_str() {
            "enabled" => AccountStatus::Enabled,
            "disabled" => AccountStatus::Disabled,
            "pending" => AccountStatus::Pending,
            "unknown" => AccountStatus::Unknown,
            other => panic!("{other} is no status"),
        },
        last_login: some(&account["last_login"], text),
    }
}

fn id(id: &Value) -> ResourceId {
    ResourceId { kind: text(&id["kind"]), id: text(&id["id"]) }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn json(value: &Value) -> String {
    assert!(value.is_object(), "{value}");
    value.to_string()
}

fn list<T>(value: &Value, of: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().unwrap().iter().map(of).collect()
}

fn some<T>(value: &Value, of: impl FnOnce(&Value) -> T) -> Option<T> {
    (!value.is_null()).then(|| of(value))
}
