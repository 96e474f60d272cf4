//! The program that stands alone, and an API on an address of IPv6.

use super::on_ipv6;
use super::support::{Process, by_our_host};
use host_test::mock::{Account, Mock};

#[tokio::test]
async fn an_account_on_ipv6_is_read() {
    let Some(options) = on_ipv6::options() else { return };
    let mock = Mock::start(Account::company(), options).await.unwrap();
    let output = Process::new(&["sync", "--format", "jsonl"]).of(&mock).run().await;
    assert!(!output.stdout.is_empty(), "{}", output.stderr);
    assert_eq!(output.stdout, by_our_host(&mock).await);
}
