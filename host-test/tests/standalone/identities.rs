//! Facts about people whom only their identity provider knows.

use super::support::{Process, company};
use host_test::mock::Account;

const HEADER: &str = "provider,group,address";
const PAULA: &str = "paula@reseller.example";

fn sales(account: &Account) -> String {
    let group = account.groups.iter().find(|group| group.name == "Sales").unwrap();
    format!("group:{}", group.id)
}

#[tokio::test]
async fn facts_come_from_standard_input() {
    let mock = company().await;
    let wanted = Process::new(&["identities", "wanted", "--format", "csv"]).of(&mock).run().await;
    wanted.assert_exit(0);
    assert_eq!(wanted.stdout, format!("{HEADER}\nOkta,Sales Americas,\nOkta,Sales EMEA,\n"));

    let (rows, group) = (format!("{HEADER}\nOkta,Sales EMEA,{PAULA}\n"), mock.read(sales));
    let (paula, time) = (format!("email:{PAULA}"), "2026-11-28T18:00:00Z");
    for arguments in [&["sync"][..], &["get", &group], &["held", &paula], &["offboard", PAULA, "--dry-run"]] {
        let arguments = [arguments, &["--identities", "-", "--as-of", time]].concat();
        let output = Process::new(&arguments).of(&mock).input(&rows).run().await;
        output.assert_exit(0);
        let told = output.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(PAULA) && told.contains("standard input"), "{arguments:?}: {told}");
        assert!(output.stderr.contains("1 group that rules name (1 address)"), "{}", output.stderr);
    }
}

#[tokio::test]
async fn files_are_not_opened_and_flags_of_the_host_are_not_there() {
    let mock = company().await;
    for (arguments, part) in [
        (&["sync", "--identities", "okta.csv"][..], "this program opens no files"),
        (&["sync", "--identities", "-", "--provider", "Okta=x.c1z"], "no argument '--provider' here"),
        (&["get", "email:a@b.example", "--identities", "-", "--identities", "-"], "can't hold both"),
    ] {
        let output = Process::new(arguments).of(&mock).run().await;
        output.assert_exit(1);
        assert!(output.stderr.contains(part), "{arguments:?}: {}", output.stderr);
    }
    assert_eq!(mock.request_count(), 0);
}

#[tokio::test]
async fn facts_come_from_what_scim_pushed() {
    let mock = company().await;
    let (group, paula) = (mock.read(sales), format!("email:{PAULA}"));
    for arguments in [&["sync"][..], &["get", &group], &["held", &paula], &["offboard", PAULA, "--dry-run"]] {
        let arguments = [arguments, &["--identities", "cloudflare-scim"]].concat();
        let output = Process::new(&arguments).of(&mock).run().await;
        output.assert_exit(0);
        let told = output.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(PAULA) && told.contains("Cloudflare SCIM"), "{arguments:?}: {told}");
        let note = "cloudflare-scim: it tells of 2 groups that rules name (5 addresses).";
        assert!(output.stderr.contains(note), "{}", output.stderr);
    }
}
