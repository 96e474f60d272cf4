//! Small records, changes and results to test with.

use crate::contract::lifecycle::{Action, Outcome, Report};
use crate::contract::{
    Account, AccountStatus, Basis, Change, Entitlement, Error, ErrorKind, Grant, Operation, Page, Progress,
    RateLimit, Resource, ResourceId, Status, Warning, Write,
};

pub(super) fn id(kind: &str, id: &str) -> ResourceId {
    ResourceId { kind: kind.to_owned(), id: id.to_owned() }
}

pub(super) fn page() -> Page {
    Page {
        resources: vec![],
        entitlements: vec![],
        grants: vec![],
        warnings: vec![],
        progress: Progress { phase: "users".to_owned(), done: 0, total: None },
        requests: 1,
        rate_limit: None,
        next: None,
    }
}

pub(super) fn group(of: &str, name: &str) -> Resource {
    Resource {
        id: id("group", of),
        parent: None,
        display_name: name.to_owned(),
        account: None,
        profile: "{\"rules\": [1,\n 2]}".to_owned(),
    }
}

pub(super) fn user(of: &str, name: &str) -> Resource {
    let account = Account {
        email: Some(format!("{of}@corp.example")),
        login: None,
        status: AccountStatus::Enabled,
        last_login: None,
    };
    Resource { id: id("user", of), account: Some(account), ..group(of, name) }
}

pub(super) fn membership(of: &str) -> Entitlement {
    Entitlement {
        id: format!("group:{of}:member"),
        on: id("group", of),
        slug: "member".to_owned(),
        display_name: "Member".to_owned(),
        description: String::new(),
        grantable_to: vec!["user".to_owned()],
        extra: "{}".to_owned(),
    }
}

pub(super) fn app(of: &str, name: &str, profile: &str) -> Resource {
    Resource { id: id("app", of), profile: profile.to_owned(), ..group(of, name) }
}

pub(super) fn access(of: &str, extra: &str) -> Entitlement {
    Entitlement {
        id: format!("app:{of}:access"),
        on: id("app", of),
        slug: "access".to_owned(),
        display_name: "Access".to_owned(),
        extra: extra.to_owned(),
        ..membership(of)
    }
}

/// Grants of the access to an application, by a rule for a domain in policy `p1`.
pub(super) fn accesses(of: &str, principals: &[(&str, &str)]) -> Grant {
    let basis = Basis {
        rule: "email_domain".to_owned(),
        value: "corp.example".to_owned(),
        through: Some(id("policy", "p1")),
    };
    Grant { entitlement: format!("app:{of}:access"), basis: vec![basis], ..grants(of, principals) }
}

pub(super) fn grant(of: &str, kind: &str, principal: &str) -> Grant {
    grants(of, &[(kind, principal)])
}

pub(super) fn grants(of: &str, principals: &[(&str, &str)]) -> Grant {
    Grant {
        entitlement: format!("group:{of}:member"),
        principals: principals.iter().map(|&(kind, principal)| id(kind, principal)).collect(),
        basis: vec![Basis { rule: "everyone".to_owned(), value: String::new(), through: None }],
        conditions: Vec::new(),
        revocable: false,
        extra: "{}".to_owned(),
    }
}

pub(super) fn warning(code: &str, incomplete: bool) -> Warning {
    Warning { code: code.to_owned(), about: None, message: "Something is off.".to_owned(), incomplete }
}

pub(super) fn changes() -> Vec<Action> {
    let change = |operation, kind, principal| {
        let entitlement = "group:g1:member".to_owned();
        Action::Change(Change { operation, entitlement, principal: id(kind, principal) })
    };
    vec![change(Operation::Grant, "user", "u1"), change(Operation::Revoke, "email", "a:b@corp.example")]
}

pub(super) fn outcome(status: Status) -> Outcome {
    Outcome {
        status,
        detail: "Adds a rule.".to_owned(),
        created: vec![],
        added: vec![grant("g1", "user", "u1")],
        removed: vec!["group:g2:member".to_owned()],
    }
}

pub(super) fn refusal() -> Error {
    Error {
        kind: ErrorKind::Refused,
        message: "A domain still names them.".to_owned(),
        code: Some("12130".to_owned()),
        http_status: Some(400),
        retryable: false,
        retry_after_ms: Some(1_500),
        about: Some("group:g1".to_owned()),
        details: "{ \"cf-ray\": \"1\" }".to_owned(),
    }
}

pub(super) fn report(results: Vec<Result<Outcome, Error>>) -> Report {
    let write = Write {
        on: id("group", "g1"),
        before: r#"{"name":"Engineering","include":[{"email":{"email":"a@x"}}]}"#.to_owned(),
        after: r#"{"name":"Engineering","include":[{"email":{"email":"a@x"}},{"email":{"email":"u1@x"}}]}"#
            .to_owned(),
    };
    let warnings = vec![warning("item-not-understood", true)];
    let rate_limit = Some(RateLimit { remaining: 1_190, resets_in_ms: 60_001 });
    Report { results, writes: vec![write], warnings, requests: 4, rate_limit }
}
