//! A list that moved, ended short or has an item that isn't understood: whatever wasn't seen isn't
//! absent, and whatever was seen counts.

use super::*;

const MEMBERS: Routes<'static> = &[("GET members", 1)];

/// Puts this item in the place of the one at `at`.
fn odd(route: &str, at: usize, item: Value) -> Fault {
    Fault::on("GET", route, Effect::ReplaceItem { at, item })
}

/// The list counts more items than it has.
fn short(route: &str) -> Fault {
    Fault::on("GET", route, Effect::TotalChanged { from_page: 1, by: 3 })
}

/// Zoe, who is no account member, and Bob, who is one, are kept out of what account members get.
fn kept_out() -> Account {
    account([
        group("a1", json!({"include": [email("zoe@corp.example"), email("bob@corp.example"), okta()]})),
        group("a2", json!({"include": [json!({"cloudflare_account_member": {}})], "exclude": [inner("a1")]})),
    ])
}

/// Ann and two accepted Super Administrators, `2a` and `2b`.
fn administered() -> Account {
    let mut account = account([]);
    for id in ["2a", "2b"] {
        member(&mut account, id, &format!("{id}@corp.example"), "accepted", &["d1", SUPER_ADMINISTRATOR]);
    }
    account
}

#[tokio::test]
async fn an_odd_item_of_an_address_list_is_skipped_as_a_sync_skips_it() {
    let groups = [
        group("a1", json!({"include": [okta()]})),
        group("a2", json!({"include": [{"email_list": {"id": "11"}}], "require": [inner("a1")]})),
    ];
    let changes = [grant("a1", "email:carol@other.example")];
    let items = "gateway/lists/{id}/items";
    let told = Scene::new(account(groups), changes).under(odd(items, 0, json!({"value": 5}))).run().await;
    let added = &told.applied(0, &[]).added;
    assert_eq!(added.len(), 2, "{added:?}");
    assert!(added.iter().all(|grant| grant.conditions.is_empty()), "the list's other items count: {added:?}");
    let [warning] = told.report.warnings.as_slice() else { panic!("{:?}", told.report.warnings) };
    assert_eq!((warning.code.as_str(), warning.incomplete), ("item-not-understood", true));
    assert!(warning.message.contains("Item 1 of the items of list 11"), "{warning:?}");
    let routes = [ONE_GROUP, &[("GET gateway/lists/{id}/items", 1)]].concat();
    told.judge(|account| include(account, "a1").push(email("carol@other.example")), &routes);
}

#[tokio::test]
async fn an_address_list_that_never_ends_is_noticed_at_once() {
    let groups = [group("a1", json!({"include": [{"email_list": {"id": "11"}}]}))];
    let fault = Fault::on("GET", "gateway/lists/{id}/items", Effect::EndlessRepeat);
    let pages = Fault::on("GET", "gateway/lists/{id}/items", Effect::SmallerPages { per_page: 1 });
    let scene = Scene::new(account(groups), [grant("a1", "email:bob@corp.example")]);
    let told = scene.under(pages).under(fault).run().await;
    told.failed(0, ErrorKind::InvalidResponse, &["the same items come again and again"]);
    told.judge_unchanged(&[("GET access/groups", 1), ("GET gateway/lists/{id}/items", 2)]);
}

#[tokio::test]
async fn whoever_was_not_seen_among_the_members_is_not_taken_for_none() {
    let changes = [revoke("a1", "email:zoe@corp.example"), revoke("a1", "user:0b")];
    let nobody = json!({"id": null});
    let zoe = json!({"id": "1a", "email": "Zoe@corp.example", "roles": "many"});
    for (fault, kind, pages) in [
        (short("members"), ErrorKind::Unavailable, 2),
        (odd("members", 0, nobody), ErrorKind::InvalidResponse, 1),
        (odd("members", 0, zoe), ErrorKind::InvalidResponse, 1),
    ] {
        let told = Scene::new(kept_out(), changes.clone()).under(fault).run().await;
        let words =
            ["whether they are one isn't known", "account members", "Nothing was written", "Allow gains"];
        let error = told.failed(0, kind, &words);
        assert_eq!(error.retryable, kind == ErrorKind::Unavailable);
        assert_eq!(error.about.as_deref(), Some("group:a1"));
        // Bob was seen.
        told.refused(1, &["as an account member", "group:a2:member"]);
        let more = [("GET access/apps", 1), ("GET access/users/{id}", 1), ("GET members", pages)];
        told.judge_unchanged(&[GROUPS_ONLY, &more].concat());
    }
}

#[tokio::test]
async fn a_member_who_comes_twice_does_not_make_up_for_one_who_is_lost() {
    let account = kept_out();
    let twice = odd("members", 0, account.member_json(account.members.last().unwrap()));
    let told = Scene::new(account, [revoke("a1", "email:zoe@corp.example")]).under(twice).run().await;
    let words = ["whether they are one isn't known", "different items, though Cloudflare counts"];
    assert!(told.failed(0, ErrorKind::Unavailable, &words).retryable);
    told.judge_unchanged(&[GROUPS_ONLY, &[("GET members", 1)]].concat());
}

#[tokio::test]
async fn lists_of_null_are_not_empty() {
    let null = |route: &str| {
        let body = r#"{"success":true,"result":null,"result_info":null}"#.to_owned();
        Fault::on("GET", route, Effect::Body { status: 200, body })
    };
    for route in ["access/groups", "members"] {
        let changes = [revoke("a1", "email:zoe@corp.example")];
        let told = Scene::new(kept_out(), changes).under(null(route)).run().await;
        told.failed(0, ErrorKind::InvalidResponse, &["its result is null"]);
        assert!(told.report.writes.is_empty());
    }
    let groups = [group("a1", json!({"include": [{"email_list": {"id": "11"}}]}))];
    let changes = [grant("a1", "email:bob@corp.example")];
    let told = Scene::new(account(groups), changes).under(null("gateway/lists/{id}/items")).run().await;
    let [warning] = told.report.warnings.as_slice() else { panic!("{:?}", told.report.warnings) };
    assert_eq!((warning.code.as_str(), warning.incomplete), ("list-not-readable", true));
}

#[tokio::test]
async fn somebody_elses_odd_membership_stops_nobody() {
    let carol = json!({"id": "1a", "email": "carol@other.example", "roles": "many"});
    let changes = [revoke("a1", "email:zoe@corp.example")];
    let told = Scene::new(kept_out(), changes).under(odd("members", 0, carol)).run().await;
    told.applied(0, &[]);
    told.judge(|account| drop(include(account, "a1").remove(0)), &[ONE_GROUP, MEMBERS].concat());
}

#[tokio::test]
async fn a_super_administrator_who_was_not_seen_may_be_another_one() {
    let hidden = json!({"id": "2b", "email": "2b@corp.example", "roles": "many"});
    let mut alone = administered();
    alone.members.pop();
    for (account, fault, kind, pages) in [
        (administered(), odd("members", 5, hidden), ErrorKind::InvalidResponse, 1),
        (alone, short("members"), ErrorKind::Unavailable, 2),
    ] {
        let told = Scene::new(account, [take(SUPER_ADMINISTRATOR, "member:2a")]).under(fault).run().await;
        let error = told.failed(0, kind, &["isn't known whether another", "Nothing was written"]);
        assert_eq!(error.retryable, kind == ErrorKind::Unavailable);
        told.judge_unchanged(&[("GET members", pages), ("GET members/{id}", 1)]);
    }
    // One who was seen is enough.
    let both = [take(SUPER_ADMINISTRATOR, "member:2a"), take(SUPER_ADMINISTRATOR, "member:2b")];
    let told = Scene::new(administered(), both).under(odd("members", 0, json!({"id": null}))).run().await;
    told.applied(0, &[]);
    told.failed(1, ErrorKind::InvalidResponse, &["isn't known whether another"]);
    assert!(told.report.writes.iter().all(|write| write.on.id == "2a"));
}

#[tokio::test]
async fn a_principal_who_was_not_seen_in_the_list_is_asked_for_alone() {
    let changes = [grant("a1", "user:0a"), grant("a1", "user:0b")];
    let groups = [group("a1", json!({"include": [okta()]}))];
    let fault = odd("access/users", 1, json!({"name": "no id"}));
    let told = Scene::new(account(groups), changes).under(fault).run().await;
    told.all_applied(0..2);
    let routes = [ONE_GROUP, &[("GET access/users", 1), ("GET access/users/{id}", 1)]].concat();
    told.judge(
        |account| include(account, "a1").extend([email("ann@corp.example"), email("Bob@Corp.example")]),
        &routes,
    );
}

#[tokio::test]
async fn a_group_that_was_not_seen_is_not_called_absent() {
    let changes = [grant("a9", "email:ann@corp.example")];
    let groups = || account(["a1", "a2"].map(|id| group(id, json!({"include": [okta()]}))));
    for (fault, kind, pages) in [
        (Some(short("access/groups")), ErrorKind::Unavailable, 2),
        (Some(odd("access/groups", 1, json!({"name": "no id"}))), ErrorKind::InvalidResponse, 1),
        (Some(odd("access/groups", 1, json!({"id": "a2", "name": 5}))), ErrorKind::NotFound, 1),
        (None, ErrorKind::NotFound, 1),
    ] {
        let mut scene = Scene::new(groups(), changes.clone());
        scene.faults.extend(fault);
        let told = scene.run().await;
        let error = told.failed(0, kind, &["Access group a9"]);
        assert_eq!(error.message.contains("isn't known whether"), kind != ErrorKind::NotFound, "{error:?}");
        told.judge_unchanged(&[("GET access/groups", pages)]);
    }
}
