//! Changes in a session that was told who is in a group of an identity provider.

use super::*;

/// Facts that the group that [`okta`] names has these people.
fn engineering(addresses: &[&str]) -> Vec<GroupFacts> {
    let fact = GroupFacts {
        group: ProviderGroup {
            provider: ResourceId { kind: "identity-provider".to_owned(), id: "idp".to_owned() },
            group: "Engineering".to_owned(),
        },
        addresses: addresses.iter().map(|&address| address.to_owned()).collect(),
        source: "HR".to_owned(),
        as_of: Some("2026-11-20T08:00:00Z".to_owned()),
    };
    vec![fact]
}

const ANN_IS_IN: [&str; 1] = ["ann@corp.example"];
const BY_ID: (&str, u64) = ("GET access/users/{id}", 1);

/// Asserts that a grant is on conditions that are expected to hold, or not.
fn is_expected(grant: &Grant, expected: bool) {
    let extra = json!({"expected": expected, "source": "HR", "as_of": "2026-11-20T08:00:00Z"});
    assert_eq!(serde_json::from_str::<Value>(&grant.extra).unwrap(), extra);
    assert!(!grant.conditions.is_empty(), "{grant:?}");
}

#[tokio::test]
async fn a_rule_of_ones_own_is_taken_though_a_fact_names_the_person_too() {
    let both = || account([group("a1", json!({"include": [email("ann@corp.example"), okta()]}))]);
    let change = || [revoke("a1", "user:0a")];
    let told = Scene::new(both(), change()).told(engineering(&ANN_IS_IN)).run().await;
    let stays = [
        "If it does, they stay a member through the Okta group \"Engineering\".",
        "According to HR, as of 2026-11-20T08:00:00Z, a login is expected to show that.",
    ];
    let outcome = told.applied(0, &stays);
    assert!(outcome.added.is_empty() && outcome.removed.is_empty(), "{outcome:?}");
    told.judge(|account| drop(include(account, "a1").remove(0)), &[ONE_GROUP, &[BY_ID]].concat());
    // Who isn't in the group is out.
    let told = Scene::new(both(), change()).told(engineering(&["bob@corp.example"])).run().await;
    let outcome = told
        .applied(0, &["A login may still match the Okta group \"Engineering\" of identity-provider:idp."]);
    assert_eq!(outcome.removed, ["group:a1:member"]);
    assert!(!outcome.detail.contains("stay a member"), "{outcome:?}");
    told.judge(|account| drop(include(account, "a1").remove(0)), &[ONE_GROUP, &[BY_ID]].concat());
}

#[tokio::test]
async fn what_only_facts_give_cannot_be_revoked_and_says_where_it_ends() {
    let account = || account([group("a1", json!({"include": [email("bob@corp.example"), okta()]}))]);
    let told = Scene::new(account(), [revoke("a1", "user:0a")]).told(engineering(&ANN_IS_IN)).run().await;
    told.refused(
        0,
        &["Only facts name", "the Okta group \"Engineering\", according to HR", "at the identity provider"],
    );
    told.judge_unchanged(&[GROUPS_ONLY, &[BY_ID]].concat());
    let told = Scene::new(account(), [revoke("a1", "user:0a")]).run().await;
    told.unchanged(0, &["no rule for this person"]);
    told.judge_unchanged(&[GROUPS_ONLY, &[BY_ID]].concat());
}

#[tokio::test]
async fn a_grant_is_written_though_a_fact_names_the_person_already() {
    let open = json!([{"ip": {"ip": "203.0.113.0/24"}}]);
    for require in [json!([]), open] {
        let account = account([group("a1", json!({"include": [okta()], "require": require}))]);
        let scene = Scene::new(account, [grant("a1", "user:0a")]).told(engineering(&ANN_IS_IN));
        let told = scene.run().await;
        let outcome = told.applied(0, &["Added"]);
        assert_eq!((outcome.added.len(), outcome.removed.len()), (1, 0), "{outcome:?}");
        told.judge(
            |account| include(account, "a1").push(email("ann@corp.example")),
            &[ONE_GROUP, &[BY_ID]].concat(),
        );
    }
}

#[tokio::test]
async fn what_facts_give_elsewhere_is_a_gain() {
    let account = || {
        account([
            group("a1", json!({"include": [email("ann@corp.example"), email("bob@corp.example")]})),
            group("a2", json!({"include": [okta()], "exclude": [inner("a1")]})),
        ])
    };
    let change = || [revoke("a1", "user:0a")];
    let told = Scene::new(account(), change()).told(engineering(&ANN_IS_IN)).run().await;
    told.refused(0, &["group:a2:member", "Allow gains"]);
    told.judge_unchanged(&[GROUPS_ONLY, &[("GET access/apps", 1), BY_ID]].concat());
    let told = Scene::new(account(), change()).told(engineering(&ANN_IS_IN)).allowing_gains().run().await;
    let outcome = told.applied(0, &[]);
    assert_eq!(outcome.added.len(), 1, "{outcome:?}");
    is_expected(&outcome.added[0], true);
    told.judge(|account| drop(include(account, "a1").remove(0)), &[ONE_GROUP, &[BY_ID]].concat());
    // Nobody in particular is named without facts.
    let told = Scene::new(account(), change()).run().await;
    assert!(told.applied(0, &[]).added.is_empty());
    told.judge(|account| drop(include(account, "a1").remove(0)), &[ONE_GROUP, &[BY_ID]].concat());
}

#[tokio::test]
async fn what_another_change_takes_may_still_rest_on_facts() {
    let account = account([
        group("a1", json!({"include": [email("ann@corp.example"), email("bob@corp.example")]})),
        group("a2", json!({"include": [inner("a1"), okta()]})),
    ]);
    let changes = [revoke("a2", "user:0a"), revoke("a1", "user:0a")];
    let told = Scene::new(account, changes).told(engineering(&ANN_IS_IN)).run().await;
    let followed = told.applied(0, &["taken away by another change", "stay a member through the Okta group"]);
    assert!(followed.removed.is_empty(), "{followed:?}");
    assert_eq!(told.applied(1, &[]).removed, ["group:a1:member"]);
    told.judge(|account| drop(include(account, "a1").remove(0)), &[ONE_GROUP, &[BY_ID]].concat());
}
