//! Reads of everything that one principal holds.

use super::*;
use std::collections::BTreeSet;

/// An account in which most people hold several things.
fn company() -> BTreeMap<&'static str, Vec<Json>> {
    let mut account = account();
    let domain = json!({"email_domain": {"domain": "corp.example"}});
    let group = |id: &str, rules: Json| {
        let mut group = rules;
        group["id"] = id.into();
        group["name"] = format!("Group {id}").into();
        group
    };
    let groups = account.get_mut("access/groups").unwrap();
    groups.push(group("g3", json!({"include": [domain], "require": [{"ip": {"ip": "10.0.0.0/8"}}]})));
    groups.push(group("g4", json!({"include": [{"group": {"id": "g1"}}]})));
    groups.push(group("g5", json!({"include": [{"cloudflare_account_member": {}}]})));
    let role = json!({"id": "r1", "name": "Administrator"});
    let member = |id: &str, status: &str, email: &str| {
        let roles = [role.clone()];
        json!({"id": id, "status": status, "email": email, "roles": roles})
    };
    let members = account.get_mut("members").unwrap();
    members.push(member("m2", "rejected", "no@corp.example"));
    members.push(member("m3", "pending", "soon@corp.example"));
    // Somebody is a member and a user.
    members.push(member("m4", "accepted", "7@corp.example"));
    let token = |id: &str, enabled: bool| json!({"id": id, "name": id, "enabled": enabled});
    account.insert("access/service_tokens", vec![token("t1", true), token("t2", false)]);
    let provider = |id: &str| json!({"id": id, "name": id, "type": "okta"});
    account.insert("access/identity_providers", vec![provider("idp-1"), provider("idp-2")]);
    let policy = |id: &str, decision: &str, include: Json, more: Json| {
        let mut policy = more;
        (policy["id"], policy["name"], policy["decision"]) = (id.into(), id.into(), decision.into());
        policy["include"] = include;
        policy
    };
    let staff = || json!([{"group": {"id": "g1"}}]);
    let outsider = json!([{"email": {"email": "fay@elsewhere.example"}}, {"group": {"id": "g5"}}]);
    let from_germany = json!({"require": [{"geo": {"country_code": "DE"}}]});
    let mut apps = vec![
        json!({"id": "a1", "name": "Payroll", "type": "self_hosted", "allowed_idps": ["idp-1"],
            "policies": [policy("p1", "allow", staff(), json!({"precedence": 1}))]}),
        json!({"id": "a2", "name": "Wiki", "type": "self_hosted",
            "policies": [policy("p2", "allow", outsider, from_germany)]}),
        json!({"id": "a3", "name": "Status", "type": "self_hosted",
            "policies": [policy("p3", "bypass", json!([{"everyone": {}}]), json!({})),
                policy("p4", "allow", json!([{"email_domain": {"domain": "corp.example"}}]), json!({}))]}),
        json!({"id": "a4", "name": "Builds", "type": "self_hosted",
            "policies": [policy("p5", "non_identity", json!([{"any_valid_service_token": {}}]), json!({}))]}),
    ];
    // A user reaches more than the member who declined.
    let members = json!({"require": [{"cloudflare_account_member": {}}]});
    let domain = json!([{"email_domain": {"domain": "corp.example"}}]);
    apps.push(json!({"id": "a5", "name": "Audit", "type": "self_hosted",
        "policies": [policy("p6", "allow", domain, members)]}));
    account.get_mut("access/users").unwrap().push(json!({"id": "u-no", "email": "no@corp.example"}));
    account.insert("access/apps", apps);
    account
}

/// Reads everything that a principal holds, each page in a session of its own where `is_forgetful`.
fn held(client: &mut Client<impl Transport>, who: &str, is_forgetful: bool) -> Result<Vec<Page>> {
    let (kind, id) = who.split_once(':').unwrap();
    let principal = ResourceId::new(Kind::parse(kind).unwrap(), id);
    pages(None, is_forgetful, |reader, cursor| reader.held(client, &principal, cursor))
}

/// Each grant of each principal, with everything that it says.
fn grants(pages: &[Page]) -> BTreeMap<(String, ResourceId), String> {
    let grants = pages.iter().flat_map(|page| &page.grants);
    let each = grants.flat_map(|grant| {
        let alone = |of: &ResourceId| crate::model::Grant { principals: vec![of.clone()], ..grant.clone() };
        let key = |of: &ResourceId| (grant.entitlement.clone(), of.clone());
        grant.principals.iter().map(move |of| (key(of), format!("{:?}", alone(of))))
    });
    each.collect()
}

fn of(
    all: &BTreeMap<(String, ResourceId), String>,
    who: &[&ResourceId],
) -> BTreeMap<(String, ResourceId), String> {
    let is_theirs = |(_, of): &&(String, ResourceId)| who.contains(&of);
    all.iter().filter(|(key, _)| is_theirs(key)).map(|(key, text)| (key.clone(), text.clone())).collect()
}

#[test]
fn it_is_what_a_whole_read_gives_to_each_principal() {
    let client = &mut client(company());
    let whole = read(client, &Kind::ALL.map(Kind::as_str), None, false);
    let (all, resources) = (grants(&whole), whole.iter().flat_map(|page| &page.resources));
    let resources: BTreeMap<ResourceId, String> =
        resources.map(|resource| (resource.id.clone(), format!("{resource:?}"))).collect();
    let entitlements: BTreeMap<&str, String> = whole
        .iter()
        .flat_map(|page| &page.entitlements)
        .map(|it| (it.id.as_str(), format!("{it:?}")))
        .collect();
    let mut held_something = BTreeSet::new();
    let principals = resources.keys().filter(|id| kinds::principals().any(|kind| kind == id.kind));
    for who in principals.filter(|id| id.kind != Kind::User || id.id.len() < 4 || id.id == "u-ann") {
        for is_forgetful in [false, true] {
            let pages = held(client, &who.to_string(), is_forgetful).unwrap();
            let expected = of(&all, &[who]);
            assert_eq!(grants(&pages), expected, "{who}");
            let given: Vec<_> = pages.iter().flat_map(|page| &page.resources).collect();
            assert_eq!(given[0].id, *who);
            for resource in &given {
                assert_eq!(format!("{resource:?}"), resources[&resource.id], "{who}");
            }
            let named: BTreeSet<&str> =
                expected.keys().map(|(entitlement, _)| entitlement.as_str()).collect();
            let came: Vec<_> = pages.iter().flat_map(|page| &page.entitlements).collect();
            assert_eq!(came.iter().map(|it| it.id.as_str()).collect::<BTreeSet<_>>(), named, "{who}");
            let held = given.iter().filter(|it| it.id.kind != Kind::IdentityProvider).count();
            assert_eq!((came.len(), held), (named.len(), named.len() + 1), "each once: {who}");
            for entitlement in came {
                assert_eq!(format!("{entitlement:?}"), entitlements[entitlement.id.as_str()], "{who}");
            }
            held_something.extend((!expected.is_empty()).then_some(who.kind));
        }
    }
    assert_eq!(held_something.len(), 4, "{held_something:?}");
}

#[test]
fn an_address_is_all_accounts_that_have_it_or_itself() {
    let client = &mut client(company());
    let all = grants(&read(client, &[], None, false));
    let id = |kind, id: &str| ResourceId::new(kind, id);
    for (address, who) in [
        ("7@corp.example", vec![id(Kind::Member, "m4"), id(Kind::User, "u7")]),
        ("no@corp.example", vec![id(Kind::Member, "m2"), id(Kind::User, "u-no")]),
        ("BOB@corp.example", vec![id(Kind::Member, "m1")]),
        ("ann@corp.example", vec![id(Kind::User, "u-ann")]),
        ("eve@corp.example", vec![id(Kind::Email, "eve@corp.example")]),
    ] {
        for is_forgetful in [false, true] {
            let pages =
                held(client, &format!("email:{}", address.to_ascii_lowercase()), is_forgetful).unwrap();
            let expected = of(&all, &who.iter().collect::<Vec<_>>());
            assert_eq!(grants(&pages), expected, "{address}");
            let given: Vec<_> = pages.iter().flat_map(|page| &page.resources).map(|it| &it.id).collect();
            assert!(who.iter().all(|id| given.contains(&id)), "{address}: {given:?}");
            let principals = given.iter().filter(|id| kinds::principals().any(|kind| kind == id.kind));
            assert_eq!(principals.count(), who.len(), "{address}: {given:?}");
        }
    }
    // Nothing names the address, and a domain still lets it in.
    let new = held(client, "email:new@corp.example", false).unwrap();
    assert_eq!(
        words(&new),
        [
            "email:new@corp.example",
            "group:g3",
            "app:a3",
            "app:a5",
            "group:g3:member email:new@corp.example",
            "app:a3:access email:new@corp.example",
            "app:a5:access email:new@corp.example",
        ]
    );
    let nothing = held(client, "email:new@elsewhere.example", false).unwrap();
    assert_eq!(words(&nothing), ["email:new@elsewhere.example"]);
}

#[test]
fn what_holds_nothing_is_refused_and_what_is_not_there_is_not_found() {
    let client = &mut client(company());
    for who in ["user:u99999", "member:m9", "service-token:t9"] {
        let error = held(client, who, false).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{who}: {error}");
    }
    for who in [
        "group:g1",
        "role:r1",
        "app:a1",
        "identity-provider:idp-1",
        "policy:p1",
        "user:../members/m1",
        "user:",
        "email:ann",
        "email:",
        "email:a@b@c",
    ] {
        let error = held(client, who, false).unwrap_err();
        let found = (error.kind, error.about.as_deref());
        assert_eq!(found, (ErrorKind::InvalidArgument, Some("principal")), "{who}: {error}");
    }
}

#[test]
fn an_answer_about_somebody_else_is_an_error() {
    struct Another(Account);

    impl Transport for &Another {
        type Pending = Response;

        fn start(&self, request: Request) -> std::result::Result<Response, TransportError> {
            let path_and_query = request.path_and_query.replace("/u7", "/u8");
            self.0.start(Request { path_and_query, ..request })
        }

        fn finish(&self, answer: Response, _limit: usize) -> std::result::Result<Response, TransportError> {
            Ok(answer)
        }

        fn now(&self) -> u64 {
            0
        }

        fn wait(&self, _milliseconds: u32) {}
    }
    let account = Another(Account(company()));
    let error = held(&mut Client::new(settings(), &account), "user:u7", false).unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidResponse);
    assert!(error.message.contains("it has another id"), "{error}");
}

/// An account whose list of users can ignore an address, or compare only a part of it.
struct Vague(Account, fn(&str, &str) -> bool);

impl Transport for &Vague {
    type Pending = Response;

    fn start(&self, request: Request) -> std::result::Result<Response, TransportError> {
        let asked = request.path_and_query.split_once("&email=").map(|(_, asked)| asked.replace("%40", "@"));
        let mut users = self.0.0.get("access/users").cloned().unwrap_or_default();
        if let Some(asked) = asked {
            users.retain(|user| (self.1)(user["email"].as_str().unwrap_or_default(), &asked));
        }
        let mut account = self.0.0.clone();
        account.insert("access/users", users);
        Account(account).start(request)
    }

    fn finish(&self, answer: Response, _limit: usize) -> std::result::Result<Response, TransportError> {
        Ok(answer)
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {}
}

#[test]
fn only_the_address_itself_counts_whatever_the_server_finds() {
    let found = |finds: fn(&str, &str) -> bool, address: &str| {
        let account = Vague(Account(company()), finds);
        let pages = held(&mut Client::new(settings(), &account), address, false).unwrap();
        let requests: u32 = pages.iter().map(|page| page.requests).sum();
        let principals = pages.iter().flat_map(|page| &page.resources).map(|it| it.id.to_string());
        let is_principal =
            |id: &String| ["user:", "member:", "email:"].iter().any(|kind| id.starts_with(kind));
        (principals.filter(is_principal).collect::<Vec<_>>(), requests)
    };
    // 17@, 27@, …, 997@ contain the address.
    for (finds, more) in [
        ((|shown, asked| shown == asked) as fn(&str, &str) -> bool, 0),
        (|shown, asked| shown.contains(asked), 0),
        (|_, _| true, 1),
    ] {
        let (principals, requests) = found(finds, "email:7@corp.example");
        assert_eq!(principals, ["member:m4", "user:u7"]);
        // Members, users, identity providers, groups, applications, a list, user groups; of all users a
        // second page.
        assert_eq!(requests, 7 + more);
        assert_eq!(found(finds, "email:rp.example@x").0, ["email:rp.example@x"]);
    }
}

#[test]
fn somebody_who_is_not_understood_is_warned_of_if_they_may_be_asked_for() {
    let told = |list: &'static str, item: Json, who: &str| {
        let mut account = company();
        account.get_mut(list).unwrap().insert(0, item);
        let account = Vague(Account(account), |_, _| true);
        let pages = held(&mut Client::new(settings(), &account), who, false).unwrap();
        let warnings = pages.iter().flat_map(|page| &page.warnings);
        warnings.filter(|it| it.incomplete).map(|it| it.message.clone()).collect::<Vec<_>>()
    };
    for list in ["members", "access/users"] {
        let odd = |email: Json| json!({"id": 5, "email": email, "status": "accepted"});
        for (email, who, expected) in [
            (json!("new@corp.example"), "email:new@corp.example", 1),
            (json!("NEW@corp.example"), "email:new@corp.example", 1),
            (json!("old@corp.example"), "email:new@corp.example", 0),
            (json!(null), "email:new@corp.example", 1),
            (json!(null), "user:u7", 0),
        ] {
            let told = told(list, odd(email.clone()), who);
            assert_eq!(told.len(), expected, "{list} {email} {who}: {told:?}");
        }
    }
}

#[test]
fn a_cursor_goes_on_only_where_nothing_has_changed() {
    let whole = |account: &BTreeMap<&'static str, Vec<Json>>| {
        held(&mut client(account.clone()), "email:7@corp.example", false)
    };
    let account = company();
    let pages = whole(&account).unwrap();
    let last = pages.iter().rev().find_map(|page| page.next.as_deref()).unwrap();
    let on = |account: BTreeMap<&'static str, Vec<Json>>| {
        let principal = ResourceId::new(Kind::Email, "7@corp.example");
        Reader::default().held(&mut client(account), &principal, Some(last))
    };
    assert_eq!(words(&[on(account.clone()).unwrap()]), words(&pages[pages.len() - 1..]));
    for (list, at, field, value) in [
        ("members", 3, "status", json!("pending")),
        ("members", 3, "roles", json!([])),
        ("members", 3, "id", json!("m9")),
        ("access/users", 7, "email", json!("8@corp.example")),
        ("access/groups", 2, "include", json!([{"everyone": {}}])),
        ("access/apps", 0, "allowed_idps", json!([])),
        ("access/identity_providers", 0, "id", json!("idp-9")),
    ] {
        let mut changed = account.clone();
        changed.get_mut(list).unwrap()[at][field] = value.clone();
        assert_eq!(on(changed).unwrap_err().kind, ErrorKind::InvalidCursor, "{list} {field} {value}");
    }
}
