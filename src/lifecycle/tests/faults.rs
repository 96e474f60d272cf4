//! Each request of each call goes wrong in each way: what is reported is true, and the same call without
//! the fault ends in the same state.

use super::calls::*;
use super::cloud::*;
use super::steps::{add_user, end_sessions, free_seat, invite, remove};
use crate::error::{Error, ErrorKind};
use crate::lifecycle::{Action, Certainty, Options, Step};
use crate::provision::{Change, Outcome, Status};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

const ANN: &str = "ann@corp.example";

fn whole() -> Cloud {
    let mut cloud = Cloud::new().with_user(ANN).with_member(ANN, "accepted", &["a1"]);
    cloud.user_groups.insert("e7".into(), (vec![policy("q", "p2", "whole")], vec!["b9".into()]));
    cloud.user_groups.insert("e8".into(), (vec![], vec!["b9".into(), "b1".into()]));
    cloud.groups.extend([
        group("71", json!([{"email": {"email": ANN}}, {"email": {"email": "bob@corp.example"}}])),
        group("72", json!([{"email": {"email": ANN}}, {"group": {"id": "71"}}])),
        group("73", json!([{"email_domain": {"domain": "corp.example"}}])),
    ]);
    cloud
}

/// Returns the state without what differs from call to call.
fn plain(cloud: &Cloud) -> Json {
    let member = |member: &Json| json!([member["email"], member["roles"], member["status"]]);
    let members: BTreeSet<String> = cloud.members.values().map(|it| member(it).to_string()).collect();
    let user = |user: &Json| json!([user["email"], user["access_seat"], user["gateway_seat"]]);
    let users: BTreeSet<String> = cloud.users.values().map(|it| user(it).to_string()).collect();
    // A user's removal ends the sessions too.
    let ended: BTreeSet<&String> = cloud.ended.iter().filter(|_| !cloud.users.is_empty()).collect();
    let groups: Vec<String> = cloud.groups.values().map(|group| group["include"].to_string()).collect();
    let user_groups: Vec<&Vec<String>> = cloud.user_groups.values().map(|(_, members)| members).collect();
    json!([members, users, ended, groups, user_groups])
}

/// Whether the effect of a step is there.
fn is_done(cloud: &Cloud, step: &Step) -> bool {
    let has = |all: &std::collections::BTreeMap<String, Json>, address: &str| {
        all.values().any(|it| it["email"].as_str().unwrap().eq_ignore_ascii_case(address))
    };
    match step {
        Step::Invite { address, .. } => has(&cloud.members, address),
        Step::AddUser { address, .. } => has(&cloud.users, address),
        Step::EndSessions { .. } => !cloud.ended.is_empty(),
        Step::FreeSeat { id, .. } => cloud.users.get(id).is_none_or(|user| user["access_seat"] != true),
        Step::Remove { kind, id } if kind == "user" => !cloud.users.contains_key(id),
        Step::Remove { id, .. } => !cloud.members.contains_key(id),
    }
}

/// Whether the effect of a change that revokes something is there.
fn is_revoked(cloud: &Cloud, change: &Change) -> bool {
    let id = change.entitlement.split(':').nth(1).unwrap();
    match cloud.user_groups.get(id) {
        Some((_, members)) => !members.contains(&change.principal_id),
        None => !cloud.groups[id]["include"].to_string().contains(&format!("{:?}", change.principal_id)),
    }
}

fn check(what: &str, outcome: &Result<Outcome, Error>, is_done: bool, was_done: bool) {
    match outcome {
        Ok(outcome) => assert!(is_done && outcome.status != Status::Planned, "{what}: {outcome:?}"),
        Err(error) if error.kind == ErrorKind::Indeterminate => {}
        Err(error) => {
            assert_eq!(is_done, was_done, "{what}: {error:?}");
            assert!(!error.message.contains("canary"), "{what}: {error:?}");
        }
    }
}

#[test]
fn a_report_of_steps_is_true_whatever_goes_wrong() {
    let steps = [
        vec![invite("eve@corp.example", &["a1"])],
        vec![invite("eve@corp.example", &["a1", "p2-z1"]), add_user("eve@corp.example")],
        vec![remove("member", "b9")],
        vec![remove("user", "c9"), remove("member", "b2")],
        vec![end_sessions("user", "c9"), free_seat("c9")],
        vec![
            invite("eve@corp.example", &[SUPER]),
            end_sessions("email", ANN),
            free_seat("c9"),
            remove("member", "b1"),
            remove("member", "b9"),
            remove("user", "c9"),
        ],
    ];
    let mut tried = 0;
    for steps in steps {
        let cloud = whole();
        let good = run(&cloud, &steps);
        assert!(good.result.results.iter().all(Result::is_ok), "{:?}", good.result.results);
        for at in 0..good.sent.len() + 2 {
            for fault in FAULTS {
                let done = run_with(&cloud, &steps, &Options::default(), Some((at, fault)));
                let what = format!("{steps:?}, request {at}: {fault:?}, {:?}", done.sent);
                for (step, outcome) in steps.iter().zip(&done.result.results) {
                    check(&what, outcome, is_done(&done.cloud, step), is_done(&cloud, step));
                }
                let again = run(&done.cloud, &steps);
                assert!(again.result.results.iter().all(Result::is_ok), "{what}: {:?}", again.result.results);
                assert_eq!(plain(&again.cloud), plain(&good.cloud), "{what}");
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn an_offboarding_is_true_whatever_goes_wrong() {
    let cloud = whole();
    let person = format!("email:{ANN}");
    let good = leave(&cloud, &person, &[]);
    assert!(good.result.as_ref().unwrap().parts.iter().all(|part| part.outcome.is_ok()));
    for at in 0..good.sent.len() + 2 {
        for fault in FAULTS {
            let done = leave_with(&cloud, &person, &[], &Options::default(), Some((at, fault)));
            let what = format!("request {at}: {fault:?}, {:?}", done.sent);
            match &done.result {
                Err(_) => assert_eq!(plain(&done.cloud), plain(&cloud), "{what}"),
                Ok(offboarding) => {
                    // Who isn't a member any more has left all groups, whatever became of that part.
                    let is_member = done.cloud.members.contains_key("b9");
                    let parts = offboarding.parts.iter();
                    for part in parts.filter(|part| is_member || !part.word.starts_with("user-group:")) {
                        let (is, was) = match &part.action {
                            Action::Step(step) => (is_done(&done.cloud, step), is_done(&cloud, step)),
                            Action::Change(change) => {
                                (is_revoked(&done.cloud, change), is_revoked(&cloud, change))
                            }
                        };
                        check(&format!("{what}, {}", part.word), &part.outcome, is, was);
                    }
                    let tells = |id: &str| {
                        offboarding.remaining.iter().any(|way| {
                            way.certainty == Certainty::NotKnown
                                || way.certainty == Certainty::Certain
                                    && way.into.as_ref().is_some_and(|into| into.id == id)
                        })
                    };
                    for (id, group) in &done.cloud.groups {
                        let names_them = group["include"].to_string().contains(ANN);
                        assert!(!names_them || tells(id), "{what}: {id} of {:#?}", offboarding.remaining);
                    }
                    assert!(!is_member || tells("b9"), "{what}");
                }
            }
            let again = leave(&done.cloud, &person, &[]);
            let parts = &again.result.as_ref().unwrap().parts;
            assert!(parts.iter().all(|part| part.outcome.is_ok()), "{what}: {parts:?}");
            assert_eq!(plain(&again.cloud), plain(&good.cloud), "{what}");
        }
    }
}
