//! The lines that a sync wrote as JSON Lines, read again as records.

use cloudflare_zero_trust::contract::{
    Account, AccountStatus, Alternative, Basis, Entitlement, Grant, Page, Progress, Resource, ResourceId,
    Warning,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(rename = "type", borrow)]
    of: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Id {
    kind: String,
    id: String,
}

#[derive(Deserialize)]
struct ResourceLine {
    id: Id,
    parent: Option<Id>,
    display_name: String,
    account: Option<AccountLine>,
    profile: Box<RawValue>,
}

#[derive(Deserialize)]
struct AccountLine {
    email: Option<String>,
    login: Option<String>,
    status: String,
    last_login: Option<String>,
}

#[derive(Deserialize)]
struct EntitlementLine {
    id: String,
    on: Id,
    slug: String,
    display_name: String,
    description: String,
    grantable_to: Vec<String>,
    extra: Box<RawValue>,
}

#[derive(Deserialize)]
struct GrantLine {
    entitlement: String,
    principal: Id,
    basis: Vec<BasisLine>,
    conditions: Option<Vec<AlternativeLine>>,
    revocable: bool,
    extra: Box<RawValue>,
}

#[derive(Deserialize)]
struct BasisLine {
    rule: String,
    value: String,
    through: Option<Id>,
}

#[derive(Deserialize)]
struct AlternativeLine {
    any_of: Vec<Box<RawValue>>,
    all_of: Vec<Box<RawValue>>,
    none_of: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct WarningLine {
    code: String,
    about: Option<Id>,
    message: String,
    incomplete: bool,
}

impl From<Id> for ResourceId {
    fn from(Id { kind, id }: Id) -> ResourceId {
        ResourceId { kind, id }
    }
}

/// Reads one line as a page with one record.
pub(crate) fn page_of(line: &[u8]) -> serde_json::Result<Page> {
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
    let Typed { of } = serde_json::from_slice(line)?;
    match of.as_ref() {
        "resource" => page.resources.push(resource(serde_json::from_slice(line)?)),
        "entitlement" => page.entitlements.push(entitlement(serde_json::from_slice(line)?)),
        "grant" => page.grants.push(grant(serde_json::from_slice(line)?)),
        "warning" => page.warnings.push(warning(serde_json::from_slice(line)?)),
        // A later version may write more.
        _ => {}
    }
    Ok(page)
}

fn resource(line: ResourceLine) -> Resource {
    let ResourceLine { id, parent, display_name, account, profile } = line;
    let account = account.map(|AccountLine { email, login, status, last_login }| {
        let status = match status.as_str() {
            "enabled" => AccountStatus::Enabled,
            "disabled" => AccountStatus::Disabled,
            "pending" => AccountStatus::Pending,
            _ => AccountStatus::Unknown,
        };
        Account { email, login, status, last_login }
    });
    let parent = parent.map(Into::into);
    Resource { id: id.into(), parent, display_name, account, profile: profile.get().to_owned() }
}

fn entitlement(line: EntitlementLine) -> Entitlement {
    let EntitlementLine { id, on, slug, display_name, description, grantable_to, extra } = line;
    let extra = extra.get().to_owned();
    Entitlement { id, on: on.into(), slug, display_name, description, grantable_to, extra }
}

fn grant(line: GrantLine) -> Grant {
    let GrantLine { entitlement, principal, basis, conditions, revocable, extra } = line;
    let basis = basis.into_iter().map(|BasisLine { rule, value, through }| Basis {
        rule,
        value,
        through: through.map(Into::into),
    });
    let texts = |rules: Vec<Box<RawValue>>| rules.into_iter().map(|rule| rule.get().to_owned()).collect();
    let conditions = conditions.into_iter().flatten().map(|way| Alternative {
        any_of: texts(way.any_of),
        all_of: texts(way.all_of),
        none_of: texts(way.none_of),
    });
    Grant {
        entitlement,
        principals: vec![principal.into()],
        basis: basis.collect(),
        conditions: conditions.collect(),
        revocable,
        extra: extra.get().to_owned(),
    }
}

fn warning(WarningLine { code, about, message, incomplete }: WarningLine) -> Warning {
    Warning { code, about: about.map(Into::into), message, incomplete }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudflare_zero_trust::output::{JsonLines, Sink};

    /// Writes records as lines, and reads them again.
    fn again(lines: &str) -> String {
        let mut out = Vec::new();
        let mut to = JsonLines::new(&mut out);
        for line in lines.lines() {
            to.page(&page_of(line.as_bytes()).unwrap()).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_that_is_read_is_written_the_same() {
        let lines = concat!(
            r#"{"type":"resource","id":{"kind":"app","id":"a1"},"parent":{"kind":"group","id":"g1"},"#,
            r#""display_name":"Wiki\n\u0085","account":null,"profile":{"n":1.50}}"#,
            "\n",
            r#"{"type":"resource","id":{"kind":"user","id":"u1"},"parent":null,"display_name":"Zoë","#,
            r#""account":{"email":"z@x","login":null,"status":"pending","#,
            r#""last_login":"2026-11-20T07:58:03Z"},"#,
            r#""profile":{}}"#,
            "\n",
            r#"{"type":"entitlement","id":"app:a1:access","on":{"kind":"app","id":"a1"},"slug":"access","#,
            r#""display_name":"Access","description":"d","grantable_to":["user"],"extra":{"public":true}}"#,
            "\n",
            r#"{"type":"grant","id":"app:a1:access:user:u1","entitlement":"app:a1:access","#,
            r#""principal":{"kind":"user","id":"u1"},"basis":[{"rule":"everyone","value":"","#,
            r#""through":{"kind":"policy","id":"p1"}}],"conditions":[{"any_of":[],"#,
            r#""all_of":[{"ip":{"ip":"192.0.2.0/24"}}],"none_of":[]}],"revocable":false,"extra":{"a":1}}"#,
            "\n",
            r#"{"type":"warning","code":"list-moved","about":null,"message":"M","incomplete":true}"#,
            "\n",
        );
        assert_eq!(again(lines), lines);
    }

    #[test]
    fn what_is_no_line_is_refused_and_what_is_new_is_passed_over() {
        for line in ["", "[]", "{}", "nope", r#"{"type":"grant"}"#, r#"{"type":"resource","id":1}"#] {
            assert!(page_of(line.as_bytes()).is_err(), "{line}");
        }
        let page = page_of(br#"{"type":"new","x":1}"#).unwrap();
        assert!(page.resources.is_empty() && page.grants.is_empty());
    }
}
