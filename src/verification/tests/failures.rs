//! Comparisons that fail, and people who aren't understood.

use super::*;
use crate::error::ErrorKind;

const STAFF: (&str, &str) = ("group", "staff");

#[test]
fn only_groups_and_applications_are_gated_by_rules() {
    let cloud = cloud();
    let mut session = session(&cloud);
    let token = "Xk39dQzT7aaBcD0eFgHiJkLmNoPqRsTuVwXy1234";
    for (kind, id, words) in [
        ("user", "u1", "Name a group or an app"),
        ("email", "ann@corp.example", "Name a group or an app"),
        ("planet", "p1", "There is no kind"),
        ("group", "a/b", "This is not the id"),
        ("app", token, "This is not the id"),
    ] {
        let error = refused(session.compare(kind, id, None));
        assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::InvalidArgument, Some("subject")));
        assert!(error.message.contains(words) && !error.message.contains(token), "{}", error.message);
    }
    assert!(cloud.asked.borrow().is_empty());
    for (kind, id) in [("group", "gone"), ("app", "gone")] {
        let error = refused(session.compare(kind, id, None));
        assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::NotFound, Some("subject")));
    }
    assert!(cloud.sent.borrow().is_empty());
}

#[test]
fn a_refusal_names_the_permission() {
    let cloud = cloud();
    let error = json!({"success": false, "errors": [{"code": 10000, "message": "Authentication error"}]});
    *cloud.refusal.borrow_mut() = Some((403, error));
    let error = refused(session(&cloud).compare(STAFF.0, STAFF.1, None));
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.message.contains("Couldn't test policies"), "{}", error.message);
    assert!(error.message.contains("\u{201c}Access: Policy Test Write\u{201d}"), "{}", error.message);
}

#[test]
fn a_request_that_failed_is_sent_again_because_it_changes_nothing() {
    let cloud = cloud();
    *cloud.refusal.borrow_mut() = Some((503, json!({"success": false, "errors": []})));
    let error = refused(session(&cloud).compare(STAFF.0, STAFF.1, None));
    assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, true));
    assert_eq!(cloud.sent.borrow().len(), 4);
    *cloud.refusal.borrow_mut() =
        Some((400, json!({"success": false, "errors": [{"code": 7, "message": "x"}]})));
    let error = refused(session(&cloud).compare(STAFF.0, STAFF.1, None));
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(cloud.sent.borrow().len(), 5, "a refusal stays one");
}

#[test]
fn a_test_that_ends_otherwise_says_what_to_do() {
    let cloud = cloud();
    let cursor = begun(&mut session(&cloud), STAFF);
    for (status, kind, words) in [
        ("exceeded time", ErrorKind::Unavailable, "took too long"),
        ("blocked", ErrorKind::Refused, "doesn't let this policy test run"),
        ("canary-word", ErrorKind::InvalidResponse, "none that is known"),
    ] {
        cloud.is(status);
        let error = refused(session(&cloud).compare(STAFF.0, STAFF.1, Some(&cursor)));
        assert_eq!((error.kind, error.retryable), (kind, false), "{status}");
        let begins_again = error.message.to_lowercase().contains("start again");
        assert!(error.message.contains(words) && begins_again, "{}", error.message);
    }
    cloud.set("access/policy-tests", [json!({"id": "t1"})]);
    let error = refused(session(&cloud).compare(STAFF.0, STAFF.1, Some(&cursor)));
    assert_eq!(error.kind, ErrorKind::InvalidResponse);
    // Cloudflare has forgotten it.
    cloud.set("access/policy-tests", []);
    let error = refused(session(&cloud).compare(STAFF.0, STAFF.1, Some(&cursor)));
    assert_eq!(error.kind, ErrorKind::InvalidCursor);
    let told = "This comparison can't go on: Cloudflare doesn't have the policy test any more. Start again.";
    assert_eq!(error.message, told, "it is no read");
    for odd in [json!({}), json!({"id": "a/b"}), json!([])] {
        *cloud.refusal.borrow_mut() = Some((200, json!({"success": true, "result": odd})));
        let error = refused(session(&cloud).compare(STAFF.0, STAFF.1, None));
        assert_eq!(error.kind, ErrorKind::InvalidResponse, "{odd}");
    }
}

#[test]
fn nobody_is_left_out_in_silence() {
    let cloud = cloud();
    cloud.says(&[("ann", "approved")]);
    let mut judged = cloud.lists.borrow()["access/policy-tests/t1/users"].clone();
    let ann = judged[0].clone();
    judged.extend([
        json!({"id": "u-none", "status": "blocked"}),
        json!({"id": "u-word", "email": "w@corp.example", "status": "perhaps"}),
        json!(7),
        ann,
        json!({"id": "u-name", "email": "\u{202e}Eve@CORP.example", "name": "\u{1b}[31mEve",
            "status": "blocked"}),
    ]);
    cloud.set("access/policy-tests/t1/users", judged);
    let mut session = session(&cloud);
    let parts = whole(&mut session, STAFF).unwrap();
    let shown: Vec<_> = parts[2].people.iter().map(|it| (&*it.address, &*it.display_name)).collect();
    assert_eq!(shown, [("ann@corp.example", "ann"), ("\u{202e}Eve@CORP.example", "\u{1b}[31mEve")]);
    let told: Vec<_> = parts[2].warnings.iter().map(|it| (it.code.word(), it.incomplete)).collect();
    let not_understood = ("item-not-understood", true);
    assert_eq!(told, [not_understood, not_understood, not_understood, ("list-moved", true)]);
}
