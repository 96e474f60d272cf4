//! The user groups of the account, and the members whom they give their policies to.

use crate::cloudflare::account_policy::Policies;
use crate::cloudflare::id::Id;
use crate::cloudflare::user_group::UserGroup;
use crate::sorted::sort;

/// A user group, without what only a person reads.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented at the user group itself")]
pub struct KnownGroup {
    pub id: Id,
    pub name: Option<String>,
    pub policies: Policies,
}

impl From<&UserGroup> for KnownGroup {
    fn from(group: &UserGroup) -> Self {
        let UserGroup { id, name, policies, .. } = group.clone();
        Self { id, name, policies }
    }
}

impl KnownGroup {
    /// Whether its members can inherit something.
    pub fn has_policies(&self) -> bool {
        !self.policies.all.is_empty() || self.policies.has_gap
    }
}

/// The user groups, and who is in them.
#[derive(Clone, Debug, Default)]
pub struct UserGroups {
    groups: Vec<KnownGroup>,
    /// The ids of policies with the places of their groups, sorted once [`UserGroups::settle`] was called.
    policies: Vec<(String, u32)>,
    /// Members with the places of their groups, sorted likewise.
    members: Vec<(Id, u32)>,
}

impl UserGroups {
    /// Adds a group, and returns its place. Call [`UserGroups::settle`] after all of them.
    pub fn add(&mut self, group: &UserGroup) -> usize {
        let place = self.groups.len();
        let known = KnownGroup::from(group);
        let ids = known.policies.all.iter().filter_map(|policy| policy.id.clone());
        self.policies.extend(ids.map(|policy| (policy, place as u32)));
        self.groups.push(known);
        place
    }

    /// Adds a member to the group at this place. Call [`UserGroups::settle`] after all of them.
    pub fn add_member(&mut self, place: usize, member: Id) {
        self.members.push((member, place as u32));
    }

    /// Removes a member from the group at this place.
    pub fn remove_member(&mut self, place: usize, member: &Id) {
        self.members.retain(|(id, group)| id != member || *group as usize != place);
    }

    /// Sorts policies and members, so that their groups are found.
    pub fn settle(&mut self) {
        sort(&mut self.policies);
        sort(&mut self.members);
        self.members.dedup();
    }

    /// Returns all groups in their order.
    pub fn all(&self) -> &[KnownGroup] {
        &self.groups
    }

    /// Returns the number of memberships.
    pub fn memberships(&self) -> usize {
        self.members.len()
    }

    /// Returns the groups of the member with this id.
    pub fn of(&self, member: &Id) -> impl Iterator<Item = &KnownGroup> {
        let from = self.members.partition_point(|(id, _)| id < member);
        let theirs = self.members.iter().skip(from).take_while(move |(id, _)| id == member);
        theirs.filter_map(|(_, place)| self.groups.get(*place as usize))
    }

    /// Returns the group that has the policy with this id.
    pub fn with_policy(&self, policy: &str) -> Option<&KnownGroup> {
        let from = self.policies.partition_point(|(id, _)| id.as_str() < policy);
        let (_, place) = self.policies.get(from).filter(|(id, _)| id == policy)?;
        self.groups.get(*place as usize)
    }

    /// Whether no member can inherit anything.
    pub fn are_empty(&self) -> bool {
        !self.groups.iter().any(KnownGroup::has_policies)
    }
}
