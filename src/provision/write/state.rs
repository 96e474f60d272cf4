//! The states that writes make, of any type of object.

use crate::cloudflare::endpoint::{Object, Write};
use serde_json::value::RawValue;
use std::any::Any;

/// The state of an object that a write replaces.
pub(crate) trait State: Sized + 'static {
    /// Returns the write that makes it.
    fn write(&self) -> &'static Write;

    /// Reads the state from an answer.
    ///
    /// # Errors
    /// The reason why it can't be written back without losing something.
    fn read(raw: &RawValue, account_id: &str) -> std::result::Result<Self, String>;

    /// Whether it is the state of this object.
    fn is_of(&self, object: &Object) -> bool;

    /// Returns a state that was read, as one that compares the same parts as this one.
    fn aligned(&self, found: Self) -> Self {
        found
    }

    /// The state of an object that isn't there, if that is one.
    fn absent() -> Option<Self> {
        None
    }

    /// Whether Cloudflare confirms the write that makes it before it is done, so that a read may still
    /// find the state before.
    fn comes_later(&self) -> bool {
        false
    }

    /// Whether the credentials can end with the write that makes it, so that they can't read it back.
    fn ends_credentials(&self) -> bool {
        false
    }

    /// Whether a write that is done late would make it a second time, so that none follows one that may
    /// still be done.
    fn comes_twice(&self) -> bool {
        false
    }

    /// The body that a write sends, if it has one.
    fn body(&self) -> Option<String>;

    /// Describes for a person how another state of the same object differs, if it does.
    fn differs(&self, found: &Self) -> Option<String>;

    /// Describes what another state of the same object lacks of this one, or has in another way. A
    /// field that this one doesn't have at all doesn't count.
    fn lacks(&self, found: &Self) -> Option<String> {
        self.differs(found)
    }

    /// Whether the answer to a write shows the object as it is then.
    const IS_SHOWN: bool = true;

    /// The things that can keep Cloudflare from doing a write that it answers with success, for a message.
    const WHY_NOT_TAKEN: &'static str;
}

/// A state of any type. With a type for each object, the code that writes and reads back would be there
/// once for each of them, some 5 kB each.
pub(super) trait AnyState: Any {
    fn read_other(&self, raw: &RawValue, account_id: &str) -> std::result::Result<Found, String>;
    fn absent_other(&self) -> Option<Found>;
    fn write(&self) -> &'static Write;
    fn comes_later(&self) -> bool;
    fn ends_credentials(&self) -> bool;
    fn comes_twice(&self) -> bool;
    fn is_shown(&self) -> bool;
    fn why_not_taken(&self) -> &'static str;
    fn is_of(&self, object: &Object) -> bool;
    fn body(&self) -> Option<String>;
    fn differs(&self, found: &dyn AnyState) -> Option<String>;
    fn lacks(&self, found: &dyn AnyState) -> Option<String>;
}

/// A state that was read.
pub(super) type Found = Box<dyn AnyState>;

impl<S: State> AnyState for S {
    fn read_other(&self, raw: &RawValue, account_id: &str) -> std::result::Result<Found, String> {
        Ok(Box::new(self.aligned(S::read(raw, account_id)?)))
    }

    fn absent_other(&self) -> Option<Found> {
        absent_any::<S>()
    }

    fn write(&self) -> &'static Write {
        State::write(self)
    }

    fn comes_later(&self) -> bool {
        State::comes_later(self)
    }

    fn ends_credentials(&self) -> bool {
        State::ends_credentials(self)
    }

    fn comes_twice(&self) -> bool {
        State::comes_twice(self)
    }

    fn is_shown(&self) -> bool {
        S::IS_SHOWN
    }

    fn why_not_taken(&self) -> &'static str {
        S::WHY_NOT_TAKEN
    }

    fn is_of(&self, object: &Object) -> bool {
        State::is_of(self, object)
    }

    fn body(&self) -> Option<String> {
        State::body(self)
    }

    fn differs(&self, found: &dyn AnyState) -> Option<String> {
        compare(found, |found| State::differs(self, found))
    }

    fn lacks(&self, found: &dyn AnyState) -> Option<String> {
        compare(found, |found| State::lacks(self, found))
    }
}

pub(super) fn read_any<S: State>(raw: &RawValue, account_id: &str) -> std::result::Result<Found, String> {
    Ok(Box::new(S::read(raw, account_id)?))
}

pub(super) fn absent_any<S: State>() -> Option<Found> {
    Some(Box::new(S::absent()?))
}

fn compare<S: State>(found: &dyn AnyState, how: impl FnOnce(&S) -> Option<String>) -> Option<String> {
    let found: &dyn Any = found;
    found.downcast_ref().map_or_else(|| Some("it is something else".to_owned()), how)
}

pub(super) fn typed<S: State>(found: Found) -> Option<S> {
    let found: Box<dyn Any> = found;
    found.downcast().ok().map(|found| *found)
}
