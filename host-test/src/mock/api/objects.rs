//! Small tools of endpoints: finding objects, comparing them with a query, and the time of a change.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::envelope::Failure;

/// Finds the object that a path names. `kind` names it in the failure.
pub(crate) fn find<'a, T>(all: &'a [T], is_it: impl Fn(&T) -> bool, kind: &str) -> Result<&'a T, Failure> {
    position(all, is_it, kind).map(|at| &all[at])
}

/// Like [`find`], for an object that is changed.
pub(crate) fn position<T>(all: &[T], is_it: impl Fn(&T) -> bool, kind: &str) -> Result<usize, Failure> {
    all.iter().position(is_it).ok_or_else(|| Failure::not_found(kind))
}

/// Compares a whole value in any case, as `name` and `email` of a query do (inferred).
pub(crate) fn equals(wanted: Option<&str>, actual: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| actual.is_some_and(|actual| actual.eq_ignore_ascii_case(wanted)))
}

/// Looks for a part of a value in any case, as `search` of a query does (inferred).
pub(crate) fn contains(wanted: Option<&str>, fields: &[Option<&str>]) -> bool {
    wanted.is_none_or(|wanted| {
        fields.iter().flatten().any(|field| field.to_ascii_lowercase().contains(&wanted.to_ascii_lowercase()))
    })
}

/// Returns the time now, as RFC 3339.
pub(crate) fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).expect("the year has four digits")
}
