//! People as baton's users.

use super::messages::{AccountType, Email, MfaStatus, ResourceStatus, Status, UserTrait};
use super::times;
use cloudflare_zero_trust::contract::{self, Account, AccountStatus};
use cloudflare_zero_trust::model;
use serde_json::Map;

type Json = serde_json::Value;

/// Returns the ids that baton's own connector for Cloudflare gives to an account member. It has the
/// user's id for somebody who has accepted, and the membership's for an invitation: baton-cloudflare,
/// `pkg/connector/user.go` and `invitation.go`.
pub(super) fn aliases(id: &contract::ResourceId, profile: &Map<String, Json>) -> Vec<String> {
    if id.kind != model::Kind::Member.as_str() {
        return Vec::new();
    }
    let user = profile.get("user_id").and_then(Json::as_str).filter(|user| !user.is_empty());
    let others = user.filter(|user| *user != id.id).map(str::to_owned);
    others.into_iter().chain([id.id.clone()]).collect()
}

/// Adds missing fields to a person's profile. They are those of baton's own connectors for
/// Cloudflare, and baton itself looks for them.
pub(super) fn complete_profile(profile: &mut Map<String, Json>, from: &contract::Resource) {
    let account = from.account.as_ref();
    let email = account.and_then(|account| account.email.as_deref());
    let login = account.and_then(|account| account.login.as_deref());
    let has_a_name = ["first_name", "last_name"].iter().any(|key| profile.contains_key(*key));
    let mut add = |key: &str, value: Option<&str>| {
        if let (Some(value), false) = (value, profile.contains_key(key)) {
            profile.insert(key.to_owned(), value.into());
        }
    };
    add("user_id", Some(&from.id.id));
    add("email", email);
    add("login", login);
    // A display name that repeats an address or an id is no name.
    let stand_ins = [email, login, Some(from.id.id.as_str())];
    if !has_a_name && !stand_ins.contains(&Some(from.display_name.as_str())) {
        let (first, last) = match from.display_name.split_once(' ') {
            Some((first, last)) => (first, Some(last)),
            None => (from.display_name.as_str(), None),
        };
        add("first_name", Some(first));
        add("last_name", last);
    }
}

/// Converts a person's account, and the profile that goes with it.
pub(super) fn user_trait(account: Option<&Account>, profile: &Map<String, Json>) -> UserTrait {
    let email = account.and_then(|account| account.email.clone());
    // Only members tell it: of their own login to Cloudflare, not of one through an identity provider.
    let two_factor = profile.get("two_factor_authentication_enabled").and_then(Json::as_bool);
    UserTrait {
        emails: email.into_iter().map(|address| Email { address, is_primary: true }).collect(),
        status: Some(status(account.map_or(AccountStatus::Unknown, |account| account.status))),
        profile: Some(profile.clone().into()),
        account_type: AccountType::Human.into(),
        login: account.and_then(|account| account.login.clone()).unwrap_or_default(),
        created_at: times::created(profile),
        last_login: account.and_then(|account| times::timestamp(account.last_login.as_deref()?)),
        mfa_status: two_factor.map(|mfa_enabled| MfaStatus { mfa_enabled }),
    }
}

/// Converts a status. baton has no word for an invited person. Such a person counts as enabled,
/// because the grants take effect once the invitation is accepted, and so must be reviewed.
fn status(of: AccountStatus) -> Status {
    let (status, details) = match of {
        AccountStatus::Enabled => (ResourceStatus::Enabled, ""),
        AccountStatus::Disabled => (ResourceStatus::Disabled, ""),
        AccountStatus::Pending => (ResourceStatus::Enabled, "pending"),
        AccountStatus::Unknown => (ResourceStatus::Unspecified, ""),
    };
    Status { status: status.into(), details: details.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(display_name: &str, profile: &str) -> contract::Resource {
        let email = Some("zoe@corp.example".to_owned());
        let account =
            Account { email: email.clone(), login: email, status: AccountStatus::Pending, last_login: None };
        contract::Resource {
            id: contract::ResourceId { kind: "user".to_owned(), id: "u1".to_owned() },
            parent: None,
            display_name: display_name.to_owned(),
            account: Some(account),
            profile: profile.to_owned(),
        }
    }

    fn profile(of: &contract::Resource) -> String {
        let mut profile = serde_json::from_str(&of.profile).unwrap();
        complete_profile(&mut profile, of);
        serde_json::to_string(&profile).unwrap()
    }

    #[test]
    fn a_profile_says_what_baton_looks_for_and_keeps_what_it_says() {
        for (name, given, completed) in [
            (
                "Zoë van Dijk",
                "{}",
                concat!(
                    r#"{"email":"zoe@corp.example","first_name":"Zoë","last_name":"van Dijk","#,
                    r#""login":"zoe@corp.example","user_id":"u1"}"#,
                ),
            ),
            (
                "Zoë Dijk",
                r#"{"last_name":null,"user_id":"other"}"#,
                concat!(
                    r#"{"email":"zoe@corp.example","last_name":null,"#,
                    r#""login":"zoe@corp.example","user_id":"other"}"#,
                ),
            ),
            (
                "Zoë",
                "{}",
                concat!(
                    r#"{"email":"zoe@corp.example","first_name":"Zoë","#,
                    r#""login":"zoe@corp.example","user_id":"u1"}"#,
                ),
            ),
            (
                "zoe@corp.example",
                "{}",
                r#"{"email":"zoe@corp.example","login":"zoe@corp.example","user_id":"u1"}"#,
            ),
            ("u1", "{}", r#"{"email":"zoe@corp.example","login":"zoe@corp.example","user_id":"u1"}"#),
        ] {
            assert_eq!(profile(&person(name, given)), completed, "{name} {given}");
        }
    }

    #[test]
    fn a_member_keeps_the_ids_of_batons_own_connector() {
        let of = |kind: &str, profile: Json| {
            let id = contract::ResourceId { kind: kind.to_owned(), id: "m1".to_owned() };
            aliases(&id, profile.as_object().unwrap())
        };
        assert_eq!(of("member", serde_json::json!({ "user_id": "u1" })), ["u1", "m1"]);
        for pending in [serde_json::json!({}), serde_json::json!({ "user_id": "" })] {
            assert_eq!(of("member", pending), ["m1"]);
        }
        assert!(of("user", serde_json::json!({ "user_id": "u1" })).is_empty());
    }

    #[test]
    fn a_second_factor_is_told_only_where_it_is_known() {
        for (profile, expected) in [
            (serde_json::json!({ "two_factor_authentication_enabled": true }), Some(true)),
            (serde_json::json!({ "two_factor_authentication_enabled": false }), Some(false)),
            (serde_json::json!({ "two_factor_authentication_enabled": null }), None),
            (serde_json::json!({}), None),
        ] {
            let user = user_trait(None, profile.as_object().unwrap());
            assert_eq!(user.mfa_status.map(|of| of.mfa_enabled), expected, "{profile}");
        }
    }
}
