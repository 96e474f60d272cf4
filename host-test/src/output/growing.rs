//! The trait of outputs that are under way for as long as a read takes.

use cloudflare_zero_trust::output::Sink;
use std::collections::BTreeMap;
use std::io;

/// An output that grows page by page, and takes its place when it is complete.
pub trait Completing: Sink {
    /// Puts the output in its place. `incomplete` says that data is known to be missing.
    ///
    /// # Errors
    /// If it can't be put there.
    fn complete(self: Box<Self>, incomplete: bool) -> io::Result<()>;
}

/// An output that another process can continue.
pub trait Growing: Completing {
    /// Empties the output, to begin again.
    ///
    /// # Errors
    /// If writing fails.
    fn clear(&mut self) -> io::Result<()>;

    /// Makes sure that the pages so far outlast a crash, and returns how far each file is: another
    /// process can continue from there. An output that was never secured is removed if it isn't
    /// completed.
    ///
    /// # Errors
    /// If that can't be made sure.
    fn secure(&mut self) -> io::Result<Vec<u64>>;

    /// Counts the different resources so far, by kind.
    ///
    /// # Errors
    /// If the output can't be read.
    fn different(&mut self) -> io::Result<BTreeMap<String, u64>>;
}
