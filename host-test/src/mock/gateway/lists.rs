//! The endpoints of Gateway lists.

use serde_json::{Value, json};

use crate::mock::account::Account;
use crate::mock::api::{Call, Limits, Listing, Outcome, Reply, contains, find, raw};

use super::List;

/// `OpenAPI: GET /accounts/{account_id}/gateway/lists`, which has no parameters for pages.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let (kind, search) = (call.query("type"), call.query("search"));
    let is_wanted = |list: &&List| {
        kind.is_none_or(|kind| list.kind == kind)
            && contains(search, &[Some(&list.name), Some(&list.description)])
    };
    let items = account.lists.iter().filter(is_wanted).map(|list| raw(&list_json(list))).collect();
    Ok(Reply::page(Listing { items, info: None }))
}

/// `OpenAPI: GET /accounts/{account_id}/gateway/lists/{list_id}`.
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    let list = find(&account.lists, |list| list.id == call.id, "List")?;
    Ok(Reply::single(&list_json(list)))
}

/// `OpenAPI: GET /accounts/{account_id}/gateway/lists/{list_id}/items`.
pub(super) fn items(account: &Account, call: &Call) -> Outcome {
    let list = find(&account.lists, |list| list.id == call.id, "List")?;
    let write = |value: &String| raw(&json!({ "value": value, "created_at": list.created_at }));
    Ok(Reply::page(call.paging(Limits::LIST_ITEMS)?.listing(&list.items, write)))
}

fn list_json(list: &List) -> Value {
    json!({
        "id": list.id,
        "name": list.name,
        "description": list.description,
        "type": list.kind,
        "count": list.items.len(),
        "created_at": list.created_at,
        "updated_at": list.created_at,
    })
}
