//! Pages: their limits, their `result_info`, and the faults that bend them.

use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::mock::faults::{Armed, Effect};
use crate::mock::ids::{hex_id, uuid};

use super::envelope::{Failure, INVALID_BODY, Listing, ResultInfo, raw};

/// The sizes of pages that a route allows.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub default: u64,
    pub min: u64,
    pub max: u64,
    /// Whether a `per_page` out of bounds is refused. Otherwise the nearest bound is used. Which
    /// routes do which is inferred.
    pub strict: bool,
}

impl Limits {
    /// Most objects of Access. OpenAPI: the parameter `per_page` of
    /// `GET /accounts/{account_id}/access/users`, `…/access/groups` and `…/access/apps`. For identity
    /// providers and service tokens it is inferred: the document has no such parameter there.
    pub const ACCESS: Limits = Limits { default: 1000, min: 1, max: 1000, strict: false };
    /// Reusable Access policies. OpenAPI: the parameter `per_page` of
    /// `GET /accounts/{account_id}/access/policies`.
    pub const POLICIES: Limits = Limits { default: 100, min: 1, max: 1000, strict: false };
    /// The policies of one application. OpenAPI has the parameter without numbers; they are inferred from
    /// those of reusable policies.
    pub const APP_POLICIES: Limits = Limits { default: 200, min: 1, max: 1000, strict: false };
    /// Account members, roles and permission groups. OpenAPI: the parameter `per_page` of
    /// `GET /accounts/{account_id}/members`, `…/roles` and `…/iam/permission_groups`.
    pub const ACCOUNT: Limits = Limits { default: 20, min: 5, max: 50, strict: true };
    /// User groups and their members. OpenAPI: the parameter `per_page` of
    /// `GET /accounts/{account_id}/iam/user_groups` and `…/iam/user_groups/{user_group_id}/members`.
    pub const USER_GROUPS: Limits = Limits { default: 100, min: 1, max: 500, strict: false };
    /// The lists that identity providers pushed. OpenAPI: the parameter `per_page` of
    /// `GET /accounts/{account_id}/access/identity_providers/{identity_provider_id}/scim/groups` and
    /// `…/scim/users`.
    pub const SCIM: Limits = Limits { default: 100, min: 1, max: 100, strict: false };
    /// The users of a policy test. OpenAPI: the parameter `per_page` of
    /// `GET /accounts/{account_id}/access/policy-tests/{policy_test_id}/users`.
    pub const TESTED_USERS: Limits = Limits { default: 25, min: 1, max: 1000, strict: false };
    /// Items of a Gateway list. OpenAPI: the parameter `per_page` of
    /// `GET /accounts/{account_id}/gateway/lists/{list_id}/items`.
    pub const LIST_ITEMS: Limits = Limits { default: 50, min: 1, max: 1000, strict: false };
}

/// The page that a request asks for.
#[derive(Clone)]
pub(crate) struct Paging<'a> {
    pub page: u64,
    pub per_page: u64,
    pub totals: bool,
    pub faults: &'a [Arc<Armed>],
}

impl<'a> Paging<'a> {
    /// Reads `page` and `per_page` of a query. `server_max` is the longest page that the server
    /// sends, whatever is asked for.
    pub fn new(
        page: Option<&str>,
        per_page: Option<&str>,
        limits: Limits,
        server_max: Option<u64>,
        totals: bool,
        faults: &'a [Arc<Armed>],
    ) -> Result<Paging<'a>, Failure> {
        let page = match page.map(str::parse::<u64>) {
            None => 1,
            Some(Ok(page)) if page >= 1 => page,
            _ => return Err(invalid("page must be a positive integer")),
        };
        let asked = match per_page.map(str::parse::<u64>) {
            None => limits.default,
            Some(Ok(asked)) => asked,
            Some(Err(_)) => return Err(invalid("per_page must be an integer")),
        };
        if limits.strict && !(limits.min..=limits.max).contains(&asked) {
            let Limits { min, max, .. } = limits;
            return Err(invalid(&format!("per_page must be between {min} and {max}")));
        }
        let mut per_page = asked.clamp(limits.min, limits.max).min(server_max.unwrap_or(u64::MAX)).max(1);
        for fault in faults {
            if let Effect::SmallerPages { per_page: smaller } = fault.effect() {
                fault.fire();
                per_page = per_page.min(*smaller).max(1);
            }
        }
        Ok(Paging { page, per_page, totals, faults })
    }

    /// Returns the page of `all`. `write` writes one item.
    pub fn listing<T>(&self, all: &[T], write: impl Fn(&T) -> Box<RawValue>) -> Listing {
        let slice = |page: u64| {
            let start = usize::try_from((page - 1).saturating_mul(self.per_page))
                .unwrap_or(usize::MAX)
                .min(all.len());
            let end =
                start.saturating_add(usize::try_from(self.per_page).unwrap_or(usize::MAX)).min(all.len());
            &all[start..end]
        };
        let total = all.len() as u64;
        let mut items: Vec<_> = slice(self.page).iter().map(&write).collect();
        let mut total_count = self.totals.then_some(total);
        let mut unpaged = None;
        for fault in self.faults {
            match fault.effect() {
                Effect::NoTotals => total_count = None,
                Effect::TotalChanged { from_page, by } if self.page >= *from_page => {
                    total_count = total_count.map(|_| total.saturating_add_signed(*by));
                }
                Effect::RepeatLast if self.page > 1 && !items.is_empty() => {
                    items.splice(0..0, slice(self.page - 1).last().map(&write));
                }
                Effect::ReplaceItem { at, item } if *at < items.len() => items[*at] = raw(item),
                Effect::InsertItem { at, item } => items.insert((*at).min(items.len()), raw(item)),
                Effect::EndlessRepeat => {
                    items = slice(1).iter().map(&write).collect();
                    total_count = None;
                }
                Effect::Unpaged { info } => {
                    items = all.iter().map(&write).collect();
                    unpaged = Some(*info);
                }
                Effect::EndlessFresh => {
                    items = self.fresh(slice(1).iter().map(&write).collect());
                    total_count = None;
                }
                _ => continue,
            }
            fault.fire();
        }
        if let Some(info) = unpaged {
            let count = items.len() as u64;
            let one =
                ResultInfo { page: 1, per_page: count + 1, count, total_count: None, total_pages: Some(1) };
            return Listing { items, info: info.then_some(one) };
        }
        let info = ResultInfo {
            page: self.page,
            per_page: self.per_page,
            count: items.len() as u64,
            total_count,
            total_pages: total_count.map(|total| total.div_ceil(self.per_page)),
        };
        Listing { items, info: Some(info) }
    }

    /// Returns a full page of items like `models`, each with an id that no other page has.
    fn fresh(&self, models: Vec<Box<RawValue>>) -> Vec<Box<RawValue>> {
        let first = (self.page - 1) * self.per_page;
        let parsed: Vec<Value> =
            models.iter().filter_map(|model| serde_json::from_str(model.get()).ok()).collect();
        (first..first + self.per_page)
            .map(|number| {
                let mut item = match parsed.len() as u64 {
                    0 => json!({ "id": "" }),
                    length => parsed[(number % length) as usize].clone(),
                };
                let hex = hex_id(&["fresh", &number.to_string()]);
                if let Some(id) = item.get("id").and_then(Value::as_str) {
                    item["id"] = if id.contains('-') { uuid(&hex).into() } else { hex.into() };
                } else {
                    item["value"] = format!("fresh-{number}@endless.example").into();
                }
                raw(&item)
            })
            .collect()
    }
}

/// Returns the refusal of a page out of bounds. Its code is inferred: OpenAPI has the bounds alone.
fn invalid(message: &str) -> Failure {
    Failure::bad_request(INVALID_BODY, message)
}
