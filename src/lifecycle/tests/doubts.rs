//! Doubts: somebody may be gone, may be in, or may be more than one.

use super::calls::*;
use super::cloud::*;
use super::steps::{end_sessions, free_seat, invite, remove};
use crate::error::ErrorKind;
use crate::lifecycle::{Certainty, Options, Way};
use crate::provision::Status;
use serde_json::json;

const ANN: &str = "ann@corp.example";

#[test]
fn whoever_may_have_left_is_no_super_administrator_who_stays() {
    let mut cloud = Cloud::new();
    cloud.vanishes = Some("b1");
    let done = run(&cloud, &[remove("member", "b1"), remove("member", "b2")]);
    let kinds: Vec<_> = done.result.results.iter().map(|it| it.as_ref().map_err(|it| it.kind)).collect();
    assert!(matches!(kinds[0], Err(ErrorKind::Indeterminate)), "{kinds:?}");
    assert!(kinds[1].is_err(), "{kinds:?}");
    assert!(done.cloud.members.contains_key("b2"), "nobody is left: {:?}", done.sent);
}

#[test]
fn a_status_that_is_not_known_may_be_that_of_the_last_super_administrator() {
    let mut cloud = Cloud::new();
    cloud.members.remove("b2");
    cloud.members.get_mut("b1").unwrap()["status"] = json!("active");
    let done = run(&cloud, &[remove("member", "b1")]);
    let error = done.result.results[0].as_ref().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
    assert!(done.cloud.members.contains_key("b1"));
}

#[test]
fn a_membership_that_stays_is_told_as_what_it_is() {
    for (status, certainty, text) in [
        ("accepted", Certainty::Certain, "logs in to Cloudflare's dashboard"),
        ("pending", Certainty::Certain, "can be accepted"),
        ("rejected", Certainty::NotKnown, "was declined"),
        ("active", Certainty::NotKnown, "whether this person has accepted isn't known"),
    ] {
        let cloud = Cloud::new().with_member(ANN, status, &["a1"]);
        let offboarding = leave(&cloud, &format!("email:{ANN}"), &["member"]).result.unwrap();
        let way = &offboarding.remaining[0];
        assert_eq!((way.certainty, way.into.as_ref().unwrap().id.as_str()), (certainty, "b9"), "{way:?}");
        assert!(way.detail.contains(text), "{status}: {}", way.detail);
    }
}

#[test]
fn several_users_with_one_address_all_go() {
    let mut cloud = Cloud::new().with_user(ANN);
    cloud.users.extend([user("c8", ANN, true)]);
    let done = leave(&cloud, &format!("email:{ANN}"), &[]);
    let offboarding = done.result.unwrap();
    assert!(done.cloud.users.is_empty(), "{:?}", done.sent);
    assert_eq!(offboarding.accounts.len(), 2);
    let done = leave(&cloud, &format!("email:{ANN}"), &["user:c8", "sessions"]);
    assert_eq!(done.cloud.users.keys().collect::<Vec<_>>(), ["c8"]);
    assert_eq!(done.cloud.users["c8"]["access_seat"], false);
    let offboarding = done.result.unwrap();
    assert!(offboarding.remaining[0].detail.contains("stay open"), "{:?}", offboarding.remaining);
}

#[test]
fn several_memberships_with_one_address_all_end() {
    let mut cloud = Cloud::new().with_member(ANN, "accepted", &["a1"]);
    cloud.members.extend([member("b8", "Ann@Corp.example", "pending", &["a2"])]);
    cloud.user_groups.insert("e7".into(), (vec![], vec!["b8".into(), "b9".into()]));
    for person in [&format!("email:{ANN}"), "member:b8", "member:b9"] {
        let done = leave(&cloud, person, &[]);
        let offboarding = done.result.unwrap();
        assert_eq!(offboarding.accounts.len(), 2, "{person}");
        let words: Vec<&str> = offboarding.parts.iter().map(|part| part.word.as_str()).collect();
        assert_eq!(words.iter().filter(|word| **word == "user-group:e7").count(), 2, "{words:?}");
        assert_eq!(words.iter().filter(|word| word.starts_with("member:")).count(), 2, "{words:?}");
        assert!(offboarding.parts.iter().all(|part| part.outcome.is_ok()), "{:#?}", offboarding.parts);
        assert_eq!(done.cloud.members.keys().collect::<Vec<_>>(), ["b1", "b2"]);
        // One of them stays, and is told.
        let kept = leave(&cloud, person, &["member:b9", "user-group"]);
        let offboarding = kept.result.unwrap();
        assert_eq!(kept.cloud.members.keys().collect::<Vec<_>>(), ["b1", "b2", "b9"]);
        let into = offboarding.remaining[0].into.as_ref().map(ToString::to_string);
        assert_eq!(into.as_deref(), Some("member:b9"), "{:#?}", offboarding.remaining);
    }
}

#[test]
fn without_a_permission_to_read_user_groups_nothing_is_claimed_of_them() {
    let mut cloud = Cloud::new().with_user(ANN).with_member(ANN, "accepted", &["a1"]);
    cloud.user_groups.insert("e7".into(), (vec![policy("q", "p2", "whole")], vec!["b9".into()]));
    let person = format!("email:{ANN}");
    let good = leave(&cloud, &person, &[]);
    for list in ["GET /iam/user_groups", "GET /iam/user_groups/e7/members/b9"] {
        let at = good.sent.iter().position(|sent| sent == list).unwrap_or_else(|| panic!("{:?}", good.sent));
        let fault = Some((at, Fault::Denied));
        let done = leave_with(&cloud, &person, &["member"], &Options::default(), fault);
        let offboarding = done.result.unwrap();
        assert_eq!(offboarding.remaining[0].certainty, Certainty::NotKnown, "{list}: {offboarding:#?}");
    }
}

#[test]
fn a_membership_that_stays_can_be_in_user_groups_that_are_not_known() {
    let mut cloud = Cloud::new().with_member(ANN, "accepted", &["a1"]);
    cloud.members.extend([member("b8", ANN, "accepted", &["a2"])]);
    let person = format!("email:{ANN}");
    let sent = leave(&cloud, &person, &[]).sent;
    let fault = sent.iter().position(|sent| sent == "GET /iam/user_groups").map(|at| (at, Fault::Denied));
    let is_told = |keep: &[&str]| {
        let done = leave_with(&cloud, &person, keep, &Options::default(), fault).result.unwrap();
        assert!(done.parts.iter().all(|part| part.outcome.is_ok()), "{:#?}", done.parts);
        done.remaining.iter().any(|way| way.certainty == Certainty::NotKnown)
    };
    // What user groups give goes with the memberships, if all of them go.
    assert!(fault.is_some() && is_told(&["member:b8"]) && !is_told(&[]));
}

#[test]
fn an_invitation_in_other_letters_is_the_same() {
    let same = [invite("Eve@corp.example", &["a1"]), invite("eve@CORP.example", &["a1"])];
    let done = run(&Cloud::new(), &same);
    assert_eq!(done.writes(), ["POST /members"]);
    for result in &done.result.results {
        assert_eq!(result.as_ref().unwrap().status, Status::Applied);
    }
    let again = run(&done.cloud, &[invite("EVE@corp.example", &["a1"])]);
    assert_eq!(
        (again.result.results[0].as_ref().unwrap().status, again.writes().len()),
        (Status::Unchanged, 0)
    );
}

const END: &str = "POST /access/organizations/revoke_user";

#[test]
fn the_end_of_sessions_is_asked_for_again_once_and_told_as_what_it_is() {
    let cloud = Cloud::new().with_user(ANN);
    let steps = [end_sessions("email", ANN)];
    let good = run(&cloud, &steps);
    assert!(!good.cloud.ended_devices);
    let at = good.sent.iter().position(|sent| sent == END).unwrap();
    for fault in [Fault::LostBefore, Fault::LostAfter] {
        let done = run_with(&cloud, &steps, &Options::default(), Some((at, fault)));
        assert_eq!(done.writes(), [END, END], "{fault:?}");
        assert_eq!(done.result.results[0].as_ref().unwrap().status, Status::Applied, "{fault:?}");
    }
    // The first request may have ended them, whatever is said of the second.
    let mut once = cloud.clone();
    once.most_ended = Some(1);
    let done = run_with(&once, &steps, &Options::default(), Some((at, Fault::LostAfter)));
    assert_eq!((done.writes(), done.cloud.ended.len()), (vec![END, END], 1));
    assert_eq!(done.result.results[0].as_ref().unwrap_err().kind, ErrorKind::Indeterminate);
    assert_eq!(done.result.writes.len(), 1);
    let devices = Options { extra: r#"{"devices":true}"#.to_owned(), ..Options::default() };
    assert!(run_with(&cloud, &steps, &devices, None).cloud.ended_devices);
    assert!(leave_with(&cloud, &format!("email:{ANN}"), &[], &devices, None).cloud.ended_devices);
}

#[test]
fn a_seat_of_one_product_is_freed_too() {
    for (access, gateway) in [(true, false), (false, true)] {
        let mut cloud = Cloud::new().with_user(ANN);
        let of = cloud.users.get_mut("c9").unwrap();
        (of["access_seat"], of["gateway_seat"]) = (json!(access), json!(gateway));
        let done = run(&cloud, &[free_seat("c9")]);
        assert_eq!(done.result.results[0].as_ref().unwrap().status, Status::Applied);
        assert_eq!(done.cloud.users["c9"]["gateway_seat"], false);
    }
}

#[test]
fn whom_a_list_does_not_show_may_still_be_there() {
    let mut cloud = Cloud::new().with_user(ANN).with_member(ANN, "accepted", &["a1"]);
    cloud.groups.extend([group("76", json!([{"cloudflare_account_member": {"account_id": ACCOUNT}}]))]);
    let denied = |person: &str, keep: &[&str], list: &str| {
        let good = leave(&cloud, person, keep);
        let at = good.sent.iter().position(|sent| sent == list).unwrap();
        leave_with(&cloud, person, keep, &Options::default(), Some((at, Fault::Denied))).result.unwrap()
    };
    // Users that nobody sees can have sessions.
    let offboarding = denied(&format!("email:{ANN}"), &["sessions"], "GET /access/users");
    let told = offboarding.remaining.iter().any(|way| way.detail.contains("stay open"));
    assert!(told, "{:#?}", offboarding.remaining);
    // A user who was named is known, whatever the list says.
    let offboarding = denied("user:c9", &[], "GET /access/users");
    let words: Vec<&str> = offboarding.parts.iter().map(|part| part.word.as_str()).collect();
    assert_eq!(words, ["sessions", "seat", "member:b9", "user:c9"]);
    // A member whom nobody sees can be one, and can come back.
    let offboarding = denied(&format!("email:{ANN}"), &[], "GET /members");
    let leads = |way: &Way| way.into.as_ref().is_some_and(|into| into.id == "76");
    assert!(offboarding.remaining.iter().any(leads), "{:#?}", offboarding.remaining);
    let returns = |way: &Way| way.detail.starts_with("A login by one of the ways");
    assert!(offboarding.remaining.iter().any(returns), "{:#?}", offboarding.remaining);
}

#[test]
fn after_a_missing_permission_the_like_is_not_tried() {
    let mut cloud = Cloud::new().with_member(ANN, "accepted", &["a1"]);
    cloud.members.extend([member("b8", "eve@corp.example", "accepted", &["a1"])]);
    let steps = [remove("member", "b9"), remove("member", "b8")];
    let good = run(&cloud, &steps);
    let at = good.sent.iter().position(|sent| sent == "DELETE /members/b9").unwrap();
    let done = run_with(&cloud, &steps, &Options::default(), Some((at, Fault::Denied)));
    assert_eq!(done.writes(), ["DELETE /members/b9"]);
    assert!(done.result.results.iter().all(Result::is_err));
}

#[test]
fn whoever_may_be_the_last_super_administrator_stays() {
    let unnamed = json!({"id": "q", "access": "allow", "permission_groups": [{"id": "p9"}],
        "resource_groups": [{"id": "whole", "scope": {"key": format!("com.cloudflare.api.account.{ACCOUNT}"),
        "objects": [{"key": "*"}]}}]});
    let unclear = json!({"id": "q", "access": "permit", "permission_groups": [], "resource_groups": []});
    for policy in [unnamed, unclear] {
        for through_group in [false, true] {
            let mut cloud = Cloud::new().with_member(ANN, "accepted", &["a1"]);
            if through_group {
                cloud.user_groups.insert("e7".into(), (vec![policy.clone()], vec!["b9".into()]));
            } else {
                let policies = cloud.members.get_mut("b9").unwrap()["policies"].as_array_mut().unwrap();
                policies.push(policy.clone());
            }
            let steps = [remove("member", "b9")];
            // Another one is known.
            let done = run(&cloud, &steps);
            assert!(done.result.results[0].is_ok(), "{policy}: {:?}", done.result.results);
            cloud.members.remove("b1");
            cloud.members.remove("b2");
            let done = run(&cloud, &steps);
            assert!(done.result.results[0].is_err(), "{policy}, {through_group}: {:?}", done.result.results);
            assert!(done.cloud.members.contains_key("b9"));
        }
    }
}
