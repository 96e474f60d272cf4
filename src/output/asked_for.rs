//! The kinds that a read was asked for, and what they can't tell.

use super::words::kind;
use crate::kinds;
use crate::model::Kind;

/// The kinds that were asked for. None mean all, apart from those that are opt-in.
#[derive(Clone, Copy, Default)]
pub(super) struct AskedFor<'a>(pub(super) &'a [String]);

/// The kinds whose resources are people.
pub(super) const PEOPLE: [&str; 3] = ["user", "member", "email"];
/// The kind of principal that is no person.
pub(super) const TOKEN: &str = "service-token";
/// The kind of the groups of account members.
pub(super) const USER_GROUP: &str = "user-group";
/// The kinds on which something can be held.
const HELD: [&str; 5] = ["group", USER_GROUP, "role", "scoped-role", APP];
/// The kind of applications.
pub(super) const APP: &str = "app";

const NOTHING_HELD: &str = "Groups, roles and applications weren't asked for (--kinds), so nothing here \
                            says what anybody holds.";

impl AskedFor<'_> {
    /// Whether a kind was asked for.
    pub(super) fn has(self, kind: &str) -> bool {
        let is_opt_in = || Kind::parse(kind).is_some_and(|kind| kinds::row(kind).is_opt_in);
        if self.0.is_empty() { !is_opt_in() } else { self.0.iter().any(|wanted| wanted == kind) }
    }

    /// Whether people were asked for.
    pub(super) fn has_people(self) -> bool {
        PEOPLE.iter().any(|kind| self.has(kind))
    }

    /// Whether something was asked for that can be held.
    pub(super) fn has_held(self) -> bool {
        HELD.iter().any(|kind| self.has(kind))
    }

    /// Whether groups or roles were asked for.
    pub(super) fn has_groups_or_roles(self) -> bool {
        HELD.iter().any(|kind| *kind != APP && self.has(kind))
    }

    /// Whether applications were asked for.
    pub(super) fn has_apps(self) -> bool {
        self.has(APP)
    }

    /// Whether somebody or something was asked for that can hold them.
    pub(super) fn has_holders(self) -> bool {
        self.has_people() || self.has(TOKEN)
    }

    /// Whether grants were asked for.
    pub(super) fn has_grants(self) -> bool {
        self.has_holders() && self.has_held()
    }

    /// Says which grants can't be shown, if there are any.
    pub(super) fn note(self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        if !self.has_held() {
            return Some(NOTHING_HELD.to_owned());
        }
        let parts = [("to", &PEOPLE[..]), ("of", &HELD)].into_iter().filter_map(|(of, kinds)| {
            let missing = kinds.iter().filter(|kind| !self.has(kind));
            let missing: Vec<String> = missing.map(|of| kind(of, true).to_owned()).collect();
            (!missing.is_empty()).then(|| format!("{of} {}", listed(&missing)))
        });
        let parts: Vec<String> = parts.collect();
        let comma = if parts.len() > 1 { "," } else { "" };
        let note = || format!("Grants {}{comma} weren't asked for (--kinds).", parts.join(", and "));
        (!parts.is_empty()).then(note)
    }
}

/// Says which grants a sync of these kinds can't have, if there are any.
#[must_use]
pub fn left_out_note(kinds: &[String]) -> Option<String> {
    AskedFor(kinds).note()
}

/// Puts parts of a sentence together.
pub(super) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_for_each_selection() {
        for (kinds, note) in [
            ("", None),
            ("user,member,email,group,user-group,role,scoped-role,app", None),
            ("user", Some(NOTHING_HELD)),
            ("user,policy,service-token", Some(NOTHING_HELD)),
            (
                "user,member,email,group",
                Some(
                    "Grants of user groups, roles, scoped roles and applications weren't asked for \
                     (--kinds).",
                ),
            ),
            (
                "role,group,member,app,user-group,scoped-role",
                Some("Grants to users and unmatched emails weren't asked for (--kinds)."),
            ),
            (
                "group,user,member,app,user-group",
                Some(
                    "Grants to unmatched emails, and of roles and scoped roles, weren't asked for (--kinds).",
                ),
            ),
        ] {
            let kinds: Vec<String> =
                kinds.split(',').filter(|kind| !kind.is_empty()).map(str::to_owned).collect();
            assert_eq!(AskedFor(&kinds).note().as_deref(), note, "{kinds:?}");
        }
    }
}
