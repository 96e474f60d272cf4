//! `validate` probes the first list of addresses that rules name, whether those of groups or of policies.

use crate::common::setup::HostAndMock;
use crate::common::small_account::{account, group};
use connector_host::contract::{ErrorKind, Validation};
use host_test::mock::{
    AccessPolicy, Account, Application, DEMO_TOKEN, Effect, Fault, Options, Permission, Token,
};
use serde_json::{Value, json};

const ITEMS: &str = "GET gateway/lists/{id}/items";

/// Makes an account with the list `11` that its group names, its policy, or both, in this section.
fn naming(by_group: bool, by_policy: bool, section: &str) -> Account {
    let rules = |is_naming: bool| -> Vec<Value> {
        if is_naming { vec![json!({"email_list": {"id": "11"}})] } else { Vec::new() }
    };
    let mut account = account([group("a1", json!({"include": rules(by_group)}))]);
    let mut policy = AccessPolicy::new("Staff", "allow", vec![json!({"everyone": {}})]);
    match section {
        "require" => policy.require = Some(rules(by_policy)),
        _ => policy.exclude = Some(rules(by_policy)),
    }
    account.applications = vec![Application::new("Payroll", "self_hosted").with_own(policy, 1)];
    account
}

async fn validated(account: Account, token: Token, faults: Vec<Fault>) -> (Validation, u64) {
    let setup = HostAndMock::with(account, Options { tokens: vec![token], faults, ..Options::default() });
    let setup = setup.await;
    let mut session = setup.host.open("api-token", &setup.settings()).await.unwrap();
    let validation = session.validate().await.unwrap();
    let probes = setup.mock.requests_by_route().get(ITEMS).copied().unwrap_or_default();
    assert_eq!(setup.mock.request_count(), 12 + probes, "only the lists are asked for beside the usual");
    (validation, probes)
}

/// Returns the kinds that can't be read.
fn failing(validation: &Validation) -> Vec<&str> {
    let failed = validation.checks.iter().filter(|check| check.read.is_err());
    failed.map(|check| check.resource_type.as_str()).collect()
}

#[tokio::test]
async fn one_list_is_probed_wherever_rules_name_it() {
    let mut denied = Token::new(DEMO_TOKEN);
    denied.permissions.remove(&Permission::ZeroTrustRead);
    for (by_group, by_policy, probes, expected) in [
        (false, false, 0, &[][..]),
        (true, false, 1, &["group", "app", "email"]),
        (true, true, 1, &["group", "app", "email"]),
        (false, true, 1, &["app", "email"]),
    ] {
        for section in ["require", "exclude"] {
            let account = naming(by_group, by_policy, section);
            let (good, sent) = validated(account.clone(), Token::new(DEMO_TOKEN), Vec::new()).await;
            assert_eq!((sent, failing(&good), good.warnings.len()), (probes, vec![], 0));
            let (refused, sent) = validated(account, denied.clone(), Vec::new()).await;
            assert_eq!((sent, failing(&refused)), (probes, expected.to_vec()), "{by_group} {by_policy}");
            for check in &refused.checks {
                let Err(error) = &check.read else { continue };
                assert_eq!(error.kind, ErrorKind::PermissionDenied);
                let whose = if by_group { "Access groups" } else { "Access applications" };
                assert!(error.message.starts_with(whose), "{}", error.message);
                assert!(error.message.contains("Zero Trust Read"), "{}", error.message);
            }
        }
    }
}

#[tokio::test]
async fn a_list_that_only_policies_name_can_fail_without_the_rest() {
    let effect = Effect::Status { status: 503, code: 1, message: "down".into(), headers: Vec::new() };
    let fault = Fault::on("GET", "gateway/lists/{id}/items", effect);
    let (validation, _) =
        validated(naming(false, true, "require"), Token::new(DEMO_TOKEN), vec![fault]).await;
    assert_eq!(failing(&validation), [""; 0]);
    let [warning] = &validation.warnings[..] else { panic!("{:?}", validation.warnings) };
    assert_eq!((warning.code.as_str(), warning.incomplete), ("list-not-readable", true));
    assert_eq!(warning.about.as_ref().map(|about| about.kind.as_str()), Some("policy"));
}

#[tokio::test]
async fn policies_are_asked_where_groups_can_not_be_read() {
    let mut token = Token::new(DEMO_TOKEN);
    let of_groups = [Permission::AccessGroupsRead, Permission::AccessGroupsEdit, Permission::ZeroTrustRead];
    token.permissions.retain(|permission| !of_groups.contains(permission));
    let (validation, probes) = validated(naming(true, true, "require"), token, Vec::new()).await;
    assert_eq!((probes, failing(&validation)), (1, vec!["identity-provider", "group", "app", "email"]));
}
