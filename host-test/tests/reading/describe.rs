//! `describe` returns a form that a platform can draw, and the permissions that a token needs.

use crate::common::setup::host;
use std::collections::BTreeSet;

#[tokio::test]
async fn a_form_that_a_platform_can_draw() {
    let host = host().await;
    let manifest = host.describe().await.unwrap();
    assert_eq!(manifest.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest.origins, ["https://api.cloudflare.com"]);
    let methods: Vec<&str> = manifest.auth_methods.iter().map(|method| method.id.as_str()).collect();
    assert_eq!(methods, ["api-token", "api-key"]);
    let common: Vec<&str> = manifest.fields.iter().map(|field| field.id.as_str()).collect();
    assert_eq!(common, ["account-id", "base-url", "max-wait-seconds", "read-ahead"]);
    for method in &manifest.auth_methods {
        let fields: Vec<_> = manifest.fields.iter().chain(&method.fields).collect();
        let ids: BTreeSet<&str> = fields.iter().map(|field| field.id.as_str()).collect();
        assert_eq!(ids.len(), fields.len(), "{} asks for something twice", method.id);
        assert!(!method.label.is_empty() && !method.help.is_empty());
        for field in fields {
            assert!(!field.label.is_empty() && field.help.len() > 20, "{} needs words", field.id);
            assert_ne!(field.label, field.id, "a label is in a person's words");
            assert!(["text", "email", "url", "integer"].contains(&field.format.as_str()), "{}", field.format);
            assert!(!field.required || field.default.is_none(), "{}", field.id);
            assert_eq!(field.secret, ["api-token", "api-key"].contains(&field.id.as_str()), "{}", field.id);
            let operators = ["base-url", "max-wait-seconds", "read-ahead"];
            assert_eq!(field.operator_only, operators.contains(&field.id.as_str()), "{}", field.id);
        }
    }
    assert!(serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&manifest.extra).is_ok());
}

#[tokio::test]
async fn each_resource_type_says_what_a_token_needs() {
    let host = host().await;
    let manifest = host.describe().await.unwrap();
    let of = |kind: &str, provision_only: bool| -> Vec<&str> {
        let found = manifest.resource_types.iter().find(|it| it.id == kind).unwrap();
        let permissions =
            found.permissions.iter().filter(|permission| permission.provision_only == provision_only);
        permissions.map(|permission| permission.name.as_str()).collect()
    };
    let kinds: Vec<&str> = manifest.resource_types.iter().map(|it| it.id.as_str()).collect();
    let of_access = ["identity-provider", "group", "policy", "app"];
    let of_account = ["role", "user-group", "scoped-role"];
    let order = [&of_access[..], &of_account, &["service-token", "member", "user", "email"]].concat();
    assert_eq!(kinds, order, "in the order of a read");
    let opt_in: Vec<&str> =
        manifest.resource_types.iter().filter(|it| it.opt_in).map(|it| it.id.as_str()).collect();
    assert_eq!(opt_in, ["service-token"]);
    assert!(manifest.resource_types.iter().all(|it| it.can_sync && !it.permissions.is_empty()));
    assert_eq!(of("group", false), ["Access: Groups Read", "Zero Trust Read"]);
    assert_eq!(of("group", true), ["Access: Groups Edit"]);
    for kind in of_account {
        assert_eq!(of(kind, false), ["Account Settings Read"], "{kind}");
        assert_eq!(of(kind, true), ["SCIM Provisioning Edit"], "{kind}");
    }
    assert_eq!(of("member", false), ["Account Settings Read"]);
    assert_eq!(of("user", false), ["Access: Users Read"]);
    assert!(of("email", true).is_empty());
    assert_eq!(of("policy", false), ["Access: Apps and Policies Read"]);
    let of_app = ["Access: Apps and Policies Read", "Access: Groups Read", "Zero Trust Read"];
    assert_eq!(of("app", false), [&of_app[..], &["Access: Identity Providers Read"]].concat());
    assert_eq!(of("service-token", false), ["Access: Service Tokens Read"]);
    assert_eq!(of("identity-provider", false), ["Access: Identity Providers Read"]);
    assert!(["policy", "app", "service-token"].iter().all(|kind| of(kind, true).is_empty()));
}
