//! Applications that a change of a group gives and takes, because their policies name the group.

use super::*;
use host_test::mock::{AccessPolicy, Application, Embedding, IdentityProvider, ServiceToken};

pub(super) const APPS: (&str, u64) = ("GET access/apps", 1);

/// Makes the account of [`account`] with these applications, two identity providers and two service
/// tokens.
pub(super) fn company(groups: Vec<Group>, applications: impl IntoIterator<Item = Application>) -> Account {
    let provider = |id: &str| IdentityProvider { id: id.into(), ..IdentityProvider::default() };
    let token = |id: &str| ServiceToken { id: id.into(), ..ServiceToken::default() };
    Account {
        applications: applications.into_iter().collect(),
        identity_providers: vec![provider("b1"), provider("b2")],
        service_tokens: ["c1", "c2"].map(token).into(),
        ..account(groups)
    }
}

pub(super) fn policy(id: &str, decision: &str, include: Value) -> AccessPolicy {
    let include = include.as_array().cloned().unwrap();
    AccessPolicy { id: id.into(), ..AccessPolicy::new(&format!("Policy {id}"), decision, include) }
}

pub(super) fn app(id: &str, policies: impl IntoIterator<Item = AccessPolicy>) -> Application {
    let bare =
        Application { id: id.into(), uid: None, ..Application::new(&format!("App {id}"), "self_hosted") };
    (1..).zip(policies).fold(bare, |app, (precedence, policy)| app.with_own(policy, precedence))
}

/// Makes the groups `a1`, with Bob, and `a2`, with Bob too. Both have another rule.
pub(super) fn groups() -> Vec<Group> {
    let include = || json!({"include": [email("bob@corp.example"), email("zoe@corp.example")]});
    vec![group("a1", include()), group("a2", include())]
}

/// An application that `a1` opens, and one that it closes to its people.
pub(super) fn opened_and_closed() -> Account {
    let opened = app("e1", [policy("f1", "allow", json!([inner("a1")]))]);
    let closed = app(
        "e2",
        [policy("f2", "deny", json!([inner("a1")])), policy("f3", "allow", json!([domain("corp.example")]))],
    );
    company(groups(), [opened, closed])
}

fn routes(more: Routes) -> Vec<(&'static str, u64)> {
    let more = more.iter().map(|&(route, count)| (&*route.to_owned().leak(), count));
    ONE_GROUP.iter().copied().chain([APPS, ("GET access/users/{id}", 1)]).chain(more).collect()
}

const READ_ONLY: Routes<'static> = &[("GET access/groups", 1), APPS, ("GET access/users/{id}", 1)];

pub(super) fn ids(outcome: &Outcome) -> (Vec<&str>, Vec<&str>) {
    let added = outcome.added.iter().map(|grant| grant.entitlement.as_str());
    (added.collect(), outcome.removed.iter().map(String::as_str).collect())
}

#[tokio::test]
async fn a_grant_tells_the_applications_that_it_gives_and_takes() {
    let told = Scene::new(opened_and_closed(), [grant("a1", "user:0a")]).run().await;
    let outcome = told.applied(0, &[]);
    assert_eq!(ids(outcome), (vec!["group:a1:member", "app:e1:access"], vec!["app:e2:access"]));
    let given = &outcome.added[1];
    assert_eq!((given.principals.len(), given.principals[0].id.as_str()), (1, "0a"));
    let [basis] = &given.basis[..] else { panic!("{given:?}") };
    assert_eq!((basis.rule.as_str(), basis.value.as_str()), ("group", "a1"));
    assert_eq!(basis.through.as_ref().map(|it| (it.kind.as_str(), it.id.as_str())), Some(("policy", "f1")));
    assert!(given.conditions.is_empty() && !given.revocable);
    assert!(told.report.warnings.is_empty(), "{:?}", told.report.warnings);
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), &routes(&[]));
}

#[tokio::test]
async fn a_revoke_tells_the_applications_that_it_takes() {
    let only_opened = app("e1", [policy("f1", "allow", json!([inner("a1")]))]);
    let told = Scene::new(company(groups(), [only_opened]), [revoke("a1", "user:0b")]).run().await;
    let outcome = told.applied(0, &[]);
    assert_eq!(ids(outcome), (vec![], vec!["group:a1:member", "app:e1:access"]));
    told.judge(|account| drop(include(account, "a1").remove(0)), &routes(&[]));
}

#[tokio::test]
async fn a_revoke_that_lets_its_principal_into_an_application_is_refused() {
    let excluding = policy("f4", "allow", json!([domain("corp.example")])).excluding(vec![inner("a1")]);
    for (account, gained) in [
        (opened_and_closed(), "app:e2:access"),
        (company(groups(), [app("e3", [excluding])]), "app:e3:access"),
    ] {
        let told = Scene::new(account.clone(), [revoke("a1", "user:0b")]).run().await;
        told.refused(0, &[gained, "(\"App e", "Allow gains", "Nothing was written"]);
        told.judge_unchanged(READ_ONLY);
        let told = Scene::new(account, [revoke("a1", "user:0b")]).allowing_gains().run().await;
        assert_eq!(ids(told.applied(0, &[])).0, [gained]);
        told.judge(|account| drop(include(account, "a1").remove(0)), &routes(&[]));
    }
}

#[tokio::test]
async fn an_application_that_the_same_call_takes_away_is_no_gain() {
    let policy = policy("f1", "allow", json!([inner("a2")])).excluding(vec![inner("a1")]);
    let account = company(groups(), [app("e1", [policy])]);
    let told = Scene::new(account.clone(), [revoke("a1", "user:0b")]).run().await;
    told.refused(0, &["app:e1:access"]);
    let told = Scene::new(account, [revoke("a1", "user:0b"), revoke("a2", "user:0b")]).run().await;
    told.all_applied(0..2);
    // Not even for the time between the two writes.
    let puts: Vec<&str> = told.report.writes.iter().map(|write| write.on.id.as_str()).collect();
    assert_eq!(puts, ["a2", "a1"]);
    let routes = [
        ("GET access/groups", 1),
        ("GET access/groups/{id}", 4),
        ("PUT access/groups/{id}", 2),
        ("GET access/users/{id}", 1),
    ];
    told.judge(
        |account| ["a1", "a2"].iter().for_each(|group| drop(include(account, group).remove(0))),
        &routes,
    );
}

#[tokio::test]
async fn identity_providers_are_read_where_an_application_accepts_only_some() {
    for (accepted, conditions) in [(vec!["b1"], 1), (vec!["b1", "b2"], 0)] {
        let some = Application {
            allowed_idps: Some(accepted.into_iter().map(str::to_owned).collect()),
            ..app("e1", [policy("f1", "allow", json!([inner("a1")]))])
        };
        let told = Scene::new(company(groups(), [some]), [grant("a1", "user:0a")]).run().await;
        assert_eq!(told.applied(0, &[]).added[1].conditions.len(), conditions);
        let routes = routes(&[("GET access/identity_providers", 1)]);
        told.judge(|account| include(account, "a1").push(email("ann@corp.example")), &routes);
    }
}

#[tokio::test]
async fn nothing_more_is_read_where_no_group_is_written() {
    let told = Scene::new(opened_and_closed(), [grant("a1", "user:0b")]).run().await;
    told.unchanged(0, &[]);
    told.judge_unchanged(&[("GET access/groups", 1), ("GET access/users/{id}", 1)]);
    let told = Scene::new(opened_and_closed(), [give("d2", "member:1b")]).run().await;
    told.applied(0, &[]);
    assert_eq!(told.routes.get("GET access/apps"), None);
}

#[tokio::test]
async fn a_list_that_a_policy_names_is_read_where_it_decides() {
    let listed = json!([{"email_list": {"id": "11"}}]);
    let by_list =
        app("e1", [policy("f1", "allow", json!([inner("a1")])), policy("f2", "allow", listed.clone())]);
    let elsewhere = app("e2", [policy("f3", "allow", listed)]);
    let account = company(groups(), [by_list, elsewhere.clone()]);
    let told = Scene::new(account, [grant("a1", "user:0a")]).run().await;
    // Ann is on the list: she had the application before.
    assert_eq!(ids(told.applied(0, &[])), (vec!["group:a1:member"], vec![]));
    let routes_with_list = routes(&[("GET gateway/lists/{id}/items", 1)]);
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), &routes_with_list);
    let told = Scene::new(company(groups(), [elsewhere]), [grant("a1", "user:0a")]).run().await;
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), &routes(&[]));
}

pub(super) fn denied(route: &str) -> Fault {
    let message = "Authentication error".to_owned();
    Fault::on("GET", route, Effect::Status { status: 403, code: 10000, message, headers: Vec::new() })
}

#[tokio::test]
async fn a_token_that_may_not_read_applications_still_changes_groups() {
    let scene = Scene::new(opened_and_closed(), [revoke("a1", "user:0b")]).under(denied("access/apps"));
    let told = scene.run().await;
    assert_eq!(ids(told.applied(0, &[])), (vec![], vec!["group:a1:member"]));
    let [warning] = &told.report.warnings[..] else { panic!("{:?}", told.report.warnings) };
    assert_eq!((warning.code.as_str(), warning.incomplete), ("applications-not-seen", false));
    assert!(warning.message.contains("Access: Apps and Policies Read"), "{}", warning.message);
    told.judge(|account| drop(include(account, "a1").remove(0)), &routes(&[]));
}

#[tokio::test]
async fn applications_that_fail_stop_a_change_before_it_is_written() {
    let fails = Fault::on("GET", "access/apps", Effect::Html { status: 502 });
    let changes = [grant("a1", "user:0a"), grant("a1", "user:0b"), give("d2", "member:1b")];
    let told = Scene::new(opened_and_closed(), changes).under(fails).run().await;
    let words = ["Nothing was written", "isn't known which applications"];
    assert!(told.failed(0, ErrorKind::Unavailable, &words).retryable);
    told.unchanged(1, &[]);
    told.applied(2, &[]);
    assert_eq!(told.routes.get("PUT access/groups/{id}"), None);
}

/// Without the providers, both sides of a change have the same condition, so it loses nothing and
/// gains nothing by that.
#[tokio::test]
async fn providers_that_can_not_be_read_leave_a_condition_and_stop_nothing() {
    const PROVIDERS: &str = "access/identity_providers";
    let fails = |effect| Fault::on("GET", PROVIDERS, effect);
    let accepting_all =
        |app| Application { allowed_idps: Some(vec!["b1".to_owned(), "b2".to_owned()]), ..app };
    let opened = app("e1", [policy("f1", "allow", json!([inner("a1")]))]);
    let either = app("e2", [policy("f2", "allow", json!([inner("a1"), inner("a2")]))]);
    let account = company(groups(), [opened, either].map(accepting_all));
    for fault in [
        denied(PROVIDERS),
        fails(Effect::Html { status: 502 }),
        fails(Effect::Html { status: 200 }),
        fails(Effect::Close { at: Place::BeforeHead }),
        fails(Effect::Status { status: 404, code: 7003, message: "no".into(), headers: Vec::new() }),
    ] {
        let changes = [grant("a1", "user:0a"), revoke("a1", "user:0b"), give("d2", "member:1b")];
        let told = Scene::new(account.clone(), changes).under(fault).run().await;
        let given = told.applied(0, &[]);
        assert_eq!(ids(given), (vec!["group:a1:member", "app:e1:access", "app:e2:access"], vec![]));
        assert!(given.added[1..].iter().all(|grant| grant.conditions.len() == 1), "{given:?}");
        // Bob keeps the other one by his other group.
        assert_eq!(ids(told.applied(1, &[])), (vec![], vec!["group:a1:member", "app:e1:access"]));
        told.applied(2, &[]);
        let [warning] = &told.report.warnings[..] else { panic!("{:?}", told.report.warnings) };
        assert_eq!((warning.code.as_str(), warning.incomplete), ("providers-not-readable", false));
        assert_eq!(told.routes.get("PUT access/groups/{id}"), Some(&1));
    }
    // Where nothing more may be asked, nothing is written.
    let limited = Effect::Status { status: 429, code: 971, message: "wait".into(), headers: Vec::new() };
    let told = Scene::new(account, [grant("a1", "user:0a")]).under(fails(limited)).run().await;
    told.failed(0, ErrorKind::RateLimited, &["Nothing was written"]);
    assert!(told.report.writes.is_empty());
}

#[tokio::test]
async fn policies_that_the_list_lacks_are_asked_for() {
    for (embedding, more) in [
        (Embedding::Absent, &[("GET access/apps/{id}/policies", 1)][..]),
        (Embedding::Null, &[("GET access/apps/{id}/policies", 1)]),
        // Which of them are reusable isn't known.
        (Embedding::ById, &[("GET access/policies", 1), ("GET access/apps/{id}/policies", 1)]),
    ] {
        let bare = app("e1", [policy("f1", "allow", json!([inner("a1")]))]);
        let account = company(groups(), [Application { embedding, ..bare }]);
        let told = Scene::new(account.clone(), [grant("a1", "user:0a")]).run().await;
        assert_eq!(ids(told.applied(0, &[])).0, ["group:a1:member", "app:e1:access"]);
        told.judge(|account| include(account, "a1").push(email("ann@corp.example")), &routes(more));

        let scene = Scene::new(account, [grant("a1", "user:0a")]).under(denied("access/apps/{id}/policies"));
        let told = scene.run().await;
        assert_eq!(ids(told.applied(0, &[])).0, ["group:a1:member"]);
        let [warning] = &told.report.warnings[..] else { panic!("{:?}", told.report.warnings) };
        assert_eq!((warning.code.as_str(), warning.incomplete), ("applications-not-seen", true));
        assert_eq!(warning.about.as_ref().map(|it| it.id.as_str()), Some("e1"));
    }
    let open = app("e1", [policy("f1", "bypass", json!([{"everyone": {}}]))]);
    let told = Scene::new(company(groups(), [open]), [change(Operation::Revoke, "app:e1:access", "user:0a")]);
    told.run().await.refused(0, &["by name", "everybody reaches it"]);
}

#[tokio::test]
async fn what_is_not_known_of_an_application_that_names_the_group_is_told() {
    let odd =
        |groups| Application { kind: Some("hologram".into()), ..app("e1", [policy("f1", "allow", groups)]) };
    for (account, count) in [
        (company(groups(), [odd(json!([inner("a1")]))]), 1),
        (company(groups(), [odd(json!([inner("a2")]))]), 0),
    ] {
        let told = Scene::new(account, [grant("a1", "user:0a")]).run().await;
        let codes: Vec<&str> = told.report.warnings.iter().map(|it| it.code.as_str()).collect();
        assert_eq!(codes, vec!["app-not-understood"; count]);
    }
}

/// Asserts that a change of access to the application `e1` is refused in these words.
async fn is_refused(account: &Account, operation: Operation, who: &str, words: &[&str]) {
    let change = change(operation, "app:e1:access", who);
    let told = Scene::new(account.clone(), [change]).run().await;
    told.refused(0, &[&["Nothing was written", "follows from its policies"], words].concat());
    let error = told.report.results[0].as_ref().unwrap_err();
    assert_eq!(error.about.as_deref(), Some("app:e1"));
    assert!(told.report.writes.is_empty() && told.after == told.before);
}

#[tokio::test]
async fn a_change_of_an_application_is_refused_and_names_what_lets_the_person_in() {
    use Operation::{Grant, Revoke};
    let allow = policy("f1", "allow", json!([inner("a1"), domain("other.example")]));
    let program = policy("f2", "non_identity", json!([{"service_token": {"token_id": "c1"}}]));
    let payroll = company(groups(), [app("e1", [allow, program])]);
    let by_group = [
        "through group:a1 (\"Group a1\") in the policy policy:f1 (\"Policy f1\")",
        "Revoke group:a1:member (\"Group a1\"). Try that as a dry run first",
    ];
    is_refused(&payroll, Revoke, "user:0b", &by_group).await;
    let by_rule = [
        "the rule email_domain other.example in the policy policy:f1",
        "Change this in Cloudflare's dashboard",
    ];
    is_refused(&payroll, Revoke, "email:carol@other.example", &by_rule).await;
    is_refused(&payroll, Revoke, "user:0a", &["nothing to change: no policy of the application gives it"])
        .await;
    let to_grant = ["Grant one of these instead: group:a1:member (\"Group a1\")."];
    is_refused(&payroll, Grant, "user:0a", &to_grant).await;
    is_refused(&payroll, Grant, "member:1b", &["has it already, through group:a1"]).await;
    is_refused(&payroll, Revoke, "service-token:c1", &["the rule service_token c1", "dashboard"]).await;
    is_refused(&payroll, Grant, "service-token:c2", &["non_identity policy"]).await;

    let never = policy("f1", "allow", json!([inner("a1")])).requiring(vec![domain("other.example")]);
    let never = company(groups(), [app("e1", [never])]);
    let words = ["No group that its allow policies name", "policy:f1 (\"Policy f1\")"];
    is_refused(&never, Grant, "user:0a", &words).await;
    let by_login = company(groups(), [app("e1", [policy("f1", "allow", json!([okta()]))])]);
    is_refused(&by_login, Grant, "user:0a", &["no allow policy with a rule that could name somebody"]).await;
}

#[tokio::test]
async fn a_refused_change_of_an_application_says_first_how_things_are() {
    use Operation::{Grant, Revoke};
    let leavers = company(
        groups(),
        [app(
            "e1",
            [policy("f1", "deny", json!([inner("a1")])), policy("f2", "allow", json!([inner("a2")]))],
        )],
    );
    let kept_out = ["kept out by group:a1 (\"Group a1\") in the policy policy:f1", "Change that first"];
    is_refused(&leavers, Grant, "user:0b", &kept_out).await;

    let asking = policy("f1", "allow", json!([inner("a1")])).requiring(vec![okta()]);
    let asking = company(groups(), [app("e1", [asking])]);
    let held = ["nothing to change: this principal has it already, through group:a1", "It holds if a login"];
    is_refused(&asking, Grant, "user:0b", &held).await;
    is_refused(&asking, Grant, "user:0a", &["group:a1:member (\"Group a1\"), on conditions"]).await;

    let public = company(groups(), [app("e1", [policy("f1", "bypass", json!([{"everyone": {}}]))])]);
    is_refused(&public, Grant, "user:0a", &["nothing to change: everybody reaches it without a login"]).await;

    let mut nested = groups();
    nested.push(group("a3", json!({"include": [inner("a1"), inner("a2"), domain("other.example")]})));
    let nested = company(nested, [app("e1", [policy("f1", "allow", json!([inner("a3")]))])]);
    let leave = ["Revoke group:a1:member (\"Group a1\"), group:a2:member (\"Group a2\")."];
    is_refused(&nested, Revoke, "user:0b", &leave).await;
    let rule = ["dashboard: the rule email_domain other.example of group:a3 (\"Group a3\")"];
    is_refused(&nested, Revoke, "email:carol@other.example", &rule).await;
}

#[tokio::test]
async fn another_way_into_an_application_is_told_though_each_has_conditions() {
    let asking = |id: &str, group: &str, more: Vec<Value>| {
        policy(id, "allow", json!([inner(group)])).requiring([vec![okta()], more].concat())
    };
    let hard = asking("f1", "a1", vec![json!({"certificate": {}})]);
    let account = company(groups(), [app("e1", [hard, asking("f2", "a2", Vec::new())])]);
    let mut only_hard = account;
    include(&mut only_hard, "a2").remove(0);
    let told = Scene::new(only_hard.clone(), [grant("a2", "user:0b")]).run().await;
    assert_eq!(ids(told.applied(0, &[])).0, ["group:a2:member", "app:e1:access"]);
    // Nothing is added where a way that asks for more comes to one that asks for less.
    let mut only_easy = only_hard;
    include(&mut only_easy, "a2").insert(0, email("bob@corp.example"));
    include(&mut only_easy, "a1").remove(0);
    let told = Scene::new(only_easy, [grant("a1", "user:0b")]).run().await;
    assert_eq!(ids(told.applied(0, &[])).0, ["group:a1:member"]);
}

#[tokio::test]
async fn a_refused_revoke_names_groups_and_applications() {
    let mut account = opened_and_closed();
    account.groups.push(group("a4", json!({"include": [domain("corp.example")], "exclude": [inner("a1")]})));
    let told = Scene::new(account, [revoke("a1", "user:0b")]).run().await;
    told.refused(0, &["group:a4:member", "app:e2:access"]);
    told.judge_unchanged(READ_ONLY);
}

#[tokio::test]
async fn a_change_of_something_else_than_a_group_or_a_role_is_an_error() {
    let grant = |entitlement: &str, who: &str| change(Operation::Grant, entitlement, who);
    let changes = [
        grant("app:e9:access", "user:0a"),
        grant("app:e1:visible", "user:0a"),
        grant("policy:f1:access", "user:0a"),
        grant("identity-provider:b1:access", "user:0a"),
        grant("service-token:c1:access", "user:0a"),
        grant("group:a1:member", "service-token:c1"),
    ];
    let told = Scene::new(opened_and_closed(), changes).run().await;
    let error = told.failed(0, ErrorKind::NotFound, &["no Access application e9"]);
    assert_eq!(error.about.as_deref(), Some("app:e9"));
    let wrong = told.failed(1, ErrorKind::InvalidArgument, &["It has app:e1:access"]);
    assert_eq!(wrong.about.as_deref(), Some("entitlement"));
    for at in 2..5 {
        let error = told.failed(at, ErrorKind::InvalidArgument, &["Nothing can be held on"]);
        assert_eq!(error.about.as_deref(), Some("entitlement"));
    }
    told.refused(5, &["service_token", "dashboard"]);
    told.judge_unchanged(READ_ONLY);
}

#[tokio::test]
async fn a_change_of_an_application_is_refused_although_nothing_can_be_read() {
    let hidden = Application { embedding: Embedding::Absent, ..app("e1", []) };
    let hidden = company(groups(), [hidden]);
    for (account, fault) in [
        (opened_and_closed(), denied("access/apps")),
        (opened_and_closed(), Fault::on("GET", "access/groups", Effect::Html { status: 502 })),
        (hidden, denied("access/apps/{id}/policies")),
    ] {
        let change = change(Operation::Revoke, "app:e1:access", "user:0b");
        let told = Scene::new(account, [change]).under(fault).run().await;
        told.refused(0, &["Nothing was written", "could", "be read"]);
        assert!(told.report.writes.is_empty());
    }
}
