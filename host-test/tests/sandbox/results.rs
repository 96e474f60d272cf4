//! The results of a guest.

use crate::support::{Bench, read, say};
use connector_host::contract::ResourceId;
use connector_host::{HostError, Limit, Limits};

const MEBIBYTE: usize = 1 << 20;

#[tokio::test]
async fn a_result_without_measure_is_refused() {
    let bench = Bench::new(Limits::default()).await;
    let size = (100 * MEBIBYTE).to_string();
    for (how, size) in
        [("long-name", size.as_str()), ("error", &size), ("long-cursor", &size), ("warnings", "1000000")]
    {
        let mut session = bench.locked().await;
        let error = read(&mut session, &[how, size]).await.unwrap_err();
        let limit = Limit::Data(64 * MEBIBYTE);
        assert!(
            matches!(error, HostError::LimitExceeded { call: "read", limit: of } if of == limit),
            "{how}: {error}"
        );
        let over = read(&mut session, &[]).await.unwrap_err();
        assert!(matches!(over, HostError::SessionOver(_)), "{over}");
    }
    // The guest's own memory is too small for this one.
    let error = read(&mut bench.locked().await, &["error", &(300 * MEBIBYTE).to_string()]).await.unwrap_err();
    assert!(matches!(error, HostError::LimitExceeded { limit: Limit::Memory(_), .. }), "{error}");
    bench.lives_on().await;
}

#[tokio::test]
async fn a_comparison_is_held_to_the_same_as_a_page() {
    let bench = Bench::new(Limits::default()).await;
    let subject = |kind: &str, id: String| ResourceId { kind: kind.to_owned(), id };
    let mut session = bench.locked().await;
    let sound = session.compare(&subject("", "x".repeat(4096)), None).await.unwrap();
    assert_eq!(sound.next.unwrap().len(), 4096);
    for odd in ["x".repeat(4097), "x\n".to_owned(), "\u{e9}".to_owned()] {
        let error = bench.locked().await.compare(&subject("", odd), None).await.unwrap_err();
        assert!(matches!(error, HostError::Contract { call: "compare", .. }), "{error}");
    }
    let mut session = bench.locked().await;
    let error = session.compare(&subject("unreachable", String::new()), None).await.unwrap_err();
    assert!(matches!(error, HostError::Trap { call: "compare", .. }), "{error}");
    let over = session.compare(&subject("", String::new()), None).await.unwrap_err();
    assert!(matches!(over, HostError::SessionOver(_)), "{over}");
    bench.lives_on().await;
}

#[tokio::test]
async fn a_result_of_a_page_s_size_passes() {
    let bench = Bench::new(Limits::default()).await;
    let mut session = bench.locked().await;
    let page = read(&mut session, &["long-name", &(8 * MEBIBYTE).to_string()]).await.unwrap();
    assert_eq!(page.resources[0].display_name.len(), 8 * MEBIBYTE);
    assert_eq!(say(&mut session, &["warnings", "10000"]).await.unwrap().len(), 10_000);
}
