//! `validate` for a person: what the credentials may read, and what they may change.

use super::setup::MockAndFolder;
use super::{assert_exit, host_test, text};
use host_test::mock::{DEMO_TOKEN, Permission, Token};

/// Returns the exit code, and the lines below each heading.
fn validated(without: &[Permission]) -> (i32, [Vec<String>; 2]) {
    let setup = MockAndFolder::company();
    let mut token = Token::new(DEMO_TOKEN);
    token.permissions.retain(|permission| !without.contains(permission));
    setup.mock.configure(|options| options.tokens = vec![token]);
    let account = setup.mock.read(|account| account.id.clone());
    let output = host_test(&["validate"])
        .env("CLOUDFLARE_ACCOUNT_ID", account)
        .env("CLOUDFLARE_API_TOKEN", DEMO_TOKEN)
        .env("CLOUDFLARE_BASE_URL", setup.mock.base_url())
        .output()
        .unwrap();
    let shown = text(&output.stdout);
    assert!(!shown.contains(DEMO_TOKEN));
    let exit = output.status.code().unwrap();
    assert_exit(&output, exit);
    let (read, change) = shown.split_once("\n\nWhat they may change (nothing was tried)\n").expect(shown);
    let read = read.strip_prefix("What these credentials may read\n").expect(shown);
    let lines =
        |part: &str| part.lines().map(str::trim).filter(|it| !it.is_empty()).map(Into::into).collect();
    (exit, [lines(read), lines(change)])
}

#[test]
fn what_may_not_be_changed_is_said_and_is_no_failure() {
    let all = ["✓ group", "✓ role", "✓ member", "✓ user", "✓ email"];
    let (exit, [read, change]) = validated(&[]);
    assert_eq!((exit, read.as_slice()), (0, all.map(String::from).as_slice()));
    assert_eq!(change, ["✓ group", "✓ role"]);

    let (exit, [read, change]) = validated(&[Permission::AccountSettingsEdit]);
    assert_eq!((exit, read.as_slice()), (0, all.map(String::from).as_slice()));
    assert_eq!((change.len(), change[0].as_str()), (2, "✓ group"));
    assert!(change[1].starts_with("✗ role: ") && change[1].contains("Account Settings Edit"), "{change:?}");

    let (exit, [read, change]) = validated(&[Permission::TokensRead]);
    assert_eq!((exit, read.as_slice()), (0, all.map(String::from).as_slice()));
    let [line] = change.as_slice() else { panic!("{change:?}") };
    assert!(line.starts_with("? group, role: ") && line.contains("API Tokens Read"), "{line}");

    let (exit, [read, _]) = validated(&[Permission::AuditLogsRead]);
    assert_eq!(exit, 3);
    assert!(read[3].starts_with("✗ user: "), "{read:?}");
}
