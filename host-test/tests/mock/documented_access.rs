//! Applications, policies and identity providers are as Cloudflare's OpenAPI document describes them.
//!
//! The document has no service tokens and no single identity providers. Its applications are those of
//! 2024, so the types that came later are left out here.

use host_test::mock::{
    AccessPolicy, AccessSize, Account, Attached, AttachedPolicy, Embedding, Mock, Options, Size,
};
use http::Method;
use serde_json::{Value, json};

use crate::common::cloudflare_openapi::CloudflareOpenApi;
use crate::documented::{Checked, check_answer, company, is_odd_on_purpose};

/// OpenAPI: the schema `access_type`.
const TYPES_OF_2024: [&str; 9] =
    ["self_hosted", "saas", "ssh", "vnc", "app_launcher", "warp", "biso", "bookmark", "dash_sso"];

/// Checks the policies in a list of applications. The schema of an application needs this help: an
/// application is *any of* several, and the one for bookmarks has no policies, so it takes any.
fn check_embedded(document: &CloudflareOpenApi, answer: &Value) -> Result<(), String> {
    let schema =
        json!({ "type": "array", "items": { "$ref": "#/components/schemas/access_app_policy_response" } });
    let mut applications = answer["result"].as_array().expect("a list").iter();
    applications.try_for_each(|application| document.document.validate(&schema, &application["policies"]))
}

#[tokio::test]
async fn the_companys_applications_are_as_documented() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let checked = Checked::new(&document, &mock);
    for (list, query) in [
        ("access/apps", "?page=1&per_page=1000"),
        ("access/apps", "?name=payroll"),
        ("access/apps", "?domain=git.northwind.example"),
        ("access/apps", "?search=wiki&exact=false"),
        ("access/policies", "?page=1&per_page=1000"),
        ("access/policies", "?per_page=2&page=2"),
    ] {
        let found = checked.get(&format!("{list}{query}")).await.ids();
        assert!(!found.is_empty(), "{list}{query}");
        for id in found {
            let one = checked.get(&format!("{list}/{id}")).await;
            assert_eq!(one.json["result"]["id"], *id);
        }
    }
    let applications = checked.get("access/apps").await;
    check_embedded(&document, &applications.json).unwrap();
    for id in applications.ids() {
        checked.get(&format!("access/apps/{id}/policies?page=1&per_page=1000")).await;
    }
    assert_eq!(checked.get("access/identity_providers").await.ids().len(), 2);
    checked.check_requests();
}

/// Returns the policy without what no document describes. `odd` counts what was left out.
fn plain(policy: &AccessPolicy, odd: &mut usize) -> AccessPolicy {
    let mut rules = |part: &Option<Vec<Value>>| {
        let (strange, plain): (Vec<_>, Vec<_>) = part.iter().flatten().cloned().partition(is_odd_on_purpose);
        *odd += strange.len();
        Some(plain)
    };
    let (include, exclude, require) =
        (rules(&policy.include), rules(&policy.exclude), rules(&policy.require));
    let is_known = |decision: &&str| ["allow", "deny", "non_identity", "bypass"].contains(decision);
    let decision = policy.decision.as_deref().filter(is_known).unwrap_or("allow").to_owned();
    AccessPolicy { include, exclude, require, decision: Some(decision), ..policy.clone() }
}

#[tokio::test]
async fn generated_applications_differ_from_the_document_only_where_they_mean_to() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let size = Size { users: 60, members: 10, groups: 30, roles: 5 };
    let access = AccessSize { applications: 60, policies: 20, identity_providers: 14, service_tokens: 5 };
    let mut account = Account::generate(3, size).with_access(3, access);
    let mut odd = 0;
    account.policies = account.policies.iter().map(|policy| plain(policy, &mut odd)).collect();
    for application in &mut account.applications {
        application.embedding = Embedding::Whole;
        if !TYPES_OF_2024.contains(&application.kind.as_deref().unwrap()) {
            application.kind = Some("self_hosted".into());
        }
        application.policies.retain(|attached| {
            matches!(&attached.policy, AttachedPolicy::Own(_))
                || account.policies.iter().any(|it| it.id == attached.id())
        });
        for Attached { policy, .. } in &mut application.policies {
            if let AttachedPolicy::Own(own) = policy {
                *own = plain(own, &mut odd);
            }
        }
    }
    for provider in &mut account.identity_providers {
        // A name is required, and Cloudflare's own provider came in 2026.
        provider.name.get_or_insert_with(|| "Without a name".into());
        provider.kind = provider.kind.take().filter(|kind| kind != "cloudflare").or(Some("oidc".into()));
    }
    assert!(odd > 10, "the account has no odd rules");
    let mock = Mock::start(account, Options::default()).await.unwrap();
    let checked = Checked::new(&document, &mock);
    check_embedded(&document, &checked.get("access/apps").await.json).unwrap();
    for path in ["access/policies", "access/identity_providers"] {
        assert!(!checked.get(path).await.ids().is_empty(), "{path}");
    }
    for id in checked.get("access/apps").await.ids() {
        checked.get(&format!("access/apps/{id}/policies")).await;
    }
}

#[tokio::test]
async fn failures_of_applications_are_as_documented() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let checked = Checked::new(&document, &mock);
    let nowhere = "00000000-0000-4000-a000-000000000000";
    for path in ["access/apps/{id}", "access/apps/{id}/policies", "access/policies/{id}"] {
        checked.send(Method::GET, &path.replace("{id}", nowhere), Value::Null, 404).await;
    }
    let own = mock.read(|account| account.applications[0].policies[1].id().to_owned());
    checked.send(Method::GET, &format!("access/policies/{own}"), Value::Null, 404).await;
}

#[tokio::test]
async fn a_wrong_application_is_found() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    let mock = company().await;
    let checked = Checked::new(&document, &mock);
    let right = checked.get("access/apps").await.json;
    let path = format!("/accounts/{}/access/apps", mock.read(|account| account.id.clone()));
    for (pointer, wrong) in [
        ("/result/0/id", json!(7)),
        ("/result/0/name", json!(7)),
        ("/result/0/type", json!(7)),
        ("/result/0/policies", json!("none")),
        ("/result/0/policies/0/decision", json!("quarantine")),
        ("/result/0/policies/0/precedence", json!("first")),
        ("/result/0/policies/2/include/0", json!("everyone")),
    ] {
        let mut body = right.clone();
        *body.pointer_mut(pointer).unwrap() = wrong;
        let checked = check_answer(&document, "GET", &path, 200, &body);
        assert!(checked.and_then(|()| check_embedded(&document, &body)).is_err(), "{pointer}");
    }
}
