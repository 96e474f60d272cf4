//! The review: what is in its file, whichever way it is made.

mod hostile;
mod since;

use super::setup::MockAndFolder;
use super::{assert_exit, names, run, text};
use host_test::mock::{Account, DEMO_TOKEN, Effect, Fault, Options, Permission, Size, Token};
use host_test::review::Opened;
use host_test::truth;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// All kinds, as a review reads them.
const KINDS: &str =
    "identity-provider,group,policy,app,role,user-group,scoped-role,service-token,member,user,email";

#[track_caller]
fn open(path: &Path) -> Opened {
    Opened::read(&fs::read(path).unwrap()).unwrap()
}

/// Makes a review, and opens it.
#[track_caller]
fn review(setup: &MockAndFolder, name: &str, more: &[&str], exit: i32) -> Opened {
    run(setup, &[&["review", "--output", name], more].concat(), exit);
    open(&setup.path(name))
}

/// Returns the accounts of a review, as `kind:id`.
fn accounts(review: &Opened) -> Vec<String> {
    let head = review.head();
    let kinds = review.bytes("resource.kind").into_iter().zip(review.texts("resource.id"));
    kinds
        .map(|(kind, id)| format!("{}:{id}", head["kinds"][usize::from(kind)]["id"].as_str().unwrap()))
        .collect()
}

/// Returns the grants of a review: the id of each, and its reason.
fn grants(review: &Opened) -> BTreeMap<String, usize> {
    let (accounts, principals) = (accounts(review), review.numbers("grant.principal"));
    let entitlements = review.texts("entitlement.id");
    let (first, count) = (review.numbers("reason.first"), review.numbers("reason.count"));
    let mut grants = BTreeMap::new();
    for (reason, entitlement) in review.numbers("reason.entitlement").into_iter().enumerate() {
        let rows = first[reason] as usize..(first[reason] + count[reason]) as usize;
        for principal in &principals[rows] {
            let id = format!("{}:{}", entitlements[entitlement as usize], accounts[*principal as usize]);
            assert_eq!(grants.insert(id, reason), None);
        }
    }
    assert_eq!(grants.len(), principals.len());
    grants
}

/// Returns the findings by their ids: whether each is known, and its number of rows.
fn findings(review: &Opened) -> BTreeMap<String, (bool, usize)> {
    let head = review.head();
    let of = |finding: &Value| {
        let id = finding["id"].as_str().unwrap().to_owned();
        let rows = review.numbers(&format!("finding.{id}"));
        assert_eq!(finding["count"], rows.len(), "{id}");
        (id, (finding["known"] == true, rows.len()))
    };
    head["findings"].as_array().unwrap().iter().map(of).collect()
}

fn tokens_without(missing: Permission) -> Vec<Token> {
    let all = [
        Permission::AppsRead,
        Permission::GroupsRead,
        Permission::UsersRead,
        Permission::AccountSettingsRead,
        Permission::ProvidersRead,
        Permission::ZeroTrustRead,
        Permission::ServiceTokensRead,
    ];
    vec![Token::new(DEMO_TOKEN).with_permissions(all.into_iter().filter(|permission| *permission != missing))]
}

#[test]
fn it_has_every_grant_of_the_truth_and_no_other() {
    let small = Size { users: 120, members: 110, groups: 26, roles: 60 };
    for (account, exit) in [(Account::company(), 0), (Account::generate(11, small), 6)] {
        let truth = truth::account(&account);
        let setup = MockAndFolder::with(account, Options::default());
        let review = review(&setup, "review.html", &[], exit);
        let expected: BTreeSet<&String> = truth.grants.keys().chain(truth.passages.keys()).collect();
        let found = grants(&review);
        assert_eq!(found.keys().collect::<BTreeSet<_>>(), expected);
        let head = review.head();
        assert_eq!(head["counts"]["grants"], expected.len());
        assert_eq!(head["incomplete"], exit == 6);
        let revocable = review.bytes("reason.revocable");
        for (id, held) in &truth.grants {
            assert_eq!(revocable[found[id]] == 1, held.revocable, "{id}");
        }
        // What can't be revoked says what to change, and nothing else does.
        let instead = review.texts("reason.instead");
        assert!(
            revocable
                .iter()
                .zip(&instead)
                .all(|(revocable, instead)| (*revocable == 1) == instead.is_empty())
        );
    }
}

#[test]
fn people_are_joined_by_their_addresses() {
    let setup = MockAndFolder::company();
    let review = review(&setup, "review.html", &[], 0);
    let (addresses, people) = (review.texts("person.address"), review.numbers("resource.person"));
    let different: BTreeSet<&String> = addresses.iter().collect();
    assert_eq!(different.len(), addresses.len());
    let by_person = |address: &str| {
        let place = addresses.iter().position(|it| it == address).unwrap() as u32 + 1;
        people.iter().filter(|person| **person == place).count()
    };
    // A user and a member.
    assert_eq!(by_person("grace.whitfield@northwind.example"), 2);
    assert_eq!(by_person("build-bot@northwind.example"), 1);
}

#[test]
fn one_from_lines_is_the_same_as_one_from_the_account() {
    let setup = MockAndFolder::company();
    let live = review(&setup, "live.html", &[], 0);
    run(&setup, &["sync", "--kinds", KINDS, "--format", "jsonl", "--output", "sync.jsonl"], 0);
    let from = review(&setup, "from.html", &["--from", "sync.jsonl"], 0);
    assert_eq!(live.columns(), from.columns());
    run(&setup, &["sync", "--format", "html", "--output", "sync.html", "--stats", "stats"], 0);
    assert_eq!(live.columns(), open(&setup.path("sync.html")).columns());
    let stats: Value = serde_json::from_str(&setup.read("stats")).unwrap();
    let [live, from] = [live, from].map(|review| review.head());
    assert_eq!(stats["requests"], live["requests"]);
    assert_eq!(stats["counts"]["grant"]["app:service-token"], 1, "{stats}");
    assert_eq!((&live["source"], &from["source"]), (&"Cloudflare".into(), &"the file sync.jsonl".into()));
    assert_eq!((&from["requests"], &from["read"]), (&Value::Null, &Value::Null));
    assert_eq!(live["account"]["id"], setup.mock.read(|account| account.id.clone()));
    assert!(live["read"].as_array().unwrap().iter().any(|of| of["kind"] == "service-token"), "{live}");
    assert_eq!(findings(&open(&setup.path("live.html"))), findings(&open(&setup.path("from.html"))));
}

#[test]
fn no_secret_is_in_it() {
    let setup = MockAndFolder::company();
    let review = review(&setup, "review.html", &[], 0);
    let columns = String::from_utf8_lossy(review.columns());
    assert!(columns.contains("Payroll") && !columns.contains(DEMO_TOKEN));
    assert!(!review.head().to_string().contains(DEMO_TOKEN));
    assert!(!setup.read("review.html").contains(DEMO_TOKEN));
}

#[test]
fn the_company_has_findings() {
    let review = review(&MockAndFolder::company(), "review.html", &[], 0);
    let found = findings(&review);
    assert!(found.values().all(|(is_known, _)| *is_known), "{found:?}");
    assert_eq!(found["public-applications"].1, 1, "{found:?}");
    for some in ["whoever-logs-in", "never-logged-in", "idle-accounts", "open-invitations", "foreign-people"]
    {
        assert!(found[some].1 > 0, "{some}: {found:?}");
    }
}

#[test]
fn without_the_permission_for_tokens_it_is_made_and_says_so() {
    let options = Options { tokens: tokens_without(Permission::ServiceTokensRead), ..Options::default() };
    let setup = MockAndFolder::with(Account::company(), options);
    let output = run(&setup, &["review", "--output", "review.html"], 0);
    assert!(text(&output.stderr).contains("note: Service tokens were not read"), "{}", text(&output.stderr));
    let review = open(&setup.path("review.html"));
    let head = review.head();
    assert!(head["missing"][0].as_str().unwrap().contains("Access: Service Tokens Read"), "{head}");
    assert_eq!(head["incomplete"], false);
    for (id, (is_known, rows)) in findings(&review) {
        assert_eq!(!is_known, id.ends_with("-tokens"), "{id}");
        assert!(is_known || rows == 0, "{id}");
    }
    // Other credentials that are missing are an error as ever.
    let options = Options { tokens: tokens_without(Permission::UsersRead), ..Options::default() };
    let setup = MockAndFolder::with(Account::company(), options);
    run(&setup, &["review", "--output", "review.html"], 3);
    assert!(names(setup.place.path()).is_empty());
}

#[test]
fn identity_providers_and_user_groups_that_may_not_be_read_are_not_known() {
    let options = Options { tokens: tokens_without(Permission::ProvidersRead), ..Options::default() };
    let setup = MockAndFolder::with(Account::company(), options);
    let review = review(&setup, "review.html", &[], 0);
    assert_eq!(findings(&review)["deleted-references"], (false, 0));
}

#[test]
fn data_that_is_missing_is_said_and_the_exit_code_says_it_too() {
    let setup = MockAndFolder::company();
    let effect =
        Effect::Status { status: 404, code: 7003, message: "said so".to_owned(), headers: Vec::new() };
    setup.mock.inject(Fault::on("GET", "gateway/lists/{id}/items", effect));
    let output = run(&setup, &["review", "--output", "review.html"], 6);
    assert!(text(&output.stderr).contains("Data is missing."), "{}", text(&output.stderr));
    let head = open(&setup.path("review.html")).head();
    assert_eq!(head["incomplete"], true);
    let warnings = head["warnings"].as_array().unwrap();
    let gap = warnings.iter().find(|warning| warning["incomplete"] == true).unwrap();
    assert_eq!(gap["code"], "list-not-readable");
    run(&setup, &["sync", "--format", "jsonl", "--output", "sync.jsonl"], 6);
    let output = run(&setup, &["review", "--from", "sync.jsonl", "--output", "from.html"], 6);
    assert!(text(&output.stderr).contains("Data is missing."), "{}", text(&output.stderr));
    assert_eq!(open(&setup.path("from.html")).head()["incomplete"], true);
}

#[test]
fn it_appears_whole_or_not_at_all() {
    let setup = MockAndFolder::company();
    fs::write(setup.path("review.html"), "before").unwrap();
    let effect = Effect::Status { status: 403, code: 10000, message: "no".to_owned(), headers: Vec::new() };
    setup.mock.inject(Fault::on("GET", "access/users", effect));
    run(&setup, &["review", "--output", "review.html"], 3);
    run(&setup, &["sync", "--format", "html", "--output", "review.html"], 3);
    assert_eq!(setup.read("review.html"), "before");
    assert_eq!(names(setup.place.path()), ["review.html".to_owned()].into());
    // To standard output, nothing comes before it is whole.
    let output = run(&setup, &["review", "--output", "-"], 3);
    assert!(output.stdout.is_empty());
}

#[test]
fn it_can_go_to_standard_output() {
    let setup = MockAndFolder::company();
    let live = review(&setup, "review.html", &[], 0);
    for arguments in [&["review", "--output", "-"][..], &["sync", "--format", "html"]] {
        let output = run(&setup, arguments, 0);
        assert_eq!(Opened::read(&output.stdout).unwrap().columns(), live.columns());
    }
}

#[test]
fn what_contradicts_itself_is_refused_before_anything_is_asked() {
    let setup = MockAndFolder::company();
    fs::write(setup.path("other.txt"), "hello\n").unwrap();
    fs::write(setup.path("page.html"), "<html></html>").unwrap();
    let good = ["review", "--output", "review.html"];
    for (more, problem) in [
        (&["--from", "sync.jsonl", "--mock"][..], "can't be given together with"),
        (&["--from", "nowhere.jsonl"], "--from: nowhere.jsonl can't be read"),
        (&["--from", "other.txt"], "--from: other.txt isn't the output of sync --format jsonl: line 1 is"),
        (&["--since", "other.txt"], "--since: other.txt isn't the output of sync --format jsonl"),
        (&["--since", "page.html"], "--since: page.html is no review: it has no data of one."),
        (&["--from", "-", "--since", "-"], "Standard input can't hold both"),
    ] {
        let output = run(&setup, &[&good, more].concat(), 2);
        let said = text(&output.stderr).replace('\n', " ");
        assert!(said.contains(problem), "{said}");
    }
    assert_exit(&setup.command(&["review"]).output().unwrap(), 2);
    for more in [&["--cursor-file", "c"][..], &["--allow-incomplete"], &["--bom"], &["--table", "grants"]] {
        run(&setup, &[&["sync", "--format", "html", "--output", "x.html"], more].concat(), 2);
    }
    run(&setup, &["review", "--output", "other.txt", "--from", "other.txt"], 2);
    assert_eq!(setup.read("other.txt"), "hello\n");
    setup.is_left();
    assert!(!names(setup.place.path()).contains("review.html"));
}

#[test]
fn the_demo_ends_with_a_review_of_all_that_it_changed() {
    let output = super::host_test(&["demo"]).output().unwrap();
    assert_exit(&output, 0);
    let named = text(&output.stdout).lines().map(|line| Path::new(line.trim()));
    let path = named.filter(|path| path.is_absolute()).find(|path| path.ends_with("review.html")).unwrap();
    let head = open(path).head();
    assert_eq!(
        (&head["source"], &head["since"]["name"]),
        (&"the mock".into(), &"the beginning of the demo".into())
    );
    // Grace Whitfield has left.
    assert!(head["since"]["lost"].as_u64().unwrap() > 3, "{}", head["since"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(path.parent().unwrap()), mode(path)), (0o700, 0o600));
    }
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
}
