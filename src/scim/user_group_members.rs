//! Changes of who is in a user group of the account.

use super::failed::{check, named, problem};
use super::groups::Members;
use super::members::{changes_of, check_number};
use super::patch::{Change, Edit, Patch};
use super::problem::Problem;
use super::service::Service;
use super::version::Preconditions;
use crate::cloudflare::member::{Member, Status};
use crate::cloudflare::transport::Transport;
use crate::model::Kind;
use crate::provision::reading::members_with;
use crate::provision::{self, Operation, Options};
use crate::records::ids::entitlement_id;
use crate::sorted::{Map, Set};

impl<T: Transport> Service<T> {
    /// Changes who is in a user group. Each membership is a write of its own at Cloudflare.
    pub(super) fn change_user_group(
        &mut self,
        id: &str,
        patch: &Patch,
        preconditions: &Preconditions,
    ) -> Result<(), Problem> {
        let known = self.user_group(id, true)?;
        preconditions.check(&known.version().unwrap_or_default())?;
        let shown = known.render(&self.base);
        patch.check(&shown)?;
        let renames = |change: &Change| match &change.edit {
            Edit::Replace(name) if change.is_of("displayName") => shown.get("displayName") != Some(name),
            _ => false,
        };
        if patch.operations.iter().any(renames) {
            return Err(Problem::mutability(
                "User groups aren't renamed through this service. Rename it in Cloudflare's dashboard. \
                 Nothing was written.",
            ));
        }
        let theirs = known.members.unwrap_or_default();
        let current = Members {
            addresses: theirs.iter().map(|(address, _)| address.clone()).collect(),
            groups: Vec::new(),
        };
        let of_members = patch.operations.iter().filter(|change| change.is_of("members"));
        let of_members: Vec<Change> = of_members.cloned().collect();
        let changes = changes_of(&known.group.id, &of_members, Some(&current))?;
        check_number(&changes, None)?;
        let joining = changes.iter().filter(|change| change.operation == Operation::Grant);
        let joining: Set<String> = joining.map(|change| change.principal_id.clone()).collect();
        let found = if joining.is_empty() { Map::default() } else { self.memberships(&joining)? };
        let strangers: Vec<String> =
            joining.iter().filter(|address| !found.contains_key(*address)).cloned().collect();
        if !strangers.is_empty() {
            return Err(Problem::mutability(format!(
                "Only a member of the Cloudflare account can be in a user group, and these people are none: \
                 {}. Give them a role first, which invites them where the operator allows it. Nothing was \
                 written.",
                named(strangers)
            )));
        }
        let of_member = |change: provision::Change| {
            let address = &change.principal_id;
            let id = match change.operation {
                Operation::Grant => &found.get(address)?.id,
                Operation::Revoke => theirs.get(address)?,
            };
            let principal_id = id.to_string();
            Some(provision::Change {
                entitlement: entitlement_id(Kind::UserGroup, known.group.id.as_str())?,
                principal_kind: Kind::Member.as_str().to_owned(),
                principal_id,
                ..change
            })
        };
        let (whom, changes): (Vec<String>, Vec<provision::Change>) = changes
            .into_iter()
            .filter_map(|change| Some((change.principal_id.clone(), of_member(change)?)))
            .unzip();
        if changes.len() > 1 {
            // A membership is judged when it is written, so what is refused is known only then.
            let planned = Options { dry_run: true, ..Options::default() };
            check(&self.session.apply_together(&changes, &planned), &whom)?;
        }
        if changes.is_empty() {
            return Ok(());
        }
        check(&self.session.apply_together(&changes, &Options::default()), &whom)
    }

    /// Finds the memberships with these addresses, as far as there are some.
    fn memberships(&mut self, wanted: &Set<String>) -> Result<Map<String, Member>, Problem> {
        let found = self.session.ask(|client, _| {
            // Whoever has declined the invitation is in nothing.
            let counts = |member: &Member| member.status != Status::Rejected;
            members_with(client, wanted, &counts, "Nothing was written: not all members are known.")
        });
        found.map_err(|error| problem(&error))
    }
}
