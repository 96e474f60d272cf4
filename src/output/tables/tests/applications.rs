//! Tables of applications, and of what belongs to them.

use super::super::super::holdings::Holdings;
use super::*;
use crate::contract::Basis;

const KINDS: [&str; 9] =
    ["identity-provider", "group", "policy", "app", "role", "service-token", "member", "user", "email"];

const PAYROLL: &str = r#"{"type":"self_hosted","domain":"payroll.corp.example",
    "destinations":[{"type":"public","uri":"payroll.corp.example"},
        {"type":"private","cidr":"10.0.0.0/8","port_range":"443","l4_protocol":"tcp"},
        {"type":"worker","worker_id":"w1"},{"type":"public","uri":"pay.corp.example"}],
    "policies":[{"id":"p1","name":"Staff","decision":"allow"}]}"#;
const STATUS: &str = r#"{"type":"self_hosted","domain":"status.corp.example"}"#;
const STATUS_EXTRA: &str = r#"{"open_to":[
    {"policy":"p2","decision":"bypass","any_of":[{"everyone":{}}],"all_of":[],"none_of":[]},
    {"policy":"p3","decision":"non_identity","any_of":[{"ip":{"ip":"192.0.2.0/24"}}],"all_of":[],
        "none_of":[{"geo":{"country_code":"RU"}}]}],"public":true}"#;

fn resource(kind: &str, id: &str, name: &str, profile: &str) -> Resource {
    Resource { id: samples::id(kind, id), ..samples::app(id, name, profile) }
}

fn company() -> Page {
    let mut conditional = samples::accesses("a1", &[("member", "m1")]);
    let way = |rule: &str| Alternative {
        any_of: vec![],
        all_of: vec![rule.to_owned()],
        none_of: vec![r#"{"policy":{"id":"p4"}}"#.to_owned()],
    };
    conditional.conditions = vec![way(r#"{"allowed_idps":["i1"]}"#), way(r#"{"geo":{"country_code":"NO"}}"#)];
    let mut to_token = samples::accesses("a1", &[("service-token", "t1")]);
    to_token.basis[0].rule = "service_token".to_owned();
    to_token.basis[0].value = "t1".to_owned();
    let scoped = resource(
        "policy",
        "p3",
        "Probes",
        r#"{"decision":"non_identity","include":[{"ip":{"ip":"192.0.2.0/24"}}]}"#,
    );
    Page {
        resources: vec![
            resource("identity-provider", "i1", "Corporate Okta", r#"{"type":"okta"}"#),
            samples::group("g1", "Engineering"),
            resource(
                "policy",
                "p1",
                "Staff",
                r#"{"decision":"allow",
                    "include":[{"email_domain":{"domain":"corp.example"}},{"group":{"id":"g1"}}],
                    "require":[{"login_method":{"id":"i1"}}],"exclude":[],"approval_required":true,
                    "approval_groups":[{"approvals_needed":1,"email_addresses":["boss@corp.example"]}],
                    "app_count":2}"#,
            ),
            resource("policy", "p2", "World", r#"{"decision":"bypass","include":[{"everyone":{}}]}"#),
            resource(
                "policy",
                "p4",
                "Not from elsewhere",
                r#"{"decision":"deny",
                    "include":[{"geo":{"country_code":"KP"}},{"geo":{"country_code":"RU"}}]}"#,
            ),
            samples::app("a1", "Payroll", PAYROLL),
            samples::app("a2", "Status page", STATUS),
            Resource { parent: Some(samples::id("app", "a2")), ..scoped },
            samples::app("a3", "Portal", r#"{"type":"end_user"}"#),
            resource(
                "service-token",
                "t1",
                "CI",
                r#"{"enabled":false,"expires_at":"2031-01-02T00:00:00Z",
                    "last_seen_at":"2026-11-01T08:00:00Z"}"#,
            ),
            resource("member", "m1", "Zoë", "{}"),
            samples::user("u1", "Ann"),
            samples::user("u2", "Bob"),
        ],
        entitlements: vec![
            samples::membership("g1"),
            samples::access("a1", "{}"),
            samples::access("a2", STATUS_EXTRA),
            samples::access("a3", r#"{"whoever_logs_in":true}"#),
        ],
        grants: vec![
            samples::grant("g1", "user", "u1"),
            samples::accesses("a1", &[("user", "u1"), ("user", "u2")]),
            conditional,
            to_token,
        ],
        ..samples::page()
    }
}

fn shown_in(width: u16, ids: bool, page: Page) -> String {
    let kinds = KINDS.map(str::to_owned);
    let mut snapshot = Snapshot::default();
    snapshot.page(&page).unwrap();
    let mut out = Vec::new();
    let tables = Tables::new(&snapshot, Terminal::file().with_width(width));
    tables.with_kinds(&kinds).with_ids(ids).write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn who_reaches_which_application_and_why() {
    let shown = shown_in(150, false, company());
    assert_eq!(shown, include_str!("applications.txt"), "{shown}");
}

#[test]
fn they_fit_the_width() {
    for width in [60, 80, 100, 120, 200] {
        for line in shown_in(width, false, company()).lines() {
            assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
        }
    }
}

#[test]
fn ids_are_those_that_other_commands_take() {
    let shown = shown_in(250, true, company());
    for id in [
        "app:a1 ",
        "app:a1:access",
        "policy:p1",
        "identity-provider:i1",
        "service-token:t1",
        "Ann (user:u1)",
        "CI (service-token:t1)",
    ] {
        assert!(shown.contains(id), "{id} is missing from {shown}");
    }
}

#[test]
fn nothing_that_strangers_named_acts_on_the_terminal() {
    let hostile = "Eve\x1b[2J\u{202e}\nroot";
    let json = serde_json::json!(hostile).to_string();
    let mut page = company();
    for resource in &mut page.resources {
        resource.display_name = hostile.to_owned();
        let everywhere =
            ["corp.example", "okta", "self_hosted", "end_user", "allow", "non_identity", "private"];
        for text in everywhere {
            resource.profile = resource.profile.replace(&format!("\"{text}\""), &json);
        }
        resource.profile = resource.profile.replace("\"payroll.corp.example\"", &json);
    }
    for entitlement in &mut page.entitlements {
        let extra = entitlement.extra.replace("\"192.0.2.0/24\"", &json).replace("\"p3\"", &json);
        entitlement.extra = extra.replace("\"non_identity\"", &json);
    }
    for grant in &mut page.grants {
        for Basis { value, through, .. } in &mut grant.basis {
            *value = hostile.to_owned();
            *through = Some(samples::id(hostile, hostile));
        }
        for way in &mut grant.conditions {
            way.none_of.push(format!(r#"{{"approval_required":[{{"email_addresses":[{json}]}}]}}"#));
            way.none_of.push(format!(r#"{{"allowed_idps":[{json}]}}"#));
        }
    }
    for (width, ids) in [(120, false), (120, true), (5_000, true)] {
        let shown = shown_in(width, ids, page.clone());
        let acts = |c: &char| *c != '\n' && (c.is_control() || *c == '\u{202e}');
        assert_eq!(shown.chars().find(acts), None, "{shown:?}");
        // In a narrow table, a line can begin with the last word of a name.
        assert!(width == 120 || !shown.lines().any(|line| line.starts_with("root")), "{shown}");
    }
}

#[test]
fn a_big_account_s_public_applications_are_all_named_or_counted() {
    let mut page = company();
    for n in 0..500 {
        let id = format!("x{n}");
        page.resources.push(samples::app(&id, &format!("App {n:03}"), STATUS));
        let extra = if n % 50 == 49 { STATUS_EXTRA } else { "{}" };
        page.entitlements.push(samples::access(&id, extra));
        page.grants.push(samples::accesses(&id, &[("user", "u1"), ("user", "u2")]));
    }
    let shown = shown_in(150, false, page);
    let in_a_line = shown.replace('\n', " ");
    assert!(in_a_line.contains("without a login: “Status page”, “App 049”"), "{shown}");
    assert!(in_a_line.contains("“App 349”, 3 more."), "{shown}");
    assert!(shown.contains("… and 303 more rows"), "{shown}");
    assert!(shown.contains("503 applications (11 public)"), "{shown}");
    let row = shown.lines().find(|line| line.starts_with("Ann ")).unwrap();
    assert!(row.ends_with(" 501"), "{row}");
    assert!(shown.lines().count() < 700, "{}", shown.lines().count());
}

#[test]
fn a_policy_for_services_that_asks_for_nothing_is_as_public_as_a_bypass() {
    let mut page = company();
    let open = r#"{"open_to":[{"policy":"p3","decision":"non_identity",
        "any_of":[{"ip":{"ip":"192.0.2.0/24"}},{"everyone":{}}],"all_of":[],"none_of":[]}]}"#;
    for (extra, is_public) in
        [(open.to_owned(), true), (open.replace(r#""none_of":[]"#, r#""none_of":[{"geo":{}}]"#), false)]
    {
        page.entitlements[1].extra = extra;
        let shown = shown_in(150, false, page.clone());
        assert_eq!(shown.contains("3 applications (2 public)"), is_public, "{shown}");
        assert_eq!(shown.contains("without a login: “Payroll”, “Status page”."), is_public, "{shown}");
        let reach = shown.lines().rfind(|line| line.starts_with("Payroll ")).unwrap();
        assert_eq!(reach.contains("PUBLIC: anybody, without a login  Service Auth"), is_public, "{shown}");
    }
}

#[test]
fn names_of_policies_come_from_their_applications_too() {
    let mut page = company();
    page.resources.retain(|resource| resource.id.kind != "policy");
    let shown = shown_in(150, false, page);
    assert!(shown.contains("email domain corp.example, by policy “Staff”"), "{shown}");
}

#[test]
fn everything_that_one_principal_holds() {
    let mut page = company();
    let wanted =
        |resource: &Resource| ["g1", "a1", "u1", "m1", "i1", "p4"].contains(&resource.id.id.as_str());
    page.resources.retain(wanted);
    page.grants.remove(3);
    page.grants[1].principals.remove(1);
    let mut snapshot = Snapshot::default();
    snapshot.page(&page).unwrap();
    let mut out = Vec::new();
    Holdings::new(&snapshot, Terminal::file().with_width(150)).write(&mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    assert_eq!(shown, include_str!("holdings.txt"), "{shown}");
}

#[test]
fn somebody_who_holds_nothing() {
    let mut snapshot = Snapshot::default();
    snapshot.page(&Page { resources: vec![samples::user("u1", "Ann")], ..samples::page() }).unwrap();
    let mut out = Vec::new();
    Holdings::new(&snapshot, Terminal::file()).with_ids(true).write(&mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = "What they hold, and why nothing They hold nothing. Not listed: applications that are open to \
               everybody, and those that only a login opens, for example by a group of an identity provider.";
    assert!(shown.ends_with(end), "{shown}");
}

#[test]
fn a_token_that_holds_nothing_says_why() {
    for (profile, why) in [
        (r#"{"enabled":true,"expires_at":"2001-01-01T00:00:00Z"}"#, "expired: nobody gets in with it\n"),
        (r#"{"enabled":false}"#, "disabled: nobody gets in with it\n"),
        (r#"{"enabled":true}"#, ""),
    ] {
        let mut snapshot = Snapshot::default();
        let token = resource("service-token", "t1", "CI", profile);
        snapshot.page(&Page { resources: vec![token], ..samples::page() }).unwrap();
        let mut out = Vec::new();
        Holdings::new(&snapshot, Terminal::file()).write(&mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert!(shown.starts_with(&format!("CI\nservice token, service-token:t1\n{why}\n")), "{shown}");
        let end = "What it holds, and why\nnothing\n\nIt holds nothing.\nNot listed: applications that are \
                   open to everybody, or on conditions that name no token.\n";
        assert!(shown.ends_with(end), "{shown}");
    }
}
