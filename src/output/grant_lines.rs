//! Grants as JSON objects, one for each principal. A sync has more of them than of all other
//! records together, so they are put together from parts that are serialized once.

use super::json::object;
use super::json::push_json;
use super::lines::{AlternativeLine, BasisLine};
use super::names::grant_name;
use super::sink::SinkError;
use crate::contract::{Basis, Grant, ResourceId};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io;

/// The buffers that grants are serialized in, kept from one grant to the next.
#[derive(Default)]
pub(super) struct GrantLines {
    entitlement: Vec<u8>,
    rest: Vec<u8>,
    kind: Vec<u8>,
    id: Vec<u8>,
}

/// The parts that the lines of one grant's principals share, as JSON.
pub(super) struct LinesOfGrant<'a> {
    /// Without its quotes.
    entitlement: &'a [u8],
    /// Without its opening brace.
    rest: &'a [u8],
    kind: &'a mut Vec<u8>,
    id: &'a mut Vec<u8>,
}

/// The fields of a grant that all of its principals share, apart from the entitlement.
#[derive(Serialize)]
struct RestOfGrant<'a> {
    #[serde(serialize_with = "basis_lines")]
    basis: &'a [Basis],
    conditions: Option<Vec<AlternativeLine<'a>>>,
    revocable: bool,
    extra: Cow<'a, RawValue>,
}

impl<'a> RestOfGrant<'a> {
    fn of(grant: &'a Grant) -> Result<Self, SinkError> {
        let Grant { basis, revocable, extra, .. } = grant;
        let conditions = AlternativeLine::all(grant)?;
        let extra = object(extra, "extra", || grant_name(grant))?;
        Ok(Self { basis, conditions, revocable: *revocable, extra })
    }
}

/// Checks that a grant's lines can be made, without making them.
pub(super) fn check(grant: &Grant) -> Result<(), SinkError> {
    RestOfGrant::of(grant).map(drop)
}

impl GrantLines {
    /// Serializes the parts that the lines of this grant's principals share.
    pub(super) fn of(&mut self, grant: &Grant) -> Result<LinesOfGrant<'_>, SinkError> {
        let Self { entitlement, rest, kind, id } = self;
        rest.clear();
        push_json(rest, &RestOfGrant::of(grant)?)?;
        let rest = rest.strip_prefix(b"{").ok_or_else(|| unexpected("object"))?;
        Ok(LinesOfGrant { entitlement: unquoted(entitlement, &grant.entitlement)?, rest, kind, id })
    }
}

impl LinesOfGrant<'_> {
    /// Appends the line of one principal.
    pub(super) fn push(&mut self, principal: &ResourceId, to: &mut Vec<u8>) -> io::Result<()> {
        let entitlement = self.entitlement;
        let kind = unquoted(self.kind, &principal.kind)?;
        let id = unquoted(self.id, &principal.id)?;
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
            self.rest,
            b"\n",
        ] {
            to.extend_from_slice(part);
        }
        Ok(())
    }
}

/// Returns grants as values that other JSON can embed, one for each principal.
pub(super) fn grant_objects(grants: &[Grant]) -> Result<Vec<Box<RawValue>>, SinkError> {
    let (mut lines, mut text) = (GrantLines::default(), Vec::new());
    for grant in grants {
        let mut lines = lines.of(grant)?;
        grant.principals.iter().try_for_each(|principal| lines.push(principal, &mut text))?;
    }
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    let object = |line: &str| RawValue::from_string(line.to_owned()).map_err(io::Error::from);
    Ok(text.lines().map(object).collect::<Result<_, _>>()?)
}

/// Serializes a text into an emptied buffer, and returns it without its quotes.
fn unquoted<'a>(buffer: &'a mut Vec<u8>, text: &str) -> io::Result<&'a [u8]> {
    buffer.clear();
    push_json(buffer, text)?;
    let inside = buffer.strip_prefix(b"\"").and_then(|json| json.strip_suffix(b"\""));
    inside.ok_or_else(|| unexpected("string"))
}

fn unexpected(wanted: &str) -> io::Error {
    io::Error::other(format!("JSON that is no {wanted}"))
}

fn basis_lines<S: Serializer>(basis: &[Basis], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(basis.iter().map(BasisLine::from))
}
