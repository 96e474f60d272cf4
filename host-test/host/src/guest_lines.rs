//! The standard error of a service: whole lines, as they come.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// The most bytes of one request's lines.
const MOST: usize = 64 * 1024;
/// The most bytes of one line. A longer one comes in pieces.
const LONGEST: usize = 8 * 1024;

/// The taker of lines. The lines are the guest's: they can contain anything.
pub(crate) type TakeLine = Arc<dyn Fn(&str) + Send + Sync>;

/// A stream that takes all bytes, and hands the first ones on as lines.
#[derive(Clone)]
pub(crate) struct GuestLines(Arc<Lines>);

struct Lines(Mutex<Pending>);

struct Pending {
    take: TakeLine,
    line: Vec<u8>,
    left: usize,
}

impl GuestLines {
    pub(crate) fn new(take: TakeLine) -> GuestLines {
        GuestLines(Arc::new(Lines(Mutex::new(Pending { take, line: Vec::new(), left: MOST }))))
    }

    /// Hands on what came without a line break, and has another taker from now on.
    pub(crate) fn go_on(&self, take: TakeLine) {
        let mut pending = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.hand_on();
        (pending.take, pending.left) = (take, MOST);
    }

    fn write(&self, bytes: &[u8]) {
        let mut pending = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = bytes.get(..pending.left).unwrap_or(bytes);
        pending.left -= shown.len();
        for byte in shown {
            if *byte != b'\n' {
                pending.line.push(*byte);
            }
            if *byte == b'\n' || pending.line.len() >= LONGEST {
                pending.hand_on();
            }
        }
    }
}

impl Pending {
    fn hand_on(&mut self) {
        if !self.line.is_empty() {
            (self.take)(&String::from_utf8_lossy(&self.line));
            self.line.clear();
        }
    }
}

impl Drop for Lines {
    /// Hands on what came without a line break, above all the end of a guest that was stopped.
    fn drop(&mut self) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).hand_on();
    }
}

impl AsyncWrite for GuestLines {
    fn poll_write(self: Pin<&mut Self>, _context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl IsTerminal for GuestLines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestLines {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(pieces: &[&[u8]]) -> Vec<String> {
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let taken = Arc::clone(&lines);
        let stream = GuestLines::new(Arc::new(move |line| taken.lock().unwrap().push(line.to_owned())));
        pieces.iter().for_each(|piece| stream.clone().write(piece));
        drop(stream);
        std::mem::take(&mut *lines.lock().unwrap())
    }

    #[test]
    fn lines_are_whole_whatever_the_pieces() {
        assert_eq!(lines_of(&[b"on", b"e", b"\ntwo\n", b"\n", b"three"]), ["one", "two", "three"]);
        assert_eq!(lines_of(&[b"\xff\n"]), ["\u{fffd}"]);
    }

    #[test]
    fn each_taker_gets_its_own_lines() {
        let taker = || {
            let lines = Arc::<Mutex<Vec<String>>>::default();
            let taken = Arc::clone(&lines);
            let take: TakeLine = Arc::new(move |line: &str| taken.lock().unwrap().push(line.to_owned()));
            (lines, take)
        };
        let ((first, take_first), (second, take_second)) = (taker(), taker());
        let stream = GuestLines::new(take_first);
        stream.write(&[b'x'; MOST]);
        stream.write(b"cut off: there was too much");
        stream.go_on(take_second);
        stream.write(b"two\n");
        assert_eq!(first.lock().unwrap().concat().len(), MOST);
        assert_eq!(*second.lock().unwrap(), ["two"]);
    }

    #[test]
    fn a_guest_that_writes_without_an_end_fills_no_memory() {
        let long = lines_of(&[&[b'x'; 3 * LONGEST]]);
        assert_eq!(long.iter().map(String::len).collect::<Vec<_>>(), [LONGEST; 3]);
        let lines = lines_of(&[b"a line\n".as_slice(); 20_000]);
        assert_eq!(lines.len(), MOST.div_ceil(b"a line\n".len()));
    }
}
