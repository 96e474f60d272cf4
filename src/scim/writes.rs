//! Writing: members of groups, and people who come and leave. Every change goes through the
//! core's own plan, and what it refuses is refused here with its sentence.

use super::failed::check;
use super::given::Given;
use super::group;
use super::groups::members_of;
use super::held_roles::{both, only_invited};
use super::leavers::{Leave, leave};
use super::members::{changes_of, need_current};
use super::patch::{Change, Edit, Patch};
use super::problem::{Problem, quoted};
use super::projection::Projection;
use super::schema::{Door, GROUP, USER};
use super::service::{Answer, Service, Type, answer, nothing};
use super::user_groups;
use super::user_id;
use super::version::{Preconditions, shown};
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::identities::plain_address;
use crate::lifecycle::{self, Step};
use crate::provision::{self, Options, Status};
use serde_json::Value;

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
        if of == Type::User {
            return self.changed_user(id, projection);
        }
        // Members can be many, and a client that has just sent some doesn't need them again.
        let mut attributes = GROUP.core.attributes.iter();
        let is_asked_for = attributes.any(|attribute| projection.asks_for(attribute.name, &GROUP));
        if of == Type::Group && !is_asked_for {
            return Ok(Answer { status: 204, body: None, version: None, location: None });
        }
        self.get(of, id, projection, &Preconditions::default())
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
        match of {
            Type::User => self.changed_user(id, projection),
            _ => self.get(of, id, projection, &Preconditions::default()),
        }
    }

    /// Returns a user who has just been changed. Whoever has nothing left is shown once more, as inactive:
    /// for a client, 404 would be a failure.
    fn changed_user(&mut self, id: &str, projection: &Projection) -> Result<Answer, Problem> {
        let user = self.user_now(id, projection.wants("groups", &USER))?;
        Ok(answer(200, Type::User, user, projection, &Preconditions::default()))
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
        let is_invited = self.invite_new(&address, &body)?;
        let name = body.text("displayName").map(str::to_owned);
        let step = Step::AddUser { address: address.clone(), name };
        let report = self.session.apply_steps(&[step], &lifecycle::Options::default());
        check(&report).map_err(|problem| if is_invited { only_invited(problem) } else { problem })?;
        let is_new = |outcome: &provision::Outcome| outcome.status == Status::Applied;
        if !report.results.iter().flatten().any(is_new) {
            return Err(Problem::uniqueness(format!(
                "There is a user with this address. Its id is {}.",
                user_id::of_address(&address)
            )));
        }
        let resource = self.user(&user_id::of_address(&address), false)?;
        let location = resource.get("meta").and_then(|meta| meta.get("location")).and_then(Value::as_str);
        let location = location.map(str::to_owned);
        Ok(Answer { location, ..answer(201, of, resource, projection, &Preconditions::default()) })
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// It can't be deleted, or something still lets the person in. The sentence says what was done.
    pub fn delete(&mut self, of: Type, id: &str, preconditions: &Preconditions) -> Result<Answer, Problem> {
        if of == Type::Group && user_groups::is_id(id) {
            return Err(user_groups::stays());
        }
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
        leave(&mut self.session, &address, how, self.switches.only_reports)?;
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
        if user_groups::is_id(id) {
            return self.change_user_group(id, patch, preconditions);
        }
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
        let changed =
            if roles.is_empty() { Ok(()) } else { self.change_roles(&address, &roles, patch.deactivates()) };
        let active = patch.operations.iter().rev().find(|change| change.is_of("active"));
        match active.map(|change| &change.edit) {
            // What couldn't be done with the roles keeps nobody in.
            Some(Edit::Replace(Value::Bool(false))) => both(
                changed,
                leave(&mut self.session, &address, Leave::Deactivated, self.switches.only_reports),
            ),
            // What lets people in are groups, which the platform gives beside this.
            _ => changed,
        }
    }
}
