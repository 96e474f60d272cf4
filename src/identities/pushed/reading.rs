//! Reads what identity providers pushed, some pages in a call.

use super::provider::Provider;
use crate::cloudflare::came::Came;
use crate::cloudflare::client::Client;
use crate::cloudflare::client::gap::is_unreadable;
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::id::Id;
use crate::cloudflare::listing::{Ahead, Listed, Page, load};
use crate::cloudflare::paging::Position;
use crate::cloudflare::scim::{self, ScimGroup, ScimUser};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::identities::facts::{MOST_IN_A_PIECE, MOST_MEMBERSHIPS};
use crate::identities::{Demand, GroupFacts};
use crate::model::{RateLimit, Warning};

/// The most pages that a call reads.
const PAGES: u32 = 32;
/// The time after which a call reads nothing more, in milliseconds: a quarter of what our own host gives a
/// call.
const TIME: u64 = 30_000;

/// The advice where there are no lists. Cloudflare's documents don't say so: inferred.
const NOT_ENABLED: &str = "It answered with HTTP status 404. Turn SCIM on for this identity provider in \
                           Cloudflare, and let it push its groups.";

/// A part of what identity providers pushed.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "documented in wit/identities.wit, `pushed-facts`")]
pub struct PushedFacts {
    pub facts: Vec<GroupFacts>,
    pub warnings: Vec<Warning>,
    pub more: bool,
    pub requests: u32,
    pub rate_limit: Option<RateLimit>,
}

/// The lists that identity providers pushed, as far as they were read.
pub struct Pushed {
    /// The providers that aren't read yet, the next one at the end.
    providers: Vec<Provider>,
    /// The place in the lists of the next provider: whether it is in that of the users, and the page.
    is_in_users: bool,
    at: Position,
    came: Came,
    /// The facts that wait for the end, and how many memberships they have.
    facts: Vec<GroupFacts>,
    memberships: usize,
    warnings: Vec<Warning>,
}

impl Pushed {
    /// Begins to read what facts are wanted about. It asks nothing.
    pub fn new(demand: &Demand) -> Self {
        let (mut providers, warning) = Provider::all(demand.groups());
        providers.reverse();
        Self {
            providers,
            is_in_users: false,
            at: Position::START,
            came: Came::default(),
            facts: Vec::new(),
            memberships: 0,
            warnings: warning.into_iter().collect(),
        }
    }

    /// Reads on. Once everything is read, this hands the facts over, in pieces.
    ///
    /// # Errors
    /// The contract lists them at `identities.pushed`. After one that is retryable, this goes on.
    pub fn next<T: Transport>(&mut self, client: &mut Client<T>) -> Result<PushedFacts> {
        let mut part = PushedFacts::default();
        let mut pages = 0;
        while !self.providers.is_empty() && (pages == 0 || pages < PAGES && client.elapsed_ms() < TIME) {
            self.page(client)?;
            pages += 1;
        }
        if self.providers.is_empty() {
            part.facts = self.piece();
            part.warnings = std::mem::take(&mut self.warnings);
        }
        part.more = !self.providers.is_empty() || !self.facts.is_empty();
        (part.requests, part.rate_limit) = (client.requests(), client.rate_limit());
        Ok(part)
    }

    /// Reads the next page of the next provider.
    fn page<T: Transport>(&mut self, client: &mut Client<T>) -> Result<()> {
        let Some(provider) = self.providers.last_mut() else { return Ok(()) };
        let next = match Id::parse(&provider.id) {
            None => {
                provider.note_absent("Its id isn't one.");
                None
            }
            Some(id) if self.is_in_users => {
                let list = scim::users(&id);
                let ahead = if provider.needs_users() { Ahead::Sent } else { Ahead::Unsent };
                let page = read::<_, ScimUser>(client, &list, self.at, ahead, &mut self.came, provider)?;
                let next = page.verdict.next;
                provider.add_users(page.into_new_items());
                next.filter(|_| provider.needs_users())
            }
            Some(id) => {
                let list = scim::groups(&id);
                match read::<_, ScimGroup>(client, &list, self.at, Ahead::Sent, &mut self.came, provider) {
                    Ok(page) => {
                        let next = page.verdict.next;
                        page.into_new_items().for_each(|group| provider.add_group(group));
                        next
                    }
                    Err(error) if is_unreadable(&error) && error.kind != ErrorKind::PermissionDenied => {
                        let is_off = error.http_status == Some(404);
                        provider.note_absent(if is_off { NOT_ENABLED } else { &error.message });
                        None
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        if self.memberships + provider.memberships() > MOST_MEMBERSHIPS {
            let message = "There are more than 200,000 memberships in the groups that rules name, more than \
                           can be kept in memory. Tell who is in these groups by other means, and leave the \
                           largest ones out.";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        if let Some(next) = next {
            self.at = next;
            return Ok(());
        }
        self.at = Position::START;
        self.is_in_users = !self.is_in_users && provider.end_groups();
        if !self.is_in_users
            && let Some(provider) = self.providers.pop()
        {
            let (facts, warnings) = provider.end();
            self.memberships += facts.iter().map(|of_group| of_group.addresses.len()).sum::<usize>();
            self.facts.extend(facts);
            self.warnings.extend(warnings);
        }
        Ok(())
    }

    /// Takes a piece of the facts: as many as can be learned at once.
    fn piece(&mut self) -> Vec<GroupFacts> {
        let (mut piece, mut room) = (Vec::new(), MOST_IN_A_PIECE);
        while room > 0
            && let Some(mut of_group) = self.facts.pop()
        {
            let rest = of_group.addresses.split_off(of_group.addresses.len().min(room));
            room -= of_group.addresses.len();
            if !rest.is_empty() {
                let (provider, group) = (of_group.provider.clone(), of_group.group.clone());
                let source = of_group.source.clone();
                self.facts.push(GroupFacts { provider, group, addresses: rest, source, as_of: None });
            }
            piece.push(of_group);
        }
        piece
    }
}

/// Reads a page of a list, and notes what is wrong with it.
fn read<T: Transport, I: Listed>(
    client: &mut Client<T>,
    list: &Collection,
    at: Position,
    ahead: Ahead,
    came: &mut Came,
    provider: &mut Provider,
) -> Result<Page<I>> {
    came.begin(list, at.page, &[]);
    let page: Page<I> = load(client, list, at, ahead, came, &|_, _| false)?;
    provider.add_odd(page.not_understood().count());
    if let Some(finding) = page.verdict.finding.filter(|finding| finding.is_gap()) {
        provider.note_moved(finding.of(list.noun));
    }
    Ok(page)
}
