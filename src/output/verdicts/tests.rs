//! Subjects with all kinds of verdicts, for a person and for a program.

use super::super::samples;
use super::*;
use crate::contract::{Alternative, Verdict};
use std::collections::BTreeSet;

fn person(name: &str, claim: Claim, verdict: Verdict, agreement: Agreement) -> Compared {
    let okta = r#"{"okta":{"name":"Sales","identity_provider_id":"i1"}}"#.to_owned();
    let way = Alternative { any_of: vec![okta], all_of: vec![], none_of: vec![] };
    Compared {
        user: samples::id("user", name),
        address: format!("{name}@corp.example"),
        display_name: name.to_owned(),
        claim,
        expected: None,
        conditions: if claim == Claim::Conditional { vec![way] } else { vec![] },
        verdict,
        agreement,
    }
}

fn everybody() -> Vec<Compared> {
    vec![
        person("ann", Claim::Certain, Verdict::Approved, Agreement::Agrees),
        person("bob", Claim::Conditional, Verdict::Approved, Agreement::Depends),
        person("cay", Claim::Conditional, Verdict::Blocked, Agreement::Depends),
        person("dan\u{9b}", Claim::Certain, Verdict::Error, Agreement::NotJudged),
        Compared {
            expected: Some(true),
            ..person("eve", Claim::Conditional, Verdict::Blocked, Agreement::Unexpected)
        },
        person("fay", Claim::No, Verdict::Approved, Agreement::Impossible),
        person("gus", Claim::No, Verdict::Approved, Agreement::Changed),
    ]
}

fn shown(all: bool, ids: bool) -> String {
    let mut verified = Verified::new(samples::id("group", "g1"), all);
    verified.add(everybody());
    let mut out = Vec::new();
    verified.write(&Snapshot::default(), Terminal::file(), ids, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn those_who_deserve_a_look_come_first_and_the_others_are_counted() {
    let shown = shown(false, false);
    let counts = "7 people judged: 1 cannot be, 1 changed meanwhile, 1 not as expected, 1 not judged, \
                  2 depend on the login (1 approved, 1 blocked), 1 agrees.";
    let in_a_line = shown.replace('\n', " ");
    assert!(in_a_line.starts_with(&format!("group:g1 {counts} ")), "an id alone says nothing: {shown}");
    let places: Vec<_> = ["fay@", "gus@", "eve@", "dan\u{fffd}@"].map(|who| shown.find(who)).into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{shown}");
    for hidden in ["ann@", "bob@", "cay@"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    for meaning in ["Cannot be: ", "Changed meanwhile: ", "Not as expected: ", "Not judged: "] {
        assert!(shown.contains(meaning), "{shown}");
    }
}

#[test]
fn everybody_can_be_shown_with_ids_and_conditions() {
    let shown = shown(true, true);
    for part in
        ["agrees", "depends on the login", "may get in, is expected to", "user:bob", "Okta group Sales"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn too_many_rows_are_counted_and_those_that_cannot_be_stay() {
    let mut verified = Verified::new(samples::id("app", "a1"), true);
    verified.add(
        (0..300)
            .map(|n| person(&n.to_string(), Claim::Certain, Verdict::Approved, Agreement::Agrees))
            .collect(),
    );
    verified.add(everybody());
    let mut out = Vec::new();
    verified.write(&Snapshot::default(), Terminal::file(), false, &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("fay@") && out.contains("… and 107 more people"), "{out}");
    assert!(out.starts_with("app:a1\n307 people judged: "), "{out}");
}

#[test]
fn a_program_reads_a_line_for_each_person_and_one_for_all() {
    let mut verified = Verified::new(samples::id("group", "g1"), false);
    let subject = samples::id("group", "g1");
    let lines = String::from_utf8(verdict_lines(&subject, &everybody()).unwrap()).unwrap();
    let second = concat!(
        r#"{"type":"verdict","subject":{"kind":"group","id":"g1"},"user":{"kind":"user","id":"bob"},"#,
        r#""address":"bob@corp.example","display_name":"bob","claim":"conditional","expected":null,"#,
        r#""conditions":[{"any_of":[{"okta":{"name":"Sales","identity_provider_id":"i1"}}],"all_of":[],"#,
        r#""none_of":[]}],"verdict":"approved","agreement":"depends"}"#,
    );
    assert_eq!(lines.lines().nth(1), Some(second));
    assert_eq!((lines.lines().count(), lines.contains('\u{9b}')), (7, false));
    verified.add(everybody());
    let summary = concat!(
        r#"{"type":"verification","subject":{"kind":"group","id":"g1"},"people":7,"impossible":1,"#,
        r#""changed":1,"unexpected":1,"not_judged":1,"depends_approved":1,"depends_blocked":1,"#,
        r#""agrees":1,"facts":[{"source":"okta.csv","as_of":"2026-11-28T18:00:00Z"},"#,
        r#"{"source":"scim","as_of":null}]}"#,
        "\n",
    );
    let line = verification_line(&subject, verified.verdicts(), &sources()).unwrap();
    assert_eq!(String::from_utf8(line).unwrap(), summary);
}

#[test]
fn nobody_is_told_in_words() {
    let nobody = Verdicts::default();
    assert!(nobody.in_words().starts_with("Cloudflare judged nobody"));
    assert_eq!(nobody.of_subjects(1), "1 application or group compared, and nobody was judged.");
    let one = Verdicts { people: 1, agrees: 1, ..nobody };
    assert_eq!(one.in_words(), "1 person judged: 1 agrees.");
    assert_eq!(one.of_subjects(2), "2 applications and groups compared, 1 verdict: 1 agrees.");
}

fn sources() -> BTreeSet<ToldBy> {
    let told_by = |source: &str, as_of: Option<&str>| ToldBy {
        source: source.to_owned(),
        as_of: as_of.map(str::to_owned),
    };
    [told_by("scim", None), told_by("okta.csv", Some("2026-11-28T18:00:00Z"))].into_iter().collect()
}

#[test]
fn the_sources_of_facts_stand_under_the_table_with_their_times() {
    let limits = |sources: &BTreeSet<ToldBy>| {
        let mut out = Vec::new();
        write_limits(true, sources.iter(), Terminal::file(), &mut out).unwrap();
        String::from_utf8(out).unwrap().replace('\n', " ")
    };
    let told = "The facts come from okta.csv, as of 2026-11-28T18:00:00Z; scim (the time isn't told). Cloud";
    assert!(limits(&sources()).starts_with(told), "{}", limits(&sources()));
    assert!(!limits(&BTreeSet::new()).contains("facts"), "{}", limits(&BTreeSet::new()));
}

#[test]
fn a_heading_is_a_name_or_tells_what_the_id_is_of() {
    let mut snapshot = Snapshot::default();
    let page = crate::contract::Page { resources: vec![samples::group("g1", "Sales")], ..samples::page() };
    super::super::sink::Sink::page(&mut snapshot, &page).unwrap();
    for (id, heading) in [("g1", "Sales\ngroup:g1\nNot"), ("g2", "group:g2\nNot")] {
        let mut out = Vec::new();
        write_not_tested(&samples::id("group", id), "no", &snapshot, Terminal::file(), &mut out).unwrap();
        assert!(String::from_utf8_lossy(&out).starts_with(heading), "{}", String::from_utf8_lossy(&out));
    }
}
