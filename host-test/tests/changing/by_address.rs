//! Changes that name an address alone are about the user and the member that have it, as a sync shows
//! them.

use super::*;
use connector_host::contract::Grant;
use host_test::mock::Size;

/// Names the principals of grants, each with its entitlement.
fn told(grants: &[Grant]) -> Vec<String> {
    let mut told: Vec<String> = grants
        .iter()
        .flat_map(|grant| {
            let of = |id: &ResourceId| format!("{} {}:{}", grant.entitlement, id.kind, id.id);
            grant.principals.iter().map(of).collect::<Vec<_>>()
        })
        .collect();
    told.sort();
    told
}

fn status(status: u16, code: u64) -> Effect {
    Effect::Status { status, code, message: "no".into(), headers: Vec::new() }
}

/// `a1` has Carol. `a2` has whoever is in `a1`, as long as a login comes from a network.
fn nested() -> Account {
    account([
        group("a1", json!({"include": [email("carol@other.example")]})),
        group("a2", json!({"include": [inner("a1")], "require": [network()]})),
    ])
}

#[tokio::test]
async fn a_grant_and_a_revoke_are_told_for_the_user_and_the_member_that_have_the_address() {
    for (address, owners, words) in [
        ("ann@corp.example", &["member:1a", "user:0a"][..], "user:0a and member:1a have this address."),
        ("BOB@corp.example", &["member:1b", "user:0b"], "user:0b and member:1b have this address."),
        ("pending@corp.example", &["member:1c"], "member:1c has this address."),
        ("nobody@corp.example", &["email:nobody@corp.example"], "Group a1"),
    ] {
        let who = format!("email:{address}");
        let granted = Scene::new(nested(), [grant("a1", &who)]).run().await;
        let added = told(&granted.applied(0, &[words]).added);
        let expected = ["a1", "a2"]
            .iter()
            .flat_map(|group| owners.iter().map(move |it| format!("group:{group}:member {it}")));
        assert_eq!(added, expected.collect::<Vec<_>>(), "{address}");
        let rule = email(&address.to_ascii_lowercase());
        granted.judge(|account| include(account, "a1").push(rule.clone()), ONE_GROUP);

        let mut before = nested();
        include(&mut before, "a1").push(rule.clone());
        let revoked = Scene::new(before, [revoke("a1", &who)]).run().await;
        let outcome = revoked.applied(0, &[words.trim_start_matches("Group a1")]);
        assert_eq!(outcome.removed, ["group:a1:member", "group:a2:member"], "{address}: each once");
        revoked.judge(|account| include(account, "a1").retain(|it| *it != rule), ONE_GROUP);
    }
}

#[tokio::test]
async fn what_is_told_is_what_a_sync_shows_then() {
    for auth in ["api-token", "api-key"] {
        let setup = HostAndMock::new(nested()).await;
        let mut session = setup.writer(auth).await;
        let who = ["ann@corp.example", "carol@other.example", "new@corp.example", "pending@corp.example"];
        let changes: Vec<Change> = who.iter().map(|who| grant("a1", &format!("email:{who}"))).collect();
        let options = Options { dry_run: false, allow_gains: false, extra: String::new() };
        let report = session.apply(&changes, &options).await.unwrap();
        let added: Vec<String> = report.results.iter().flatten().flat_map(|it| told(&it.added)).collect();
        let (mut shown, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = session.read(&[], cursor.as_deref()).await.unwrap();
            shown.extend(told(&page.grants));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(added.len(), 8, "{added:?}");
        for grant in added {
            assert!(shown.contains(&grant), "no sync shows {grant}");
        }
    }
}

#[tokio::test]
async fn nobody_is_looked_for_where_nothing_is_written() {
    let rules = json!({"include": [domain("corp.example")], "exclude": [email("bob@corp.example")]});
    let changes = [
        grant("a1", "email:ann@corp.example"),
        revoke("a1", "email:zoe@other.example"),
        revoke("a1", "email:pending@corp.example"),
        grant("a1", "email:bob@corp.example"),
    ];
    let told = Scene::new(account([group("a1", rules)]), changes).run().await;
    (0..2).for_each(|at| told.unchanged(at, &[]));
    (2..4).for_each(|at| told.refused(at, &[]));
    told.judge_unchanged(GROUPS_ONLY);
}

#[tokio::test]
async fn whoever_can_not_be_looked_up_is_told_by_the_address_with_a_warning() {
    for (routes, expected, lacking) in [
        (&["access/users"][..], "member:1a", &["Access users"][..]),
        (&["members"], "user:0a", &["account members"]),
        (&["access/users", "members"], "email:ann@corp.example", &["Access users", "account members"]),
    ] {
        let mut scene = Scene::new(nested(), [grant("a1", "email:ann@corp.example")]);
        for route in routes {
            scene = scene.under(Fault::on("GET", route, status(403, 10000)));
        }
        let done = scene.run().await;
        let outcome = done.applied(0, &[]);
        let principals = outcome.added.iter().map(principal_of);
        let principals: Vec<String> = principals.map(|id| format!("{}:{}", id.kind, id.id)).collect();
        assert_eq!(principals, [expected, expected]);
        let warnings = &done.report.warnings;
        assert_eq!(warnings.len(), lacking.len(), "{warnings:?}");
        for (warning, lacking) in warnings.iter().zip(lacking) {
            assert_eq!((warning.code.as_str(), warning.incomplete), ("owner-not-known", true));
            assert!(warning.message.contains(lacking), "{warning:?}");
        }
        done.judge(|account| include(account, "a1").push(email("ann@corp.example")), ONE_GROUP);
    }
    // A limit that is used up stops the call.
    let scene = Scene::new(nested(), [grant("a1", "email:ann@corp.example")]);
    let done = scene.under(Fault::on("GET", "access/users", status(429, 971))).run().await;
    done.failed(0, ErrorKind::RateLimited, &["was not tried"]);
    done.judge_unchanged(&[GROUPS_ONLY, &[("GET access/users", 1)]].concat());
}

#[tokio::test]
async fn a_revoke_that_leaves_the_member_in_the_group_is_refused_and_says_so() {
    let rules = json!({"include": [email("ann@corp.example"), {"cloudflare_account_member": {}}]});
    let told =
        Scene::new(account([group("a1", rules)]), [revoke("a1", "email:ann@corp.example")]).run().await;
    told.refused(
        0,
        &[
            "This person, as an account member, stays a member",
            "cloudflare_account_member",
            "Nothing was written",
        ],
    );
    told.judge_unchanged(&[GROUPS_ONLY, OWNERS].concat());
}

/// The group has no rule for the address, so nothing is written. The member is in it all the same.
#[tokio::test]
async fn a_revoke_of_whom_a_rule_names_as_an_account_member_is_never_unchanged() {
    let members = || json!({"cloudflare_account_member": {}});
    let groups = || {
        [
            group("a1", json!({"include": [members()]})),
            group("a2", json!({"include": [inner("a1"), okta()]})),
            group("a3", json!({"include": [members()], "exclude": [domain("corp.example")]})),
        ]
    };
    for target in ["a1", "a2"] {
        let changes = [revoke(target, "email:ann@corp.example")];
        let told = Scene::new(account(groups()), changes.clone()).run().await;
        told.refused(0, &["This person, as an account member, stays a member", "Nothing was written"]);
        told.judge_unchanged(&[GROUPS_ONLY, OWNERS].concat());

        let told = Scene::new(account(groups()), [revoke(target, "email:new@else.example")]).run().await;
        told.unchanged(0, &["has no rule for this person"]);
        told.judge_unchanged(&[GROUPS_ONLY, OWNERS].concat());

        let unread = Fault::on("GET", "members", status(403, 10000));
        let told = Scene::new(account(groups()), changes).under(unread).run().await;
        told.unchanged(0, &[]);
        let [warning] = told.report.warnings.as_slice() else { panic!("{:?}", told.report.warnings) };
        assert_eq!((warning.code.as_str(), warning.incomplete), ("owner-not-known", true));
        assert!(
            warning.message.contains("is told of the accounts that are known. Couldn't read account members"),
            "{warning:?}"
        );
    }
    let told = Scene::new(account(groups()), [revoke("a3", "email:ann@corp.example")]).run().await;
    told.unchanged(0, &[]);
    told.judge_unchanged(GROUPS_ONLY);
}

#[tokio::test]
async fn a_membership_that_was_declined_decides_where_nobody_else_has_the_address() {
    let rules = json!({"include": [okta()], "require": [{"cloudflare_account_member": {}}]});
    let told =
        Scene::new(account([group("a1", rules)]), [grant("a1", "email:declined@corp.example")]).run().await;
    told.refused(0, &["require rule 1", "cloudflare_account_member"]);
}

/// An account with so many users and members. The nth of each has the nth address.
fn big(users: usize, members: usize) -> Account {
    let mut big = Account::generate(3, Size { users, members, groups: 0, roles: 0 });
    big.groups = vec![group("a1", json!({"include": [okta()]}))];
    for (n, user) in big.users.iter_mut().enumerate() {
        user.email = Some(address(n));
    }
    for (n, member) in big.members.iter_mut().enumerate() {
        member.email = Some(address(n));
    }
    big
}

fn address(n: usize) -> String {
    format!("user+{n}@corp.example")
}

/// Grants by these addresses.
fn by_address(places: &[usize]) -> Vec<Change> {
    places.iter().map(|place| grant("a1", &format!("email:{}", address(*place)))).collect()
}

#[tokio::test]
async fn owners_are_found_in_the_fewest_requests() {
    let big = big(2500, 120);
    for (places, users, members) in [
        // The API finds one user by the address.
        (&[2400][..], 1, 3),
        (&[3], 1, 1),
        (&[0, 49, 30], 1, 1),
        (&[0, 60, 2400], 2, 3),
        (&[0, 60, 1200, 1300, 1400, 2400], 3, 3),
    ] {
        let told = Scene::new(big.clone(), by_address(places)).run().await;
        for (at, place) in places.iter().enumerate() {
            let added = &told.applied(at, &[]).added;
            assert_eq!(principal_of(&added[0]).id, big.users[*place].id);
            assert_eq!(added.len(), if *place < 120 { 2 } else { 1 });
        }
        assert_eq!(
            (told.routes["GET access/users"], told.routes["GET members"]),
            (users, members),
            "{places:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_finds_parts_of_addresses_hides_nobody() {
    let big = big(4500, 0);
    // The first of the two addresses that are asked for alone, after the first page of all users.
    let (first, other) = (&big.users[4300].id, &big.users[7].id);
    let result = json!([
        {"id": other, "email": "a.user+4300@corp.example"},
        {"id": first, "email": "user+4300@corp.example"},
    ]);
    let body = json!({"success": true, "errors": [], "messages": [], "result": result,
        "result_info": {"page": 1, "per_page": 1000, "count": 2, "total_count": 2}});
    let fault = Fault::on("GET", "access/users", Effect::Body { status: 200, body: body.to_string() });
    let told = Scene::new(big.clone(), by_address(&[4300, 4400])).under(fault.at_attempt(2)).run().await;
    for (at, place) in [4300, 4400].into_iter().enumerate() {
        let added = &told.applied(at, &[]).added;
        assert_eq!(principal_of(&added[0]).id, big.users[place].id);
    }
}
