//! Facts about people whom only their identity provider knows: what is wanted, the files, and what becomes
//! of them.

use super::setup::MockAndFolder;
use super::{assert_exit, has, text};
use host_test::mock::{Account, Effect, Fault};
use serde_json::{Value, json};
use std::fs;
use std::process::Output;

const HEADER: &str = "provider,group,address";
const JONAS: &str = "jonas.weber@northwind.example";
const PAULA: &str = "paula@reseller.example";
const AS_OF: &str = "2026-11-28T18:00:00Z";

fn lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn sales(account: &Account) -> String {
    account.groups.iter().find(|group| group.name == "Sales").unwrap().id.clone()
}

/// The company, and a file that says who is in a group of its identity provider.
fn company_and_file() -> MockAndFolder {
    let setup = MockAndFolder::company();
    let rows =
        [HEADER, &format!("Okta,Sales EMEA,{JONAS}"), &format!("okta,Sales EMEA,{}", PAULA.to_uppercase())];
    fs::write(setup.path("okta.csv"), rows.join("\n")).unwrap();
    setup
}

/// Runs a command, which has to end well.
fn run(setup: &MockAndFolder, arguments: &[&str]) -> Output {
    super::run(setup, arguments, 0)
}

#[test]
fn what_is_wanted_is_a_table_lines_or_a_file_to_be_filled() {
    let setup = MockAndFolder::company();
    let provider = setup.mock.read(|account| account.identity_providers[0].id.clone());
    let group = setup.mock.read(sales);
    let table = run(&setup, &["identities", "wanted"]);
    has(text(&table.stdout), &["Okta", "Sales EMEA", "Sales Americas", "--identities FILE", &group[..8]]);
    assert_eq!(text(&table.stderr), "");
    run(&setup, &["sync", "--format", "jsonl", "--output", "names.jsonl"]);
    let named = run(&setup, &["identities", "wanted", "--names", "names.jsonl"]);
    has(text(&named.stdout), &["group “Sales”"]);

    let told = lines(&run(&setup, &["identities", "wanted", "--format", "jsonl"]));
    let wanted = told.iter().find(|line| line["group"] == "Sales EMEA").unwrap();
    assert_eq!((&wanted["type"], &wanted["rule"]), (&"wanted_group".into(), &"okta".into()));
    assert_eq!((&wanted["provider"]["id"], &wanted["provider_name"]), (&provider.into(), &"Okta".into()));
    assert_eq!(wanted["used_by"][0]["id"], *group);

    // The file is read as it is written, and says that nobody is in any of them.
    let file = run(&setup, &["identities", "wanted", "--format", "csv"]);
    assert!(text(&file.stdout).starts_with("provider,group,address\nOkta,Sales "), "{file:?}");
    fs::write(setup.path("empty.csv"), &file.stdout).unwrap();
    let held = run(&setup, &["get", &format!("group:{group}"), "--identities", "empty.csv"]);
    has(text(&held.stderr), &["empty.csv: it tells of 2 groups that rules name (0 addresses)."]);
    assert!(!text(&held.stderr).contains("Nobody said"), "{}", text(&held.stderr));
    let nobody = "empty.csv: it has only rows without an address for “Sales Americas”, “Sales EMEA”, which \
                  says that nobody is in these groups.";
    has(text(&held.stderr), &[nobody, "delete the row of a group that you know nothing about"]);
}

#[test]
fn an_application_tells_of_people_whom_only_a_group_of_a_group_knows() {
    let setup = MockAndFolder::company();
    run(&setup, &["sync", "--format", "jsonl", "--output", "names.jsonl"]);
    let desk = |arguments: &[&str]| {
        let get = ["get", "app:Support desk", "--names", "names.jsonl"];
        let told = run(&setup, &[&get[..], arguments].concat());
        text(&told.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    // Lines of cells break anywhere. Nothing else of the application has these words.
    has(&desk(&[]), &["EMEA", "Americas"]);
    let reach = |arguments: &[&str]| {
        let told = run(&setup, arguments);
        text(&told.stdout).split_once("Who can reach which application").unwrap().1.to_owned()
    };
    has(&reach(&["sync"]), &["EMEA", "Americas"]);
    // Once somebody told who is in both, these people have rows.
    let rows = format!("{HEADER}\nOkta,Sales EMEA,{PAULA}\nOkta,Sales Americas,{PAULA}\n");
    fs::write(setup.path("both.csv"), rows).unwrap();
    let told = desk(&["--identities", "both.csv"]);
    assert!(!told.contains("EMEA") && !told.contains("Americas") && told.contains("paula"), "{told}");
    let told = reach(&["sync", "--identities", "both.csv"]);
    assert!(!told.contains("Americas") && told.contains("paula"), "{told}");
}

#[test]
fn without_the_right_to_read_providers_the_list_has_a_sentence_of_its_own() {
    let setup = MockAndFolder::company();
    let refused = Effect::Status { status: 403, code: 9109, message: "no".into(), headers: vec![] };
    setup.mock.inject(Fault::on("GET", "access/identity_providers", refused));
    let output = run(&setup, &["identities", "wanted"]);
    has(text(&output.stderr), &["their ids stand in the place of names", "providers-not-readable"]);
    assert!(!text(&output.stderr).contains("its grants"), "{}", text(&output.stderr));
}

#[test]
fn a_time_to_come_is_told() {
    let setup = company_and_file();
    let group = format!("group:{}", setup.mock.read(sales));
    let facts = ["--identities", "okta.csv", "--as-of", "2999-01-01T00:00:00Z"];
    let output = run(&setup, &[&["get", &group][..], &facts].concat());
    has(text(&output.stderr), &["okta.csv: its time, 2999-01-01T00:00:00Z, is in the future."]);
}

#[test]
fn what_may_not_be_read_is_told_with_its_exit_code() {
    let setup = MockAndFolder::company();
    let refused = || Effect::Status { status: 403, code: 9109, message: "no".into(), headers: vec![] };
    setup.mock.inject(Fault::on("GET", "access/apps", refused()));
    for (format, exit) in [("table", 6), ("jsonl", 6), ("csv", 6)] {
        let output = setup.command(&["identities", "wanted", "--format", format]).output().unwrap();
        assert_exit(&output, exit);
        has(text(&output.stderr), &["applications"]);
    }
}

#[test]
fn every_read_shows_who_is_expected_and_according_to_whom() {
    let setup = company_and_file();
    let group = format!("group:{}", setup.mock.read(sales));
    let facts = ["--identities", "okta.csv", "--as-of", AS_OF];
    let note = "okta.csv: it tells of 1 group that rules name (2 addresses).";
    let missing = "Nobody said who is in 1 of the 2 groups of identity providers that rules name.";
    let sentence = "The facts come from okta.csv, as of 2026-11-28T18:00:00Z.";
    let paula = format!("email:{PAULA}");
    for arguments in [&["get", &group][..], &["held", &paula], &["sync"]] {
        let output = run(&setup, &[arguments, &facts].concat());
        has(text(&output.stderr), &[note, missing]);
        has(&text(&output.stdout).replace('\n', " "), &["expected: Okta", sentence]);
        let output = run(&setup, &[arguments, &facts, &["--format", "jsonl"]].concat());
        let of_paula =
            lines(&output).into_iter().filter(|it| it["type"] == "grant" && it["principal"]["id"] == PAULA);
        let extra: Vec<Value> = of_paula.map(|mut grant| grant["extra"].take()).collect();
        let expected = json!({"expected": true, "source": "okta.csv", "as_of": AS_OF});
        assert!(extra.contains(&expected), "{arguments:?}: {extra:?}");
    }
    // Without the file, nobody knows her.
    let without = run(&setup, &["sync", "--format", "jsonl"]);
    assert!(!text(&without.stdout).contains(PAULA) && !text(&without.stdout).contains("\"expected\""));
    let csv = run(&setup, &[&["sync", "--format", "csv"][..], &facts].concat());
    has(
        text(&csv.stdout),
        &[r#""{""expected"":true,""source"":""okta.csv"",""as_of"":""2026-11-28T18:00:00Z""}""#],
    );
}

#[test]
fn a_plan_says_what_a_person_has_by_facts() {
    let setup = company_and_file();
    let entitlement = format!("group:{}:member", setup.mock.read(sales));
    let principal = format!("email:{PAULA}");
    let facts = ["--identities", "okta.csv"];
    let grant = ["grant", "--entitlement", &entitlement, "--principal", &principal, "--dry-run"];
    let output = run(&setup, &[&grant[..], &facts].concat());
    has(text(&output.stderr), &["okta.csv: it tells of 1 group"]);
    has(text(&output.stdout), &["gained group:", "(Okta group Sales EMEA; named by address)"]);
    let plan = run(&setup, &[&["offboard", PAULA, "--dry-run"][..], &facts].concat());
    has(&text(&plan.stdout).replace("\n   ", ""), &["okta.csv", "“Sales”"]);
    assert!(!text(&run(&setup, &["offboard", PAULA, "--dry-run"]).stdout).contains("okta.csv"));
    let change = json!({
        "operation": "revoke",
        "entitlement": entitlement,
        "principal": {"kind": "email", "id": PAULA},
    });
    fs::write(setup.path("changes.jsonl"), change.to_string()).unwrap();
    for arguments in [
        &["apply", "--file", "changes.jsonl", "--dry-run"][..],
        &["revoke", "--entitlement", &entitlement, "--principal", &principal, "--dry-run"],
    ] {
        let output = setup.command(&[arguments, &facts].concat()).output().unwrap();
        has(text(&output.stderr), &["okta.csv: it tells of 1 group"]);
    }
}

#[test]
fn what_is_left_out_is_told() {
    let setup = MockAndFolder::company();
    let group = format!("group:{}", setup.mock.read(sales));
    for (rows, parts) in [
        (
            &["Okta,Sales EMEA,a@corp.example", "Okta,Nobody,a@corp.example", "okta,Else,b@corp.example"][..],
            &["1 group that rules name (1 address); 2 other groups are left out, because no rule"][..],
        ),
        (
            &["Okta,Sales emea,a@corp.example"],
            &["no rule names its group, so it is left out. `identities wanted`"],
        ),
        (
            &["Okta,a,a@corp.example", "okta,b,"],
            &["no rule names any of its 2 groups", "Nobody said who is in 2 of the 2 groups"],
        ),
        (
            &["Ping,Sales EMEA,a@corp.example"],
            &["1 row about a provider that no rule names is left out. Rules name groups of “Okta” (okta)."],
        ),
        (&[], &["facts.csv: it tells of no group."]),
    ] {
        fs::write(setup.path("facts.csv"), [&[HEADER], rows].concat().join("\n")).unwrap();
        let output = run(&setup, &["get", &group, "--identities", "facts.csv"]);
        has(text(&output.stderr), parts);
    }
    fs::write(setup.path("facts.csv"), format!("{HEADER}\nokta,Sales EMEA,a@corp.example")).unwrap();
    fs::write(setup.path("other.jsonl"), r#"{"provider":"okta","group":"Sales Americas","address":""}"#)
        .unwrap();
    let both = ["get", &group, "--identities", "facts.csv", "--identities", "other.jsonl"];
    let output = run(&setup, &both);
    has(text(&output.stderr), &["facts.csv: it tells of 1 group", "other.jsonl: it tells of 1 group"]);
    assert!(!text(&output.stderr).contains("Nobody said"));
}

#[test]
fn a_mistake_is_told_before_anything_is_asked() {
    let setup = company_and_file();
    fs::write(setup.path("bad.csv"), format!("{HEADER}\nOkta,Sales EMEA,canary-0f9e8d7c6b5a")).unwrap();
    let group = format!("group:{}", setup.mock.read(sales));
    setup.mock.forget_requests();
    for (arguments, part) in [
        (
            &["--identities", "bad.csv"][..],
            "--identities: bad.csv, line 2: `address` isn't one plain address",
        ),
        (&["--identities", "none.csv"], "--identities: none.csv: it can't be read"),
        (&["--identities", "okta.csv", "--as-of", "yesterday"], "it is no time in RFC 3339"),
        (&["--as-of", AS_OF], "these arguments are missing:\n  --identities <FILE>"),
        (&["--identities", "-", "--identities", "-"], "Standard input can't hold both"),
        (&["--identities", "-", "--names", "-"], "Standard input can't hold both"),
        (&["--identities", "-", "--api-token-file", "-"], "Standard input can't hold both"),
    ] {
        let output = setup.command(&[&["get", &group][..], arguments].concat()).output().unwrap();
        assert_exit(&output, 2);
        let told = text(&output.stderr);
        assert!(told.contains(part) && !told.contains("canary"), "{arguments:?}: {told}");
    }
    // A file that is read can't be replaced by the result.
    let replaced = ["sync", "--format", "jsonl", "--identities", "okta.csv", "--output", "okta.csv"];
    let output = setup.command(&replaced).output().unwrap();
    assert_exit(&output, 2);
    has(text(&output.stderr), &["--output", "--identities"]);
    assert!(setup.read("okta.csv").starts_with(HEADER));
    assert!(setup.mock.requests_by_route().is_empty(), "it asked");
}

#[test]
fn a_sync_goes_on_with_the_same_facts_and_starts_again_with_others() {
    let setup = company_and_file();
    setup.mock.configure(|options| _ = options.max_per_page.insert("access/users".to_owned(), 10));
    let sync = |facts: &str| {
        setup
            .sync(&["--format", "jsonl", "--output", "out", "--cursor-file", "cursor", "--identities", facts])
            .output()
            .unwrap()
    };
    let refused = || Effect::Status { status: 400, code: 1, message: "no".into(), headers: vec![] };
    let whole = setup.sync(&["--format", "jsonl", "--identities", "okta.csv"]).output().unwrap();
    fs::write(setup.path("other.csv"), format!("{HEADER}\nokta,Sales Americas,{JONAS}")).unwrap();
    for (second, starts_again) in [("okta.csv", false), ("other.csv", true)] {
        setup.mock.inject(Fault::on("GET", "access/users", refused()).at_page(2));
        let output = sync("okta.csv");
        assert!(!output.status.success() && setup.path("cursor").exists(), "{}", text(&output.stderr));
        setup.mock.end_faults();
        let output = sync(second);
        assert_exit(&output, 0);
        let told = text(&output.stderr);
        assert_eq!(told.contains("starts again: it began with other facts"), starts_again, "{told}");
        assert!(!told.contains("identities.learn"), "{told}");
        let result = setup.read("out");
        if starts_again {
            has(&result, &[r#""source":"other.csv""#]);
            assert!(!result.contains("okta.csv"));
        } else {
            assert_eq!(result, text(&whole.stdout));
        }
    }
}

/// Files that baton's own code wrote.
#[cfg(feature = "c1z")]
mod baton {
    use super::*;
    use host_test::mock::IdentityProvider;

    fn file(name: &str) -> String {
        format!("{}/tests/common/c1z/{name}", env!("CARGO_MANIFEST_DIR"))
    }

    /// The company with a rule about a group that is in the file of Okta's connector.
    fn company_with_finance() -> (MockAndFolder, String) {
        let setup = MockAndFolder::company();
        let group = setup.mock.change(|account| {
            let okta = account.identity_providers[0].id.clone();
            let finance = json!({"okta": {"name": "Finance", "identity_provider_id": okta}});
            let group = account.groups.iter_mut().find(|group| group.name == "Sales").unwrap();
            group.include.as_mut().unwrap().push(finance);
            format!("group:{}", group.id)
        });
        fs::copy(file("okta.c1z"), setup.path("okta.c1z")).unwrap();
        (setup, group)
    }

    #[test]
    fn a_file_of_baton_is_about_the_only_provider_that_it_can_be_about() {
        let (setup, group) = company_with_finance();
        let output = run(&setup, &["get", &group, "--identities", "okta.c1z", "--format", "jsonl"]);
        has(
            text(&output.stderr),
            &[
                "okta.c1z: 1 member of its groups has no address in it, and is left out.",
                "okta.c1z: it tells of 1 group that rules name (4 addresses); 3 other groups are left out",
            ],
        );
        let eve =
            lines(&output).into_iter().find(|line| line["principal"]["id"] == "eve@corp.example").unwrap();
        let extra = json!({"expected": true, "source": "okta.c1z", "as_of": "2026-11-29T05:34:01Z"});
        assert_eq!(eve["extra"], extra);
        run(&setup, &["sync", "--format", "c1z", "--output", "out.c1z", "--identities", "okta.c1z"]);
    }

    #[test]
    fn a_file_of_baton_is_assigned_by_hand_where_it_can_be_about_several() {
        let (setup, group) = company_with_finance();
        setup.mock.change(|account| {
            let other = IdentityProvider {
                name: Some("Okta of Partners".into()),
                ..account.identity_providers[0].clone()
            };
            let id = "0a0a0a0a-0000-4000-8000-000000000001".to_owned();
            let rule = json!({"okta": {"name": "Finance", "identity_provider_id": id}});
            account.identity_providers.push(IdentityProvider { id, ..other });
            account.groups[0].include.as_mut().unwrap().push(rule);
        });
        let facts = ["get", &group, "--identities", "okta.c1z"];
        let output = setup.command(&facts).output().unwrap();
        assert_exit(&output, 2);
        has(
            text(&output.stderr),
            &["“Okta of Partners” (okta, ", "Say which it is about, with --provider NAME=FILE"],
        );
        let output = run(&setup, &[&facts[..], &["--provider", "Okta=okta.c1z"]].concat());
        has(text(&output.stdout), &["eve@corp.example", "expected: "]);
        let output = run(&setup, &[&facts[..], &["--provider", "okta of partners=okta.c1z"]].concat());
        assert!(!text(&output.stdout).contains("eve@corp.example"), "{}", text(&output.stdout));
    }

    #[test]
    fn a_wrong_file_or_a_wrong_assignment_is_told_before_anything_is_asked() {
        let (setup, group) = company_with_finance();
        fs::copy(file("unfinished.c1z"), setup.path("unfinished.c1z")).unwrap();
        fs::write(setup.path("okta.csv"), HEADER).unwrap();
        setup.mock.forget_requests();
        for (arguments, part) in [
            (&["--identities", "unfinished.c1z"][..], "--identities: unfinished.c1z: it has no full sync"),
            (&["--identities", "okta.c1z", "--provider", "Okta"], "--provider: it is no NAME=FILE"),
            (&["--identities", "okta.csv", "--provider", "Okta=okta.csv"], "rows of CSV and JSON Lines name"),
            (&["--provider", "Okta=okta.c1z"], "these arguments are missing: --identities <FILE>"),
        ] {
            let output = setup.command(&[&["get", &group][..], arguments].concat()).output().unwrap();
            assert_exit(&output, 2);
            has(text(&output.stderr), &[part]);
        }
        assert!(setup.mock.requests_by_route().is_empty(), "it asked");
        let given = ["get", &group, "--identities", "okta.c1z", "--provider", "saml=okta.c1z"];
        let output = setup.command(&given).output().unwrap();
        assert_exit(&output, 2);
        let told = text(&output.stderr);
        has(
            told,
            &["no rule names a group of this identity provider. Rules name groups of “Okta” (okta).\n"],
        );
    }
}
