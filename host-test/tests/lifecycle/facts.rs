//! Offboardings in a session that was told who is in a group of an identity provider.

use crate::common::small_account::{account, email, group, okta};
use crate::ways::tells_who_comes_in;
use crate::{Setup, id, really, shown};
use connector_host::contract::lifecycle::{Certainty, Offboarding};
use connector_host::contract::{GroupFacts, ProviderGroup};
use host_test::mock::{AccessPolicy, Account, Application, Attached, AttachedPolicy};
use serde_json::{Value, json};

const ANN: &str = "ann@corp.example";

/// An account whose one application lets in a group: by an address, and by a group of a provider.
fn company() -> Account {
    let mut account =
        account([group("a1", json!({"include": [email(ANN), email("bob@corp.example"), okta()]}))]);
    let policy = AccessPolicy {
        id: "p1".to_owned(),
        decision: Some("allow".to_owned()),
        include: Some(vec![json!({"group": {"id": "a1"}})]),
        ..AccessPolicy::default()
    };
    account.applications.push(Application {
        id: "f1".to_owned(),
        name: Some("Payroll".to_owned()),
        kind: Some("self_hosted".to_owned()),
        policies: vec![Attached { policy: AttachedPolicy::Own(policy), precedence: Some(1) }],
        ..Application::default()
    });
    account
}

/// Offboards Ann in a session that knows that these people are in the provider's group.
async fn offboarded(addresses: Option<&[&str]>) -> Offboarding {
    let setup = Setup::new(company()).await;
    let mut session = setup.session("api-token").await;
    if let Some(addresses) = addresses {
        let fact = GroupFacts {
            group: ProviderGroup { provider: id("identity-provider:idp"), group: "Engineering".to_owned() },
            addresses: addresses.iter().map(|&address| address.to_owned()).collect(),
            source: "HR".to_owned(),
            as_of: Some("2026-11-20T08:00:00Z".to_owned()),
        };
        session.learn(&[fact]).await.unwrap();
    }
    let done = session.offboard(&id(&format!("email:{ANN}")), &[], &really()).await.unwrap();
    assert!(done.parts.iter().all(|part| part.outcome.is_ok()), "{:?}", done.parts);
    setup.mock.change(Account::finish_deletions);
    tells_who_comes_in(&done, &setup.mock.account(), ANN);
    done
}

#[tokio::test]
async fn a_way_through_a_group_of_a_provider_says_what_is_expected_and_according_to_whom() {
    let in_the_group: &[&str] = &["ANN@corp.example"];
    let others: &[&str] = &["bob@corp.example"];
    for (facts, names, says) in [
        (
            Some(in_the_group),
            true,
            "According to HR, as of 2026-11-20T08:00:00Z, a login is expected to show that.",
        ),
        (Some(others), false, "According to HR, as of 2026-11-20T08:00:00Z, this person isn't expected to."),
        (None, false, "Nothing here says whether this person does."),
    ] {
        let done = offboarded(facts).await;
        for into in ["group:a1", "app:f1"] {
            let is_into = |it: &&_| -> bool {
                let way: &connector_host::contract::lifecycle::Way = it;
                way.into.as_ref().is_some_and(|id| shown(id) == into)
            };
            let ways: Vec<_> = done.remaining.iter().filter(is_into).collect();
            let [way] = ways.as_slice() else { panic!("{into}: {ways:?}") };
            assert_eq!(way.certainty, Certainty::Conditional, "{way:?}");
            assert!(way.detail.contains(says), "{way:?}");
            assert_eq!(way.by.is_some(), names, "{way:?}");
            let Some(by) = &way.by else { continue };
            let extra: Value = serde_json::from_str(&by.extra).unwrap();
            assert_eq!((&extra["expected"], &extra["source"]), (&json!(true), &json!("HR")));
            let advice =
                "Take the person out of this at the identity provider: the Okta group \"Engineering\".";
            assert!(way.detail.ends_with(advice), "{way:?}");
            assert!(!way.detail.contains("dashboard"), "{way:?}");
        }
    }
}
