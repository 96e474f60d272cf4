//! Comparisons of what the connector says with the verdict of Cloudflare's policy tester.

use crate::common::facts::{about, given};
use crate::common::reading::connector_error;
use crate::common::setup::{HostAndMock, pairs};
use crate::common::verification::{is_known, right_facts, stale, with_logins};
use connector_host::contract::{
    Agreement, Claim, Compared, Comparison, Error, ErrorKind, Options as Choices, ResourceId, Verdict,
};
use connector_host::{Cache, Config, Host, HostError, Session};
use host_test::mock::{
    AccessSize, Account, DEMO_TOKEN, Effect, Fault, Operation, Options, Permission, Size, Token, When,
};
use host_test::routes;
use host_test::truth::Fact;
use serde_json::json;
use std::collections::BTreeMap;

const TESTS: &str = "access/policy-tests";
const TEST: &str = "access/policy-tests/{id}";
const VERDICTS: &str = "access/policy-tests/{id}/users";

impl HostAndMock {
    /// Opens a session for comparisons that was told facts.
    async fn comparing(&self, facts: &[Fact]) -> Session {
        let mut session = self.open(routes::for_verification(), "api-token").await;
        if !facts.is_empty() {
            session.learn(&given(facts)).await.unwrap();
        }
        session
    }
}

fn id(kind: &str, id: &str) -> ResourceId {
    ResourceId { kind: kind.to_owned(), id: id.to_owned() }
}

/// Calls until there is no cursor.
async fn rest(
    session: &mut Session,
    subject: &ResourceId,
    mut cursor: Option<String>,
) -> Result<Vec<Comparison>, Error> {
    let mut parts = Vec::new();
    loop {
        let part = session.compare(subject, cursor.as_deref()).await.map_err(connector_error)?;
        cursor.clone_from(&part.next);
        parts.push(part);
        if cursor.is_none() {
            return Ok(parts);
        }
    }
}

async fn whole(session: &mut Session, subject: &ResourceId) -> Result<Vec<Compared>, Error> {
    let parts = rest(session, subject, None).await?;
    Ok(parts.into_iter().flat_map(|part| part.people).collect())
}

fn generated(seed: u64) -> Account {
    let size = Size { users: 40, members: 12, groups: 14, roles: 4 };
    let access = AccessSize { applications: 16, policies: 8, identity_providers: 4, service_tokens: 2 };
    with_logins(Account::generate(seed, size).with_access(seed, access), seed)
}

/// The company, and the group of its people in sales.
async fn company() -> (HostAndMock, ResourceId) {
    let account = Account::company();
    let sales = account.groups.iter().find(|group| group.name == "Sales").unwrap().id.clone();
    (HostAndMock::new(account).await, id("group", &sales))
}

fn agreement_of(people: &[Compared], name: &str) -> Agreement {
    let address = format!("{name}@northwind.example");
    people.iter().find(|person| person.address == address).unwrap().agreement
}

#[tokio::test]
async fn whole_accounts_have_no_verdict_that_cannot_be() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..3 {
        let setup = HostAndMock::new(generated(seed)).await;
        let account = setup.mock.account();
        let right = right_facts(&account);
        for (which, facts) in [
            ("right", right.clone()),
            ("stale", stale(right)),
            ("wrong", about(&account, seed)),
            ("no", vec![]),
        ] {
            let mut session = setup.comparing(&facts).await;
            let groups = account.groups.iter().map(|group| id("group", &group.id));
            let apps = account.applications.iter().map(|app| id("app", &app.id));
            for subject in groups.chain(apps) {
                let people = match whole(&mut session, &subject).await {
                    Ok(people) => people,
                    Err(error) => {
                        assert!(error.message.contains("nothing to test"), "{subject:?}: {error:?}");
                        continue;
                    }
                };
                let judged: Vec<_> = account.users.iter().filter(|user| user.email.is_some()).collect();
                assert_eq!(people.len(), judged.len(), "{subject:?}: everybody once");
                for person in people {
                    let Compared { agreement, claim, .. } = &person;
                    let can_be = !matches!(agreement, Agreement::Impossible | Agreement::Changed);
                    assert!(can_be, "{which} facts, {subject:?}: {person:?}");
                    let is_sure = which == "right" && is_known(&account, &person.address);
                    assert!(!is_sure || *agreement != Agreement::Unexpected, "{subject:?}: {person:?}");
                    let word = format!("{which} {agreement:?} {claim:?}");
                    *seen.entry(word).or_default() += 1;
                }
            }
        }
        assert!(setup.mock.account() == account, "a comparison has changed the account");
    }
    for (word, least) in [
        ("no Agreement::Agrees Claim::Certain", 100),
        ("no Agreement::Agrees Claim::No", 100),
        ("no Agreement::Depends Claim::Conditional", 100),
        ("right Agreement::Agrees Claim::Conditional", 100),
        ("stale Agreement::Unexpected Claim::Conditional", 4),
        ("wrong Agreement::Unexpected Claim::Conditional", 4),
    ] {
        assert!(seen.get(word).is_some_and(|&count| count >= least), "{word}: {seen:#?}");
    }
}

#[tokio::test]
async fn a_tester_that_lies_is_found() {
    let (setup, sales) = company().await;
    let right = whole(&mut setup.comparing(&[]).await, &sales).await.unwrap();
    assert!(right.iter().all(|person| person.agreement != Agreement::Impossible), "{right:#?}");
    let find = |claim| right.iter().find(|person| person.claim == claim).unwrap();
    let (certain, no) = (find(Claim::Certain), find(Claim::No));
    setup.mock.change(|account| {
        let lies = [(&certain.user.id, "blocked"), (&no.user.id, "approved")];
        account.policy_tester.lies = lies.map(|(user, word)| (user.clone(), word.to_owned())).into();
    });
    setup.mock.forget_requests();
    let people = whole(&mut setup.comparing(&[]).await, &sales).await.unwrap();
    for person in &people {
        let is_lie = [&certain.user.id, &no.user.id].contains(&&person.user.id);
        assert_eq!(person.agreement == Agreement::Impossible, is_lie, "{person:?}");
    }
    let groups = setup.mock.requests_by_route()["GET access/groups"];
    assert_eq!(groups, 2, "before it is said, what the tester looks up is read once more");
    // One word that means that nobody could judge, and one that nobody knows.
    setup.mock.change(|account| {
        let lies = [(&certain.user.id, "error"), (&no.user.id, "perhaps")];
        account.policy_tester.lies = lies.map(|(user, word)| (user.clone(), word.to_owned())).into();
    });
    let parts = rest(&mut setup.comparing(&[]).await, &sales, None).await.unwrap();
    let people: Vec<&Compared> = parts.iter().flat_map(|part| &part.people).collect();
    let unjudged = people.iter().find(|person| person.user.id == certain.user.id).unwrap();
    assert_eq!((unjudged.verdict, unjudged.agreement), (Verdict::Error, Agreement::NotJudged));
    assert!(people.iter().all(|person| person.user.id != no.user.id));
    let warnings: Vec<_> = parts.iter().flat_map(|part| &part.warnings).collect();
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert_eq!((warning.code.as_str(), warning.incomplete), ("item-not-understood", true));
    assert_eq!(warning.about.as_ref().unwrap().id, no.user.id);
}

#[tokio::test]
async fn a_group_that_changes_between_the_read_and_the_test_is_told() {
    for same_session in [true, false] {
        let (setup, sales) = company().await;
        let before = whole(&mut setup.comparing(&[]).await, &sales).await.unwrap();
        let certain = before.iter().find(|person| person.claim == Claim::Certain).unwrap().clone();
        let group = sales.id.clone();
        let address = certain.address.clone();
        setup.mock.meddle(Operation::on("POST", TESTS), When::Before, move |account| {
            let group = account.groups.iter_mut().find(|it| it.id == group).unwrap();
            group.exclude.get_or_insert_default().push(json!({"email": {"email": address}}));
        });
        let mut session = setup.comparing(&[]).await;
        let begun = session.compare(&sales, None).await.unwrap();
        assert_eq!(setup.mock.meddled(), [true]);
        if !same_session {
            session = setup.comparing(&[]).await;
        }
        let parts = rest(&mut session, &sales, begun.next).await.unwrap();
        let people: Vec<Compared> = parts.into_iter().flat_map(|part| part.people).collect();
        let person = people.iter().find(|person| person.user.id == certain.user.id).unwrap();
        // A session that reads only now agrees at once.
        let expected = if same_session { Agreement::Changed } else { Agreement::Agrees };
        assert_eq!((person.verdict, person.agreement), (Verdict::Blocked, expected), "{person:?}");
        assert!(people.iter().all(|person| person.agreement != Agreement::Impossible));
    }
}

#[tokio::test]
async fn a_group_that_changes_after_the_test_accuses_nobody() {
    let (setup, sales) = company().await;
    let mut session = setup.comparing(&[]).await;
    let begun = session.compare(&sales, None).await.unwrap();
    setup.mock.change(|account| {
        let group = account.groups.iter_mut().find(|it| it.id == sales.id).unwrap();
        group.include = Some(vec![json!({"everyone": {}})]);
    });
    // The first session goes on with what it read before the test, and agrees.
    let told = |parts: Vec<Comparison>| -> Vec<Agreement> {
        parts.into_iter().flat_map(|part| part.people).map(|person| person.agreement).collect()
    };
    let first = told(rest(&mut session, &sales, begun.next.clone()).await.unwrap());
    assert!(first.iter().all(|told| matches!(told, Agreement::Agrees | Agreement::Depends)), "{first:?}");
    let other = told(rest(&mut setup.comparing(&[]).await, &sales, begun.next).await.unwrap());
    assert!(other.contains(&Agreement::Changed) && !other.contains(&Agreement::Impossible), "{other:?}");
}

#[tokio::test]
async fn every_call_can_be_made_in_a_session_of_its_own() {
    let account = generated(5);
    let mut options = Options::default();
    options.max_per_page.insert(VERDICTS.to_owned(), 7);
    let setup = HostAndMock::with(account, options).await;
    setup.mock.change(|account| account.policy_tester.polls = 2);
    let account = setup.mock.account();
    let facts = right_facts(&account);
    for subject in [id("group", &account.groups[2].id), id("app", &account.applications[0].id)] {
        let one = rest(&mut setup.comparing(&facts).await, &subject, None).await.unwrap();
        assert!(one.len() > 8, "{}", one.len());
        assert!(one[..2].iter().all(|part| part.wait_ms.is_some() && part.people.is_empty()));
        assert_eq!(one[1].total, Some(40));
        setup.mock.change(|account| account.policy_tester.polls = 2);
        let (mut many, mut cursor) = (Vec::new(), None::<String>);
        loop {
            setup.mock.forget_requests();
            let mut session = setup.comparing(&facts).await;
            let before = setup.mock.request_count();
            let part = session.compare(&subject, cursor.as_deref()).await.unwrap();
            assert_eq!(u64::from(part.requests), setup.mock.request_count() - before);
            cursor.clone_from(&part.next);
            many.push(part);
            if cursor.is_none() {
                break;
            }
        }
        let people = |parts: &[Comparison]| -> Vec<String> {
            parts.iter().flat_map(|part| &part.people).map(|person| format!("{person:?}")).collect()
        };
        assert_eq!(people(&one), people(&many));
        assert_eq!(people(&one).len(), account.users.iter().filter(|user| user.email.is_some()).count());
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_the_facts_and_to_the_policies() {
    let setup = HostAndMock::new(generated(6)).await;
    let account = setup.mock.account();
    let facts = right_facts(&account);
    let mut told = setup.comparing(&facts).await;
    let apps = account.applications.iter().map(|app| id("app", &app.id));
    let mut subject = None;
    for app in apps {
        if let Ok(begun) = told.compare(&app, None).await {
            subject = Some((app, begun.next.unwrap()));
            break;
        }
    }
    let (app, cursor) = subject.unwrap();
    let refused = |error: Error, words: &str| {
        assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::InvalidCursor, Some("cursor")));
        assert!(error.message.contains(words), "{}", error.message);
    };
    refused(
        rest(&mut setup.comparing(&[]).await, &app, Some(cursor.clone())).await.unwrap_err(),
        "with facts",
    );
    let other = setup.comparing(&stale(facts.clone())).await.compare(&app, Some(&cursor)).await.unwrap_err();
    refused(connector_error(other), "with other facts");
    setup.mock.change(|account| {
        let policies = account.policies.iter_mut();
        let own = account.applications.iter_mut().flat_map(|app| &mut app.policies);
        let own = own.filter_map(|attached| match &mut attached.policy {
            host_test::mock::AttachedPolicy::Own(policy) => Some(policy),
            host_test::mock::AttachedPolicy::Reusable(_) => None,
        });
        for policy in policies.chain(own) {
            policy.include.get_or_insert_default().push(json!({"email": {"email": "new@corp.example"}}));
        }
    });
    let mut session = setup.comparing(&facts).await;
    refused(rest(&mut session, &app, Some(cursor)).await.unwrap_err(), "the policies that were sent");
}

#[tokio::test]
async fn no_other_session_lets_a_test_out_and_this_one_nothing_else() {
    let (setup, sales) = company().await;
    let mut others = vec![setup.session().await];
    for routes in [routes::writable(), routes::for_lifecycle(), routes::for_scim()] {
        others.push(setup.open(routes, "api-token").await);
    }
    for mut session in others {
        let error = connector_error(session.compare(&sales, None).await.unwrap_err());
        assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, false), "{error:?}");
        assert!(error.message.contains("the host doesn't allow this request"), "{}", error.message);
    }
    let sent = setup.mock.requests();
    assert!(sent.iter().all(|request| request.method == "GET"), "{sent:?}");
    let before = setup.mock.account();
    let user = before.users.iter().find(|user| user.email.is_some()).unwrap();
    let change = connector_host::contract::Change {
        operation: connector_host::contract::Operation::Grant,
        entitlement: format!("group:{}:member", sales.id),
        principal: id("user", &user.id),
    };
    let choices = Choices { dry_run: false, allow_gains: true, extra: String::new() };
    let mut session = setup.comparing(&[]).await;
    let report = session.apply(&[change], &choices).await.unwrap();
    let error = report.results[0].as_ref().unwrap_err();
    assert!(error.message.contains("the host doesn't allow this request"), "{}", error.message);
    assert!(setup.mock.account() == before);
    whole(&mut session, &sales).await.unwrap();
    let posts = setup.mock.requests_by_route().into_iter().filter(|(route, _)| !route.starts_with("GET"));
    assert_eq!(posts.collect::<Vec<_>>(), [(format!("POST {TESTS}"), 1)]);
}

#[tokio::test]
async fn a_reader_has_nothing_verified() {
    let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
    let host = Host::new(host_test::READER, Config { cache, ..Config::default() }).await.unwrap();
    assert_eq!(host.describe().await.unwrap().extra, "{}");
    let (setup, sales) = company().await;
    let routes = routes::for_verification();
    let mut session = host.open_with(routes, "api-token", &setup.settings()).await.unwrap();
    let error = session.compare(&sales, None).await.unwrap_err();
    assert!(matches!(error, HostError::NoVerification), "{error}");
    assert_eq!(setup.mock.request_count(), 0);
    let extra: serde_json::Value = serde_json::from_str(&setup.host.describe().await.unwrap().extra).unwrap();
    assert_eq!(extra, json!({"verification": {"permission": "Access: Policy Test Write"}}));
}

#[tokio::test]
async fn a_token_without_the_permission_is_told_which_one() {
    let (setup, sales) = company().await;
    let token = Token::new("canary-token").without(Permission::PolicyTestWrite);
    setup.mock.configure(|options| options.tokens.push(token));
    let mut settings = setup.settings();
    settings.retain(|(name, _)| name != "api-token");
    settings.extend(pairs(&[("api-token", "canary-token")]));
    let routes = routes::for_verification();
    let mut session = setup.host.open_with(routes, "api-token", &settings).await.unwrap();
    let error = connector_error(session.compare(&sales, None).await.unwrap_err());
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.message.contains("\u{201c}Access: Policy Test Write\u{201d}"), "{}", error.message);
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    assert_eq!(setup.mock.requests_by_route()[&format!("POST {TESTS}")], 1);
}

#[tokio::test]
async fn a_test_that_does_not_end_well_says_what_to_do() {
    for (word, kind, words) in [
        ("exceeded time", ErrorKind::Unavailable, "took too long"),
        ("blocked", ErrorKind::Refused, "doesn't let this policy test run"),
        ("canary-word", ErrorKind::InvalidResponse, "can't be understood"),
    ] {
        let (setup, sales) = company().await;
        setup.mock.change(|account| account.policy_tester.ends = Some(word.to_owned()));
        let error = whole(&mut setup.comparing(&[]).await, &sales).await.unwrap_err();
        assert_eq!((error.kind, error.retryable), (kind, false), "{word}");
        assert!(error.message.contains(words) && error.message.contains("tart again"), "{}", error.message);
        assert!(!format!("{error:?}").contains(DEMO_TOKEN) && !error.message.contains("canary"), "{error:?}");
    }
}

/// Each request can fail, in any way, and nothing of the comparison is lost.
#[tokio::test]
async fn a_failure_of_any_request_is_told_and_the_same_call_goes_on() {
    let failing = || Effect::Status { status: 503, code: 7, message: "canary".to_owned(), headers: vec![] };
    let refused = || Effect::Status { status: 403, code: 10000, message: "no".to_owned(), headers: vec![] };
    for (method, route) in [("GET", "access/groups"), ("POST", TESTS), ("GET", TEST), ("GET", VERDICTS)] {
        for (effect, kind) in [
            (failing(), ErrorKind::Unavailable),
            (refused(), ErrorKind::PermissionDenied),
            (Effect::Html { status: 200 }, ErrorKind::InvalidResponse),
            (Effect::CutOff, ErrorKind::InvalidResponse),
            (Effect::Reset { at: host_test::mock::Place::InBody }, ErrorKind::Unavailable),
            (
                Effect::Body { status: 200, body: r#"{"success":true,"result":7}"#.to_owned() },
                ErrorKind::InvalidResponse,
            ),
        ] {
            let (setup, sales) = company().await;
            let mut session = setup.comparing(&[]).await;
            setup.mock.inject(Fault::on(method, route, effect.clone()));
            let mut cursor = None;
            let error = loop {
                match session.compare(&sales, cursor.as_deref()).await.map_err(connector_error) {
                    Ok(part) => cursor = part.next.or_else(|| panic!("{method} {route} {effect:?}")),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind, kind, "{method} {route} {effect:?}: {error:?}");
            assert!(!format!("{error:?}").contains(DEMO_TOKEN));
            setup.mock.end_faults();
            let parts = rest(&mut session, &sales, cursor).await.unwrap();
            assert_eq!(parts.last().unwrap().people.len(), 31, "{method} {route} {effect:?}");
        }
    }
    // A test that Cloudflare has forgotten is begun again.
    let (setup, sales) = company().await;
    let mut session = setup.comparing(&[]).await;
    let begun = session.compare(&sales, None).await.unwrap();
    let gone = Effect::Status { status: 404, code: 12000, message: "gone".to_owned(), headers: vec![] };
    setup.mock.inject(Fault::on("GET", TEST, gone));
    let error = rest(&mut session, &sales, begun.next).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidCursor);
}

#[tokio::test]
async fn names_of_strangers_are_passed_on_as_they_are() {
    let hostile = "\u{1b}[31m<script>\u{202e}'; --";
    let (setup, sales) = company().await;
    setup.mock.change(|account| {
        account.users[0].name = Some(hostile.to_owned());
        account.users[1].email = Some(format!("{hostile}@northwind.example"));
        account.users[1].name = None;
        account.users[2].email = None;
        let odd = json!({"okta": {"name": hostile, "identity_provider_id": "i\"\\"}});
        let group = account.groups.iter_mut().find(|it| it.id == sales.id).unwrap();
        group.name = hostile.to_owned();
        group.include.get_or_insert_default().push(odd);
    });
    let parts = rest(&mut setup.comparing(&[]).await, &sales, None).await.unwrap();
    let people: Vec<&Compared> = parts.iter().flat_map(|part| &part.people).collect();
    assert!(people.iter().any(|person| person.display_name == hostile));
    let odd = format!("{hostile}@northwind.example");
    assert!(people.iter().any(|person| person.address == odd && person.display_name == odd));
    assert!(people.iter().all(|person| person.agreement != Agreement::Impossible));
    let conditions = people.iter().flat_map(|person| &person.conditions).flat_map(|it| &it.any_of);
    for rule in conditions {
        serde_json::from_str::<serde_json::Value>(rule).unwrap();
    }
    let told: Vec<_> = parts.iter().flat_map(|part| &part.warnings).filter(|it| it.incomplete).collect();
    assert_eq!(told.len(), 1, "whoever has no address is counted: {told:?}");
    assert_ne!(
        agreement_of(&people.into_iter().cloned().collect::<Vec<_>>(), "ben.carter"),
        Agreement::Impossible
    );
}
