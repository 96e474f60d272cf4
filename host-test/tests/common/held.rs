//! A grant's basis and conditions in the form of the truth.

use host_test::truth::{Conditions, Held};
use serde_json::Value;

fn parsed(rules: &[String]) -> Vec<Value> {
    rules.iter().map(|rule| raw_rule(serde_json::from_str(rule).unwrap())).collect()
}

/// Returns the rule as Cloudflare sends it. A condition wraps a rule that is no object into one.
pub fn raw_rule(mut condition: Value) -> Value {
    assert!(condition.is_object(), "{condition}");
    match condition.get_mut("not_understood") {
        Some(raw) if !raw.is_object() => raw.take(),
        _ => condition,
    }
}

/// Puts a grant's basis, its conditions (any of, all of, none of) and whether it can be revoked
/// into the form of the truth.
pub fn held(
    basis: impl Iterator<Item = (String, String)>,
    conditions: Option<[&[String]; 3]>,
    revocable: bool,
) -> Held {
    let mut basis: Vec<_> = basis.collect();
    basis.sort();
    let conditions = conditions.map(|[any_of, all_of, none_of]| Conditions {
        any_of: parsed(any_of),
        all_of: parsed(all_of),
        none_of: parsed(none_of),
    });
    Held { conditions, basis, revocable }
}
