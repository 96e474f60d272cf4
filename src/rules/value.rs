//! Three values: what is decided, and what only a login can decide.

/// Kleene's three values, in the order of truth: *and* is the least, *or* the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Decided: it doesn't hold.
    #[default]
    No,
    /// Only a login can tell.
    Open,
    /// Decided: it holds.
    Yes,
}

impl std::ops::Not for Value {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Value::No => Value::Yes,
            Value::Open => Value::Open,
            Value::Yes => Value::No,
        }
    }
}
