//! The calls that tell a session what sources of facts know.

use super::facts::{Known, Learned, Pushed, Source, ask_for_pushed};
use super::program::{Program, Session};

/// Tells a session what the sources know, and says on standard error what that is.
pub(super) fn tell<P: Program>(
    session: &mut P::Session,
    sources: Vec<Box<dyn Source>>,
) -> Result<Learned, P::Failure> {
    if sources.is_empty() {
        return Ok(Learned::default());
    }
    let demand = session.wanted()?;
    let pushed = if ask_for_pushed(&sources) { session.pushed()? } else { Pushed::default() };
    pushed.warnings.iter().for_each(P::warn);
    let known = Known::of(sources, &demand, &pushed)?;
    known.notes.iter().for_each(|note| P::summary(note));
    if known.is_left_out {
        demand.warnings.iter().for_each(P::warn);
    }
    known.pieces.iter().try_for_each(|piece| session.learn(piece))?;
    Ok(known.learned)
}
