//! The time that a connector takes until it can work.

use crate::measure::median;
use crate::run::{ACCOUNT, host};
use connector_host::{Cache, CacheOutcome};
use std::path::Path;
use std::time::{Duration, Instant};

/// Measures and prints it, and leaves the compiled component in the cache.
pub async fn measure(component: Option<&Path>, cache: &Path, rounds: usize) {
    let cached = || Cache::Directory(cache.to_owned());
    let rounds = rounds.max(1);
    let settings =
        [("account-id", ACCOUNT), ("api-token", "no-token"), ("base-url", "http://127.0.0.1:1/client/v4")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let [mut compile, mut load, mut describe, mut open] = [const { Vec::<Duration>::new() }; 4];
    for _ in 0..rounds {
        let began = Instant::now();
        drop(host(component, Cache::Off).await);
        compile.push(began.elapsed());
    }
    host(component, cached()).await;
    for _ in 0..rounds {
        let began = Instant::now();
        let host = host(component, cached()).await;
        load.push(began.elapsed());
        assert_eq!(*host.cache_outcome(), CacheOutcome::Loaded);
        let began = Instant::now();
        host.describe().await.expect("a manifest");
        describe.push(began.elapsed());
        let began = Instant::now();
        let session = host.open("api-token", &settings).await.expect("a session");
        open.push(began.elapsed());
        drop(session);
    }
    println!("Start, in milliseconds (medians of {rounds}):");
    for (what, times) in [
        ("compile", compile),
        ("load what was compiled before", load),
        ("instantiate and describe", describe),
        ("instantiate and open", open),
    ] {
        println!("  {what:<30} {:>9.2}", median(times.into_iter()).as_secs_f64() * 1000.0);
    }
    println!();
}
