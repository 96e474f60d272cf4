//! Many changes in one call.

use super::*;

fn strangers(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("email:person{n}@outside.example")).collect()
}

#[tokio::test]
async fn a_thousand_changes_of_a_group_are_one_list_a_get_a_put_and_a_get() {
    let rules = (0..1000).map(|n| email(&format!("Person{n}@outside.example"))).chain([okta()]);
    // Groups that refer to it, and many others. Each change is evaluated over all of them.
    let mut groups =
        vec![group("a1", json!({"include": [okta()]})), group("a2", json!({"include": [inner("a1")]}))];
    groups.extend(
        (0..298).map(|n| group(&format!("b{n}"), json!({"include": [email(&format!("x{n}@corp.example"))]}))),
    );
    let told = Scene::new(account(groups), strangers(999).iter().map(|who| grant("a1", who))).run().await;
    (0..999).for_each(|at| assert_eq!(told.applied(at, &[]).added.len(), 2));
    let granted = (0..999).map(|n| email(&format!("person{n}@outside.example"))).collect::<Vec<_>>();
    told.judge(|account| include(account, "a1").extend(granted), ONE_GROUP);
    let full = group("a1", json!({"include": rules.collect::<Vec<_>>()}));
    let told = Scene::new(account([full]), strangers(1000).iter().map(|who| revoke("a1", who))).run().await;
    (0..1000).for_each(|at| assert_eq!(told.applied(at, &[]).removed, ["group:a1:member"]));
    told.judge(|account| *include(account, "a1") = vec![okta()], ONE_GROUP);
}

#[tokio::test]
async fn more_than_a_thousand_changes_are_an_invalid_argument() {
    let rules = json!({"include": [okta()]});
    let told = Scene::new(account([group("a1", rules)]), strangers(1001).iter().map(|who| grant("a1", who)))
        .run()
        .await;
    for at in [0, 500, 1000] {
        assert_eq!(
            told.failed(at, ErrorKind::InvalidArgument, &["1000", "1001"]).about.as_deref(),
            Some("changes")
        );
    }
    told.judge_unchanged(&[]);
}

#[tokio::test]
async fn no_changes_ask_nothing() {
    Scene::new(account([]), []).run().await.judge_unchanged(&[]);
}

#[tokio::test]
async fn many_principals_are_learned_from_pages_of_the_list_and_few_one_by_one() {
    let size = host_test::mock::Size { users: 2500, members: 120, groups: 0, roles: 0 };
    let mut big = Account::generate(3, size);
    big.groups = vec![group("a1", json!({"include": [okta()]}))];
    big.users.iter_mut().enumerate().for_each(|(n, user)| user.email = Some(format!("user{n}@corp.example")));
    let users = |places: &[usize]| -> Vec<Change> {
        places.iter().map(|&place| grant("a1", &format!("user:{}", big.users[place].id))).collect()
    };
    let members = |places: &[usize]| -> Vec<Change> {
        places.iter().map(|&place| grant("a1", &format!("member:{}", big.members[place].id))).collect()
    };
    for (changes, expected) in [
        (users(&[2400]), &[("GET access/users/{id}", 1)][..]),
        // Two users behind the first page: after that page, two single reads cost as much as two
        // pages.
        (users(&[0, 999]), &[("GET access/users", 1)]),
        (users(&[0, 1, 2400]), &[("GET access/users", 1), ("GET access/users/{id}", 1)]),
        (users(&[0, 1200, 1300, 1400, 2400, 2401]), &[("GET access/users", 3)]),
        (members(&[3]), &[("GET members/{id}", 1)]),
        (members(&[0, 3, 49]), &[("GET members", 1)]),
        (members(&[0, 60, 70, 80, 110, 111]), &[("GET members", 3)]),
        // Addresses that nobody has are looked for in the whole lists.
        (
            strangers(50).iter().map(|who| grant("a1", who)).collect(),
            &[("GET access/users", 3), ("GET members", 3)],
        ),
    ] {
        let told = Scene::new(big.clone(), changes).run().await;
        let mut routes = told.routes.clone();
        routes.retain(|route, _| !route.contains("groups"));
        assert_eq!(routes.remove("GET access/apps"), Some(1));
        let expected: BTreeMap<String, u64> =
            expected.iter().map(|&(route, count)| (route.to_owned(), count)).collect();
        assert_eq!(routes, expected);
        assert!(told.report.results.iter().all(Result::is_ok));
    }
}

#[tokio::test]
async fn changes_of_one_member_are_one_write() {
    let changes =
        [give("d3", "member:1a"), take("d1", "member:1a"), give("d3", "member:1a"), take("d2", "member:1a")];
    let told = Scene::new(account([]), changes).run().await;
    told.all_applied(0..4);
    let routes = [("GET members/{id}", 2), ("GET roles/{id}", 1), ("PUT members/{id}", 1)];
    told.judge(
        |account| {
            let mut member = account.members[0].clone();
            set_roles(account, &mut member, &["d3"]);
            account.members[0] = member;
        },
        &routes,
    );
}

#[tokio::test]
async fn grants_and_revokes_of_one_group_are_one_write_in_order() {
    let rules = json!({"include": [email("ann@corp.example"), okta(), email("bob@corp.example")]});
    let changes = [
        grant("a1", "email:zoe@corp.example"),
        revoke("a1", "user:0a"),
        grant("a1", "email:adam@corp.example"),
        grant("a1", "email:zoe@corp.example"),
    ];
    let told = Scene::new(account([group("a1", rules)]), changes).run().await;
    told.all_applied(0..4);
    let left = vec![okta(), email("bob@corp.example"), email("zoe@corp.example"), email("adam@corp.example")];
    let routes = [ONE_GROUP, &[("GET access/users/{id}", 1)]].concat();
    let report = told.judge(|account| *include(account, "a1") = left, &routes);
    assert_eq!(report.writes.len(), 1);
}

#[tokio::test]
async fn a_grant_and_a_revoke_of_one_address_are_both_refused_through_whichever_principals() {
    for (one, other) in [
        ("user:0a", "user:0a"),
        ("user:0a", "member:1a"),
        ("member:1a", "email:ANN@corp.example"),
        ("email:bob@corp.example", "user:0b"),
        ("user:0d", "user:0d"),
    ] {
        let rules = json!({"include": [email("carol@other.example"), email("bob@corp.example")]});
        let changes = [grant("a1", one), revoke("a1", other), revoke("a1", "email:carol@other.example")];
        let told = Scene::new(account([group("a1", rules)]), changes).run().await;
        (0..2).for_each(|at| told.refused(at, &["grants and revokes", "Neither was done"]));
        told.applied(2, &[]);
        let mut expected = told.before.clone();
        include(&mut expected, "a1").remove(0);
        assert_eq!(timeless(told.after.clone()), timeless(expected));
        assert_eq!(told.routes["PUT access/groups/{id}"], 1);
    }
}

#[tokio::test]
async fn of_revokes_that_together_would_empty_the_include_the_last_one_is_refused() {
    let rules = json!({"include": [email("ann@corp.example"), email("bob@corp.example")]});
    let changes = [revoke("a1", "email:ann@corp.example"), revoke("a1", "email:bob@corp.example")];
    let told = Scene::new(account([group("a1", rules.clone())]), changes.clone()).run().await;
    told.applied(0, &[]);
    told.refused(1, &["last include rule"]);
    told.judge(|account| drop(include(account, "a1").remove(0)), ONE_GROUP);
    // A rule that the same call adds counts too.
    let changes = [&changes[..], &[grant("a1", "email:carol@other.example")]].concat();
    let told = Scene::new(account([group("a1", rules)]), changes).run().await;
    told.all_applied(0..3);
    told.judge(|account| *include(account, "a1") = vec![email("carol@other.example")], ONE_GROUP);
}

#[tokio::test]
async fn a_grant_that_is_refused_does_not_save_a_revoke_of_the_last_rule() {
    let rules = json!({"include": [email("ann@corp.example")], "exclude": [domain("other.example")]});
    let changes = [revoke("a1", "email:ann@corp.example"), grant("a1", "email:carol@other.example")];
    let told = Scene::new(account([group("a1", rules)]), changes).run().await;
    told.refused(0, &["last include rule"]);
    told.refused(1, &["exclude rule 1"]);
    told.judge_unchanged(GROUPS_ONLY);
}

#[tokio::test]
async fn one_person_through_several_principals_gets_one_rule_and_an_outcome_each() {
    let changes = [grant("a1", "user:0b"), grant("a1", "member:1b"), grant("a1", "email:bob@corp.example")];
    let told = Scene::new(account([group("a1", json!({"include": [okta()]}))]), changes).run().await;
    for (at, kinds) in [&["user"][..], &["member"], &["user", "member"]].into_iter().enumerate() {
        let added = &told.applied(at, &[]).added;
        assert_eq!(added.iter().map(|grant| principal_of(grant).kind.as_str()).collect::<Vec<_>>(), kinds);
        for grant in added {
            assert_eq!(grant.basis[0].value, "Bob@Corp.example", "the rule as it was written");
        }
    }
    let routes = [ONE_GROUP, &[("GET access/users/{id}", 1), ("GET members/{id}", 1)]].concat();
    told.judge(|account| include(account, "a1").push(email("Bob@Corp.example")), &routes);
}

fn with_rules(count: usize) -> Account {
    let full: Vec<Value> = (0..count).map(|n| email(&format!("p{n}@outside.example"))).collect();
    account([group("a1", json!({"include": full})), group("a2", json!({"include": [okta()]}))])
}

#[tokio::test]
async fn a_group_takes_the_grants_that_it_has_room_for() {
    let changes = ["a1 ann", "a1 bob", "a2 ann"].map(|change| {
        let (group, who) = change.split_once(' ').unwrap();
        grant(group, &format!("email:{who}@corp.example"))
    });
    let told = Scene::new(with_rules(999), changes.clone()).run().await;
    told.applied(0, &[]);
    told.refused(1, &["would have 1001 rules", "Nothing was written"]);
    told.applied(2, &[]);
    let setup = HostAndMock::new(with_rules(1000)).await;
    let options = Options { dry_run: false, allow_gains: false, extra: String::new() };
    let report = setup.writer("api-key").await.apply(&changes, &options).await.unwrap();
    assert_eq!(report.results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!((report.writes.len(), report.writes[0].on.id.as_str()), (1, "a2"));
}

#[tokio::test]
async fn a_group_beyond_the_limit_that_is_known_is_left_to_cloudflare() {
    let changes = [grant("a1", "email:ann@corp.example"), grant("a2", "email:ann@corp.example")];
    let setup = HostAndMock::new(with_rules(1001)).await;
    let options = Options { dry_run: false, allow_gains: false, extra: String::new() };
    let report = setup.writer("api-key").await.apply(&changes, &options).await.unwrap();
    let error = report.results[0].as_ref().unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Refused, Some("12130")), "{error:?}");
    assert!(report.results[1].is_ok());
    assert_eq!((report.writes.len(), report.writes[0].on.id.as_str()), (1, "a2"));
}

#[tokio::test]
async fn what_would_be_too_long_to_tell_is_not_written() {
    let long = "x".repeat(60_000);
    let saml = |n: usize| {
        let name = n.to_string();
        json!({"saml": {"attribute_name": name, "attribute_value": long, "identity_provider_id": "i"}})
    };
    let long = group("a1", json!({"include": [okta()], "exclude": (0..14).map(saml).collect::<Vec<_>>()}));
    let account = account([long, group("a2", json!({"include": [okta()]}))]);
    let grants = |count: usize| strangers(count).into_iter().map(|who| grant("a1", &who));
    let told = Scene::new(account.clone(), grants(15)).run().await;
    told.all_applied(0..15);
    let told = Scene::new(account, grants(25).chain([grant("a2", "email:ann@corp.example")])).run().await;
    for at in 0..25 {
        let error =
            told.failed(at, ErrorKind::InvalidArgument, &["too long", "Nothing was written", "fewer"]);
        assert_eq!(error.about.as_deref(), Some("changes"));
    }
    told.applied(25, &[]);
    let routes = [("GET access/groups", 1), ("GET access/groups/{id}", 3), ("PUT access/groups/{id}", 1)];
    told.judge(|account| include(account, "a2").push(email("ann@corp.example")), &routes);
}
