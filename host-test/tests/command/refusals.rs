//! Refusals as a person reads them: credentials of the wrong form, from the wrong place, for the
//! wrong account.

use super::setup::MockAndFolder;
use super::{assert_exit, text, written};
use host_test::mock::{DEMO_EMAIL, Effect, Fault};
use serde_json::json;
use std::process::Command;

const KEY: &str = "c2547eb745079dac9320b638f5e225cf483cc";
const TOKEN: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";

/// The refusal of a header of this name.
fn malformed(code: u64, header: &str) -> Fault {
    let chain = json!([{"code": code, "message": format!("Invalid format for {header} header")}]);
    let error = json!({"code": 6003, "message": "Invalid request headers", "error_chain": chain});
    let body = json!({"success": false, "errors": [error], "messages": [], "result": null});
    Fault::always(Effect::Body { status: 400, body: body.to_string() })
}

fn with_key(mut command: Command, key: &str) -> Command {
    command.env_remove("CLOUDFLARE_API_TOKEN");
    command.env("CLOUDFLARE_EMAIL", DEMO_EMAIL).env("CLOUDFLARE_API_KEY", key);
    command
}

#[test]
fn a_credential_of_another_form_is_told_by_what_it_looks_like() {
    // Quotation marks are refused before anything is asked.
    let surrounded = |secret: &str| format!("<{secret}>");
    for (is_key, given, said) in [
        (false, KEY.to_owned(), "The API token that was given looks like a Global API key"),
        (false, format!("cfk_{TOKEN}abcdef12"), "The API token that was given looks like a Global API key"),
        (true, TOKEN.to_owned(), "The Global API key that was given looks like an API token"),
        (true, format!("cfat_{TOKEN}abcdef12"), "The Global API key that was given looks like an API token"),
        (false, surrounded(TOKEN), "has something around it"),
        (true, surrounded(KEY), "has something around it"),
        (false, TOKEN.to_owned(), "copy it again, alone"),
    ] {
        let setup = MockAndFolder::company();
        let (code, header) = if is_key { (6103, "X-Auth-Key") } else { (6111, "Authorization") };
        setup.mock.inject(malformed(code, header));
        for arguments in [&["sync", "--format", "jsonl"][..], &["validate"]] {
            let mut command = setup.command(arguments);
            command.env("CLOUDFLARE_API_TOKEN", &given);
            let output = if is_key { with_key(command, &given) } else { command }.output().unwrap();
            assert_exit(&output, 3);
            let told = text(&output.stderr);
            assert!(told.contains(said) && told.contains(header), "{said}: {told}");
            let bare = given.trim_matches(['<', '>']);
            assert!(!written(&output).contains(bare) && !told.contains(&bare[6..20]), "{told}");
        }
    }
}

#[test]
fn an_address_that_the_token_may_not_be_used_from_is_told_first_and_once() {
    let setup = MockAndFolder::company();
    let message = "Cannot use the access token from location: 198.51.100.7".to_owned();
    let refusal = Effect::Status { status: 403, code: 9109, message, headers: Vec::new() };
    setup.mock.inject(Fault::always(refusal));
    let output = setup.sync(&["--format", "jsonl"]).output().unwrap();
    assert_exit(&output, 3);
    let told = text(&output.stderr);
    let first = told.lines().next().unwrap();
    for part in ["location: 198.51.100.7", "Client IP Address Filtering"] {
        assert!(first.contains(part), "{part}: {told}");
    }
    assert_eq!(told.matches("Client IP Address Filtering").count(), 1, "{told}");
    assert!(!told.contains("permission"), "{told}");
    assert_eq!(setup.mock.request_count(), 1);
}

#[test]
fn another_accounts_id_is_named_beside_the_permission() {
    let setup = MockAndFolder::company();
    let mut command = setup.sync(&["--format", "jsonl"]);
    let output = command.env("CLOUDFLARE_ACCOUNT_ID", "f".repeat(32)).output().unwrap();
    assert_exit(&output, 3);
    let told = text(&output.stderr);
    assert!(told.contains("the account ID is another account's"), "{told}");
}
