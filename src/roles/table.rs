//! The roles that are known, by their ids and names.

use crate::cloudflare::id::Id;
use crate::cloudflare::permission_group::PermissionGroup;
use crate::cloudflare::role::Role;
use crate::sorted::{Map, Set};

/// The roles that Cloudflare lists; where it has no such list any more, those that members and
/// permission groups name.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    ids: Set<Id>,
    /// The ids of each name, in the order of the list.
    by_name: Map<String, Vec<Id>>,
}

impl Roles {
    /// Adds a role. Its first name is kept.
    pub fn add(&mut self, id: &Id, name: Option<&str>) {
        if !self.ids.insert(id.clone()) {
            return;
        }
        if let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) {
            self.by_name.get_or_insert_with(name.to_owned(), Vec::new).push(id.clone());
        }
    }

    /// Whether there is a role with this id.
    pub fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Returns the role with the permission group's id, or the first one with its name.
    pub fn of<'a>(&'a self, group: &'a PermissionGroup) -> Option<&'a Id> {
        group.id.as_ref().filter(|id| self.has(id.as_str())).or_else(|| self.named(group).first())
    }

    /// Returns the id of the role that the permission group is on the whole account: of the role with
    /// its id, else with its name, else the permission group's own. The holder's `own` roles decide
    /// between several of one name, and may have one that the list lacks. Cloudflare's role and
    /// permission group of one name have different ids
    /// (<https://developers.cloudflare.com/changelog/>, 2026-07-21).
    pub(super) fn resolve<'a>(&'a self, group: &'a PermissionGroup, own: &'a [Role]) -> Option<&'a Id> {
        let is_own = |id: &Id| own.iter().any(|role| role.id == *id);
        let id = group.id.as_ref();
        if id.is_some_and(|id| self.ids.contains(id) || is_own(id)) {
            return id;
        }
        match self.named(group) {
            [] => own.iter().find(|role| is_role(group, role)).map(|role| &role.id),
            [one] => Some(one),
            several => several.iter().find(|id| is_own(id)),
        }
        .or(id)
    }

    fn named(&self, group: &PermissionGroup) -> &[Id] {
        group.name().and_then(|name| self.by_name.get(name)).map_or(&[], Vec::as_slice)
    }
}

/// Whether the permission group is this role, on the whole account: by its id or its name.
pub(super) fn is_role(group: &PermissionGroup, role: &Role) -> bool {
    group.id.as_ref() == Some(&role.id)
        || group.name().is_some() && group.name() == role.name.as_deref().map(str::trim)
}
