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
    principal: Principal,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", expecting = "grant or revoke")]
enum LineOperation {
    Grant,
    Revoke,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with kind and id")]
struct Principal {
    kind: String,
    id: String,
}

impl TryFrom<ChangeLine> for Change {
    type Error = String;

    /// Refuses a change with a credential in it: every report would repeat it.
    fn try_from(line: ChangeLine) -> Result<Change, String> {
        let operation = match line.operation {
            LineOperation::Grant => Operation::Grant,
            LineOperation::Revoke => Operation::Revoke,
        };
        let Principal { kind, id } = line.principal;
        for (field, text) in
            [("entitlement", &line.entitlement), ("principal.kind", &kind), ("principal.id", &id)]
        {
            if credential::is_in(text) {
                return Err(format!(
                    "`{field}` looks like an API token or a key, and isn't repeated here: if it is one, roll \
                     it"
                ));
            }
        }
        Ok(Change { operation, entitlement: line.entitlement, principal: ResourceId { kind, id } })
    }
}
