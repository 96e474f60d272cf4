//! Changes of one group.

use super::*;

/// Returns the entitlements that an outcome adds, all without conditions.
fn certain(outcome: &Outcome) -> Vec<&str> {
    assert!(outcome.added.iter().all(|grant| grant.conditions.is_empty()), "{outcome:?}");
    let mut added: Vec<&str> = outcome.added.iter().map(|grant| grant.entitlement.as_str()).collect();
    added.dedup();
    added
}

fn simple() -> Account {
    account([group("a1", json!({"include": [email("carol@other.example")]}))])
}

#[tokio::test]
async fn a_user_is_granted_by_their_address_as_cloudflare_spells_it() {
    let told = Scene::new(simple(), [grant("a1", "user:0b")]).run().await;
    let outcome = told.applied(0, &["Bob@Corp.example", "Group a1"]);
    assert_eq!(certain(outcome), ["group:a1:member"]);
    let principal = principal_of(&outcome.added[0]);
    assert_eq!((principal.kind.as_str(), principal.id.as_str()), ("user", "0b"));
    assert_eq!(outcome.added[0].basis[0].value, "Bob@Corp.example");
    assert!(outcome.added[0].revocable && outcome.removed.is_empty());
    let routes = [ONE_GROUP, &[("GET access/users/{id}", 1)]].concat();
    told.judge(|account| include(account, "a1").push(email("Bob@Corp.example")), &routes);
}

#[tokio::test]
async fn a_member_is_granted_by_the_memberships_address() {
    let told = Scene::new(simple(), [grant("a1", "member:1a")]).run().await;
    assert_eq!(principal_of(&told.applied(0, &[]).added[0]).kind, "member");
    let routes = [ONE_GROUP, &[("GET members/{id}", 1)]].concat();
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), &routes);
}

#[tokio::test]
async fn somebody_who_has_not_logged_in_yet_is_granted_by_email_in_lower_case() {
    let told = Scene::new(simple(), [grant("a1", "email:New.Starter@Corp.example")]).run().await;
    let outcome = told.applied(0, &[]);
    assert_eq!(principal_of(&outcome.added[0]).id, "new.starter@corp.example");
    told.judge(|account| include(account, "a1").push(email("new.starter@corp.example")), ONE_GROUP);
}

#[tokio::test]
async fn an_email_is_one_plain_ascii_address() {
    let bad = [
        "",
        "ann",
        "ann@corp.example, bob@corp.example",
        "Ann <ann@corp.example>",
        "\u{e4}nn@corp.example",
        "a@b@c",
    ];
    let told = Scene::new(simple(), bad.map(|address| grant("a1", &format!("email:{address}")))).run().await;
    for at in 0..bad.len() {
        assert_eq!(told.failed(at, ErrorKind::InvalidArgument, &[]).about.as_deref(), Some("principal"));
    }
    told.judge_unchanged(&[]);
}

#[tokio::test]
async fn nobody_else_can_be_in_a_group() {
    let told = Scene::new(
        simple(),
        [grant("a1", "group:a1"), grant("a1", "robot:x"), grant("a1", "user:../members/1a")],
    );
    let told = told.run().await;
    for at in 0..3 {
        assert_eq!(told.failed(at, ErrorKind::InvalidArgument, &[]).about.as_deref(), Some("principal"));
    }
    told.judge_unchanged(&[]);
}

#[tokio::test]
async fn what_is_no_entitlement_or_is_not_there_is_told() {
    let changes = [
        change(Operation::Grant, "group:../members/1a:member", "user:0a"),
        change(Operation::Grant, "group:a1:assigned", "user:0a"),
        change(Operation::Grant, "", "user:0a"),
        grant("a9", "email:x@corp.example"),
        grant("a1", "user:0f"),
        revoke("a9", "email:y@corp.example"),
    ];
    let told = Scene::new(simple(), changes).run().await;
    for at in 0..3 {
        assert_eq!(told.failed(at, ErrorKind::InvalidArgument, &[]).about.as_deref(), Some("entitlement"));
    }
    for (at, about) in [(3, "group:a9"), (4, "principal"), (5, "group:a9")] {
        assert_eq!(told.failed(at, ErrorKind::NotFound, &[]).about.as_deref(), Some(about));
    }
    told.judge_unchanged(&[GROUPS_ONLY, &[("GET access/users/{id}", 1)]].concat());
}

#[tokio::test]
async fn a_grant_of_somebody_who_is_named_already_is_unchanged() {
    for named in [
        email("ANN@corp.example"),
        domain("Corp.Example"),
        json!({"everyone": {}}),
        json!({"email_list": {"id": "11"}}),
    ] {
        let list = named.get("email_list").is_some();
        let told = Scene::new(
            account([group("a1", json!({"include": [named]}))]),
            [grant("a1", "email:ann@corp.example")],
        );
        let told = told.run().await;
        told.unchanged(0, &[]);
        let lists: Routes = if list { &[("GET gateway/lists/{id}/items", 1)] } else { &[] };
        told.judge_unchanged(&[GROUPS_ONLY, lists].concat());
    }
}

#[tokio::test]
async fn a_grant_that_would_make_a_conditional_membership_certain_is_written() {
    let groups = [
        group("a1", json!({"include": [inner("a2")]})),
        group("a2", json!({"include": [domain("corp.example")], "require": [network()]})),
    ];
    let told = Scene::new(account(groups), [grant("a1", "email:ann@corp.example")]).run().await;
    assert_eq!(certain(told.applied(0, &[])), ["group:a1:member"]);
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), ONE_GROUP);
}

#[tokio::test]
async fn a_grant_that_exclude_or_require_would_still_refuse_names_the_rule() {
    let carol = email("carol@other.example");
    for (section, rule) in [
        ("exclude", domain("corp.example")),
        ("exclude", email("Ann@corp.example")),
        ("require", domain("other.example")),
        ("require", json!({"common_name": {"common_name": null}})),
    ] {
        let rules = json!({"include": [carol], section: [network(), rule]});
        let told =
            Scene::new(account([group("a1", rules)]), [grant("a1", "email:ann@corp.example")]).run().await;
        told.refused(0, &[&format!("{section} rule 2"), &rule.to_string(), "Nothing was written"]);
        assert_eq!(told.report.results[0].as_ref().unwrap_err().about.as_deref(), Some("group:a1"));
        told.judge_unchanged(GROUPS_ONLY);
    }
}

#[tokio::test]
async fn a_grant_comes_back_with_its_conditions() {
    let geo = json!({"geo": {"country_code": "XX"}});
    let rules = json!({"include": [okta()], "require": [network()], "exclude": [geo]});
    let told = Scene::new(account([group("a1", rules)]), [grant("a1", "email:ann@corp.example")]).run().await;
    let conditions = told.applied(0, &[]).added[0].conditions.first().unwrap();
    assert_eq!(conditions.any_of, Vec::<String>::new());
    assert_eq!(conditions.all_of, [network().to_string()]);
    assert_eq!(conditions.none_of, [r#"{"geo":{"country_code":"XX"}}"#]);
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), ONE_GROUP);
}

#[tokio::test]
async fn who_has_no_address_can_not_be_granted() {
    let told = Scene::new(simple(), [grant("a1", "user:0d")]).run().await;
    told.refused(0, &["no address"]);
    told.judge_unchanged(&[GROUPS_ONLY, &[("GET access/users/{id}", 1)]].concat());
}

#[tokio::test]
async fn a_user_whose_address_is_not_one_plain_ascii_address_can_not_be_granted() {
    for odd in
        ["\u{212a}im@corp.example", "x@corp.example@other.example", "ann@corp.example, bob@corp.example"]
    {
        let mut simple = simple();
        simple.users[0].email = Some(odd.into());
        let told = Scene::new(simple, [grant("a1", "user:0a")]).run().await;
        told.refused(0, &["not one plain address"]);
        told.judge_unchanged(&[GROUPS_ONLY, &[("GET access/users/{id}", 1)]].concat());
    }
}

#[tokio::test]
async fn a_revoke_takes_every_email_rule_of_the_person_whatever_its_case() {
    let includes = [email("Ann@Corp.Example"), okta(), email("bob@corp.example"), email("ann@corp.example")];
    let rules = json!({"include": includes,
        "exclude": [email("ann@other.example")], "require": []});
    let told = Scene::new(account([group("a1", rules)]), [revoke("a1", "user:0a")]).run().await;
    let outcome = told.applied(0, &["ann@corp.example", "A login may still match", "Engineering"]);
    assert_eq!((outcome.added.len(), outcome.removed.as_slice()), (0, &["group:a1:member".to_owned()][..]));
    let routes = [ONE_GROUP, &[("GET access/users/{id}", 1)]].concat();
    told.judge(|account| *include(account, "a1") = vec![okta(), email("bob@corp.example")], &routes);
}

#[tokio::test]
async fn a_revoke_takes_rules_that_exclude_or_require_made_idle() {
    for rules in [
        json!({"include": [email("ann@corp.example"), okta()], "exclude": [domain("corp.example")]}),
        json!({"include": [email("ann@corp.example"), okta()], "require": [domain("other.example")]}),
    ] {
        let told =
            Scene::new(account([group("a1", rules)]), [revoke("a1", "email:ann@corp.example")]).run().await;
        assert_eq!(told.applied(0, &[]).removed, Vec::<String>::new());
        told.judge(|account| *include(account, "a1") = vec![okta()], ONE_GROUP);
    }
}

#[tokio::test]
async fn a_revoke_leaves_the_persons_rules_in_exclude_and_require() {
    let includes = [email("ann@corp.example"), email("bob@corp.example")];
    let rules = json!({"include": includes, "require": [email("ann@corp.example")],
        "exclude": [email("ANN@corp.example")]});
    let told =
        Scene::new(account([group("a1", rules)]), [revoke("a1", "email:ann@corp.example")]).run().await;
    told.applied(0, &[]);
    told.judge(|account| *include(account, "a1") = vec![email("bob@corp.example")], ONE_GROUP);
}

#[tokio::test]
async fn a_revoke_of_what_nobody_holds_is_unchanged_and_names_open_includes() {
    let rules = json!({"include": [okta(), email("bob@corp.example")]});
    let told =
        Scene::new(account([group("a1", rules)]), [revoke("a1", "email:ann@corp.example")]).run().await;
    told.unchanged(0, &["A login may still match", "Engineering"]);
    told.judge_unchanged(GROUPS_ONLY);
}

#[tokio::test]
async fn a_revoke_of_somebody_whom_another_rule_still_names_is_refused_and_names_it() {
    let nested = group("a2", json!({"include": [email("ann@corp.example"), okta()]}));
    for (rule, named, lists) in [
        (domain("corp.example"), "email_domain corp.example", 0),
        (json!({"everyone": {}}), "everyone", 0),
        (json!({"email_list": {"id": "11"}}), "email_list 11", 1),
        (inner("a2"), "group a2", 0),
    ] {
        for own in [vec![], vec![email("Ann@corp.example")]] {
            let rules = json!({"include": ([own, vec![rule.clone()]].concat())});
            let told = Scene::new(
                account([group("a1", rules), nested.clone()]),
                [revoke("a1", "email:ann@corp.example")],
            );
            let told = told.run().await;
            told.refused(0, &[named, "still names them", "Nothing was written"]);
            told.judge_unchanged(&[GROUPS_ONLY, &[("GET gateway/lists/{id}/items", lists)]].concat());
        }
    }
    // Her rules elsewhere in the group stay, and don't decide any more.
    let include = [email("ann@corp.example"), domain("corp.example")];
    let rules = json!({"include": include, "require": [email("ANN@corp.example")]});
    let told =
        Scene::new(account([group("a1", rules)]), [revoke("a1", "email:ann@corp.example")]).run().await;
    told.refused(0, &["email_domain corp.example"]);
    told.judge_unchanged(GROUPS_ONLY);
    let rules = json!({"include": [email("ann@corp.example"), {"cloudflare_account_member": {}}]});
    let told = Scene::new(account([group("a1", rules)]), [revoke("a1", "member:1a")]).run().await;
    told.refused(0, &["cloudflare_account_member"]);
    told.judge_unchanged(&[GROUPS_ONLY, &[("GET members/{id}", 1)]].concat());
}

#[tokio::test]
async fn a_revoke_of_the_last_include_rule_is_refused() {
    let include = [email("ann@corp.example"), email("ANN@corp.example")];
    let own = json!({"include": include, "require": [domain("corp.example")]});
    let told = Scene::new(account([group("a1", own)]), [revoke("a1", "email:ann@corp.example")]).run().await;
    told.refused(0, &["last include rule"]);
    told.judge_unchanged(GROUPS_ONLY);
}

#[tokio::test]
async fn a_list_that_can_not_be_read_is_told_and_left_open() {
    let rules = json!({"include": [email("ann@corp.example"), {"email_list": {"id": "99"}}]});
    let told =
        Scene::new(account([group("a1", rules)]), [revoke("a1", "email:ann@corp.example")]).run().await;
    told.applied(0, &["A login may still match", "email_list"]);
    assert!(
        told.report.warnings.iter().any(|warning| warning.code == "list-not-readable" && warning.incomplete)
    );
    let routes = [ONE_GROUP, &[("GET gateway/lists/{id}/items", 1)]].concat();
    told.judge(|account| drop(include(account, "a1").remove(0)), &routes);
}

#[tokio::test]
async fn a_revoke_that_an_address_beyond_ascii_leaves_in_doubt_is_refused() {
    let odd = "J\u{f6}rg@Corp.example";
    let (same, other) = (email("J\u{f6}rg@corp.EXAMPLE"), email("j\u{f8}rg@corp.example"));
    for (rules, doubt) in [(vec![okta(), same.clone()], true), (vec![okta(), other], false)] {
        let mut account = account([group("a1", json!({"include": rules}))]);
        account.users[0].email = Some(odd.into());
        let told = Scene::new(account, [revoke("a1", "user:0a")]).run().await;
        if doubt {
            told.refused(0, &[&same.to_string(), "beyond ASCII", "Nothing was written"]);
        } else {
            told.unchanged(0, &["A login may still match"]);
        }
        told.judge_unchanged(&[GROUPS_ONLY, &[("GET access/users/{id}", 1)]].concat());
    }
}
