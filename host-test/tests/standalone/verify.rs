//! Cloudflare's verdict beside what the rules say.

use super::support::{Process, company};
use host_test::mock::Account;

fn of(account: &Account, name: &str) -> (String, String) {
    let group = account.groups.iter().find(|group| group.name == "Sales").unwrap();
    let named = account.users.iter().find(|user| user.name.as_deref() == Some(name)).unwrap();
    (format!("group:{}", group.id), named.id.clone())
}

#[tokio::test]
async fn verdicts_are_compared_and_one_that_cannot_be_is_a_failure() {
    let mock = company().await;
    let (sales, henrik) = mock.read(|account| of(account, "Henrik Dahl"));
    mock.change(|account| account.policy_tester.polls = 1);
    let output = Process::new(&["verify", &sales]).of(&mock).run().await;
    output.assert_exit(0);
    assert!(output.stdout.contains("31 people judged: 28 depend on the login"), "{}", output.stdout);
    mock.change(|account| account.policy_tester.lies.insert(henrik, "approved".to_owned()));
    for format in ["table", "jsonl"] {
        let output = Process::new(&["verify", &sales, "--format", format]).of(&mock).run().await;
        output.assert_exit(1);
        assert!(output.stderr.contains("31 verdicts: 1 cannot be"), "{}", output.stderr);
    }
}

#[tokio::test]
async fn everything_can_be_asked_for() {
    let mock = company().await;
    let output =
        Process::new(&["verify", "--all-apps", "--all-groups", "--format", "jsonl"]).of(&mock).run().await;
    output.assert_exit(0);
    let count = |kind: &str| output.stdout.matches(&format!("{{\"type\":\"{kind}\",")).count();
    assert_eq!(count("verification") + count("not_tested"), 24, "10 applications and 14 groups");
    assert!(count("verdict") > 400, "{}", output.stderr);
}
