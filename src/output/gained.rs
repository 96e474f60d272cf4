//! The grants that somebody gains by a change or a step, as text for a person.

use super::action::{held, known};
use super::conditions::only_if;
use super::snapshot::Snapshot;
use super::words::{Words, kind};
use crate::contract::{Grant, ResourceId};

/// Describes grants, and says who has them if that isn't the principal that was asked for. Whoever has the
/// same for the same reason stands together.
pub(super) fn gained(
    added: &[Grant],
    is_asked_for: &dyn Fn(&ResourceId) -> bool,
    names: &Snapshot,
) -> Vec<String> {
    let mut alike: Vec<(String, String, Vec<&ResourceId>)> = Vec::new();
    for grant in added {
        let why = Words::new(names).basis(&grant.basis);
        let only_if = match only_if(grant, Words::new(names)) {
            always if always.is_empty() => always,
            conditions => format!("; only if {conditions}"),
        };
        let (what, why) = (held(&grant.entitlement, names), format!("({why}{only_if})"));
        match alike.iter_mut().find(|of| of.0 == what && of.1 == why) {
            Some((_, _, whom)) => whom.extend(&grant.principals),
            None => alike.push((what, why, grant.principals.iter().collect())),
        }
    }
    let in_words = |(what, why, whom): (String, String, Vec<&ResourceId>)| {
        let whom = match whom.iter().all(|id| is_asked_for(id)) {
            true => String::new(),
            false => format!(" as {}", all_known(&whom, names)),
        };
        format!("{what}{whom} {why}")
    };
    alike.into_iter().map(in_words).collect()
}

/// Whether two ids are of the same resource.
pub(super) fn is_same(one: &ResourceId, other: &ResourceId) -> bool {
    (&one.kind, &one.id) == (&other.kind, &other.id)
}

/// Names accounts. Those of one person stand together, as in `user and member Ann`.
pub(super) fn all_known(ids: &[&ResourceId], names: &Snapshot) -> String {
    let name = |id: &ResourceId| names.known_name(&id.kind, &id.id);
    let first = ids.first().and_then(|id| name(id));
    match first {
        Some(first) if ids.iter().all(|id| name(id) == Some(first)) => {
            let kinds: Vec<&str> = ids.iter().map(|id| kind(&id.kind, false)).collect();
            format!("{} {first}", kinds.join(" and "))
        }
        _ => ids.iter().map(|id| known(id, names)).collect::<Vec<_>>().join(", "),
    }
}
