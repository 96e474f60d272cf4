//! JSON Lines: one object a line, the contract's fields in snake_case.

use super::json::{escape_harmful, is_plain, object};
use super::{Sink, SinkError};
use crate::contract::{
    Account, AccountStatus, Basis, Conditions, Entitlement, Grant, Page, Resource, ResourceId, Warning,
};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

/// Writes pages as JSON Lines. Nothing is kept: a page is out when it has been taken.
pub struct JsonLines<W> {
    to: W,
    buffer: Vec<u8>,
    grants: GrantLines,
}

impl<W: Write> JsonLines<W> {
    /// Lines go to `to`, a page at a time.
    pub fn new(to: W) -> Self {
        Self { to, buffer: Vec::new(), grants: GrantLines::default() }
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), SinkError> {
        push_json(&mut self.buffer, line)?;
        self.buffer.push(b'\n');
        Ok(self.write_if_full()?)
    }

    /// A page's lines take several times its own memory: they go out in pieces that stay in the
    /// processor's cache until then.
    fn write_if_full(&mut self) -> io::Result<()> {
        const FULL: usize = 1 << 16;
        if self.buffer.len() < FULL { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> io::Result<()> {
        let written = self.to.write_all(&self.buffer);
        self.buffer.clear();
        written
    }
}

impl<W: Write> Sink for JsonLines<W> {
    /// Either all of a page's lines are written, or, where one of them can't be made, none: all are
    /// tried before the first one goes out.
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        page.resources.iter().try_for_each(|resource| Line::of_resource(resource).map(drop))?;
        page.entitlements.iter().try_for_each(|entitlement| Line::of_entitlement(entitlement).map(drop))?;
        page.grants.iter().try_for_each(|grant| RestOfGrant::of(grant).map(drop))?;
        for resource in &page.resources {
            self.line(&Line::of_resource(resource)?)?;
        }
        for entitlement in &page.entitlements {
            self.line(&Line::of_entitlement(entitlement)?)?;
        }
        for grant in &page.grants {
            self.grants.of(grant)?;
            for principal in &grant.principals {
                self.grants.push(principal, &mut self.buffer)?;
                self.write_if_full()?;
            }
        }
        for warning in &page.warnings {
            self.line(&Line::of_warning(warning))?;
        }
        self.write()?;
        self.to.flush()?;
        Ok(())
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    Resource {
        id: IdLine<'a>,
        parent: Option<IdLine<'a>>,
        display_name: &'a str,
        account: Option<AccountLine<'a>>,
        profile: Cow<'a, RawValue>,
    },
    Entitlement {
        id: &'a str,
        on: IdLine<'a>,
        slug: &'a str,
        display_name: &'a str,
        description: &'a str,
        grantable_to: &'a [String],
        extra: Cow<'a, RawValue>,
    },
    Warning {
        code: &'a str,
        about: Option<IdLine<'a>>,
        message: &'a str,
        incomplete: bool,
    },
}

#[derive(Serialize)]
pub(crate) struct IdLine<'a> {
    kind: &'a str,
    id: &'a str,
}

#[derive(Serialize)]
pub(crate) struct AccountLine<'a> {
    email: Option<&'a str>,
    login: Option<&'a str>,
    status: &'static str,
    last_login: Option<&'a str>,
}

#[derive(Serialize)]
pub(crate) struct BasisLine<'a> {
    rule: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
pub(crate) struct ConditionsLine<'a> {
    any_of: Vec<Cow<'a, RawValue>>,
    all_of: Vec<Cow<'a, RawValue>>,
    none_of: Vec<Cow<'a, RawValue>>,
}

impl<'a> Line<'a> {
    fn of_resource(resource: &'a Resource) -> Result<Self, SinkError> {
        Ok(Line::Resource {
            id: (&resource.id).into(),
            parent: resource.parent.as_ref().map(Into::into),
            display_name: &resource.display_name,
            account: resource.account.as_ref().map(Into::into),
            profile: object(&resource.profile, "profile", || resource_name(&resource.id))?,
        })
    }

    fn of_entitlement(entitlement: &'a Entitlement) -> Result<Self, SinkError> {
        Ok(Line::Entitlement {
            id: &entitlement.id,
            on: (&entitlement.on).into(),
            slug: &entitlement.slug,
            display_name: &entitlement.display_name,
            description: &entitlement.description,
            grantable_to: &entitlement.grantable_to,
            extra: object(&entitlement.extra, "extra", || entitlement.id.clone())?,
        })
    }

    pub(crate) fn of_warning(warning: &'a Warning) -> Self {
        Line::Warning {
            code: &warning.code,
            about: warning.about.as_ref().map(Into::into),
            message: &warning.message,
            incomplete: warning.incomplete,
        }
    }
}

impl<'a> ConditionsLine<'a> {
    pub(super) fn of(conditions: &'a Conditions, grant: &Grant) -> Result<Self, SinkError> {
        let objects = |rules: &'a [String]| -> Result<Vec<Cow<'a, RawValue>>, SinkError> {
            rules.iter().map(|rule| object(rule, "conditions", || grant_name(grant))).collect()
        };
        Ok(ConditionsLine {
            any_of: objects(&conditions.any_of)?,
            all_of: objects(&conditions.all_of)?,
            none_of: objects(&conditions.none_of)?,
        })
    }
}

impl<'a> From<&'a ResourceId> for IdLine<'a> {
    fn from(id: &'a ResourceId) -> Self {
        IdLine { kind: &id.kind, id: &id.id }
    }
}

impl<'a> From<&'a Account> for AccountLine<'a> {
    fn from(account: &'a Account) -> Self {
        AccountLine {
            email: account.email.as_deref(),
            login: account.login.as_deref(),
            status: status(account.status),
            last_login: account.last_login.as_deref(),
        }
    }
}

impl<'a> From<&'a Basis> for BasisLine<'a> {
    fn from(basis: &'a Basis) -> Self {
        BasisLine { rule: &basis.rule, value: &basis.value }
    }
}

pub(super) fn status(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Enabled => "enabled",
        AccountStatus::Disabled => "disabled",
        AccountStatus::Pending => "pending",
        AccountStatus::Unknown => "unknown",
    }
}

/// Appends JSON in which nothing is harmful.
fn push_json(to: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> Result<(), SinkError> {
    let start = to.len();
    serde_json::to_writer(&mut *to, value).map_err(io::Error::from)?;
    if !is_plain(&to[start..]) {
        let json = str::from_utf8(&to[start..]).map_err(io::Error::other)?;
        let escaped = escape_harmful(json).into_owned();
        to.truncate(start);
        to.extend_from_slice(escaped.as_bytes());
    }
    Ok(())
}

/// Makes a line for each principal of a grant. What they have in common, which can be long, is made
/// once.
#[derive(Default)]
struct GrantLines {
    /// JSON, as the three below.
    entitlement: Vec<u8>,
    rest: Vec<u8>,
    kind: Vec<u8>,
    id: Vec<u8>,
}

/// What the grants of several principals have in common, but for the entitlement.
#[derive(Serialize)]
struct RestOfGrant<'a> {
    #[serde(serialize_with = "basis_lines")]
    basis: &'a [Basis],
    conditions: Option<ConditionsLine<'a>>,
    revocable: bool,
    extra: Cow<'a, RawValue>,
}

impl<'a> RestOfGrant<'a> {
    fn of(grant: &'a Grant) -> Result<Self, SinkError> {
        let Grant { basis, conditions, revocable, extra, .. } = grant;
        let conditions =
            conditions.as_ref().map(|conditions| ConditionsLine::of(conditions, grant)).transpose()?;
        let extra = object(extra, "extra", || grant_name(grant))?;
        Ok(Self { basis, conditions, revocable: *revocable, extra })
    }
}

impl GrantLines {
    /// Makes what the lines of this grant's principals have in common.
    fn of(&mut self, grant: &Grant) -> Result<&mut Self, SinkError> {
        set(&mut self.entitlement, &grant.entitlement)?;
        self.rest.clear();
        push_json(&mut self.rest, &RestOfGrant::of(grant)?)?;
        Ok(self)
    }

    /// Appends the line of one of them.
    fn push(&mut self, principal: &ResourceId, to: &mut Vec<u8>) -> Result<(), SinkError> {
        set(&mut self.kind, &principal.kind)?;
        set(&mut self.id, &principal.id)?;
        let [entitlement, kind, id] =
            [&self.entitlement, &self.kind, &self.id].map(|text| &text[1..text.len() - 1]);
        for part in [
            br#"{"type":"grant","id":""#,
            entitlement,
            b":",
            kind,
            b":",
            id,
            br#"","entitlement":""#,
            entitlement,
            br#"","principal":{"kind":""#,
            kind,
            br#"","id":""#,
            id,
            br#""},"#,
            &self.rest[1..],
            b"\n",
        ] {
            to.extend_from_slice(part);
        }
        Ok(())
    }
}

/// Grants as JSON objects, where a line isn't what is wanted: one for each principal.
pub(super) fn grant_objects(grants: &[Grant]) -> Result<Vec<Box<RawValue>>, SinkError> {
    let (mut lines, mut text) = (GrantLines::default(), Vec::new());
    for grant in grants {
        let lines = lines.of(grant)?;
        grant.principals.iter().try_for_each(|principal| lines.push(principal, &mut text))?;
    }
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    let object = |line: &str| RawValue::from_string(line.to_owned()).map_err(io::Error::from);
    Ok(text.lines().map(object).collect::<Result<_, _>>()?)
}

fn set(json: &mut Vec<u8>, text: &str) -> Result<(), SinkError> {
    json.clear();
    push_json(json, text)
}

fn basis_lines<S: Serializer>(basis: &[Basis], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(basis.iter().map(BasisLine::from))
}

/// What tells a grant from all others.
pub(super) struct GrantId<'a> {
    pub(super) entitlement: &'a str,
    pub(super) principal: &'a ResourceId,
}

impl fmt::Display for GrantId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entitlement, principal: ResourceId { kind, id } } = self;
        write!(f, "{entitlement}:{kind}:{id}")
    }
}

/// Which grants they are, for a message: by the first of them.
pub(super) fn grant_name(grant: &Grant) -> String {
    let entitlement = &grant.entitlement;
    let first = grant.principals.first().map(|principal| GrantId { entitlement, principal }.to_string());
    first.unwrap_or_else(|| entitlement.clone())
}

pub(super) fn resource_name(id: &ResourceId) -> String {
    format!("{}:{}", id.kind, id.id)
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::samples;
    use super::*;

    fn lines(page: &Page) -> Vec<String> {
        let mut out = Vec::new();
        JsonLines::new(&mut out).page(page).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_resource() {
        let page = Page {
            resources: vec![samples::group("g1", "Engineering"), samples::user("u1", "Ann")],
            ..samples::page()
        };
        assert_eq!(
            lines(&page),
            [
                r#"{"type":"resource","id":{"kind":"group","id":"g1"},"parent":null,"display_name":"Engineering","account":null,"profile":{"rules":[1,2]}}"#,
                r#"{"type":"resource","id":{"kind":"user","id":"u1"},"parent":null,"display_name":"Ann","account":{"email":"u1@corp.example","login":null,"status":"enabled","last_login":null},"profile":{"rules":[1,2]}}"#,
            ]
        );
    }

    #[test]
    fn an_entitlement() {
        let page = Page { entitlements: vec![samples::membership("g1")], ..samples::page() };
        assert_eq!(
            lines(&page),
            [
                r#"{"type":"entitlement","id":"group:g1:member","on":{"kind":"group","id":"g1"},"slug":"member","display_name":"Member","description":"","grantable_to":["user"],"extra":{}}"#
            ]
        );
    }

    #[test]
    fn a_grant_with_and_without_conditions() {
        let mut conditional = samples::grant("g1", "user", "u1");
        conditional.conditions = Some(Conditions {
            any_of: vec![],
            all_of: vec!["{\"ip\":\n {\"ip\": \"192.0.2.0/24\"}}".to_owned()],
            none_of: vec!["{}".to_owned()],
        });
        let page = Page { grants: vec![samples::grant("g1", "user", "u1"), conditional], ..samples::page() };
        assert_eq!(
            lines(&page),
            [
                r#"{"type":"grant","id":"group:g1:member:user:u1","entitlement":"group:g1:member","principal":{"kind":"user","id":"u1"},"basis":[{"rule":"everyone","value":""}],"conditions":null,"revocable":false,"extra":{}}"#,
                r#"{"type":"grant","id":"group:g1:member:user:u1","entitlement":"group:g1:member","principal":{"kind":"user","id":"u1"},"basis":[{"rule":"everyone","value":""}],"conditions":{"any_of":[],"all_of":[{"ip":{"ip":"192.0.2.0/24"}}],"none_of":[{}]},"revocable":false,"extra":{}}"#,
            ]
        );
    }

    #[test]
    fn a_line_for_each_principal() {
        let people = [("user", "u1"), ("member", "a\"b"), ("user", "u2\u{2028}")];
        let page = Page {
            grants: vec![samples::grants("g1", &people), samples::grants("g2", &[])],
            ..samples::page()
        };
        let alone = people.map(|(kind, id)| samples::grant("g1", kind, id));
        let apart = Page { grants: alone.into(), ..samples::page() };
        assert_eq!(lines(&page), lines(&apart));
        assert_eq!(lines(&page).len(), 3);
    }

    #[test]
    fn a_warning() {
        let page = Page { warnings: vec![samples::warning("list-moved", true)], ..samples::page() };
        assert_eq!(
            lines(&page),
            [
                r#"{"type":"warning","code":"list-moved","about":null,"message":"Something is off.","incomplete":true}"#
            ]
        );
    }

    #[test]
    fn a_name_can_not_start_a_line() {
        let page = Page {
            resources: vec![samples::group("g1", "a\n{\"type\":\"grant\"}\r\u{2028}")],
            ..samples::page()
        };
        let lines = lines(&page);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains(r#""a\n{\"type\":\"grant\"}\r\u2028""#), "{}", lines[0]);
    }

    #[test]
    fn ids_are_written_as_the_strings_that_they_are() {
        let mut grant = samples::grant("g1", "user", "a\"b\\c\n{}\u{7f}\u{2028}é");
        grant.entitlement = "group:\t\":member".to_owned();
        let page =
            Page { grants: vec![grant.clone(), samples::grant("g1", "user", "u1")], ..samples::page() };
        let lines = lines(&page);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].chars().all(|c| !c.is_control() && c != '\u{2028}'), "{}", lines[0]);
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(line["id"], grant_name(&grant).as_str());
        assert_eq!(line["entitlement"], grant.entitlement.as_str());
        assert_eq!(line["principal"]["id"], grant.principals[0].id.as_str());
        // What one line takes leaves the next one alone.
        assert!(lines[1].starts_with(r#"{"type":"grant","id":"group:g1:member:user:u1","#), "{}", lines[1]);
    }

    #[test]
    fn a_page_with_a_line_that_can_not_be_made_writes_nothing() {
        // More than goes out at once.
        let good: Vec<Resource> = (0..2_000).map(|n| samples::user(&format!("u{n}"), "Ann")).collect();
        let mut bad = [samples::page(), samples::page(), samples::page()];
        bad[0].resources = vec![samples::group("g2", "Bad")];
        bad[0].resources[0].profile = "nope".to_owned();
        bad[1].entitlements = vec![samples::membership("g2")];
        bad[1].entitlements[0].extra = "nope".to_owned();
        bad[2].grants = vec![samples::grant("g1", "user", "u1"), samples::grant("g2", "user", "u1")];
        bad[2].grants[1].extra = "nope".to_owned();
        for (mut page, what) in
            bad.into_iter().zip(["profile of group:g2", "of group:g2:member", "group:g2:member:user:u1"])
        {
            page.resources.splice(..0, good.clone());
            let mut out = Vec::new();
            let error = JsonLines::new(&mut out).page(&page).unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
            assert!(out.is_empty(), "{what}");
        }
        let page = Page { resources: good, ..samples::page() };
        assert_eq!(lines(&page).len(), 2_000);
    }
}
