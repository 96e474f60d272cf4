//! `verify`: Cloudflare's verdict beside what the rules say.

use super::setup::MockAndFolder;
use super::{assert_exit, has, host_test, run, text};
use host_test::mock::{Account, Effect, Fault, Permission, Token};
use serde_json::{Value, json};
use std::fs;
use std::process::Output;

const JONAS: &str = "jonas.weber@northwind.example";
const MARCUS: &str = "marcus.adeyemi@northwind.example";
const HENRIK: &str = "henrik.dahl@northwind.example";
const ROUTE: &str = "access/policy-tests";

fn lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn group(account: &Account, name: &str) -> String {
    format!("group:{}", account.groups.iter().find(|group| group.name == name).unwrap().id)
}

fn app(account: &Account, name: &str) -> String {
    let of = account.applications.iter().find(|app| app.name.as_deref() == Some(name)).unwrap();
    format!("app:{}", of.id)
}

fn user(account: &Account, address: &str) -> String {
    account.users.iter().find(|user| user.email.as_deref() == Some(address)).unwrap().id.clone()
}

/// Makes the tester say of this person what isn't so.
fn lie(setup: &MockAndFolder, address: &str, word: &str) {
    setup.mock.change(|account| {
        let id = user(account, address);
        account.policy_tester.lies.insert(id, word.to_owned());
    });
}

#[test]
fn a_person_reads_the_numbers_and_what_the_tester_cannot_tell() {
    let setup = MockAndFolder::company();
    let sales = setup.mock.read(|account| group(account, "Sales"));
    let output = run(&setup, &["verify", &sales], 0);
    let told = "31 people judged: 28 depend on the login (2 approved, 26 blocked), 3 agree.";
    has(text(&output.stdout), &[told, &sales, "judges the last login of everybody", "nothing of others"]);
    assert!(!text(&output.stdout).contains("Marcus Adeyemi"), "{}", text(&output.stdout));
    assert_eq!(
        text(&output.stderr),
        "1 application or group compared, 31 verdicts: 28 depend on the login (2 approved, 26 blocked), \
         3 agree.\n"
    );
    let all = run(&setup, &["verify", &sales, "--everybody", "--ids"], 0);
    let parts = ["depends on", "the login", "Marcus Adeyemi,", "may get in", "agrees", "user:"];
    has(text(&all.stdout), &parts);
    let posts = setup.mock.requests_by_route()[&format!("POST {ROUTE}")];
    assert_eq!(posts, 2, "one for each command");
}

#[test]
fn a_program_reads_a_line_for_each_person_and_one_for_each_subject() {
    let setup = MockAndFolder::company();
    let [sales, payroll] = setup.mock.read(|account| [group(account, "Sales"), app(account, "Payroll")]);
    let told = lines(&run(&setup, &["verify", &sales, &payroll, "--format", "jsonl"], 0));
    let of_type = |kind: &str| told.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
    assert_eq!((of_type("verdict").len(), of_type("verification").len()), (62, 2));
    let marcus = of_type("verdict").into_iter().find(|line| line["address"] == MARCUS).unwrap();
    assert_eq!(
        [&marcus["claim"], &marcus["expected"], &marcus["verdict"], &marcus["agreement"]],
        [&"conditional".into(), &Value::Null, &"approved".into(), &"depends".into()]
    );
    assert!(marcus["conditions"][0]["any_of"].is_array(), "{marcus}");
    for of in of_type("verification") {
        let sum = ["agrees", "depends_approved", "depends_blocked"].map(|key| of[key].as_u64().unwrap());
        assert_eq!((sum.iter().sum::<u64>(), &of["people"]), (31, &31.into()), "{of}");
    }
}

#[test]
fn a_verdict_that_cannot_be_is_shown_first_with_exit_code_5() {
    let setup = MockAndFolder::company();
    let sales = setup.mock.read(|account| group(account, "Sales"));
    lie(&setup, HENRIK, "approved");
    let output = run(&setup, &["verify", &sales], 5);
    has(
        text(&output.stdout),
        &[
            "31 people judged: 1 cannot be",
            "cannot be Henrik Dahl, henrik.dahl@",
            "never gets in approved",
            "please report it",
        ],
    );
    let told = lines(&run(&setup, &["verify", &sales, "--format", "jsonl"], 5));
    let henrik = told.iter().find(|line| line["address"] == HENRIK).unwrap();
    assert_eq!((&henrik["claim"], &henrik["agreement"]), (&"no".into(), &"impossible".into()));

    // A gap is there too, and the worse of both decides.
    lie(&setup, JONAS, "error");
    has(text(&run(&setup, &["verify", &sales], 5).stdout), &["1 not judged"]);
    setup.mock.change(|account| account.policy_tester.lies.remove(&user(account, HENRIK)));
    let output = run(&setup, &["verify", &sales], 6);
    has(text(&output.stdout), &["not judged Jonas Weber", "Cloudflare's tester had an error"]);
}

#[test]
fn facts_say_whom_a_verdict_was_expected_for() {
    let setup = MockAndFolder::company();
    let okta = |rows: &[&str]| {
        fs::write(
            setup.path("okta.csv"),
            ["provider,group,address"].iter().chain(rows).copied().collect::<Vec<_>>().join("\n"),
        )
        .unwrap();
    };
    // The file is right about Marcus, and Jonas wasn't in the group at his last login.
    okta(&[
        "Okta,Sales EMEA,marcus.adeyemi@northwind.example",
        "Okta,Sales EMEA,jonas.weber@northwind.example",
        "Okta,Sales Americas,samuel.ortiz@northwind.example",
    ]);
    let sales = setup.mock.read(|account| group(account, "Sales"));
    let output = run(&setup, &["verify", &sales, "--identities", "okta.csv"], 0);
    has(text(&output.stderr), &["okta.csv: it tells of 2 groups that rules name (3 addresses)."]);
    has(
        text(&output.stdout),
        &[
            "31 people judged: 1 not as expected, 30 agree.",
            "not as expected Jonas Weber,",
            "may get in, is expected to blocked",
            "Either they or the login are out of date.",
        ],
    );
}

#[test]
fn the_sources_of_facts_and_their_times_stand_with_the_verdicts() {
    let setup = MockAndFolder::company();
    let rows = "provider,group,address\nOkta,Sales EMEA,marcus.adeyemi@northwind.example\n";
    fs::write(setup.path("okta.csv"), rows).unwrap();
    let sales = setup.mock.read(|account| group(account, "Sales"));
    let as_of = "2026-11-28T18:00:00Z";
    let with = ["verify", &sales, "--identities", "okta.csv", "--as-of", as_of];
    has(text(&run(&setup, &with, 0).stdout), &[&format!("The facts come from okta.csv, as of {as_of}.")]);
    let facts = |arguments: &[&str]| {
        let told = lines(&run(&setup, &[arguments, &["--format", "jsonl"]].concat(), 0));
        told.iter().find(|line| line["type"] == "verification").unwrap()["facts"].clone()
    };
    assert_eq!(facts(&with), json!([{"source": "okta.csv", "as_of": as_of}]));
    assert_eq!(facts(&["verify", &sales]), json!([]));
}

#[test]
fn what_is_not_tested_has_its_name_and_stands_behind_the_heading() {
    let setup = MockAndFolder::company();
    run(&setup, &["sync", "--format", "jsonl", "--output", "names.jsonl"], 0);
    // Both streams go to one file, in the order in which they are written, as on a terminal.
    let both = |arguments: &[&str]| {
        let file = fs::File::create(setup.path("both")).unwrap();
        let mut command = setup.command(arguments);
        command.stdout(file.try_clone().unwrap()).stderr(file);
        assert!(command.status().unwrap().success(), "{arguments:?}");
        setup.read("both")
    };
    let git = setup.mock.read(|account| app(account, "Git"));
    let named = both(&["verify", &git, "--names", "names.jsonl"]);
    let place = |part: &str| named.find(part).unwrap_or_else(|| panic!("{part} is missing: {named}"));
    assert!(place("Git\n") < place("The policy “Builds and deploys” lets in without a login"), "{named}");
    let bare = both(&["verify", &git]);
    assert!(bare.starts_with(&format!("{git}\n31 people judged: ")), "{bare}");
}

#[test]
fn everything_can_be_asked_for_and_what_has_nothing_to_test_is_no_failure() {
    let setup = MockAndFolder::company();
    let output = run(&setup, &["verify", "--all-apps", "--all-groups"], 0);
    let shown = text(&output.stdout);
    // Names come from the account itself.
    has(
        shown,
        &["Payroll application, app:", "Status page application, app:", "Not tested: ", "Sales group:"],
    );
    let places: Vec<_> =
        ["Admin console", "Wiki", "All staff"].map(|name| shown.find(&format!("{name}\n"))).into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{shown}");
    has(text(&output.stderr), &["22 applications and groups compared, 682 verdicts: ", " agree."]);
    assert!(!text(&output.stderr).contains("cannot be"), "{}", text(&output.stderr));

    let told = lines(&run(&setup, &["verify", "--all-apps", "--format", "jsonl"], 0));
    let not_tested: Vec<_> = told.iter().filter(|line| line["type"] == "not_tested").collect();
    let status_page = setup.mock.read(|account| app(account, "Status page"));
    let is_it = |line: &&&Value| status_page.ends_with(line["subject"]["id"].as_str().unwrap());
    assert!(not_tested.iter().any(|line| is_it(&line)), "{not_tested:?}");
    // Who asks for one of these alone has made a mistake.
    has(
        text(&run(&setup, &["verify", &status_page], 2).stderr),
        &["error: comparing with Cloudflare's verdict failed: "],
    );
}

#[test]
fn names_stand_for_ids() {
    let setup = MockAndFolder::company();
    run(&setup, &["sync", "--format", "jsonl", "--output", "names.jsonl"], 0);
    let output = run(&setup, &["verify", "app:Payroll", "--names", "names.jsonl", "--everybody"], 0);
    has(text(&output.stdout), &["Payroll application, app:", "multi-factor login"]);
    let wrong = run(&setup, &["verify", "app:Pay", "--names", "names.jsonl"], 2);
    has(text(&wrong.stderr), &["Near to it: “Payroll”"]);
}

#[test]
fn a_test_that_takes_long_is_waited_for_up_to_a_limit() {
    let setup = MockAndFolder::company();
    let sales = setup.mock.read(|account| group(account, "Sales"));
    setup.mock.change(|account| account.policy_tester.polls = 1);
    let output = run(&setup, &["verify", &sales], 0);
    has(text(&output.stdout), &["31 people judged"]);
    setup.mock.change(|account| account.policy_tester.polls = 1_000);
    let output = run(&setup, &["verify", &sales, "--max-test-seconds", "1"], 1);
    let told = format!("hasn't judged everybody for {sales} within 1 seconds. Give it more time");
    has(text(&output.stderr), &[&told]);
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn a_test_that_ends_in_another_way_is_an_error_that_says_so() {
    let setup = MockAndFolder::company();
    let sales = setup.mock.read(|account| group(account, "Sales"));
    for (word, exit) in [("exceeded time", 1), ("blocked", 1), ("paused for lunch", 1)] {
        setup.mock.change(|account| account.policy_tester.ends = Some(word.to_owned()));
        let output = run(&setup, &["verify", &sales], exit);
        has(text(&output.stderr), &["error: comparing with Cloudflare's verdict failed: "]);
        assert_eq!(text(&output.stdout), "", "{word}");
    }
}

#[test]
fn the_permission_is_named_and_nothing_else_is_sent() {
    let setup = MockAndFolder::company();
    let sales = setup.mock.read(|account| group(account, "Sales"));
    setup.mock.configure(|options| {
        let all = Permission::ALL.into_iter().filter(|it| *it != Permission::PolicyTestWrite);
        options
            .tokens
            .iter_mut()
            .for_each(|token| *token = Token::new(&token.value).with_permissions(all.clone()));
    });
    let output = run(&setup, &["verify", &sales], 3);
    has(text(&output.stderr), &["Access: Policy Test Write"]);
    let writes: Vec<String> =
        setup.mock.requests_by_route().into_keys().filter(|route| !route.starts_with("GET ")).collect();
    assert_eq!(writes, [format!("POST {ROUTE}")]);
}

#[test]
fn what_is_missing_is_told_once() {
    let setup = MockAndFolder::company();
    let refused = || Effect::Status { status: 403, code: 9109, message: "no".into(), headers: vec![] };
    setup.mock.inject(Fault::on("GET", "gateway/lists/{id}/items", refused()));
    let output = run(&setup, &["verify", "--all-groups"], 6);
    let warnings = text(&output.stderr).lines().filter(|line| line.contains("list-not-readable")).count();
    assert_eq!(warnings, 1, "{}", text(&output.stderr));
}

#[test]
fn arguments_that_cannot_be_are_refused_before_anything_is_sent() {
    let setup = MockAndFolder::company();
    let sales = setup.mock.read(|account| group(account, "Sales"));
    for (arguments, part) in [
        (&["verify"][..], "these arguments are missing: <KIND:ID>"),
        (&["verify", &sales, "--all-apps"], "can't be given together with"),
        (&["verify", "user:3f5a"], "it takes app:… or group:…"),
        (&["verify", "Sales"], "it is not KIND:ID"),
        (&["verify", &sales, "--everybody", "--format", "jsonl"], "--everybody is for --format table"),
        (&["verify", &sales, "--ids", "--format", "jsonl"], "--ids is for --format table"),
        (&["verify", &sales, "--max-test-seconds", "long"], "'--max-test-seconds <SECONDS>' can't be used"),
    ] {
        let output = run(&setup, arguments, 2);
        has(text(&output.stderr), &[part]);
    }
    assert_eq!(setup.mock.request_count(), 0);
}

#[test]
fn no_other_command_tests_policies() {
    let setup = MockAndFolder::company();
    let sales = setup.mock.read(|account| group(account, "Sales"));
    for arguments in [&["sync"][..], &["get", &sales], &["identities", "wanted"], &["validate"]] {
        run(&setup, arguments, 0);
    }
    assert!(!setup.mock.requests_by_route().contains_key(&format!("POST {ROUTE}")));
    assert_exit(&host_test(&["verify", "--mock", "--all-groups"]).output().unwrap(), 0);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_wait() {
    use rustix::process::{Pid, Signal, kill_process};
    let setup = MockAndFolder::company();
    let sales = setup.mock.read(|account| group(account, "Sales"));
    setup.mock.change(|account| account.policy_tester.polls = 1_000);
    let mut process = setup.command(&["verify", &sales]).spawn().unwrap();
    // The first wait takes a second.
    while !setup.mock.requests_by_route().contains_key(&format!("POST {ROUTE}")) {
        assert!(process.try_wait().unwrap().is_none(), "it ended before the test began");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    setup.freeze();
    kill_process(Pid::from_child(&process), Signal::TERM).unwrap();
    let output = process.wait_with_output().unwrap();
    assert_exit(&output, 143);
    has(text(&output.stderr), &["interrupted by SIGTERM"]);
}
