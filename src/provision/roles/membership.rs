//! The state of one membership in a user group: a write adds or removes it, and nothing else.

use crate::cloudflare::endpoint::{Object, Write};
use crate::cloudflare::id::Id;
use crate::cloudflare::item::Item;
use crate::cloudflare::user_group::GroupMember;
use crate::json::{self, list};
use crate::provision::write::State;
use serde_json::value::RawValue;

/// A membership: the member's id, or nothing where there is none.
pub(super) struct Membership(pub Option<Id>);

impl Membership {
    /// The state as a report shows it.
    pub fn shown(member: &Id, is_in: bool) -> String {
        let is_in = if is_in { "true" } else { "false" };
        json::Object::default().with_text("member", Some(member.as_str())).with("is_in", is_in).end()
    }
}

impl State for Membership {
    fn write(&self) -> &'static Write {
        if self.0.is_some() { &Write::JOIN } else { &Write::LEAVE }
    }

    fn read(raw: &RawValue, account_id: &str) -> Result<Self, String> {
        let member = GroupMember::read(raw, account_id).map_err(|fault| fault.why)?;
        Ok(Self(Some(member.id)))
    }

    fn absent() -> Option<Self> {
        Some(Self(None))
    }

    // It names whom the request was about, also where that person has left the group.
    const IS_SHOWN: bool = false;

    const WHY_NOT_TAKEN: &'static str =
        "Mostly an identity provider manages such a group (SCIM): then change who is in it there.";

    fn is_of(&self, object: &Object) -> bool {
        self.0.as_ref().is_none_or(|id| *id == object.id)
    }

    // A bare list (OpenAPI: POST /accounts/{account_id}/iam/user_groups/{user_group_id}/members).
    fn body(&self) -> Option<String> {
        let member = json::Object::default().with_text("id", Some(self.0.as_ref()?.as_str()));
        Some(list(&[member.end()]))
    }

    fn differs(&self, found: &Self) -> Option<String> {
        let tell =
            if found.0.is_some() { "the member is in the group" } else { "the member isn't in the group" };
        (self.0.is_some() != found.0.is_some()).then(|| tell.to_owned())
    }
}
