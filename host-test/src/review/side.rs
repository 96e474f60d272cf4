//! A review that is compared with another one, read out of its data.

use super::columns::Reader;
use super::kinds::{self, APP, GROUP, KINDS, POLICY, ROLE, SCOPED_ROLE, USER_GROUP};
use serde_json::Value;

/// One of the two reviews of a comparison.
pub(crate) struct Side<'d> {
    /// The kinds that were read.
    pub(crate) read: [bool; KINDS.len()],
    /// The kinds of which data is missing, so that a difference may be none.
    pub(crate) gaps: [bool; KINDS.len()],
    pub(crate) kind: &'d [u8],
    pub(crate) id: Vec<&'d str>,
    pub(crate) name: Vec<&'d str>,
    /// The address of each resource in lower case; empty if it has none.
    pub(crate) address: Vec<&'d str>,
    pub(crate) on: Vec<u32>,
    pub(crate) entitlement: Vec<&'d str>,
    pub(crate) reasons: Vec<SideReason>,
    pub(crate) basis: Vec<&'d str>,
    pub(crate) conditions: Vec<&'d str>,
    pub(crate) principals: Vec<u32>,
}

/// The part of a reason that is compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SideReason {
    pub(crate) entitlement: u32,
    pub(crate) mark: u32,
    pub(crate) first: u32,
    pub(crate) count: u32,
}

impl<'d> Side<'d> {
    /// Reads it. Returns `None` if the data isn't that of a review that this program can read.
    pub(crate) fn read(data: &'d [u8]) -> Option<Side<'d>> {
        let from = Reader::new(data)?;
        let people = from.texts("person.address")?;
        let address = from.u32("resource.person")?.into_iter().map(|person| match person {
            0 => Some(""),
            person => people.get(person as usize - 1).copied(),
        });
        let [entitlement, mark, first, count] =
            ["entitlement", "mark", "first", "count"].map(|name| from.u32(&format!("reason.{name}")));
        let parts = entitlement?.into_iter().zip(mark?).zip(first?.into_iter().zip(count?));
        let reasons =
            parts.map(|((entitlement, mark), (first, count))| SideReason { entitlement, mark, first, count });
        Some(Side {
            read: read_kinds(&from.head),
            gaps: gaps(&from.head),
            kind: from.u8("resource.kind")?,
            id: from.texts("resource.id")?,
            name: from.texts("resource.name")?,
            address: address.collect::<Option<_>>()?,
            on: from.u32("entitlement.on")?,
            entitlement: from.texts("entitlement.id")?,
            reasons: reasons.collect(),
            basis: from.texts("reason.basis")?,
            conditions: from.texts("reason.conditions")?,
            principals: from.u32("grant.principal")?,
        })
    }

    /// Returns the holders of a reason, with the numbers of their grants.
    pub(crate) fn holders(&self, reason: SideReason) -> impl Iterator<Item = (u32, u32)> {
        let first = reason.first as usize;
        let holders = self.principals.get(first..first + reason.count as usize).unwrap_or_default();
        (reason.first..).zip(holders.iter().copied())
    }

    /// Says in words why something is held.
    pub(crate) fn why(&self, reason: usize) -> String {
        let list = |texts: &[&str]| {
            let text = texts.get(reason).copied().unwrap_or_default();
            serde_json::from_str::<Vec<Value>>(text).unwrap_or_default()
        };
        let basis = list(&self.basis);
        let basis: Vec<&str> = basis.iter().filter_map(|of| of.get("words")?.as_str()).collect();
        let conditions = list(&self.conditions);
        let conditions: Vec<&str> = conditions.iter().filter_map(Value::as_str).collect();
        match conditions.as_slice() {
            [] => basis.join("; "),
            ways => format!("{}; only if {}", basis.join("; "), ways.join(", or ")),
        }
    }
}

fn read_kinds(head: &Value) -> [bool; KINDS.len()] {
    let mut read = [false; KINDS.len()];
    for kind in head.get("kinds").and_then(Value::as_array).into_iter().flatten() {
        let id = kind.get("id").and_then(Value::as_str).and_then(kinds::number);
        let slot = id.and_then(|id| read.get_mut(usize::from(id)));
        if let (Some(slot), Some(Value::Bool(is_read))) = (slot, kind.get("read")) {
            *slot = *is_read;
        }
    }
    read
}

/// Returns the kinds on which grants may be missing, by the warnings. A warning that is about nothing that
/// is known touches all of them.
fn gaps(head: &Value) -> [bool; KINDS.len()] {
    const RULES: [u8; 3] = [GROUP, POLICY, APP];
    const ROLES: [u8; 3] = [ROLE, SCOPED_ROLE, USER_GROUP];
    let mut gaps = [false; KINDS.len()];
    let is_incomplete = head.get("incomplete") == Some(&Value::Bool(true));
    let warnings = head.get("warnings").and_then(Value::as_array);
    let incomplete =
        warnings.into_iter().flatten().filter(|it| it.get("incomplete") == Some(&Value::Bool(true)));
    let mut any = false;
    for warning in incomplete {
        any = true;
        let touched: &[u8] = match warning.get("code").and_then(Value::as_str).unwrap_or_default() {
            "app-not-understood" | "rule-not-understood" | "list-not-readable" => &RULES,
            "roles-not-understood" | "role-not-shown" | "user-groups-not-readable" => &ROLES,
            _ => &[GROUP, POLICY, APP, ROLE, SCOPED_ROLE, USER_GROUP],
        };
        for kind in touched {
            if let Some(gap) = gaps.get_mut(usize::from(*kind)) {
                *gap = true;
            }
        }
    }
    // It is said to be incomplete, and no warning says where.
    if is_incomplete && !any { [true; KINDS.len()] } else { gaps }
}
