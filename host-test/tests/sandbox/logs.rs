//! The lines that a guest can put into the host's log.

use crate::server::Server;
use crate::support::{Bench, read, say, short};
use connector_host::{HostError, Limit, Limits};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing::Level;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt;

/// The log of this thread, which is the only one of a test's runtime.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Log, DefaultGuard) {
        let log = Log::default();
        let writer = log.clone();
        let subscriber =
            fmt().with_max_level(Level::DEBUG).with_ansi(false).with_writer(move || writer.clone());
        (log, tracing::subscriber::set_default(subscriber.finish()))
    }

    fn lines(&self, with: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains(with)).map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn endless_printing_is_stopped_and_its_beginning_is_logged() {
    let bench = Bench::new(short()).await;
    let (log, _guard) = Log::start();
    let error = read(&mut bench.locked().await, &["print"]).await.unwrap_err();
    assert!(matches!(error, HostError::LimitExceeded { limit: Limit::Time(_), .. }), "{error}");
    let printed: usize = log.lines("DEBUG guest: ").iter().map(String::len).sum();
    assert!((16 * 1024..20 * 1024).contains(&printed), "{printed}");
    bench.lives_on().await;
}

#[tokio::test]
async fn denied_requests_do_not_fill_the_log() {
    let bench = Bench::new(Limits::default()).await;
    let server = Server::start().await;
    let mut session = bench.locked().await;
    let (log, _guard) = Log::start();
    let said =
        say(&mut session, &["http-in-turn", "1000", "GET", "http", &server.authority(), "/"]).await.unwrap();
    assert_eq!(said, ["1000 HttpRequestDenied"]);
    assert_eq!(session.traffic().denied, 1_000);
    assert_eq!(log.lines("WARN").len(), 11);
    assert!(log.lines("a request was denied")[0].contains(&server.authority()));
    server.assert_untouched().await;
    bench.lives_on().await;
}
