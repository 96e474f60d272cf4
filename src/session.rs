//! A session: an account's credentials, and what was learned through them.

use crate::cloudflare::client::Client;
#[cfg(feature = "standalone")]
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::identities::{Demand, Facts, GroupFacts, MOST_IN_A_PIECE, ProviderGroup, Pushed, PushedFacts};
use crate::kinds;
#[cfg(feature = "standalone")]
use crate::lifecycle::groups::{self, Created};
use crate::lifecycle::{self, Offboarding, Step};
use crate::model::{Page, ResourceId};
use crate::provision::{self, Change, Report};
use crate::records::ids::asked;
use crate::settings::Settings;
use crate::sorted::Set;
use crate::sync::Reader;
use crate::validate::{self, Validation};
use crate::verification::{Comparison, Verification};
use std::rc::Rc;

/// The contract's `session`, in plain Rust.
pub struct Session<T: Transport> {
    client: Client<T>,
    /// The facts about groups of identity providers, for everything that evaluates rules.
    facts: Rc<Facts>,
    /// The groups of identity providers that rules name, in their normal form, once they were read.
    wanted: Option<Set<ProviderGroup>>,
    /// The lists that identity providers pushed, as far as they are read, until they were handed over.
    pushed: Option<Box<Pushed>>,
    sync: Reader,
    /// The reader for `get`, so that a sync that is under way keeps what it has learned.
    one: Reader,
    /// The reader for `held`, for the same reason.
    held: Reader,
    verification: Verification,
}

impl<T: Transport> Session<T> {
    /// Opens a session. It asks nothing.
    pub fn new(settings: Settings, transport: T) -> Self {
        let facts = Rc::<Facts>::default();
        let [sync, one, held] = std::array::from_fn(|_| Reader::new(&facts));
        Self {
            client: Client::new(settings, transport),
            facts,
            wanted: None,
            pushed: None,
            sync,
            one,
            held,
            verification: Verification::default(),
        }
    }

    /// Returns the groups of identity providers that the rules of the account name. `wit/identities.wit`
    /// documents them.
    ///
    /// # Errors
    /// The contract lists them at `identities.wanted`.
    pub fn wanted(&mut self) -> Result<Demand> {
        let demand = self.client.aside(Reader::wanted)?;
        self.wanted = Some(demand.keys());
        self.pushed = Some(Box::new(Pushed::new(&demand)));
        Ok(demand)
    }

    /// Keeps facts for all later calls: those about groups that rules name. Nothing of the piece is kept
    /// if it fails.
    ///
    /// # Errors
    /// The contract lists them at `identities.learn`.
    pub fn learn(&mut self, piece: &[GroupFacts]) -> Result<()> {
        if piece.iter().map(|of_group| of_group.addresses.len()).sum::<usize>() > MOST_IN_A_PIECE {
            let message = "There are more than 10,000 addresses in these facts. Give them in several calls: \
                           they add to each other.";
            return Err(Error::argument("facts", message));
        }
        if self.wanted.is_none() {
            self.wanted()?;
        }
        // What the readers have learned rests on the facts, and holds a reference to them.
        self.readers().for_each(|reader| *reader = Reader::default());
        self.verification = Verification::default();
        let wanted = self.wanted.take().unwrap_or_default();
        let learned = Rc::make_mut(&mut self.facts).learn(&wanted, piece);
        self.wanted = Some(wanted);
        let facts = Rc::clone(&self.facts);
        self.readers().for_each(|reader| *reader = Reader::new(&facts));
        learned
    }

    /// Returns the next part of what identity providers pushed to Cloudflare. `wit/identities.wit` documents
    /// the parts.
    ///
    /// # Errors
    /// The contract lists them at `identities.pushed`.
    pub fn pushed(&mut self) -> Result<PushedFacts> {
        // What is wanted is read in the same call, and counts with its requests.
        match &self.pushed {
            None => _ = self.wanted()?,
            Some(_) => self.client.begin_call(),
        }
        let Some(mut pushed) = self.pushed.take() else { return Ok(PushedFacts::default()) };
        let part = self.client.aside(|client| pushed.next(client));
        let goes_on = part.as_ref().map_or_else(|error| error.retryable, |part| part.more);
        self.pushed = goes_on.then_some(pushed);
        part
    }

    fn readers(&mut self) -> impl Iterator<Item = &mut Reader> {
        [&mut self.sync, &mut self.one, &mut self.held].into_iter()
    }

    /// Returns the page of a sync at this cursor. `wit/sync.wit` documents what a page has.
    ///
    /// # Errors
    /// The contract lists them at `sync.read`.
    pub fn read(&mut self, kinds: &[String], cursor: Option<&str>) -> Result<Page> {
        self.sync.read(&mut self.client, kinds, cursor)
    }

    /// Returns the page at this cursor of one resource and the grants of its entitlement.
    /// `wit/sync.wit` documents what a page has.
    ///
    /// # Errors
    /// The contract lists them at `sync.get`.
    pub fn get(&mut self, kind: &str, id: &str, cursor: Option<&str>) -> Result<Page> {
        let kind = kinds::asked("id", kind)?;
        let only = ResourceId::new(kind, asked(kind, id));
        let page = self.client.aside(|client| self.one.get(client, &only, cursor))?;
        if page.next.is_none() {
            self.one = Reader::new(&self.facts);
        }
        Ok(page)
    }

    /// Returns the page at this cursor of everything that one principal holds. `wit/sync.wit` documents
    /// what a page has.
    ///
    /// # Errors
    /// The contract lists them at `sync.held`.
    pub fn held(&mut self, kind: &str, id: &str, cursor: Option<&str>) -> Result<Page> {
        let kind = kinds::asked("principal", kind)?;
        let principal = ResourceId::new(kind, asked(kind, id));
        let page = self.client.aside(|client| self.held.held(client, &principal, cursor))?;
        if page.next.is_none() {
            self.held = Reader::new(&self.facts);
        }
        Ok(page)
    }

    /// Compares what the rules of a group or an application say of people with Cloudflare's verdict on their
    /// last logins. `wit/verification.wit` documents what comes back.
    ///
    /// # Errors
    /// The contract lists them at `verification.compare`.
    pub fn compare(&mut self, kind: &str, id: &str, cursor: Option<&str>) -> Result<Comparison> {
        let kind = kinds::asked("subject", kind)?;
        let subject = ResourceId::new(kind, asked(kind, id));
        let Self { client, verification, facts, .. } = self;
        client.aside(|client| verification.compare(client, facts, &subject, cursor))
    }

    /// Applies changes, or plans them. `wit/provision.wit` documents the outcomes.
    pub fn apply(&mut self, changes: &[Change], options: &provision::Options) -> Report {
        self.client.aside(|client| provision::apply(client, &self.facts, changes, options))
    }

    /// Applies changes, or plans them, as [`Session::apply`] does, but none of them if one is known to fail.
    #[cfg(feature = "standalone")]
    pub(crate) fn apply_together(&mut self, changes: &[Change], options: &provision::Options) -> Report {
        self.client.aside(|client| provision::apply_together(client, &self.facts, changes, options))
    }

    /// Gives a group another name, and applies changes, as [`Session::apply`] does, but nothing of it if a
    /// part is known to fail. The result of the name is the last one of the report.
    #[cfg(feature = "standalone")]
    pub(crate) fn rename_together(&mut self, changes: &[Change], group: &Id, name: &str) -> Report {
        let rename = (group.clone(), name.to_owned());
        self.client.aside(|client| provision::rename_together(client, &self.facts, changes, rename))
    }

    /// Makes a group with these people.
    ///
    /// # Errors
    /// The reason why there is no such group, or why that isn't known.
    #[cfg(feature = "standalone")]
    pub(crate) fn create_group(&mut self, name: &str, people: &[String]) -> Result<Created> {
        self.ask(|client, _| {
            client.forget_ahead();
            groups::create(client, name, people)
        })
    }

    /// Deletes a group that nothing names.
    ///
    /// # Errors
    /// Something names it, or it wasn't deleted, or that isn't known.
    #[cfg(feature = "standalone")]
    pub(crate) fn delete_group(&mut self, id: &Id) -> Result<()> {
        self.ask(|client, _| {
            client.forget_ahead();
            groups::delete(client, id)
        })
    }

    /// Returns the account's id.
    #[cfg(feature = "standalone")]
    pub(crate) fn account_id(&self) -> &str {
        &self.client.settings().account_id
    }

    /// Does a read of its own with the session's client, as one call.
    #[cfg(feature = "standalone")]
    pub(crate) fn ask<R>(&mut self, work: impl FnOnce(&mut Client<T>, &Rc<Facts>) -> R) -> R {
        let Self { client, facts, .. } = self;
        client.aside(|client| {
            client.begin_call();
            work(client, facts)
        })
    }

    /// Does steps for people who join and leave, or plans them. `wit/lifecycle.wit` documents the outcomes.
    pub fn apply_steps(&mut self, steps: &[Step], options: &lifecycle::Options) -> Report {
        self.client.aside(|client| lifecycle::apply(client, steps, options))
    }

    /// Removes a member who has nothing in the account but these roles, each by its id.
    #[cfg(feature = "standalone")]
    pub(crate) fn end_membership(&mut self, member: &Id, roles: Set<String>) -> Report {
        self.client.aside(|client| lifecycle::end_membership(client, member, roles))
    }

    /// Takes everything from a person who leaves, or plans that, except what the words of `keep` name.
    /// `wit/lifecycle.wit` documents what comes back.
    ///
    /// # Errors
    /// The contract lists them at `lifecycle.offboard`.
    pub fn offboard(
        &mut self,
        kind: &str,
        id: &str,
        keep: &[String],
        options: &lifecycle::Options,
    ) -> Result<Offboarding> {
        self.client.aside(|client| lifecycle::offboard(client, &self.facts, kind, id, keep, options))
    }

    /// Asks what the credentials may read and change.
    ///
    /// # Errors
    /// The contract lists them at `connection.validate`.
    pub fn validate(&mut self) -> Result<Validation> {
        validate::validate(&mut self.client)
    }
}
