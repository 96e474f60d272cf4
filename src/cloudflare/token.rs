//! The policies of an API token: what it may do. They aren't those of account members.
//! <https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/get/>.

use super::fields::{UNEXPECTED, list, object, text};
use super::permission::suffices;
use crate::json::value::Json;
use crate::sorted::Map;
use serde_json::value::RawValue;

/// The prefix of the name of an account, and of what is inside one. Source:
/// <https://developers.cloudflare.com/fundamentals/api/how-to/create-via-api/>.
pub(super) const ACCOUNT: &str = "com.cloudflare.api.account.";
/// The prefix of the name of a user.
const USER: &str = "com.cloudflare.api.user.";

/// The policies of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies(Vec<Policy>);

/// The statement of the policies about a permission on the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// A policy gives it, and none takes it away.
    Yes,
    /// No policy gives it.
    No,
    /// A policy takes it away.
    Denied,
    /// A policy that matters can't be understood.
    NotUnderstood,
}

/// A policy. `None` stands for what can't be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Policy {
    /// Whether it allows. If not, it denies.
    allows: Option<bool>,
    /// The names of the permissions.
    permissions: Vec<Option<String>>,
    /// Whether it covers the account.
    covers_account: Option<bool>,
}

impl Policies {
    /// Reads the policies of a token.
    ///
    /// # Errors
    /// The token has no policies in a form that is understood.
    pub fn read(token: &RawValue, account_id: &str) -> Result<Self, &'static str> {
        let [policies] = object(token, ["policies"])?;
        let policies = list(Some(policies.ok_or("it doesn't say what the token may do")?))?;
        policies
            .into_iter()
            .map(|policy| Policy::read(policy, account_id))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Returns what the policies say of this permission. To deny is stronger than to allow (inferred
    /// from policies of account members, where it is so).
    pub fn gives(&self, permission: &str) -> Given {
        let (mut given, mut is_clear) = (false, true);
        for policy in &self.0 {
            match (policy.allows, policy.is_about(permission)) {
                (_, Some(false)) => {}
                (Some(false), Some(true)) => return Given::Denied,
                (Some(true), Some(true)) => given = true,
                // Another policy can give what this one may give, but not what it may deny.
                (Some(true), None) => is_clear &= given,
                (Some(false) | None, _) => return Given::NotUnderstood,
            }
        }
        match (given, is_clear) {
            (true, _) => Given::Yes,
            (false, true) => Given::No,
            (false, false) => Given::NotUnderstood,
        }
    }
}

impl Policy {
    fn read(raw: &RawValue, account_id: &str) -> Result<Self, &'static str> {
        let [effect, groups, resources] = object(raw, ["effect", "permission_groups", "resources"])?;
        let mut permissions = Vec::new();
        for group in list(groups)? {
            let [name] = object(group, ["name"])?;
            permissions.push(text(name)?.map(String::from));
        }
        let resources = match resources.map(|resources| Json::parse(resources.get())) {
            Some(Some(Json::Object(resources))) => resources,
            Some(_) => return Err(UNEXPECTED),
            None => Map::default(),
        };
        let allows = match text(effect)?.as_deref() {
            Some("allow") => Some(true),
            Some("deny") => Some(false),
            _ => None,
        };
        Ok(Self {
            allows,
            permissions,
            covers_account: any(resources.iter().map(|it| covers(it, account_id))),
        })
    }

    /// Whether it decides about this permission on the account.
    fn is_about(&self, permission: &str) -> Option<bool> {
        let names = any(self.permissions.iter().map(|name| Some(suffices(name.as_deref()?, permission))));
        match (names, self.covers_account) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }
}

/// Whether one of these is so. `None` if that can't be decided.
fn any(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut found = Some(false);
    for one in all {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => found = None,
        }
    }
    found
}

/// Whether a resource of a policy is the account: itself, or all accounts. What is inside of it, for
/// example its zones, is not.
pub(super) fn covers((name, which): (&String, &Json), account_id: &str) -> Option<bool> {
    if name.starts_with(USER) {
        return Some(false);
    }
    let account = name.strip_prefix(ACCOUNT)?;
    match which {
        // An object lists what is inside: {"com.cloudflare.api.account.zone.*": "*"}.
        Json::Object(_) => Some(false),
        Json::Text(all) if all == "*" => Some(account == "*" || account.eq_ignore_ascii_case(account_id)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::{GROUPS_EDIT, MEMBERS_EDIT};
    use super::*;
    use serde_json::{Value as Json, json};

    const ID: &str = "0123456789abcdef0123456789abcdef";
    const GROUPS_WRITE: &str = "Access: Organizations, Identity Providers, and Groups Write";

    fn read(token: Json) -> Result<Policies, &'static str> {
        Policies::read(&RawValue::from_string(token.to_string()).unwrap(), ID)
    }

    fn policy(effect: &str, names: &[&str], resources: &Json) -> Json {
        let groups: Vec<Json> = names.iter().map(|name| json!({"id": "g", "name": name})).collect();
        json!({"id": "p", "effect": effect, "permission_groups": groups, "resources": resources})
    }

    fn given(policies: &[Json]) -> [Given; 2] {
        let policies = read(json!({"id": "t", "policies": policies})).unwrap();
        [GROUPS_EDIT, MEMBERS_EDIT].map(|permission| policies.gives(permission))
    }

    fn account() -> Json {
        json!({format!("{ACCOUNT}{ID}"): "*"})
    }

    #[test]
    fn a_permission_on_the_account_is_given() {
        use Given::{No, Yes};
        for name in [GROUPS_WRITE, GROUPS_EDIT, &GROUPS_WRITE.to_uppercase()] {
            assert_eq!(
                given(&[policy("allow", &["Zero Trust Read", name], &account())]),
                [Yes, No],
                "{name}"
            );
        }
        for name in ["Account Settings Write", "SCIM Provisioning"] {
            assert_eq!(given(&[policy("allow", &[name], &account())]), [No, Yes], "{name}");
        }
        for resources in [
            json!({"com.cloudflare.api.account.*": "*"}),
            json!({format!("{ACCOUNT}{}", ID.to_uppercase()): "*"}),
        ] {
            assert_eq!(given(&[policy("allow", &[GROUPS_WRITE], &resources)]), [Yes, No], "{resources}");
        }
        let two = [
            policy("allow", &[GROUPS_WRITE], &account()),
            policy("allow", &["Account Settings Write"], &account()),
        ];
        assert_eq!(given(&two), [Yes, Yes]);
    }

    #[test]
    fn what_covers_something_else_gives_nothing() {
        let other = format!("{ACCOUNT}{}", "f".repeat(32));
        for resources in [
            json!({}),
            json!({other: "*"}),
            json!({"com.cloudflare.api.account.zone.*": "*"}),
            json!({format!("{ACCOUNT}{ID}"): {"com.cloudflare.api.account.zone.*": "*"}}),
            json!({"com.cloudflare.api.user.0123": "*"}),
        ] {
            assert_eq!(given(&[policy("allow", &[GROUPS_WRITE], &resources)])[0], Given::No, "{resources}");
        }
        let read_only = "Access: Organizations, Identity Providers, and Groups Read";
        assert_eq!(given(&[policy("allow", &[read_only], &account())]), [Given::No; 2]);
        assert_eq!(given(&[]), [Given::No; 2]);
    }

    #[test]
    fn a_policy_that_denies_wins() {
        let allow = policy("allow", &[GROUPS_WRITE, "Account Settings Write"], &account());
        let deny = policy("deny", &[GROUPS_WRITE], &account());
        for both in [[allow.clone(), deny.clone()], [deny, allow.clone()]] {
            assert_eq!(given(&both), [Given::Denied, Given::Yes]);
        }
        let elsewhere = policy("deny", &[GROUPS_WRITE], &json!({"com.cloudflare.api.account.zone.*": "*"}));
        assert_eq!(given(&[allow, elsewhere]), [Given::Yes; 2]);
    }

    #[test]
    fn what_is_not_understood_is_not_guessed() {
        use Given::{NotUnderstood, Yes};
        let allow = policy("allow", &[GROUPS_WRITE, "Account Settings Write"], &account());
        let strange = json!({"com.cloudflare.api.organization.0123": "*"});
        for odd in [
            policy("allow", &[GROUPS_WRITE, "Account Settings Write"], &strange),
            policy("allow", &[GROUPS_WRITE, "Account Settings Write"], &json!({format!("{ACCOUNT}{ID}"): 1})),
            json!({"effect": "allow", "permission_groups": [{"id": "g"}], "resources": account()}),
        ] {
            assert_eq!(given(std::slice::from_ref(&odd)), [NotUnderstood; 2], "{odd}");
            assert_eq!(given(&[allow.clone(), odd.clone()]), [Yes; 2], "{odd}");
            assert_eq!(given(&[odd, allow.clone()]), [Yes; 2]);
        }
        for odd in [policy("perhaps", &[GROUPS_WRITE], &account()), policy("deny", &[GROUPS_WRITE], &strange)]
        {
            assert_eq!(given(&[allow.clone(), odd.clone()]), [NotUnderstood, Yes], "{odd}");
        }
        for token in [
            json!({}),
            json!({"policies": null}),
            json!({"policies": {}}),
            json!([]),
            json!({"policies": [1]}),
        ] {
            assert!(read(token.clone()).is_err(), "{token}");
        }
    }
}
