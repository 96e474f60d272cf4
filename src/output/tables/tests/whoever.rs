//! Applications that are open to whoever logs in: by which policy, and on which conditions.

use super::*;

/// Returns the rows of an application's table, for a profile without and with known policies.
fn row(kind: &str, policies: &[(&str, &str)], are_known: bool) -> Vec<String> {
    let brief = |(place, (id, profile)): (usize, &(&str, &str))| {
        let profile: serde_json::Value = serde_json::from_str(profile).unwrap();
        // The last one of the list comes first.
        let precedence = policies.len() - place;
        serde_json::json!({"id": id, "name": id, "decision": profile["decision"], "precedence": precedence})
    };
    let briefs: Vec<serde_json::Value> = policies.iter().enumerate().map(brief).collect();
    let profile = serde_json::json!({"type": kind, "policies": briefs}).to_string();
    let mut resources = vec![samples::app("a1", "Wiki", &profile)];
    let whole = policies
        .iter()
        .filter(|_| are_known)
        .map(|(id, profile)| Resource { id: samples::id("policy", id), ..samples::app("p", id, profile) });
    resources.extend(whole);
    let page = Page {
        resources,
        entitlements: vec![samples::access("a1", r#"{"whoever_logs_in":true}"#)],
        ..samples::page()
    };
    let mut snapshot = Snapshot::default();
    snapshot.page(&page).unwrap();
    let mut out = Vec::new();
    Tables::new(&snapshot, Terminal::file().with_width(200)).write_reach(&mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    let rows = shown.lines().skip(3).take_while(|line| !line.is_empty());
    rows.map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

const EVERYONE: &str = r#"{"decision":"allow","include":[{"everyone":{}}]}"#;
const WITHOUT_RISK: &str = r#"{"decision":"allow","include":[{"everyone":{}}],
    "exclude":[{"geo":{"country_code":"RU"}}]}"#;
const BY_LOGIN: &str = r#"{"decision":"allow","include":[{"login_method":{"id":"i1"}},
    {"email":{"email":"a@b"}},{"login_method":{"id":"i2"}}]}"#;
const BLOCK: &str = r#"{"decision":"deny","include":[{"geo":{"country_code":"KP"}}]}"#;
const BLOCK_ALL: &str = r#"{"decision":"deny","include":[{"everyone":{}}]}"#;
const BLOCK_MOST: &str = r#"{"decision":"deny","include":[{"everyone":{}}],
    "exclude":[{"geo":{"country_code":"NO"}}]}"#;
const APPROVED: &str = r#"{"decision":"allow","include":[{"everyone":{}}],"approval_required":true}"#;
const REQUIRED: &str = r#"{"decision":"allow","include":[{"everyone":{}}],
    "require":[{"geo":{"country_code":"NO"}}]}"#;
const GENERAL: &str = "Wiki whoever logs in a policy asks for nothing but a login no rule excludes them, and \
                       no policy before it blocks them";

#[test]
fn the_policy_that_lets_them_in_is_named_with_what_keeps_somebody_out() {
    for (policies, expected) in [
        (&[("p1", EVERYONE)][..], &["Wiki whoever logs in Allow, by policy p1"][..]),
        (&[("p1", WITHOUT_RISK)], &["Wiki whoever logs in Allow, by policy p1 no rule excludes them"]),
        (
            &[("p1", BY_LOGIN), ("p2", BLOCK)],
            &["Wiki whoever logs in Allow, by policy p1 login with provider i1 or login with provider i2, \
               and no policy before it blocks them"],
        ),
        (&[("p1", BLOCK), ("p2", EVERYONE)], &["Wiki whoever logs in Allow, by policy p2"]),
        (
            &[("p1", EVERYONE), ("p2", BLOCK_MOST)],
            &["Wiki whoever logs in Allow, by policy p1 no policy before it blocks them"],
        ),
        (
            &[("p1", EVERYONE), ("p2", BLOCK_ALL), ("p3", BY_LOGIN), ("p4", APPROVED), ("p5", REQUIRED)],
            &["Wiki whoever logs in Allow, by policy p3 login with provider i1 or login with provider i2"],
        ),
        (
            &[("p1", EVERYONE), ("p2", BY_LOGIN)],
            &[
                "Wiki whoever logs in Allow, by policy p2 login with provider i1 or login with provider i2",
                "whoever logs in Allow, by policy p1",
            ],
        ),
    ] {
        assert_eq!(row("self_hosted", policies, true), expected, "{policies:?}");
        assert_eq!(row("self_hosted", policies, false), [GENERAL], "{policies:?}");
    }
}

#[test]
fn a_type_and_a_bookmark_without_policies_need_none() {
    let expected = "Wiki whoever logs in an application of this type is for everybody";
    assert_eq!(row("end_user", &[], true), [expected]);
    assert_eq!(row("bookmark", &[], true), ["Wiki whoever logs in no policy hides it"]);
    assert_eq!(row("bookmark", &[("p1", EVERYONE)], true), ["Wiki whoever logs in Allow, by policy p1"]);
    assert_eq!(row("bookmark", &[("p1", EVERYONE)], false), [GENERAL]);
}
