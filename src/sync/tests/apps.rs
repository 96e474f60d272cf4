//! Applications, their policies, and who reaches them.

mod gaps;

use super::*;
use std::cell::RefCell;
use std::collections::BTreeSet;

type Items = BTreeMap<&'static str, Vec<Json>>;

fn email(address: &str) -> Json {
    json!({"email": {"email": address}})
}

fn policy(id: &str, decision: &str, include: Json) -> Json {
    json!({"id": id, "name": format!("Policy {id}"), "decision": decision, "include": include})
}

/// An account with an application for each way in which its policies can be given.
fn account() -> Items {
    let staff = policy("p1", "allow", json!([{"group": {"id": "g1"}}]));
    let unused = policy("p9", "allow", json!([{"email_list": {"id": "l9"}}]));
    let own = policy(
        "q1",
        "allow",
        json!([{"email_domain": {"domain": "corp.example"}}, {"ip": {"ip": "10.0.0.0/8"}}]),
    );
    let token = json!([{"service_token": {"token_id": "t1"}}, {"service_token": {"token_id": "t2"}}]);
    let app = |id: &str, kind: &str, policies: Json| {
        let name = format!("App {id}");
        json!({"id": id, "name": name, "type": kind, "policies": policies})
    };
    let mut payroll = app("a1", "self_hosted", json!([staff, own]));
    payroll["allowed_idps"] = json!(["i1"]);
    [
        (
            "access/identity_providers",
            vec![json!({"id": "i1", "name": "Okta"}), json!({"id": "i2", "type": "onetimepin"})],
        ),
        (
            "access/groups",
            vec![
                json!({"id": "g1", "name": "Staff", "include": [email("ann@corp.example")]}),
                json!({"id": "g2", "include": [{"service_token": {"token_id": "t1"}}]}),
            ],
        ),
        ("access/policies", vec![staff.clone(), unused]),
        (
            "access/apps",
            vec![
                payroll,
                app("a2", "saas", json!(null)),
                app("a3", "ssh", json!(["p1"])),
                app("a4", "vnc", json!([{"id": "q4"}])),
                app("a5", "bookmark", json!([])),
                app("a6", "self_hosted", json!([policy("q6", "bypass", json!([{"everyone": {}}]))])),
                app("a7", "quantum", json!([staff])),
                app("a8", "rdp", json!(null)),
            ],
        ),
        ("access/apps/a2/policies", vec![staff, policy("q2", "non_identity", token)]),
        ("access/apps/a4/policies", vec![policy("q4", "allow", json!([{"email_list": {"id": "l1"}}]))]),
        ("access/apps/a8/policies", vec![json!(REFUSED)]),
        ("gateway/lists/l1/items", vec![json!({"value": "eve@corp.example"})]),
        (
            "access/service_tokens",
            vec![
                json!({"id": "t1", "name": "CI"}),
                json!({"id": "t2", "enabled": false}),
                json!({"id": "t3"}),
            ],
        ),
        (
            "members",
            vec![json!({"id": "m1", "status": "accepted", "email": "bob@corp.example", "roles": []})],
        ),
        (
            "access/users",
            vec![
                json!({"id": "u1", "email": "ann@corp.example"}),
                json!({"id": "u2", "email": "x@else.example"}),
            ],
        ),
    ]
    .into()
}

/// An account that keeps which paths were asked for.
struct Watched {
    account: Account,
    asked: RefCell<Vec<String>>,
    date: Option<&'static str>,
}

impl Watched {
    fn of(items: Items) -> Self {
        Self { account: Account(items), asked: RefCell::default(), date: None }
    }

    /// The paths, as often as each was asked for, without those of people and roles, and the account's own.
    fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.take();
        asked.retain(|path| {
            !matches!(path.as_str(), "" | "members" | "access/users" | "roles" | "iam/user_groups")
        });
        asked
    }
}

impl Transport for &Watched {
    type Pending = Response;

    fn start(&self, request: Request) -> std::result::Result<Response, TransportError> {
        let path = request.path_and_query.split('?').next().unwrap();
        self.asked
            .borrow_mut()
            .push(path.split(&"a".repeat(32)).nth(1).unwrap().trim_start_matches('/').to_owned());
        let mut answer = self.account.start(request)?;
        answer.headers.extend(self.date.map(|date| ("date".to_owned(), date.to_owned())));
        Ok(answer)
    }

    fn finish(&self, answer: Response, _limit: usize) -> std::result::Result<Response, TransportError> {
        Ok(answer)
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {}
}

const ALL: [&str; 9] =
    ["identity-provider", "group", "policy", "app", "role", "service-token", "member", "user", "email"];

fn of_apps(pages: &[Page]) -> Vec<String> {
    words(pages).into_iter().filter(|word| word.contains("app:")).collect()
}

fn warned(pages: &[Page]) -> Vec<String> {
    let warnings = pages.iter().flat_map(|page| &page.warnings);
    let word = |it: &crate::model::Warning| {
        let about = it.about.as_ref().map_or(String::new(), ToString::to_string);
        format!("{} {about} {}", it.code.word(), it.incomplete).replace("  ", " ")
    };
    warnings.map(word).collect()
}

#[test]
fn a_sync_tells_who_reaches_which_application() {
    let account = Watched::of(account());
    let pages = read(&mut Client::new(settings(), &account), &ALL, None, false);
    assert_eq!(
        of_apps(&pages),
        [
            "app:a1",
            "app:a2",
            "app:a3",
            "app:a4",
            "app:a5",
            "app:a6",
            "app:a7",
            "app:a8",
            "app:a2:access service-token:t1",
            "app:a1:access member:m1",
            "app:a1:access user:u1",
            "app:a2:access user:u1",
            "app:a3:access user:u1",
            "app:a1:access email:eve@corp.example",
            "app:a4:access email:eve@corp.example",
        ]
    );
    let policies = pages.iter().flat_map(|page| &page.resources).filter(|it| it.id.kind == Kind::Policy);
    let policies: Vec<String> = policies
        .map(|it| format!("{} {}", it.id.id, it.parent.as_ref().map_or("-".to_owned(), ToString::to_string)))
        .collect();
    assert_eq!(policies, ["p1 -", "p9 -", "q1 app:a1", "q6 app:a6", "q2 app:a2", "q4 app:a4"]);
    let entitlements = pages.iter().flat_map(|page| &page.entitlements).filter(|it| it.on.kind == Kind::App);
    let entitlements: Vec<String> = entitlements.map(|it| format!("{} {}", it.id, it.extra)).collect();
    assert_eq!(entitlements[..3], ["app:a1:access {}", "app:a2:access {}", "app:a3:access {}"]);
    assert_eq!(entitlements[4], r#"app:a5:visible {"whoever_logs_in":true}"#);
    assert!(entitlements[5].contains(r#""public":true"#), "{}", entitlements[5]);
    assert_eq!(entitlements.len(), 7, "it isn't known what can be held on the unknown one: {entitlements:?}");
    assert_eq!(
        warned(&pages),
        ["app-not-understood app:a8 true", "app-public app:a6 false", "app-not-understood app:a7 true"]
    );
    let tokens = words(&pages).into_iter().filter(|word| word.ends_with("service-token:t1"));
    assert_eq!(tokens.count(), 3, "itself, a group and an application");

    // A grant says which policy it goes through, and its conditions.
    let grant =
        pages.iter().flat_map(|page| &page.grants).find(|it| it.entitlement == "app:a1:access").unwrap();
    assert_eq!(grant.basis[0].through.as_ref().map(ToString::to_string).as_deref(), Some("policy:q1"));
    assert_eq!(grant.conditions[0].all_of, [r#"{"allowed_idps":["i1"]}"#]);
}

#[test]
fn the_fewest_requests() {
    let lists = ["access/identity_providers", "access/groups", "access/policies", "access/apps"];
    let missing = ["access/apps/a2/policies", "access/apps/a8/policies", "access/apps/a4/policies"];
    for (kinds, expected) in [
        (vec![], [&lists[..], &missing, &["gateway/lists/l1/items"]].concat()),
        (vec!["policy"], [&lists[2..], &missing].concat()),
        // The reusable policy that is known by its id alone came with another application.
        (vec!["app"], [&["access/groups", "access/apps"][..], &missing].concat()),
        // No token logs in, or has an address.
        (
            vec!["app", "service-token"],
            [&["access/groups", "access/apps"][..], &missing, &["access/service_tokens"]].concat(),
        ),
        (vec!["group", "user", "email"], vec!["access/groups"]),
        (vec!["service-token"], vec!["access/service_tokens"]),
        (vec!["group", "service-token"], vec!["access/groups", "access/service_tokens"]),
    ] {
        let account = Watched::of(account());
        let pages = read(&mut Client::new(settings(), &account), &kinds, None, false);
        assert_eq!(account.asked(), expected, "{kinds:?}");
        assert!(kinds.contains(&"app") || of_apps(&pages).is_empty() != kinds.is_empty(), "{kinds:?}");
    }
}

#[test]
fn each_page_can_be_read_in_a_session_of_its_own() {
    let client = &mut client(account());
    for kinds in
        [&[][..], &ALL, &["policy"], &["app"], &["app", "user"], &["email"], &["app", "service-token"]]
    {
        let whole = read(client, kinds, None, false);
        let forgetful = read(client, kinds, None, true);
        assert_eq!(words(&forgetful), words(&whole), "{kinds:?}");
        let entitlements = |pages: &[Page]| -> Vec<_> {
            pages.iter().flat_map(|page| &page.entitlements).cloned().collect()
        };
        assert_eq!(entitlements(&forgetful), entitlements(&whole));
        assert_eq!(warned(&forgetful), warned(&whole));
        for (done, page) in whole.iter().enumerate().filter(|(_, page)| page.next.is_some()) {
            let rest = read(client, kinds, page.next.clone(), false);
            assert_eq!(words(&rest), words(&whole[done + 1..]), "{kinds:?} {:?}", page.next);
        }
    }
}

#[test]
fn a_cursor_rests_on_all_that_decides() {
    let whole = read(&mut client(account()), &[], None, false);
    let behind = whole.iter().position(|page| page.progress.phase == "members").unwrap();
    let cursor = whole[behind].next.clone().unwrap();
    type Change = fn(&mut Items);
    let changes: [(&str, Change); 9] = [
        ("nothing", |_| {}),
        ("a policy that no application has", |it| {
            it.get_mut("access/policies").unwrap()[1]["include"] = json!([])
        }),
        ("a provider", |it| it.get_mut("access/identity_providers").unwrap().truncate(1)),
        ("a decision", |it| it.get_mut("access/apps").unwrap()[5]["policies"][0]["decision"] = json!("deny")),
        ("a type", |it| it.get_mut("access/apps").unwrap()[5]["type"] = json!("mcp")),
        ("the order", |it| it.get_mut("access/apps").unwrap()[0]["policies"][1]["precedence"] = json!(1)),
        ("an approval", |it| {
            it.get_mut("access/apps").unwrap()[5]["policies"][0]["approval_required"] = json!(true)
        }),
        ("a policy that the list doesn't have", |it| {
            it.get_mut("access/apps/a4/policies").unwrap()[0]["include"] = json!([email("x@corp.example")]);
        }),
        ("the items of a list that a policy names", |it| {
            it.get_mut("gateway/lists/l1/items").unwrap().clear()
        }),
    ];
    for (what, change) in changes {
        let mut account = account();
        change(&mut account);
        let outcome = Reader::default().read(&mut client(account), &[], Some(&cursor));
        match outcome {
            Ok(_) => assert!(what == "nothing", "{what}"),
            Err(error) => {
                assert_eq!((error.kind, what != "nothing"), (ErrorKind::InvalidCursor, true), "{what}")
            }
        }
    }
}

#[test]
fn many_missing_policies_are_asked_for_again_in_a_bounded_way() {
    let mut account = account();
    let apps = (0..90).map(|n| json!({"id": format!("b{n}"), "type": "saas"})).collect();
    account.insert("access/apps", apps);
    for n in 0..90 {
        let own = policy(&format!("o{n}"), "allow", json!([email("ann@corp.example")]));
        account.insert(format!("access/apps/b{n}/policies").leak(), vec![own]);
    }
    let client = &mut client(account);
    let whole = read(client, &[], None, false);
    assert_eq!(of_apps(&whole).len(), 90 + 90);
    let behind = whole.iter().rposition(|page| page.progress.phase == "members").unwrap();
    let rest = read(client, &[], whole[behind].next.clone(), false);
    assert_eq!(words(&rest), words(&whole[behind + 1..]));
    assert!(
        rest.iter().all(|page| page.requests <= 32 + 8),
        "{:?}",
        rest.iter().map(|page| page.requests).collect::<Vec<_>>()
    );
    assert_eq!(words(&read(client, &[], None, true)), words(&whole));
}

#[test]
fn a_policy_that_came_with_its_application_is_given_once() {
    let mut account = account();
    let own = ["o1", "o2"].map(|id| policy(id, "allow", json!([email("ann@corp.example")])));
    let apps = vec![json!({"id": "b1", "type": "saas", "policies": [own[0], "o2"]})];
    account.insert("access/apps", apps);
    account.insert("access/apps/b1/policies", own.into());
    let pages = read(&mut client(account), &["policy", "app", "user"], None, false);
    let own: Vec<String> = words(&pages).into_iter().filter(|word| word.starts_with("policy:o")).collect();
    assert_eq!(own, ["policy:o1", "policy:o2"]);
    let grant = pages.iter().flat_map(|page| &page.grants).next().unwrap();
    assert_eq!(grant.basis.len(), 2, "through either: {grant:?}");
}

#[test]
fn without_the_identity_providers_only_a_condition_is_less_exact() {
    let mut account = account();
    account.get_mut("access/apps").unwrap()[0]["allowed_idps"] = json!(["i1", "i2"]);
    let conditions = |pages: &[Page]| {
        let mut grants = pages.iter().flat_map(|page| &page.grants);
        grants.find(|it| it.entitlement == "app:a1:access").unwrap().conditions.clone()
    };
    let all = read(&mut client(account.clone()), &[], None, false);
    assert_eq!(conditions(&all), [], "all providers are no condition");
    account.insert("access/identity_providers", vec![json!(REFUSED)]);
    let client = &mut client(account);
    for kinds in [&[][..], &["app", "user", "member"]] {
        for is_forgetful in [false, true] {
            let pages = read(client, kinds, None, is_forgetful);
            assert_eq!(conditions(&pages)[0].all_of, [r#"{"allowed_idps":["i1","i2"]}"#]);
            let of_providers: Vec<_> =
                warned(&pages).into_iter().filter(|warning| warning.starts_with("providers")).collect();
            assert_eq!(of_providers, ["providers-not-readable false"]);
        }
    }
    let named = ["app", "identity-provider"].map(str::to_owned);
    assert_eq!(Reader::default().read(client, &named, None).unwrap_err().kind, ErrorKind::NotFound);
}

#[test]
fn one_of_them_is_found_by_its_id() {
    let account = Watched::of(account());
    let client = &mut Client::new(settings(), &account);
    for (id, expected, requests) in [
        (
            "app:A1",
            vec![
                "app:a1",
                "app:a1:access member:m1",
                "app:a1:access user:u1",
                "app:a1:access email:eve@corp.example",
            ],
            7,
        ),
        ("app:a5", vec!["app:a5"], 7),
        ("policy:p9", vec!["policy:p9"], 1),
        ("policy:q1", vec!["policy:q1"], 2),
        ("policy:q2", vec!["policy:q2"], 3),
        ("identity-provider:i2", vec!["identity-provider:i2"], 1),
        ("service-token:t2", vec!["service-token:t2"], 1),
        ("email:eve@corp.example", vec!["email:eve@corp.example"], 6),
    ] {
        let (kind, of) = id.split_once(':').unwrap();
        let only = ResourceId::new(Kind::parse(kind).unwrap(), of);
        for is_forgetful in [false, true] {
            let pages = get(client, &only, is_forgetful).unwrap();
            assert_eq!(words(&pages), expected, "{id}");
            let entitlements: BTreeSet<_> =
                pages.iter().flat_map(|page| &page.entitlements).map(|it| &it.on).collect();
            assert!(
                entitlements.iter().all(|on| on.to_string().eq_ignore_ascii_case(id)),
                "{entitlements:?}"
            );
            let asked = account.asked();
            assert!(is_forgetful || asked.len() == requests, "{id}: {asked:?}");
        }
    }
}

#[test]
fn a_token_that_has_expired_holds_nothing() {
    let held = |date| {
        let mut account = account();
        account.get_mut("access/service_tokens").unwrap()[0]["expires_at"] = json!("2026-11-23T18:54:26Z");
        let account = Watched { date, ..Watched::of(account) };
        let pages =
            read(&mut Client::new(settings(), &account), &["group", "app", "service-token"], None, false);
        pages.iter().flat_map(|page| &page.grants).count()
    };
    assert_eq!(held(Some("Mon, 23 Nov 2026 18:54:25 GMT")), 2);
    assert_eq!(held(Some("Mon, 23 Nov 2026 18:54:26 GMT")), 0);
    assert_eq!(held(None), 2, "no time is known");
}

#[test]
fn a_kind_that_may_not_be_read_is_an_error() {
    for (path, kinds) in [
        ("access/apps", &[][..]),
        ("access/policies", &[]),
        ("access/apps", &["policy"]),
        ("access/service_tokens", &["service-token"]),
        ("access/identity_providers", &["identity-provider"]),
    ] {
        let mut account = account();
        account.insert(path, vec![json!(REFUSED)]);
        let client = &mut client(account);
        let kinds: Vec<String> = kinds.iter().map(|&kind| kind.to_owned()).collect();
        let found = pages(None, false, |reader, cursor| reader.read(client, &kinds, cursor));
        assert_eq!(found.err().map(|error| error.kind), Some(ErrorKind::NotFound), "{path}");
    }
}
