//! Steps: what each does, and refuses.

use super::calls::*;
use super::cloud::*;
use crate::error::ErrorKind;
use crate::lifecycle::{Options, Step};
use crate::provision::{Outcome, Status};
use serde_json::json;

pub fn invite(address: &str, roles: &[&str]) -> Step {
    let entitlements = roles.iter().map(|role| match role.contains('-') {
        true => format!("scoped-role:{role}:assigned"),
        false => format!("role:{role}:assigned"),
    });
    Step::Invite { address: address.into(), entitlements: entitlements.collect(), without_mail: false }
}

pub fn remove(kind: &str, id: &str) -> Step {
    Step::Remove { kind: kind.into(), id: id.into() }
}

pub fn end_sessions(kind: &str, id: &str) -> Step {
    Step::EndSessions { kind: kind.into(), id: id.into() }
}

pub fn free_seat(id: &str) -> Step {
    Step::FreeSeat { kind: "user".into(), id: id.into() }
}

pub fn add_user(address: &str) -> Step {
    Step::AddUser { address: address.into(), name: Some("Ann".into()) }
}

fn only(called: &Called<crate::provision::Report>) -> &Outcome {
    assert_eq!(called.result.results.len(), 1);
    called.result.results[0].as_ref().unwrap()
}

fn refusal(called: &Called<crate::provision::Report>) -> (ErrorKind, String, Option<String>) {
    let error = called.result.results[0].as_ref().unwrap_err();
    (error.kind, error.message.clone(), error.about.clone())
}

const ANN: &str = "ann@corp.example";

#[test]
fn an_invitation_gives_its_roles_and_names_the_membership() {
    let done = run(&Cloud::new(), &[invite("Ann@corp.example", &["a1", "a2"])]);
    let outcome = only(&done);
    assert_eq!(outcome.status, Status::Applied);
    let id = outcome.created[0].to_string();
    let held: Vec<_> = outcome.added.iter().map(|grant| grant.entitlement.as_str()).collect();
    assert_eq!(held, ["role:a1:assigned", "role:a2:assigned"]);
    assert!(outcome.added.iter().all(|grant| grant.principals[0].to_string() == id));
    let member = &done.cloud.members[id.strip_prefix("member:").unwrap()];
    assert_eq!((&member["status"], &member["email"]), (&json!("pending"), &json!("Ann@corp.example")));
    assert_eq!(done.writes(), ["POST /members"]);
    assert_eq!(done.result.writes[0].on.to_string(), id);
    // The same again changes nothing.
    let again = run(&done.cloud, &[invite(ANN, &["a2", "a1", "a1"])]);
    assert_eq!(only(&again).status, Status::Unchanged);
    assert!(only(&again).detail.contains(&id) && again.writes().is_empty());
}

#[test]
fn a_scoped_role_makes_an_invitation_of_policies() {
    let done = run(&Cloud::new(), &[invite(ANN, &["a1", "p2-z1"])]);
    let held: Vec<_> = only(&done).added.iter().map(|grant| grant.entitlement.as_str()).collect();
    assert_eq!(held, ["role:a1:assigned", "scoped-role:p2-z1:assigned"]);
    assert_eq!(done.writes(), ["POST /members"], "roles and policies are never sent both");
    let again = run(&done.cloud, &[invite(ANN, &["a1", "p2-z1"])]);
    assert_eq!(only(&again).status, Status::Unchanged);
}

#[test]
fn who_is_in_or_invited_otherwise_is_refused() {
    for (status, roles, words) in [
        ("accepted", &["a1"][..], "is a member of the account already, as member:b9"),
        ("pending", &["a2"], "with other roles: role:a2:assigned"),
        ("pending", &["a1", "a2"], "with other roles: "),
        ("rejected", &["a1"], "Remove it first"),
    ] {
        let done = run(&Cloud::new().with_member("ANN@corp.example", status, roles), &[invite(ANN, &["a1"])]);
        let (kind, message, about) = refusal(&done);
        assert_eq!((kind, about.as_deref()), (ErrorKind::Refused, Some("member:b9")), "{message}");
        assert!(message.contains(words) && message.contains("Nothing was written."), "{message}");
        assert!(done.writes().is_empty());
    }
}

#[test]
fn without_a_mail_somebody_is_in_at_once_if_the_operator_asks_for_it() {
    let Step::Invite { address, entitlements, .. } = invite(ANN, &["a1"]) else { panic!() };
    let step = Step::Invite { address, entitlements, without_mail: true };
    let done = run(&Cloud::new(), std::slice::from_ref(&step));
    let id = &only(&done).created[0].id;
    assert_eq!(done.cloud.members[id]["status"], "accepted");
    assert!(only(&done).detail.contains("without a mail"));
    // An open invitation isn't the same.
    let done = run(&Cloud::new().with_member(ANN, "pending", &["a1"]), &[step]);
    assert!(refusal(&done).1.contains("remove the invitation first"));
}

#[test]
fn a_role_that_is_not_there_is_refused_by_name() {
    let done = run(&Cloud::new(), &[invite(ANN, &["a1", "ff"]), invite("bob@corp.example", &["a1"])]);
    let (kind, message, about) = refusal(&done);
    assert_eq!((kind, about.as_deref()), (ErrorKind::NotFound, Some("entitlement")), "{message}");
    assert_eq!(done.result.results[1].as_ref().unwrap().status, Status::Applied);
}

#[test]
fn a_member_is_removed_with_all_that_they_hold() {
    let mut cloud = Cloud::new().with_member(ANN, "accepted", &["a1"]);
    cloud.user_groups.insert("e7".into(), (vec![policy("q", "p2", "whole")], vec!["b9".into()]));
    let done = run(&cloud, &[remove("member", "b9")]);
    let outcome = only(&done);
    assert_eq!(outcome.status, Status::Applied);
    assert_eq!(outcome.removed, ["role:a1:assigned", "role:a2:assigned", "user-group:e7:member"]);
    assert!(outcome.detail.contains("doesn't tell whose API token"), "{}", outcome.detail);
    assert!(!done.cloud.members.contains_key("b9"));
    assert_eq!(done.writes(), ["DELETE /members/b9"]);
    let again = run(&done.cloud, &[remove("member", "b9")]);
    assert_eq!((only(&again).status, again.writes().len()), (Status::Unchanged, 0));
}

#[test]
fn the_token_of_an_account_is_nobodys() {
    let mut cloud = Cloud::new().with_member(ANN, "accepted", &["a1"]);
    cloud.is_account_token = true;
    let done = run(&cloud, &[remove("member", "b9")]);
    assert!(!only(&done).detail.contains("API token"), "{}", only(&done).detail);
}

#[test]
fn the_last_super_administrator_stays() {
    let both = [remove("member", "b1"), remove("member", "b2")];
    let done = run(&Cloud::new(), &both);
    assert_eq!(done.result.results[0].as_ref().unwrap().status, Status::Applied);
    let error = done.result.results[1].as_ref().unwrap_err();
    assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::Refused, Some("member:b2")), "{error}");
    assert!(error.message.contains("last Super Administrator"), "{error}");
    assert_eq!(done.cloud.members.keys().collect::<Vec<_>>(), ["b2"]);
    let planned = plan(&Cloud::new(), &both);
    assert_eq!(planned.result.results[0].as_ref().unwrap().status, Status::Planned);
    assert_eq!(planned.result.results[1].as_ref().unwrap_err().kind, ErrorKind::Refused);
    assert!(planned.writes().is_empty());
    // One who is invited, and one who would be, doesn't count.
    let mut cloud = Cloud::new().with_member(ANN, "pending", &[SUPER]);
    cloud.members.remove("b2");
    let done = run(&cloud, &[remove("member", "b1"), invite("new@corp.example", &[SUPER])]);
    assert_eq!(refusal(&done).0, ErrorKind::Refused);
    assert!(done.cloud.members.contains_key("b1"));
    // One through a group does.
    cloud.members.get_mut("b9").unwrap()["status"] = json!("accepted");
    cloud.members.get_mut("b9").unwrap()["roles"] = json!([]);
    cloud.members.get_mut("b9").unwrap()["policies"] = json!([policy("x", "p1", "z1")]);
    assert_eq!(refusal(&run(&cloud, &[remove("member", "b1")])).0, ErrorKind::Refused);
    cloud.user_groups.insert("e7".into(), (vec![policy("q", "p0", "whole")], vec!["b9".into()]));
    assert_eq!(only(&run(&cloud, &[remove("member", "b1")])).status, Status::Applied);
    // And is the last one then.
    cloud.members.remove("b1");
    assert_eq!(refusal(&run(&cloud, &[remove("member", "b9")])).0, ErrorKind::Refused);
}

#[test]
fn the_organization_above_is_named_where_the_last_one_stays() {
    let mut cloud = Cloud::new();
    cloud.members.remove("b2");
    cloud.managed_by = Some(json!({"parent_org_id": "o1", "parent_org_name": "Acme"}));
    let (_, message, _) = refusal(&run(&cloud, &[remove("member", "b1")]));
    assert!(message.contains("\"Acme\" manages this account"), "{message}");
}

#[test]
fn the_owner_of_the_credentials_stays_unless_that_is_asked_for() {
    let steps = [remove("member", "b2")];
    let done = run_by(&Cloud::new(), &steps, &Options::default(), "Deputy@corp.example");
    let (kind, message, about) = refusal(&done);
    assert_eq!((kind, about.as_deref()), (ErrorKind::Refused, Some("member:b2")));
    assert!(message.contains("owns the credentials"), "{message}");
    let allowed = Options { allow_own: true, ..Options::default() };
    let done = run_by(&Cloud::new(), &steps, &allowed, "deputy@corp.example");
    assert_eq!(only(&done).status, Status::Applied);
    assert!(only(&done).detail.contains("credentials of this session stop working"));
    let done = run_by(&Cloud::new(), &steps, &Options::default(), "root@corp.example");
    assert_eq!(only(&done).status, Status::Applied);
}

#[test]
fn a_user_is_removed_though_cloudflare_shows_them_for_a_moment() {
    let mut cloud = Cloud::new().with_user(ANN);
    let done = run(&cloud, &[remove("user", "c9")]);
    assert_eq!((only(&done).status, done.cloud.users.len()), (Status::Applied, 0));
    assert!(!only(&done).detail.contains("for a moment"));
    cloud.keeps_users = true;
    let done = run(&cloud, &[remove("user", "c9")]);
    assert_eq!(only(&done).status, Status::Applied);
    assert!(only(&done).detail.contains("still shows the user for a moment"), "{}", only(&done).detail);
    let again = run(&Cloud::new(), &[remove("user", "c9")]);
    assert_eq!((only(&again).status, again.writes().len()), (Status::Unchanged, 0));
}

#[test]
fn a_seat_is_freed_once() {
    let done = run(&Cloud::new().with_user(ANN), &[free_seat("c9")]);
    assert_eq!((only(&done).status, done.writes()), (Status::Applied, vec!["PATCH /access/seats"]));
    assert_eq!(done.cloud.users["c9"]["gateway_seat"], false);
    let write = &done.result.writes[0];
    assert_eq!(write.before, r#"{"access_seat":true,"gateway_seat":true}"#);
    assert_eq!(write.after, r#"{"access_seat":false,"gateway_seat":false}"#);
    let again = run(&done.cloud, &[free_seat("c9"), free_seat("c8")]);
    for result in &again.result.results {
        assert_eq!(result.as_ref().unwrap().status, Status::Unchanged);
    }
    assert!(again.writes().is_empty());
}

#[test]
fn sessions_end_by_an_account_or_by_the_address() {
    let cloud = Cloud::new().with_user(ANN).with_member(ANN, "accepted", &["a1"]);
    for (kind, id) in [("user", "c9"), ("member", "b9"), ("email", "Ann@corp.example")] {
        let done = run(&cloud, &[end_sessions(kind, id)]);
        assert_eq!((only(&done).status, &done.cloud.ended[..]), (Status::Applied, &[ANN.to_owned()][..]));
        assert_eq!(done.result.writes[0].on.to_string(), format!("email:{ANN}"));
    }
    // Without a user there is nothing to end.
    for (kind, id) in [("user", "c8"), ("member", "b1"), ("email", "nobody@corp.example")] {
        let done = run(&cloud, &[end_sessions(kind, id)]);
        assert_eq!((only(&done).status, done.writes().len()), (Status::Unchanged, 0), "{kind}:{id}");
    }
    let done = run(&cloud, &[end_sessions("member", "b8")]);
    let (kind, message, _) = refusal(&done);
    assert_eq!(kind, ErrorKind::NotFound);
    assert!(message.contains("name the address itself"), "{message}");
}

#[test]
fn a_user_is_added_once() {
    let done = run(&Cloud::new(), &[add_user("Ann@corp.example")]);
    let outcome = only(&done);
    assert_eq!(outcome.status, Status::Applied);
    assert_eq!(done.cloud.users[&outcome.created[0].id]["name"], "Ann");
    let cloud = Cloud::new().with_user(ANN);
    let again = run(&cloud, &[add_user(ANN)]);
    assert_eq!((only(&again).status, again.writes().len()), (Status::Unchanged, 0));
}

#[test]
fn people_come_in_first_and_accounts_go_last() {
    let cloud = Cloud::new().with_user(ANN).with_member(ANN, "accepted", &["a1"]);
    let steps = [
        remove("user", "c9"),
        remove("member", "b9"),
        free_seat("c9"),
        end_sessions("email", ANN),
        add_user("eve@corp.example"),
        invite("eve@corp.example", &["a1"]),
        free_seat("c9"),
    ];
    let done = run(&cloud, &steps);
    let expected = [
        "POST /members",
        "POST /access/users",
        "POST /access/organizations/revoke_user",
        "PATCH /access/seats",
        "DELETE /members/b9",
        "DELETE /access/users/c9",
    ];
    assert_eq!(done.writes(), expected);
    for result in &done.result.results {
        assert_eq!(result.as_ref().unwrap().status, Status::Applied, "also the one that stands twice");
    }
    let planned = plan(&cloud, &steps);
    assert!(planned.writes().is_empty());
    assert_eq!(planned.cloud, cloud);
    for result in &planned.result.results {
        assert_eq!(result.as_ref().unwrap().status, Status::Planned);
    }
    assert_eq!(planned.result.writes.len(), expected.len());
}

#[test]
fn steps_that_contradict_each_other_are_refused() {
    let cloud = Cloud::new().with_user(ANN).with_member(ANN, "pending", &["a1"]);
    for steps in [
        [invite("x@corp.example", &["a1"]), invite("X@corp.example", &["a2"])],
        [
            Step::AddUser { address: "x@corp.example".into(), name: None },
            Step::AddUser { address: "x@corp.example".into(), name: Some("X".into()) },
        ],
        [invite(ANN, &["a1"]), remove("member", "b9")],
        [remove("user", "c9"), add_user(ANN)],
    ] {
        let done = run(&cloud, &steps);
        for result in &done.result.results {
            let error = result.as_ref().unwrap_err();
            assert_eq!(error.kind, ErrorKind::Refused, "{steps:?}: {error}");
        }
        assert!(done.writes().is_empty(), "{steps:?}");
    }
    // Of two kinds of account, one may come and one go.
    let done = run(&cloud, &[invite(ANN, &["a1"]), remove("user", "c9")]);
    assert!(done.result.results.iter().all(Result::is_ok));
}

#[test]
fn what_is_not_in_the_right_form_is_told() {
    let with_roles = |entitlements: &[&str]| Step::Invite {
        address: ANN.into(),
        entitlements: entitlements.iter().map(|it| (*it).to_owned()).collect(),
        without_mail: false,
    };
    for (step, about) in [
        (invite("ann", &["a1"]), "address"),
        (invite("Ann <ann@corp.example>", &["a1"]), "address"),
        (with_roles(&[]), "entitlement"),
        (with_roles(&["group:a1:member"]), "entitlement"),
        (with_roles(&["role:a1"]), "entitlement"),
        (add_user(""), "address"),
        (remove("email", ANN), "id"),
        (remove("role", "a1"), "id"),
        (remove("member", "../x"), "id"),
        (remove("user", ""), "id"),
        (end_sessions("group", "g"), "id"),
        (end_sessions("email", "ann"), "id"),
        (Step::FreeSeat { kind: "member".into(), id: "b9".into() }, "id"),
    ] {
        let done = run(&Cloud::new(), std::slice::from_ref(&step));
        let (kind, message, named) = refusal(&done);
        assert_eq!(
            (kind, named.as_deref()),
            (ErrorKind::InvalidArgument, Some(about)),
            "{step:?}: {message}"
        );
        assert!(done.sent.is_empty(), "{step:?}");
    }
    let steps = vec![add_user(ANN); 1001];
    let done = run(&Cloud::new(), &steps);
    assert!(done.sent.is_empty() && done.result.results.len() == 1001);
    assert_eq!(refusal(&done).2.as_deref(), Some("steps"));
    for extra in [r#"{"devices":1}"#, r#"{"more":true}"#, "[]", r#"{"devices":true,"devices":false}"#] {
        let options = Options { extra: extra.into(), ..Options::default() };
        let done = run_with(&Cloud::new(), &[add_user(ANN)], &options, None);
        assert_eq!(refusal(&done).2.as_deref(), Some("options.extra"), "{extra}");
    }
}

#[test]
fn a_plan_that_the_token_could_not_carry_out_says_so() {
    let mut cloud = Cloud::new().with_user(ANN).with_member(ANN, "accepted", &["a1"]);
    cloud.is_account_token = true;
    cloud.permissions = Some(vec!["Zero Trust: Seats Write", "Account Settings Write"]);
    let steps = [remove("member", "b9"), remove("user", "c9"), end_sessions("user", "c9")];
    let planned = plan(&cloud, &steps);
    let [member, user, sessions] = &planned.result.results[..] else { panic!() };
    assert!(member.is_ok() && user.is_ok());
    let error = sessions.as_ref().unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.message.contains("Access: Organizations Revoke"), "{error}");
}
