//! Rules that don't match as they stand, through the command: what a sync prints of them, and what a
//! change does.

use super::setup::MockAndFolder;
use super::{assert_exit, text};
use host_test::mock::{AccessUser, Account, Group, List, Options};
use serde_json::{Value, json};

const STAFF: &str = "a0000000-0000-4000-8000-00000000000a";
const GUESTS: &str = "a0000000-0000-4000-8000-00000000000b";
const LIST: &str = "1e000000-0000-4000-8000-00000000000c";

fn group(id: &str, name: &str, include: Value, exclude: Value) -> Group {
    let rules = |rules: Value| rules.as_array().cloned();
    let (include, exclude) = (rules(include), rules(exclude));
    Group { id: id.into(), name: name.into(), include, exclude, ..Group::default() }
}

fn setup(groups: Vec<Group>) -> MockAndFolder {
    let user = |(n, address): (usize, &str)| AccessUser {
        id: format!("b0000000-0000-4000-8000-00000000000{n}"),
        name: Some(address.split('@').next().unwrap().to_owned()),
        email: Some(address.to_owned()),
        ..AccessUser::default()
    };
    let people = ["una@corp.example", "max@corp.example", "pia@partner.example"];
    let items = vec!["max@corp.example ".to_owned(), "PIA@partner.example".to_owned()];
    let account = Account {
        id: "0123456789abcdef0123456789abcdef".into(),
        users: people.into_iter().enumerate().map(user).collect(),
        groups,
        lists: vec![List { id: LIST.into(), kind: "EMAIL".into(), items, ..List::default() }],
        ..Account::default()
    };
    MockAndFolder::with(account, Options::default())
}

fn lines(setup: &MockAndFolder, arguments: &[&str]) -> Vec<Value> {
    let output = setup.command(arguments).output().unwrap();
    assert_exit(&output, 0);
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of<'l>(lines: &'l [Value], kind: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

/// Returns who holds a group, by the last digit of the user's id.
fn holders(lines: &[Value], group: &str) -> String {
    let begin = format!("group:{group}:member:user:");
    let ids = of(lines, "grant").into_iter().filter_map(|grant| grant["id"].as_str()?.strip_prefix(&begin));
    ids.filter_map(|id| id.chars().last()).collect()
}

#[test]
fn a_domain_with_a_sign_lets_in_and_keeps_out() {
    let domain = |domain: &str| json!([{"email_domain": {"domain": domain}}]);
    let setup = setup(vec![
        group(STAFF, "Staff", domain("@corp.example"), json!([])),
        group(GUESTS, "No partners", json!([{"everyone": {}}]), domain("@partner.example")),
    ]);
    let lines = lines(&setup, &["sync", "--format", "jsonl"]);
    assert_eq!((holders(&lines, STAFF), holders(&lines, GUESTS)), ("01".to_owned(), "01".to_owned()));
    let warnings = of(&lines, "warning");
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    for (warning, (group, named)) in
        warnings.into_iter().zip([(STAFF, "@corp.example"), (GUESTS, "@partner.example")])
    {
        let message = warning["message"].as_str().unwrap();
        assert_eq!((&warning["code"], &warning["incomplete"]), (&json!("domain-with-sign"), &json!(false)));
        assert_eq!(warning["about"]["id"], group);
        assert!(message.contains(group) && message.contains(named), "{message}");
    }
}

#[test]
fn addresses_with_a_space_or_a_comma_are_told_and_let_in_nobody() {
    let email = |text: &str| json!({"email": {"email": text}});
    let setup = setup(vec![
        group(
            STAFF,
            "Typed",
            json!([
                email(" una@corp.example"),
                email("max@corp.example, una@corp.example"),
                email("pia@partner.example")
            ]),
            json!([]),
        ),
        group(GUESTS, "Listed", json!([{"email_list": {"id": LIST}}]), json!([])),
    ]);
    let synced = lines(&setup, &["sync", "--format", "jsonl"]);
    assert_eq!((holders(&synced, STAFF), holders(&synced, GUESTS)), ("2".to_owned(), "2".to_owned()));
    let told = of(&synced, "warning").into_iter().map(|warning| warning["message"].as_str().unwrap());
    let told: Vec<&str> = told.collect();
    for (named, quoted) in [
        (LIST, "\"max@corp.example \""),
        (STAFF, "\" una@corp.example\""),
        (STAFF, "\"max@corp.example, una@corp.example\""),
    ] {
        assert!(told.iter().any(|it| it.contains(named) && it.contains(quoted)), "{quoted}: {told:?}");
    }
    assert_eq!(told.len(), 3, "{told:?}");

    let got = lines(&setup, &["get", "--format", "jsonl", &format!("group:{STAFF}")]);
    assert_eq!(holders(&got, STAFF), "2");

    let entitlement = format!("group:{STAFF}:member");
    let una = "user:b0000000-0000-4000-8000-000000000000";
    let change = |operation: &str| {
        setup.command(&[operation, "--entitlement", &entitlement, "--principal", una]).output().unwrap()
    };
    let revoked = change("revoke");
    assert_exit(&revoked, 5);
    let said = format!("{}{}", text(&revoked.stdout), text(&revoked.stderr));
    assert!(said.contains("may mean this person") && said.contains(" una@corp.example"), "{said}");
    let granted = change("grant");
    assert_exit(&granted, 0);
    assert_eq!(holders(&lines(&setup, &["sync", "--format", "jsonl"]), STAFF), "02");
    let include = setup.mock.read(|account| account.groups[0].include.clone().unwrap());
    assert_eq!(include.len(), 4);
    assert_eq!(include[3], email("una@corp.example"));
}

#[test]
fn an_empty_selector_beside_another_one_hides_nobody() {
    let both = json!({"email": {"email": "una@corp.example"}, "common_name": {"common_name": null}});
    let setup = setup(vec![
        group(STAFF, "Two selectors", json!([both]), json!([])),
        Group {
            require: Some(vec![json!({"okta": {"name": null, "identity_provider_id": "idp"}})]),
            ..group(GUESTS, "Half a rule", json!([{"email_domain": {"domain": "corp.example"}}]), json!([]))
        },
    ]);
    let lines = lines(&setup, &["sync", "--format", "jsonl"]);
    assert_eq!((holders(&lines, STAFF), holders(&lines, GUESTS)), ("0".to_owned(), "01".to_owned()));
    let grants = of(&lines, "grant");
    let conditional = grants.iter().filter(|grant| {
        grant["conditions"].to_string().contains(r#"{"okta":{"identity_provider_id":"idp","name":null}}"#)
    });
    assert_eq!(conditional.count(), 2, "{grants:?}");
    let warnings = of(&lines, "warning");
    assert!(matches!(warnings[..], [warning] if warning["code"] == "selector-empty"), "{warnings:?}");
}
