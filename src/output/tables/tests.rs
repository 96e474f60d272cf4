//! Tables of small samples: what they show, what they leave out, and that they fit.

use super::super::card::Card;
use super::super::samples;
use super::super::sink::Sink;
use super::*;
use crate::contract::{AccountStatus, Alternative, Basis, Entitlement, Grant, Page, Warning};
use crate::identities::ProviderGroup;

mod applications;
mod whoever;

fn shown(page: Page, terminal: Terminal) -> String {
    let mut snapshot = Snapshot::default();
    snapshot.page(&page).unwrap();
    let mut out = Vec::new();
    Tables::new(&snapshot, terminal).write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn sample() -> Page {
    let mut conditional = samples::grant("g1", "email", "x@y.example");
    conditional.conditions = vec![Alternative {
        any_of: vec![],
        all_of: vec![r#"{"geo":{"country_code":"NL"}}"#.to_owned()],
        none_of: vec![],
    }];
    Page {
        resources: vec![
            samples::group("g1", "Engineering"),
            samples::user("u1", "Bob"),
            samples::user("u2", "Ann"),
            Resource { id: samples::id("email", "x@y.example"), ..samples::user("x", "x@y.example") },
        ],
        entitlements: vec![samples::membership("g1")],
        grants: vec![samples::grant("g1", "user", "u1"), samples::grant("g1", "user", "u2"), conditional],
        warnings: vec![samples::warning("list-moved", true)],
        ..samples::page()
    }
}

#[test]
fn holders_for_the_same_reason_share_a_row() {
    let shown = shown(sample(), Terminal::file());
    let row = shown.lines().find(|line| line.contains("2 users: Ann, Bob")).unwrap();
    for part in ["Engineering", "everyone", "no"] {
        assert!(row.contains(part), "{row}");
    }
    let row = shown.lines().find(|line| line.contains("1 unmatched email: x@y.example")).unwrap();
    assert!(row.contains("country NL"), "{row}");
    assert!(shown.contains("list-moved"));
    assert!(
        shown.ends_with(
            "2 users, 1 unmatched email, 1 group; \
             3 grants, 1 of them to unmatched emails and 1 with conditions.\n"
        ),
        "{shown}"
    );
}

#[test]
fn tables_fit_the_width() {
    for width in [60, 80, 120, 200] {
        let shown = shown(sample(), Terminal::file().with_width(width));
        for line in shown.lines() {
            assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
        }
    }
}

#[test]
fn no_name_acts_on_the_terminal() {
    let hostile = "Eve\x1b[2J\x07\u{202e}\nroot";
    let mut page = sample();
    page.resources[0].display_name = hostile.to_owned();
    page.resources[1].display_name = hostile.to_owned();
    page.warnings[0].message = hostile.to_owned();
    page.warnings[0].code = hostile.to_owned();
    page.grants[2].basis[0].value = hostile.to_owned();
    page.grants[2].basis[0].rule = "email_domain".to_owned();
    page.grants[2].conditions[0].all_of = vec![hostile.to_owned()];
    page.resources[3].id.kind = hostile.to_owned();
    let shown = shown(page, Terminal::file());
    let acts = |c: &char| *c != '\n' && (c.is_control() || *c == '\u{202e}');
    assert_eq!(shown.chars().find(acts), None, "{shown:?}");
    assert!(!shown.lines().any(|line| line.starts_with("root")), "{shown}");
}

#[test]
fn a_long_table_says_how_much_it_leaves_out() {
    let page = Page {
        resources: (0..250).map(|n| samples::user(&format!("u{n}"), &format!("User {n}"))).collect(),
        ..samples::page()
    };
    let shown = shown(page, Terminal::file());
    assert!(shown.contains("… and 50 more rows"), "{shown}");
}

#[test]
fn many_holders_are_counted() {
    let page = Page {
        resources: vec![samples::group("g1", "All")],
        entitlements: vec![samples::membership("g1")],
        grants: (0..30).map(|n| samples::grant("g1", "user", &format!("u{n}"))).collect(),
        ..samples::page()
    };
    let shown = shown(page, Terminal::file().with_width(200));
    assert!(shown.contains("30 users") && shown.contains("and 22 more"), "{shown}");
}

/// Shows an administrator who is one through a user group, and a role on a single domain.
#[test]
fn roles_come_from_members_and_from_user_groups() {
    let named =
        |kind: &str, id: &str, name: &str| Resource { id: samples::id(kind, id), ..samples::group(id, name) };
    let on = |kind: &str, slug: &'static str, id: &str| Entitlement {
        id: format!("{kind}:{id}:{slug}"),
        on: samples::id(kind, id),
        ..samples::membership(id)
    };
    let held = |entitlement: &str, by: (&str, &str), rules: &[(&str, &str)]| Grant {
        entitlement: entitlement.to_owned(),
        basis: (rules.iter())
            .map(|(rule, value)| Basis { rule: (*rule).into(), value: (*value).into(), through: None })
            .collect(),
        ..samples::grants("g1", &[by])
    };
    let mut page = Page {
        resources: vec![
            named("role", "r1", "Administrator"),
            named("user-group", "k1", "Platform"),
            named("scoped-role", "s1", "DNS on corp.example"),
            Resource { id: samples::id("member", "m1"), ..samples::user("m1", "Ada") },
        ],
        entitlements: vec![
            on("role", "assigned", "r1"),
            on("user-group", "member", "k1"),
            on("scoped-role", "assigned", "s1"),
        ],
        grants: vec![
            held("role:r1:assigned", ("user-group", "k1"), &[("policy", "p1")]),
            held("role:r1:assigned", ("member", "m1"), &[("role", "r1"), ("user_group", "k1")]),
            held("user-group:k1:member", ("member", "m1"), &[("member", "m1")]),
            held("scoped-role:s1:assigned", ("member", "m1"), &[("policy", "p2")]),
        ],
        ..samples::page()
    };
    page.grants[3].extra = r#"{"denied_by":["p9"]}"#.to_owned();
    let kinds = ["member", "role", "user-group", "scoped-role"].map(str::to_owned);
    let mut snapshot = Snapshot::default();
    snapshot.page(&page).unwrap();
    let mut out = Vec::new();
    let wide = Terminal::file().with_width(200);
    Tables::new(&snapshot, wide).with_kinds(&kinds).write(&mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    let lines: Vec<String> =
        shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for expected in [
        "Name Address Kind Status Last login User groups Roles",
        "Ada m1@corp.example member enabled 1 2",
        "Platform user group 1",
        "Administrator role 1 1",
        "DNS on corp.example scoped role 1",
        "Platform 1 member: Ada in the group's own list no",
        "Administrator 1 member: Ada assigned; user group “Platform” no",
        "1 user group: Platform assigned by a policy no",
        "DNS on corp.example 1 member: Ada assigned by a policy not taken away by policy p9, \
         which denies it no",
        "1 member, 1 user group, 1 role, 1 scoped role; 4 grants, 0 of them with conditions.",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}: {shown}");
    }
}

/// Shows a page of which only these kinds were asked for.
fn shown_of(kinds: &[&str], page: Page) -> String {
    let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let mut snapshot = Snapshot::default();
    snapshot.page(&page).unwrap();
    let mut out = Vec::new();
    Tables::new(&snapshot, Terminal::file()).with_kinds(&kinds).write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn what_was_not_asked_for_is_not_shown_as_absent() {
    let groups = Page {
        resources: vec![samples::group("g1", "Engineering")],
        entitlements: vec![samples::membership("g1")],
        ..samples::page()
    };
    let shown = shown_of(&["group"], groups);
    let note = "Grants to users, members and unmatched emails, and of user groups, roles, scoped roles and \
                applications, weren't asked for (--kinds).";
    assert!(shown.replace('\n', " ").starts_with(note), "{shown}");
    for absent in [
        "Users",
        "Members",
        "with conditions",
        "Accounts",
        "Applications",
        "Who holds what",
        "grants;",
        "none",
    ] {
        assert!(!shown.contains(absent), "{absent}: {shown}");
    }
    assert!(shown.ends_with("\n1 group.\n"), "{shown}");

    let mut page = sample();
    page.resources.pop();
    page.grants.pop();
    let shown = shown_of(&["group", "user"], page);
    assert!(shown.contains("  Users  ") && shown.contains(" Groups\n"), "{shown}");
    for absent in [" Members", " Unmatched", " Roles", "of them to unmatched emails"] {
        assert!(!shown.contains(absent), "{absent}: {shown}");
    }
    assert!(shown.ends_with("2 users, 1 group; 2 grants, 0 of them with conditions.\n"), "{shown}");

    let users = Page { resources: vec![samples::user("u1", "Ann")], ..samples::page() };
    let shown = shown_of(&["user"], users);
    assert!(shown.starts_with("Groups, roles and applications weren't asked for"), "{shown}");
    assert!(!shown.contains("  Groups") && shown.ends_with("\n1 user.\n"), "{shown}");
}

#[test]
fn what_service_tokens_may_reach_is_said_where_they_were_not_read() {
    let profile = r#"{"policies":[{"id":"p1","name":"CI","decision":"non_identity"}]}"#;
    let page = |profile| Page {
        resources: vec![samples::app("a1", "Git", profile)],
        entitlements: vec![samples::access("a1", "{}")],
        grants: vec![samples::accesses("a1", &[("user", "u1")])],
        ..samples::page()
    };
    let note = "lets some of them reach “Git”: sync --kinds app,service-token shows which.";
    let allow = profile.replace("non_identity", "allow");
    for (kinds, profile, is_told) in [
        (&[][..], profile, true),
        (&["app", "user"], profile, true),
        (&["app", "user", "service-token"], profile, false),
        (&[], &allow, false),
    ] {
        let shown = shown_of(kinds, page(profile)).replace('\n', " ");
        assert_eq!(shown.contains(note), is_told, "{kinds:?}: {shown}");
        assert!(!shown.contains("One person"), "{shown}");
    }
    let mut snapshot = Snapshot::default();
    snapshot.page(&page(profile)).unwrap();
    let mut out = Vec::new();
    Card::new(&snapshot, Terminal::file()).write(&mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    assert!(shown.replace('\n', " ").contains(note), "{shown}");
}

#[test]
fn whom_only_a_login_shows_is_not_nobody() {
    let profile = r#"{"policies":[{"id":"p1","name":"Eng","decision":"allow"}]}"#;
    let policy = |include: &str| Resource {
        id: samples::id("policy", "p1"),
        ..samples::app("p1", "Eng", &format!(r#"{{"decision":"allow","include":[{include}]}}"#))
    };
    let page = |policies: Vec<Resource>, warnings: Vec<Warning>| Page {
        resources: [samples::app("a1", "Git", profile)].into_iter().chain(policies).collect(),
        entitlements: vec![samples::access("a1", "{}")],
        warnings,
        ..samples::page()
    };
    let (okta, named) = (r#"{"okta":{"name":"Eng"}}"#, r#"{"email":{"email":"ann@corp.example"}}"#);
    let both = format!("{named},{okta}");
    let warning =
        Warning { about: Some(samples::id("app", "a1")), ..samples::warning("app-not-understood", true) };
    for (policies, warnings, who, only_if) in [
        (vec![policy(&both)], vec![], "people whom only a login shows", "Okta group Eng"),
        (vec![policy(named)], vec![], "nobody by name", "get policy"),
        (vec![], vec![], "nobody by name", "get policy"),
        (vec![], vec![warning], "not known", "see the warnings"),
    ] {
        let shown = shown_of(&[], page(policies, warnings));
        let row = shown.split("Who can reach which application").nth(1).unwrap().replace('\n', " ");
        assert!(row.contains(who) && row.contains(only_if), "{who}: {shown}");
    }
    for kinds in [&["app"][..], &["app", "service-token"], &["app", "policy", "group"]] {
        let shown = shown_of(kinds, page(vec![policy(named)], vec![]));
        assert!(!shown.contains("nobody by name"), "nobody was asked for: {shown}");
    }
}

#[test]
fn whom_only_a_login_shows_can_be_in_a_group_that_a_policy_includes() {
    let group = |id: &str, name: &str, include: &str| Resource {
        profile: format!(r#"{{"include":[{include}],"require":[],"exclude":[]}}"#),
        ..samples::group(id, name)
    };
    let okta = |name: &str| format!(r#"{{"okta":{{"name":"{name}","identity_provider_id":"I1"}}}}"#);
    let in_group = |id: &str| format!(r#"{{"group":{{"id":"{id}"}}}}"#);
    let named = r#"{"email":{"email":"ann@corp.example"}}"#;
    let policy = format!(r#"{{"decision":"allow","include":[{}],"require":[]}}"#, in_group("g1"));
    let resources = vec![
        samples::app("a1", "Git", r#"{"policies":[{"id":"p1","name":"Eng","decision":"allow"}]}"#),
        Resource { id: samples::id("policy", "p1"), ..samples::app("p1", "Eng", &policy) },
        // The groups are in each other in a circle.
        group("g1", "Engineers", &[named, &in_group("g2")].join(",")),
        group("g2", "Core", &[okta("Eng"), okta("Ops"), in_group("g1")].join(",")),
    ];
    let page = Page { resources, entitlements: vec![samples::access("a1", "{}")], ..samples::page() };
    let mut lines = Vec::new();
    crate::output::JsonLines::new(&mut lines).page(&page).unwrap();
    let told = |group: &str| ProviderGroup { rule: "okta", provider: "i1".into(), text: group.into() };
    for (groups, row) in [
        (vec![], Some("what group “Core” asks of a login (Okta group Eng or Okta group Ops)")),
        (vec![told("eng")], Some("(Okta group Eng or Okta group Ops)")),
        (vec![told("Eng")], Some("what group “Core” asks of a login (Okta group Ops)")),
        (vec![told("Ops"), told("Eng")], None),
    ] {
        // The groups of `get` come from the file of a sync.
        let mut names = crate::output::Names::default();
        assert!(lines.split(|b| *b == b'\n').filter(|line| !line.is_empty()).all(|line| names.learn(line)));
        let later = Page { resources: vec![page.resources[0].clone()], ..page.clone() };
        for (mut snapshot, page) in
            [(Snapshot::default(), page.clone()), (Snapshot::with_names(names), later)]
        {
            snapshot.page(&page).unwrap();
            snapshot.note_told(groups.clone());
            let mut out = Vec::new();
            Tables::new(&snapshot, Terminal::file()).write_reach(&mut out).unwrap();
            let shown = String::from_utf8(out).unwrap();
            let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
            let who = shown.contains("whom");
            assert_eq!(who, row.is_some(), "{groups:?}: {shown}");
            assert!(shown.contains("Okta") == row.is_some(), "{groups:?}: {shown}");
        }
        let mut snapshot = Snapshot::default();
        snapshot.page(&page).unwrap();
        snapshot.note_told(groups);
        let words = Words::new(&snapshot);
        let profile = super::super::application::Profile::of(&page.resources[0]);
        let openings = super::super::application::known_at_login(&profile, words, |id| snapshot.policy(id));
        let only_if: Vec<&str> = openings.iter().map(|opening| opening.only_if.as_str()).collect();
        assert_eq!(only_if.len(), usize::from(row.is_some()), "{only_if:?}");
        assert!(only_if.iter().all(|it| it.contains(row.unwrap_or_default())), "{only_if:?}");
    }
}

#[test]
fn whoever_has_not_accepted_is_marked() {
    let account = |status| crate::contract::Account { email: None, login: None, status, last_login: None };
    let member = |id: &str, name: &str, status| Resource {
        id: samples::id("member", id),
        account: Some(account(status)),
        ..samples::user(id, name)
    };
    let page = Page {
        resources: vec![
            samples::group("g1", "Engineering"),
            member("m1", "Ann", AccountStatus::Enabled),
            member("m2", "Bob", AccountStatus::Pending),
            member("m3", "Cy", AccountStatus::Disabled),
            member("m4", "m4", AccountStatus::Pending),
        ],
        entitlements: vec![samples::membership("g1")],
        grants: vec![samples::grants(
            "g1",
            &[("member", "m1"), ("member", "m2"), ("member", "m3"), ("member", "m4")],
        )],
        ..samples::page()
    };
    let mut snapshot = Snapshot::default();
    snapshot.page(&page).unwrap();
    let shown = |snapshot: &Snapshot, ids| {
        let mut out = Vec::new();
        Tables::new(snapshot, Terminal::file()).with_ids(ids).write_held(&mut out).unwrap();
        String::from_utf8(out).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let marked = "4 members: Ann, Bob (pending), Cy (disabled), m4 (pending)";
    assert!(shown(&snapshot, false).contains(marked), "{}", shown(&snapshot, false));
    let with_ids = shown(&snapshot, true);
    for part in ["Ann (member:m1)", "Bob (pending: member:m2)", "member:m4 (pending)"] {
        assert!(with_ids.contains(part), "{part}: {with_ids}");
    }
    // A read of one role has no accounts: the file of a sync has their statuses.
    let mut lines = Vec::new();
    crate::output::JsonLines::new(&mut lines).page(&page).unwrap();
    let mut names = crate::output::Names::default();
    assert!(lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).all(|line| names.learn(line)));
    let mut later = Snapshot::with_names(names);
    let resources = vec![samples::group("g1", "Engineering")];
    later.page(&Page { resources, ..page }).unwrap();
    assert!(shown(&later, false).contains(marked), "{}", shown(&later, false));
}

#[test]
fn numbers_count_what_is_left_out() {
    let mut page = Page {
        resources: vec![samples::group("g1", "All"), samples::group("g2", "Late")],
        entitlements: vec![samples::membership("g1"), samples::membership("g2")],
        ..samples::page()
    };
    page.resources.extend((0..30_000).map(|n| samples::user(&format!("u{n}"), &format!("User {n:05}"))));
    let users = (0..30_000).map(|n| samples::id("user", &format!("u{n}"))).collect();
    page.grants = vec![Grant { principals: users, ..samples::grant("g1", "user", "u1") }];
    page.grants.push(samples::grant("g2", "user", "u1"));
    let shown = shown(page, Terminal::file());
    let note = "These tables leave out 25002 resources, but their numbers count everything:";
    assert!(shown.starts_with(note), "{shown}");
    let row = |of: &str| shown.lines().find(|line| line.starts_with(of)).unwrap_or_default().to_owned();
    assert!(row("All ").ends_with(" 30000"), "{}", row("All "));
    assert!(row("User 00001").ends_with(" 2"), "{}", row("User 00001"));
    assert!(shown.contains("… and 29800 more rows"), "{shown}");
    assert!(shown.contains("30000 users: User 00000,") && shown.contains("and 29992 more"), "{shown}");
    assert!(shown.contains("1 user: User 00001"), "{shown}");
    assert!(shown.contains("--format jsonl names them all"), "{shown}");
    assert!(shown.ends_with("30001 grants, 0 of them to unmatched emails and 0 with conditions.\n"));
}
