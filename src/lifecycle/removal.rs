//! The state of an account member, an Access user or a group that a write removes: whether it is there.

use crate::cloudflare::endpoint::{Object, Write};
use crate::cloudflare::id::Id;
use crate::cloudflare::item::id_of;
use crate::provision::write::State;
use serde_json::value::RawValue;

/// An object that is to be removed.
pub(super) struct Removal {
    /// The object's id; `None` where it isn't there.
    id: Option<Id>,
    write: &'static Write,
    /// Whether the credentials are the member's.
    is_own: bool,
}

impl Removal {
    const NOBODY: Self = Self { id: None, write: &Write::REMOVE_MEMBER, is_own: false };

    /// The object with this id, and the state without it. With what `is_own`, the credentials end.
    pub fn of(id: &Id, write: &'static Write, is_own: bool) -> [Self; 2] {
        [Some(id.clone()), None].map(|id| Self { id, write, is_own })
    }

    /// Whether the object is there.
    pub const fn is_there(&self) -> bool {
        self.id.is_some()
    }
}

impl State for Removal {
    fn write(&self) -> &'static Write {
        self.write
    }

    fn read(raw: &RawValue, _account_id: &str) -> Result<Self, String> {
        let id = id_of(raw).ok_or("it has no id")?;
        Ok(Self { id: Some(id), ..Self::NOBODY })
    }

    fn absent() -> Option<Self> {
        Some(Self::NOBODY)
    }

    // A user and a group go after the answer, which is 202. OpenAPI: DELETE
    // /accounts/{account_id}/access/users/{user_id} and …/access/groups/{group_id}.
    fn comes_later(&self) -> bool {
        *self.write == Write::REMOVE_USER || *self.write == Write::REMOVE_GROUP
    }

    fn ends_credentials(&self) -> bool {
        self.is_own
    }

    // It names the object that is gone. OpenAPI: DELETE /accounts/{account_id}/members/{member_id}.
    const IS_SHOWN: bool = false;

    const WHY_NOT_TAKEN: &'static str =
        "Mostly an identity provider manages such a member (SCIM): then remove the person there.";

    fn is_of(&self, object: &Object) -> bool {
        self.id.as_ref().is_none_or(|id| *id == object.id)
    }

    fn body(&self) -> Option<String> {
        None
    }

    fn differs(&self, found: &Self) -> Option<String> {
        let tell = if found.is_there() { "it is still there" } else { "it is gone" };
        (self.is_there() != found.is_there()).then(|| tell.to_owned())
    }
}
