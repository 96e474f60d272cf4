//! A revoke that finds nothing to revoke, while a list that may have the principal can't be read.

use super::provision::lines;
use super::setup::MockAndFolder;
use super::{assert_exit, text};
use host_test::mock::{Effect, Fault};

#[test]
fn a_script_does_not_hear_that_all_is_done() {
    let refused = |status, code| Effect::Status {
        status,
        code,
        message: "Authentication error".to_owned(),
        headers: Vec::new(),
    };
    for fault in [None, Some(refused(502, 1)), Some(refused(403, 10000)), Some(refused(404, 7003))] {
        let setup = MockAndFolder::company();
        let group = setup.mock.read(|account| {
            account.groups.iter().find(|group| group.name == "Contractors").unwrap().id.clone()
        });
        let is_hidden = fault.is_some();
        if let Some(effect) = fault {
            setup.mock.inject(Fault::on("GET", "gateway/lists/{id}/items", effect));
        }
        let entitlement = format!("group:{group}:member");
        let with = |command: &str, more: &[&str]| {
            let principal = "email:nobody@elsewhere.example";
            let arguments =
                [command, "--entitlement", &entitlement, "--principal", principal, "--format", "jsonl"];
            setup.command(&[&arguments, more].concat()).output().unwrap()
        };
        for more in [&[][..], &["--dry-run"]] {
            let output = with("revoke", more);
            assert_exit(&output, if is_hidden { 6 } else { 0 });
            assert_eq!(lines(&output)[0]["status"], "unchanged");
            let said = text(&output.stderr);
            assert_eq!(said.contains("it isn't known that nothing was left to revoke"), is_hidden, "{said}");
        }
        // What was asked for is done.
        assert_exit(&with("grant", &[]), 0);
        assert_exit(&with("revoke", &[]), 0);
    }
}
