//! Access applications (`OpenAPI: GET /accounts/{account_id}/access/apps`). The list contains each
//! one's policies whole, the reusable ones too.

use super::chosen::{self, Chosen, Shape, TEXTS};
use super::endpoint::{APPS_READ, Bounds, Collection};
use super::fields::{self, list, object};
use super::id::Id;
use super::item::{Item, id, text};
use super::policy::{self, CONNECTION_RULES, MFA_CONFIG, Policy};
use crate::json::{self, Object};
use crate::sorted::Set;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The account's Access applications.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("access/apps"),
    filter: Cow::Borrowed(""),
    noun: "Access applications",
    noun_of_one: "Access application",
    permission: APPS_READ,
    bounds: Bounds { per_page: 1000, items: 20_000, pages: 1_000, bytes: 32 << 20 },
    has_people: false,
};

/// An Access application.
#[derive(Clone, Debug)]
pub struct App {
    /// The application's UUID.
    pub id: Id,
    /// The name, unless it is blank.
    pub name: Option<String>,
    /// Cloudflare's word for the type of application: "self_hosted".
    pub kind: Option<String>,
    /// The ids of the identity providers that it accepts; empty: all.
    pub allowed_idps: Vec<String>,
    /// The policies in the order of the list; `None` if they aren't known. An empty list is known.
    pub policies: Option<Vec<Attached>>,
    /// The fields that are passed on, as a JSON object.
    pub profile: String,
}

/// A policy of an application.
#[derive(Clone, Debug)]
pub struct Attached {
    /// The policy's UUID.
    pub id: Id,
    /// The place among the application's policies.
    pub precedence: Option<i64>,
    /// The policy itself; `None` if only its id is known.
    pub policy: Option<Policy>,
}

/// Nothing of `saas_app` and `scim_config` is passed on, which can contain secrets.
const PASSED_ON: Chosen = &[
    ("type", Shape::Plain),
    ("domain", Shape::Plain),
    ("aud", Shape::Plain),
    ("allowed_idps", TEXTS),
    ("auto_redirect_to_identity", Shape::Plain),
    ("session_duration", Shape::Plain),
    ("app_launcher_visible", Shape::Plain),
    ("allow_authenticate_via_warp", Shape::Plain),
    ("mfa_config", MFA_CONFIG),
    ("options_preflight_bypass", Shape::Plain),
    ("service_auth_401_redirect", Shape::Plain),
    ("read_service_tokens_from_header", Shape::Plain),
    ("oauth_configuration", Shape::Fields(&[("enabled", Shape::Plain)])),
    ("tags", TEXTS),
    ("target_criteria", TARGET_CRITERIA),
    ("user_populations", TEXTS),
    ("created_at", Shape::Plain),
    ("updated_at", Shape::Plain),
];

/// The attributes of a target are names that an account gives; this one is Cloudflare's own:
/// <https://developers.cloudflare.com/cloudflare-one/networks/targets/>.
const TARGET_CRITERIA: Shape = Shape::List(&Shape::Fields(&[
    ("port", Shape::Plain),
    ("protocol", Shape::Plain),
    ("target_attributes", Shape::Fields(&[("hostname", TEXTS)])),
]));

/// The fields of all kinds of destinations.
const DESTINATIONS: Shape = Shape::List(&Shape::Fields(&[
    ("type", Shape::Plain),
    ("uri", Shape::Plain),
    ("cidr", Shape::Plain),
    ("hostname", Shape::Plain),
    ("l4_protocol", Shape::Plain),
    ("port_range", Shape::Plain),
    ("vnet_id", Shape::Plain),
    ("mcp_server_id", Shape::Plain),
    ("worker_id", Shape::Plain),
]));

/// The facts about a policy that an application's profile has. The policy itself has the rest.
const POLICY: Shape = Shape::Fields(&[
    ("id", Shape::Plain),
    ("name", Shape::Plain),
    ("decision", Shape::Plain),
    ("precedence", Shape::Plain),
    ("connection_rules", CONNECTION_RULES),
]);

impl Item for App {
    fn from_object(raw: &RawValue, account_id: &str) -> Result<Self, &'static str> {
        let [given_id, uid, name, kind, allowed_idps, policies, destinations, hostnames] = object(
            raw,
            ["id", "uid", "name", "type", "allowed_idps", "policies", "destinations", "self_hosted_domains"],
        )?;
        let allowed_idps = list(allowed_idps)?.into_iter().map(|provider| fields::text(Some(provider)));
        let allowed_idps = allowed_idps.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
        let destinations =
            destinations.and_then(|given| DESTINATIONS.of(given)).filter(|given| given != "[]");
        let profile = chosen::with(Object::default(), raw, PASSED_ON).unwrap_or_default();
        let profile = match destinations.or_else(|| public_destinations(hostnames?)) {
            Some(destinations) => profile.with("destinations", &destinations),
            None => profile,
        };
        let profile = match policies {
            Some(policies) => profile.with("policies", &brief(policies)),
            None => profile,
        };
        Ok(Self {
            id: id(fields::text(given_id.or(uid))?)?,
            name: text(name)?,
            kind: text(kind)?,
            allowed_idps: allowed_idps.into_iter().map(Cow::into_owned).collect(),
            policies: policies.and_then(|policies| attached(policies, account_id)),
            profile: profile.end(),
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

impl Attached {
    /// Reads a policy of an application: the policy itself, an object with nothing but its id, or the
    /// id alone. A policy that can't be understood, or that comes without its rules, is one of which
    /// only the id is known. Returns `None` if there is no id, or a place that can't be understood.
    pub fn read(raw: &RawValue, account_id: &str) -> Option<Self> {
        if let Ok(text) = fields::text(Some(raw)) {
            return Some(Self { id: Id::parse(&text?)?, precedence: None, policy: None });
        }
        let [given_id, uid, precedence] = object(raw, ["id", "uid", "precedence"]).ok()?;
        let id = Id::parse(&fields::text(given_id.or(uid)).ok()??)?;
        let policy = Policy::read(raw, account_id).ok();
        Some(Self { id, precedence: policy::precedence(precedence).ok()?, policy })
    }
}

/// Returns the policies of an application in their order, and reads nothing else of it; `None` if they aren't
/// known.
pub fn policies_of(app: &RawValue, account_id: &str) -> Option<Vec<Attached>> {
    let [policies] = object(app, ["policies"]).ok()?;
    attached(policies?, account_id)
}

/// Reads the policies of an application. Of a policy that is there twice, the first one counts.
fn attached(policies: &RawValue, account_id: &str) -> Option<Vec<Attached>> {
    let policies = list(Some(policies)).ok()?.into_iter().map(|raw| Attached::read(raw, account_id));
    let mut policies = policies.collect::<Option<Vec<_>>>()?;
    let mut here = Set::default();
    policies.retain(|policy| here.insert(policy.id.clone()));
    Some(policies)
}

/// Returns the destinations that these host names stand for, as JSON: `self_hosted_domains` is the older
/// form of `destinations`, and an application may have it alone. OpenAPI:
/// `GET /accounts/{account_id}/access/apps`.
fn public_destinations(hostnames: &RawValue) -> Option<String> {
    let hostnames = list(Some(hostnames)).ok()?.into_iter().filter_map(|name| Shape::Plain.of(name));
    let destinations: Vec<String> =
        hostnames.map(|name| Object::default().with("type", "\"public\"").with("uri", &name).end()).collect();
    (!destinations.is_empty()).then(|| json::list(&destinations))
}

/// Returns the policies of an application in brief, as JSON.
fn brief(policies: &RawValue) -> String {
    let policies = list(Some(policies)).unwrap_or_default().into_iter();
    let brief: Vec<String> = policies
        .filter_map(|policy| {
            let id = || Some(Object::default().with("id", &Shape::Plain.of(policy)?).end());
            POLICY.of(policy).or_else(id)
        })
        .collect();
    json::list(&brief)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

    fn app(json: Json) -> App {
        App::read(&RawValue::from_string(json.to_string()).unwrap(), ACCOUNT).unwrap()
    }

    fn profile(app: &App) -> Json {
        serde_json::from_str(&app.profile).unwrap()
    }

    #[test]
    fn nothing_is_passed_on_that_is_not_named() {
        let secret = json!({"client_secret": "canary", "auth_type": "canary"});
        let policy = json!({"id": "p1", "name": "Staff", "decision": "allow", "precedence": 2, "include": [],
            "connection_rules": {"ssh": {"usernames": ["root"], "key": "canary"}}, "secret": "canary"});
        let app = app(json!({
            "id": "a1", "uid": "a2", "name": "Payroll", "type": "saas", "domain": "pay.corp.example",
            "saas_app": secret, "scim_config": {"authentication": {"password": "canary"}}, "new": "canary",
            "mfa_config": {"mfa_disabled": true, "secret": "canary"},
            "oauth_configuration": {"enabled": true, "grant": {"secret": "canary"}},
            "destinations":
                [{"type": "worker", "worker_id": "w", "secret": "canary"}, {"type": "odd", "x": "canary"}],
            "target_criteria": [{"port": 22, "protocol": "SSH", "secret": "canary",
                "target_attributes": {"hostname": ["h"], "other": ["canary"]}}],
            "policies": [policy, "p2"], "tags": ["hr", {"secret": "canary"}],
        }));
        assert!(!format!("{}{:?}", app.profile, app.policies).contains("canary"), "{app:?}");
        assert_eq!((app.id.as_str(), app.name.as_deref()), ("a1", Some("Payroll")));
        assert_eq!(
            profile(&app),
            json!({
                "type": "saas", "domain": "pay.corp.example", "mfa_config": {"mfa_disabled": true},
                "oauth_configuration": {"enabled": true}, "tags": ["hr"],
                "destinations": [{"type": "worker", "worker_id": "w"}, {"type": "odd"}],
                "target_criteria":
                    [{"port": 22, "protocol": "SSH", "target_attributes": {"hostname": ["h"]}}],
                "policies": [
                    {"id": "p1", "name": "Staff", "decision": "allow", "precedence": 2,
                        "connection_rules": {"ssh": {"usernames": ["root"]}}},
                    {"id": "p2"},
                ],
            })
        );
    }

    #[test]
    fn policies_that_are_not_known_are_no_empty_list() {
        let known = |policies: Json| {
            let policies = app(json!({"id": "a", "policies": policies})).policies?;
            let word = |it: &Attached| format!("{} {:?} {}", it.id, it.precedence, it.policy.is_some());
            Some(policies.iter().map(word).collect::<Vec<_>>().join(", "))
        };
        let some = |words: &str| Some(words.to_owned());
        assert_eq!(app(json!({"id": "a"})).policies.map(|it| it.len()), None);
        for unknown in [json!(null), json!("p"), json!({"id": "p"}), json!([7]), json!([{"name": "p"}])] {
            assert_eq!(known(unknown.clone()), None, "{unknown}");
        }
        assert_eq!(known(json!([])), some(""));
        assert_eq!(known(json!(["p", {"id": "q", "precedence": 3}])), some("p None false, q Some(3) false"));
        let whole = json!([{"uid": "p", "include": [], "precedence": 2.0}, {"id": "q", "include": []}]);
        assert_eq!(known(whole), some("p Some(2) true, q None true"));
        // A policy without its rules isn't one that matches nobody.
        let in_brief =
            json!([{"id": "p", "decision": "allow"}, {"id": "q", "decision": "allow", "include": null}]);
        assert_eq!(known(in_brief), some("p None false, q None false"));
        let twice = json!([{"id": "p", "include": []}, {"id": "p", "precedence": 1}]);
        assert_eq!(known(twice), some("p None true"));
        for place in [json!("2"), json!(2.5), json!([])] {
            let odd = json!([{"id": "p", "include": [], "precedence": place}]);
            assert_eq!(known(odd), None, "its place decides too");
        }
        // The id is known, and the rules aren't.
        let odd =
            json!([{"id": "p", "decision": "allow", "include": "everyone"}, {"id": "q", "decision": 5}]);
        assert_eq!(known(odd), some("p None false, q None false"));
    }

    #[test]
    fn destinations_come_in_one_form() {
        let destinations = |json: Json| profile(&app(json)).get("destinations").cloned();
        let public = json!([{"type": "public", "uri": "a.corp.example"}]);
        for (given, expected) in [
            (json!({"id": "a", "self_hosted_domains": ["a.corp.example"]}), Some(public.clone())),
            (json!({"id": "a", "destinations": [], "self_hosted_domains": ["a.corp.example"]}), Some(public)),
            (
                json!({"id": "a", "destinations": [{"type": "private", "cidr": "10.0.0.0/8"}],
                    "self_hosted_domains": ["a.corp.example"]}),
                Some(json!([{"type": "private", "cidr": "10.0.0.0/8"}])),
            ),
            (json!({"id": "a", "domain": "a.corp.example", "destinations": "odd"}), None),
            (json!({"id": "a", "self_hosted_domains": 5}), None),
        ] {
            assert_eq!(destinations(given), expected);
        }
    }

    #[test]
    fn every_field_may_be_absent_null_or_odd() {
        for name in [
            "uid",
            "name",
            "type",
            "domain",
            "destinations",
            "self_hosted_domains",
            "allowed_idps",
            "policies",
            "mfa_config",
            "oauth_configuration",
            "tags",
            "target_criteria",
            "created_at",
        ] {
            for odd in [json!(null), json!(5), json!("odd"), json!([null]), json!({"a": [1]})] {
                let mut given = json!({"id": "a"});
                given[name] = odd;
                let raw = RawValue::from_string(given.to_string()).unwrap();
                // It is read or reported, and its profile is JSON.
                if let Ok(app) = App::read(&raw, ACCOUNT) {
                    assert!(profile(&app).is_object(), "{given}");
                }
            }
        }
        let app = app(json!({"uid": "a", "allowed_idps": null}));
        assert_eq!((app.id.as_str(), app.allowed_idps.len(), app.name), ("a", 0, None));
    }
}
