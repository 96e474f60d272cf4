//! Applications and policies that can't be read or understood.

use super::*;

/// Reads an account that was changed so. Returns its warnings about applications, and its grants on them.
fn changed(change: impl Fn(&mut Items)) -> (Vec<String>, Vec<String>) {
    let mut account = account();
    change(&mut account);
    let pages = read(&mut client(account), &[], None, false);
    let warned = warned(&pages).into_iter().filter(|warning| warning.contains("app:")).collect();
    (warned, of_apps(&pages).into_iter().filter(|word| word.contains(' ')).collect())
}

fn policies_of<'i>(items: &'i mut Items, path: &str, place: usize) -> &'i mut Json {
    &mut items.get_mut(path).unwrap()[place]["policies"]
}

#[test]
fn a_policy_without_its_rules_is_not_one_that_matches_nobody() {
    let whole = changed(|_| {});
    type Cut = fn(&mut Json);
    let cuts: [Cut; 2] = [
        |policy| *policy = json!({"id": policy["id"], "name": "x", "decision": policy["decision"]}),
        |policy| policy["include"] = json!(null),
    ];
    for cut in cuts {
        // Asked for, they are whole.
        let asked = changed(|items| {
            let all = policies_of(items, "access/apps", 0).as_array().unwrap().clone();
            items.insert("access/apps/a1/policies", all);
            let public = policies_of(items, "access/apps", 5)[0].clone();
            items.insert("access/apps/a6/policies", vec![public]);
            for app in [0, 5, 6] {
                policies_of(items, "access/apps", app).as_array_mut().unwrap().iter_mut().for_each(cut);
            }
        });
        assert_eq!(asked, whole);
        // Where they come without their rules even then, that is a gap.
        let (warned, _) = changed(|items| cut(&mut items.get_mut("access/apps/a4/policies").unwrap()[0]));
        assert!(warned.contains(&"app-not-understood app:a4 true".to_owned()), "{warned:?}");
        let (warned, _) = changed(|items| {
            items.get_mut("access/policies").unwrap().iter_mut().for_each(cut);
            cut(&mut policies_of(items, "access/apps", 0)[0]);
            cut(&mut policies_of(items, "access/apps", 6)[0]);
            cut(&mut items.get_mut("access/apps/a2/policies").unwrap()[0]);
        });
        assert!(warned.contains(&"app-not-understood app:a1 true".to_owned()), "{warned:?}");
    }
}

#[test]
fn without_one_of_its_policies_an_application_has_no_grants() {
    let odd = [
        json!({"decision": "deny", "include": [{"everyone": {}}]}),
        json!({"id": "../x", "decision": "deny", "include": [{"everyone": {}}]}),
        json!({"id": "q3", "precedence": "1", "decision": "deny", "include": [{"everyone": {}}]}),
        json!(7),
    ];
    for odd in odd {
        let (warned, grants) =
            changed(|items| items.get_mut("access/apps/a2/policies").unwrap().push(odd.clone()));
        assert!(warned.contains(&"app-not-understood app:a2 true".to_owned()), "{odd}: {warned:?}");
        assert!(!grants.iter().any(|grant| grant.starts_with("app:a2:")), "{odd}: {grants:?}");
        assert!(grants.iter().any(|grant| grant.starts_with("app:a3:")), "{grants:?}");
    }
}

#[test]
fn providers_that_are_not_all_known_are_a_condition() {
    for providers in [vec![json!({"id": "i1"}), json!({"id": null})], vec![]] {
        let mut account = account();
        account.insert("access/identity_providers", providers);
        let pages = read(&mut client(account), &[], None, false);
        let grant =
            pages.iter().flat_map(|page| &page.grants).find(|it| it.entitlement == "app:a1:access").unwrap();
        assert_eq!(grant.conditions[0].all_of, [r#"{"allowed_idps":["i1"]}"#]);
    }
    let mut account = account();
    account.insert("access/identity_providers", vec![json!({"id": "I1"})]);
    let pages = read(&mut client(account), &[], None, false);
    let grant =
        pages.iter().flat_map(|page| &page.grants).find(|it| it.entitlement == "app:a1:access").unwrap();
    assert!(grant.conditions.is_empty(), "the case of letters doesn't matter: {:?}", grant.conditions);
}

#[test]
fn policies_that_gate_nothing_are_not_asked_for() {
    let mut account = account();
    let types = ["end_user", "quantum"];
    account.insert("access/apps", types.map(|kind| json!({"id": kind, "type": kind})).into());
    let account = Watched::of(account);
    read(&mut Client::new(settings(), &account), &["app", "user"], None, false);
    assert!(!account.asked().iter().any(|path| path.ends_with("/policies")), "{:?}", account.asked());
}

#[test]
fn a_gap_of_another_application_is_none_of_the_one_that_is_wanted() {
    for (id, expected) in [("a1", vec![]), ("a8", vec!["app-not-understood app:a8 true"])] {
        let (client, only) = (&mut client(account()), ResourceId::new(Kind::App, id));
        assert_eq!(warned(&get(client, &only, false).unwrap()), expected);
    }
}

#[test]
fn an_unknown_decision_is_told_in_few_letters_and_without_secrets() {
    for (word, told) in [
        ("x".repeat(5000), format!("{:?}", "x".repeat(40))),
        ("Xk39dQzT7aaBcD0eFgHiJkLmNoPqRsTuVwXy1234".to_owned(), "\"\"".to_owned()),
    ] {
        let mut account = account();
        policies_of(&mut account, "access/apps", 5)[0]["decision"] = json!(word);
        let pages = read(&mut client(account), &[], None, false);
        let messages: Vec<_> = pages.iter().flat_map(|page| &page.warnings).map(|it| &it.message).collect();
        assert!(
            messages.iter().any(|message| message.contains(&format!("the decision {told}, which"))),
            "{messages:?}"
        );
        assert!(!messages.iter().any(|message| message.contains(&word)), "{messages:?}");
    }
}

#[test]
fn what_may_be_in_a_gap_is_not_called_absent() {
    let told = |id: &str, change: &dyn Fn(&mut Items)| {
        let mut account = account();
        change(&mut account);
        let (kind, of) = id.split_once(':').unwrap();
        let (client, only) = (&mut client(account), ResourceId::new(Kind::parse(kind).unwrap(), of));
        [false, true].map(|is_forgetful| match get(client, &only, is_forgetful) {
            Ok(pages) => {
                assert!(pages.iter().flat_map(|page| &page.warnings).any(|warning| warning.incomplete));
                format!("{} found", words(&pages).len())
            }
            Err(error) => format!("{:?}", error.kind),
        })
    };
    type Change = fn(&mut Items);
    let odd_app: Change = |items| items.get_mut("access/apps").unwrap().push(json!({"id": "Z", "type": 7}));
    let odd_group: Change =
        |items| items.get_mut("access/groups").unwrap().push(json!({"id": "z", "include": 7}));
    let nameless: Change = |items| items.get_mut("access/groups").unwrap().push(json!(7));
    let odd_policy: Change = |items| *policies_of(items, "access/apps", 0) = json!([{"id": "z"}]);
    let unread_list: Change = |items| drop(items.insert("gateway/lists/l1/items", vec![json!(REFUSED)]));
    for (id, change, expected) in [
        ("app:z", odd_app, "0 found"),
        ("app:y", odd_app, "NotFound"),
        ("policy:y", odd_app, "0 found"),
        ("group:Z", odd_group, "0 found"),
        ("group:y", odd_group, "NotFound"),
        ("group:y", nameless, "0 found"),
        ("app:y", nameless, "NotFound"),
        ("policy:z", odd_policy, "0 found"),
        ("email:eve@corp.example", unread_list, "0 found"),
    ] {
        assert_eq!(told(id, &change), [expected; 2], "{id}");
    }
}
