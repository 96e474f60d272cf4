//! A step as a JSON object, the way clients and files give it.

use super::change_line::{IdOf, no_credential};
use crate::contract::ResourceId;
use crate::contract::lifecycle::{Invitation, NewUser, Step};
use serde::Deserialize;

/// A step in the contract's fields.
#[derive(Deserialize)]
#[serde(
    tag = "step",
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "an object with a step and its fields"
)]
pub(crate) enum StepLine {
    Invite {
        address: String,
        entitlements: Vec<String>,
        #[serde(default)]
        without_mail: bool,
    },
    AddUser {
        address: String,
        name: Option<String>,
    },
    EndSessions {
        id: IdOf,
    },
    FreeSeat {
        id: IdOf,
    },
    Remove {
        id: IdOf,
    },
}

impl TryFrom<StepLine> for Step {
    type Error = String;

    /// Refuses a step with a credential in it: every report would repeat it.
    fn try_from(line: StepLine) -> Result<Step, String> {
        let id = |of: IdOf| -> Result<ResourceId, String> {
            no_credential([("id.kind", of.kind.as_str()), ("id.id", &of.id)])?;
            Ok(of.into())
        };
        Ok(match line {
            StepLine::Invite { address, entitlements, without_mail } => {
                let all = entitlements.iter().map(|id| ("entitlements", id.as_str()));
                no_credential(all.chain([("address", address.as_str())]))?;
                Step::Invite(Invitation { address, entitlements, without_mail })
            }
            StepLine::AddUser { address, name } => {
                let name_of = name.as_deref().map(|name| ("name", name));
                no_credential(name_of.into_iter().chain([("address", address.as_str())]))?;
                Step::AddUser(NewUser { address, name })
            }
            StepLine::EndSessions { id: of } => Step::EndSessions(id(of)?),
            StepLine::FreeSeat { id: of } => Step::FreeSeat(id(of)?),
            StepLine::Remove { id: of } => Step::Remove(id(of)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::not_read;
    use super::*;

    const CANARY: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";

    fn step(line: &str) -> Result<Step, String> {
        serde_json::from_str::<StepLine>(line).map_err(|error| not_read(&error)).and_then(Step::try_from)
    }

    #[test]
    fn each_step_has_its_fields() {
        let invited = step(r#"{"entitlements":["role:1:assigned"],"step":"invite","address":"a@b"}"#);
        let Ok(Step::Invite(Invitation { address, entitlements, without_mail })) = invited else {
            panic!("{invited:?}")
        };
        assert_eq!((address.as_str(), entitlements.len(), without_mail), ("a@b", 1, false));
        let added = step(r#"{"step":"add-user","address":"a@b"}"#);
        assert!(matches!(added, Ok(Step::AddUser(NewUser { name: None, .. }))), "{added:?}");
        for word in ["end-sessions", "free-seat", "remove"] {
            let read = step(&format!(r#"{{"step":"{word}","id":{{"kind":"user","id":"1"}}}}"#));
            let Ok(Step::EndSessions(id) | Step::FreeSeat(id) | Step::Remove(id)) = read else {
                panic!("{read:?}")
            };
            assert_eq!((id.kind.as_str(), id.id.as_str()), ("user", "1"));
        }
    }

    #[test]
    fn what_is_none_is_told_and_nothing_of_it_is_repeated() {
        for (line, told) in [
            (
                r#"{"step":"*"}"#,
                "expected one of `invite`, `add-user`, `end-sessions`, `free-seat`, `remove`",
            ),
            (r#"{"step":"remove"}"#, "missing field `id`"),
            (r#"{"step":"remove","id":"*"}"#, "an object with kind and id"),
            (r#"{"step":"remove","id":{"kind":"user","id":"1"},"*":1}"#, "an unknown field, expected `id`"),
            (r#"{"step":"invite","address":"a@b"}"#, "missing field `entitlements`"),
            (r#"{"step":"invite","address":"a@b","entitlements":"*"}"#, "a wrong value, expected a sequence"),
            (r#"{"step":"add-user","address":"a@b","without_mail":true}"#, "`address` or `name`"),
            (r#"{"step":"add-user","address":"a@b","address":"*"}"#, "duplicate field `address`"),
            (r#"{"step":"add-user","step":"remove"}"#, "duplicate field `step`"),
            (r#"{"address":"a@b"}"#, "missing field `step`"),
            (r#"{"step":"invite","address":"*@b","entitlements":[]}"#, "`address` looks like an API token"),
            (r#"{"step":"invite","address":"a@b","entitlements":["*"]}"#, "`entitlements` looks like"),
            (r#"{"step":"add-user","address":"a@b","name":"*"}"#, "`name` looks like an API token"),
            (r#"{"step":"free-seat","id":{"kind":"user","id":"*"}}"#, "`id.id` looks like an API token"),
        ] {
            let said = step(&line.replace('*', CANARY)).unwrap_err();
            assert!(said.contains(told) && !said.contains("Xk3"), "{line}: {said}");
        }
    }
}
