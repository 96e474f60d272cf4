//! Rules that people write and that don't match as they stand: nobody is let in or kept out by them
//! without a word.

use crate::common::compare::compare;
use crate::common::reading::connector_error;
use crate::common::setup::HostAndMock;
use crate::common::small_account::{account, domain, email, group, okta};
use crate::common::whole::{Whole, grant_id};
use connector_host::contract::{Grant, ResourceId};
use host_test::mock::{Account, Effect, Fault, Options};
use serde_json::{Value, json};

fn everyone() -> Value {
    json!({"everyone": {}})
}

fn list() -> Value {
    json!({"email_list": {"id": "11"}})
}

/// Reads an account, and compares it with the truth.
async fn read(account: Account) -> Whole {
    let setup = HostAndMock::new(account).await;
    let whole = setup.read(&[]).await;
    compare(&whole, &setup.mock.account());
    whole
}

/// Returns the warnings of a code with the group that they are about, in order.
fn told<'w>(whole: &'w Whole, code: &str) -> Vec<(Option<&'w str>, &'w str)> {
    let warnings = whole.warned_of(code).into_iter().map(|warning| {
        assert!(!warning.incomplete, "{warning:?}");
        (warning.about.as_ref().map(|about| about.id.as_str()), warning.message.as_str())
    });
    warnings.collect()
}

fn grants_of<'w>(whole: &'w Whole, group: &str) -> Vec<(String, &'w Grant)> {
    let begin = format!("group:{group}:member:");
    let grants = whole.grants.iter().map(|grant| (grant_id(grant), grant));
    grants.filter_map(|(id, grant)| Some((id.strip_prefix(&begin)?.to_owned(), grant))).collect()
}

fn holders(whole: &Whole, group: &str) -> Vec<String> {
    let mut holders: Vec<String> = grants_of(whole, group).into_iter().map(|(who, _)| who).collect();
    holders.sort();
    holders
}

/// The people at corp.example in the small account.
const CORP: [&str; 6] = ["member:1a", "member:1b", "member:1c", "member:1d", "user:0a", "user:0b"];

#[tokio::test]
async fn a_domain_with_a_sign_counts_as_the_domain() {
    let whole = read(account([
        group("a1", json!({"include": [domain("@corp.example")]})),
        group("a2", json!({"include": [domain("corp.example")]})),
        group("a3", json!({"include": [everyone()], "exclude": [domain("*@Corp.example")]})),
        group("a4", json!({"include": [everyone()], "require": [domain("@other.example")]})),
    ]))
    .await;
    assert_eq!(holders(&whole, "a1"), CORP);
    assert_eq!(holders(&whole, "a2"), CORP);
    assert_eq!(holders(&whole, "a3"), ["user:0c", "user:0d"]);
    assert_eq!(holders(&whole, "a4"), ["user:0c", "user:0d"]);
    let (_, grant) = grants_of(&whole, "a1")[0];
    assert_eq!(grant.basis[0].value, "@corp.example", "as the rule spells it");
    let told = told(&whole, "domain-with-sign");
    let expected = [("a1", "Include rule 1"), ("a3", "Exclude rule 1"), ("a4", "Require rule 1")];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for ((about, message), (group, rule)) in told.into_iter().zip(expected) {
        assert_eq!(about, Some(group));
        assert!(message.starts_with(&format!("{rule} of group {group} has the domain")), "{message}");
    }
}

#[tokio::test]
async fn an_address_that_is_not_one_is_open_for_whom_it_may_mean() {
    let mut odd = account([
        group(
            "a1",
            json!({"include": [
                email(" ann@corp.example"),
                email("bob@corp.example, ghost@corp.example"),
                email("carol@other.example"),
            ]}),
        ),
        group("a2", json!({"include": [list()]})),
        group("a3", json!({"include": [everyone()], "exclude": [email("mailto:ann@corp.example"), list()]})),
        group("a4", json!({"include": [everyone()], "require": [email("bob@corp.example;")]})),
    ]);
    odd.lists[0].items = vec!["ann@corp.example ".into(), "BOB@corp.example".into()];
    let whole = read(odd).await;
    assert_eq!(holders(&whole, "a1"), ["user:0c"], "an unclear text names nobody");
    assert_eq!(holders(&whole, "a2"), ["member:1b", "user:0b"]);
    assert!(whole.of_kind("email").is_empty(), "{:?}", whole.of_kind("email"));
    for (who, grant) in grants_of(&whole, "a3") {
        let none_of = grant.conditions.first().map(|conditions| conditions.none_of.clone());
        let rules = [r#"{"email":{"email":"mailto:ann@corp.example"}}"#, r#"{"email_list":{"id":"11"}}"#];
        let expected = match who.as_str() {
            "user:0a" | "member:1a" => Some(rules.map(str::to_owned).to_vec()),
            "user:0d" => continue,
            _ => None,
        };
        assert_eq!(none_of, expected, "{who}");
    }
    assert_eq!(holders(&whole, "a4"), ["member:1b", "user:0b", "user:0d"]);
    let (_, grant) = grants_of(&whole, "a4")[0];
    assert_eq!(grant.conditions.first().unwrap().all_of, [r#"{"email":{"email":"bob@corp.example;"}}"#]);
    let told = told(&whole, "address-unclear");
    let expected = [
        (None, "list \"11\"", "\"ann@corp.example \""),
        (Some("a1"), "group a1", "\" ann@corp.example\""),
        (Some("a1"), "group a1", "\"bob@corp.example, ghost@corp.example\""),
        (Some("a3"), "group a3", "\"mailto:ann@corp.example\""),
        (Some("a4"), "group a4", "\"bob@corp.example;\""),
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for ((about, message), (group, named, quoted)) in told.into_iter().zip(expected) {
        assert_eq!(about, group);
        assert!(message.contains(named) && message.contains(quoted), "{message}");
    }
}

#[tokio::test]
async fn other_characters_around_an_address_make_no_condition_for_everybody() {
    let mut odd = account([
        group("a1", json!({"include": [email("\u{a0}ann@corp.example"), email("carol@other.example")]})),
        group("a2", json!({"include": [everyone()], "exclude": [email("ann@corp.example\u{ff0c}")]})),
        group("a3", json!({"include": [everyone()], "exclude": [domain("\u{200b}corp.example"), list()]})),
        group("a4", json!({"include": [everyone()], "exclude": [email("m\u{fc}ller@corp.example")]})),
    ]);
    odd.lists[0].items =
        vec!["SMTP:carol@other.example".into(), "x@else.example\u{ff0c}y@else.example".into()];
    let whole = read(odd).await;
    assert_eq!(holders(&whole, "a1"), ["user:0c"]);
    let none_of = |group: &str| -> Vec<(String, usize)> {
        let grants = grants_of(&whole, group).into_iter();
        grants.map(|(who, grant)| (who, grant.conditions.first().map_or(0, |it| it.none_of.len()))).collect()
    };
    for (who, conditions) in none_of("a2") {
        let may_be_out = ["user:0a", "member:1a", "user:0d"].contains(&who.as_str());
        assert!(who == "user:0d" || conditions == usize::from(may_be_out), "{who} {conditions}");
    }
    for (who, conditions) in none_of("a3") {
        let may_be_out = CORP.contains(&who.as_str()) || who == "user:0c";
        assert!(who == "user:0d" || conditions == usize::from(may_be_out), "{who} {conditions}");
    }
    assert!(none_of("a4").iter().all(|(_, conditions)| *conditions == 1), "nobody knows how it is compared");
    assert!(whole.of_kind("email").is_empty(), "{:?}", whole.of_kind("email"));
    let beyond = told(&whole, "rule-not-ascii");
    assert!(
        matches!(beyond[..], [(Some("a4"), message)] if message.contains("\"m\u{fc}ller@corp.example\""))
    );
    assert_eq!(told(&whole, "address-unclear").len(), 5);
}

#[tokio::test]
async fn a_text_that_is_no_address_makes_no_person() {
    let texts = [
        "ann@corp.example/bob@corp.example",
        "ann@corp.example|bob@corp.example",
        "ann@corp.example&bob@corp.example",
        "email:ann@corp.example",
        "ann@*.corp.example",
        "corp.example",
        "ann",
        "q@corp.example@other.example",
    ];
    let include: Vec<Value> = texts.into_iter().map(email).chain([email("a/b@else.example")]).collect();
    let domains: Vec<Value> = ["*corp.example", "https://corp.example"].map(domain).to_vec();
    let whole = read(account([
        group("a1", json!({"include": include})),
        group("a2", json!({"include": [everyone()]})),
        group("a3", json!({"include": [everyone()], "exclude": domains})),
    ]))
    .await;
    assert_eq!(holders(&whole, "a1"), ["email:a/b@else.example"], "one address, though it has such a sign");
    assert_eq!(whole.of_kind("email").len(), 1);
    for (who, grant) in grants_of(&whole, "a3") {
        let conditions = grant.conditions.first().map_or(0, |it| it.none_of.len());
        assert!(who == "user:0d" || conditions == if CORP.contains(&who.as_str()) { 2 } else { 0 }, "{who}");
    }
    let told = told(&whole, "address-unclear");
    assert_eq!(told.len(), texts.len() + 2, "{told:?}");
    let nobody = told.iter().filter(|(_, message)| message.contains("So it counts for nobody.")).count();
    assert_eq!(nobody, 4, "{told:?}");
}

#[tokio::test]
async fn a_selector_that_is_null_says_nothing() {
    let named = json!({"email": {"email": "ann@corp.example"}, "common_name": {"common_name": null}});
    let half = json!({"okta": {"name": null, "identity_provider_id": "i"}});
    let whole = read(account([
        group("a1", json!({"include": [named]})),
        group("a2", json!({"include": [domain("corp.example")], "require": [half]})),
        group("a3", json!({"include": [email("ann@corp.example"), {"certificate": null}]})),
        group(
            "a4",
            json!({"include": [everyone()],
                "require": [{"okta": {"name": null, "identity_provider_id": null}}]}),
        ),
    ]))
    .await;
    let ann = ["member:1a", "user:0a"];
    assert_eq!(holders(&whole, "a1"), ann);
    assert!(grants_of(&whole, "a1").iter().all(|(_, grant)| grant.conditions.is_empty() && !grant.revocable));
    assert_eq!(holders(&whole, "a2"), CORP);
    for (who, grant) in grants_of(&whole, "a2") {
        assert_eq!(grant.conditions.first().unwrap().all_of, [half.to_string()], "{who}");
    }
    assert_eq!(holders(&whole, "a3"), ann);
    assert_eq!(holders(&whole, "a4"), Vec::<String>::new(), "nothing is in the rule, so it matches nobody");
    let told = told(&whole, "selector-empty");
    assert!(matches!(told[..], [(Some("a2"), _), (Some("a3"), _)]), "{told:?}");
    assert!(!whole.warnings.iter().any(|warning| warning.incomplete), "{:?}", whole.warnings);
}

#[tokio::test]
async fn a_key_that_occurs_twice_is_not_understood() {
    let twice = r#"{"email":{"email":"ann@corp.example"},"email":{"email":"carol@other.example"}}"#;
    let inside = r#"{"email":{"email":"ann@corp.example","email":"carol@other.example"}}"#;
    let body = format!(
        r#"{{"success":true,"errors":[],"messages":[],"result":[
            {{"id":"a1","name":"Twice","include":[{twice}]}},
            {{"id":"a2","name":"Everybody but","include":[{{"everyone":{{}}}}],"exclude":[{inside}]}}],
            "result_info":{{"page":1,"per_page":1000,"count":2,"total_count":2}}}}"#
    );
    let faults = vec![Fault::on("GET", "access/groups", Effect::Body { status: 200, body })];
    let setup = HostAndMock::with(account([]), Options { faults, ..Options::default() }).await;
    let whole = setup.read(&[]).await;
    assert_eq!(holders(&whole, "a1"), Vec::<String>::new());
    let grants = grants_of(&whole, "a2");
    assert_eq!(grants.len(), 8);
    for (who, grant) in grants {
        assert_eq!(grant.conditions.first().unwrap().none_of, [inside], "{who}");
    }
    let told = whole.warned_of("rule-not-understood");
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|warning| warning.incomplete && warning.message.contains("a key occurs twice")));
}

#[tokio::test]
async fn one_group_is_told_of_as_in_a_full_read() {
    let mut odd = account([
        group("a1", json!({"include": [email(" ann@corp.example"), okta(), everyone()]})),
        group("a2", json!({"include": [domain("@corp.example"), list()]})),
    ]);
    odd.lists[0].items = vec!["bob@corp.example,ann@corp.example".into()];
    let setup = HostAndMock::new(odd).await;
    let mut session = setup.session().await;
    for (id, codes) in
        [("a1", vec!["address-unclear"; 2]), ("a2", vec!["address-unclear", "domain-with-sign"])]
    {
        let id = ResourceId { kind: "group".into(), id: id.into() };
        let (mut warnings, mut cursor) = (Vec::new(), None);
        loop {
            let page = session.get(&id, cursor.as_deref()).await.map_err(connector_error).unwrap();
            warnings.extend(page.warnings);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        // A list belongs to no group alone.
        assert_eq!(warnings.iter().map(|warning| warning.code.as_str()).collect::<Vec<_>>(), codes);
        assert!(warnings.iter().all(|warning| warning.about.as_ref().is_none_or(|about| about.id == id.id)));
    }
}

#[tokio::test]
async fn a_list_of_odd_items_is_told_of_in_a_few_words() {
    let mut odd = account([group("a1", json!({"include": [list()]}))]);
    odd.lists[0].items = (0..3000).map(|n| format!("a{n}@corp.example ")).collect();
    let whole = read(odd).await;
    let told = told(&whole, "address-unclear");
    assert_eq!(told.len(), 21);
    assert!(told[20].1.starts_with("2980 more items of the list \"11\""), "{:?}", told[20]);
}
