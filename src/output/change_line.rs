//! A change as a JSON object, the way clients and files give it.

use crate::contract::{Change, Operation, ResourceId};
use serde::Deserialize;

/// A change in the contract's fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeLine {
    operation: LineOperation,
    entitlement: String,
    principal: Principal,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum LineOperation {
    Grant,
    Revoke,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Principal {
    kind: String,
    id: String,
}

impl From<ChangeLine> for Change {
    fn from(line: ChangeLine) -> Change {
        let operation = match line.operation {
            LineOperation::Grant => Operation::Grant,
            LineOperation::Revoke => Operation::Revoke,
        };
        let Principal { kind, id } = line.principal;
        Change { operation, entitlement: line.entitlement, principal: ResourceId { kind, id } }
    }
}
