//! What is sent, and what is told of each person.

use super::*;
use crate::model::Alternative;
use crate::verification::Claim;
use Agreement::*;

#[test]
fn a_group_is_tested_as_a_policy_that_lets_it_in() {
    let cloud = cloud();
    let mut session = session(&cloud);
    let first = session.compare("group", "MIXED", None).unwrap();
    assert_eq!(first.people.len(), 0);
    assert!(first.wait_ms.is_some() && first.requests > 0);
    let policy = json!({"name": "mixed", "decision": "allow", "include": [{"group": {"id": "mixed"}}],
        "exclude": [], "require": []});
    assert_eq!(*cloud.sent.borrow(), [json!({"policies": [policy]})]);
    // It asks again, and a little later each time.
    let (mut cursor, mut waits) = (first.next, Vec::from_iter(first.wait_ms));
    for _ in 0..6 {
        let part = session.compare("group", "mixed", cursor.as_deref()).unwrap();
        assert_eq!((part.people.len(), part.total, part.requests), (0, Some(3), 1));
        waits.extend(part.wait_ms);
        cursor = part.next;
    }
    assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000]);
    cloud.says(&[("ann", "approved"), ("bob", "blocked"), ("eve", "blocked"), ("odd", "error")]);
    let parts = rest(&mut session, ("group", "mixed"), cursor.unwrap()).unwrap();
    assert_eq!(parts[0].wait_ms, None);
    assert_eq!(
        told(&parts),
        agreements(&[("ann", Agrees), ("bob", Depends), ("eve", Agrees), ("odd", NotJudged)])
    );
    let [ann, bob, eve, _odd] = parts[1].people.as_slice() else { panic!() };
    assert_eq!((ann.claim, ann.conditions.len(), ann.expected), (Claim::Certain, 0, None));
    assert_eq!((eve.claim, eve.conditions.len()), (Claim::No, 0));
    assert_eq!((bob.user.to_string(), bob.address.as_str()), ("user:u-bob".to_owned(), "bob@corp.example"));
    let posture = r#"{"device_posture":{"integration_uid":"d1"}}"#.to_owned();
    let any_of = vec![posture, okta("Finance").to_string()];
    // Nobody names Bob, and a login may let him in.
    assert_eq!((bob.claim, bob.expected), (Claim::Conditional, None));
    assert_eq!(bob.conditions, [Alternative { any_of, ..Alternative::default() }]);
    // Not one request more than is needed: no verdict was strange.
    assert_eq!(cloud.asked.borrow().iter().filter(|path| path.contains("access/groups")).count(), 1);
}

#[test]
fn an_application_is_tested_by_copies_of_what_decides_over_logins() {
    let cloud = cloud();
    let mut session = session(&cloud);
    finance(&mut session, &["bob", "eve"]);
    let first = session.compare("app", "wiki", None).unwrap();
    let policies = json!([
        {"name": "p1", "decision": "deny", "include": [email("eve")], "exclude": [], "require": []},
        {"name": "p2", "decision": "allow", "include": [{"group": {"id": "staff"}}, okta("Finance")],
            "exclude": [], "require": []},
    ]);
    assert_eq!(*cloud.sent.borrow(), [json!({"policies": policies})]);
    let left_out = first.warnings.iter().filter(|it| it.code.word() == "policy-not-tested");
    let left_out: Vec<_> = left_out.map(|it| (it.message.clone(), it.incomplete)).collect();
    let [(bypass, false), (odd, true)] = left_out.as_slice() else { panic!("{left_out:?}") };
    assert!(bypass.contains("p3") && bypass.contains("without a login"), "{bypass}");
    assert!(odd.contains("p4") && odd.contains("understood"), "{odd}");
    cloud.says(&[("ann", "approved"), ("bob", "approved"), ("cat", "approved"), ("eve", "blocked")]);
    let parts = rest(&mut session, ("app", "wiki"), first.next.unwrap()).unwrap();
    // What the application asks of everybody, and the approval, is in no condition.
    let [ann, bob, cat, eve] = parts[1].people.as_slice() else { panic!() };
    assert_eq!((ann.claim, ann.agreement), (Claim::Certain, Agrees));
    assert_eq!((bob.claim, bob.expected, bob.agreement), (Claim::Conditional, Some(true), Agrees));
    assert_eq!((cat.claim, cat.expected, cat.agreement), (Claim::Conditional, Some(false), Unexpected));
    assert_eq!((eve.claim, eve.expected, eve.agreement), (Claim::No, None, Agrees));
    let any_of = vec![okta("Finance").to_string()];
    assert_eq!(bob.conditions, [Alternative { any_of, ..Alternative::default() }]);
}

#[test]
fn facts_that_leave_a_condition_open_expect_nothing_certain() {
    let cloud = cloud();
    let mut session = session(&cloud);
    finance(&mut session, &[]);
    cloud.says(&[("bob", "blocked"), ("cat", "approved")]);
    // The device may still let Bob in.
    let parts = whole(&mut session, ("group", "mixed")).unwrap();
    assert_eq!(told(&parts), agreements(&[("bob", Depends), ("cat", Agrees)]));
    finance(&mut session, &["bob"]);
    let parts = whole(&mut session, ("group", "mixed")).unwrap();
    assert_eq!(told(&parts), agreements(&[("bob", Unexpected), ("cat", Agrees)]));
}

#[test]
fn nothing_is_tested_that_lets_nobody_in() {
    let cloud = cloud();
    cloud.set(
        "access/apps",
        [
            json!({"id": "none", "type": "self_hosted", "policies": []}),
            json!({"id": "denies", "type": "self_hosted", "policies": [
                {"id": "p1", "decision": "deny", "include": [{"everyone": {}}]}]}),
            json!({"id": "people", "type": "end_user", "policies": []}),
            json!({"id": "unread", "type": "self_hosted", "policies": ["p9"]}),
        ],
    );
    let mut session = session(&cloud);
    for app in ["none", "denies", "people"] {
        let error = refused(session.compare("app", app, None));
        assert_eq!(error.about.as_deref(), Some("subject"), "{app}");
        assert!(error.message.contains("nothing to test"), "{}", error.message);
    }
    // Nobody knows whether a policy that can't be read lets people in.
    let error = refused(session.compare("app", "unread", None));
    assert!(error.message.contains("nothing to test") && error.message.contains("p9"), "{}", error.message);
    assert!(cloud.sent.borrow().is_empty());
}

#[test]
fn a_part_ends_before_it_is_too_long() {
    let cloud = cloud();
    let long: Vec<Json> = (0..200).map(|n| json!({"ip": {"ip": format!("2001:db8:{n:x}::/48")}})).collect();
    cloud.set("access/groups", [json!({"id": "long", "include": long})]);
    let names: Vec<String> = (0..400).map(|n| format!("p{n:03}")).collect();
    cloud.says(&names.iter().map(|name| (name.as_str(), "blocked")).collect::<Vec<_>>());
    let (mut one, mut sizes) = (session(&cloud), Vec::new());
    let parts = whole(&mut one, ("group", "long")).unwrap();
    sizes.extend(parts.iter().map(|part| part.people.len()));
    assert!(sizes.len() > 3 && sizes.iter().all(|&size| size < 200), "{sizes:?}");
    let shown: Vec<String> = told(&parts).into_iter().map(|(name, _)| name).collect();
    assert_eq!(shown, names, "each person once, and none is missing");
}
