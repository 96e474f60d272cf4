//! Parquet: DuckDB reads the records of JSON Lines, and answers the questions of the page with the truth.

use super::setup::{MockAndFolder, run_and_kill};
use super::{assert_exit, has, names, text, written};
use host_test::mock::{AccessSize, Account, Options, Size};
use host_test::truth::{self, Truth};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const TO_DIRECTORY: [&str; 4] = ["--format", "parquet", "--output", "access"];
const RESUMABLE: [&str; 6] = ["--format", "parquet", "--output", "access", "--cursor-file", "cursor"];
const FILES: [&str; 5] =
    ["entitlements.parquet", "grants.parquet", "manifest.json", "resources.parquet", "warnings.parquet"];

/// Runs statements, and writes the rows of each that has some.
const PROGRAM: &str = r#"
import duckdb, json, sys
connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
connection.execute("SET TimeZone = 'UTC'")
answers = []
for statement in json.load(sys.stdin):
    if statement.startswith("CREATE"):
        connection.execute(statement)
        continue
    connection.execute(f"COPY ({statement}) TO 'answer.json' (FORMAT json, ARRAY true)")
    with open("answer.json") as answer:
        answers.append(json.load(answer))
json.dump(answers, sys.stdout)
"#;

/// Asks DuckDB. Returns `None` where it isn't installed and needn't be.
fn ask(folder: &Path, statements: &[&str]) -> Option<Vec<Vec<Value>>> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/duckdb/.venv/bin/python");
    if !python.exists() {
        let missing = "DuckDB isn't installed: run host-test/hosts/install";
        assert!(std::env::var_os("HOSTS_REQUIRED").is_none(), "{missing}");
        eprintln!("skipped: {missing}");
        return None;
    }
    let mut process = Command::new(python)
        .args(["-c", PROGRAM])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(json!(statements).to_string().as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert_exit(&output, 0);
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// The records of JSON Lines, as rows of the tables.
fn expected_rows(lines: &str) -> BTreeMap<String, Vec<Value>> {
    let mut tables: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let id = |row: &mut Value, from: Value, prefix: &str| {
        row[format!("{prefix}kind")] = from["kind"].clone();
        row[format!("{prefix}id")] = from["id"].clone();
    };
    for line in lines.lines() {
        let mut row: Value = serde_json::from_str(line).unwrap();
        let take = |row: &mut Value, key: &str| row.as_object_mut().unwrap().remove(key).unwrap();
        let of = take(&mut row, "type").as_str().unwrap().to_owned();
        match of.as_str() {
            "resource" => {
                let (of, parent) = (take(&mut row, "id"), take(&mut row, "parent"));
                id(&mut row, of, "");
                id(&mut row, parent, "parent_");
                let account = take(&mut row, "account");
                for field in ["email", "login", "status"] {
                    row[field] = account[field].clone();
                }
                let last_login = account["last_login"].as_str().map(|text| {
                    let format = &time::format_description::well_known::Rfc3339;
                    let time = time::OffsetDateTime::parse(text, format).unwrap();
                    json!(i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap())
                });
                row["last_login"] = last_login.unwrap_or_default();
            }
            "entitlement" => {
                let on = take(&mut row, "on");
                id(&mut row, on, "on_");
            }
            "grant" => {
                let principal = take(&mut row, "principal");
                id(&mut row, principal, "principal_");
            }
            _ => {
                let about = take(&mut row, "about");
                id(&mut row, about, "about_");
            }
        }
        tables.entry(of).or_default().push(row);
    }
    tables
}

/// Reads the JSON within the texts of a row.
fn with_json(mut row: Value) -> Value {
    let parse = |text: &mut Value| *text = serde_json::from_str(text.as_str().unwrap()).unwrap();
    for field in ["profile", "extra"] {
        row.get_mut(field).into_iter().for_each(parse);
    }
    for alternative in row.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten() {
        for rules in ["any_of", "all_of", "none_of"] {
            alternative[rules].as_array_mut().unwrap().iter_mut().for_each(parse);
        }
    }
    row
}

/// Compares the tables with the lines of a sync, row by row. Returns whether DuckDB is installed.
fn compare_with_lines(setup: &MockAndFolder, lines: &str) -> bool {
    let statements = [
        "SELECT * REPLACE (epoch_us(last_login) AS last_login) FROM 'access/resources.parquet'",
        "FROM 'access/entitlements.parquet'",
        "SELECT entitlement || ':' || principal_kind || ':' || principal_id AS id, * \
         FROM 'access/grants.parquet'",
        "FROM 'access/warnings.parquet'",
    ];
    let expected = expected_rows(lines);
    let Some(answers) = ask(setup.place.path(), &statements) else { return false };
    for (of, rows) in ["resource", "entitlement", "grant", "warning"].into_iter().zip(answers) {
        let none = Vec::new();
        let expected = expected.get(of).unwrap_or(&none);
        assert_eq!(rows.len(), expected.len(), "{of}");
        for (number, (ours, theirs)) in rows.into_iter().zip(expected).enumerate() {
            assert_eq!(with_json(ours), *theirs, "row {number} of {of}");
        }
    }
    true
}

#[test]
fn duckdb_reads_the_records_of_json_lines_with_their_types() {
    let strange = "a\nb\u{7f}\u{202e}=1 \"Zoë\" 日本";
    for setup in [MockAndFolder::company(), MockAndFolder::new()] {
        setup.mock.change(|account| account.users[0].name = Some(strange.to_owned()));
        let lines = fs::read_to_string(setup.undisturbed("jsonl")).unwrap();
        let output = setup.sync(&TO_DIRECTORY).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 6)), "{}", written(&output));
        assert_eq!(names(&setup.path("access")), FILES.map(str::to_owned).into());
        if !compare_with_lines(&setup, &lines) {
            return;
        }
        let manifest: Value = serde_json::from_str(&setup.read("access/manifest.json")).unwrap();
        assert_eq!(manifest["complete"], !lines.contains("\"incomplete\":true"));
        let types = ["resources", "entitlements", "grants", "warnings"].map(|table| {
            format!("SELECT column_name, column_type FROM (DESCRIBE FROM 'access/{table}.parquet')")
        });
        let types = ask(setup.place.path(), &types.each_ref().map(String::as_str)).unwrap();
        let told: BTreeMap<&str, &str> = types
            .iter()
            .flatten()
            .map(|row| (row["column_name"].as_str().unwrap(), row["column_type"].as_str().unwrap()))
            .collect();
        for (column, kind) in [
            ("display_name", "VARCHAR"),
            ("last_login", "TIMESTAMP WITH TIME ZONE"),
            ("grantable_to", "VARCHAR[]"),
            ("revocable", "BOOLEAN"),
            (
                "basis",
                "STRUCT(\"rule\" VARCHAR, \"value\" VARCHAR, through STRUCT(kind VARCHAR, id VARCHAR))[]",
            ),
            ("conditions", "STRUCT(any_of VARCHAR[], all_of VARCHAR[], none_of VARCHAR[])[]"),
        ] {
            assert_eq!(told[column].replace('"', ""), kind.replace('"', ""), "{column}");
        }
    }
}

#[test]
fn many_killed_processes_write_the_bytes_that_one_would_have() {
    let setup = MockAndFolder::new();
    let expected = setup.undisturbed("parquet");
    let mut processes = 1;
    while run_and_kill(setup.sync(&RESUMABLE), &setup.path("cursor"), 1 + processes % 3).is_none() {
        if setup.path("access").exists() {
            break;
        }
        assert!(fs::metadata(setup.path("access.partial")).unwrap().is_file());
        processes += 1;
        // It was killed while it wrote a page.
        let mut partial = fs::OpenOptions::new().append(true).open(setup.path("access.partial")).unwrap();
        partial.write_all(b"half a page").unwrap();
    }
    assert!(processes > 3, "only {processes} processes");
    for file in FILES.into_iter().filter(|file| file.ends_with(".parquet")) {
        let [ours, theirs] =
            [setup.path("access"), expected.clone()].map(|it| fs::read(it.join(file)).unwrap());
        assert!(ours == theirs, "{file} differs");
    }
}

#[test]
fn a_sync_that_fails_leaves_nothing_and_what_was_there_stays() {
    let setup = MockAndFolder::company();
    assert_exit(&setup.sync(&TO_DIRECTORY).output().unwrap(), 0);
    let before = fs::read(setup.path("access/grants.parquet")).unwrap();
    let refused = setup.sync(&TO_DIRECTORY).env("CLOUDFLARE_API_TOKEN", "wrong").output().unwrap();
    assert_exit(&refused, 3);
    assert_eq!(names(setup.place.path()), ["access".to_owned()].into());
    assert!(fs::read(setup.path("access/grants.parquet")).unwrap() == before);
    fs::write(setup.path("access/thesis.txt"), "years of work").unwrap();
    let refused = setup.sync(&TO_DIRECTORY).output().unwrap();
    assert_exit(&refused, 2);
    has(text(&refused.stderr), &["other things than an earlier sync's Parquet files"]);
    for arguments in [&["--format", "parquet"][..], &["--format", "parquet", "--output", "-"]] {
        let refused = setup.sync(arguments).output().unwrap();
        assert_exit(&refused, 2);
        has(text(&refused.stderr), &["--format parquet needs --output"]);
    }
}

/// Returns the statements of the page, in their order.
fn statements() -> Vec<String> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("pages/parquet.md")).unwrap();
    let blocks = page.split("```sql\n").skip(1).filter_map(|behind| behind.split(";\n```").next());
    blocks.map(str::to_owned).collect()
}

/// The parts of a grant's id.
struct Parts<'a> {
    entitlement: &'a str,
    on_kind: &'a str,
    on: &'a str,
    kind: &'a str,
    principal: &'a str,
}

/// Splits an id of the truth: `app:<id>:access:user:<id>`.
fn parts(id: &str) -> Parts<'_> {
    let mut words = id.splitn(5, ':');
    let [on_kind, on, slug, kind, principal] = std::array::from_fn(|_| words.next().unwrap());
    let entitlement = &id[..on_kind.len() + on.len() + slug.len() + 2];
    Parts { entitlement, on_kind, on, kind, principal }
}

/// Returns the address of each principal that has one, in lower case.
fn addresses(account: &Account) -> BTreeMap<(&'static str, String), String> {
    let lower = |address: &str| address.to_lowercase();
    let users = account
        .users
        .iter()
        .filter_map(|user| Some((("user", user.id.clone()), lower(user.email.as_deref()?))));
    let members = account
        .members
        .iter()
        .filter_map(|member| Some((("member", member.id.clone()), lower(member.address()?))));
    users.chain(members).collect()
}

fn grants(truth: &Truth) -> BTreeSet<&str> {
    let ids = truth.grants.keys().chain(truth.passages.keys()).map(String::as_str);
    ids.filter(|id| parts(id).kind != "service-token").collect()
}

/// Question 1: people by application, and those of them who need a condition.
fn reached(account: &Account, truth: &Truth) -> Vec<Value> {
    let addresses = addresses(account);
    let mut reached: BTreeMap<&str, BTreeMap<String, bool>> = BTreeMap::new();
    for (id, passage) in &truth.passages {
        let Parts { on, kind, principal, .. } = parts(id);
        if kind == "service-token" {
            continue;
        }
        let known = addresses.iter().find(|((of, id), _)| *of == kind && id == principal);
        let who = known.map_or(principal.to_lowercase(), |(_, address)| address.clone());
        *reached.entry(on).or_default().entry(who).or_default() |= passage.alternatives.is_empty();
    }
    let name = |id: &str| {
        let app = account.applications.iter().find(|app| app.id == id).unwrap();
        app.name.clone().unwrap_or(id.to_owned())
    };
    let mut rows: Vec<_> = reached
        .into_iter()
        .map(|(id, people)| (people.len(), name(id), people.values().filter(|always| !**always).count()))
        .collect();
    rows.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| (&one.1, one.2).cmp(&(&other.1, other.2))));
    let row = |(people, name, only)| json!({"on_name": name, "people": people, "only_on_a_condition": only});
    rows.into_iter().map(row).collect()
}

/// Question 2: holders of roles of administrators.
fn administrators(account: &Account, truth: &Truth) -> Vec<Value> {
    let addresses = addresses(account);
    let mut rows = Vec::new();
    for id in truth.grants.keys() {
        let Parts { on_kind, on, kind, principal, .. } = parts(id);
        if on_kind == "role" && kind == "member" && truth.roles.roles[on].contains("Admin") {
            let who = addresses.get(&("member", principal.to_owned())).cloned();
            rows.push((truth.roles.roles[on].clone(), who.unwrap_or(principal.to_owned())));
        }
    }
    rows.sort();
    rows.into_iter().map(|(role, who)| json!({"role": role, "who": who})).collect()
}

/// Question 3: users who hold something, and haven't logged in since a day.
fn absent(account: &Account, truth: &Truth) -> BTreeSet<(String, u64)> {
    let format = &time::format_description::well_known::Rfc3339;
    let day = time::OffsetDateTime::parse("2026-06-01T00:00:00Z", format).unwrap();
    let mut rows = BTreeSet::new();
    for user in &account.users {
        let login = user.last_successful_login.as_deref();
        let login = login.and_then(|text| time::OffsetDateTime::parse(text, format).ok());
        let all = grants(truth);
        let held = all.iter().filter(|id| {
            let Parts { kind, principal, .. } = parts(id);
            (kind, principal) == ("user", user.id.as_str())
        });
        let held = held.count() as u64;
        if held > 0 && login.is_none_or(|login| login < day) {
            rows.insert((user.email.clone().unwrap_or_default(), held));
        }
    }
    rows
}

/// Question 4: grants by what they rest on.
fn reasons(truth: &Truth) -> Vec<Value> {
    let held = truth.grants.iter().map(|(id, held)| {
        let rules: BTreeSet<&str> = held.basis.iter().map(|(rule, _)| rule.as_str()).collect();
        (id, rules, held.revocable)
    });
    let passages = truth.passages.iter().map(|(id, passage)| {
        let rules: BTreeSet<&str> = passage.basis.iter().map(|through| through.rule.as_str()).collect();
        (id, rules, false)
    });
    let mut reasons: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for (id, rules, revocable) in held.chain(passages).filter(|(id, ..)| parts(id).kind != "service-token") {
        for rule in rules {
            let (grants, of_them) = reasons.entry((parts(id).on_kind, rule)).or_default();
            *grants += 1;
            *of_them += u64::from(revocable);
        }
    }
    let row = |((kind, rule), (grants, revocable))| {
        let of_kind = (json!(kind), json!(rule));
        json!({"on_kind": of_kind.0, "rule": of_kind.1, "grants": grants, "revocable": revocable})
    };
    reasons.into_iter().map(row).collect()
}

/// Question 5: grants that came and went.
fn changes(before: &Truth, now: &Truth) -> Vec<Value> {
    let (before, now) = (grants(before), grants(now));
    let row = |change: &str, id: &str| {
        let Parts { entitlement, kind, principal, .. } = parts(id);
        let mut row = json!({"change": change, "entitlement": entitlement});
        row["principal_kind"] = kind.into();
        row["principal_id"] = principal.into();
        row
    };
    let mut rows: Vec<Value> = now.difference(&before).map(|id| row("gained", id)).collect();
    rows.extend(before.difference(&now).map(|id| row("lost", id)));
    let key = |row: &Value| {
        ["change", "entitlement", "principal_kind", "principal_id"]
            .map(|it| row[it].as_str().unwrap().to_owned())
    };
    rows.sort_by_key(key);
    rows
}

/// The five statements of the page, on this account before and after a change.
fn compare_with_truth(setup: &MockAndFolder, change: impl FnOnce(&mut Account) + Send + 'static) {
    let sync = |output: &str| {
        let output = setup.sync(&["--format", "parquet", "--output", output]).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 6)), "{}", written(&output));
        setup.mock.read(|account| (account.clone(), truth::account(account)))
    };
    let (_, before) = sync("access-before");
    setup.mock.change(change);
    let (account, truth) = sync("access");
    let statements = statements();
    assert_eq!(statements.len(), 6, "one that defines, and five questions");
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    let Some(answers) = ask(setup.place.path(), &statements) else { return };
    let [reached_rows, admins, absent_rows, of_reasons, changed]: [Vec<Value>; 5] =
        answers.try_into().unwrap();
    assert_eq!(reached_rows, reached(&account, &truth));
    assert_eq!(admins, administrators(&account, &truth));
    let given: BTreeSet<(String, u64)> = absent_rows
        .iter()
        .map(|row| {
            let grants = row["grants"].as_u64().unwrap();
            (row["email"].as_str().unwrap_or_default().to_owned(), grants)
        })
        .collect();
    assert_eq!((given.len(), given), (absent_rows.len(), absent(&account, &truth)));
    assert_eq!(of_reasons, reasons(&truth));
    let expected = changes(&before, &truth);
    assert_eq!(changed, expected);
    let kinds: BTreeSet<&str> = expected.iter().map(|row| row["change"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["gained", "lost"].into(), "the change has to show");
    for answer in [reached_rows, admins, absent_rows, of_reasons] {
        assert!(!answer.is_empty(), "a question without an answer asks nothing");
    }
}

/// Puts somebody else in the place of the first address that each group names.
fn move_somebody(account: &mut Account) {
    for include in account.groups.iter_mut().filter_map(|group| group.include.as_mut()) {
        if let Some(rule) = include.iter_mut().find(|rule| rule["email"]["email"].is_string()) {
            *rule = json!({"email": {"email": "somebody.new@corp.example"}});
        }
    }
}

#[test]
fn the_questions_of_the_page_are_answered_with_the_truth() {
    compare_with_truth(&MockAndFolder::company(), move_somebody);
}

#[test]
fn the_questions_are_answered_with_the_truth_for_accounts_of_all_kinds() {
    for seed in [3, 8] {
        let size = Size { users: 160, members: 70, groups: 30, roles: 24 };
        let access = AccessSize { applications: 25, policies: 8, identity_providers: 2, service_tokens: 2 };
        let account = Account::generate(seed, size).with_user_groups(seed, 4).with_access(seed, access);
        compare_with_truth(&MockAndFolder::with(account, Options::default()), move_somebody);
    }
}
