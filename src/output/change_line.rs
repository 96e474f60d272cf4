//! A change as a JSON object, the way clients and files give it.

use crate::contract::{Change, Operation, ResourceId};
use crate::credential;
use serde::Deserialize;

/// A change in the contract's fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with operation, entitlement and principal")]
pub(crate) struct ChangeLine {
    operation: LineOperation,
    entitlement: String,
    principal: IdOf,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", expecting = "grant or revoke")]
enum LineOperation {
    Grant,
    Revoke,
}

/// A resource's id.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with kind and id")]
pub(crate) struct IdOf {
    pub(crate) kind: String,
    pub(crate) id: String,
}

impl From<IdOf> for ResourceId {
    fn from(IdOf { kind, id }: IdOf) -> ResourceId {
        ResourceId { kind, id }
    }
}

/// Refuses a credential in one of these fields: every report would repeat it.
pub(crate) fn no_credential<'t>(fields: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<(), String> {
    match fields.into_iter().find(|(_, text)| credential::is_in(text)) {
        None => Ok(()),
        Some((field, _)) => Err(format!(
            "`{field}` looks like an API token or a key, and isn't repeated here: if it is one, roll it"
        )),
    }
}

impl TryFrom<ChangeLine> for Change {
    type Error = String;

    fn try_from(line: ChangeLine) -> Result<Change, String> {
        let operation = match line.operation {
            LineOperation::Grant => Operation::Grant,
            LineOperation::Revoke => Operation::Revoke,
        };
        let IdOf { kind, id } = &line.principal;
        no_credential([
            ("entitlement", line.entitlement.as_str()),
            ("principal.kind", kind),
            ("principal.id", id),
        ])?;
        Ok(Change { operation, entitlement: line.entitlement, principal: line.principal.into() })
    }
}
