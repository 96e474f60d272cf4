//! A session: an account's credentials, and what was learned through them.

use crate::cloudflare::client::{Client, TokenOwner, is_unreadable};
use crate::cloudflare::endpoint::List;
use crate::cloudflare::paging::Position;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::membership::GroupRules;
use crate::model::{Kind, Page};
use crate::settings::{Credentials, Settings};
use crate::sync::Reader;

/// What the contract's `session` is made of, without the contract.
pub struct Session<T: Transport> {
    client: Client<T>,
    reader: Reader,
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
        Self { client: Client::new(settings, transport), reader: Reader::default() }
    }

    /// The page at this cursor; `wit/sync.wit` says what it holds.
    ///
    /// # Errors
    /// What the contract says of `sync.read`.
    pub fn read(&mut self, kinds: &[String], cursor: Option<&str>) -> Result<Page> {
        self.reader.read(&mut self.client, kinds, cursor)
    }

    /// Asks whether each resource type may be read. A token is verified first, because the endpoints answer a token that is disabled and
    /// one that never was alike.
    ///
    /// # Errors
    /// The credentials as a whole are no good, or Cloudflare can't be asked.
    pub fn validate(&mut self) -> Result<Vec<Check>> {
        self.client.begin_call();
        if matches!(self.client.settings().credentials, Credentials::Token(_)) {
            self.verify_token()?;
        }
        let groups = self.check_groups();
        let roles = self.client.probe(&List::Roles);
        let members = self.client.probe(&List::Members);
        let users = self.client.probe(&List::Users);
        // Without one good answer, a failure that isn't about a resource type is about the credentials or Cloudflare.
        let all = [&groups, &roles, &members, &users];
        if let Some(general) =
            all.into_iter().find_map(|outcome| outcome.as_ref().err().filter(|error| is_general(error)))
        {
            return Err(general.clone());
        }
        // An address without a user is known only from all of the others.
        let emails = groups.clone().and(members.clone()).and(users.clone());
        let outcomes = [(Kind::Group, groups), (Kind::Role, roles), (Kind::Member, members), (Kind::User, users)];
        let checks = outcomes.into_iter().chain([(Kind::Email, emails)]);
        Ok(checks.map(|(kind, outcome)| Check { kind, outcome }).collect())
    }

    /// Groups, and the first list of addresses that one of them names: without it, membership is known only in part.
    fn check_groups(&mut self) -> Result<()> {
        let account = self.client.settings().account_id.clone();
        let (named, _) = self.client.page(&List::Groups, Position::START, |items| {
            let groups = items.iter().filter_map(|raw| crate::cloudflare::items::Item::read(raw, &account).ok());
            let rules = groups.filter_map(|group: crate::cloudflare::items::Group| group.rules);
            rules.flat_map(|rules: GroupRules| rules.lists().map(str::to_owned).collect::<Vec<_>>()).next()
        })?;
        let Some(list) = named.as_deref().and_then(crate::cloudflare::id::Id::parse) else { return Ok(()) };
        match self.client.probe(&List::Items(list)) {
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

    /// A token of a user is verified at another address than one of an account; neither takes a permission.
    fn verify_token(&mut self) -> Result<()> {
        let mut unknown = None;
        for owner in [TokenOwner::User, TokenOwner::Account] {
            match self.client.token_status(owner) {
                Ok(status) if status == "active" => return Ok(()),
                Ok(status) => {
                    let message = format!(
                        "Cloudflare says that this API token is {status}. Enable it or make a new one, and give it here."
                    );
                    let mut error = Error::new(ErrorKind::Unauthenticated, message).about("api-token");
                    error.code = Some(status);
                    return Err(error);
                }
                Err(error) if error.kind == ErrorKind::Unauthenticated => unknown = Some(error.about("api-token")),
                // It can't be told here: the probes will tell.
                Err(error) if is_unreadable(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        unknown.map_or(Ok(()), Err)
    }
}

/// Whether an error says nothing of one resource type.
fn is_general(error: &Error) -> bool {
    !matches!(error.kind, ErrorKind::PermissionDenied | ErrorKind::NotFound)
}
