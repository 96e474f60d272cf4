//! The state of an invitation that a write makes: an account member, with the first roles.

use super::facts::Facts;
use super::members::changed;
use super::outcome::PLANNED;
use super::plan::{Verdict, plan};
use super::planned_change::PlannedChange;
use super::state::Document;
use crate::cloudflare::endpoint::{Object, Write};
use crate::cloudflare::id::Id;
use crate::cloudflare::member::Member;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::json::{self, list, quoted};
use crate::model::Kind;
use crate::provision::call::Call;
use crate::provision::change::Operation;
use crate::provision::write::State;
use crate::roles::{Assignments, Way};
use serde_json::value::RawValue;

/// An invitation, or nothing where there is none.
pub(crate) struct Invitation {
    document: Option<Document>,
    body: String,
}

/// Somebody who is to be invited.
pub(crate) struct Invited<'a> {
    /// The place of the step in the call.
    pub index: usize,
    pub address: &'a str,
    /// The roles and scoped roles, by their kinds and ids.
    pub roles: &'a [(Kind, String)],
    pub without_mail: bool,
}

impl Invitation {
    /// The state without an invitation.
    pub const fn none() -> Self {
        Self { document: None, body: String::new() }
    }

    /// Reads the answer about the member that an invitation made.
    pub fn of(document: Document) -> Self {
        Self { document: Some(document), body: String::new() }
    }

    /// The member that it is.
    pub fn member(&self) -> Option<&Member> {
        self.document.as_ref().map(|document| &document.member)
    }

    /// The state as a report shows it.
    pub fn shown(&self) -> String {
        self.document.as_ref().map_or_else(|| "{}".to_owned(), Document::shown)
    }
}

impl Facts {
    /// Puts together an invitation.
    ///
    /// # Errors
    /// A role can't be given.
    pub(super) fn invitation<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        invited: &Invited<'_>,
    ) -> Result<Invitation> {
        let fault = || Error::internal("an invitation can't be put together");
        let nobody = Id::parse(PLANNED).ok_or_else(fault)?;
        let mut changes: Vec<PlannedChange> = Vec::new();
        for (kind, id) in invited.roles {
            let (operation, member) = (Operation::Grant, nobody.clone());
            changes.push(PlannedChange {
                index: invited.index,
                operation,
                member,
                kind: *kind,
                id: id.clone(),
            });
        }
        let raw = json::Object::default()
            .with_text("id", Some(PLANNED))
            .with_text("status", Some(if invited.without_mail { "accepted" } else { "pending" }))
            .with_text("email", Some(invited.address))
            .with("roles", "[]")
            .with("policies", "[]")
            .end();
        let raw = RawValue::from_string(raw).map_err(|_| fault())?;
        let account_id = call.client.settings().account_id.clone();
        let before = <Document as State>::read(&raw, &account_id).map_err(Error::internal)?;
        self.learn_for(call, &before.member, &changes)?;
        let of = Assignments::of_member(&before.member, &self.groups, &self.roles);
        let (way, verdicts) = plan(&before.member, &of, &changes, self, &mut || Ok(()));
        for verdict in &verdicts {
            if let Verdict::Refused(error) | Verdict::Last(error) = verdict {
                return Err(error.clone());
            }
        }
        let by_way = before.clone().by(way, &self.groups);
        let after = changed(&by_way, way, &of, &changes, &verdicts, self)?.ok_or_else(fault)?;
        let body = body(invited, way, &after);
        Ok(Invitation { document: Some(after), body })
    }
}

/// Returns the body of the request. It has `roles` or `policies`, and never both. Without a status,
/// Cloudflare sends a mail and waits for the answer. OpenAPI: `POST /accounts/{account_id}/members`.
fn body(invited: &Invited<'_>, way: Way, after: &Document) -> String {
    let body = json::Object::default().with_text("email", Some(invited.address));
    let body = match way {
        Way::Roles => {
            let ids = after.member.roles.iter().map(|role| quoted(role.id.as_str()));
            body.with("roles", &list(&ids.collect::<Vec<_>>()))
        }
        Way::Policies => body.with("policies", &list(after.own())),
    };
    body.with_text("status", invited.without_mail.then_some("accepted")).end()
}

impl State for Invitation {
    fn write(&self) -> &'static Write {
        &Write::INVITE
    }

    fn read(raw: &RawValue, account_id: &str) -> std::result::Result<Self, String> {
        <Document as State>::read(raw, account_id).map(Self::of)
    }

    fn aligned(&self, found: Self) -> Self {
        let document = match (&self.document, found.document) {
            (Some(own), Some(found)) => Some(own.aligned(found)),
            (_, found) => found,
        };
        Self { document, body: String::new() }
    }

    // Inferred: no source says when Cloudflare makes another member than it was asked for.
    const WHY_NOT_TAKEN: &'static str = "The account's own settings can be the reason.";

    fn is_of(&self, _: &Object) -> bool {
        true
    }

    fn body(&self) -> Option<String> {
        Some(self.body.clone())
    }

    fn differs(&self, found: &Self) -> Option<String> {
        match (&self.document, &found.document) {
            (None, None) => None,
            (Some(own), Some(found)) => own.differs(found),
            (None, Some(_)) => Some("there is a member with this address".to_owned()),
            (Some(_), None) => Some("there is no member with this address".to_owned()),
        }
    }
}
