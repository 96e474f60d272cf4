//! The rows of a page's records.

use super::column::{Column, Entry};
use super::table::Table;
use cloudflare_zero_trust::contract::{
    AccountStatus, Alternative, Basis, Entitlement, Grant, Page, Resource, ResourceId, Warning,
};
use cloudflare_zero_trust::output::{SinkError, escape_harmful};
use serde_json::value::RawValue;
use std::borrow::Cow;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Adds a resource. The columns of its account are empty if it is none.
pub(super) fn resource(table: &mut Table, resource: &Resource) -> Result<(), SinkError> {
    let profile = json(&resource.profile, "profile", || named(&resource.id))?;
    let account = resource.account.as_ref();
    let [kind, id, parent_kind, parent_id, display_name, email, login, status, last_login, of_profile] =
        table.columns()?;
    kind.text(Some(&resource.id.kind), 1);
    id.text(Some(&resource.id.id), 1);
    put_id(parent_kind, parent_id, resource.parent.as_ref());
    display_name.text(Some(&resource.display_name), 1);
    email.text(account.and_then(|account| account.email.as_deref()), 1);
    login.text(account.and_then(|account| account.login.as_deref()), 1);
    status.text(account.map(|account| status_word(account.status)), 1);
    last_login.time(account.and_then(|account| microseconds(account.last_login.as_deref()?)));
    of_profile.text(Some(&profile), 1);
    Ok(table.added(1)?)
}

/// Adds an entitlement.
pub(super) fn entitlement(table: &mut Table, entitlement: &Entitlement) -> Result<(), SinkError> {
    let extra = json(&entitlement.extra, "extra", || entitlement.id.clone())?;
    let [id, on_kind, on_id, slug, display_name, description, grantable_to, of_extra] = table.columns()?;
    id.text(Some(&entitlement.id), 1);
    put_id(on_kind, on_id, Some(&entitlement.on));
    slug.text(Some(&entitlement.slug), 1);
    display_name.text(Some(&entitlement.display_name), 1);
    description.text(Some(&entitlement.description), 1);
    let kinds = entitlement.grantable_to.iter().map(String::as_str);
    let row = list(grantable_to, kinds);
    grantable_to.rows(&row, 1);
    of_extra.text(Some(&extra), 1);
    Ok(table.added(1)?)
}

/// Adds a grant, a row for each principal.
pub(super) fn grant(table: &mut Table, grant: &Grant) -> Result<(), SinkError> {
    let name = || {
        let entitlement = &grant.entitlement;
        grant.principals.first().map_or(entitlement.clone(), |of| format!("{entitlement}:{}", named(of)))
    };
    let extra = json(&grant.extra, "extra", name)?;
    let conditions = Conditions::of(&grant.conditions, name)?;
    for alike in grant.principals.chunk_by(|one, other| one.kind == other.kind) {
        let mut rest = alike;
        while let Some(first) = rest.first() {
            let count = rest.len().min(table.room() as usize);
            let (now, later) = rest.split_at(count);
            let count = count as u32;
            let [
                entitlement,
                principal_kind,
                principal_id,
                rule,
                value,
                through_kind,
                through_id,
                any_of,
                all_of,
                none_of,
                revocable,
                of_extra,
            ] = table.columns()?;
            entitlement.text(Some(&grant.entitlement), count);
            principal_kind.text(Some(&first.kind), count);
            now.iter().for_each(|principal| principal_id.text(Some(&principal.id), 1));
            put_basis([rule, value, through_kind, through_id], &grant.basis, count);
            conditions.put([any_of, all_of, none_of], count);
            revocable.truth(grant.revocable, count);
            of_extra.text(Some(&extra), count);
            table.added(count)?;
            rest = later;
        }
    }
    Ok(())
}

/// Adds a warning.
pub(super) fn warning(table: &mut Table, warning: &Warning) -> Result<(), SinkError> {
    let [code, about_kind, about_id, message, incomplete] = table.columns()?;
    code.text(Some(&warning.code), 1);
    put_id(about_kind, about_id, warning.about.as_ref());
    message.text(Some(&warning.message), 1);
    incomplete.truth(warning.incomplete, 1);
    Ok(table.added(1)?)
}

/// Checks that all rows of a page can be made, without making them.
pub(super) fn check(page: &Page) -> Result<(), SinkError> {
    for resource in &page.resources {
        json(&resource.profile, "profile", || named(&resource.id))?;
    }
    for entitlement in &page.entitlements {
        json(&entitlement.extra, "extra", || entitlement.id.clone())?;
    }
    for grant in &page.grants {
        let name = || grant.entitlement.clone();
        json(&grant.extra, "extra", name)?;
        Conditions::of(&grant.conditions, name)?;
    }
    Ok(())
}

fn put_id(kind: &mut Column, id: &mut Column, of: Option<&ResourceId>) {
    kind.text(of.map(|of| of.kind.as_str()), 1);
    id.text(of.map(|of| of.id.as_str()), 1);
}

/// Returns the entries of a list of texts, which isn't within another one.
fn list<'t>(column: &mut Column, texts: impl Iterator<Item = &'t str>) -> Vec<Entry> {
    let entry = |(at, text): (usize, &str)| {
        let value = Some(column.number(text));
        Entry { repetition: u8::from(at > 0), definition: 1, value }
    };
    or_empty(texts.enumerate().map(entry).collect(), 0)
}

/// Returns entries, or if there are none the one that says so.
fn or_empty(entries: Vec<Entry>, definition: u8) -> Vec<Entry> {
    if entries.is_empty() { vec![Entry { repetition: 0, definition, value: None }] } else { entries }
}

/// Adds the basis of a grant: a list whose elements have a rule, a value, and perhaps what it leads
/// through.
fn put_basis([rule, value, kind, id]: [&mut Column; 4], basis: &[Basis], count: u32) {
    let put = |column: &mut Column, text: &dyn Fn(&Basis) -> Option<&str>, most: u8| {
        let entry = |(at, of): (usize, &Basis)| {
            let value = text(of).map(|text| column.number(text));
            let definition = if value.is_some() { most } else { most - 1 };
            Entry { repetition: u8::from(at > 0), definition, value }
        };
        let row = or_empty(basis.iter().enumerate().map(entry).collect(), 0);
        column.rows(&row, count);
    };
    put(rule, &|of| Some(&of.rule), 1);
    put(value, &|of| Some(&of.value), 1);
    put(kind, &|of| of.through.as_ref().map(|through| through.kind.as_str()), 2);
    put(id, &|of| of.through.as_ref().map(|through| through.id.as_str()), 2);
}

/// The alternatives of a grant, as JSON without white space.
struct Conditions<'a>(Vec<[Vec<Cow<'a, str>>; 3]>);

impl<'a> Conditions<'a> {
    fn of(alternatives: &'a [Alternative], of: impl Fn() -> String + Copy) -> Result<Self, SinkError> {
        let rules = |rules: &'a [String]| -> Result<Vec<Cow<'a, str>>, SinkError> {
            rules.iter().map(|rule| json(rule, "conditions", of)).collect()
        };
        let alternative = |alternative: &'a Alternative| -> Result<[Vec<Cow<'a, str>>; 3], SinkError> {
            let Alternative { any_of, all_of, none_of } = alternative;
            Ok([rules(any_of)?, rules(all_of)?, rules(none_of)?])
        };
        alternatives.iter().map(alternative).collect::<Result<_, _>>().map(Conditions)
    }

    /// Adds them: lists of rules in a list of alternatives, which is absent where a grant holds always.
    fn put(&self, columns: [&mut Column; 3], count: u32) {
        for (at, column) in columns.into_iter().enumerate() {
            let mut row = Vec::new();
            for lists in &self.0 {
                let of_alternative = u8::from(!row.is_empty());
                match lists[at].as_slice() {
                    [] => row.push(Entry { repetition: of_alternative, definition: 2, value: None }),
                    rules => row.extend(rules.iter().enumerate().map(|(nth, rule)| {
                        let repetition = if nth > 0 { 2 } else { of_alternative };
                        Entry { repetition, definition: 3, value: Some(column.number(rule)) }
                    })),
                }
            }
            column.rows(&or_empty(row, 0), count);
        }
    }
}

/// Returns a JSON object, with escapes for what a terminal acts upon.
fn json<'a>(
    text: &'a str,
    field: &'static str,
    of: impl FnOnce() -> String,
) -> Result<Cow<'a, str>, SinkError> {
    let reason = match serde_json::from_str::<&RawValue>(text) {
        Ok(value) if value.get().starts_with('{') => return Ok(escape_harmful(text)),
        Ok(_) => "it is JSON, but not an object".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(SinkError::NotJson { field, of: of(), reason })
}

/// Returns the contract's word for an account's status.
fn status_word(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Enabled => "enabled",
        AccountStatus::Disabled => "disabled",
        AccountStatus::Pending => "pending",
        AccountStatus::Unknown => "unknown",
    }
}

fn named(id: &ResourceId) -> String {
    format!("{}:{}", id.kind, id.id)
}

/// Returns a time in microseconds since 1970. The contract gives times in the form of RFC 3339.
fn microseconds(time: &str) -> Option<i64> {
    let nanoseconds = OffsetDateTime::parse(time, &Rfc3339).ok()?.unix_timestamp_nanos();
    i64::try_from(nanoseconds.div_euclid(1_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_microseconds_wherever_its_clock_stands() {
        assert_eq!(microseconds("1970-01-01T00:00:01.5Z"), Some(1_500_000));
        assert_eq!(microseconds("2026-09-03T15:37:42.482+02:00"), microseconds("2026-09-03T13:37:42.482Z"));
        assert_eq!(microseconds("1969-12-31T23:59:59.9999999Z"), Some(-1));
        assert_eq!(microseconds("yesterday"), None);
    }
}
