//! Reads the rules of an account alone, and compiles them.

use super::Reader;
use super::selection::Selection;
use crate::apps::Applications;
use crate::cloudflare::client::Client;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::identities::Facts;
use crate::model::{Kind, Warning};
use crate::rules::Membership;
use std::rc::Rc;

/// The rules of an account, ready to be evaluated for people.
pub struct Rules {
    /// The groups, and the policies of the applications if these were asked for.
    pub membership: Membership,
    /// The applications, if they were asked for.
    pub applications: Option<Applications>,
    /// The digest of all that was read.
    pub digest: u64,
    /// The warnings about what is missing.
    pub warnings: Vec<Warning>,
}

impl Reader {
    /// Reads everything that rules for people rest on: groups and lists, and with `Kind::App` also
    /// applications with their policies. It reads no people.
    ///
    /// # Errors
    /// It can't be read.
    pub fn rules<T: Transport>(client: &mut Client<T>, facts: &Rc<Facts>, kind: Kind) -> Result<Rules> {
        let selection = Selection::of([kind, Kind::User]);
        let (mut reader, mut cursor, mut warnings) = (Self::new(facts), None::<String>, Vec::new());
        loop {
            let page = reader.read_selected(client, selection, None, None, cursor.as_deref())?;
            warnings.extend(page.warnings.into_iter().filter(|warning| warning.incomplete));
            let learned = &mut reader.memory.learned;
            // That is before the first person.
            if let Some(membership) = learned.membership.take() {
                let (applications, digest) = (learned.applications.take(), learned.digest());
                return Ok(Rules { membership, applications, digest, warnings });
            }
            cursor = page.next;
            if cursor.is_none() {
                return Err(Error::internal("a read ended without rules"));
            }
        }
    }
}
