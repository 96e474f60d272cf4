//! The calls that tell a session what sources of facts know.

use super::facts::{Known, Source};
use super::program::{Program, Session};

/// Tells a session what the sources know, and says on standard error what that is.
pub(super) fn tell<P: Program>(
    session: &mut P::Session,
    sources: Vec<Box<dyn Source>>,
) -> Result<(), P::Failure> {
    if sources.is_empty() {
        return Ok(());
    }
    let demand = session.wanted()?;
    let known = Known::of(sources, &demand)?;
    known.notes.iter().for_each(|note| P::summary(note));
    if known.is_left_out {
        demand.warnings.iter().for_each(P::warn);
    }
    known.pieces.iter().try_for_each(|piece| session.learn(piece))
}
