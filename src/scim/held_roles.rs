//! Roles of people. Only a member of the account has roles: somebody who is none is invited with them, and
//! whoever has nothing else in the account leaves it with the last one, where the operator lets people come
//! and go.

use super::failed::{check, misses, problem};
use super::given::Given;
use super::membership::{HeldRole, Membership};
use super::patch::{Change, Edit, Which, ids};
use super::people::{self, Person};
use super::problem::{Problem, ScimType, quoted};
use super::role;
use super::schema::Door;
use super::service::Service;
use super::user_id;
use crate::cloudflare::id::Id;
use crate::cloudflare::member::Status;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind};
use crate::lifecycle::{self, Step};
use crate::model::Kind;
use crate::provision::{self, Operation, Options, Report};
use crate::records::role::entitlement_id;
use crate::sorted::{Map, Set};
use serde_json::{Value, json};

/// Cloudflare's code for somebody who can't be a member without a mail: they have no login at Cloudflare
/// (<https://github.com/app-sre/qontract-reconcile/pull/5079>).
const NO_DIRECT_ADD: &str = "1001";

impl<T: Transport> Service<T> {
    /// Changes the roles of the person with this address. Somebody who `is_leaving` only loses some.
    pub(super) fn change_roles(
        &mut self,
        address: &str,
        changes: &[&Change],
        is_leaving: bool,
    ) -> Result<(), Problem> {
        let member = self.member_with(address)?.member;
        let has = member.as_ref().map_or(&[][..], |member| &member.roles);
        let is_held = |id: &str| has.iter().any(|role| role.id == id);
        // What a member holds through a user group alone isn't among these roles, and the core refuses to
        // take it. Whoever has declined the invitation holds nothing.
        let can_have_more = member.as_ref().is_some_and(|member| member.status != Status::Rejected);
        let wanted = wanted(changes, has);
        let is_news = |(id, is_wanted): &(&String, &bool)| match (**is_wanted, is_held(id)) {
            (true, is_held) => !is_held && !is_leaving,
            (false, true) => true,
            (false, false) => can_have_more && Id::asked(id).is_some(),
        };
        let news: Vec<(&str, bool)> =
            wanted.iter().filter(is_news).map(|(id, is_wanted)| (id.as_str(), *is_wanted)).collect();
        let given: Vec<&str> = news.iter().filter(|(_, is_given)| *is_given).map(|(id, _)| *id).collect();
        given.iter().try_for_each(|id| check_id(id))?;
        let lost = news.iter().filter(|(id, is_given)| !is_given && is_held(id)).count();
        let has_no_more = !has.is_empty() && lost == has.len();
        match &member {
            _ if news.is_empty() => Ok(()),
            None => self.invite(address, &given),
            Some(member) if given.is_empty() && has_no_more && !member.has_scoped => {
                self.end_membership(member)
            }
            Some(member) => self.apply_roles(member, &news),
        }
    }

    fn member_with(&mut self, address: &str) -> Result<Person, Problem> {
        let person = self.session.ask(|client, _| people::with_address(client, address, true));
        person.map_err(|error| problem(&error))
    }

    /// Gives and takes roles of a member.
    fn apply_roles(&mut self, member: &Membership, changes: &[(&str, bool)]) -> Result<(), Problem> {
        let given: Vec<&str> = changes.iter().filter(|(_, is_given)| *is_given).map(|(id, _)| *id).collect();
        let change = |(id, is_given): &(&str, bool)| provision::Change {
            operation: if *is_given { Operation::Grant } else { Operation::Revoke },
            entitlement: entitlement_id(id),
            principal_kind: Kind::Member.as_str().to_owned(),
            principal_id: member.id.to_string(),
        };
        let name = |(id, _): &(&str, bool)| {
            let held = member.roles.iter().find(|held| held.id == *id);
            held.map_or_else(|| format!("The role {id}"), |held| format!("The role {:?}", held.name))
        };
        let which: Vec<String> = changes.iter().map(name).collect();
        let changes: Vec<provision::Change> = changes.iter().map(change).collect();
        let mut apply = |options: &Options| {
            let report = self.session.apply_together(&changes, options);
            self.check_of_roles(&given, &report, &which)
        };
        if changes.len() > 1 {
            // A member's roles are judged when they are written, so what is refused is known only then.
            apply(&Options { dry_run: true, ..Options::default() })?;
        }
        apply(&Options::default())
    }

    /// Invites somebody who is no member of the account, with these roles.
    fn invite(&mut self, address: &str, roles: &[&str]) -> Result<(), Problem> {
        if !self.doors.lifecycle {
            return Err(Problem::mutability(format!(
                "This person is no member of the Cloudflare account, and only a member can have roles. \
                 Nobody is invited through this service, because its operator hasn't set {} to true. Invite \
                 them in Cloudflare's dashboard. Nothing was written.",
                Door::Lifecycle.variable()
            )));
        }
        let mut invite = |without_mail: bool| {
            let entitlements = roles.iter().map(|id| entitlement_id(id)).collect();
            let step = Step::Invite { address: address.to_owned(), entitlements, without_mail };
            self.session.apply_steps(&[step], &lifecycle::Options::default())
        };
        let mut report = invite(self.switches.without_mail);
        let needs_mail =
            |error: &Error| error.kind == ErrorKind::Refused && error.code.as_deref() == Some(NO_DIRECT_ADD);
        if self.switches.without_mail
            && report.results.iter().filter_map(|it| it.as_ref().err()).any(needs_mail)
        {
            report = invite(false);
        }
        self.check_of_roles(roles, &report, &[address.to_owned()])
    }

    /// Checks a report about roles that were to be given. One that isn't there is a fault of the request.
    fn check_of_roles(&mut self, given: &[&str], report: &Report, whom: &[String]) -> Result<(), Problem> {
        match check(report, whom) {
            Err(problem) if misses(report) && given.iter().any(|id| self.is_no_role(id)) => {
                Err(Problem::invalid_value(format!(
                    "{} GET /Roles tells those that there are. Nothing was written.",
                    problem.detail
                )))
            }
            checked => checked,
        }
    }

    /// Whether it is known that there is no role with this id.
    fn is_no_role(&mut self, id: &str) -> bool {
        let read = |id: Id| self.session.ask(|client, _| role::with_id(client, &id));
        Id::asked(id).map(read).is_some_and(|role| matches!(role, Ok(None)))
    }

    /// Ends the membership of somebody who is to have no role any more: Cloudflare keeps no member without
    /// one.
    fn end_membership(&mut self, member: &Membership) -> Result<(), Problem> {
        if !self.doors.lifecycle {
            return Err(Problem::mutability(format!(
                "These are all roles of this person, and without one the membership of the Cloudflare \
                 account would have to end. Nobody is removed through this service, because its operator \
                 hasn't set {} to true. Nothing was written.",
                Door::Lifecycle.variable()
            )));
        }
        let roles: Set<String> = member.roles.iter().map(|role| role.id.clone()).collect();
        check(&self.session.end_membership(&member.id, roles), &[])
    }

    /// Invites somebody who is to be added, if the body gives roles. Returns whether it was done.
    ///
    /// # Errors
    /// The person is there already, or can't have the roles. Nobody was invited then, or the sentence says
    /// so.
    pub(super) fn invite_new(&mut self, address: &str, body: &Given) -> Result<bool, Problem> {
        let roles: Set<String> = role_ids(body.items("roles").unwrap_or_default()).collect();
        let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
        if roles.is_empty() {
            return Ok(false);
        }
        if !self.doors.provisioning {
            return Err(Problem::mutability(format!(
                "Roles can't be given through this service, because its operator hasn't set {} to true. \
                 Nobody was added. Send the person without roles.",
                Door::Provisioning.variable()
            )));
        }
        roles.iter().try_for_each(|id| check_id(id))?;
        let Person { users, member, .. } = self.member_with(address)?;
        let has_these = |member: &Membership| {
            member.roles.len() == roles.len()
                && member.roles.iter().all(|role| roles.contains(&role.id.as_str()))
        };
        match member {
            None if users.is_empty() => self.invite(address, &roles).map(|()| true),
            // An earlier request has invited them, and came no further.
            Some(member) if users.is_empty() && has_these(&member) => Ok(false),
            _ => Err(Problem::uniqueness(format!(
                "There is a user with this address, whose roles can be changed. Its id is {}. Nothing was \
                 written.",
                user_id::of_address(address)
            ))),
        }
    }
}

/// Returns whether each role that changes name is to be held, by its id. `has` are the roles that the person
/// has.
fn wanted(changes: &[&Change], has: &[HeldRole]) -> Map<String, bool> {
    let mut wanted: Map<String, bool> = Map::default();
    for change in changes {
        match &change.edit {
            Edit::Add(items) => wanted.extend(role_ids(items).map(|id| (id, true))),
            Edit::Remove(Which::Items(items)) => wanted.extend(role_ids(items).map(|id| (id, false))),
            Edit::Replace(value) => {
                let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
                let known = has.iter().map(|role| (role.id.clone(), false));
                let all: Vec<_> = wanted.iter().map(|(id, _)| (id.clone(), false)).chain(known).collect();
                wanted = all.into_iter().chain(role_ids(items).map(|id| (id, true))).collect();
            }
            Edit::Remove(which) => {
                let is_meant = |HeldRole { id, name, .. }: &&HeldRole| match which {
                    Which::Matching(filter) => filter.matches(&json!({"value": id, "display": name})),
                    _ => true,
                };
                wanted.extend(has.iter().filter(is_meant).map(|role| (role.id.clone(), false)));
            }
        }
    }
    wanted
}

/// Returns the ids of roles as Cloudflare spells them, and what is none as it came.
fn role_ids(items: &[Value]) -> impl Iterator<Item = String> {
    ids(items).map(|id| Id::asked(id).map_or_else(|| id.to_owned(), |id| id.to_string()))
}

/// Checks that a text has the form of a role's id.
fn check_id(role: &str) -> Result<(), Problem> {
    let why = || format!("{} is no id of a role. GET /Roles tells those that there are. ", quoted(role));
    match Id::asked(role) {
        Some(_) => Ok(()),
        None => Err(Problem::invalid_value(why() + "Nothing was written.")),
    }
}

/// Tells that somebody who was to be added was invited, and no more than that.
pub(super) fn only_invited(mut problem: Problem) -> Problem {
    if problem.status == 400 {
        // It is no refusal of the whole, as 400 is elsewhere.
        (problem.status, problem.scim_type) = (409, None);
    }
    problem.detail = format!(
        "The person was invited to the account with these roles. They weren't added as an Access user, or \
         that isn't known: {} The same request again does what is missing.",
        problem.detail.trim_end_matches(" Nothing was written.")
    );
    problem
}

/// Puts together what came of the roles of somebody who leaves, and of leaving.
pub(super) fn both(roles: Result<(), Problem>, left: Result<(), Problem>) -> Result<(), Problem> {
    match (roles, left) {
        (Ok(()), left) => left,
        (Err(problem), Ok(())) => {
            let is_refused = problem.scim_type == Some(ScimType::Mutability);
            let (status, scim_type) =
                if is_refused { (409, None) } else { (problem.status, problem.scim_type) };
            let why = problem.detail.trim_end_matches(" Nothing was written.");
            let detail = format!("The person was deactivated. Their roles couldn't be changed: {why}");
            Err(Problem { status, scim_type, detail, ..problem })
        }
        (Err(roles), Err(mut left)) => {
            let why = roles.detail.trim_end_matches(" Nothing was written.");
            left.detail = format!("{} Their roles couldn't be changed either: {why}", left.detail);
            Err(left)
        }
    }
}
