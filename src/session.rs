//! A session: an account's credentials, and what was learned through them.

use crate::cloudflare::client::{Client, TokenOwner, is_unreadable};
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::group::Group;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::Item;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, Page, ResourceId};
use crate::provision::{self, Change, Report};
use crate::rules::RuleSet;
use crate::settings::manifest::API_TOKEN;
use crate::settings::{Credentials, Settings};
use crate::sync::Reader;

/// What the contract's `session` is made of, without the contract.
pub struct Session<T: Transport> {
    client: Client<T>,
    reader: Reader,
    /// Of `get`, so that a read under way keeps what it has learned.
    one: Reader,
}

/// What one probe of the credentials found.
#[derive(Clone, Debug)]
pub struct Check {
    /// The resource type.
    pub kind: Kind,
    /// Why it can't be read, or not all of it.
    pub outcome: Result<()>,
}

impl<T: Transport> Session<T> {
    /// Asks nothing.
    pub fn new(settings: Settings, transport: T) -> Self {
        Self { client: Client::new(settings, transport), reader: Reader::default(), one: Reader::default() }
    }

    /// The page at this cursor; `wit/sync.wit` says what it holds.
    ///
    /// # Errors
    /// What the contract says of `sync.read`.
    pub fn read(&mut self, kinds: &[String], cursor: Option<&str>) -> Result<Page> {
        self.reader.read(&mut self.client, kinds, cursor)
    }

    /// One resource with what is held on it, at this cursor; `wit/sync.wit` says what a page holds.
    ///
    /// # Errors
    /// What the contract says of `sync.get`.
    pub fn get(&mut self, kind: &str, id: &str, cursor: Option<&str>) -> Result<Page> {
        let Some(kind) = Kind::parse(kind) else {
            let shown: String = kind.chars().take(40).collect();
            return Err(Error::argument("id", format!("There is no kind {shown:?}.")));
        };
        let id = if kind == Kind::Email { id.to_ascii_lowercase() } else { id.to_owned() };
        let only = ResourceId::new(kind, id);
        let page = self.client.aside(|client| self.one.get(client, &only, cursor))?;
        if page.next.is_none() {
            self.one = Reader::default();
        }
        Ok(page)
    }

    /// Applies changes, or plans them; `wit/provision.wit` says what comes of each.
    pub fn apply(&mut self, changes: &[Change], options: &provision::Options) -> Report {
        self.client.aside(|client| provision::apply(client, changes, options))
    }

    /// Asks whether each resource type may be read. A token is verified first, because the
    /// endpoints answer a token that is disabled and one that never was alike.
    ///
    /// # Errors
    /// The credentials as a whole are no good, or Cloudflare can't be asked.
    pub fn validate(&mut self) -> Result<Vec<Check>> {
        self.client.begin_call();
        if matches!(self.client.settings().credentials, Credentials::Token(_)) {
            self.verify_token()?;
        }
        let groups = self.check_groups();
        let roles = self.client.probe(&Collection::Roles);
        let members = self.client.probe(&Collection::Members);
        let users = self.client.probe(&Collection::Users);
        let probes = [&groups, &roles, &members, &users];
        let failures = || probes.into_iter().filter_map(|outcome| outcome.as_ref().err());
        let rejected = failures().find(|error| error.kind == ErrorKind::Unauthenticated);
        // Where nothing could be asked, the fault is no resource type's.
        let unreachable = failures()
            .next()
            .filter(|_| failures().filter(|error| is_general(error)).count() == probes.len());
        if let Some(general) = rejected.or(unreachable) {
            return Err(general.clone());
        }
        // An address without a user is known only from all of the others.
        let emails = groups.clone().and(members.clone()).and(users.clone());
        let outcomes =
            [(Kind::Group, groups), (Kind::Role, roles), (Kind::Member, members), (Kind::User, users)];
        let checks = outcomes.into_iter().chain([(Kind::Email, emails)]);
        Ok(checks.map(|(kind, outcome)| Check { kind, outcome }).collect())
    }

    /// Groups, and the first list of addresses that one of them names: without it, membership is
    /// known only in part.
    fn check_groups(&mut self) -> Result<()> {
        let account = self.client.settings().account_id.clone();
        let mut named = None;
        self.client.first_page(&Collection::Groups, &mut |items| {
            let groups = items.iter().filter_map(|raw| Group::read(raw, &account).ok());
            let mut rules = groups.map(|group| {
                RuleSet::new(ResourceId::new(Kind::Group, group.id.as_str()), group.sections, &account)
            });
            named = rules.find_map(|rules| rules.lists().find_map(Id::parse));
        })?;
        let Some(list) = named else { return Ok(()) };
        match self.client.probe(&Collection::Items(list)) {
            // A list that isn't there is the rule's fault, and not a missing permission.
            Err(error) if is_unreadable(&error) && error.kind != ErrorKind::PermissionDenied => Ok(()),
            Err(mut error) => {
                error.message = format!(
                    "Access groups can be read, but not the lists of addresses that their rules name. {}",
                    error.message
                );
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }

    /// A token of a user is verified at another address than one of an account; neither takes a
    /// permission.
    fn verify_token(&mut self) -> Result<()> {
        let mut unknown = Ok(());
        for owner in [TokenOwner::User, TokenOwner::Account] {
            match self.client.verify_token(owner) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind == ErrorKind::Unauthenticated => {
                    let was_good = was_good_once(&error);
                    unknown = Err(error.about(API_TOKEN));
                    if was_good {
                        break;
                    }
                    // The other address may know it.
                }
                // It can't be told here: the probes will tell.
                Err(error) if is_unreadable(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        unknown
    }
}

/// The token is known, and was disabled or has expired.
fn was_good_once(error: &Error) -> bool {
    matches!(error.code.as_deref(), Some("disabled" | "expired"))
}

/// Whether an error says nothing of one resource type.
fn is_general(error: &Error) -> bool {
    !matches!(error.kind, ErrorKind::PermissionDenied | ErrorKind::NotFound)
}
