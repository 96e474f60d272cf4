//! Compares what we say of a person with what Cloudflare says.

use crate::cloudflare::policy_test::Verdict;
use crate::rules::Value;

/// What we say of a person, by the rules and the address alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/verification.wit")]
pub enum Claim {
    Certain,
    Conditional,
    No,
}

impl From<Value> for Claim {
    fn from(value: Value) -> Self {
        match value {
            Value::Yes => Claim::Certain,
            Value::Open => Claim::Conditional,
            Value::No => Claim::No,
        }
    }
}

/// What follows from both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/verification.wit")]
pub enum Agreement {
    Agrees,
    Depends,
    Unexpected,
    Impossible,
    Changed,
    NotJudged,
}

impl Agreement {
    /// Compares a claim, and what facts expect of it, with a verdict.
    pub fn of(claim: Value, expected: Option<Value>, verdict: Verdict) -> Self {
        let seen = match verdict {
            Verdict::Approved => Value::Yes,
            Verdict::Blocked => Value::No,
            Verdict::Error => return Agreement::NotJudged,
        };
        match (claim, expected) {
            (Value::Open, None) => Agreement::Depends,
            (Value::Open, Some(expected)) if expected == seen => Agreement::Agrees,
            // Conditions are left that no fact covers. They are expected to be able to hold.
            (Value::Open, Some(Value::Open)) if seen == Value::Yes => Agreement::Agrees,
            (Value::Open, Some(Value::Open)) => Agreement::Depends,
            (Value::Open, Some(_)) => Agreement::Unexpected,
            (claim, _) if claim == seen => Agreement::Agrees,
            _ => Agreement::Impossible,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Agreement::*;
    use Value::{No, Open, Yes};

    #[test]
    fn every_claim_and_verdict_has_one_meaning() {
        for (claim, expected, approved, blocked) in [
            (Yes, None, Agrees, Impossible),
            (No, None, Impossible, Agrees),
            (Open, None, Depends, Depends),
            (Open, Some(Yes), Agrees, Unexpected),
            (Open, Some(No), Unexpected, Agrees),
            (Open, Some(Open), Agrees, Depends),
            // Facts say nothing of what is certain.
            (Yes, Some(No), Agrees, Impossible),
            (No, Some(Yes), Impossible, Agrees),
        ] {
            let of = |verdict| Agreement::of(claim, expected, verdict);
            let all = [of(Verdict::Approved), of(Verdict::Blocked), of(Verdict::Error)];
            assert_eq!(all, [approved, blocked, NotJudged], "{claim:?} {expected:?}");
        }
    }
}
