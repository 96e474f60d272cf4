//! CSV with a byte order mark.

use super::support::{Process, company};

#[tokio::test]
async fn a_table_begins_with_a_byte_order_mark_where_one_is_wanted() {
    let mock = company().await;
    let plain = Process::new(&["sync", "--format", "csv"]).of(&mock).run().await;
    let marked = Process::new(&["sync", "--format", "csv", "--bom"]).of(&mock).run().await;
    marked.assert_exit(0);
    assert_eq!(marked.stdout, format!("\u{feff}{}", plain.stdout));
    for format in ["table", "jsonl"] {
        let refused = Process::new(&["sync", "--format", format, "--bom"]).of(&mock).run().await;
        refused.assert_exit(1);
        assert!(refused.stderr.contains("--bom needs --format csv"), "{}", refused.stderr);
    }
}
