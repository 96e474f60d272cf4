//! Verdicts that can't be: the account changed, or somebody has a fault.

use super::*;
use Agreement::*;

const STAFF: (&str, &str) = ("group", "staff");
const APP: (&str, &str) = ("app", "wiki");

/// Takes Ann out of the group of staff, and Bob in.
fn change(cloud: &Cloud) {
    let mut lists = cloud.lists.borrow_mut();
    lists.get_mut("access/groups").unwrap()[0]["include"] = json!([email("bob")]);
}

fn reads_of_groups(cloud: &Cloud) -> usize {
    cloud.asked.borrow().iter().filter(|path| path.contains("access/groups")).count()
}

#[test]
fn a_verdict_that_cannot_be_is_believed_only_after_a_second_look() {
    let cloud = cloud();
    cloud.says(&[("ann", "blocked"), ("bob", "approved"), ("cat", "blocked"), ("dan", "approved")]);
    for of in [STAFF, APP] {
        let mut session = session(&cloud);
        let before = reads_of_groups(&cloud);
        let parts = whole(&mut session, of).unwrap();
        let open = if of == APP { Depends } else { Agrees };
        let bob = if of == APP { Depends } else { Impossible };
        let expected = [("ann", Impossible), ("bob", bob), ("cat", open), ("dan", bob)];
        assert_eq!(told(&parts), agreements(&expected), "{of:?}");
        assert_eq!(reads_of_groups(&cloud) - before, 2, "once before, and once for all that is strange");
    }
}

#[test]
fn a_group_that_changed_before_the_test_explains_it() {
    let cloud = cloud();
    cloud.says(&[("ann", "blocked"), ("bob", "approved"), ("dan", "approved")]);
    let mut session = session(&cloud);
    let cursor = begun(&mut session, STAFF);
    change(&cloud);
    let parts = rest(&mut session, STAFF, cursor).unwrap();
    // Nothing lets Dan in, before or after.
    assert_eq!(told(&parts), agreements(&[("ann", Changed), ("bob", Changed), ("dan", Impossible)]));
}

#[test]
fn a_session_that_has_not_seen_the_account_before_accuses_nobody() {
    let cloud = cloud();
    cloud.says(&[("ann", "approved"), ("bob", "blocked"), ("dan", "approved")]);
    let cursor = begun(&mut session(&cloud), STAFF);
    // The verdicts are those of before. The change comes after the test.
    change(&cloud);
    let parts = rest(&mut session(&cloud), STAFF, cursor.clone()).unwrap();
    assert_eq!(told(&parts), agreements(&[("ann", Changed), ("bob", Changed), ("dan", Changed)]));
    // Where nothing has changed, another session is as sure as the first one.
    let mut back = cloud.lists.borrow()["access/groups"].clone();
    back[0]["include"] = json!([email("ann")]);
    cloud.set("access/groups", back);
    let parts = rest(&mut session(&cloud), STAFF, cursor).unwrap();
    assert_eq!(told(&parts), agreements(&[("ann", Agrees), ("bob", Agrees), ("dan", Impossible)]));
}

#[test]
fn a_list_that_changed_explains_it_too() {
    let cloud = cloud();
    cloud.set("access/groups", [json!({"id": "staff", "include": [{"email_list": {"id": "l1"}}]})]);
    cloud.set("gateway/lists/l1/items", [json!({"value": "ann@corp.example"})]);
    cloud.says(&[("ann", "blocked"), ("bob", "blocked")]);
    let mut session = session(&cloud);
    let cursor = begun(&mut session, STAFF);
    cloud.set("gateway/lists/l1/items", [json!({"value": "bob@corp.example"})]);
    let parts = rest(&mut session, STAFF, cursor).unwrap();
    assert_eq!(told(&parts), agreements(&[("ann", Changed), ("bob", Agrees)]));
}

#[test]
fn a_policy_that_changed_ends_the_comparison_where_it_matters() {
    let cloud = cloud();
    cloud.says(&[("ann", "blocked")]);
    let mut first = session(&cloud);
    let cursor = begun(&mut first, APP);
    let mut apps = cloud.lists.borrow()["access/apps"].clone();
    apps[0]["policies"][1]["include"] = json!([email("ann")]);
    cloud.set("access/apps", apps);
    for session in [&mut first, &mut session(&cloud)] {
        let error = rest(session, APP, cursor.clone()).unwrap_err();
        assert_eq!(error.kind, crate::error::ErrorKind::InvalidCursor);
        assert!(error.message.contains("the policies that were sent"), "{}", error.message);
    }
    cloud.set("access/apps", []);
    let error = rest(&mut session(&cloud), APP, cursor).unwrap_err();
    assert_eq!(error.kind, crate::error::ErrorKind::InvalidCursor);
}
