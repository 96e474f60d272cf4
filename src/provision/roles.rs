//! Changes of roles: one account member at a time, all changes of it in one write of the whole list
//! of roles.

use super::Call;
use super::change::{NOTHING, Operation, Outcome, Somebody, Status, Write};
use super::groups::{contradiction, not_read_back, opposed};
use super::people::find;
use super::write::{Failed, Now, State, fetch, write};
use crate::cloudflare::endpoint::Object;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::{Item, NotUnderstood};
use crate::cloudflare::listing::{Ahead, Gap, Listing};
use crate::cloudflare::member::{self, Member, Status as Standing};
use crate::cloudflare::role::{self, Role};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::json::{self, list, quoted};
use crate::model::{Kind, ResourceId};
use crate::records;
use crate::sorted::{Map, Set, sort_by};
use serde_json::value::RawValue;

/// *Super Administrator - All Privileges*: an account without one can't be administered any more.
/// The list of roles may leave it out.
const SUPER_ADMINISTRATOR: &str = "33666b9c79b9a5273fc7344ff42f953d";
/// How many pages of members are looked through for the membership of somebody that a role can't be
/// given to.
const PAGES_FOR_A_HINT: u32 = 10;

/// A change of a role, as it was asked for.
pub(super) type OnRole = (usize, Operation, Id, Somebody);

/// What the changes of roles rest on.
#[derive(Default)]
pub(super) struct Roles {
    /// In the order in which they are written.
    members: Vec<(Id, Vec<Asked>)>,
    /// Those that are to be granted.
    granted: Map<Id, Role>,
    /// Accepted members that hold the role: all, or one more than lose it.
    super_administrators: Set<Id>,
    /// The part of the list of members that may have more of these.
    unseen: Option<Gap>,
}

/// A change of a role of a member.
#[derive(Clone, Debug)]
struct Asked {
    index: usize,
    operation: Operation,
    role: Id,
}

/// What is to be done for a change.
enum Verdict {
    Unchanged(&'static str),
    Add(Role),
    Take(Role),
    Refused(Error),
}

impl State for Member {
    fn read(raw: &RawValue, account_id: &str) -> std::result::Result<Self, String> {
        Item::read(raw, account_id).map_err(|fault: crate::cloudflare::item::NotUnderstood| fault.why)
    }

    fn is_of(&self, one: &Object) -> bool {
        self.id == one.id
    }

    fn body(&self) -> String {
        let role = |role: &Role| json::Object::default().with_text("id", Some(role.id.as_str())).end();
        let roles: Vec<String> = self.roles.iter().map(role).collect();
        json::Object::default().with("roles", &list(&roles)).end()
    }

    fn differs(&self, found: &Self) -> Option<String> {
        let only_in = |one: &Self, other: &Self, what: &str| {
            let ids = one.roles.iter().map(|role| &role.id).filter(|id| !holds(other, id));
            ids.min().map(|id| format!("it {what} the role {id}"))
        };
        let (lacks, more) = (only_in(self, found, "lacks"), only_in(found, self, "also has"));
        let unknown = found.roles_missing.then(|| "its roles aren't all told".to_owned());
        let told: Vec<String> = [lacks, more, unknown].into_iter().flatten().collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}

impl<T: Transport> Call<'_, T> {
    /// Learns which roles there are, and who is a Super Administrator, as far as the changes need
    /// it. What fails is settled.
    pub(super) fn learn_roles(&mut self, changes: Vec<OnRole>) -> Roles {
        let mut asked = Vec::new();
        let mut wrong = Vec::new();
        for (index, operation, role, somebody) in changes {
            match somebody {
                Somebody::Member(member) => asked.push((member, Asked { index, operation, role })),
                other => wrong.push((index, other)),
            }
        }
        self.refuse_other_holders(&wrong);
        self.refuse_opposite_roles(&mut asked);
        let mut roles = Roles::default();
        self.learn_granted(&mut asked, &mut roles);
        self.learn_super_administrators(&mut asked, &mut roles);
        let gives_super =
            |asked: &Asked| asked.operation == Operation::Grant && asked.role.as_str() == SUPER_ADMINISTRATOR;
        for (member, asked) in asked {
            match roles.members.iter_mut().find(|(known, _)| *known == member) {
                Some((_, changes)) => changes.push(asked),
                None => roles.members.push((member, vec![asked])),
            }
        }
        // A successor comes before the one who goes.
        let goes_last = |(_, asked): &(Id, Vec<Asked>)| !asked.iter().any(gives_super);
        sort_by(&mut roles.members, |a, b| goes_last(a).cmp(&goes_last(b)));
        roles
    }

    /// Only a membership holds roles: says which one has the address, where that is known.
    fn refuse_other_holders(&mut self, wrong: &[(usize, Somebody)]) {
        if wrong.is_empty() {
            return;
        }
        self.people.learn(self.client, wrong.iter().map(|(_, somebody)| somebody));
        let address = |call: &Self, somebody| {
            call.people.who(somebody).ok().and_then(|who| who.address_key().map(str::to_owned))
        };
        let (mut wanted, mut found) = (Set::default(), Map::default());
        for address in wrong.iter().filter_map(|(_, somebody)| address(self, somebody)) {
            match self.people.member_with(&address) {
                Some(member) => found.insert(address, member.id.clone()).is_some(),
                None => wanted.insert(address),
            };
        }
        if !wanted.is_empty() {
            // Without the list the answer is the same, and says less.
            let _ = self.each_member(Some(PAGES_FOR_A_HINT), &|_| false, &mut |member| {
                let address = member.email.as_deref().unwrap_or_default().to_ascii_lowercase();
                if wanted.remove(&address) {
                    found.insert(address, member.id);
                }
                wanted.is_empty()
            });
        }
        for (index, somebody) in wrong {
            let hint = match address(self, somebody).and_then(|address| found.get(&address)) {
                Some(member) => format!("The membership with this address is member:{member}."),
                None => "Name the membership of this person, where there is one.".to_owned(),
            };
            let message = format!("Only an account member can hold a role. {hint}");
            self.settle(*index, Err(Error::argument("principal", message)));
        }
    }

    /// Looks at the account's members until `enough`, or for so many pages.
    ///
    /// # Errors
    /// The list can't be read; or it ended without `enough`, and a member may not have been seen.
    /// `matters` says which of those that can't be understood could be one that is looked for.
    pub(super) fn each_member(
        &mut self,
        pages: Option<u32>,
        matters: &dyn Fn(&NotUnderstood) -> bool,
        enough: &mut dyn FnMut(Member) -> bool,
    ) -> Result<Option<Gap>> {
        let mut listing = Listing::<Member>::new(&member::COLLECTION, Ahead::Unsent).looking_for(matters);
        while let Some(page) = listing.next(self.client)? {
            let number = page.at.page;
            if page.into_new_items().any(&mut *enough) || pages.is_some_and(|pages| number >= pages) {
                return Ok(None);
            }
        }
        Ok(listing.gap().cloned())
    }

    fn refuse_opposite_roles(&mut self, asked: &mut Vec<(Id, Asked)>) {
        let keys = asked.iter().map(|(member, asked)| ((member, &asked.role), asked.operation));
        let mut opposed = opposed(keys).into_iter();
        asked.retain(|(member, asked)| {
            let is_opposed = opposed.next().unwrap_or_default();
            if is_opposed {
                self.settle(asked.index, Err(contradiction(Kind::Member, member)));
            }
            !is_opposed
        });
    }

    fn learn_granted(&mut self, asked: &mut Vec<(Id, Asked)>, roles: &mut Roles) {
        let grants = asked.iter().filter(|(_, asked)| asked.operation == Operation::Grant);
        let wanted: Set<Id> = grants.map(|(_, asked)| asked.role.clone()).collect();
        let found: Map<Id, Result<Role>> = find(self.client, &role::COLLECTION, wanted, false);
        asked.retain(|(_, asked)| match found.get(&asked.role) {
            Some(Err(error)) if asked.operation == Operation::Grant => {
                self.settle(asked.index, Err(error.clone().about("entitlement")));
                false
            }
            _ => true,
        });
        roles.granted = found.into_iter().filter_map(|(id, role)| Some((id, role.ok()?))).collect();
    }

    /// Finds accepted Super Administrators: as many as the call takes, and one more.
    fn learn_super_administrators(&mut self, asked: &mut Vec<(Id, Asked)>, roles: &mut Roles) {
        let loses = |asked: &Asked| {
            asked.operation == Operation::Revoke && asked.role.as_str() == SUPER_ADMINISTRATOR
        };
        let losing: Set<Id> =
            asked.iter().filter(|(_, asked)| loses(asked)).map(|(member, _)| member.clone()).collect();
        if losing.is_empty() {
            return;
        }
        let found = &mut roles.super_administrators;
        let learned = self.each_member(None, &|_| true, &mut |member| {
            let holds = member.roles.iter().any(|role| role.id.as_str() == SUPER_ADMINISTRATOR);
            if holds && member.status == Standing::Accepted {
                found.insert(member.id);
            }
            found.len() > losing.len()
        });
        match learned {
            Ok(gap) => roles.unseen = gap,
            Err(error) => asked.retain(|(_, asked)| {
                if loses(asked) {
                    self.settle(asked.index, Err(error.clone()));
                }
                !loses(asked)
            }),
        }
    }

    /// Writes what is right, one member after another.
    pub(super) fn change_roles(&mut self, mut roles: Roles) {
        for (member, asked) in std::mem::take(&mut roles.members) {
            match self.stopped(Kind::Role) {
                Some(stopped) => {
                    asked.iter().for_each(|asked| self.settle(asked.index, Err(stopped.clone())))
                }
                None => self.change_member(member, &asked, &mut roles),
            }
        }
    }

    fn change_member(&mut self, id: Id, asked: &[Asked], roles: &mut Roles) {
        let one = member::COLLECTION.object(id.clone());
        let about = format!("{}:{id}", Kind::Member);
        let before: Member = match fetch(self.client, &one) {
            Ok(member) => member,
            Err(error) => {
                self.note(Kind::Role, Some(&error));
                asked
                    .iter()
                    .for_each(|asked| self.settle(asked.index, Err(error.clone().about(about.as_str()))));
                return;
            }
        };
        let super_administrators = roles.super_administrators.clone();
        let verdicts = plan(&before, asked, roles);
        let mut after = before.clone();
        for verdict in &verdicts {
            match verdict {
                Verdict::Add(role) if !holds(&after, &role.id) => after.roles.push(role.clone()),
                Verdict::Take(role) => after.roles.retain(|held| held.id != role.id),
                _ => {}
            }
        }
        let mut failed = None;
        if verdicts.iter().any(|verdict| matches!(verdict, Verdict::Add(_) | Verdict::Take(_))) {
            let on = ResourceId::new(Kind::Member, id.as_str());
            let sent = Write { on: on.clone(), before: shown(&before), after: shown(&after) };
            let written = if self.dry_run { Ok(None) } else { write(self.client, &one, &before, &after) };
            self.note(Kind::Role, written.as_ref().err().map(|failed| &failed.error));
            match written {
                Ok(warning) => {
                    self.warnings.extend(warning.map(|message| not_read_back(on, message)));
                    self.record(sent);
                }
                Err(Failed { error, now }) => {
                    failed = Some(error.about(about.as_str()));
                    match now {
                        // Whoever was to lose the role still has it.
                        Now::Before => roles.super_administrators = super_administrators,
                        // Who counted on them is refused, rather than nobody left.
                        Now::Theirs(_) => {}
                        Now::Unknown => self.record(sent),
                        Now::Gone => self.record(Write { after: NOTHING.to_owned(), ..sent }),
                        Now::Other(found) => self.record(Write { after: shown(&found), ..sent }),
                    }
                }
            }
        }
        for (asked, verdict) in asked.iter().zip(verdicts) {
            let result = match (verdict, &failed) {
                (Verdict::Refused(error), _) => Err(error.about(about.as_str())),
                (Verdict::Unchanged(why), _) => Ok(Outcome::unchanged(why)),
                (Verdict::Add(_) | Verdict::Take(_), Some(error)) => Err(error.clone()),
                (Verdict::Add(role), None) => {
                    if role.id.as_str() == SUPER_ADMINISTRATOR && before.status == Standing::Accepted {
                        roles.super_administrators.insert(id.clone());
                    }
                    Ok(self.role_outcome(&after, &role, true))
                }
                (Verdict::Take(role), None) => Ok(self.role_outcome(&after, &role, false)),
            };
            self.settle(asked.index, result);
        }
    }

    fn role_outcome(&self, member: &Member, role: &Role, is_grant: bool) -> Outcome {
        let name = role.name.as_deref().unwrap_or(role.id.as_str());
        let done = match (is_grant, self.dry_run) {
            (true, false) => "Gave",
            (true, true) => "Would give",
            (false, false) => "Took",
            (false, true) => "Would take",
        };
        let waits = match member.status {
            Standing::Pending if is_grant => " It takes effect when the invitation is accepted.",
            _ => "",
        };
        Outcome {
            status: if self.dry_run { Status::Planned } else { Status::Applied },
            detail: format!("{done} the role {name:?}.{waits}"),
            added: is_grant.then(|| records::role::grant(member, role)).into_iter().collect(),
            removed: (!is_grant)
                .then(|| records::role::entitlement_id(role.id.as_str()))
                .into_iter()
                .collect(),
        }
    }
}

fn holds(member: &Member, role: &Id) -> bool {
    member.roles.iter().any(|held| held.id == *role)
}

/// A member's roles as the contract's `write` shows them.
fn shown(member: &Member) -> String {
    let role = |role: &Role| {
        let name = role.name.as_deref().map_or("null".to_owned(), quoted);
        json::Object::default().with_text("id", Some(role.id.as_str())).with("name", &name).end()
    };
    let roles: Vec<String> = member.roles.iter().map(role).collect();
    json::Object::default().with("roles", &list(&roles)).end()
}

/// Decides on all changes of one member, as it is now.
fn plan(member: &Member, asked: &[Asked], roles: &mut Roles) -> Vec<Verdict> {
    let refuses = crate::roles::why_they_stay(member);
    let adds = |asked: &&Asked| asked.operation == Operation::Grant && !holds(member, &asked.role);
    let added: Set<&Id> = asked.iter().filter(adds).map(|asked| &asked.role).collect();
    let mut left = member.roles.len() + added.len();
    let mut taken = Set::default();
    let mut verdicts = Vec::new();
    for asked in asked {
        let held = member.roles.iter().find(|held| held.id == asked.role);
        let role = held.or_else(|| roles.granted.get(&asked.role));
        let verdict = match (asked.operation, held, role) {
            (Operation::Grant, Some(_), _) if member.status != Standing::Rejected => {
                Verdict::Unchanged("The member has this role already.")
            }
            (Operation::Revoke, None, _) if !member.roles_missing => {
                Verdict::Unchanged("The member doesn't have this role.")
            }
            _ if refuses.is_some() => Verdict::Refused(refused(refuses.unwrap_or_default())),
            (Operation::Grant, None, Some(role)) => Verdict::Add(role.clone()),
            (Operation::Revoke, Some(role), _) if taken.contains(&asked.role) => Verdict::Take(role.clone()),
            (Operation::Revoke, Some(_), _) if left == 1 => Verdict::Refused(refused(
                "This is the member's last role: a membership without one would have to be deleted, which this doesn't do.",
            )),
            (Operation::Revoke, Some(role), _) => {
                let is_last = asked.role.as_str() == SUPER_ADMINISTRATOR
                    && member.status == Standing::Accepted
                    && !roles.super_administrators.iter().any(|other| *other != member.id);
                if is_last {
                    Verdict::Refused(last_super_administrator(roles.unseen.as_ref()))
                } else {
                    if asked.role.as_str() == SUPER_ADMINISTRATOR {
                        roles.super_administrators.remove(&member.id);
                    }
                    left -= 1;
                    taken.insert(asked.role.clone());
                    Verdict::Take(role.clone())
                }
            }
            _ => Verdict::Refused(Error::internal("a role was forgotten")),
        };
        verdicts.push(verdict);
    }
    verdicts
}

/// Refuses to take the role from an accepted Super Administrator, where no other one was seen.
fn last_super_administrator(unseen: Option<&Gap>) -> Error {
    match unseen {
        None => refused(
            "This is the account's last Super Administrator who has accepted: nobody could administer the account any more.",
        ),
        Some(gap) => gap.error(
            "Nothing was written, because it isn't known whether another accepted Super Administrator stays.",
            &member::COLLECTION,
        ),
    }
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Refused, format!("{why} Nothing was written."))
}
