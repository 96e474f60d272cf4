//! `--identities cloudflare-scim`: what SCIM pushed to Cloudflare, as facts.

use super::setup::MockAndFolder;
use super::{has, run, text};
use host_test::mock::{Effect, Fault, ScimShows};
use serde_json::{Value, json};
use std::fs;
use std::process::Output;

const PAULA: &str = "paula@reseller.example";
const SCIM: [&str; 2] = ["--identities", "cloudflare-scim"];
const NOTE: &str = "cloudflare-scim: it tells of 2 groups that rules name (5 addresses).";

fn sales(setup: &MockAndFolder) -> String {
    let id = setup.mock.read(|it| it.groups.iter().find(|group| group.name == "Sales").unwrap().id.clone());
    format!("group:{id}")
}

fn extra_of_paula(output: &Output) -> Vec<Value> {
    let lines = text(&output.stdout).lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let hers = lines.filter(|it| it["type"] == "grant" && it["principal"]["id"] == PAULA);
    hers.map(|mut grant| grant["extra"].take()).collect()
}

#[test]
fn every_read_names_whom_scim_put_into_a_group() {
    let setup = MockAndFolder::company();
    let (group, paula) = (sales(&setup), format!("email:{PAULA}"));
    for arguments in [&["get", &group][..], &["held", &paula], &["sync"]] {
        let output = run(&setup, &[arguments, &SCIM].concat(), 0);
        has(text(&output.stderr), &[NOTE]);
        let told = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        has(&told, &[PAULA, "expected: Okta", "The facts come from Cloudflare SCIM (the time isn't told)."]);
        assert!(!told.contains("former.seller"), "who isn't active is in no group: {told}");
        let lines = run(&setup, &[arguments, &SCIM, &["--format", "jsonl"]].concat(), 0);
        let extra = json!({"expected": true, "source": "Cloudflare SCIM"});
        assert!(extra_of_paula(&lines).contains(&extra), "{arguments:?}");
    }
    let plan = run(&setup, &[&["offboard", PAULA, "--dry-run"][..], &SCIM].concat(), 0);
    has(text(&plan.stdout), &["Cloudflare SCIM"]);
    // A file beside it is a source of its own.
    fs::write(setup.path("okta.csv"), format!("provider,group,address\nOkta,Sales EMEA,{PAULA}\n")).unwrap();
    let both = run(
        &setup,
        &[&["get", &group, "--identities", "okta.csv", "--format", "jsonl"][..], &SCIM].concat(),
        0,
    );
    has(text(&both.stderr), &[NOTE, "okta.csv: it tells of 1 group"]);
    assert_eq!(extra_of_paula(&both)[0]["source"], "Cloudflare SCIM, okta.csv");
}

#[test]
fn a_sync_that_was_interrupted_goes_on_with_the_same_facts() {
    let setup = MockAndFolder::company();
    let whole = run(&setup, &[&["sync", "--format", "jsonl"][..], &SCIM].concat(), 0);
    let fails = Effect::Status { status: 404, code: 1, message: "no".into(), headers: vec![] };
    setup.mock.inject(Fault::on("GET", "members", fails));
    let kept = ["sync", "--format", "jsonl", "--output", "out.jsonl", "--cursor-file", "at"];
    let cut = setup.command(&[&kept[..], &SCIM].concat()).output().unwrap();
    assert_ne!(cut.status.code(), Some(0), "{cut:?}");
    setup.mock.end_faults();
    run(&setup, &[&kept[..], &SCIM].concat(), 0);
    assert_eq!(setup.read("out.jsonl"), text(&whole.stdout));
}

#[test]
fn what_cloudflare_does_not_tell_is_a_warning_with_its_exit_code() {
    let setup = MockAndFolder::company();
    setup.mock.change(|account| account.scim[0].shows = ScimShows::Nowhere);
    let group = sales(&setup);
    for arguments in [&["get", &group][..], &["sync"]] {
        let output = run(&setup, &[arguments, &SCIM].concat(), 6);
        has(text(&output.stderr), &["It doesn't show who is in", "Sales EMEA", "Nobody said who is in 2"]);
        assert!(!text(&output.stdout).contains("expected"), "{}", text(&output.stdout));
    }
    // A change says what it does, and not how much is known.
    let entitlement = format!("{group}:member");
    let plan =
        ["grant", "--entitlement", &entitlement, "--principal", "email:new@northwind.example", "--dry-run"];
    let output = run(&setup, &[&plan[..], &SCIM].concat(), 0);
    has(text(&output.stderr), &["It doesn't show who is in"]);

    setup.mock.change(|account| account.scim.clear());
    let output = run(&setup, &[&["get", &group][..], &SCIM].concat(), 0);
    has(
        text(&output.stderr),
        &[
            "has no lists of what SCIM pushed",
            "Turn SCIM on for this identity provider",
            "cloudflare-scim: it tells of no group.",
        ],
    );
    assert!(!text(&output.stderr).contains("Check the account ID"), "{}", text(&output.stderr));
}

#[test]
fn a_time_is_refused_where_no_source_can_have_one() {
    let setup = MockAndFolder::company();
    let as_of = ["--as-of", "2026-11-28T18:00:00Z"];
    let group = sales(&setup);
    setup.mock.forget_requests();
    for arguments in [&["sync"][..], &["get", &group], &["verify", &group]] {
        let output = run(&setup, &[arguments, &SCIM, &as_of].concat(), 2);
        has(text(&output.stderr), &["--as-of is the time of files", "Leave --as-of out."]);
    }
    assert_eq!(setup.mock.request_count(), 0, "it asked");
    // It is the time of the file beside it.
    fs::write(setup.path("okta.csv"), format!("provider,group,address\nOkta,Sales EMEA,{PAULA}\n")).unwrap();
    let output = run(&setup, &[&["get", &group, "--identities", "okta.csv"][..], &SCIM, &as_of].concat(), 0);
    has(text(&output.stdout), &["Cloudflare SCIM, okta.csv"]);
}

#[test]
fn what_may_not_be_read_ends_the_command_with_the_permission() {
    let setup = MockAndFolder::company();
    let refused = Effect::Status { status: 403, code: 9109, message: "no".into(), headers: vec![] };
    let route = "access/identity_providers/{id}/scim/groups";
    setup.mock.inject(Fault::on("GET", route, refused));
    let output = run(&setup, &[&["sync"][..], &SCIM].concat(), 3);
    has(text(&output.stderr), &["asking what SCIM pushed to Cloudflare", "Access: Identity Providers Read"]);
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn a_file_of_that_name_is_read_by_its_path() {
    let setup = MockAndFolder::company();
    fs::write(setup.path("cloudflare-scim"), "provider,group,address\nOkta,Sales EMEA,a@b.example\n")
        .unwrap();
    let group = sales(&setup);
    let output = run(&setup, &["get", &group, "--identities", "./cloudflare-scim"], 0);
    has(text(&output.stderr), &["cloudflare-scim: it tells of 1 group that rules name (1 address)."]);
    let sent = setup.mock.requests_by_route();
    assert!(!sent.keys().any(|route| route.contains("scim")), "{sent:?}");
}
