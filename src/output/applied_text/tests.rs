//! The results of changes and steps, as a person reads them.

use super::super::samples::{self, changes, outcome, refusal, report};
use super::super::sink::Sink;
use super::*;
use crate::contract::lifecycle::Report;
use crate::contract::{Alternative, Grant, Page};

fn shown(report: &Report, dry_run: bool, names: &Snapshot) -> String {
    let mut out = Vec::new();
    write(&Applied::new(&changes(), report, dry_run), names, Terminal::file(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn names() -> Snapshot {
    let mut names = Snapshot::default();
    let page = Page {
        resources: vec![samples::group("g1", "Engineering"), samples::user("u1", "Ann")],
        entitlements: vec![samples::membership("g1")],
        ..samples::page()
    };
    names.page(&page).unwrap();
    names
}

#[test]
fn each_change_shows_its_result_and_each_write_its_difference() {
    let report = report(vec![Ok(outcome(Status::Applied)), Err(refusal())]);
    assert_eq!(
        shown(&report, false, &Snapshot::default()),
        "Changes\n\
         \x20 ✓ applied: grant group:g1:member to user:u1\n\
         \x20     Adds a rule.\n\
         \x20     gained group:g1:member (everyone)\n\
         \x20     lost group:g2:member\n\
         \x20 ✗ refused: revoke group:g1:member from email:a:b@corp.example\n\
         \x20     A domain still names them.\n\
         \x20     The upstream said: HTTP status 400, code 12130, { \"cf-ray\": \"1\" }\n\
         \x20     Try again in 2 seconds.\n\
         \n\
         Before and after\n\
         \x20 group “Engineering” (g1)\n\
         \x20   include\n\
         \x20     … 1 unchanged\n\
         \x20   + {\"email\":{\"email\":\"u1@x\"}}\n\
         \n"
    );
}

#[test]
fn a_step_is_told_in_words_with_what_it_created() {
    use crate::contract::lifecycle::{Invitation, NewUser};
    let invitation = Invitation {
        address: "new@corp.example".to_owned(),
        entitlements: vec!["role:r1:assigned".to_owned()],
        without_mail: true,
    };
    let steps = [
        Step::Invite(invitation),
        Step::AddUser(NewUser { address: "new@corp.example".to_owned(), name: Some("New".to_owned()) }),
        Step::EndSessions(samples::id("email", "ann@corp.example")),
        Step::FreeSeat(samples::id("user", "u1")),
        Step::Remove(samples::id("user", "u1")),
    ];
    let actions: Vec<Action> = steps.into_iter().map(Action::Step).collect();
    let plain = Outcome { added: vec![], removed: vec![], detail: String::new(), ..outcome(Status::Applied) };
    let created = Outcome {
        created: vec![samples::id("member", "m1")],
        added: vec![samples::grant("g1", "member", "m1")],
        ..plain.clone()
    };
    let mut report =
        report(vec![Ok(created), Ok(plain.clone()), Ok(plain.clone()), Ok(plain.clone()), Ok(plain)]);
    report.writes.clear();
    let mut out = Vec::new();
    write(&Applied::new(&actions, &report, false), &names(), Terminal::file(), &mut out).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "Steps\n\
         \x20 ✓ applied: invite new@corp.example with role:r1:assigned, without a mail\n\
         \x20     created member:m1\n\
         \x20     gained group “Engineering” (everyone)\n\
         \x20 ✓ applied: add the user new@corp.example (New)\n\
         \x20 ✓ applied: end the sessions of ann@corp.example\n\
         \x20 ✓ applied: free the seat of user Ann\n\
         \x20 ✓ applied: remove user Ann\n\n"
    );
}

#[test]
fn an_invitation_that_is_refused_says_what_to_leave_out() {
    use crate::contract::lifecycle::Invitation;
    let step = |without_mail| {
        let (address, entitlements) = ("new@corp.example".to_owned(), vec![]);
        [Action::Step(Step::Invite(Invitation { address, entitlements, without_mail }))]
    };
    let told = |without_mail, error: Error| {
        let (mut out, report) = (Vec::new(), report(vec![Err(error)]));
        let actions = step(without_mail);
        let applied = Applied::new(&actions, &report, false);
        write(&applied, &names(), Terminal::file(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let by_upstream = Error { kind: ErrorKind::Refused, http_status: Some(400), ..refusal() };
    let advice = "      If it is for --without-mail, leave that out: then they are invited with a mail.\n";
    for (without_mail, error, is_told) in [
        (true, by_upstream.clone(), true),
        (false, by_upstream.clone(), false),
        (true, Error { http_status: None, ..by_upstream.clone() }, false),
        (true, Error { kind: ErrorKind::PermissionDenied, ..by_upstream }, false),
    ] {
        let told = told(without_mail, error);
        assert_eq!(told.contains(advice), is_told, "{told}");
        assert!(told.contains("refused: invite new@corp.example with no role") || !is_told, "{told}");
    }
}

#[test]
fn a_plan_says_that_it_is_one() {
    let report = report(vec![Ok(outcome(Status::Planned)), Ok(outcome(Status::Unchanged))]);
    let shown = shown(&report, true, &Snapshot::default());
    for part in
        ["Changes, as they would be: nothing is written", "~ planned", "= unchanged", "Before and after, as"]
    {
        assert!(shown.contains(part), "{part} is missing from {shown}");
    }
}

#[test]
fn names_stand_for_ids_where_they_are_known() {
    let mut outcome = outcome(Status::Applied);
    outcome.added[0].conditions = vec![Alternative {
        any_of: vec![],
        all_of: vec![r#"{"geo":{"country_code":"NO"}}"#.to_owned()],
        none_of: vec![],
    }];
    let mut report = report(vec![Ok(outcome), Err(refusal())]);
    report.writes[0].before = "{}".to_owned();
    let shown = shown(&report, false, &names());
    for part in [
        "grant group “Engineering” to user Ann",
        "gained group “Engineering” (everyone; only if country NO)",
        "lost group:g2:member",
        "from email:a:b@corp.example",
        "\n  group “Engineering” (g1)\n",
    ] {
        assert!(shown.contains(part), "{part} is missing from {shown}");
    }
}

#[test]
fn the_names_of_an_earlier_sync_stand_for_every_id() {
    let (group, user) = ("0c9b1d1e-3f5a-4b8e-9d7c-2a1b3c4d5e6f", "1c9b1d1e-3f5a-4b8e-9d7c-2a1b3c4d5e6f");
    let mut names = crate::output::Names::default();
    for (kind, id, name) in [("group", group, "Engineering"), ("group", "g2", "All"), ("user", user, "Ann")] {
        let line =
            format!(r#"{{"type":"resource","id":{{"kind":"{kind}","id":"{id}"}},"display_name":"{name}"}}"#);
        assert!(names.learn(line.as_bytes()));
    }
    let detail = format!("user:{user} has this address, and group:{group}:member (\"Engineering\") goes.");
    let refused = Error { message: detail.clone(), ..refusal() };
    let mut report = report(vec![Ok(Outcome { detail, ..outcome(Status::Applied) }), Err(refused)]);
    report.writes[0].on = samples::id("group", group);
    let told = shown(&report, false, &Snapshot::with_names(names.clone()));
    let sentence = "      user “Ann” has this address, and group “Engineering” goes.\n";
    assert_eq!(told.matches(sentence).count(), 2, "{told}");
    assert!(told.contains("\n  group “Engineering”\n") && !told.contains(user), "{told}");
    // Without them, ids stay: other commands take them.
    assert!(shown(&report, false, &Snapshot::default()).contains(&format!("user:{user} has")));
    // A name that two have doesn't say which one is written.
    let line = r#"{"type":"resource","id":{"kind":"group","id":"g3"},"display_name":"engineering"}"#;
    assert!(names.learn(line.as_bytes()));
    let told = shown(&report, false, &Snapshot::with_names(names));
    assert!(told.contains(&format!("\n  group “Engineering” ({group})\n")), "{told}");
}

#[test]
fn accounts_that_gain_the_same_share_a_line() {
    let mut outcome = outcome(Status::Applied);
    let nothing_more = outcome.added[0].clone();
    let of = |kind: &str, id: &str| Grant { principals: vec![samples::id(kind, id)], ..nothing_more.clone() };
    let conditional = Grant {
        conditions: vec![Alternative {
            any_of: vec![],
            all_of: vec![r#"{"geo":{"country_code":"NO"}}"#.to_owned()],
            none_of: vec![],
        }],
        ..of("member", "m2")
    };
    outcome.added = vec![of("user", "u2"), conditional, of("member", "m1"), of("user", "u1")];
    let mut names = names();
    let named = |kind: &str, id: &str, name: &str| crate::contract::Resource {
        id: samples::id(kind, id),
        ..samples::user(id, name)
    };
    let resources =
        vec![named("user", "u2", "Ann"), named("member", "m1", "Ann"), named("member", "m2", "Bo")];
    names.page(&Page { resources, ..samples::page() }).unwrap();
    let told = |outcome: &Outcome| {
        let shown = shown(&report(vec![Ok(outcome.clone()), Err(refusal())]), false, &names);
        let gained: Vec<String> =
            shown.lines().filter(|line| line.contains("gained")).map(|line| line.trim().to_owned()).collect();
        gained
    };
    let apart = "gained group “Engineering” as member Bo (everyone; only if country NO)";
    assert_eq!(
        told(&outcome),
        ["gained group “Engineering” as user and member and user Ann (everyone)", apart]
    );
    outcome.added.remove(0);
    outcome.added[2].principals = vec![samples::id("user", "u9")];
    assert_eq!(told(&outcome), [apart, "gained group “Engineering” as member Ann, user:u9 (everyone)"]);
}

#[test]
fn an_application_that_is_gained_says_by_which_policy() {
    let mut outcome = outcome(Status::Applied);
    let mut gained = samples::accesses("a1", &[("user", "u1")]);
    gained.conditions = vec![Alternative {
        any_of: vec![],
        all_of: vec![r#"{"approval_required":[]}"#.to_owned()],
        none_of: vec![],
    }];
    outcome.added.push(gained);
    outcome.removed = vec!["app:a1:access".to_owned()];
    let mut names = names();
    let policies = r#"{"policies":[{"id":"p1","name":"Staff"}]}"#;
    let page = Page {
        resources: vec![samples::app("a1", "Payroll", policies)],
        entitlements: vec![samples::access("a1", "{}")],
        ..samples::page()
    };
    names.page(&page).unwrap();
    let shown = shown(&report(vec![Ok(outcome), Err(refusal())]), false, &names);
    for part in [
        "gained application “Payroll” (email domain corp.example, by policy “Staff”; only if approval)",
        "lost application “Payroll”",
    ] {
        assert!(shown.contains(part), "{part} is missing from {shown}");
    }
}

#[test]
fn nothing_of_it_acts_on_a_terminal() {
    let hostile = "\x1b[2J\u{202e}\n✓ forged";
    let mut error = refusal();
    error.message = hostile.to_owned();
    error.code = Some(hostile.to_owned());
    error.details = hostile.to_owned();
    let mut outcome = outcome(Status::Applied);
    outcome.detail = hostile.to_owned();
    outcome.added[0].entitlement = hostile.to_owned();
    outcome.added[0].basis[0].value = hostile.to_owned();
    outcome.removed[0] = hostile.to_owned();
    let mut report = report(vec![Ok(outcome), Err(error)]);
    report.writes[0].on.id = hostile.to_owned();
    report.writes[0].before = serde_json::json!({ "name": hostile }).to_string();
    report.writes[0].after = hostile.to_owned();
    let shown = shown(&report, false, &Snapshot::default());
    assert!(!shown.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}')), "{shown:?}");
    assert!(!shown.lines().any(|line| line.trim_start().starts_with("✓ forged")), "{shown}");
}

#[test]
fn no_change_is_reported_too() {
    let none = Report { results: vec![], writes: vec![], warnings: vec![], requests: 0, rate_limit: None };
    let mut out = Vec::new();
    let applied = Applied::new(&[], &none, false);
    write(&applied, &Snapshot::default(), Terminal::file(), &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "Changes\n  none\n\n");
}
