//! The endpoints of the groups that policies are made of: permission groups and resource groups.

use crate::mock::account::Account;
use crate::mock::api::{Call, Limits, Listing, Outcome, Reply, equals, find, raw};

/// `OpenAPI: GET /accounts/{account_id}/iam/permission_groups`.
pub(super) fn permissions(account: &Account, call: &Call) -> Outcome {
    let (id, name, label) = (call.query("id"), call.query("name"), call.query("label"));
    let mut all = account.all_permission_groups();
    all.retain(|group| {
        let shown = group.meta.as_ref().and_then(|meta| meta["label"].as_str());
        equals(id, Some(&group.id)) && equals(name, Some(&group.name)) && equals(label, shown)
    });
    Ok(Reply::page(call.paging(Limits::ACCOUNT)?.listing(&all, raw)))
}

/// `OpenAPI: GET /accounts/{account_id}/iam/permission_groups/{permission_group_id}`.
pub(super) fn permission(account: &Account, call: &Call) -> Outcome {
    find(&account.all_permission_groups(), |group| group.id == call.id, "Permission group").map(Reply::single)
}

/// `OpenAPI: GET /accounts/{account_id}/iam/resource_groups`. It has no pages.
pub(super) fn resources(account: &Account, call: &Call) -> Outcome {
    let (id, name) = (call.query("id"), call.query("name"));
    let mut all = account.all_resource_groups();
    all.retain(|group| equals(id, Some(&group.id)) && equals(name, Some(&group.name)));
    let items = all.iter().map(raw).collect();
    Ok(Reply::page(Listing { items, info: None }))
}

/// `OpenAPI: GET /accounts/{account_id}/iam/resource_groups/{resource_group_id}`.
pub(super) fn resource(account: &Account, call: &Call) -> Outcome {
    find(&account.all_resource_groups(), |group| group.id == call.id, "Resource group").map(Reply::single)
}
