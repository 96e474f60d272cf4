//! Writing: people who come and leave. Groups are in `group_writes`, and roles in `held_roles`. Every change
//! goes through the core's own plan, and what it refuses is refused here with its sentence.

use super::failed::{after_change, check};
use super::given::Given;
use super::held_roles::{both, only_invited};
use super::leavers::Leave;
use super::name;
use super::patch::{Change, Edit, Patch};
use super::problem::{Problem, quoted};
use super::projection::Projection;
use super::schema::{Door, GROUP, USER};
use super::service::{Answer, Service, Type, answer, nothing};
use super::user_groups;
use super::user_id;
use super::version::{Preconditions, shown};
use crate::cloudflare::transport::Transport;
use crate::identities::plain_address;
use crate::lifecycle::groups::is_nobodys;
use crate::lifecycle::{self, Step};
use crate::provision::{self, Status};
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
        match of {
            Type::User => self.changed_user(id, projection),
            _ => self.get(of, id, projection, &Preconditions::default()).map_err(after_change),
        }
    }

    /// Returns a user who has just been changed. Whoever has nothing left is shown once more, as inactive:
    /// for a client, 404 would be a failure.
    fn changed_user(&mut self, id: &str, projection: &Projection) -> Result<Answer, Problem> {
        let user = self.user_now(id, projection.wants("groups", &USER)).map_err(after_change)?;
        Ok(answer(200, Type::User, user, projection, &Preconditions::default()))
    }

    /// Makes a resource.
    ///
    /// # Errors
    /// It can't be made, or it is there.
    pub fn post(&mut self, of: Type, body: &Value, projection: &Projection) -> Result<Answer, Problem> {
        self.check_door(of, Door::Lifecycle)?;
        let body = Given::parse(body, of.schema())?;
        match of {
            Type::User => self.post_user(&body, projection),
            Type::Group => self.post_group(&body, projection),
            Type::Role => Err(no_role_changes()),
        }
    }

    fn post_user(&mut self, body: &Given, projection: &Projection) -> Result<Answer, Problem> {
        let given = body.required("userName")?;
        let address = plain_address(given).filter(|address| !is_nobodys(address));
        let address = address.map(str::to_ascii_lowercase).ok_or_else(|| {
            Problem::invalid_value(format!(
                "The userName {} is not one plain address in ASCII that somebody can have. A user of this \
                 service is an address. Nothing was written.",
                quoted(given)
            ))
        })?;
        if body.flag("active") == Some(false) {
            return Err(Problem::invalid_value(
                "Nobody can be added as inactive: Cloudflare has no such state. Nothing was written.",
            ));
        }
        let is_invited = self.invite_new(&address, body)?;
        let name = body.text("displayName").map(str::to_owned);
        let name = name.or_else(|| body.get("name").and_then(name::as_text));
        let step = Step::AddUser { address: address.clone(), name };
        let report = self.session.apply_steps(&[step], &lifecycle::Options::default());
        check(&report, std::slice::from_ref(&address))
            .map_err(|problem| if is_invited { only_invited(problem) } else { problem })?;
        let is_new = |outcome: &provision::Outcome| outcome.status == Status::Applied;
        if !report.results.iter().flatten().any(is_new) {
            let there = Problem::uniqueness(format!(
                "There is a user with this address. Its id is {}.",
                user_id::of_address(&address)
            ));
            return Err(if is_invited { only_invited(there) } else { there });
        }
        let with_groups = projection.asks_for("groups", &USER);
        let resource = self.user(&user_id::of_address(&address), with_groups).map_err(after_change)?;
        Ok(made(Type::User, resource, projection))
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// It can't be deleted, or something still lets the person in. The sentence says what was done.
    pub fn delete(&mut self, of: Type, id: &str, preconditions: &Preconditions) -> Result<Answer, Problem> {
        if of == Type::Group && user_groups::is_id(id) {
            return Err(user_groups::stays());
        }
        self.check_door(of, Door::Lifecycle)?;
        match of {
            Type::User => self.delete_user(id, preconditions)?,
            Type::Group => self.delete_group(id, preconditions)?,
            Type::Role => return Err(no_role_changes()),
        }
        Ok(Answer { status: 204, body: None, version: None, location: None })
    }

    fn delete_user(&mut self, id: &str, preconditions: &Preconditions) -> Result<(), Problem> {
        let address = self.check_user(id, preconditions)?;
        let how = Leave::Deleted { memberships: self.doors.provisioning };
        self.leave(&address, how)
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
            Type::Group => self.check_group_writable(),
            Type::Role => Err(no_role_changes()),
        }
    }

    /// Checks that the operator lets clients change this.
    pub(super) fn check_door(&self, of: Type, door: Door) -> Result<(), Problem> {
        if self.doors.is_open(door) {
            return Ok(());
        }
        let nothing = match (door, of) {
            (Door::Provisioning, Type::Group) => "No member of a group can be added or removed",
            (Door::Provisioning, _) => "Nothing can be changed",
            (Door::Lifecycle, Type::Group) => "No group can be created, renamed or deleted",
            (Door::Lifecycle, _) => "Nobody can be added, deactivated or deleted",
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
            Type::Role => Err(no_role_changes()),
        }
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
            Some(Edit::Replace(Value::Bool(false))) => {
                both(changed, self.leave(&address, Leave::Deactivated))
            }
            // What lets people in are groups, which the platform gives beside this.
            _ => changed,
        }
    }
}

/// Returns the answer with a resource that was made.
pub(super) fn made(of: Type, resource: Value, projection: &Projection) -> Answer {
    let location = resource.get("meta").and_then(|meta| meta.get("location")).and_then(Value::as_str);
    let location = location.map(str::to_owned);
    Answer { location, ..answer(201, of, resource, projection, &Preconditions::default()) }
}

fn no_role_changes() -> Problem {
    Problem::new(501, "Roles are Cloudflare's own, and can't be changed.")
}
