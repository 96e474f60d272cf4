//! Who the principals are: their addresses, in the fewest requests.

use super::change::Somebody;
use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::{Collection, Object};
use crate::cloudflare::id::Id;
use crate::cloudflare::item::{Item, NotUnderstood};
use crate::cloudflare::listing::{Ahead, Entry, Listing};
use crate::cloudflare::member::{self, Member};
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user::{self, AccessUser};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, ResourceId};
use crate::records::member::standing;
use crate::rules::{Standing, Subject};
use crate::sorted::{Map, Set};

/// A principal as groups see it.
#[derive(Clone, Debug)]
pub(super) struct Who {
    /// For what is reported.
    pub id: ResourceId,
    /// As Cloudflare spells it.
    pub address: Option<String>,
    /// In ASCII lower case.
    key: Option<String>,
    pub standing: Standing,
}

impl Who {
    fn new(id: ResourceId, address: Option<String>, standing: Standing) -> Self {
        Self { id, key: address.as_deref().map(str::to_ascii_lowercase), address, standing }
    }

    /// The same person, as an account member.
    pub fn as_accepted_member(&self) -> Self {
        Self { standing: Standing::Accepted, ..self.clone() }
    }

    /// For evaluating membership.
    pub fn principal(&self) -> Subject<'_> {
        Subject { address: self.address.as_deref(), standing: self.standing }
    }

    /// What tells whether two principals have the same address.
    pub fn address_key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

/// What is known of the principals of a call.
#[derive(Default)]
pub(super) struct People {
    users: Map<Id, Result<AccessUser>>,
    members: Map<Id, Result<Member>>,
}

impl People {
    /// Learns what isn't known of these yet.
    pub fn learn<'a, T: Transport>(
        &mut self,
        client: &mut Client<T>,
        wanted: impl Iterator<Item = &'a Somebody>,
    ) {
        let (mut users, mut members) = (Set::default(), Set::default());
        for somebody in wanted {
            match somebody {
                Somebody::User(id) if !self.users.contains_key(id) => users.insert(id.clone()),
                Somebody::Member(id) if !self.members.contains_key(id) => members.insert(id.clone()),
                _ => false,
            };
        }
        self.users.extend(find(client, &user::COLLECTION, users, true));
        self.members.extend(find(client, &member::COLLECTION, members, true));
    }

    /// The membership that has this address, among those that were learned.
    pub fn member_with(&self, address: &str) -> Option<&Member> {
        let members = self.members.values().flatten();
        members
            .into_iter()
            .find(|member| member.email.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(address)))
    }

    /// What was learned of somebody.
    ///
    /// # Errors
    /// Why that isn't known.
    pub fn who(&self, somebody: &Somebody) -> Result<Who> {
        self.known(somebody).map_err(|error| error.about("principal"))
    }

    fn known(&self, somebody: &Somebody) -> Result<Who> {
        let forgotten = || Error::internal("a principal was forgotten");
        match somebody {
            Somebody::Email(address) => {
                Ok(Who::new(ResourceId::new(Kind::Email, address), Some(address.clone()), Standing::None))
            }
            Somebody::User(id) => {
                let user = self.users.get(id).cloned().unwrap_or_else(|| Err(forgotten()))?;
                Ok(Who::new(ResourceId::new(Kind::User, id.as_str()), user.email, Standing::None))
            }
            Somebody::Member(id) => {
                let member = self.members.get(id).cloned().unwrap_or_else(|| Err(forgotten()))?;
                let id = ResourceId::new(Kind::Member, id.as_str());
                Ok(Who::new(id, member.email, standing(member.status)))
            }
        }
    }
}

/// Finds the items with these ids: one by one, or page by page where that takes fewer requests.
/// With `lists_all`, an item that the whole list doesn't have isn't there.
pub(super) fn find<T: Transport, I: Item>(
    client: &mut Client<T>,
    list: &'static Collection,
    wanted: Set<Id>,
    lists_all: bool,
) -> Map<Id, Result<I>> {
    let account_id = client.settings().account_id.clone();
    let (mut missing, mut found) = (wanted, Map::default());
    let read_whole =
        if missing.len() > 1 { find_in_pages(client, list, &mut missing, &mut found) } else { Ok(false) };
    for id in missing {
        let one = list.object(id.clone());
        let item = match (&read_whole, client.stopped()) {
            // Each alone would fail in the same way.
            (Err(error), _) => Err(error.clone()),
            (_, Some(stopped)) => Err(stopped.not_tried()),
            (Ok(true), None) if lists_all => Err(not_found(&one)),
            _ => client
                .one(&one)
                .and_then(|raw| I::read(&raw, &account_id).map_err(|fault| not_understood(&one, &fault))),
        };
        found.insert(id, item);
    }
    found
}

/// Reads pages for as long as that can take fewer requests than asking for what is missing. Returns
/// whether that was the whole list, without a gap: then what is still missing isn't there.
fn find_in_pages<T: Transport, I: Item>(
    client: &mut Client<T>,
    list: &'static Collection,
    missing: &mut Set<Id>,
    found: &mut Map<Id, Result<I>>,
) -> Result<bool> {
    let is_nameless = |fault: &NotUnderstood| fault.id.is_none();
    let mut listing = Listing::<I>::new(list, Ahead::Unsent).looking_for(&is_nameless);
    while let Some(page) = listing.next(client)? {
        for entry in page.items {
            match entry {
                Entry::New(item) if missing.remove(item.id()) => {
                    found.insert(item.id().clone(), Ok(item));
                }
                Entry::NotUnderstood(fault) => {
                    if let Some(id) = fault.id.clone().filter(|id| missing.remove(id)) {
                        found.insert(id.clone(), Err(not_understood(&list.object(id), &fault)));
                    }
                }
                Entry::New(_) | Entry::Repeated(_) => {}
            }
        }
        let Some(rest) = listing.rest() else { break };
        if missing.is_empty() || rest.pages_left().is_some_and(|left| left as usize > missing.len()) {
            break;
        }
    }
    Ok(listing.is_whole())
}

fn not_found(one: &Object) -> Error {
    Error::new(ErrorKind::NotFound, format!("There is no {one} in this account. Read again, then decide."))
}

fn not_understood(one: &Object, fault: &NotUnderstood) -> Error {
    let message = format!("What Cloudflare says of the {one} can't be understood: {}.", fault.why);
    Error::new(ErrorKind::InvalidResponse, message)
}
