//! `validate` for a person: what the credentials may read, and what they may change.

use super::setup::MockAndFolder;
use super::{assert_exit, host_test, text};
use cloudflare_zero_trust::model::Kind;
use host_test::mock::{DEMO_TOKEN, Effect, Fault, Permission, Token, TokenStatus};
use serde_json::json;
use std::process::Output;

fn run(setup: &MockAndFolder) -> Output {
    let account = setup.mock.read(|account| account.id.clone());
    host_test(&["validate"])
        .env("CLOUDFLARE_ACCOUNT_ID", account)
        .env("CLOUDFLARE_API_TOKEN", DEMO_TOKEN)
        .env("CLOUDFLARE_BASE_URL", setup.mock.base_url())
        .output()
        .unwrap()
}

/// Returns the exit code, and the lines below each heading.
fn validated(without: &[Permission]) -> (i32, [Vec<String>; 2]) {
    let setup = MockAndFolder::company();
    let mut token = Token::new(DEMO_TOKEN);
    token.permissions.retain(|permission| !without.contains(permission));
    setup.mock.configure(|options| options.tokens = vec![token]);
    let output = run(&setup);
    let shown = text(&output.stdout);
    assert!(!shown.contains(DEMO_TOKEN));
    let exit = output.status.code().unwrap();
    assert_exit(&output, exit);
    let (shown, told) = shown.split_once("\n  ? stands for").unwrap_or((shown, ""));
    assert_eq!(told.is_empty(), !shown.contains("\n  ? "), "{shown}{told}");
    let (read, change) = shown.split_once("\n\nWhat they may change (nothing was tried)\n").expect(shown);
    let read = read.strip_prefix("What these credentials may read\n").expect(shown);
    let lines =
        |part: &str| part.lines().map(str::trim).filter(|it| !it.is_empty()).map(Into::into).collect();
    let (change, steps) = change.split_once("What they may do for people who join and leave\n").unwrap();
    assert!(steps.lines().any(|line| line.contains(" remove")), "{steps}");
    (exit, [lines(read), lines(change)])
}

#[test]
fn what_may_not_be_changed_is_said_and_is_no_failure() {
    let all: Vec<String> = Kind::ALL.map(|kind| format!("✓ {kind}")).into();
    let (exit, [read, change]) = validated(&[]);
    assert_eq!((exit, read.as_slice()), (0, all.as_slice()));
    assert_eq!(change, ["✓ group", "✓ role", "✓ user-group", "✓ scoped-role"]);

    let (exit, [read, change]) = validated(&[Permission::AccountSettingsEdit]);
    assert_eq!((exit, read.as_slice()), (0, all.as_slice()));
    assert_eq!((change.len(), change[0].as_str()), (2, "✓ group"));
    assert!(
        change[1].starts_with("✗ role, user-group, scoped-role: ")
            && change[1].contains("Account Settings Edit"),
        "{change:?}"
    );

    let (exit, [read, change]) = validated(&[Permission::TokensRead]);
    assert_eq!((exit, read.as_slice()), (0, all.as_slice()));
    let [line] = change.as_slice() else { panic!("{change:?}") };
    assert!(
        line.starts_with("? group, role, user-group, scoped-role: ") && line.contains("API Tokens Read"),
        "{line}"
    );

    let (exit, [read, _]) = validated(&[Permission::AuditLogsRead]);
    assert_eq!(exit, 3);
    assert_eq!(read.len(), 10, "what lacks the same is told once: {read:?}");
    assert!(read[9].starts_with("✗ user, email: "), "{read:?}");
}

#[test]
fn the_right_to_each_step_is_told_with_the_permission_that_is_missing() {
    let steps = |missing: &[Permission]| -> Vec<String> {
        let setup = MockAndFolder::company();
        let permissions = Permission::ALL.into_iter().filter(|permission| !missing.contains(permission));
        setup.mock.configure(|options| {
            options.tokens = vec![Token::new(DEMO_TOKEN).with_permissions(permissions)];
        });
        let output = run(&setup);
        assert_exit(&output, 0);
        let (_, steps) = text(&output.stdout).split_once("who join and leave\n").unwrap();
        steps.lines().map(str::trim).filter(|line| !line.is_empty()).map(Into::into).collect()
    };
    assert_eq!(steps(&[]), ["✓ invite", "✓ add-user", "✓ end-sessions", "✓ free-seat", "✓ remove"]);
    let without_seats = steps(&[Permission::SeatsWrite]);
    assert_eq!(without_seats[..2], ["✓ invite".to_owned(), without_seats[1].clone()]);
    assert!(without_seats[1].starts_with("✗ add-user"), "{without_seats:?}");
    assert!(without_seats[1].contains("Zero Trust: Seats Edit"), "{without_seats:?}");
    assert!(without_seats.contains(&"✓ end-sessions".to_owned()), "{without_seats:?}");
}

#[test]
fn a_warning_is_shown_below_the_checks_and_is_no_failure() {
    let setup = MockAndFolder::company();
    setup.mock.change(|account| account.managed_by = Some(json!({"parent_org_name": "Acme\u{1b}[2J"})));
    let odd = Token { status: TokenStatus::Odd("under_review"), ..Token::new(DEMO_TOKEN) };
    setup.mock.configure(|options| options.tokens = vec![odd]);
    let output = run(&setup);
    assert_exit(&output, 0);
    let shown = text(&output.stdout);
    assert_eq!(shown.matches('✓').count(), 11 + 4 + 5, "{shown}");
    let (_, warnings) = shown.split_once("\n\nTo know before the first sync\n").expect(shown);
    let [status, organization] = warnings.trim().lines().collect::<Vec<_>>().try_into().unwrap();
    assert!(status.contains("! ") && status.contains("\u{201c}under_review\u{201d}"), "{status}");
    assert!(status.ends_with("(token-status-odd)"), "{status}");
    assert!(organization.contains("Acme") && organization.ends_with("(implicit-administrators)"));
    assert!(!shown.contains('\u{1b}'), "{shown}");
    assert_eq!(text(&output.stderr), "");
}

/// The lists that `validate` reads a small part of.
const ALL_LISTS: [&str; 9] = [
    "access/identity_providers",
    "access/groups",
    "access/policies",
    "access/apps",
    "roles",
    "iam/user_groups",
    "access/service_tokens",
    "members",
    "access/users",
];

#[test]
fn what_is_true_of_the_whole_is_one_error() {
    let location = "Cannot use the access token from location: 198.51.100.7";
    for (routes, code, message, parts) in [
        (&[""][..], 9109, location, ["198.51.100.7", "Client IP Address Filtering"]),
        (&ALL_LISTS, 9109, location, ["198.51.100.7", "is active"]),
        (&ALL_LISTS, 10000, "Authentication error", ["to every list", "these permissions"]),
    ] {
        let setup = MockAndFolder::company();
        let effect = Effect::Status { status: 403, code, message: message.to_owned(), headers: Vec::new() };
        for route in routes {
            let everywhere = route.is_empty();
            let fault = if everywhere {
                Fault::always(effect.clone())
            } else {
                Fault::on("GET", route, effect.clone())
            };
            setup.mock.inject(fault);
        }
        let output = run(&setup);
        assert_exit(&output, 3);
        let said = text(&output.stderr);
        assert_eq!((text(&output.stdout), said.matches("error: ").count()), ("", 1), "{said}");
        let first = said.lines().next().unwrap();
        assert!(parts.iter().all(|part| first.contains(part)), "{first}");
        // Another token wouldn't help.
        assert!(!said.contains("Set it with"), "{said}");
    }
}
