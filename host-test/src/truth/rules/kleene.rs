//! Three-valued logic.

/// Kleene's truth values: *or* is the greatest of values, *and* the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kleene {
    No,
    Open,
    Yes,
}

pub(super) use Kleene::{No, Open, Yes};

impl Kleene {
    pub(super) fn not(self) -> Kleene {
        match self {
            No => Yes,
            Open => Open,
            Yes => No,
        }
    }
}

pub(super) fn any(values: impl Iterator<Item = Kleene>) -> Kleene {
    values.max().unwrap_or(No)
}

pub(super) fn all(values: impl Iterator<Item = Kleene>) -> Kleene {
    values.min().unwrap_or(Yes)
}
