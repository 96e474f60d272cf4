//! The endpoints of what identity providers pushed (SCIM). That a provider without it isn't found is
//! inferred.

use crate::mock::account::Account;
use crate::mock::api::{Call, Failure, Limits, Outcome, Reply, equals, find, raw};

use super::{Scim, ScimGroup, ScimUser};

/// `OpenAPI: GET /accounts/{account_id}/access/identity_providers/{identity_provider_id}/scim/groups`.
pub(super) fn groups(account: &Account, call: &Call) -> Outcome {
    let scim = pushed(account, call)?;
    let is_wanted = |group: &&ScimGroup| {
        equals(call.query("cf_resource_id"), Some(&group.id))
            && equals(call.query("idp_resource_id"), group.external_id.as_deref())
            && equals(call.query("name"), group.display_name.as_deref())
    };
    let found: Vec<_> = scim.groups.iter().filter(is_wanted).collect();
    Ok(Reply::page(call.paging(Limits::SCIM)?.listing(&found, |group| raw(&scim.group_json(group)))))
}

/// `OpenAPI: GET /accounts/{account_id}/access/identity_providers/{identity_provider_id}/scim/users`.
pub(super) fn users(account: &Account, call: &Call) -> Outcome {
    let scim = pushed(account, call)?;
    let is_wanted = |user: &&ScimUser| {
        equals(call.query("cf_resource_id"), Some(&user.id))
            && equals(call.query("idp_resource_id"), user.external_id.as_deref())
            && equals(call.query("username"), user.user_name.as_deref())
            && equals(call.query("email"), user.email.as_deref())
            && equals(call.query("name"), user.display_name.as_deref())
    };
    let found: Vec<_> = scim.users.iter().filter(is_wanted).collect();
    Ok(Reply::page(call.paging(Limits::SCIM)?.listing(&found, |user| raw(&scim.user_json(user)))))
}

fn pushed<'a>(account: &'a Account, call: &Call) -> Result<&'a Scim, Failure> {
    find(&account.scim, |scim| scim.provider.eq_ignore_ascii_case(call.id), "SCIM resources")
}
