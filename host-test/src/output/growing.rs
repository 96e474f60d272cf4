//! What a result does that isn't written at once.

use cloudflare_zero_trust::output::Sink;
use std::io;

/// A result that grows page by page, and takes its place when it is complete.
pub trait Growing: Sink {
    /// Empties it, to begin again.
    ///
    /// # Errors
    /// Where it can't be written.
    fn clear(&mut self) -> io::Result<()>;

    /// Makes sure that what was taken outlasts a crash, and says how far each of its files is:
    /// another process can go on from there. One that never was secured is removed where it
    /// isn't completed.
    ///
    /// # Errors
    /// Where that can't be made sure.
    fn secure(&mut self) -> io::Result<Vec<u64>>;

    /// Everything is there, or, where that is known, data is missing: it takes its place.
    ///
    /// # Errors
    /// Where it can't.
    fn complete(self: Box<Self>, incomplete: bool) -> io::Result<()>;
}
