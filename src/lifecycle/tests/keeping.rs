//! The words that name what stays, the owner of the credentials, and plans without a permission.

use super::calls::*;
use super::cloud::*;
use super::offboarding::{ANN, person, whole};
use super::steps::remove;
use crate::error::{Error, ErrorKind};
use crate::lifecycle::{Certainty, Offboarding, Options, Part};
use crate::provision::Status;
use serde_json::json;

fn refusal(cloud: &Cloud, keep: &[&str]) -> String {
    let done = leave(cloud, &person(), keep);
    let error = done.result.as_ref().unwrap_err();
    let about = error.about.as_deref();
    assert_eq!((error.kind, about), (ErrorKind::InvalidArgument, Some("keep")), "{keep:?}: {error}");
    assert_eq!(&done.cloud, cloud, "{keep:?}");
    assert!(done.writes().is_empty());
    error.message.clone()
}

#[test]
fn a_word_for_what_is_no_part_is_refused_with_the_words_there_are() {
    for word in ["group:72", "group:7aa", "user-group:e8", "member:b1", "user:c8"] {
        let message = refusal(&whole(), &["group:71", word]);
        let parts = "group:71, user-group:e7, sessions, seat, member:b9, user:c9. Nothing was written.";
        assert!(message.ends_with(parts) && !message.contains(word), "{message}");
    }
    assert!(refusal(&Cloud::new(), &["group:72"]).ends_with("Its parts are: none. Nothing was written."));
    // A kind alone names whatever there is.
    let all = ["group", "user-group", "member", "user", "sessions", "seat"];
    assert!(leave(&Cloud::new(), &person(), &all).result.is_ok());
    // The same words in other letters are the same.
    assert!(leave(&whole(), &person(), &["group:71"]).result.is_ok());
    // Where it isn't known what there is, nobody can say that a word is wrong.
    let good = leave(&whole(), &person(), &[]);
    for (list, words) in [
        ("GET /access/users", &["user:c8"][..]),
        ("GET /members", &["member:b8", "user-group:e8"]),
        ("GET /access/groups", &["group:72"]),
        ("GET /iam/user_groups", &["user-group:e7", "member"]),
        ("GET /iam/user_groups/e7/members/b9", &["user-group:e7", "member"]),
    ] {
        let at = good.sent.iter().position(|sent| sent == list).unwrap();
        let fault = Some((at, Fault::Denied));
        let done = leave_with(&whole(), &person(), words, &Options::default(), fault);
        assert!(done.result.is_ok(), "{list}: {:?}", done.result.unwrap_err());
        let other: &str = if list.contains("groups") { "user:c8" } else { "group:72" };
        let error = leave_with(&whole(), &person(), &[other], &Options::default(), fault).result;
        assert!(error.is_err(), "{list}: {other}");
    }
}

#[test]
fn a_word_for_what_can_not_be_understood_is_no_error() {
    let mut cloud = whole();
    cloud.members.insert("b8".into(), json!({"id": "b8", "email": 7}));
    assert!(leave(&cloud, &person(), &["member:b8", "user-group:e8"]).result.is_ok());
    assert!(leave(&cloud, &person(), &["user:c8"]).result.is_err());
}

#[test]
fn what_a_removal_takes_along_can_not_stay_alone() {
    let (user, member) = ("A user's removal takes sessions", "A member's removal takes the memberships");
    for (words, told) in [
        (&["sessions"][..], user),
        (&["seat"], user),
        (&["seat", "member"], user),
        (&["user-group"], member),
        (&["user-group:e7"], member),
        (&["user-group:e7", "user"], member),
    ] {
        let message = refusal(&whole(), words);
        assert!(message.starts_with(told) && message.contains("along: keep the "), "{words:?}: {message}");
    }
    for words in [&["sessions", "user"][..], &["seat", "user:c9"], &["user-group", "member:b9"]] {
        assert!(leave(&whole(), &person(), words).result.is_ok(), "{words:?}");
    }
    // Without an account nothing goes along.
    let mut cloud = whole();
    cloud.users.clear();
    assert!(leave(&cloud, &person(), &["sessions", "seat"]).result.is_ok());
    cloud.user_groups.clear();
    assert!(leave(&cloud, &person(), &["user-group"]).result.is_ok());
}

fn own(cloud: &Cloud, keep: &[&str], options: &Options) -> Called<Result<Offboarding, Error>> {
    let mut cloud = cloud.clone();
    cloud.owner = Some("Ann@Corp.example");
    leave_with(&cloud, &person(), keep, options, None)
}

/// A plan shows everything, and refuses that on which the credentials rest.
fn owner_is_planned(offboarding: &Offboarding) {
    let mut refusals = 0;
    for Part { word, outcome, .. } in &offboarding.parts {
        match (word.split(':').next().unwrap(), outcome) {
            ("member" | "user-group", Err(error)) => {
                assert_eq!((error.kind, error.about.as_ref()), (ErrorKind::Refused, Some(word)));
                assert!(error.message.contains("set allow-own. Nothing was written."), "{error}");
                refusals += 1;
            }
            (_, Ok(outcome)) => assert_eq!(outcome.status, Status::Planned, "{word}"),
            _ => panic!("{word}: {outcome:?}"),
        }
    }
    assert!(refusals > 0);
    let stays = offboarding.remaining.iter().find(|way| way.detail.starts_with("The membership member:b9"));
    let stays = stays.unwrap();
    assert_eq!(stays.certainty, Certainty::Certain);
    let held = ["role:a1:assigned", "role:a2:assigned", "user-group:e7:member"];
    assert!(held.iter().all(|held| stays.detail.contains(held)), "{}", stays.detail);
    assert!(
        offboarding.writes.iter().all(|write| !["member", "user-group"].contains(&write.on.kind.as_str()))
    );
}

#[test]
fn the_owner_of_the_credentials_is_refused_as_a_whole() {
    let dry_run = Options { dry_run: true, ..Options::default() };
    for options in [Options::default(), dry_run] {
        for keep in [&[][..], &["member"], &["user"]] {
            let done = own(&whole(), keep, &options);
            if options.dry_run {
                owner_is_planned(&done.result.unwrap());
                continue;
            }
            let error = done.result.as_ref().unwrap_err();
            assert_eq!(
                (error.kind, error.about.as_deref()),
                (ErrorKind::Refused, Some("person")),
                "{keep:?}"
            );
            assert!(error.message.contains("owns the credentials"), "{error}");
            assert!(error.message.contains("set allow-own. Nothing was written."), "{error}");
            assert!(done.writes().is_empty(), "{keep:?}: {:?}", done.sent);
        }
        let allowed = Options { allow_own: true, ..options.clone() };
        assert!(own(&whole(), &[], &allowed).result.is_ok());
        // The membership stays as it is.
        assert!(own(&whole(), &["member", "user-group"], &options).result.is_ok());
        // Somebody else's, or nobody knows whose.
        let mut cloud = whole();
        cloud.owner = Some("root@corp.example");
        let others = leave_with(&cloud, &person(), &[], &options, None).result.unwrap();
        assert!(!format!("{:?}", others.parts).contains("whose API token"));
        let unknown = leave_with(&whole(), &person(), &[], &options, None).result.unwrap();
        assert!(format!("{:?}", unknown.parts).contains("doesn't tell whose API token this session has"));
    }
    let mut cloud = Cloud::new().with_member(ANN, "accepted", &["a1"]);
    cloud.owner = Some(ANN);
    let error = run(&cloud, &[remove("member", "b9")]).result.results[0].clone().unwrap_err();
    assert!(error.message.contains("owns the credentials"), "{error}");
    // Whoever has no membership has nothing on which credentials rest.
    let mut cloud = Cloud::new().with_user(ANN);
    cloud.owner = Some(ANN);
    let done = leave(&cloud, &person(), &[]);
    assert!(done.result.is_ok() && !done.sent.iter().any(|sent| sent.ends_with("/user")), "{:?}", done.sent);
}

#[test]
fn a_plan_says_of_each_part_which_permission_is_missing() {
    let dry_run = Options { dry_run: true, ..Options::default() };
    let (groups, members) = ("Access: Groups Write", "SCIM Provisioning");
    let (seats, sessions) = ("Zero Trust: Seats Write", "Access: Organizations Revoke");
    let all = ["group:71", "user-group:e7", "sessions", "seat", "member:b9", "user:c9"];
    for (lacking, denied) in [
        (groups, &["group:71"][..]),
        (members, &["user-group:e7", "member:b9"]),
        (seats, &["seat", "user:c9"]),
        (sessions, &["sessions"]),
        ("", &[]),
    ] {
        let mut cloud = whole();
        cloud.is_account_token = true;
        let permissions = [groups, members, seats, sessions].into_iter().filter(|name| *name != lacking);
        cloud.permissions = Some(permissions.collect());
        let done = leave_with(&cloud, &person(), &[], &dry_run, None);
        let asked = done.sent.iter().filter(|sent| sent.as_str() == "GET /tokens/d1").count();
        assert_eq!(asked, 1, "the rights are asked for once: {:?}", done.sent);
        let offboarding = done.result.unwrap();
        for part in &offboarding.parts {
            match &part.outcome {
                Ok(outcome) => {
                    assert!(!denied.contains(&part.word.as_str()), "{}", part.word);
                    assert_eq!(outcome.status, Status::Planned);
                }
                Err(error) => {
                    assert!(denied.contains(&part.word.as_str()), "{}: {error}", part.word);
                    assert_eq!(error.kind, ErrorKind::PermissionDenied);
                    assert!(error.message.contains("Cloudflare would refuse this"), "{error}");
                    assert!(error.about.is_some());
                }
            }
        }
        assert_eq!(offboarding.parts.len(), all.len());
        assert_eq!(
            offboarding.writes.len(),
            all.len() - denied.len(),
            "{lacking}: what can't be isn't planned"
        );
        let remains = |id: &str| {
            let into = |of: &crate::model::ResourceId| of.to_string() == id;
            offboarding.remaining.iter().find(|way| way.into.as_ref().is_some_and(into))
        };
        assert_eq!(remains("group:71").is_some(), lacking == groups, "{:#?}", offboarding.remaining);
        let member = remains("member:b9");
        assert_eq!(member.is_some(), lacking == members);
        assert!(member.is_none_or(|way| way.detail.contains("user-group:e7:member")), "{member:?}");
        let stays_open = |way: &crate::lifecycle::Way| way.detail.contains("stay open");
        // The removal of the user ends them too.
        assert!(!offboarding.remaining.iter().any(stays_open));
        assert!(offboarding.remaining.iter().all(|way| way.certainty != Certainty::NotKnown));
    }
}
