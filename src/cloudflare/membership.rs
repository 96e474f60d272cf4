//! The memberships of the person whose Global API key it is.
//! <https://developers.cloudflare.com/api/resources/memberships/methods/list/>.

use super::fields::{list, object, text};
use serde_json::value::RawValue;

/// The role that can do everything. The page lists roles by their names, without ids:
/// <https://developers.cloudflare.com/fundamentals/manage-members/roles/>.
const SUPER_ADMINISTRATOR: &str = "Super Administrator - All Privileges";

/// Whether one of these memberships makes its owner a Super Administrator of the account. One that
/// can't be understood doesn't.
pub fn has_super_administrator(memberships: &[&RawValue], account_id: &str) -> bool {
    memberships.iter().any(|membership| is_super_administrator(membership, account_id).unwrap_or_default())
}

fn is_super_administrator(membership: &RawValue, account_id: &str) -> Result<bool, &'static str> {
    let [Some(account), status, roles] = object(membership, ["account", "status", "roles"])? else {
        return Ok(false);
    };
    let [id] = object(account, ["id"])?;
    let is_here = text(id)?.is_some_and(|id| id.eq_ignore_ascii_case(account_id));
    if !is_here || text(status)?.as_deref() != Some("accepted") {
        return Ok(false);
    }
    for role in list(roles)? {
        if text(Some(role))?.as_deref() == Some(SUPER_ADMINISTRATOR) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    #[test]
    fn only_an_accepted_super_administrator_of_this_account_is_one() {
        let (here, elsewhere) = ("a".repeat(32), "b".repeat(32));
        let membership = |account: &str, status: &str, roles: Json| {
            let account = json!({"id": account});
            json!({"id": "m", "account": account, "status": status, "roles": roles})
        };
        let all = json!(["Administrator", SUPER_ADMINISTRATOR]);
        for (membership, is_one) in [
            (membership(&here, "accepted", all.clone()), true),
            (membership(&here.to_uppercase(), "accepted", all.clone()), true),
            (membership(&elsewhere, "accepted", all.clone()), false),
            (membership(&here, "pending", all.clone()), false),
            (membership(&here, "accepted", json!(["Administrator"])), false),
            (membership(&here, "accepted", json!([{"name": SUPER_ADMINISTRATOR}])), false),
            (membership(&here, "accepted", Json::Null), false),
            (json!({"roles": all}), false),
            (json!("m"), false),
        ] {
            let raw = RawValue::from_string(membership.to_string()).unwrap();
            assert_eq!(has_super_administrator(&[&raw], &here), is_one, "{membership}");
        }
        assert!(!has_super_administrator(&[], &here));
    }
}
