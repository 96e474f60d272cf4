//! Makes a group.

use super::nobody::NOBODY;
use super::reading::{NOT_KNOWN, all, has_name, is_not_there};
use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::{Object, Write};
use crate::cloudflare::group::{self, Group};
use crate::cloudflare::id::Id;
use crate::cloudflare::item::{Item, id_of};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::json;
use crate::provision::groups::document::Document;
use crate::provision::groups::limits::MOST_RULES;
use crate::provision::write::{Done, Failed, State, create as send};
use crate::rules::Rule;
use serde_json::value::RawValue;

/// The most groups of an account, unless Cloudflare has agreed to more.
/// <https://developers.cloudflare.com/cloudflare-one/account-limits/>
const MOST_GROUPS: usize = 300;

/// The end of a creation that didn't fail.
#[derive(Debug)]
pub enum Created {
    /// The group is new. It is as it was read back.
    New(Box<Group>),
    /// There is a group with this name, and nothing was written.
    Taken(Id),
}

/// A group that is to be there, or none.
struct NewGroup {
    group: Option<(Group, Document)>,
}

impl NewGroup {
    fn parse(raw: &RawValue, account_id: &str) -> std::result::Result<Self, String> {
        let group = Group::read(raw, account_id).map_err(|fault| fault.why)?;
        Ok(Self { group: Some((group, Document::read(raw, account_id)?)) })
    }

    /// Whether it has what this one has.
    fn is_as(&self, wanted: &Self) -> bool {
        wanted.differs(self).is_none()
    }
}

impl State for NewGroup {
    fn write(&self) -> &'static Write {
        &Write::ADD_GROUP
    }

    fn read(raw: &RawValue, account_id: &str) -> std::result::Result<Self, String> {
        Self::parse(raw, account_id)
    }

    const WHY_NOT_TAKEN: &'static str = Document::WHY_NOT_TAKEN;

    // Cloudflare may keep two groups of one name: no source says that it doesn't.
    fn comes_twice(&self) -> bool {
        true
    }

    fn is_of(&self, object: &Object) -> bool {
        self.group.as_ref().is_some_and(|(group, _)| group.id == object.id)
    }

    fn body(&self) -> Option<String> {
        self.group.as_ref().map(|(_, document)| document.text())
    }

    fn differs(&self, found: &Self) -> Option<String> {
        match (&self.group, &found.group) {
            (Some((_, own)), Some((_, found))) => own.lacks(found),
            (None, None) => None,
            (None, Some(_)) => Some("there is a group with this name".to_owned()),
            (Some(_), None) => Some("there is no group with this name".to_owned()),
        }
    }
}

/// Makes a group with a name, which lets in the people with these addresses, each once. Its first rule lets
/// nobody in, and stays when they go.
///
/// # Errors
/// The reason why there is no such group, or why that isn't known.
pub fn create<T: Transport>(client: &mut Client<T>, name: &str, people: &[String]) -> Result<Created> {
    let groups = all(client, NOT_KNOWN)?;
    if let Some(group) = groups.iter().find(|group| has_name(group, name)) {
        return Ok(Created::Taken(group.id.clone()));
    }
    // More of them show that the account has another limit.
    if groups.len() == MOST_GROUPS {
        return Err(refused(format!(
            "The account has {MOST_GROUPS} Access groups, and by default Cloudflare takes no more. Delete \
             one first. If Cloudflare has raised the limit, make the next group in Cloudflare's dashboard."
        )));
    }
    if people.len() >= MOST_RULES {
        return Err(refused(format!(
            "The group would have {} rules: one for each of its {} members, and one that lets nobody in. \
             Cloudflare takes at most {MOST_RULES} in one group. Divide these people among several groups.",
            people.len() + 1,
            people.len()
        )));
    }
    let after = wanted(name, people, &client.settings().account_id)?;
    let before = NewGroup { group: None };
    let find = |client: &mut Client<T>, answer: Option<&RawValue>| match answer.and_then(id_of) {
        Some(id) => read_back(client, id),
        None => find_by_name(client, name, &after),
    };
    // The name isn't repeated: a secret can stand there by mistake.
    match send(client, ["new Access group", "make a new Access group"], &find, &before, &after) {
        Ok(Done { found: NewGroup { group: Some((group, _)) }, .. }) => Ok(Created::New(Box::new(group))),
        Ok(_) => Err(Error::internal("a group was made and isn't there")),
        Err(Failed { error, .. }) => Err(is_not_there(error)),
    }
}

/// Returns the group as it is sent. Its id isn't sent.
fn wanted(name: &str, people: &[String], account_id: &str) -> Result<NewGroup> {
    let rule = |address: &str| Rule::text("email", "email", address);
    let mut rules = vec![rule(NOBODY)];
    rules.extend(people.iter().map(|address| rule(address)));
    let text = json::Object::default().with_text("id", Some("-")).with_text("name", Some(name));
    let raw = RawValue::from_string(text.with("include", &json::list(&rules)).end());
    let raw = raw.map_err(|_| Error::internal("a group that is no JSON"))?;
    NewGroup::parse(&raw, account_id).map_err(Error::internal)
}

/// Finds the group with a name: one that is as wanted, if there are several.
fn find_by_name<T: Transport>(client: &mut Client<T>, name: &str, wanted: &NewGroup) -> Result<NewGroup> {
    const UNKNOWN: &str = "It isn't known whether there is a group with this name now.";
    let mut found = NewGroup { group: None };
    for group in all(client, UNKNOWN)?.iter().filter(|group| has_name(group, name)) {
        found = read_back(client, group.id.clone())?;
        if found.is_as(wanted) {
            break;
        }
    }
    Ok(found)
}

/// Reads a group after a write. An error says nothing of that.
fn read_back<T: Transport>(client: &mut Client<T>, id: Id) -> Result<NewGroup> {
    let object = group::COLLECTION.object(id);
    let raw = client.one(&object)?;
    let read = NewGroup::parse(&raw, &client.settings().account_id);
    let read = read.map_err(|why| object.not_understood(&why))?;
    if read.is_of(&object) { Ok(read) } else { Err(object.not_understood("it is another one")) }
}

fn refused(why: String) -> Error {
    Error::new(ErrorKind::Conflict, format!("{why} Nothing was written."))
}
