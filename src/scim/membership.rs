//! A membership in the Cloudflare account, with the roles that a sync shows of it.

use crate::cloudflare::client::Client;
use crate::cloudflare::id::Id;
use crate::cloudflare::listing::Ahead;
use crate::cloudflare::member::{Member, Status};
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::json::value::Json;
use crate::provision::reading::each_role;
use crate::records;
use crate::roles::{Assignments, On, Roles, UserGroups};

/// A membership in the Cloudflare account, as far as SCIM shows it.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    pub id: Id,
    pub status: Status,
    pub name: Option<String>,
    pub two_factor: Option<bool>,
    /// The roles on the whole account.
    pub roles: Vec<HeldRole>,
    /// Whether the member has something on a part of the account.
    pub has_scoped: bool,
}

/// A role that a member holds on the whole account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeldRole {
    pub id: String,
    pub name: String,
    /// Whether the account has such a role. Else it is a permission group that no role has the name of.
    pub is_listed: bool,
}

/// The account's roles, which tell the role that the permission group of a policy is. They are read when a
/// member first needs them: the usual member's own list of roles tells all.
#[derive(Default)]
pub(super) struct KnownRoles {
    roles: Option<Roles>,
}

impl KnownRoles {
    /// Returns what SCIM shows of a membership.
    ///
    /// # Errors
    /// It takes the account's roles, and they can't be read, or one of them would be missing.
    pub fn membership<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        member: &Member,
    ) -> Result<Membership> {
        // What comes through a user group alone stands at the group.
        let (groups, unlisted) = (UserGroups::default(), Roles::default());
        let of = Assignments::of_member(member, &groups, &unlisted);
        if !needs_roles(&of) {
            // What others need changes nothing of this member.
            return Ok(shown(member, &of, &unlisted));
        }
        let roles = self.read(client)?;
        Ok(shown(member, &Assignments::of_member(member, &groups, roles), roles))
    }

    fn read<T: Transport>(&mut self, client: &mut Client<T>) -> Result<&Roles> {
        let roles = match self.roles.take() {
            Some(roles) => roles,
            // The members that were sent for ahead are still wanted.
            None => client.aside(all)?,
        };
        Ok(self.roles.insert(roles))
    }
}

fn all<T: Transport>(client: &mut Client<T>) -> Result<Roles> {
    let mut roles = Roles::default();
    let gap = each_role(client, Ahead::Sent, &mut |role| roles.add(&role.id, role.name.as_deref()))?;
    match gap {
        None => Ok(roles),
        Some((gap, list)) => {
            Err(gap.error("Not all roles could be read, so it isn't known who holds which.", list))
        }
    }
}

/// Whether a member holds something that the member's own list of roles doesn't explain.
fn needs_roles(of: &Assignments<'_>) -> bool {
    // A permission group may have a name alone, which only the account's list explains.
    of.is_unexplained || of.held.iter().any(|held| held.on == On::Role && held.role.is_none())
}

fn shown(member: &Member, of: &Assignments<'_>, roles: &Roles) -> Membership {
    let profile = Json::parse(&member.profile).unwrap_or(Json::Null);
    let held = of.held.iter().filter_map(|held| {
        let role = records::role::of_held(held)?;
        let id = role.id.to_string();
        let is_listed = held.role.is_some() || roles.has(&id);
        Some(HeldRole { name: role.name.unwrap_or_else(|| id.clone()), id, is_listed })
    });
    Membership {
        id: member.id.clone(),
        status: member.status,
        name: member.name.clone(),
        two_factor: match profile.get("two_factor_authentication_enabled") {
            Json::Bool(is_on) => Some(*is_on),
            _ => None,
        },
        roles: held.collect(),
        has_scoped: of.held.iter().any(|held| held.on == On::Scoped),
    }
}

#[cfg(test)]
mod tests;
