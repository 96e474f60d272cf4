//! Texts that aren't one address or one domain: for whom they are open, and what is told of them.

use super::*;

const PEOPLE: [&str; 5] =
    ["ann@corp.example", "Bob@CORP.example", "eve@else.example", "sue@eu.corp.example", "tom@xcorp.example"];

fn email(text: &str) -> Json {
    serde_json::json!({"email": {"email": text}})
}

fn domain(text: &str) -> Json {
    serde_json::json!({"email_domain": {"domain": text}})
}

fn list(item: &str) -> Lists {
    let items = [item, "zoe@else.example"].map(str::to_owned).into_iter().collect();
    Lists::from_iter([("l".to_owned(), Some(items))])
}

/// Returns for each of the people whether a group with this rule in a section lets them in: `y` for
/// yes, `o` for open, `n` for no.
fn values(section: &str, rule: &Json, lists: Lists) -> String {
    let everyone = serde_json::json!({"everyone": {}});
    let mut group = serde_json::json!({"id": "g", "include": [everyone]});
    group[section] = serde_json::json!([rule]);
    let membership = built(&groups(serde_json::json!([group])), lists);
    let value = |address| {
        let subject = Subject::Person { address: Some(address), standing: Standing::None };
        let mut scratch = Scratch::default();
        let mut evaluation = membership.evaluate(subject, [], &mut scratch);
        let value = evaluation.value(0);
        assert_eq!(evaluation.held_of(0).is_some(), evaluation.is_named(0) && value != Value::No);
        match value {
            Value::No => 'n',
            Value::Open => {
                let held = evaluation.held_of(0).map(|held| held.conditions.unwrap());
                assert_eq!(held.is_some(), section != "include", "an unclear text names nobody");
                if let Some(held) = held {
                    let open: Vec<_> = held.all_of.iter().chain(&held.none_of).collect();
                    assert_eq!(open, [&rule.to_string()]);
                }
                'o'
            }
            Value::Yes => 'y',
        }
    };
    PEOPLE.into_iter().map(value).collect()
}

#[test]
fn it_is_open_for_whom_a_part_names_and_no_for_everybody_else() {
    let list_rule = serde_json::json!({"email_list": {"id": "l"}});
    for (rule, lists, expected) in [
        (email(" ann@corp.example"), Lists::default(), "onnnn"),
        (email("ANN@corp.example, bob@corp.example"), Lists::default(), "oonnn"),
        (email("mailto:bob@corp.example"), Lists::default(), "nonnn"),
        (email("*@corp.example"), Lists::default(), "oonnn"),
        (email("not an address"), Lists::default(), "nnnnn"),
        (email("\u{a0}ann@corp.example"), Lists::default(), "onnnn"),
        (email("ann@corp.example\u{ff0c}eve@else.example"), Lists::default(), "ononn"),
        (email("ann@corp.example/bob@corp.example"), Lists::default(), "oonnn"),
        (email("email:ann@corp.example"), Lists::default(), "onnnn"),
        (email("ann|bob@corp.example"), Lists::default(), "nnnnn"),
        (email("ann@*.corp.example"), Lists::default(), "nnnnn"),
        (domain("*corp.example"), Lists::default(), "oonon"),
        (domain("https://corp.example/"), Lists::default(), "oonnn"),
        (domain("\u{200b}corp.example"), Lists::default(), "oonnn"),
        (domain("@corp.example"), Lists::default(), "yynnn"),
        (domain("*@CORP.example"), Lists::default(), "yynnn"),
        (domain("corp.example "), Lists::default(), "oonnn"),
        (domain("@corp.example."), Lists::default(), "oonnn"),
        (domain("else.example;corp.example"), Lists::default(), "ooonn"),
        (domain("*.corp.example"), Lists::default(), "oonon"),
        (list_rule.clone(), list("ann@corp.example "), "onnnn"),
        (list_rule.clone(), list("ann@corp.example;bob@corp.example"), "oonnn"),
        (list_rule.clone(), list("SMTP:ann@corp.example"), "onnnn"),
        (list_rule.clone(), list("ann@corp.example\u{ff0c}bob@corp.example"), "oonnn"),
        (list_rule, list("@else.example"), "nnonn"),
    ] {
        let not: String = expected.chars().map(|value| if value == 'y' { 'n' } else { value }).collect();
        let not: String =
            not.chars().zip(expected.chars()).map(|(n, was)| if was == 'n' { 'y' } else { n }).collect();
        for (section, expected) in [("include", expected), ("require", expected), ("exclude", &not)] {
            assert_eq!(values(section, &rule, lists.clone()), expected, "{section} {rule}");
        }
    }
}

#[test]
fn a_list_that_has_the_address_as_well_is_certain() {
    let items = ["ann@corp.example", " ann@corp.example", "ann@corp.example,bob@corp.example"];
    let lists = Lists::from_iter([("l".to_owned(), Some(items.map(str::to_owned).into_iter().collect()))]);
    let rule = serde_json::json!({"email_list": {"id": "l"}});
    for (section, expected) in [("include", "yonnn"), ("require", "yonnn"), ("exclude", "noyyy")] {
        assert_eq!(values(section, &rule, lists.clone()), expected, "{section}");
    }
}

#[test]
fn a_revoke_of_whom_another_text_may_mean_would_not_work() {
    let held = revocable(serde_json::json!([
        {"id": "beside-bob", "include": [email("ann@corp.example"), email("bob@corp.example")]},
        {"id": "beside-text",
            "include": [email("ann@corp.example"), email("ann@corp.example,bob@corp.example")]},
        {"id": "beside-other-text", "include": [email("ann@corp.example"), email(" bob@corp.example")]},
        {"id": "beside-domain", "include": [email("ann@corp.example"), domain(" corp.example")]},
        {"id": "around-text", "include": [email("ann@corp.example"), {"group": {"id": "inner"}}]},
        {"id": "around-more", "include": [email("ann@corp.example"), {"group": {"id": "middle"}}]},
        {"id": "around-no", "include": [email("ann@corp.example"), {"group": {"id": "without"}}]},
        {"id": "circle", "include": [email("ann@corp.example"), {"group": {"id": "back"}}]},
        {"id": "back", "include": [email(" ann@corp.example")], "require": [{"group": {"id": "circle"}}]},
        {"id": "inner", "include": [email("ann@corp.example,bob@corp.example")]},
        {"id": "middle", "include": [{"group": {"id": "inner"}}]},
        {"id": "without", "include": [{"group": {"id": "inner"}}], "exclude": [email("ann@corp.example")]},
    ]));
    let expected = [
        ("beside-bob", true),
        ("beside-text", false),
        ("beside-other-text", true),
        ("beside-domain", false),
        ("around-text", false),
        ("around-more", false),
        ("around-no", true),
        ("circle", true),
    ];
    assert_eq!(held, expected.map(|(group, revocable)| (group.to_owned(), revocable)).into());
}

#[test]
fn a_condition_is_the_rule_byte_for_byte() {
    let rule = r#"{ "email": {"note":null, "email":"a@b, c@d"},"common_name" :null}"#;
    let text = format!(r#"[{{"id":"g","include":[{{"everyone":{{}}}}],"exclude":[{rule}]}}]"#);
    let membership = built(&serde_json::from_str::<Vec<Group>>(&text).unwrap(), Lists::default());
    let subject = Subject::Person { address: Some("c@d"), standing: Standing::None };
    let held = membership.of(subject, &mut Scratch::default());
    assert_eq!(held[0].conditions.as_ref().unwrap().none_of, [rule]);
}

#[test]
fn a_person_without_an_address_and_an_unclear_text_are_open() {
    let membership = built(
        &groups(serde_json::json!([
            {"id": "g", "include": [{"everyone": {}}], "require": [email(" ann@corp.example")]},
        ])),
        Lists::default(),
    );
    let held =
        membership.of(Subject::Person { address: None, standing: Standing::None }, &mut Scratch::default());
    assert_eq!(held[0].conditions.as_ref().unwrap().all_of, [email(" ann@corp.example").to_string()]);
}

#[test]
fn each_text_is_told_once_with_its_group_or_list() {
    let membership = built(
        &groups(serde_json::json!([
            {"id": "a", "include": [email(" ann@corp.example"), domain("@corp.example")],
                "exclude": [email(" ann@corp.example"), email("ok@corp.example"), domain("corp.example")]},
            {"id": "b", "include": [domain("*@corp.example"), {"email_list": {"id": "l"}}],
                "require": [{"okta": {"name": null, "identity_provider_id": "i"}}]},
        ])),
        list("x@corp.example,\u{1b}[31m@else.example"),
    );
    let told = |code: &str| -> Vec<(Option<&str>, &str)> {
        let of_code = membership.warnings().iter().filter(|warning| warning.code.word() == code);
        of_code
            .map(|warning| {
                assert!(!warning.incomplete, "{warning:?}");
                (warning.about.as_ref().map(|about| about.id.as_str()), warning.message.as_str())
            })
            .collect()
    };
    let unclear = told("address-unclear");
    let expected = [
        (
            None,
            "The list \"l\" that rules name has the item \"x@corp.example,\\u{1b}[31m@else.example\", which",
        ),
        (
            Some("a"),
            "Include rule 1 of group a has the text \" ann@corp.example\", which isn't one plain address",
        ),
    ];
    assert_eq!(unclear.len(), expected.len(), "{unclear:?}");
    for ((about, message), (of, begins)) in unclear.iter().zip(expected) {
        assert_eq!(*about, of);
        assert!(message.starts_with(begins), "{message}");
    }
    assert!(unclear[0].1.contains("left open for \"x@corp.example\", \"31m@else.example\""), "{unclear:?}");
    let signs: Vec<_> = told("domain-with-sign").into_iter().map(|(about, _)| about).collect();
    assert_eq!(signs, [Some("a"), Some("b")]);
    assert_eq!(told("selector-empty").len(), 1);
}

#[test]
fn there_are_not_more_warnings_than_somebody_reads() {
    let odd = |count: usize| (0..count).map(|n| format!(" a{n}@corp.example"));
    let rules: Vec<Json> = odd(25).chain(odd(25)).map(|text| email(&text)).collect();
    let lists = Lists::from_iter([
        ("l".to_owned(), Some(odd(100_000).collect())),
        ("m".to_owned(), Some(odd(20).collect())),
    ]);
    let many = serde_json::json!([{"id": "a", "include": rules, "exclude": [
        {"email_list": {"id": "l"}}, {"email_list": {"id": "m"}}]}]);
    let membership = built(&groups(many), lists);
    let messages: Vec<&str> = membership.warnings().iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(messages.len(), 21 + 20 + 21);
    assert_eq!(messages[20], "99980 more items of the list \"l\" that rules name are like these.");
    assert_eq!(*messages.last().unwrap(), "5 more texts of group a are like these.");
    let long = built(
        &groups(
            serde_json::json!([{"id": "a", "include": [email(&format!("{} a@b", "x".repeat(1 << 20)))]}]),
        ),
        Lists::default(),
    );
    assert!(long.warnings()[0].message.len() < 1000);
}

#[test]
fn the_index_of_parts_finds_whom_they_name() {
    let texts =
        ["a@b.c d", "*@b.c", "*@*.c", ".b.c", "a@b.c,a@c", "x@.b.c", "a@c|a@b.c", "@*b.c", "*@.x.b.c"];
    for text in texts {
        let membership =
            built(&groups(serde_json::json!([{"id": "g", "include": [email(text)]}])), Lists::default());
        for address in ["a@b.c", "A@B.C", "a@c", "a@x.b.c", "a@xb.c", "d", "@", "a@", "a@.c", "x@.b.c"] {
            let subject = Subject::Person { address: Some(address), standing: Standing::None };
            let value = membership.evaluate(subject, [], &mut Scratch::default()).value(0);
            assert_eq!(value == Value::Open, may_mean(text, [address].into_iter()), "{text:?} {address:?}");
        }
    }
}

#[test]
fn what_can_be_no_address_is_told_and_is_nobody() {
    let membership = built(
        &groups(serde_json::json!([
            {"id": "a", "include": [
                email("ann"), email("corp.example"), email("ann@*.corp.example"),
                email("a@b.example@c.example"),
                email("ann@corp.example/bob@corp.example"), email("ann|bob@corp.example"), domain("*"),
                {"email_list": {"id": "l"}},
            ]},
        ])),
        list("10.0.0.0/8"),
    );
    let messages: Vec<&str> = membership.warnings().iter().map(|warning| warning.message.as_str()).collect();
    let nobody = messages.iter().filter(|message| message.contains("So it counts for nobody.")).count();
    assert_eq!((messages.len(), nobody), (7, 6), "{messages:?}");
    assert!(messages[0].contains("the item \"10.0.0.0/8\", which isn't one plain address"), "{messages:?}");
    let included = membership.included().into_iter();
    let included: Vec<&str> = included.map(|included| membership.included_address(included)).collect();
    assert_eq!(included, ["ann|bob@corp.example", "zoe@else.example"]);
}

#[test]
fn a_text_beyond_ascii_is_quoted_and_cut() {
    let text = format!("ann@corp.example, m\u{fc}ller@corp.example {}", "x".repeat(1 << 20));
    let membership =
        built(&groups(serde_json::json!([{"id": "a", "include": [email(&text)]}])), Lists::default());
    let [warning] = membership.warnings() else { panic!("{:?}", membership.warnings().len()) };
    assert_eq!(warning.code.word(), "rule-not-ascii");
    assert!(
        warning.message.contains("\"ann@corp.example, m\u{fc}ller@corp.example x"),
        "{}",
        warning.message
    );
    assert!(warning.message.len() < 1000);
}
