//! The restrictions of an API token: the accounts that it is for, and the addresses that it may be used
//! from. <https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/get/>.

use super::account::is_id;
use super::token::{ACCOUNT, covers};
use crate::json::value::Json;
use crate::sorted::Set;
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
        let token = Json::parse(token.get()).unwrap_or(Json::Null);
        let (mut covers_account, mut other_accounts) = (Some(false), Set::default());
        for policy in token.get("policies").items() {
            let Json::Object(resources) = policy.get("resources") else { continue };
            if policy.get("effect").text() == Some("deny") {
                continue;
            }
            for (name, which) in resources.iter() {
                covers_account = match (covers_account, covers((name, which), account_id)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (None, _) | (_, None) => None,
                    (Some(false), Some(false)) => Some(false),
                };
                let other = name.strip_prefix(ACCOUNT);
                let other = other.filter(|id| is_id(id) && !id.eq_ignore_ascii_case(account_id));
                if let Some(other) = other {
                    other_accounts.insert(other.to_ascii_lowercase());
                }
            }
        }
        let other_accounts = other_accounts.into_iter().collect();
        let addresses = token.get("condition").get("request_ip");
        let has = |list| !addresses.get(list).items().is_empty();
        Self { covers_account, other_accounts, has_filter: has("in") || has("not_in") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

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
