//! Groups that only keep people out: whoever leaves stays in them.

use super::calls::*;
use super::cloud::*;
use crate::error::ErrorKind;
use crate::lifecycle::{Certainty, Offboarding, Options, Part};
use crate::provision::Status;
use serde_json::{Value, json};

const ANN: &str = "ann@corp.example";
const BOB: &str = "bob@corp.example";
/// The entitlement on the application.
const APP: &str = "app:81:access (\"App 81\")";

fn of(id: &str) -> Value {
    json!({"group": {"id": id}})
}

fn everyone() -> Value {
    json!({"everyone": {}})
}

/// A group, or a policy, with these rules.
fn rules(of: Value, [include, exclude, require]: [&[Value]; 3]) -> Value {
    let mut all = json!({"include": include, "exclude": exclude, "require": require});
    all.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
    all
}

fn policy(decision: &str, sections: [&[Value]; 3]) -> Value {
    let id = format!("9{}", decision.len());
    rules(json!({"id": id, "name": "Policy", "decision": decision, "precedence": 1}), sections)
}

/// An account where Ann is in the group 71 by her address, and an application has these policies.
fn cloud(policies: &[Value]) -> Cloud {
    let mut cloud = Cloud::new();
    let [ann, bob] = [ANN, BOB].map(|address| json!({"email": {"email": address}}));
    cloud.groups.extend([group("71", json!([ann, bob]))]);
    cloud.apps = vec![app("81", json!(policies))];
    cloud
}

fn with_group(mut cloud: Cloud, id: &str, sections: [&[Value]; 3]) -> Cloud {
    let group = rules(json!({"id": id, "name": format!("Group {id}"), "is_default": null}), sections);
    cloud.groups.insert(id.to_owned(), group);
    cloud
}

fn leave_it(cloud: &Cloud) -> (Part, Offboarding, Vec<String>) {
    let done = leave(cloud, &format!("email:{ANN}"), &[]);
    let writes = done.writes().into_iter().map(str::to_owned).collect();
    let offboarding = done.result.unwrap();
    let part = offboarding.parts.iter().find(|part| part.word == "group:71").unwrap().clone();
    (part, offboarding, writes)
}

/// Whether a way leads into the group.
fn is_way(offboarding: &Offboarding) -> bool {
    offboarding.remaining.iter().any(|way| way.into.as_ref().is_some_and(|into| into.id == "71"))
}

#[track_caller]
fn stays(cloud: &Cloud, from: &str) {
    let (part, offboarding, writes) = leave_it(cloud);
    let outcome = part.outcome.unwrap();
    assert_eq!(outcome.status, Status::Unchanged, "{outcome:?}");
    let detail = format!(
        "The group \"Group 71\" is only there to keep people out of the {from}: this person stays in it."
    );
    assert_eq!(outcome.detail, detail);
    assert!(writes.is_empty() && !is_way(&offboarding), "{writes:?} {:#?}", offboarding.remaining);
}

#[track_caller]
fn goes(cloud: &Cloud) {
    let (part, offboarding, writes) = leave_it(cloud);
    assert_eq!(part.outcome.unwrap().status, Status::Applied);
    assert_eq!(writes, ["PUT /access/groups/71"]);
    assert!(!is_way(&offboarding));
}

/// The person can't leave it without a gain, and it isn't one that only keeps out.
#[track_caller]
fn is_refused(cloud: &Cloud, gained: &str) {
    let (part, offboarding, writes) = leave_it(cloud);
    let error = part.outcome.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
    let told = format!(
        "what they don't hold now: {gained}. An offboarding gives nothing: once somebody has looked at that, \
         provision.apply takes them out with allow-gains. Nothing was written."
    );
    assert!(error.message.ends_with(&told), "{error}");
    assert!(writes.is_empty() && is_way(&offboarding), "{writes:?} {:#?}", offboarding.remaining);
}

#[test]
fn a_rule_has_a_sign_and_a_policy_that_blocks_turns_it_round() {
    let (all, it): (&[Value], &[Value]) = (&[everyone()], &[of("71")]);
    let let_in = policy("allow", [all, &[], &[]]);
    let from = "application \"App 81\"";
    stays(&cloud(&[policy("allow", [all, it, &[]])]), from);
    stays(&cloud(&[policy("deny", [it, &[], &[]]), let_in.clone()]), from);
    stays(&cloud(&[policy("deny", [all, &[], it]), let_in.clone()]), from);
    goes(&cloud(&[policy("allow", [it, &[], &[]])]));
    goes(&cloud(&[policy("allow", [all, &[], it])]));
    goes(&cloud(&[policy("deny", [all, it, &[]]), let_in.clone()]));
    // Nobody knows what it does.
    is_refused(&cloud(&[policy("challenge", [it, &[], &[]]), let_in.clone()]), APP);
    // It asks nobody for a login.
    for decision in ["bypass", "non_identity"] {
        goes(&cloud(&[policy(decision, [it, &[], &[]]), let_in.clone()]));
    }
    goes(&cloud(&[policy("bypass", [all, it, &[]])]));
    goes(&cloud(&[let_in]));
}

#[test]
fn nobody_is_said_to_be_kept_out_of_what_something_else_opens() {
    let (all, it): (&[Value], &[Value]) = (&[everyone()], &[of("71")]);
    let second = |mut policy: Value| {
        (policy["id"], policy["precedence"]) = (json!("90"), json!(2));
        policy
    };
    let (lets_in, keeps_out) = (policy("allow", [all, &[], &[]]), policy("allow", [all, it, &[]]));
    for policies in
        [[keeps_out.clone(), second(lets_in.clone())], [lets_in, second(policy("deny", [it, &[], &[]]))]]
    {
        let (part, offboarding, writes) = leave_it(&cloud(&policies));
        let detail = part.outcome.unwrap().detail;
        assert!(!detail.contains("keeps this person out") && writes.is_empty(), "{detail}");
        let way = offboarding.remaining.first().unwrap();
        assert_eq!(way.certainty, Certainty::Certain, "{way:?}");
        assert_eq!(way.into.as_ref().unwrap().to_string(), "app:81");
    }
    // Whether she is a member shows at a login only.
    let mut by_login = cloud(&[keeps_out]);
    by_login.groups.get_mut("71").unwrap()["require"] =
        json!([{"okta": {"name": "x", "identity_provider_id": "1d"}}]);
    let (part, offboarding, _) = leave_it(&by_login);
    assert!(!part.outcome.unwrap().detail.contains("keeps this person out"));
    assert_eq!(offboarding.remaining.first().unwrap().certainty, Certainty::Conditional);
}

#[test]
fn a_group_within_a_group_passes_on_what_that_is_good_for() {
    let all: &[Value] = &[everyone()];
    fn staff(policy: Value, sections: [&[Value]; 3]) -> Cloud {
        with_group(cloud(&[policy]), "72", sections)
    }
    let from = "application \"App 81\"";
    let of_72: &[Value] = &[of("72")];
    let (lets_in, keeps_out) = (policy("allow", [of_72, &[], &[]]), policy("allow", [all, of_72, &[]]));
    let it: &[Value] = &[of("71")];
    stays(&staff(lets_in.clone(), [all, it, &[]]), from);
    stays(&staff(keeps_out.clone(), [it, &[], &[]]), from);
    goes(&staff(lets_in.clone(), [it, &[], &[]]));
    goes(&staff(lets_in.clone(), [all, &[], it]));
    // Twice kept out is let in.
    is_refused(&staff(keeps_out.clone(), [all, it, &[]]), "group:72:member (\"Group 72\")");
    // Through several levels, and in a circle.
    let deep = with_group(staff(lets_in, [all, &[of("73")], &[]]), "73", [&[of("74")], &[], &[]]);
    stays(&with_group(deep, "74", [&[of("71"), of("73")], &[], &[]]), from);
    // A circle in which the sign turns gives and takes.
    let circle = with_group(staff(keeps_out, [&[of("71"), of("73")], &[], &[]]), "73", [all, of_72, &[]]);
    let (part, ..) = leave_it(&circle);
    assert_ne!(part.outcome.map(|it| it.status).ok(), Some(Status::Unchanged));
}

#[test]
fn a_group_that_also_gives_something_or_is_good_for_nothing_is_left() {
    let (all, it): (&[Value], &[Value]) = (&[everyone()], &[of("71")]);
    let out = policy("allow", [all, it, &[]]);
    let mut both = cloud(std::slice::from_ref(&out));
    let mut gives = policy("allow", [it, &[], &[]]);
    gives["id"] = json!("90");
    both.apps.push(app("82", json!([gives])));
    is_refused(&both, APP);
    // The group is excluded by a policy that no application has, or by none.
    goes(&cloud(&[]));
    // A group that is good for nothing passes nothing on.
    stays(&with_group(cloud(std::slice::from_ref(&out)), "72", [it, &[], &[]]), "application \"App 81\"");
    // Where it comes to no application, groups count.
    stays(&with_group(cloud(&[]), "72", [all, it, &[]]), "group \"Group 72\"");
    goes(&with_group(with_group(cloud(&[]), "72", [it, &[], &[]]), "73", [it, &[], &[]]));
    let in_one = with_group(with_group(cloud(&[]), "72", [all, it, &[]]), "73", [it, &[], &[]]);
    is_refused(&in_one, "group:72:member (\"Group 72\")");
    // A rule by which Ann is no member keeps her out of nothing.
    let mut inert = cloud(&[out]);
    inert.groups.get_mut("71").unwrap()["exclude"] = json!([{"email": {"email": ANN}}]);
    goes(&inert);
}

#[test]
fn what_a_group_gives_counts_wherever_it_is() {
    let (all, it): (&[Value], &[Value]) = (&[everyone()], &[of("71")]);
    let out = policy("allow", [all, it, &[]]);
    let with = |decision: &str, kind: &str| {
        let mut both = cloud(std::slice::from_ref(&out));
        let mut gives = policy(decision, [it, &[], &[]]);
        gives["id"] = json!("90");
        let mut other = app("82", json!([gives]));
        other["type"] = json!(kind);
        both.apps.push(other);
        both
    };
    // What asks nobody for a login, and what is shown only, is given too.
    for (decision, kind) in [("bypass", "self_hosted"), ("non_identity", "saas"), ("allow", "bookmark")] {
        is_refused(&with(decision, kind), APP);
    }
}

#[test]
fn a_plan_keeps_the_refusal_of_what_the_token_could_not_write_either() {
    let (all, it): (&[Value], &[Value]) = (&[everyone()], &[of("71")]);
    let mut both = cloud(&[policy("allow", [all, it, &[]])]);
    let mut gives = policy("allow", [it, &[], &[]]);
    gives["id"] = json!("90");
    both.apps.push(app("82", json!([gives])));
    let ann: &[Value] = &[json!({"email": {"email": ANN}}), json!({"email": {"email": BOB}})];
    let mut both = with_group(both, "72", [ann, &[], &[]]);
    (both.is_account_token, both.permissions) = (true, Some(Vec::new()));
    let dry_run = Options { dry_run: true, ..Options::default() };
    let done = leave_with(&both, &format!("email:{ANN}"), &[], &dry_run, None).result.unwrap();
    let told: Vec<_> = done.parts.iter().map(|part| part.outcome.as_ref().unwrap_err().kind).collect();
    assert_eq!(told, [ErrorKind::Refused, ErrorKind::PermissionDenied]);
}

#[test]
fn some_of_many_applications_are_named() {
    let (all, it): (&[Value], &[Value]) = (&[everyone()], &[of("71")]);
    let mut many = cloud(&[]);
    many.apps = (1..=8).map(|at| app(&format!("8{at}"), json!([policy("allow", [all, it, &[]])]))).collect();
    let named = (1..=5).map(|at| format!("\"App 8{at}\"")).collect::<Vec<_>>().join(", ");
    stays(&many, &format!("applications {named}, 3 more"));
}

#[test]
fn a_group_that_a_login_decides_is_no_way_if_it_keeps_out() {
    let okta = json!({"okta": {"name": "leavers", "identity_provider_id": "1d"}});
    let all: &[Value] = &[everyone()];
    let mut by_login = with_group(cloud(&[policy("allow", [all, &[of("72")], &[]])]), "72", [all, &[], &[]]);
    by_login.groups.get_mut("72").unwrap()["include"] = json!([okta]);
    let offboarding = leave_it(&by_login).1;
    let into: Vec<String> =
        offboarding.remaining.iter().filter_map(|way| Some(way.into.as_ref()?.to_string())).collect();
    assert_eq!(into, ["app:81"], "{:#?}", offboarding.remaining);
}

#[test]
fn where_not_everything_is_known_no_group_is_known_to_give_nothing() {
    let (all, it): (&[Value], &[Value]) = (&[everyone()], &[of("71")]);
    let kept = cloud(&[policy("allow", [all, it, &[]])]);
    let mut without_policies = kept.clone();
    without_policies.apps.push(json!({"id": "82", "name": "App 82", "type": "self_hosted"}));
    let mut torn = kept.clone();
    torn.groups.insert("79".into(), json!({"id": "79", "name": "Torn", "include": 7}));
    for cloud in [without_policies, torn] {
        let (part, offboarding, _) = leave_it(&cloud);
        assert_eq!(part.outcome.unwrap_err().kind, ErrorKind::Refused);
        assert!(is_way(&offboarding));
        let not_known = offboarding.remaining.iter().any(|way| way.certainty == Certainty::NotKnown);
        assert!(not_known, "{:#?}", offboarding.remaining);
    }
}

#[test]
fn where_applications_may_not_be_read_rules_go_and_that_is_told() {
    let (all, it): (&[Value], &[Value]) = (&[everyone()], &[of("71")]);
    let kept = cloud(&[policy("allow", [all, it, &[]])]);
    let at =
        leave(&kept, &format!("email:{ANN}"), &[]).sent.iter().position(|sent| sent == "GET /access/apps");
    let fault = Some((at.unwrap(), Fault::Denied));
    let done = leave_with(&kept, &format!("email:{ANN}"), &[], &Options::default(), fault);
    assert_eq!(done.writes(), ["PUT /access/groups/71"]);
    let first = done.result.unwrap().remaining.remove(0);
    assert_eq!(first.certainty, Certainty::NotKnown);
    assert!(first.detail.starts_with("Couldn't read Access applications"), "{}", first.detail);
}

#[test]
fn the_other_groups_are_judged_as_ever() {
    // Ann is in two groups that keep her out, and in one that lets her in.
    let (all, it): (&[Value], &[Value]) = (&[everyone()], &[of("71"), of("72")]);
    let ann: &[Value] = &[json!({"email": {"email": ANN}}), json!({"email": {"email": BOB}})];
    let cloud = with_group(cloud(&[policy("allow", [all, it, &[]])]), "72", [ann, &[], &[]]);
    let mut cloud = with_group(cloud, "73", [ann, &[], &[]]);
    let mut gives = policy("allow", [&[of("73")], &[], &[]]);
    gives["id"] = json!("90");
    cloud.apps.push(app("82", json!([gives])));
    let (_, offboarding, writes) = leave_it(&cloud);
    let told: Vec<(&str, Status)> = offboarding
        .parts
        .iter()
        .map(|part| (part.word.as_str(), part.outcome.as_ref().unwrap().status))
        .collect();
    let unchanged = Status::Unchanged;
    assert_eq!(told, [("group:71", unchanged), ("group:72", unchanged), ("group:73", Status::Applied)]);
    assert_eq!(writes, ["PUT /access/groups/73"]);
    assert!(offboarding.remaining.is_empty(), "{:#?}", offboarding.remaining);
}
