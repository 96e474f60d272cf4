//! Writing groups: a new one, a deleted one, another name, and other members.

use super::failed::{check, misses, problem};
use super::given::Given;
use super::group;
use super::groups::members_of;
use super::members::{changes_of, check_number, need_current, new_members};
use super::patch::{Change, Edit, Patch};
use super::problem::{Problem, quoted};
use super::projection::Projection;
use super::schema::Door;
use super::service::{Answer, Service, Type, nothing};
use super::user_groups;
use super::version::Preconditions;
use super::writes::made;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::lifecycle::groups::{self, Created};
use crate::provision::groups::limits::MOST_RULES;
use crate::provision::{Options, Report};
use serde_json::Value;

impl<T: Transport> Service<T> {
    /// Checks that the operator lets clients change something of a group.
    pub(super) fn check_group_writable(&self) -> Result<(), Problem> {
        if self.doors.lifecycle || self.doors.provisioning {
            return Ok(());
        }
        Err(Problem::new(
            403,
            "Nothing of a group can be changed through this service, because its operator has set neither \
             CONNECTOR_PROVISIONING to true, which lets members be changed, nor CONNECTOR_LIFECYCLE, which \
             lets groups be created, renamed and deleted.",
        ))
    }

    /// Checks that nobody could take a group with this name for a user group.
    fn check_name(&self, name: &str) -> Result<(), Problem> {
        if !(self.switches.user_groups && user_groups::is_name(name)) {
            return Ok(());
        }
        Err(Problem::invalid_value(format!(
            "The name {} begins as that of a user group does here, and an Access group with it could be \
             taken for one. Take another name. Nothing was written.",
            quoted(name)
        )))
    }

    /// Makes a group.
    pub(super) fn post_group(&mut self, body: &Given, projection: &Projection) -> Result<Answer, Problem> {
        let name = body.required("displayName")?;
        self.check_name(name)?;
        let members = body.items("members").unwrap_or_default();
        if !members.is_empty() {
            self.check_door(Type::Group, Door::Provisioning)?;
        }
        let people = new_members(members)?;
        let created = self.session.create_group(name, &people);
        match created.map_err(|error| problem(&error))? {
            Created::New(group) => {
                let resource = group::render(&self.base, &group, &self.account_id);
                Ok(made(Type::Group, resource, projection))
            }
            Created::Taken(id) => Err(taken(name, &id)),
        }
    }

    /// Deletes a group that nothing names.
    pub(super) fn delete_group(&mut self, id: &str, preconditions: &Preconditions) -> Result<(), Problem> {
        let group = self.group(id)?;
        preconditions.check(&group::version_of(&group))?;
        self.session.delete_group(&group.id).map_err(|error| problem(&error))
    }

    /// Changes the name and the members of a group, in one write.
    pub(super) fn change_group(
        &mut self,
        id: &str,
        patch: &Patch,
        preconditions: &Preconditions,
    ) -> Result<(), Problem> {
        if user_groups::is_id(id) {
            return self.change_user_group(id, patch, preconditions);
        }
        let name = new_name(patch)?;
        let members: Vec<Change> =
            patch.operations.iter().filter(|change| change.is_of("members")).cloned().collect();
        let mut group_id = Id::asked(id).ok_or_else(|| nothing(Type::Group))?;
        let (mut current, mut rename) = (None, None);
        if preconditions.if_match.is_some()
            || !patch.claims.is_empty()
            || patch.operations.is_empty()
            || name.is_some()
            || need_current(&members)
        {
            let group = self.group(id)?;
            preconditions.check(&group::version_of(&group))?;
            let shown = group::render(&self.base, &group, &self.account_id);
            patch.check(&shown)?;
            let now = shown.get("displayName").and_then(Value::as_str).map(str::trim);
            rename = name.filter(|name| now != Some(*name));
            rename.map_or(Ok(()), |name| self.check_name(name))?;
            current = Some(members_of(&group, &self.account_id));
            group_id = group.id;
        }
        let changes = changes_of(&group_id, &members, current.as_ref())?;
        check_number(&changes, Some(MOST_RULES))?;
        let whom: Vec<String> = changes.iter().map(|change| change.principal_id.clone()).collect();
        let Some(name) = rename else {
            if changes.is_empty() {
                return Ok(());
            }
            let report = self.session.apply_together(&changes, &Options::default());
            return self.check_of_group(&group_id, &report, &whom);
        };
        let other = self.session.ask(|client, _| groups::with_name(client, name, &group_id));
        match other.map_err(|error| problem(&error))? {
            Some(other) => Err(taken(name, &other)),
            None => {
                let report = self.session.rename_together(&changes, &group_id, name);
                self.check_of_group(&group_id, &report, &whom)
            }
        }
    }

    /// Checks a report about a group, which needn't have been read before and can be gone.
    fn check_of_group(&mut self, id: &Id, report: &Report, whom: &[String]) -> Result<(), Problem> {
        match check(report, whom) {
            Err(problem) if misses(report) => match self.group(id.as_str()) {
                Err(gone) if gone.status == 404 => Err(gone),
                _ => Err(problem),
            },
            checked => checked,
        }
    }
}

/// Returns the name that a patch gives a group, if it gives one.
fn new_name(patch: &Patch) -> Result<Option<&str>, Problem> {
    let mut names = patch.operations.iter().rev().filter(|change| change.is_of("displayName"));
    let Some(Edit::Replace(Value::String(name))) = names.next().map(|change| &change.edit) else {
        return Ok(None);
    };
    match name.trim() {
        "" => Err(Problem::invalid_value("A group needs a displayName, and this one is empty.")),
        name => Ok(Some(name)),
    }
}

fn taken(name: &str, id: &Id) -> Problem {
    Problem::uniqueness(format!(
        "There is a group with the name {} already. Its id is {id}. Nothing was written.",
        quoted(name)
    ))
}
