//! The three values of a rule.

/// Kleene's three truth values in their order: *and* is the smallest of values, *or* the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// The rule doesn't hold.
    #[default]
    No,
    /// Only a login can decide.
    Open,
    /// The rule holds.
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
