//! Groups with texts that aren't one address or one domain. A change never rests on one of two
//! readings, and no text that may name others is removed.

use super::*;

/// Ann is meant by the first text, she and Bob by the second. Carol has a rule of her own.
fn typed_by_hand() -> Vec<Value> {
    vec![
        email(" ann@corp.example"),
        email("ann@corp.example, bob@corp.example"),
        email("carol@other.example"),
    ]
}

fn codes(told: &Told) -> Vec<&str> {
    told.report.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

#[tokio::test]
async fn a_grant_to_whom_a_text_may_mean_gives_a_rule_of_their_own() {
    let account = account([group("a1", json!({"include": typed_by_hand()}))]);
    let told = Scene::new(account, [grant("a1", "user:0a")]).run().await;
    let added = &told.applied(0, &["ann@corp.example"]).added;
    assert_eq!(added.len(), 1);
    assert!(added[0].conditions.is_empty() && !added[0].revocable, "{added:?}");
    assert_eq!(codes(&told), ["address-unclear", "address-unclear"]);
    assert!(told.report.warnings[0].message.contains("\" ann@corp.example\""), "{:?}", told.report.warnings);
    let routes = [ONE_GROUP, &[("GET access/users/{id}", 1)]].concat();
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), &routes);
}

#[tokio::test]
async fn a_revoke_from_whom_a_text_may_mean_is_refused() {
    let own = [typed_by_hand(), vec![email("ann@corp.example")]].concat();
    for (rules, who, named) in [
        (typed_by_hand(), "email:ann@corp.example", " ann@corp.example"),
        (own, "email:ann@corp.example", " ann@corp.example"),
        (typed_by_hand(), "email:bob@corp.example", "ann@corp.example, bob@corp.example"),
        (vec![domain("*.corp.example"), okta()], "email:eve@eu.corp.example", "*.corp.example"),
        (vec![email("\u{a0}ann@corp.example"), okta()], "email:ann@corp.example", "\u{a0}ann@corp.example"),
        (vec![email("bob@corp.example\u{ff0c}ann@corp.example")], "email:ann@corp.example", "\u{ff0c}ann@"),
        (vec![email("bob@corp.example/ann@corp.example"), okta()], "user:0a", "/ann@corp.example"),
        (vec![email("SMTP:ann@corp.example"), okta()], "email:ann@corp.example", "SMTP:ann@corp.example"),
        (vec![domain("https://corp.example"), okta()], "email:ann@corp.example", "https://corp.example"),
    ] {
        let account = account([group("a1", json!({"include": rules}))]);
        let told = Scene::new(account, [revoke("a1", who)]).run().await;
        told.refused(0, &[named, "may mean this person", "dashboard", "Nothing was written"]);
        let looked_up: &[_] = if who.starts_with("user:") { &[("GET access/users/{id}", 1)] } else { &[] };
        told.judge_unchanged(&[GROUPS_ONLY, looked_up].concat());
    }
    let foreign = email("m\u{fc}ller@corp.example, ann@corp.example");
    let account = account([group("a1", json!({"include": [foreign, okta()]}))]);
    let told = Scene::new(account, [revoke("a1", "email:ann@corp.example")]).run().await;
    told.refused(0, &["may be this person's", "beyond ASCII"]);
}

#[tokio::test]
async fn a_text_in_an_included_group_counts_as_one_of_the_group() {
    let own = email("ann@corp.example");
    let inner_groups = [
        group("a2", json!({"include": [email("bob@corp.example, ann@corp.example")]})),
        group("a3", json!({"include": [inner("a2")]})),
        group("a4", json!({"include": [inner("a2")], "exclude": [email("ann@corp.example")]})),
    ];
    for (included, has_own) in [("a2", true), ("a2", false), ("a3", true)] {
        let mut rules = vec![inner(included), okta()];
        rules.extend(has_own.then(|| own.clone()));
        let groups = [vec![group("a1", json!({"include": rules}))], inner_groups.to_vec()].concat();
        let told = Scene::new(account(groups), [revoke("a1", "email:ann@corp.example")]).run().await;
        told.refused(
            0,
            &["The group a2 (\"Group a2\"), which this group includes, has the rule", "may mean this person"],
        );
        assert_eq!(codes(&told), ["address-unclear"]);
        assert!(told.report.warnings[0].message.contains("group a2"), "{:?}", told.report.warnings);
        told.judge_unchanged(GROUPS_ONLY);
    }
    let outer = group("a1", json!({"include": [own, inner("a4")]}));
    let groups = [vec![outer], inner_groups.to_vec()].concat();
    let told = Scene::new(account(groups), [revoke("a1", "email:ann@corp.example")]).run().await;
    assert_eq!(told.applied(0, &[]).removed, [of_group("a1")], "the inner group keeps her out");
    assert_eq!(codes(&told), ["address-unclear"]);
    told.judge(|account| drop(include(account, "a1").remove(0)), ONE_GROUP);
}

#[tokio::test]
async fn a_text_in_an_included_list_is_read_like_a_rule() {
    let mut listed =
        account([group("a1", json!({"include": [email("ann@corp.example"), {"email_list": {"id": "11"}}]}))]);
    listed.lists[0].items = vec!["zoe@corp.example".into(), "ANN@corp.example;bob@corp.example".into()];
    let told = Scene::new(listed, [revoke("a1", "email:ann@corp.example")]).run().await;
    told.refused(0, &[r#"{"email_list":{"id":"11"}}"#, "may mean this person"]);
    assert_eq!(codes(&told), ["address-unclear"]);
    told.judge_unchanged(&[GROUPS_ONLY, &[("GET gateway/lists/{id}/items", 1)]].concat());
}

#[tokio::test]
async fn a_revoke_from_somebody_else_leaves_every_other_text() {
    let account = account([group("a1", json!({"include": typed_by_hand()}))]);
    let told = Scene::new(account, [revoke("a1", "user:0c")]).run().await;
    assert_eq!(told.applied(0, &["carol@other.example"]).removed, [of_group("a1")]);
    let routes = [ONE_GROUP, &[("GET access/users/{id}", 1)]].concat();
    told.judge(|account| drop(include(account, "a1").remove(2)), &routes);
}

#[tokio::test]
async fn a_text_that_may_keep_somebody_out_is_a_condition() {
    let exclude = [email("mailto:ann@corp.example")];
    let rules = json!({"include": [okta()], "exclude": exclude, "require": [domain("corp.example ")]});
    let account = account([group("a1", rules)]);
    let changes = [grant("a1", "email:ann@corp.example"), grant("a1", "email:zoe@other.example")];
    let told = Scene::new(account, changes).run().await;
    let conditions = told.applied(0, &[]).added[0].conditions.first().unwrap();
    assert_eq!(conditions.none_of, [email("mailto:ann@corp.example").to_string()]);
    assert_eq!(conditions.all_of, [domain("corp.example ").to_string()]);
    told.refused(1, &["its require rule 1 says no"]);
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), ONE_GROUP);
}

#[tokio::test]
async fn what_becomes_certain_by_leaving_is_a_gain() {
    let accounts = || {
        account([
            group(
                "a1",
                json!({"include": [email("ann@corp.example"), email("bob@corp.example")],
                    "exclude": [email("ann@corp.example;")]}),
            ),
            group("a2", json!({"include": [{"everyone": {}}], "exclude": [inner("a1")]})),
        ])
    };
    let changes = [revoke("a1", "email:ann@corp.example")];
    let told = Scene::new(accounts(), changes.clone()).run().await;
    told.refused(0, &["group:a2:member", "Allow gains"]);
    told.judge_unchanged(&[GROUPS_ONLY, &[("GET access/apps", 1)]].concat());
    let told = Scene::new(accounts(), changes).allowing_gains().run().await;
    assert_eq!(told.applied(0, &[]).added[0].entitlement, of_group("a2"));
    told.judge(|account| drop(include(account, "a1").remove(0)), ONE_GROUP);
}

#[tokio::test]
async fn a_domain_with_a_sign_names_everybody_there() {
    let rules = json!({"include": [domain("@corp.example"), email("carol@other.example")]});
    let changes = [grant("a1", "email:ann@corp.example"), revoke("a1", "email:bob@corp.example")];
    let told = Scene::new(account([group("a1", rules)]), changes).run().await;
    told.unchanged(0, &["has this person already"]);
    told.refused(1, &["email_domain @corp.example", "still names them"]);
    assert_eq!(codes(&told), ["domain-with-sign"]);
    told.judge_unchanged(GROUPS_ONLY);
}

#[tokio::test]
async fn a_rule_with_a_key_twice_is_nobodys_own() {
    let twice = r#"{"email":{"email":"ann@corp.example"},"email":{"email":"bob@corp.example"}}"#;
    let beside = r#"{"email":{"email":"ann@corp.example"},"common_name":null}"#;
    let text = |rules: &str| format!(r#"{{"id":"a1","name":"G","include":[{rules}],"exclude":[]}}"#);
    let envelope = |result: &str, info: &str| Effect::Body {
        status: 200,
        body: format!(r#"{{"success":true,"errors":[],"messages":[],"result":{result}{info}}}"#),
    };
    let info = r#","result_info":{"page":1,"per_page":1000,"count":1,"total_count":1}"#;
    let before = text(&format!("{beside},{twice}"));
    let faults = vec![
        Fault::on("GET", "access/groups", envelope(&format!("[{before}]"), info)),
        Fault::on("GET", "access/groups/{id}", envelope(&before, "")).at_attempt(1),
        Fault::on("PUT", "access/groups/{id}", envelope("null", "")),
        Fault::on("GET", "access/groups/{id}", envelope(&text(twice), "")).at_attempt(2),
    ];
    let account = account([group("a1", json!({"include": [okta()]}))]);
    let setup = HostAndMock::with(account, Behaviour { faults, ..Behaviour::default() }).await;
    let options = Options { dry_run: false, allow_gains: false, extra: String::new() };
    let changes = [revoke("a1", "email:ann@corp.example")];
    let report = setup.writer("api-token").await.apply(&changes, &options).await.unwrap();
    assert_eq!(report.results[0].as_ref().unwrap().status, Status::Applied, "{report:?}");
    let requests = setup.mock.requests();
    let put = requests.iter().find(|request| request.method == "PUT").unwrap();
    assert_eq!(put.body, format!(r#"{{"name":"G","include":[{twice}],"exclude":[]}}"#));
}
