//! Writing: members of groups, roles of people, and people who come and leave. Every change goes through the
//! core's own plan, and what it refuses is refused here with its sentence.

use super::failed::{after_change, check, problem};
use super::given::Given;
use super::group;
use super::groups::members_of;
use super::leavers::{Leave, leave};
use super::members::{changes_of, need_current};
use super::patch::{Change, Edit, Patch, Which, ids};
use super::people;
use super::problem::{Problem, quoted};
use super::projection::Projection;
use super::schema::{Door, GROUP};
use super::service::{Answer, Service, Type, answer, nothing};
use super::user_id;
use super::version::{Preconditions, shown};
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::identities::plain_address;
use crate::lifecycle::{self, Step};
use crate::model::Kind;
use crate::provision::{self, Operation, Options, Status};
use crate::records;
use crate::sorted::Map;
use serde_json::{Value, json};

impl<T: Transport> Service<T> {
    /// Changes a resource as the body of a PATCH says.
    ///
    /// # Errors
    /// It can't be changed so. The sentence says what was done, if something was.
    pub fn patch(
        &mut self,
        of: Type,
        id: &str,
        body: &Value,
        projection: &Projection,
        preconditions: &Preconditions,
    ) -> Result<Answer, Problem> {
        self.check_writable(of)?;
        let patch = Patch::parse(body, of.schema(), self.doors)?;
        self.change(of, id, &patch, preconditions)?;
        // Members can be many, and a client that has just sent some doesn't need them again.
        let mut attributes = GROUP.core.attributes.iter();
        let is_asked_for = attributes.any(|attribute| projection.asks_for(attribute.name, &GROUP));
        if of == Type::Group && !is_asked_for {
            return Ok(Answer { status: 204, body: None, version: None, location: None });
        }
        self.get(of, id, projection, &Preconditions::default()).map_err(after_change)
    }

    /// Changes a resource as the body of a PUT says. What the body doesn't have stays as it is.
    ///
    /// # Errors
    /// It can't be changed so. The sentence says what was done, if something was.
    pub fn put(
        &mut self,
        of: Type,
        id: &str,
        body: &Value,
        projection: &Projection,
        preconditions: &Preconditions,
    ) -> Result<Answer, Problem> {
        self.check_writable(of)?;
        let patch = Given::parse(body, of.schema())?.into_patch(of.schema(), self.doors);
        self.change(of, id, &patch, preconditions)?;
        self.get(of, id, projection, &Preconditions::default()).map_err(after_change)
    }

    /// Makes a resource.
    ///
    /// # Errors
    /// It can't be made, or it is there.
    pub fn post(&mut self, of: Type, body: &Value, projection: &Projection) -> Result<Answer, Problem> {
        if of != Type::User {
            return Err(Problem::new(
                501,
                "Groups aren't created through this service: Cloudflare keeps no group without an include \
                 rule. Create the group in Cloudflare's dashboard, and link it to the platform's.",
            ));
        }
        self.check_door(Door::Lifecycle)?;
        let body = Given::parse(body, of.schema())?;
        let given = body.required("userName")?;
        let address = plain_address(given).map(str::to_ascii_lowercase).ok_or_else(|| {
            Problem::invalid_value(format!(
                "The userName {} is not one plain address in ASCII. A user of this service is an address. \
                 Nothing was written.",
                quoted(given)
            ))
        })?;
        if body.flag("active") == Some(false) {
            return Err(Problem::invalid_value(
                "Nobody can be added as inactive: Cloudflare has no such state. Nothing was written.",
            ));
        }
        let name = body.text("displayName").map(str::to_owned);
        let step = Step::AddUser { address: address.clone(), name };
        let report = self.session.apply_steps(&[step], &lifecycle::Options::default());
        check(&report)?;
        let is_new = |outcome: &provision::Outcome| outcome.status == Status::Applied;
        if !report.results.iter().flatten().any(is_new) {
            return Err(Problem::uniqueness(format!(
                "There is a user with this address. Its id is {}.",
                user_id::of_address(&address)
            )));
        }
        let resource = self.user(&user_id::of_address(&address), false).map_err(after_change)?;
        let location = resource.get("meta").and_then(|meta| meta.get("location")).and_then(Value::as_str);
        let location = location.map(str::to_owned);
        Ok(Answer { location, ..answer(201, of, resource, projection, &Preconditions::default()) })
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// It can't be deleted, or something still lets the person in. The sentence says what was done.
    pub fn delete(&mut self, of: Type, id: &str, preconditions: &Preconditions) -> Result<Answer, Problem> {
        if of != Type::User {
            return Err(Problem::new(
                501,
                "Groups aren't deleted through this service: policies can name them. Delete the group in \
                 Cloudflare's dashboard.",
            ));
        }
        self.check_door(Door::Lifecycle)?;
        let address = self.check_user(id, preconditions)?;
        let how = Leave::Deleted { memberships: self.doors.provisioning };
        leave(&mut self.session, &address, how, self.only_reports)?;
        Ok(Answer { status: 204, body: None, version: None, location: None })
    }

    /// Checks that there is such a user, and that the client knows its version if it says so. Returns the
    /// address.
    fn check_user(&mut self, id: &str, preconditions: &Preconditions) -> Result<String, Problem> {
        let user = self.user(id, false)?;
        preconditions.check(shown(&user).unwrap_or_default())?;
        user_id::address_of(id).ok_or_else(|| nothing(Type::User))
    }

    fn check_writable(&self, of: Type) -> Result<(), Problem> {
        match of {
            Type::User if self.doors.lifecycle || self.doors.provisioning => Ok(()),
            Type::User => Err(Problem::new(
                403,
                "Nothing of a user can be changed through this service, because its operator has set neither \
                 CONNECTOR_LIFECYCLE to true, which lets people be deactivated, nor CONNECTOR_PROVISIONING, \
                 which lets their roles be changed.",
            )),
            _ => self.check_door(Door::Provisioning),
        }
    }

    /// Checks that the operator lets clients change this.
    fn check_door(&self, door: Door) -> Result<(), Problem> {
        if self.doors.is_open(door) {
            return Ok(());
        }
        let nothing = match door {
            Door::Provisioning => "Nothing can be changed",
            Door::Lifecycle => "Nobody can be added, deactivated or deleted",
        };
        let variable = door.variable();
        let detail =
            format!("{nothing} through this service, because its operator hasn't set {variable} to true.");
        Err(Problem::new(403, detail))
    }

    fn change(
        &mut self,
        of: Type,
        id: &str,
        patch: &Patch,
        preconditions: &Preconditions,
    ) -> Result<(), Problem> {
        match of {
            Type::Group => self.change_group(id, patch, preconditions),
            Type::User => self.change_user(id, patch, preconditions),
            Type::Role => Err(Problem::new(501, "Roles are Cloudflare's own, and can't be changed.")),
        }
    }

    fn change_group(
        &mut self,
        id: &str,
        patch: &Patch,
        preconditions: &Preconditions,
    ) -> Result<(), Problem> {
        let mut current = None;
        if preconditions.if_match.is_some()
            || !patch.claims.is_empty()
            || patch.operations.is_empty()
            || need_current(&patch.operations)
        {
            let group = self.group(id)?;
            preconditions.check(&group::version_of(&group))?;
            patch.check(&group::render(&self.base, &group, &self.account_id))?;
            current = Some(members_of(&group, &self.account_id));
        }
        let group = Id::asked(id).ok_or_else(|| nothing(Type::Group))?;
        let changes = changes_of(&group, &patch.operations, current.as_ref())?;
        if changes.is_empty() {
            return Ok(());
        }
        check(&self.session.apply_together(&changes, &Options::default()))
    }

    fn change_user(&mut self, id: &str, patch: &Patch, preconditions: &Preconditions) -> Result<(), Problem> {
        let user = self.user(id, patch.reads("groups"))?;
        preconditions.check(shown(&user).unwrap_or_default())?;
        patch.check(&user)?;
        let address = user_id::address_of(id).ok_or_else(|| nothing(Type::User))?;
        let roles: Vec<&Change> = patch.operations.iter().filter(|change| change.is_of("roles")).collect();
        if !roles.is_empty() {
            self.change_roles(&address, &roles)?;
        }
        let active = patch.operations.iter().rev().find(|change| change.is_of("active"));
        match active.map(|change| &change.edit) {
            Some(Edit::Replace(Value::Bool(false))) => {
                leave(&mut self.session, &address, Leave::Deactivated, self.only_reports)
            }
            // What lets people in are groups, which the platform gives beside this.
            _ => Ok(()),
        }
    }

    fn change_roles(&mut self, address: &str, changes: &[&Change]) -> Result<(), Problem> {
        let person = self.session.ask(|client, _| people::with_address(client, address, true));
        let member = person.map_err(|error| problem(&error))?.member.ok_or_else(|| {
            Problem::mutability(
                "This person is no member of the Cloudflare account, and only a member can have roles. \
                 Invite them first. Nothing was written.",
            )
        })?;
        let has = |id: &str| member.roles.iter().any(|(role, ..)| role == id);
        let mut wanted: Map<String, bool> = Map::default();
        for change in changes {
            match &change.edit {
                Edit::Add(items) => wanted.extend(ids(items).map(|id| (id.to_owned(), true))),
                Edit::Remove(Which::Items(items)) => {
                    wanted.extend(ids(items).map(|id| (id.to_owned(), false)));
                }
                Edit::Replace(value) => {
                    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
                    let known = member.roles.iter().map(|(id, ..)| (id.clone(), false));
                    let all: Vec<_> = wanted.iter().map(|(id, _)| (id.clone(), false)).chain(known).collect();
                    wanted = all.into_iter().chain(ids(items).map(|id| (id.to_owned(), true))).collect();
                }
                Edit::Remove(which) => {
                    let is_meant = |id: &str, name: &str| match which {
                        Which::Matching(filter) => filter.matches(&json!({"value": id, "display": name})),
                        _ => true,
                    };
                    let meant = member.roles.iter().filter(|(id, name, _)| is_meant(id, name));
                    wanted.extend(meant.map(|(id, ..)| (id.clone(), false)));
                }
            }
        }
        let change = |(id, is_wanted): (&String, &bool)| provision::Change {
            operation: if *is_wanted { Operation::Grant } else { Operation::Revoke },
            entitlement: records::role::entitlement_id(id),
            principal_kind: Kind::Member.as_str().to_owned(),
            principal_id: member.id.to_string(),
        };
        let changes: Vec<provision::Change> =
            wanted.iter().filter(|(id, is_wanted)| has(id) != **is_wanted).map(change).collect();
        if changes.is_empty() {
            return Ok(());
        }
        let mut apply = |options: &Options| {
            let report = self.session.apply_together(&changes, options);
            check(&report).map_err(|problem| match problem.status {
                // The person is there, and a platform must not take them for gone.
                404 => Problem::invalid_value(format!(
                    "{} GET /Roles tells those that there are. Nothing was written.",
                    problem.detail
                )),
                _ => problem,
            })
        };
        if changes.len() > 1 {
            // A member's roles are judged when they are written, so what is refused is known only then.
            apply(&Options { dry_run: true, ..Options::default() })?;
        }
        apply(&Options::default())
    }
}
