//! Offboardings: what they find, do and tell.

use super::calls::*;
use super::cloud::*;
use crate::error::ErrorKind;
use crate::lifecycle::{Certainty, Offboarding, Options, Way};
use crate::provision::Status;
use serde_json::json;

pub const ANN: &str = "ann@corp.example";

pub fn person() -> String {
    format!("email:{ANN}")
}

/// An account in which Ann has everything that there is to take away.
pub fn whole() -> Cloud {
    let mut cloud = Cloud::new().with_user(ANN).with_member(ANN, "accepted", &["a1"]);
    cloud.user_groups.insert("e7".into(), (vec![policy("q", "p2", "whole")], vec!["b9".into()]));
    cloud.groups.extend([
        group("71", json!([{"email": {"email": ANN}}, {"email": {"email": "bob@corp.example"}}])),
        group("72", json!([{"email": {"email": "bob@corp.example"}}])),
    ]);
    cloud
}

fn of(cloud: &Cloud, keep: &[&str]) -> Offboarding {
    leave(cloud, &person(), keep).result.unwrap()
}

/// The ways with this certainty, as text.
fn ways(offboarding: &Offboarding, certainty: Certainty) -> Vec<String> {
    let ways = offboarding.remaining.iter().filter(|way| way.certainty == certainty);
    ways.map(|Way { into, detail, .. }| match into {
        Some(into) => format!("{into}: {detail}"),
        None => detail.clone(),
    })
    .collect()
}

fn words(offboarding: &Offboarding) -> Vec<&str> {
    offboarding.parts.iter().map(|part| part.word.as_str()).collect()
}

const ALL: [&str; 6] = ["group:71", "user-group:e7", "sessions", "seat", "member:b9", "user:c9"];

#[test]
fn everything_goes_in_the_order_that_leaves_no_gap() {
    for person in [&person(), "email:ANN@corp.example", "user:c9", "member:b9"] {
        let done = leave(&whole(), person, &[]);
        let offboarding = done.result.as_ref().unwrap();
        assert_eq!(words(offboarding), ALL, "{person}");
        for part in &offboarding.parts {
            assert_eq!(part.outcome.as_ref().unwrap().status, Status::Applied, "{person}: {part:?}");
        }
        let expected = [
            "PUT /access/groups/71",
            "DELETE /iam/user_groups/e7/members/b9",
            "POST /access/organizations/revoke_user",
            "PATCH /access/seats",
            "DELETE /members/b9",
            "DELETE /access/users/c9",
        ];
        assert_eq!(done.writes(), expected, "{person}");
        assert_eq!(offboarding.address.to_string(), format!("email:{ANN}"));
        let accounts: Vec<String> = offboarding.accounts.iter().map(ToString::to_string).collect();
        assert_eq!(accounts, ["user:c9", "member:b9"]);
        let left = ways(offboarding, Certainty::Returning);
        assert!(left.len() == 1 && left[0].contains("SCIM for Cloudflare's dashboard"), "{left:?}");
        assert_eq!(offboarding.remaining.len(), 1, "{:#?}", offboarding.remaining);
        assert_eq!(offboarding.requests as usize, done.sent.len());
        assert!(offboarding.warnings.is_empty(), "{:?}", offboarding.warnings);
        // Again, nothing is left to do.
        let again = leave(&done.cloud, &format!("email:{ANN}"), &[]);
        let offboarding = again.result.as_ref().unwrap();
        assert!(offboarding.parts.is_empty() && offboarding.remaining.is_empty(), "{offboarding:#?}");
        assert!(again.writes().is_empty());
    }
}

#[test]
fn a_plan_tells_the_same_and_writes_nothing() {
    let dry = Options { dry_run: true, ..Options::default() };
    let mut cloud = whole();
    cloud.groups.extend([group("73", json!([{"email_domain": {"domain": "corp.example"}}]))]);
    let planned = leave_with(&cloud, &person(), &[], &dry, None);
    let offboarding = planned.result.as_ref().unwrap();
    assert!(planned.writes().is_empty());
    assert_eq!(words(offboarding), ALL);
    for part in &offboarding.parts {
        assert_eq!(part.outcome.as_ref().unwrap().status, Status::Planned, "{part:?}");
    }
    let done = of(&cloud, &[]);
    let details = |of: &Offboarding| of.remaining.iter().map(|way| way.detail.clone()).collect::<Vec<_>>();
    assert_eq!(details(offboarding), details(&done));
    let removed = |of: &Offboarding, word: &str| {
        let part = of.parts.iter().find(|part| part.word == word).unwrap();
        part.outcome.as_ref().unwrap().removed.clone()
    };
    for word in ALL {
        assert_eq!(removed(offboarding, word), removed(&done, word), "{word}");
    }
    assert_eq!(removed(&done, "member:b9"), ["role:a1:assigned"]);
}

#[test]
fn what_is_named_stays_and_is_a_way_in() {
    for (kept, left, certain) in [
        (
            &["group"][..],
            &ALL[1..],
            vec!["group:71: The group group:71 (\"Group 71\") has this person as a member"],
        ),
        (&["group:71"], &ALL[1..], vec!["group:71: "]),
        (&["member"], &["group:71", "user-group:e7", "sessions", "seat", "user:c9"][..], vec!["member:b9: "]),
        (&["seat", "user:c9"], &["group:71", "user-group:e7", "sessions", "member:b9"], vec![]),
        (&["user"], &ALL[..5], vec![]),
        (&[], &ALL, vec![]),
    ] {
        let offboarding = of(&whole(), kept);
        assert_eq!(words(&offboarding), left, "{kept:?}");
        let told = ways(&offboarding, Certainty::Certain);
        assert_eq!(told.len(), certain.len(), "{kept:?}: {told:?}");
        let all_begin = told.iter().zip(&certain).all(|(told, begins)| told.starts_with(begins));
        assert!(all_begin, "{kept:?}: {told:?}");
    }
    let kept = of(&whole(), &["sessions", "user"]);
    let told = ways(&kept, Certainty::Conditional);
    assert!(told.len() == 1 && told[0].contains("stay open until they end"), "{told:?}");
    // The member's roles are told.
    let kept = of(&whole(), &["member", "user-group"]);
    let told = ways(&kept, Certainty::Certain);
    let held = "role:a1:assigned (\"DNS\"), role:a2:assigned, user-group:e7:member (\"User group e7\").";
    assert!(told[0].ends_with(held), "{told:?}");
    for word in ["", "everything", "role", "role:a1", "user:../x", "group:", "sessions:1"] {
        let done = leave(&whole(), &person(), &[word]);
        let error = done.result.unwrap_err();
        assert_eq!(
            (error.kind, error.about.as_deref()),
            (ErrorKind::InvalidArgument, Some("keep")),
            "{word}"
        );
        assert!(done.sent.is_empty());
    }
}

/// A rule that only a login decides.
fn okta() -> serde_json::Value {
    json!({"okta": {"name": "engineers", "identity_provider_id": "1d"}})
}

#[test]
fn every_way_that_remains_is_told_from_the_surest() {
    let mut cloud = whole();
    let domain = json!({"email_domain": {"domain": "corp.example"}});
    cloud.groups.extend([group("73", json!([domain])), group("74", json!([{"group": {"id": "73"}}]))]);
    cloud.groups.extend([group("75", json!([okta()]))]);
    let policy = |id: &str, decision: &str, include: serde_json::Value| {
        json!({"id": id, "name": format!("Policy {id}"), "decision": decision, "include": include,
            "exclude": [], "require": [], "precedence": 1})
    };
    cloud.apps = vec![
        app("81", json!([policy("91", "allow", json!([{"everyone": {}}]))])),
        app("82", json!([policy("92", "allow", json!([{"email": {"email": ANN}}]))])),
        app("83", json!([policy("93", "allow", json!([okta()]))])),
        app("84", json!([policy("94", "bypass", json!([{"everyone": {}}]))])),
        app("85", json!([policy("95", "bypass", json!([{"ip": {"ip": "10.0.0.0/8"}}]))])),
        app("86", json!([policy("96", "allow", json!([{"group": {"id": "71"}}]))])),
        app("87", json!([policy("97", "allow", json!([{"email": {"email": "bob@corp.example"}}]))])),
        app("88", json!([])),
        app("89", json!([policy("99", "allow", json!([{"group": {"id": "74"}}]))])),
    ];
    cloud.providers = vec![
        json!({"id": "1d", "name": "Okta", "type": "okta",
            "scim_config": {"enabled": true, "secret": "canary"}}),
        json!({"id": "2d", "name": "Google", "type": "google", "scim_config": {"enabled": false}}),
    ];
    let offboarding = of(&cloud, &[]);
    let into = |certainty| -> Vec<String> {
        let ways = offboarding.remaining.iter().filter(|way| way.certainty == certainty);
        ways.filter_map(|way| way.into.as_ref().map(ToString::to_string)).collect()
    };
    assert_eq!(into(Certainty::Certain), ["app:82", "group:73", "group:74", "app:81", "app:89"]);
    assert_eq!(into(Certainty::Conditional), ["group:75", "app:83"]);
    assert_eq!(into(Certainty::Open), ["app:84", "app:85"]);
    assert_eq!(into(Certainty::Returning), ["identity-provider:1d"]);
    let order: Vec<Certainty> = offboarding.remaining.iter().map(|way| way.certainty).collect();
    assert!(order.is_sorted());
    let detail = |id: &str| {
        let way =
            offboarding.remaining.iter().find(|way| way.into.as_ref().is_some_and(|into| into.id == id));
        way.unwrap().detail.clone()
    };
    for (id, text) in [
        ("82", "through the rule email ann@corp.example in the policy policy:92 (\"Policy 92\")"),
        ("82", "Change this in Cloudflare's dashboard"),
        ("81", "through the rule everyone in the policy"),
        ("89", "through group:74 (\"Group 74\") in the policy"),
        ("89", "the rule email_domain corp.example of group:73 (\"Group 73\")"),
        ("83", ", whoever matches this at a login: "),
        ("83", "engineers"),
        ("84", "is public"),
        ("85", "without a login"),
    ] {
        assert!(detail(id).contains(text), "{id}: {}", detail(id));
    }
    let by = |id: &str| {
        let way =
            offboarding.remaining.iter().find(|way| way.into.as_ref().is_some_and(|into| into.id == id));
        way.unwrap().by.clone()
    };
    assert_eq!(by("82").unwrap().principals[0].to_string(), format!("email:{ANN}"));
    assert!(by("83").is_none() && by("84").is_none());
    let returning = ways(&offboarding, Certainty::Returning);
    assert!(returning.iter().any(|text| text.starts_with("A login by one of the ways")), "{returning:?}");
    assert!(!format!("{offboarding:?}").contains("canary"));
}

#[test]
fn a_rule_about_members_counts_as_long_as_they_are_one() {
    let mut cloud = whole();
    cloud.groups.extend([group("76", json!([{"cloudflare_account_member": {"account_id": ACCOUNT}}]))]);
    assert!(ways(&of(&cloud, &[]), Certainty::Conditional).is_empty());
    let kept = ways(&of(&cloud, &["member"]), Certainty::Conditional);
    assert!(kept.len() == 1 && kept[0].starts_with("group:76"), "{kept:?}");
}

#[test]
fn what_fails_leaves_the_rest_done_and_is_a_way_in() {
    // The last Super Administrator stays, and all else goes.
    let mut cloud = whole();
    cloud.members.clear();
    cloud.members.extend([member("b9", ANN, "accepted", &[SUPER])]);
    let done = leave(&cloud, &person(), &[]);
    let offboarding = done.result.unwrap();
    for part in &offboarding.parts {
        match part.word.as_str() {
            "member:b9" => assert_eq!(part.outcome.as_ref().unwrap_err().kind, ErrorKind::Refused),
            _ => assert!(part.outcome.is_ok(), "{part:?}"),
        }
    }
    assert!(done.cloud.members.contains_key("b9") && done.cloud.users.is_empty());
    let told = ways(&offboarding, Certainty::Certain);
    assert!(told[0].starts_with("member:b9: ") && told[0].contains("last Super Administrator"), "{told:?}");
    assert!(ways(&offboarding, Certainty::Returning).is_empty());
    // A group that would be empty without its rule keeps it.
    let mut cloud = whole();
    cloud.groups.extend([group("71", json!([{"email": {"email": ANN}}]))]);
    let offboarding = of(&cloud, &[]);
    assert_eq!(offboarding.parts[0].outcome.as_ref().unwrap_err().kind, ErrorKind::Refused);
    assert!(ways(&offboarding, Certainty::Certain)[0].starts_with("group:71"), "{offboarding:#?}");
}

#[test]
fn what_cannot_be_read_may_be_a_way_in_and_comes_first() {
    let mut cloud = whole();
    cloud.groups.extend([group("77", json!([{"email_list": {"id": "11"}}]))]);
    cloud.managed_by = Some(json!({"parent_org_id": "o1", "parent_org_name": "Acme"}));
    let offboarding = of(&cloud, &[]);
    let told = ways(&offboarding, Certainty::NotKnown);
    assert!(told.iter().any(|text| text.contains("Acme")), "{told:?}");
    assert!(told.iter().any(|text| text.contains("list")), "{told:?}");
    assert_eq!(offboarding.remaining[0].certainty, Certainty::NotKnown);
    assert!(offboarding.warnings.iter().any(|warning| warning.incomplete));
}

#[test]
fn without_a_permission_to_read_something_the_rest_goes_on() {
    let good = leave(&whole(), &person(), &[]);
    for (list, gone) in [
        ("GET /access/users", &["seat", "user:c9"][..]),
        ("GET /members", &["user-group:e7", "member:b9"]),
        ("GET /access/groups", &["group:71"]),
        ("GET /access/apps", &[]),
    ] {
        let at = good.sent.iter().position(|sent| sent == list).unwrap();
        let done = leave_with(&whole(), &person(), &[], &Options::default(), Some((at, Fault::Denied)));
        let offboarding = done.result.unwrap();
        let expected: Vec<&str> = ALL.into_iter().filter(|word| !gone.contains(word)).collect();
        assert_eq!(words(&offboarding), expected, "{list}");
        assert_eq!(offboarding.remaining[0].certainty, Certainty::NotKnown, "{list}: {offboarding:#?}");
    }
}

#[test]
fn a_person_is_found_or_that_is_told() {
    for (person, kind, words) in [
        ("user:c8", ErrorKind::NotFound, "name the person by the address"),
        ("member:b8", ErrorKind::NotFound, "name the person by the address"),
        ("email:ann", ErrorKind::InvalidArgument, "not one plain address"),
        ("group:71", ErrorKind::InvalidArgument, "This takes"),
        ("user:../x", ErrorKind::InvalidArgument, "not the id of a user"),
    ] {
        let error = leave(&whole(), person, &[]).result.unwrap_err();
        assert_eq!((error.kind, error.about.as_deref()), (kind, Some("person")), "{person}: {error}");
        assert!(error.message.contains(words), "{person}: {error}");
    }
    let mut cloud = whole();
    cloud.users.get_mut("c9").unwrap()["email"] = json!(null);
    let error = leave(&cloud, "user:c9", &[]).result.unwrap_err();
    assert!(error.message.contains("no plain address"), "{error}");
}

#[test]
fn an_invitation_is_withdrawn() {
    let cloud = Cloud::new().with_member(ANN, "pending", &["a1"]);
    let offboarding = of(&cloud, &[]);
    assert_eq!(words(&offboarding), ["member:b9"]);
    assert!(offboarding.parts[0].outcome.as_ref().unwrap().detail.starts_with("Removed the invitation of"));
    let kept = of(&cloud, &["member"]);
    let told = ways(&kept, Certainty::Certain);
    assert!(told[0].contains("can be accepted. It gives role:a1:assigned"), "{told:?}");
}
