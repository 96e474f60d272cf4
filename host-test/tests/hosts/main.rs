//! The promises of other hosts: the examples in `host-test/hosts`, run as an embedder would run
//! them, with released packages, the plugin from a file, and real HTTP to the mock. Each does what
//! this project's own host does, with the same requests.
#![cfg(unix)]

#[path = "../common"]
mod common {
    pub mod compare;
    pub mod held;
    pub mod http;
    pub mod principal_of;
    pub mod reach;
    pub mod roles;
    pub mod whole;
}
mod example;
mod faults;
mod held;
mod ipv6;
mod limits;
mod lines;
#[path = "../common/ipv6.rs"]
mod on_ipv6;
mod publishing;
mod review;
mod setup;
mod spin;
mod tools;
mod wasmcloud;
mod workers;

use cloudflare_zero_trust::model::Kind;
use common::compare::compare;
use connector_host::contract::{
    AuthMethod, Field, Manifest, Permission as Needed, ResourceType, Right, StepType, Validation, Warning,
};
use example::Example;
use host_test::mock::{Account, DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN, Options, Permission, Size, Token};
use lines::ascii;
use serde_json::{Value, json};
use setup::MockAndOwnHost;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;

/// A secret that must show up nowhere.
const CANARY: &str = "canary-0f9e8d7c6b5a";
/// The number of kinds that can be changed: groups, roles, user groups and scoped roles.
const CHANGEABLE: usize = 4;

/// Makes each of these tests for each of the examples.
macro_rules! for_each_example {
    ($($test:ident),* $(,)?) => {
        mod node {
            $(#[test] fn $test() { crate::run($crate::example::Example::Node, super::$test); })*
        }
        mod python {
            $(#[test] fn $test() { crate::run($crate::example::Example::Python, super::$test); })*
        }
    };
}
use for_each_example;

fn run(example: Example, test: fn(Example)) {
    if example.is_installed() {
        test(example);
    }
}

for_each_example!(
    describe_gives_the_manifest,
    validate_says_what_the_credentials_may_read,
    credentials_that_are_not_right_are_told_and_not_shown,
    a_global_key_does_as_well,
    what_is_asked_wrongly_is_said,
    a_sync_is_the_truth_in_the_same_requests,
    a_sync_is_written_page_by_page,
    a_grant_is_applied_once,
    a_grant_that_fails_says_why,
);

fn describe_gives_the_manifest(example: Example) {
    let setup = MockAndOwnHost::new(Account::company());
    // It needs no account.
    let done = example.command(host_test::CONNECTOR, &["describe"]).run();
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(serde_json::from_str::<Value>(&done.stdout).unwrap(), manifest(&setup.manifest()));
    assert_eq!(setup.requests(), []);
}

fn manifest(manifest: &Manifest) -> Value {
    let fields = |fields: &[Field]| -> Value {
        let field = |field: &Field| {
            let Field { id, label, help, format, choices, secret, required, default, operator_only } = field;
            json!({
                "id": id, "label": label, "help": help, "format": format, "choices": choices,
                "secret": secret,
                "required": required, "default": default, "operator_only": operator_only,
            })
        };
        fields.iter().map(field).collect()
    };
    let auth_method = |method: &AuthMethod| {
        let AuthMethod { id, label, help, fields: of_method } = method;
        json!({ "id": id, "label": label, "help": help, "fields": fields(of_method) })
    };
    let permission = |permission: &Needed| {
        let Needed { name, also, provision_only, without } = permission;
        json!({ "name": name, "also": also, "provision_only": provision_only, "without": without })
    };
    let resource_type = |of: &ResourceType| {
        let ResourceType { id, display_name, traits, can_sync, opt_in, can_provision, permissions } = of;
        json!({
            "id": id, "display_name": display_name, "traits": traits,
            "can_sync": can_sync, "opt_in": opt_in, "can_provision": can_provision,
            "permissions": permissions.iter().map(permission).collect::<Value>(),
        })
    };
    let step = |of: &StepType| {
        let StepType { id, display_name, resource_types, permissions } = of;
        json!({
            "id": id, "display_name": display_name, "resource_types": resource_types,
            "permissions": permissions.iter().map(permission).collect::<Value>(),
        })
    };
    let Manifest {
        id,
        display_name,
        version,
        documentation_url,
        origins,
        fields: of_all,
        auth_methods,
        resource_types,
        steps,
        extra,
    } = manifest;
    json!({
        "id": id, "display_name": display_name, "version": version, "documentation_url": documentation_url,
        "origins": origins, "fields": fields(of_all),
        "auth_methods": auth_methods.iter().map(auth_method).collect::<Value>(),
        "resource_types": resource_types.iter().map(resource_type).collect::<Value>(),
        "steps": steps.iter().map(step).collect::<Value>(),
        "extra": serde_json::from_str::<Value>(extra).unwrap(),
    })
}

fn validate_says_what_the_credentials_may_read(example: Example) {
    let setup = MockAndOwnHost::new(Account::company());
    let said = |setup: &MockAndOwnHost| -> String {
        let Validation { checks, steps, warnings } = setup.validation();
        assert!(steps.is_empty(), "it is no manager");
        let checks = checks.into_iter().map(|check| {
            let kind = check.resource_type;
            let read = match check.read {
                Ok(()) => format!("ok {kind}\n"),
                Err(error) => format!("failed {kind}: {}\n", error.message),
            };
            let change = check.change.map(|right| match right {
                Right::Granted => format!("change granted {kind}\n"),
                Right::Missing(error) => format!("change missing {kind}: {}\n", error.message),
                Right::Unknown(error) => format!("change unknown {kind}: {}\n", error.message),
            });
            read + &change.unwrap_or_default()
        });
        let warnings =
            warnings.into_iter().map(|Warning { code, message, .. }| format!("warning {code}: {message}\n"));
        checks.chain(warnings).collect()
    };
    let (expected, requests) = (said(&setup), setup.requests());
    assert_eq!(expected.matches("ok ").count(), Kind::ALL.len(), "{expected}");
    assert_eq!(expected.matches("change granted ").count(), CHANGEABLE, "{expected}");
    let done = setup.command(example, &["validate"]).run();
    assert_eq!((done.code, done.stdout), (Some(0), expected));
    assert_eq!(setup.requests(), requests);

    setup.mock.change(|account| account.managed_by = Some(json!({"parent_org_name": "Acme"})));
    let expected = said(&setup);
    assert!(expected.contains("\nwarning implicit-administrators: "), "{expected}");
    let done = setup.command(example, &["validate"]).run();
    assert_eq!((done.code, done.stdout), (Some(0), expected));

    // Whoever doesn't name service tokens doesn't need to read them.
    let less = Token::new(DEMO_TOKEN).without(Permission::ServiceTokensRead);
    setup.mock.configure(|options| options.tokens = vec![less]);
    let expected = said(&setup);
    assert!(expected.contains("failed service-token: "), "{expected}");
    let done = setup.command(example, &["validate"]).run();
    assert_eq!((done.code, done.stdout), (Some(0), expected));

    let less = Token::new(DEMO_TOKEN).without(Permission::AuditLogsRead);
    let less = Token { permissions: &less.permissions - &[Permission::AccountSettingsEdit].into(), ..less };
    setup.mock.configure(|options| options.tokens = vec![less]);
    let expected = said(&setup);
    assert!(expected.contains("failed user: ") && expected.contains("change missing role: "), "{expected}");
    let done = setup.command(example, &["validate"]).run();
    assert_eq!((done.code, done.stdout), (Some(1), expected));
}

fn credentials_that_are_not_right_are_told_and_not_shown(example: Example) {
    let setup = MockAndOwnHost::new(Account::company());
    for command in ["validate", "sync"] {
        let done = setup.command(example, &[command]).env("CLOUDFLARE_API_TOKEN", CANARY).run();
        assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{done:?}");
        assert!(done.stderr.contains("Cloudflare doesn't know these credentials"), "{done:?}");
        assert_eq!(done.stderr.lines().count(), 1, "{done:?}");
        assert!(!done.stderr.contains(CANARY), "{done:?}");
    }
}

fn a_global_key_does_as_well(example: Example) {
    let setup = MockAndOwnHost::new(Account::company());
    let command = setup.command(example, &["validate"]).env("CLOUDFLARE_API_TOKEN", "");
    let done = command.env("CLOUDFLARE_EMAIL", DEMO_EMAIL).env("CLOUDFLARE_API_KEY", DEMO_KEY).run();
    assert_eq!((done.code, done.stdout.lines().count()), (Some(0), Kind::ALL.len() + CHANGEABLE), "{done:?}");
    assert!(
        setup.mock.requests().iter().all(|request| request.headers.contains(&("x-auth-key".into(), None)))
    );
}

fn what_is_asked_wrongly_is_said(example: Example) {
    let setup = MockAndOwnHost::new(Account::company());
    for arguments in [&["frobnicate"][..], &["sync", "all"], &["held"], &["grant", "group:1:member"]] {
        let done = setup.command(example, arguments).run();
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.stderr.starts_with("Usage: "), "{done:?}");
    }
    let done = setup.command(example, &["sync"]).env("CLOUDFLARE_ACCOUNT_ID", "").run();
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("Account ID (account-id) is missing"), "{done:?}");
    assert_eq!(setup.requests(), []);
}

fn a_sync_is_the_truth_in_the_same_requests(example: Example) {
    let mut generated = Account::generate(4, Size { users: 230, members: 110, groups: 40, roles: 60 });
    // Values that a language may change: numbers, and the order of keys.
    let rule = json!({ "of_tomorrow": {
        "b": 1e21, "a": 1.0, "10": 9_007_199_254_740_993_u64, "2": 0.1e-7,
        "name": "Zo\u{e9} \u{1f600}\u{9b}",
    } });
    generated.groups[0].include.get_or_insert_default().push(rule);
    let paged = ["access/users", "members", "roles", "access/groups"].map(|route| (route.to_owned(), 20));
    for (account, options) in [
        (Account::company(), Options::default()),
        (generated, Options { max_per_page: paged.into(), ..Options::default() }),
    ] {
        let setup = MockAndOwnHost::with(account, options);
        let (lines, requests) = (setup.lines(), setup.requests());
        let done = setup.command(example, &["sync"]).run();
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
        assert_eq!(setup.requests(), requests);
        compare(&lines::whole(&done.stdout), &setup.mock.account());
        let (given, expected) = (done.stdout.lines(), ascii(&lines));
        let differs = given.clone().zip(expected.lines()).find(|(given, expected)| given != expected);
        assert_eq!(differs, None);
        assert_eq!(given.count(), expected.lines().count());
    }
}

fn a_sync_is_written_page_by_page(example: Example) {
    let setup = MockAndOwnHost::with(
        Account::generate(4, Size { users: 60, members: 10, groups: 5, roles: 5 }),
        Options { max_per_page: [("access/users".to_owned(), 5)].into(), ..Options::default() },
    );
    let expected = setup.lines();
    let last = setup.requests().len() as u64;
    let (open, count) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU64::new(0)));
    let door = Arc::clone(&open);
    setup.mock.hold(Box::new(move |_| {
        let is_held = count.fetch_add(1, Ordering::Relaxed) + 1 >= last;
        let door = Arc::clone(&door);
        Box::pin(async move {
            if is_held {
                drop(door.acquire().await);
            }
        })
    }));
    let mut running = setup.command(example, &["sync"]).start();
    running.wait_until(|running| running.stdout().lines().count() > 5);
    open.add_permits(1);
    let done = running.finish();
    assert_eq!((done.code, done.stdout), (Some(0), ascii(&expected)));
}

/// An address that is new to a group.
const NEW: &str = "new.colleague@elsewhere.example";

fn a_grant_is_applied_once(example: Example) {
    let (ours, theirs) = (MockAndOwnHost::new(Account::company()), MockAndOwnHost::new(Account::company()));
    let before = theirs.mock.account();
    let group = format!("group:{}:member", before.groups[0].id);
    let member = before.members.iter().find(|member| member.status == "accepted").unwrap();
    let role = before.roles.iter().find(|role| !member.roles.contains(&role.id)).unwrap();
    let role_entitlement = format!("role:{}:assigned", role.id);
    for (entitlement, kind, id) in [(&group, "email", NEW), (&role_entitlement, "member", member.id.as_str())]
    {
        for status in ["applied", "unchanged"] {
            let expected = ours.grant(entitlement, kind, id);
            let done = theirs.command(example, &["grant", entitlement, &format!("{kind}:{id}")]).run();
            assert_eq!((done.code, done.stdout.as_str()), (Some(0), ascii(&expected).as_str()), "{done:?}");
            let outcome: Value = serde_json::from_str(&done.stdout).unwrap();
            assert_eq!(outcome["status"], status, "{outcome}");
            let requests = theirs.requests();
            assert_eq!(requests, ours.requests());
            let written = requests.iter().filter(|(method, ..)| method == "PUT").count();
            assert_eq!(written, usize::from(status == "applied"), "{requests:?}");
        }
    }
    let after = theirs.mock.account();
    assert_ne!(after.groups[0], before.groups[0]);
    let rule = json!({ "email": { "email": NEW } });
    assert!(after.groups[0].include.as_ref().unwrap().contains(&rule), "{:?}", after.groups[0]);
    assert!(after.members.iter().find(|it| it.id == member.id).unwrap().roles.contains(&role.id));
    let state = |mut account: Account| {
        account.groups.iter_mut().for_each(|group| group.updated_at = None);
        (account.groups, account.members)
    };
    assert_eq!(state(after), state(ours.mock.account()));
}

fn a_grant_that_fails_says_why(example: Example) {
    let setup = MockAndOwnHost::new(Account::company());
    for entitlement in ["group:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11:member", "nonsense"] {
        let expected = setup.grant(entitlement, "email", NEW);
        assert!(expected.contains(r#""type":"error""#), "{expected}");
        let done = setup.command(example, &["grant", entitlement, &format!("email:{NEW}")]).run();
        assert_eq!((done.code, done.stdout), (Some(1), ascii(&expected)));
    }
}
