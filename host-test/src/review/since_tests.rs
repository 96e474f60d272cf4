use super::super::data::lay_out;
use super::super::findings;
use super::super::head::Head;
use super::super::kinds::{EMAIL, GROUP, TOKEN};
use super::super::review::Review;
use super::super::samples::{account, basis, entitlement, grant, person, resource, review, warning, without};
use super::*;

fn data(review: &Review) -> Vec<u8> {
    lay_out(review, &findings::all(review), &Changes::default(), &Head::default())
}

fn between(before: &Review, now: &Review) -> Changes {
    let (before, now) = (data(before), data(now));
    let earlier = Earlier { time: "then".to_owned(), name: "earlier.html".to_owned(), digest: None };
    Changes::between(earlier, &Side::read(&before).unwrap(), &Side::read(&now).unwrap())
}

/// A group and its holders, each with the rule that names them.
fn group(accounts: &[String], held: &[(&str, &str, &str)]) -> Vec<String> {
    let mut lines = vec![resource("group", "g", "Staff", "{}"), entitlement("group", "g", "member", "{}")];
    lines.extend_from_slice(accounts);
    let grants = held.iter();
    lines.extend(
        grants.map(|(to, rule, value)| grant("group:g:member", to, &basis(rule, value), "null", true)),
    );
    lines
}

fn shown(changes: &Changes) -> Vec<(Difference, &str, &str, Option<u32>)> {
    changes.all.iter().map(|it| (it.kind, it.person.as_str(), it.account.as_str(), it.grant)).collect()
}

fn ann(kind: &str, id: &str) -> String {
    account(kind, id, "Ann", "ann@x", "")
}

fn bo() -> String {
    account("user", "u2", "Bo", "bo@x", "")
}

#[test]
fn what_people_gained_lost_and_hold_for_another_reason() {
    let accounts = [ann("user", "u1"), bo(), account("user", "u3", "Cy", "cy@x", "")];
    let before = review(&group(&accounts, &[("user:u1", "email", "a"), ("user:u2", "email", "b")]));
    let now = review(&group(&accounts, &[("user:u2", "email_domain", "x"), ("user:u3", "email", "c")]));
    let changes = between(&before, &now);
    assert_eq!(
        shown(&changes),
        [
            (Difference::Lost, "ann@x", "user:u1", None),
            (Difference::OtherReason, "bo@x", "user:u2", Some(0)),
            (Difference::Gained, "cy@x", "user:u3", Some(1)),
        ]
    );
    let bo = &changes.all[1];
    assert_eq!((bo.on.as_str(), bo.entitlement.as_str()), ("Staff", "group:g:member"));
    assert_eq!((bo.before.as_str(), bo.after.as_str()), ("named by address", "email domain x"));
    assert!(changes.notes.is_empty(), "{:?}", changes.notes);
    let json = changes.to_json();
    assert_eq!((&json["gained"], &json["lost"], &json["other"]), (&json!(1), &json!(1), &json!(1)));
    assert!(shown(&between(&now, &now)).is_empty());
}

#[test]
fn another_account_of_the_same_person_is_no_difference() {
    let email = account("email", "ann@x", "ann@x", "ann@x", "");
    let before = review(&group(&[email], &[("email:ann@x", "email", "a")]));
    let held = [("user:u1", "email", "a"), ("member:m1", "email", "a")];
    let now = review(&group(&[ann("user", "u1"), ann("member", "m1")], &held));
    assert!(shown(&between(&before, &now)).is_empty());
    let renamed = account("user", "u1", "Ann", "ann.lee@x", "");
    let later = review(&group(&[renamed], &[("user:u1", "email", "b")]));
    assert!(shown(&between(&now, &later)).is_empty(), "the same account has another address");
}

#[test]
fn a_new_name_is_no_other_reason() {
    let by = |name: &str| {
        let mut lines = group(&[bo()], &[("user:u2", "group", "h")]);
        lines.push(resource("group", "h", name, "{}"));
        review(&lines)
    };
    assert!(shown(&between(&by("Engineering"), &by("Engineers"))).is_empty());
}

#[test]
fn where_data_is_missing_there_is_no_difference_and_that_is_said() {
    let held = group(&[bo()], &[("user:u2", "email", "b")]);
    let whole = review(&held);
    let empty = group(&[bo()], &[]);
    let token = person("service-token", "t1", "CI", "", "enabled", "", "{}");
    let mut with_token = held.clone();
    with_token.push(token);
    with_token.push(grant("group:g:member", "service-token:t1", &basis("service_token", ""), "null", false));
    // The other kinds of holders are compared though tokens weren't read before.
    let changes = between(&without(&held, &[TOKEN]), &review(&with_token));
    assert!(shown(&changes).is_empty());
    let note = "Not compared, because the earlier one doesn't say that it has read them: service tokens.";
    assert_eq!(changes.notes, [note]);

    let with_gap = |code: &str, about| {
        let mut lines = empty.clone();
        lines.push(warning(code, about, true));
        review(&lines)
    };
    for (code, about) in
        [("list-not-readable", None), ("list-moved", None), ("new-code", Some(("group", "g")))]
    {
        let changes = between(&whole, &with_gap(code, about));
        assert!(shown(&changes).is_empty(), "{code}");
        assert!(changes.notes[0].contains("data is missing in this review: what is held on Access groups"));
        assert!(shown(&between(&with_gap(code, about), &whole)).is_empty(), "{code}, the other way");
    }
    // What is missing of roles says nothing of groups.
    let changes = between(&whole, &with_gap("roles-not-understood", Some(("member", "m1"))));
    assert_eq!(shown(&changes), [(Difference::Lost, "bo@x", "user:u2", None)]);
    // A warning of which nothing is missing neither.
    let mut lines = empty.clone();
    lines.push(warning("app-public", None, false));
    assert_eq!(shown(&between(&whole, &review(&lines))).len(), 1);
}

#[test]
fn a_kind_that_was_not_read_is_not_compared() {
    let email = account("email", "ann@x", "ann@x", "ann@x", "");
    let before = review(&group(&[email, bo()], &[("email:ann@x", "email", "a"), ("user:u2", "email", "b")]));
    let now = group(&[bo()], &[]);
    assert_eq!(shown(&between(&before, &review(&now))).len(), 2);
    assert_eq!(
        shown(&between(&before, &without(&now, &[EMAIL]))),
        [(Difference::Lost, "bo@x", "user:u2", None)]
    );
    assert!(shown(&between(&before, &without(&now, &[GROUP]))).is_empty());
}
