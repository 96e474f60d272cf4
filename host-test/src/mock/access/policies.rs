//! The endpoints of reusable policies.

use serde_json::{Value, json};

use crate::mock::account::Account;
use crate::mock::api::{Call, Limits, Outcome, Reply, find, raw};

use super::{AccessPolicy, Application};

/// `OpenAPI: GET /accounts/{account_id}/access/policies`.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let write = |policy: &AccessPolicy| raw(&reusable_json(account, policy));
    Ok(Reply::page(call.paging(Limits::POLICIES)?.listing(&account.policies, write)))
}

/// `OpenAPI: GET /accounts/{account_id}/access/policies/{policy_id}`. It doesn't have the policies of
/// one application (inferred from its name).
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    let policy = find(&account.policies, |policy| policy.id == call.id, "Policy")?;
    Ok(Reply::single(&reusable_json(account, policy)))
}

/// Returns the policy as the list shows it: it says how many applications use it, and has no precedence.
fn reusable_json(account: &Account, policy: &AccessPolicy) -> Value {
    let uses =
        |application: &&Application| application.policies.iter().any(|attached| attached.id() == policy.id);
    let mut shown = json!(policy);
    shown["reusable"] = true.into();
    shown["app_count"] = account.applications.iter().filter(uses).count().into();
    shown
}
