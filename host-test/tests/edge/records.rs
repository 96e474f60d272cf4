//! Lines as the contract's records, so that a read can be compared.

use crate::common::whole::Whole;
use connector_host::contract::{
    Account, AccountStatus, Alternative, Basis, Entitlement, Grant, Page, Progress, Resource, ResourceId,
    Warning,
};
use serde_json::Value;

/// Puts the lines of a whole read together, from one answer or several.
pub fn whole(lines: &[Value]) -> Whole {
    let mut whole = Whole::default();
    let mut page = empty();
    for line in lines {
        match line["type"].as_str().unwrap() {
            "resource" => page.resources.push(resource(line)),
            "entitlement" => page.entitlements.push(entitlement(line)),
            "grant" => page.grants.push(grant(line)),
            "warning" => page.warnings.push(warning(line)),
            "cursor" => {
                page.next = optional(&line["cursor"]);
                whole.take(std::mem::replace(&mut page, empty()));
            }
            "end" => {
                page.requests = u32::try_from(line["requests"].as_u64().unwrap()).unwrap();
                whole.take(std::mem::replace(&mut page, empty()));
            }
            other => panic!("{other}: {line}"),
        }
    }
    whole
}

fn empty() -> Page {
    Page {
        resources: vec![],
        entitlements: vec![],
        grants: vec![],
        warnings: vec![],
        progress: Progress { phase: String::new(), done: 0, total: None },
        requests: 0,
        rate_limit: None,
        next: None,
    }
}

fn resource(line: &Value) -> Resource {
    Resource {
        id: id(&line["id"]),
        parent: Some(&line["parent"]).filter(|parent| !parent.is_null()).map(id),
        display_name: text(&line["display_name"]),
        account: Some(&line["account"]).filter(|account| !account.is_null()).map(account),
        profile: line["profile"].to_string(),
    }
}

fn account(account: &Value) -> Account {
    let status = match account["status"].as_str().unwrap() {
        "enabled" => AccountStatus::Enabled,
        "disabled" => AccountStatus::Disabled,
        "pending" => AccountStatus::Pending,
        "unknown" => AccountStatus::Unknown,
        other => panic!("{other}"),
    };
    Account {
        email: optional(&account["email"]),
        login: optional(&account["login"]),
        status,
        last_login: optional(&account["last_login"]),
    }
}

fn entitlement(line: &Value) -> Entitlement {
    Entitlement {
        id: text(&line["id"]),
        on: id(&line["on"]),
        slug: text(&line["slug"]),
        display_name: text(&line["display_name"]),
        description: text(&line["description"]),
        grantable_to: each(&line["grantable_to"], text),
        extra: line["extra"].to_string(),
    }
}

fn grant(line: &Value) -> Grant {
    let alternative = |of: &Value| Alternative {
        any_of: each(&of["any_of"], Value::to_string),
        all_of: each(&of["all_of"], Value::to_string),
        none_of: each(&of["none_of"], Value::to_string),
    };
    let conditions = match &line["conditions"] {
        Value::Null => Vec::new(),
        conditions => each(conditions, alternative),
    };
    Grant {
        entitlement: text(&line["entitlement"]),
        principals: vec![id(&line["principal"])],
        basis: each(&line["basis"], |basis| Basis {
            rule: text(&basis["rule"]),
            value: text(&basis["value"]),
            through: Some(&basis["through"]).filter(|through| !through.is_null()).map(id),
        }),
        conditions,
        revocable: line["revocable"].as_bool().unwrap(),
        extra: line["extra"].to_string(),
    }
}

fn warning(line: &Value) -> Warning {
    Warning {
        code: text(&line["code"]),
        about: Some(&line["about"]).filter(|about| !about.is_null()).map(id),
        message: text(&line["message"]),
        incomplete: line["incomplete"].as_bool().unwrap(),
    }
}

fn id(value: &Value) -> ResourceId {
    ResourceId { kind: text(&value["kind"]), id: text(&value["id"]) }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn optional(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn each<T>(values: &Value, of: impl Fn(&Value) -> T) -> Vec<T> {
    values.as_array().unwrap().iter().map(of).collect()
}
