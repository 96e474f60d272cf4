//! The restrictions of an API token: the accounts that it is for, and the addresses that it may be used
//! from. <https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/get/>.

use super::account::is_id;
use super::token::{ACCOUNT, covers};
use serde_json::Value as Json;
use serde_json::value::RawValue;

/// The restrictions of a token, as far as they are understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restrictions {
    /// Whether a policy that allows something is for the account itself.
    pub covers_account: Option<bool>,
    /// The ids of other accounts that policies name.
    pub other_accounts: Vec<String>,
    /// Whether it may be used from some addresses only (*Client IP Address Filtering*).
    pub has_filter: bool,
}

impl Restrictions {
    /// Reads the restrictions of a token that shows itself. A part that isn't understood restricts
    /// nothing.
    pub fn read(token: &RawValue, account_id: &str) -> Self {
        let token: Json = serde_json::from_str(token.get()).unwrap_or_default();
        let field = |of: &Json, name: &str| of.get(name).cloned().unwrap_or_default();
        let policies = field(&token, "policies");
        let allows = |policy: &&Json| policy.get("effect").and_then(Json::as_str) != Some("deny");
        let resources: Vec<(String, Json)> = policies
            .as_array()
            .into_iter()
            .flatten()
            .filter(allows)
            .filter_map(|policy| policy.get("resources")?.as_object())
            .flat_map(|resources| resources.iter().map(|(name, which)| (name.clone(), which.clone())))
            .collect();
        let verdicts: Vec<Option<bool>> =
            resources.iter().map(|(name, which)| covers((name, which), account_id)).collect();
        let covers_account = if verdicts.contains(&Some(true)) {
            Some(true)
        } else {
            (!verdicts.contains(&None)).then_some(false)
        };
        let mut other_accounts: Vec<String> = resources
            .iter()
            .filter_map(|(name, _)| name.strip_prefix(ACCOUNT))
            .filter(|id| is_id(id) && !id.eq_ignore_ascii_case(account_id))
            .map(str::to_ascii_lowercase)
            .collect();
        other_accounts.sort();
        other_accounts.dedup();
        let addresses = field(&field(&token, "condition"), "request_ip");
        let has = |list: &str| field(&addresses, list).as_array().is_some_and(|list| !list.is_empty());
        Self { covers_account, other_accounts, has_filter: has("in") || has("not_in") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(token: &Json) -> Restrictions {
        let ours = "a".repeat(32);
        Restrictions::read(&RawValue::from_string(token.to_string()).unwrap(), &ours)
    }

    fn of(resources: &Json) -> Restrictions {
        read(&json!({"policies": [{"effect": "allow", "resources": resources}]}))
    }

    #[test]
    fn a_token_is_for_this_account_or_for_others() {
        let account = |digit: &str| format!("{ACCOUNT}{}", digit.repeat(32));
        let here = of(&json!({account("a"): "*", account("b"): "*"}));
        assert_eq!((here.covers_account, here.other_accounts.len()), (Some(true), 1));
        let all = of(&json!({format!("{ACCOUNT}*"): "*"}));
        assert_eq!((all.covers_account, all.other_accounts.len()), (Some(true), 0));
        let elsewhere = of(&json!({account("C"): "*", account("b"): "*"}));
        assert_eq!(elsewhere.covers_account, Some(false));
        assert_eq!(elsewhere.other_accounts, ["b".repeat(32), "c".repeat(32)]);
        let zones = of(&json!({account("a"): {"com.cloudflare.api.account.zone.*": "*"}}));
        assert_eq!((zones.covers_account, zones.other_accounts.len()), (Some(false), 0));
        assert_eq!(of(&json!({"com.cloudflare.api.galaxy.1": "*"})).covers_account, None);
        let denies = json!({"policies": [{"effect": "deny", "resources": {account("a"): "*"}}]});
        assert_eq!(read(&denies).covers_account, Some(false));
    }

    #[test]
    fn a_filter_of_addresses_is_one_if_it_names_some() {
        let has = |condition: Json| read(&json!({"policies": [], "condition": condition})).has_filter;
        assert!(has(json!({"request_ip": {"in": ["192.0.2.0/24"]}})));
        assert!(has(json!({"request_ip": {"in": [], "not_in": ["192.0.2.1/32"]}})));
        for none in
            [json!(null), json!({}), json!({"request_ip": {}}), json!({"request_ip": {"in": []}}), json!(7)]
        {
            assert!(!has(none.clone()), "{none}");
        }
        assert!(!read(&json!({})).has_filter);
    }
}
