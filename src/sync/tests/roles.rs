//! Roles, scoped roles and user groups, by every way in which somebody holds them.

use super::*;
use crate::model::{Basis, Grant, Warning};
use std::cell::RefCell;
use std::collections::BTreeSet;

type Items = BTreeMap<&'static str, Vec<Json>>;

/// A resource group: the whole account, a zone with an id of its own, or a scope that stands in the policy.
fn on(what: &str) -> Json {
    let account = format!("com.cloudflare.api.account.{}", "a".repeat(32));
    match what.split_once(' ') {
        None => json!({"id": "whole", "scope": {"key": account, "objects": [{"key": "*"}]}}),
        Some(("zone", zone)) => {
            let scope = json!({"key": format!("com.cloudflare.api.account.zone.{zone}"),
                "objects": [{"key": "*"}]});
            json!({"id": format!("rg-{zone}"), "name": format!("{zone}.example"), "scope": [scope]})
        }
        Some((_, worker)) => {
            let object = format!("com.cloudflare.api.account.worker.{worker}");
            json!({"scope": {"key": account, "objects": [{"key": object}]}})
        }
    }
}

fn policy(id: &str, access: &str, group: Json, on: Json) -> Json {
    json!({"id": id, "access": access, "permission_groups": [group], "resource_groups": [on]})
}

fn group(name: &str) -> Json {
    json!({"id": format!("pg-{}", name.to_lowercase()), "name": name, "meta": {"scopes": "x"}})
}

fn member(id: &str, roles: &[&str], policies: &[Json]) -> Json {
    let roles: Vec<Json> =
        roles.iter().map(|role| json!({"id": role.to_lowercase(), "name": role})).collect();
    let email = format!("{id}@corp.example");
    json!({"id": id, "status": "accepted", "email": email, "roles": roles, "policies": policies})
}

/// An account in which every privilege arrives by another way.
fn account() -> Items {
    let admins = [policy("k1-p1", "allow", group("Admin"), on("whole"))];
    let dns = [
        policy("k2-p1", "allow", group("DNS"), on("zone z1")),
        // Without an id, only the name tells the role.
        policy("k2-p2", "allow", json!({"name": "Audit"}), on("whole")),
    ];
    let auditors = [policy("k4-p1", "allow", json!({"name": "Audit"}), on("whole"))];
    let mut rejected = member("m8", &["Audit"], &[]);
    rejected["status"] = "rejected".into();
    let inherited = policy("k1-p1", "allow", group("Admin"), on("whole"));
    [
        (
            "roles",
            ["Admin", "Audit", "DNS"].map(|name| json!({"id": name.to_lowercase(), "name": name})).into(),
        ),
        (
            "iam/user_groups",
            vec![
                json!({"id": "k1", "name": "Administrators", "policies": admins}),
                json!({"id": "k2", "name": "Operators", "policies": dns}),
                json!({"id": "k3", "name": "Nothing"}),
                json!({"id": "k4", "name": "Auditors", "policies": auditors}),
            ],
        ),
        ("iam/user_groups/k1/members", ["m2", "m3", "m4"].map(|id| json!({"id": id})).into()),
        (
            "iam/user_groups/k2/members",
            vec![
                json!({"id": "m3"}),
                json!({"id": "m5", "status": "pending"}),
                json!({"id": "m8", "status": "rejected"}),
            ],
        ),
        ("iam/user_groups/k3/members", vec![json!({"id": "m1"})]),
        (
            "members",
            vec![
                // By the list of roles, and by a policy that is the same assignment.
                member("m1", &["Admin", "Audit"], &[policy("p1", "allow", group("Admin"), on("whole"))]),
                // By a user group alone, which neither roles nor policies mirror.
                member("m2", &[], &[]),
                // By two user groups, and by a policy that the answer shows again.
                member("m3", &["Admin"], std::slice::from_ref(&inherited)),
                // Directly and by a user group.
                member(
                    "m4",
                    &["Admin", "Audit"],
                    &[inherited, policy("p4", "allow", group("Admin"), on("whole"))],
                ),
                // By a policy alone, on a zone and on one worker.
                member(
                    "m5",
                    &[],
                    &[
                        policy("p5", "allow", json!({"name": "Audit"}), on("whole")),
                        policy("p6", "allow", group("DNS"), on("zone z2")),
                        policy("p7", "allow", group("Worker"), on("worker w1")),
                    ],
                ),
                // A permission group that no role lists, and a policy that denies.
                member(
                    "m6",
                    &["Audit"],
                    &[
                        policy("p8", "allow", group("Billing"), on("whole")),
                        policy("p9", "deny", group("Audit"), on("zone z1")),
                    ],
                ),
                // Something that nobody understands.
                member("m7", &["Audit"], &[policy("p10", "perhaps", group("Admin"), on("whole"))]),
                rejected,
            ],
        ),
        ("access/users", vec![json!({"id": "u1", "email": "u1@corp.example"})]),
    ]
    .into()
}

/// Every grant on roles and user groups, in words: the entitlement, the holder, and what it rests on.
fn held_in(pages: &[Page]) -> BTreeSet<String> {
    let word = |Basis { rule, value, .. }: &Basis| format!("{rule}={value}");
    let words = |grant: &Grant| {
        let basis: Vec<String> = grant.basis.iter().map(word).collect();
        let more = if grant.extra == "{}" { "" } else { &grant.extra };
        let of = |holder: &ResourceId| {
            format!("{} {holder} {} {more}", grant.entitlement, basis.join(" ")).trim().to_owned()
        };
        grant.principals.iter().map(of).collect::<Vec<_>>()
    };
    let grants = pages.iter().flat_map(|page| &page.grants);
    grants.filter(|grant| !grant.entitlement.starts_with("group:")).flat_map(words).collect()
}

fn resources(pages: &[Page]) -> Vec<(String, String, Option<String>)> {
    let all = pages.iter().flat_map(|page| &page.resources);
    all.map(|it| (it.id.to_string(), it.display_name.clone(), it.parent.as_ref().map(ResourceId::to_string)))
        .collect()
}

fn warnings(pages: &[Page]) -> Vec<&Warning> {
    pages.iter().flat_map(|page| &page.warnings).collect()
}

#[test]
fn each_privilege_is_a_grant_with_its_reasons() {
    let pages = read(&mut client(account()), &[], None, false);
    let names = resources(&pages);
    let worker = names.iter().find(|(id, ..)| id.starts_with("scoped-role:pg-worker-")).unwrap();
    assert_eq!(worker.1, "Worker on worker w1");
    let worker = worker.0.strip_prefix("scoped-role:").unwrap();
    let expected = [
        "role:admin:assigned member:m1 role=admin",
        "role:admin:assigned member:m2 user_group=k1",
        "role:admin:assigned member:m3 user_group=k1",
        "role:admin:assigned member:m4 role=admin user_group=k1",
        "role:admin:assigned user-group:k1 policy=k1-p1",
        "role:audit:assigned member:m1 role=audit",
        "role:audit:assigned member:m3 user_group=k2",
        "role:audit:assigned member:m4 role=audit",
        "role:audit:assigned member:m5 policy=p5 user_group=k2",
        "role:audit:assigned member:m6 role=audit {\"denied_by\":[\"p9\"]}",
        "role:audit:assigned member:m7 role=audit",
        "role:audit:assigned user-group:k2 policy=k2-p2",
        "role:audit:assigned user-group:k4 policy=k4-p1",
        "role:pg-billing:assigned member:m6 policy=p8",
        "scoped-role:pg-dns-rg-z1:assigned member:m3 user_group=k2",
        "scoped-role:pg-dns-rg-z1:assigned member:m5 user_group=k2",
        "scoped-role:pg-dns-rg-z1:assigned user-group:k2 policy=k2-p1",
        "scoped-role:pg-dns-rg-z2:assigned member:m5 policy=p6",
        &format!("scoped-role:{worker}:assigned member:m5 policy=p7"),
        "user-group:k1:member member:m2 member=m2",
        "user-group:k1:member member:m3 member=m3",
        "user-group:k1:member member:m4 member=m4",
        "user-group:k2:member member:m3 member=m3",
        "user-group:k2:member member:m5 member=m5",
        "user-group:k3:member member:m1 member=m1",
    ];
    assert_eq!(held_in(&pages), expected.iter().map(ToString::to_string).collect());
    let dns = |zone: &str| {
        let id = format!("scoped-role:pg-dns-rg-{zone}");
        (id, format!("DNS on {zone}.example"), Some("role:dns".to_owned()))
    };
    assert!(names.contains(&dns("z1")) && names.contains(&dns("z2")), "{names:?}");
    assert!(names.contains(&("role:pg-billing".to_owned(), "Billing".to_owned(), None)), "{names:?}");

    let told = warnings(&pages);
    let about = |code: &str| -> Vec<(String, bool)> {
        let of = told.iter().filter(|it| it.code.word() == code);
        of.map(|it| (it.about.as_ref().unwrap().to_string(), it.incomplete)).collect()
    };
    assert_eq!(about("policy-denies"), [("member:m6".to_owned(), false)]);
    assert_eq!(about("role-not-shown"), [("member:m7".to_owned(), true)]);
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn only_what_can_be_taken_from_one_member_is_revocable() {
    let pages = read(&mut client(account()), &[], None, false);
    let grants = pages.iter().flat_map(|page| &page.grants);
    let revocable: Vec<String> = grants
        .filter(|grant| grant.revocable && !grant.entitlement.starts_with("user-group:"))
        .map(|grant| format!("{} {}", grant.entitlement, grant.principals[0]))
        .collect();
    assert!(revocable.contains(&"role:admin:assigned member:m1".to_owned()), "{revocable:?}");
    for (entitlement, who) in [
        ("role:admin", "member:m2"),
        ("role:admin", "member:m3"),
        ("role:admin", "member:m4"),
        ("role:admin", "user-group:k1"),
        ("role:audit", "member:m6"),
        ("role:audit", "member:m7"),
    ] {
        let word = format!("{entitlement}:assigned {who}");
        assert!(!revocable.contains(&word), "{word}");
    }
}

/// A resource is emitted once, before the first grant that needs it.
fn check_order(pages: &[Page], is_once: bool) {
    let mut known = BTreeSet::new();
    for page in pages {
        for resource in &page.resources {
            assert!(known.insert(resource.id.to_string()) || !is_once, "twice: {}", resource.id);
        }
        for entitlement in &page.entitlements {
            known.insert(entitlement.id.clone());
        }
        for grant in &page.grants {
            assert!(known.contains(&grant.entitlement), "{}", grant.entitlement);
            assert!(grant.principals.iter().all(|of| known.contains(&of.to_string())), "{grant:?}");
        }
    }
}

/// An account with so many members, each with a zone of their own, and so many user groups with members.
fn large(members: usize, groups: usize) -> Items {
    let mut account = account();
    for n in 0..members {
        let own = policy(&format!("q{n}"), "allow", group("DNS"), on(&format!("zone y{n}")));
        let one = member(&format!("x{n}"), &["Audit"], &[own]);
        account.get_mut("members").unwrap().push(one);
    }
    for n in 0..groups {
        let of = policy(&format!("g{n}"), "allow", group("DNS"), on(&format!("zone z{n}")));
        account.get_mut("iam/user_groups").unwrap().push(json!({"id": format!("h{n}"), "policies": [of]}));
        let path: &'static str = format!("iam/user_groups/h{n}/members").leak();
        account.insert(path, (0..members).map(|m| json!({"id": format!("x{m}")})).collect());
    }
    account
}

#[test]
fn a_read_is_the_same_whatever_sessions_read_it() {
    for items in [account(), large(1100, 1), large(120, 4)] {
        let client = &mut client(items);
        for kinds in [
            &[][..],
            &["role", "member"],
            &["user-group", "member"],
            &["scoped-role"],
            &["role", "user-group"],
            &["role", "service-token", "member", "user", "email"],
        ] {
            let (whole, pages) = (read(client, kinds, None, false), read(client, kinds, None, true));
            assert_eq!(held_in(&pages), held_in(&whole), "{kinds:?}");
            let each = |pages: &[Page]| resources(pages).into_iter().collect::<BTreeSet<_>>();
            assert_eq!(each(&pages), each(&whole), "{kinds:?}");
            let told = |pages: &[Page]| {
                warnings(pages).into_iter().map(|it| it.message.clone()).collect::<BTreeSet<_>>()
            };
            assert_eq!(told(&pages), told(&whole), "{kinds:?}");
            check_order(&whole, true);
            check_order(&pages, false);
        }
    }
}

#[test]
fn the_same_cursor_returns_the_same_page() {
    let client = &mut client(large(120, 4));
    let (mut reader, mut cursor) = (Reader::default(), None);
    loop {
        let page = reader.read(client, &[], cursor.as_deref()).unwrap();
        if cursor.is_some() {
            let again = reader.read(client, &[], cursor.as_deref()).unwrap();
            assert_eq!(words(&[again]), words(std::slice::from_ref(&page)), "{cursor:?}");
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
}

/// An account that keeps which paths were asked for, and how often.
struct Watched(Account, RefCell<BTreeMap<String, u32>>);

impl Transport for &Watched {
    type Pending = Response;

    fn start(&self, request: Request) -> std::result::Result<Response, TransportError> {
        let path = request.path_and_query.split('?').next().unwrap();
        let path = path.split(&"a".repeat(32)).nth(1).unwrap().trim_start_matches('/').to_owned();
        *self.1.borrow_mut().entry(path).or_default() += 1;
        self.0.start(request)
    }

    fn finish(&self, answer: Response, _limit: usize) -> std::result::Result<Response, TransportError> {
        Ok(answer)
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {}
}

/// The paths that some work asks for, each with how often.
fn asked(items: Items, work: impl FnOnce(&mut Client<&Watched>)) -> BTreeMap<String, u32> {
    let watched = Watched(Account(items), RefCell::default());
    work(&mut Client::new(settings(), &watched));
    watched.1.into_inner()
}

fn counts(of: &[(&str, u32)]) -> BTreeMap<String, u32> {
    of.iter().map(|&(path, count)| (path.to_owned(), count)).collect()
}

#[test]
fn the_fewest_requests() {
    let of = |kinds: &[&str], items: Items| {
        asked(items, |client| {
            read(client, kinds, None, false);
        })
    };
    let members = |group: &str| format!("iam/user_groups/{group}/members");
    let [k1, k2, k3, k4, h0] = ["k1", "k2", "k3", "k4", "h0"].map(members);
    let people = [("", 1), ("roles", 1), ("iam/user_groups", 1), ("members", 1)];
    let all = [&people[..], &[(&k1[..], 1), (&k2, 1), (&k4, 1)]].concat();
    assert_eq!(of(&["role", "member"], account()), counts(&all), "no group without policies");
    let named = [&all[..], &[(&k3, 1)]].concat();
    assert_eq!(of(&["role", "user-group", "member"], account()), counts(&named));
    assert_eq!(of(&["role", "user-group"], account()), counts(&[("roles", 1), ("iam/user_groups", 1)]));
    assert_eq!(of(&["user-group"], account()), counts(&[("iam/user_groups", 1)]));
    assert_eq!(of(&["role"], account()), counts(&[("roles", 1)]));
    assert_eq!(of(&["member"], account()), counts(&[("", 1), ("members", 1)]));
    let scoped = counts(&[("roles", 1), ("iam/user_groups", 1), ("members", 1)]);
    assert_eq!(of(&["scoped-role"], account()), scoped, "nobody is a principal");
    let large = [&people[..3], &[("members", 23), (&k1, 1), (&k2, 1), (&k4, 1), (&h0, 3)]].concat();
    assert_eq!(of(&["role", "member"], large_of_groups()), counts(&large));
}

/// 1,108 members, of whom 1,100 are in one user group.
fn large_of_groups() -> Items {
    large(1100, 1)
}

fn get(client: &mut Client<impl Transport>, id: &str, is_forgetful: bool) -> Result<Vec<Page>> {
    let (kind, id) = id.split_once(':').unwrap();
    let only = ResourceId::new(Kind::parse(kind).unwrap(), id);
    let (mut reader, mut pages, mut cursor) = (Reader::default(), Vec::<Page>::new(), None);
    loop {
        let page = reader.get(client, &only, cursor.as_deref())?;
        cursor.clone_from(&page.next);
        pages.push(page);
        if cursor.is_none() {
            return Ok(pages);
        }
        if is_forgetful {
            reader = Reader::default();
        }
    }
}

#[test]
fn one_resource_has_the_grants_that_a_whole_read_gives_to_it() {
    for items in [account(), large(120, 2)] {
        let client = &mut client(items);
        let whole = read(client, &[], None, false);
        let all = held_in(&whole);
        let named = resources(&whole);
        let is_asked = |id: &str| {
            ["role:", "scoped-role:", "user-group:"].iter().any(|kind| id.starts_with(kind))
                && !id.ends_with('7')
        };
        for (id, name, parent) in named.iter().filter(|(id, ..)| is_asked(id)) {
            for is_forgetful in [false, true] {
                let pages = get(client, id, is_forgetful).unwrap();
                let expected: BTreeSet<String> =
                    all.iter().filter(|word| word.starts_with(&format!("{id}:"))).cloned().collect();
                assert_eq!(held_in(&pages), expected, "{id}");
                let given = resources(&pages).into_iter().collect::<BTreeSet<_>>();
                assert_eq!(given, [(id.clone(), name.clone(), parent.clone())].into(), "{id}");
            }
        }
        for missing in ["role:nobody", "role:pg-audit", "scoped-role:pg-dns-nowhere", "user-group:k9"] {
            for is_forgetful in [false, true] {
                let error = get(client, missing, is_forgetful).unwrap_err();
                assert_eq!(error.kind, ErrorKind::NotFound, "{missing}: {error}");
            }
        }
    }
    let of = |id: &str| {
        asked(account(), |client| {
            get(client, id, false).unwrap();
        })
    };
    let of_group = counts(&[("iam/user_groups/k1", 1), ("iam/user_groups/k1/members", 1)]);
    assert_eq!(of("user-group:k1"), of_group, "no account member is read");
    let role = [("roles", 1), ("iam/user_groups", 1), ("iam/user_groups/k1/members", 1), ("members", 1)];
    assert_eq!(of("role:admin"), counts(&role), "only the groups that give the role");
}

fn held(client: &mut Client<impl Transport>, who: &str, is_forgetful: bool) -> Vec<Page> {
    let (kind, id) = who.split_once(':').unwrap();
    let principal = ResourceId::new(Kind::parse(kind).unwrap(), id);
    let (mut reader, mut pages, mut cursor) = (Reader::default(), Vec::<Page>::new(), None);
    loop {
        let page = reader.held(client, &principal, cursor.as_deref()).unwrap();
        cursor.clone_from(&page.next);
        pages.push(page);
        if cursor.is_none() {
            return pages;
        }
        if is_forgetful {
            reader = Reader::default();
        }
    }
}

#[test]
fn a_principal_holds_what_a_whole_read_gives_to_it() {
    for is_gone in [false, true] {
        let mut items = account();
        if is_gone {
            items.insert("roles", vec![json!(REFUSED)]);
            items.insert("iam/permission_groups", permission_groups());
        }
        let client = &mut client(items);
        let whole = read(client, &[], None, false);
        let (all, named) = (held_in(&whole), resources(&whole));
        let is_holder = |id: &str| id.starts_with("member:") || id.starts_with("user-group:");
        for (who, ..) in named.iter().filter(|(id, ..)| is_holder(id)) {
            for is_forgetful in [false, true] {
                let pages = held(client, who, is_forgetful);
                let expected: BTreeSet<String> =
                    all.iter().filter(|word| word.split(' ').nth(1) == Some(who)).cloned().collect();
                assert_eq!(held_in(&pages), expected, "{who}");
                let given = resources(&pages);
                assert!(given.iter().all(|it| named.contains(it)), "{who}: {given:?}");
                assert_eq!(given.len(), expected.len() + 1, "each once: {who}: {given:?}");
                assert_eq!(given[0].0, *who);
                let codes = |pages: &[Page]| -> Vec<String> {
                    let of_it = |it: &&&Warning| it.about.as_ref().is_some_and(|id| id.to_string() == *who);
                    warnings(pages).iter().filter(of_it).map(|it| it.message.clone()).collect()
                };
                assert_eq!(codes(&pages), codes(&whole), "{who}");
            }
        }
    }
}

#[test]
fn what_one_principal_holds_takes_few_requests() {
    let of = |who: &str| {
        asked(account(), |client| {
            held(client, who, false);
        })
    };
    let rules = ["access/identity_providers", "access/groups", "access/apps"];
    let rules = rules.map(|path| (path, 1));
    let groups = [
        ("iam/user_groups", 1),
        ("iam/user_groups/k1/members/m1", 1),
        ("iam/user_groups/k2/members/m1", 1),
        ("iam/user_groups/k3/members/m1", 1),
        ("iam/user_groups/k4/members/m1", 1),
    ];
    let m1 = [&rules[..], &groups, &[("members/m1", 1)]].concat();
    assert_eq!(of("member:m1"), counts(&m1), "its own roles explain all that it holds");
    let own = ["m5", "k1", "k2", "k3", "k4"];
    let of_m5 = of("member:m5");
    assert!(own[1..].iter().all(|k| of_m5[&format!("iam/user_groups/{k}/members/m5")] == 1), "{of_m5:?}");
    assert_eq!(of_m5["roles"], 1, "the names of its roles are in no list of its own");
    assert_eq!(of("user-group:k3"), counts(&[("iam/user_groups/k3", 1)]));
    assert_eq!(of("user-group:k1"), counts(&[("iam/user_groups/k1", 1), ("roles", 1)]));
    assert!(!of("user:u1").contains_key("iam/user_groups"), "only members are in user groups");
}

/// The permission groups of the account's roles, and others that aren't for the whole account.
fn permission_groups() -> Vec<Json> {
    let of = |name: &str, scopes: &str| {
        let mut group = group(name);
        group["meta"] = json!({"label": name, "scopes": scopes});
        group
    };
    let account = "com.cloudflare.api.account";
    let zone = "com.cloudflare.api.account.zone";
    vec![of("Admin", account), of("Audit", account), of("DNS", zone), of("Stream", account), of("Zone", zone)]
}

#[test]
fn without_a_list_of_roles_names_tell_them_and_ids_are_kept() {
    let mut items = account();
    items.insert("roles", vec![json!(REFUSED)]);
    items.insert("iam/permission_groups", permission_groups());
    for is_forgetful in [false, true] {
        let client = &mut client(items.clone());
        let pages = read(client, &[], None, is_forgetful);
        let with_list = held_in(&read(&mut super::client(account()), &[], None, false));
        assert_eq!(held_in(&pages), with_list, "every role that a member shows keeps its id");
        let roles: BTreeSet<(String, String)> = resources(&pages)
            .into_iter()
            .filter(|(id, ..)| id.starts_with("role:"))
            .map(|(id, name, _)| (id, name))
            .collect();
        let expected =
            [("admin", "Admin"), ("audit", "Audit"), ("pg-billing", "Billing"), ("pg-stream", "Stream")];
        let expected = expected.map(|(id, name)| (format!("role:{id}"), name.to_owned()));
        assert_eq!(roles, expected.into());
        let told: Vec<&Warning> =
            warnings(&pages).into_iter().filter(|it| it.code.word() == "roles-moved").collect();
        let [told] = told[..] else { panic!("{told:?}") };
        assert!(!told.incomplete && told.message.contains("keep their ids: Admin, Audit."), "{told:?}");
        check_order(&pages, false);
    }
    // Where the permission groups can't be read either, only what somebody holds is known.
    items.insert("iam/permission_groups", vec![json!(REFUSED)]);
    let pages = read(&mut client(items.clone()), &[], None, false);
    let told = warnings(&pages).into_iter().find(|it| it.code.word() == "roles-moved").unwrap();
    assert!(told.incomplete && told.message.contains("not found"), "{told:?}");
    assert!(!resources(&pages).iter().any(|(id, ..)| id == "role:pg-stream"));
    for id in ["role:admin", "role:pg-billing", "scoped-role:pg-dns-rg-z1"] {
        let client = &mut client(items.clone());
        let all = held_in(&pages);
        let expected: Vec<&String> = all.iter().filter(|word| word.starts_with(&format!("{id}:"))).collect();
        assert_eq!(held_in(&get(client, id, true).unwrap()).iter().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn user_groups_that_cannot_be_read_leave_a_gap() {
    let mut items = account();
    items.insert("iam/user_groups", vec![json!(REFUSED)]);
    for is_forgetful in [false, true] {
        let client = &mut client(items.clone());
        for kinds in [&[][..], &["role", "member"]] {
            let pages = read(client, kinds, None, is_forgetful);
            let told = warnings(&pages);
            let of: Vec<_> = told.iter().filter(|it| it.code.word() == "user-groups-not-readable").collect();
            assert_eq!(of.len(), 1, "{told:?}");
            assert!(of[0].incomplete && of[0].about.is_none());
            assert!(held_in(&pages).contains("role:audit:assigned member:m5 policy=p5"));
        }
        assert!(held_in(&held(client, "member:m1", is_forgetful)).len() == 2);
    }
    let kinds = ["user-group".to_owned()];
    let error = Reader::default().read(&mut client(items), &kinds, None).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    // One group alone.
    let mut items = account();
    items.insert("iam/user_groups/k1/members", vec![json!(REFUSED)]);
    let pages = read(&mut client(items.clone()), &[], None, false);
    let told = warnings(&pages).into_iter().find(|it| it.code.word() == "user-groups-not-readable").unwrap();
    assert_eq!(
        (told.incomplete, told.about.as_ref().unwrap().to_string()),
        (true, "user-group:k1".to_owned())
    );
    assert!(held_in(&pages).contains("role:audit:assigned member:m3 user_group=k2"));
    assert!(get(&mut client(items), "user-group:k1", false).is_err());
}

#[test]
fn a_cursor_goes_on_only_where_no_role_and_no_group_has_changed() {
    let items = large(60, 0);
    let pages = read(&mut client(items.clone()), &[], None, false);
    let first = pages.iter().position(|page| page.progress.phase == "members").unwrap();
    let cursor = pages[first].next.clone().unwrap();
    let on = |items: Items| Reader::default().read(&mut client(items), &[], Some(&cursor));
    assert_eq!(words(&[on(items.clone()).unwrap()]), words(&pages[first + 1..first + 2]));
    for (path, at, field, value) in [
        ("roles", 0, "name", json!("Other")),
        ("roles", 0, "id", json!("other")),
        ("iam/user_groups", 1, "policies", json!([])),
        ("iam/user_groups", 1, "id", json!("k9")),
        ("iam/user_groups/k1/members", 0, "id", json!("m1")),
    ] {
        let mut changed = items.clone();
        changed.get_mut(path).unwrap()[at][field] = value.clone();
        let error = on(changed).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidCursor, "{path} {field} {value}");
    }
}

#[test]
fn a_read_of_members_names_the_organization_above() {
    let parent = json!({"parent_org_id": "o1", "parent_org_name": "Acme"});
    let mut items = account();
    items.insert("", vec![json!({"id": "a", "managed_by": parent})]);
    let told = |kinds: &[&str]| {
        let pages = read(&mut client(items.clone()), kinds, None, true);
        let told = warnings(&pages).into_iter().filter(|it| it.code.word() == "implicit-administrators");
        told.map(|it| it.message.contains("Acme")).collect::<Vec<_>>()
    };
    assert_eq!((told(&[]), told(&["member"]), told(&["role"])), (vec![true], vec![true], vec![]));
    assert_eq!(told(&["email"]), [] as [bool; 0], "members are read for their addresses alone");
}

#[test]
fn a_permission_group_with_a_name_alone_is_explained_by_the_list_of_roles() {
    let named = |id: &str| [policy(id, "allow", json!({"name": "Audit"}), on("whole"))];
    let items: Items = [
        ("roles", vec![json!({"id": "audit", "name": "Audit"})]),
        ("iam/user_groups", vec![json!({"id": "k1", "name": "Auditors", "policies": named("k1-p1")})]),
        ("iam/user_groups/k1/members", vec![json!({"id": "m1"})]),
        ("members", vec![member("m1", &[], &[]), member("m2", &[], &named("p1"))]),
    ]
    .into();
    for (who, why) in
        [("member:m1", "user_group=k1"), ("member:m2", "policy=p1"), ("user-group:k1", "policy=k1-p1")]
    {
        let pages = held(&mut client(items.clone()), who, false);
        let grant = format!("role:audit:assigned {who} {why}");
        assert!(held_in(&pages).contains(&grant), "{who}: {:?}", held_in(&pages));
        assert!(warnings(&pages).is_empty(), "{who}: {:?}", warnings(&pages));
    }
}
