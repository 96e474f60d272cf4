//! People who come and go, and the things that happen to them without a request: an invitation is
//! accepted or expires, a record is deleted at last, somebody logs in.

mod people;
mod state;

pub use state::{INVITATION_LASTS, Lifecycle};
