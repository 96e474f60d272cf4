//! Access policies. The reusable ones have a list of their own
//! (`OpenAPI: GET /accounts/{account_id}/access/policies`); applications contain all of theirs.

use super::chosen::{self, Chosen, Shape, TEXTS};
use super::endpoint::{APPS_READ, Bounds, Collection};
use super::fields::{self, UNEXPECTED, object};
use super::group::{Sections, sections};
use super::id::Id;
use super::item::{Item, id, text};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The account's reusable policies.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("access/policies"),
    filter: Cow::Borrowed(""),
    noun: "reusable Access policies",
    noun_of_one: "reusable Access policy",
    permission: APPS_READ,
    bounds: Bounds { per_page: 1000, items: 20_000, pages: 1_000, bytes: 32 << 20 },
    has_people: false,
};

/// Returns the collection of all policies of the application with this id, reusable or not. OpenAPI:
/// `GET /accounts/{account_id}/access/apps/{app_id}/policies`.
pub fn of_app(app: &Id) -> Collection {
    Collection {
        path: Cow::Owned(format!("access/apps/{app}/policies")),
        noun: "an application's policies",
        noun_of_one: "Access policy",
        ..COLLECTION.clone()
    }
}

/// An Access policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The policy's UUID.
    pub id: Id,
    /// The name, unless it is blank.
    pub name: Option<String>,
    /// Cloudflare's word for what the policy does: "allow".
    pub decision: Option<String>,
    /// The place among the policies of an application. A reusable policy has none of its own.
    pub precedence: Option<i64>,
    /// The raw rules. Whoever compiles them may take them.
    pub sections: Sections,
    /// The groups of people who have to approve a login, as a JSON list, if somebody has to.
    pub approval: Option<String>,
    /// The fields that are passed on, as a JSON object.
    pub profile: String,
}

const PASSED_ON: Chosen = &[
    ("decision", Shape::Plain),
    ("approval_required", Shape::Plain),
    ("approval_groups", APPROVAL_GROUPS),
    ("session_duration", Shape::Plain),
    ("isolation_required", Shape::Plain),
    ("purpose_justification_required", Shape::Plain),
    ("purpose_justification_prompt", Shape::Plain),
    ("mfa_config", MFA_CONFIG),
    ("connection_rules", CONNECTION_RULES),
    ("app_count", Shape::Plain),
    ("created_at", Shape::Plain),
    ("updated_at", Shape::Plain),
];

const APPROVAL_GROUPS: Shape = Shape::List(&Shape::Fields(&[
    ("approvals_needed", Shape::Plain),
    ("email_addresses", TEXTS),
    ("email_list_uuid", Shape::Plain),
]));

/// The form of `mfa_config`, here and in an application.
pub(super) const MFA_CONFIG: Shape = Shape::Fields(&[
    ("mfa_disabled", Shape::Plain),
    ("allowed_authenticators", TEXTS),
    ("session_duration", Shape::Plain),
]);

/// The form of `connection_rules`: the user names of SSH, and what may be copied in RDP.
pub(super) const CONNECTION_RULES: Shape = Shape::Fields(&[
    ("ssh", Shape::Fields(&[("usernames", TEXTS), ("allow_email_alias", Shape::Plain)])),
    (
        "rdp",
        Shape::Fields(&[
            ("allowed_clipboard_local_to_remote_formats", TEXTS),
            ("allowed_clipboard_remote_to_local_formats", TEXTS),
        ]),
    ),
]);

impl Item for Policy {
    fn from_object(raw: &RawValue, _account_id: &str) -> Result<Self, &'static str> {
        let [given_id, uid, name, decision, place, include, exclude, require, needs_approval, approval] =
            object(
                raw,
                [
                    "id",
                    "uid",
                    "name",
                    "decision",
                    "precedence",
                    "include",
                    "exclude",
                    "require",
                    "approval_required",
                    "approval_groups",
                ],
            )?;
        include.ok_or("it has no include")?;
        let (sections, rules) = sections([include, exclude, require])?;
        let needs_approval = match needs_approval.map(RawValue::get) {
            Some("true") => true,
            None | Some("false") => false,
            Some(_) => return Err(UNEXPECTED),
        };
        let groups = || approval.and_then(|groups| APPROVAL_GROUPS.of(groups));
        Ok(Self {
            id: id(fields::text(given_id.or(uid))?)?,
            name: text(name)?,
            decision: text(decision)?,
            precedence: precedence(place)?,
            sections,
            approval: needs_approval.then(|| groups().unwrap_or_else(|| "[]".to_owned())),
            profile: chosen::with(rules, raw, PASSED_ON).unwrap_or_default().end(),
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

/// Reads the place of a policy among those of its application: a whole number.
///
/// # Errors
/// It is something else.
pub(super) fn precedence(given: Option<&RawValue>) -> Result<Option<i64>, &'static str> {
    let Some(number) = given.map(RawValue::get) else { return Ok(None) };
    number.strip_suffix(".0").unwrap_or(number).parse().map(Some).map_err(|_| UNEXPECTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn policy(json: Json) -> Result<Policy, String> {
        Policy::read(&RawValue::from_string(json.to_string()).unwrap(), "").map_err(|fault| fault.why)
    }

    #[test]
    fn nothing_is_passed_on_that_is_not_named() {
        let group =
            json!({"approvals_needed": 1, "email_addresses": ["a@b", {"x": "canary"}], "x": "canary"});
        let clipboard = json!({"allowed_clipboard_local_to_remote_formats": ["text"], "x": "canary"});
        let policy = policy(json!({
            "id": "p", "name": "Staff", "decision": "allow", "precedence": 2, "reusable": true,
            "include": [{"everyone": {}}], "require": null, "approval_required": true, "app_count": 3,
            "approval_groups": [group], "connection_rules": {"rdp": clipboard}, "new": {"x": "canary"},
            "mfa_config": {"allowed_authenticators": ["totp"], "x": "canary"},
        }))
        .unwrap();
        assert!(!format!("{policy:?}").contains("canary"), "{policy:?}");
        let approval = json!([{"approvals_needed": 1, "email_addresses": ["a@b"]}]);
        assert_eq!(
            serde_json::from_str::<Json>(&policy.profile).unwrap(),
            json!({
                "include": [{"everyone": {}}], "exclude": [], "require": [], "decision": "allow",
                "approval_required": true, "approval_groups": approval, "app_count": 3,
                "mfa_config": {"allowed_authenticators": ["totp"]},
                "connection_rules": {"rdp": {"allowed_clipboard_local_to_remote_formats": ["text"]}},
            })
        );
        assert_eq!(serde_json::from_str::<Json>(&policy.approval.unwrap()).unwrap(), approval);
        assert_eq!((policy.precedence, policy.sections.map(|rules| rules.len())), (Some(2), [1, 0, 0]));
    }

    #[test]
    fn an_approval_counts_only_where_it_is_asked_for() {
        for (given, expected) in [
            (json!({"id": "p", "include": [], "approval_groups": [{"approvals_needed": 1}]}), None),
            (json!({"id": "p", "include": [], "approval_required": false, "approval_groups": []}), None),
            (json!({"id": "p", "include": [], "approval_required": null}), None),
            (
                json!({"id": "p", "include": [], "approval_required": true, "approval_groups": null}),
                Some("[]"),
            ),
            (
                json!({"id": "p", "include": [], "approval_required": true, "approval_groups": "odd"}),
                Some("[]"),
            ),
        ] {
            assert_eq!(policy(given).unwrap().approval.as_deref(), expected);
        }
    }

    #[test]
    fn rules_that_are_no_list_are_no_empty_list() {
        let why = policy(json!({"id": "p", "include": [], "require": {"everyone": {}}})).unwrap_err();
        assert_eq!(why, "its require is no list of at most 20,000 rules");
        for without in [json!({"id": "p"}), json!({"id": "p", "include": null})] {
            assert_eq!(policy(without).unwrap_err(), "it has no include");
        }
        for odd in [json!("true"), json!(1), json!([])] {
            assert!(policy(json!({"id": "p", "include": [], "approval_required": odd})).is_err());
        }
    }
}
