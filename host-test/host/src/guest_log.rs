//! The output of a guest. A connector has nothing to print, so the first bytes go to the debug log,
//! and the rest is dropped.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// The standard output and error of a session. It takes all bytes, and logs the first ones.
#[derive(Clone)]
pub(crate) struct GuestLog {
    left: Arc<AtomicUsize>,
}

impl GuestLog {
    pub(crate) fn new() -> GuestLog {
        const SHOWN: usize = 16 * 1024;
        GuestLog { left: Arc::new(AtomicUsize::new(SHOWN)) }
    }

    fn take(&self, bytes: &[u8]) -> usize {
        let taken = |left: usize| Some(left.saturating_sub(bytes.len()));
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).unwrap_or(0);
        before.min(bytes.len())
    }
}

impl AsyncWrite for GuestLog {
    fn poll_write(self: Pin<&mut Self>, _context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let shown = self.take(bytes);
        if let Some(shown @ [_, ..]) = bytes.get(..shown) {
            let text = String::from_utf8_lossy(shown);
            tracing::debug!(target: "guest", "{}", text.trim_end().escape_debug());
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl IsTerminal for GuestLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestLog {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_is_shown_however_many_streams_there_are() {
        let log = GuestLog::new();
        let other = log.clone();
        assert_eq!(log.take(&[b'x'; 10_000]), 10_000);
        assert_eq!(other.take(&[b'x'; 10_000]), 6_384);
        assert_eq!(log.take(b"x"), 0);
    }
}
