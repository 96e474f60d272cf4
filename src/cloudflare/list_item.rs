//! Items of Zero Trust lists
//! (`OpenAPI: GET /accounts/{account_id}/gateway/lists/{list_id}/items`).

use super::endpoint::{Bounds, Collection, LISTS_READ};
use super::fields::{self, object};
use super::id::Id;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Returns the collection of the items of the list with this id.
pub fn collection(list: &Id) -> Collection {
    Collection {
        path: Cow::Owned(format!("gateway/lists/{list}/items")),
        filter: Cow::Borrowed(""),
        noun: "a list's items",
        noun_of_one: "list item",
        permission: LISTS_READ,
        bounds: Bounds { per_page: 1000, items: 100_000, pages: 2_000, bytes: 4 << 20 },
        has_people: false,
    }
}

/// Returns the value of an item, which is an address in a list of addresses. `None` means that the
/// item can't be understood. Lists of other types have other values, which equal nobody's address
/// (inferred).
pub fn address(raw: &RawValue) -> Option<String> {
    let [value] = object(raw, ["value"]).ok()?;
    fields::text(value).ok()?.map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::address;
    use serde_json::value::RawValue;

    #[test]
    fn a_list_of_values_is_no_item() {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        assert_eq!(address(&raw(r#"{"value":"ann@corp.example"}"#)).as_deref(), Some("ann@corp.example"));
        assert_eq!(address(&raw(r#"["ann@corp.example"]"#)), None);
    }
}
