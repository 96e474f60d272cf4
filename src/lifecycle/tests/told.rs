//! The sentences that say what was done, what wasn't, and what to do then.

use super::calls::*;
use super::cloud::*;
use super::steps::remove;
use crate::error::ErrorKind;
use crate::lifecycle::{Certainty, Ground, Offboarding, Options, Way};
use crate::model::WarningCode;
use crate::provision::Status;
use serde_json::{Value as Json, json};

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
        let mut outcomes = offboarding.parts.iter().map(|part| part.outcome.as_ref().unwrap());
        let expected = if dry_run { Status::Planned } else { Status::Applied };
        assert!(outcomes.clone().all(|outcome| outcome.status == expected), "{:#?}", offboarding.parts);
        let last = outcomes.next_back().unwrap();
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

#[test]
fn where_accounts_or_groups_can_not_be_read_that_says_what_was_not_done() {
    let good = leave(&whole(), &person(), &[]);
    let rules = "so no rule that names the address was looked for, and none was taken away.";
    let member = "so a membership with this address may be there, with its roles: it wasn't looked for to \
                  its end and isn't removed.";
    let user = "so a user with this address may be there, with a seat: it wasn't looked for to its end and \
                isn't removed.";
    for (list, text) in [("GET /access/users", user), ("GET /members", member), ("GET /access/groups", rules)]
    {
        let at = good.sent.iter().position(|sent| sent == list).unwrap();
        let fault = Some((at, Fault::Denied));
        let done = leave_with(&whole(), &person(), &[], &Options::default(), fault).result.unwrap();
        let way = &done.remaining[0];
        assert_eq!(way.certainty, Certainty::NotKnown);
        assert!(way.detail.contains(text) && way.detail.contains("permission"), "{list}: {}", way.detail);
    }
}

/// Ann in a user group that an identity provider manages, and in one that nobody does.
fn in_managed() -> Cloud {
    let mut cloud = whole();
    for group in ["e7", "e8"] {
        cloud.user_groups.insert(group.into(), (vec![], vec!["b9".into()]));
    }
    cloud.managed = Some("e7");
    cloud
}

#[test]
fn a_membership_in_a_managed_user_group_goes_with_the_member() {
    let words = |of: &Offboarding| -> Vec<String> {
        let parts = of.parts.iter().filter(|part| part.word.contains("group"));
        parts.map(|part| part.word.clone()).collect()
    };
    let done = leave(&in_managed(), &person(), &[]).result.unwrap();
    assert_eq!(words(&done), ["user-group:e8"]);
    assert!(done.parts.iter().all(|part| part.outcome.is_ok()), "{:#?}", done.parts);
    let removal = done.parts.iter().find(|part| part.word == "member:b9").unwrap();
    let removed = &removal.outcome.as_ref().unwrap().removed;
    assert_eq!(*removed, ["role:a1:assigned", "user-group:e7:member"]);
    // Who stays a member stays in it.
    let mut last = in_managed();
    last.members.retain(|id, _| id == "b9");
    last.members.extend([member("b9", ANN, "accepted", &[SUPER])]);
    for (cloud, keep) in [(in_managed(), &["member"][..]), (last, &[])] {
        let kept = leave(&cloud, &person(), keep).result.unwrap();
        assert_eq!(words(&kept), ["user-group:e7", "user-group:e8"]);
        let error = kept.parts[0].outcome.as_ref().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{error}");
        assert!(error.message.contains("identity provider manages"), "{error}");
    }
}

#[test]
fn a_lost_end_of_sessions_says_that_the_user_s_removal_ends_them() {
    let good = leave(&whole(), &person(), &[]);
    let at = good.sent.iter().position(|sent| sent.ends_with("revoke_user")).unwrap();
    let fault = Some((at, Fault::AllLostAfter));
    let done = leave_with(&whole(), &person(), &[], &Options::default(), fault).result.unwrap();
    let error = done.parts.iter().find(|part| part.word == "sessions").unwrap().outcome.as_ref().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Indeterminate);
    assert!(
        error.message.contains("it ends them if there are any. The user's removal ends them too."),
        "{error}"
    );
}

fn of_policy(id: &str, include: Json) -> Json {
    json!({"id": id, "name": format!("Policy {id}"), "decision": "allow", "include": include, "exclude": [],
        "require": [], "precedence": 1})
}

#[test]
fn ways_that_name_the_person_come_first_and_say_whom_else_they_let_in() {
    let mut cloud = whole();
    cloud.groups.extend([group("71", json!([{"email_domain": {"domain": "corp.example"}}]))]);
    let email = json!({"email": {"email": ANN}});
    let list = json!({"email_list": {"id": "11"}});
    cloud.lists = vec![("11", vec![ANN, "bob@corp.example"])];
    cloud.apps = vec![
        app("81", json!([of_policy("91", json!([{"everyone": {}}]))])),
        app("82", json!([of_policy("92", json!([email]))])),
        app("83", json!([of_policy("93", json!([list]))])),
        app("84", json!([of_policy("94", json!([list, {"email_domain": {"domain": "corp.example"}}]))])),
        app("85", json!([of_policy("95", json!([email, {"everyone": {}}]))])),
    ];
    let done = leave(&cloud, &person(), &[]).result.unwrap();
    let certain = done.remaining.iter().filter(|way| way.certainty == Certainty::Certain);
    let order: Vec<String> = certain.clone().map(|way| way.into.as_ref().unwrap().to_string()).collect();
    assert_eq!(order, ["app:82", "app:83", "app:84", "app:85", "group:71", "app:81"]);
    let (others, list) = (" A rule that names nobody lets in others too.", " Take the address off the list:");
    for way in certain {
        let into = way.into.as_ref().unwrap().id.as_str();
        let (has_others, has_list) = (way.detail.contains(others), way.detail.contains(list));
        assert_eq!(has_list, ["83", "84"].contains(&into), "{}", way.detail);
        assert_eq!(has_others, ["71", "81", "85"].contains(&into), "{}", way.detail);
        let both = way.detail.ends_with("lets in others too, as does a rule that names nobody.");
        assert_eq!(both, into == "84", "{}", way.detail);
    }
}

#[test]
fn a_way_is_about_the_person_if_something_of_it_names_them_or_may_do_so() {
    let email = || json!({"email": {"email": "Ann@Corp.example"}});
    let domain = || json!({"email_domain": {"domain": "corp.example"}});
    let group_of = |id: &str| json!({"group": {"id": id}});
    let okta = || json!({"okta": {"name": "Staff", "identity_provider_id": "i1"}});
    let saml = |value: &str| {
        let of = json!({"attribute_name": "mail", "attribute_value": value, "identity_provider_id": "i1"});
        json!({"saml": of})
    };
    for (rule, ground) in [
        (email(), Ground::Person),
        (json!({"email_list": {"id": "11"}}), Ground::Person),
        // The group's last rule stays, so it names her, and what names the group does so too.
        (group_of("71"), Ground::Person),
        (group_of("72"), Ground::Person),
        (saml("ANN@corp.example"), Ground::Person),
        (json!({"email": {"email": "ann@corp.example; bob@corp.example"}}), Ground::Person),
        (json!({"email_list": {"id": "13"}}), Ground::NotKnown),
        (group_of("99"), Ground::NotKnown),
        (json!({"okta": {"identity_provider_id": "i1"}}), Ground::NotKnown),
        (domain(), Ground::Shared),
        (json!({"everyone": {}}), Ground::Shared),
        (group_of("73"), Ground::Shared),
        (okta(), Ground::Shared),
        (saml("staff"), Ground::Shared),
        (json!({"ip": {"ip": "192.0.2.0/24"}}), Ground::Shared),
        (json!({"geo": {"country_code": "NO"}}), Ground::Shared),
    ] {
        let mut cloud = whole();
        cloud.groups.extend([
            group("71", json!([email()])),
            group("72", json!([group_of("71")])),
            group("73", json!([domain()])),
        ]);
        cloud.lists = vec![("11", vec![ANN])];
        cloud.apps = vec![app("81", json!([of_policy("91", json!([rule]))]))];
        let done = leave(&cloud, &person(), &[]).result.unwrap();
        let is_app = |way: &&Way| way.into.as_ref().is_some_and(|into| into.id == "81");
        let ways: Vec<&Way> = done.remaining.iter().filter(is_app).collect();
        assert!(!ways.is_empty() && ways.iter().all(|way| way.ground == ground), "{rule}: {ways:#?}");
    }
}

#[test]
fn a_membership_is_about_the_person_and_what_is_not_known_may_be() {
    let grounds = |cloud: &Cloud, keep: &[&str], fault| -> Vec<Ground> {
        let done = leave_with(cloud, &person(), keep, &Options::default(), fault).result.unwrap();
        done.remaining.iter().map(|way| way.ground).collect()
    };
    assert_eq!(grounds(&whole(), &["member"], None), [Ground::Person]);
    assert_eq!(grounds(&whole(), &["user", "sessions"], None), [Ground::Sessions, Ground::Return]);
    assert_eq!(grounds(&whole(), &[], None), [Ground::Return]);
    let sent = leave(&whole(), &person(), &[]).sent;
    let fault = sent.iter().position(|sent| sent == "GET /members").map(|at| (at, Fault::Denied));
    assert_eq!(grounds(&whole(), &[], fault)[0], Ground::NotKnown);
}

#[test]
fn a_policy_that_asks_the_person_for_approval_is_warned_of() {
    let approved = |id: &str, required: bool, decision: &str, by: &str| {
        let mut policy = of_policy(id, json!([{"email": {"email": "bob@corp.example"}}]));
        policy["decision"] = json!(decision);
        policy["approval_required"] = json!(required);
        policy["approval_groups"] = json!([{"approvals_needed": 1, "email_addresses": ["root@corp.example"]},
                {"approvals_needed": 1, "email_addresses": ["eve@corp.example", by]}]);
        policy
    };
    let mut cloud = whole();
    cloud.apps = vec![
        app("81", json!([approved("91", true, "allow", "Ann@Corp.Example")])),
        app("82", json!([approved("91", true, "allow", "Ann@Corp.Example")])),
        app("83", json!([approved("92", true, "allow", "joann@corp.example")])),
        app("84", json!([approved("93", false, "allow", ANN)])),
        app("85", json!([approved("94", true, "deny", ANN)])),
    ];
    for dry_run in [false, true] {
        let options = Options { dry_run, ..Options::default() };
        let done = leave_with(&cloud, &person(), &[], &options, None).result.unwrap();
        let told: Vec<_> = done.warnings.iter().filter(|it| it.code == WarningCode::Approver).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].about.as_ref().unwrap().to_string(), "policy:91");
        assert!(!told[0].incomplete);
        let message = "The policy policy:91 (\"Policy 91\") asks this person for approval \
                       (approval_groups): name somebody else there. Offboarding doesn't change policies.";
        assert_eq!(told[0].message, message);
        assert!(done.remaining.iter().all(|way| way.certainty != Certainty::NotKnown));
    }
}
