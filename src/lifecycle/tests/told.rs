//! The sentences that say what was done, what wasn't, and what to do then.

use super::calls::*;
use super::cloud::*;
use super::steps::remove;
use crate::error::ErrorKind;
use crate::lifecycle::Options;
use crate::model::WarningCode;
use crate::provision::Status;

const ANN: &str = "ann@corp.example";

fn person() -> String {
    format!("email:{ANN}")
}

fn whole() -> Cloud {
    Cloud::new().with_user(ANN).with_member(ANN, "accepted", &["a1"])
}

#[test]
fn an_offboarding_that_fails_as_a_whole_says_once_that_nothing_was_written() {
    let mut told = 0;
    let check = |message: &str| {
        assert!(message.ends_with(" Nothing was written."), "{message}");
        assert_eq!(message.matches("Nothing was written").count(), 1, "{message}");
    };
    for at in 0..12 {
        for fault in FAULTS {
            let done = leave_with(&whole(), &person(), &[], &Options::default(), Some((at, fault)));
            if let Err(error) = &done.result {
                assert!(done.writes().is_empty(), "{:?}", done.sent);
                check(&error.message);
                told += 1;
            }
        }
    }
    assert!(told >= 5, "{told}");
    for (person, keep) in [("user:c8", ""), ("email:ann", ""), ("user:../x", ""), ("member:b9", "group:1")] {
        let keep: Vec<&str> = Some(keep).into_iter().filter(|word| !word.is_empty()).collect();
        check(&leave(&whole(), person, &keep).result.unwrap_err().message);
    }
}

/// An account of which Ann owns the credentials, who is also in a user group.
fn owned(end: Option<(u16, u32)>) -> Cloud {
    let mut cloud = whole();
    cloud.user_groups.insert("e7".into(), (vec![policy("q", "p2", "whole")], vec!["b9".into()]));
    cloud.owner = Some("Ann@Corp.example");
    cloud.end_with = end.map(|_| "b9");
    cloud.at_the_end = end.unwrap_or_default();
    cloud
}

const ALLOWED: Options = Options { dry_run: false, allow_own: true, extra: String::new() };

#[test]
fn the_membership_of_the_credentials_owner_ends_last() {
    let (rejected, denied) = (Some((401, 1000)), Some((403, 10000)));
    for (dry_run, end) in [(true, None), (false, None), (false, rejected), (false, denied)] {
        let ends = end.is_some();
        let options = Options { dry_run, ..ALLOWED };
        let done = leave_with(&owned(end), &person(), &[], &options, None);
        let offboarding = done.result.as_ref().unwrap();
        let words: Vec<&str> = offboarding.parts.iter().map(|part| part.word.as_str()).collect();
        assert_eq!(words, ["sessions", "seat", "user:c9", "member:b9"]);
        let outcomes = offboarding.parts.iter().map(|part| part.outcome.as_ref().unwrap());
        let expected = if dry_run { Status::Planned } else { Status::Applied };
        assert!(outcomes.clone().all(|outcome| outcome.status == expected), "{:#?}", offboarding.parts);
        let last = outcomes.last().unwrap();
        assert_eq!(last.removed, ["role:a1:assigned", "role:a2:assigned", "user-group:e7:member"]);
        assert_eq!(last.detail.contains("of this session stop working with that"), !ends, "{}", last.detail);
        assert_eq!(last.detail.contains("so it couldn't be read back"), ends, "{}", last.detail);
        let not_read_back = offboarding.warnings.iter().filter(|it| it.code == WarningCode::NotReadBack);
        assert_eq!(not_read_back.count(), usize::from(ends));
        if !dry_run {
            assert_eq!(done.writes().last(), Some(&"DELETE /members/b9"));
            assert_eq!(done.cloud.members.len(), 2);
        }
        // What they could still be asked for was asked before.
        let told = format!("{:?}", offboarding.remaining);
        assert!(!told.contains("couldn't be read") && !told.contains("membership member:b9"), "{told}");
    }
    // A member who stays leaves the user group.
    let kept = leave_with(&owned(None), &person(), &["member"], &ALLOWED, None);
    assert_eq!(kept.writes()[0], "DELETE /iam/user_groups/e7/members/b9");
}

#[test]
fn steps_after_the_owner_s_removal_are_done_before_it() {
    let steps = [remove("member", "b9"), remove("member", "b2"), remove("user", "c9")];
    let done = run_with(&owned(Some((401, 1000))), &steps, &ALLOWED, None);
    let results = &done.result.results;
    assert!(
        results.iter().all(|it| it.as_ref().is_ok_and(|it| it.status == Status::Applied)),
        "{results:#?}"
    );
    let order = ["DELETE /members/b2", "DELETE /access/users/c9", "DELETE /members/b9"];
    assert_eq!(done.writes(), order);
}

#[test]
fn somebody_else_s_removal_that_no_read_shows_is_in_doubt() {
    let mut cloud = owned(Some((401, 1000)));
    cloud.owner = Some("root@corp.example");
    let done = run_with(&cloud, &[remove("member", "b9")], &ALLOWED, None);
    let error = done.result.results[0].as_ref().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Indeterminate, "{error}");
}
