//! The parts of a change that gives a role or a scoped role: the role's name, and for a policy the
//! permission group and the resource group.

use super::facts::{Facts, Givable};
use super::planned_change::PlannedChange;
use super::super_administrators::is_of_super_administrators;
use crate::cloudflare::account_policy::AccountPolicy;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::Item;
use crate::cloudflare::listing::{Ahead, Listing};
use crate::cloudflare::member::Member;
use crate::cloudflare::permission_group::{self, ListedGroup, PermissionGroup};
use crate::cloudflare::role::{self, Role};
use crate::cloudflare::transport::Transport;
use crate::error::{ErrorKind, Result};
use crate::json::{Object, entries, items};
use crate::model::Kind;
use crate::provision::call::Call;
use crate::provision::change::Operation;
use crate::provision::errors::{not_found, refused};
use crate::provision::reading::each_member;
use crate::provision::target::scoped_id;
use crate::sorted::Set;
use serde_json::value::RawValue;

impl Facts {
    /// Reads the roles that are granted: one by one, or the whole list for several. The grants of a role
    /// that can't be read are settled.
    pub fn learn_granted<T: Transport>(&mut self, call: &mut Call<'_, T>, changes: &mut Vec<PlannedChange>) {
        let is_grant = |change: &PlannedChange| change.operation == Operation::Grant;
        let grants = changes.iter().filter(|change| is_grant(change) && change.kind == Kind::Role);
        let wanted: Set<Id> = grants.filter_map(|change| Id::parse(&change.id)).collect();
        let list = if wanted.len() > 1 { self.learn_roles(call) } else { Ok(()) };
        for id in wanted {
            let found = match (self.listed(id.as_str()), &list) {
                (Some(role), _) => Ok((role.clone(), false)),
                // Each alone would fail in the same way.
                (None, Err(error)) => Err(error.clone()),
                (None, Ok(())) => self.find_role(call, &id),
            };
            match found {
                Ok((role, takes_policy)) => {
                    self.roles.add(&role.id, role.name.as_deref());
                    let givable = Givable { role: Some(role), takes_policy, parts: None };
                    self.givable.push((id.to_string(), givable));
                }
                Err(error) => {
                    let error = error.or_about("entitlement");
                    let is_it = |change: &mut PlannedChange| {
                        is_grant(change) && change.kind == Kind::Role && change.id == id.as_str()
                    };
                    for change in changes.extract_if(.., is_it) {
                        call.settle(change.index, Err(error.clone()));
                    }
                }
            }
        }
        for change in changes.iter().filter(|change| is_grant(change) && change.kind == Kind::ScopedRole) {
            self.givable.push((change.id.clone(), Givable::default()));
        }
    }

    /// Finds a role that the list doesn't show, or that no list was read for: by its id, or among the
    /// permission groups, or, where there are no roles any more, among those that members still have.
    fn find_role<T: Transport>(&mut self, call: &mut Call<'_, T>, id: &Id) -> Result<(Role, bool)> {
        if let Some(stopped) = call.client.stopped() {
            return Err(stopped.not_tried());
        }
        let account_id = call.client.settings().account_id.clone();
        let object = role::COLLECTION.object(id.clone());
        match call.client.one(&object) {
            Ok(raw) => {
                let role = Role::read(&raw, &account_id).map_err(|it| object.not_understood(&it.why))?;
                return Ok((role, false));
            }
            Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
            Err(_) => {}
        }
        let object = permission_group::COLLECTION.object(id.clone());
        match call.client.one(&object) {
            Ok(raw) => {
                let group =
                    ListedGroup::read(&raw, &account_id).map_err(|it| object.not_understood(&it.why))?;
                return Ok((group.role, true));
            }
            Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
            Err(_) => self.learn_roles(call)?,
        }
        let role = self.listed(id.as_str()).cloned();
        Ok((role.ok_or_else(|| not_found(&role::COLLECTION.object(id.clone())))?, false))
    }

    /// Returns what a change gives, if it was found.
    pub fn givable(&self, change: &PlannedChange) -> Option<&Givable> {
        self.givable.iter().find(|(id, _)| *id == change.id).map(|(_, givable)| givable)
    }

    /// Whether a change makes a Super Administrator.
    pub fn makes_super_administrator(&self, change: &PlannedChange) -> bool {
        let role = self.givable(change).and_then(|givable| givable.role.as_ref());
        change.operation == Operation::Grant && role.is_some_and(is_of_super_administrators)
    }

    /// Looks for the parts of the policy that gives what a change asks for, if that wasn't done.
    pub fn learn_parts<T: Transport>(&mut self, call: &mut Call<'_, T>, to: &Member, change: &PlannedChange) {
        let Some(givable) = self.givable(change).filter(|it| it.parts.is_none()).cloned() else {
            return;
        };
        let parts = match givable.role {
            Some(role) if givable.takes_policy => {
                self.account(call, to).map(|account| [named(role.id.as_str()), account])
            }
            Some(role) => {
                self.permission_group(call, to, &role).and_then(|group| Ok([group, self.account(call, to)?]))
            }
            None => scoped_parts(call, to, &change.id),
        };
        if let Some((_, givable)) = self.givable.iter_mut().find(|(id, _)| *id == change.id) {
            givable.parts = Some(parts);
        }
    }

    /// The policies that are known.
    fn known<'k>(&'k self, to: &'k Member) -> impl Iterator<Item = &'k AccountPolicy> {
        let of_groups = self.groups.all().iter().flat_map(|group| &group.policies.all);
        to.policies.all.iter().chain(of_groups)
    }

    /// Finds the permission group of a role, by its name.
    fn permission_group<T: Transport>(
        &self,
        call: &mut Call<'_, T>,
        to: &Member,
        role: &Role,
    ) -> Result<String> {
        let name = role.name.as_deref().map(str::trim).unwrap_or_default();
        let groups = self.known(to).flat_map(|policy| &policy.permission_groups);
        let of_name = |group: &&PermissionGroup| group.name() == Some(name);
        if let Some(id) = groups.filter(of_name).find_map(|group| group.id.as_ref()) {
            return Ok(named(id.as_str()));
        }
        // OpenAPI: GET /accounts/{account_id}/iam/permission_groups, `name`.
        let list = permission_group::COLLECTION.with("name", name);
        let mut listing = Listing::<ListedGroup>::new(&list, Ahead::Unsent);
        while let Some(page) = listing.next(call.client)? {
            let found =
                page.into_new_items().find(|group| group.role.name.as_deref().map(str::trim) == Some(name));
            if let Some(group) = found {
                return Ok(named(group.role.id.as_str()));
            }
        }
        Err(refused(
            "Cloudflare has no permission group with the name of this role, so no policy can give it.",
        ))
    }

    /// Finds the resource group of the whole account.
    fn account<T: Transport>(&self, call: &mut Call<'_, T>, to: &Member) -> Result<String> {
        fn account<'p>(mut policies: impl Iterator<Item = &'p AccountPolicy>) -> Option<String> {
            policies.find_map(|policy| {
                let mut whole = policy.reaches.iter().filter(|reach| reach.is_account);
                whole.find_map(|reach| Some(named(reach.id.as_ref()?.as_str())))
            })
        }
        if let Some(account) = account(self.known(to)) {
            return Ok(account);
        }
        let all = call.client.resource_groups()?;
        account(all.all.iter()).ok_or_else(|| {
            refused(
                "Cloudflare lists no resource group of the whole account, so no policy can give this role.",
            )
        })
    }
}

/// Finds the parts of a scoped role by its id. A scope without an id is known only from somebody's policy.
fn scoped_parts<T: Transport>(call: &mut Call<'_, T>, to: &Member, id: &str) -> Result<[String; 2]> {
    /// The length of the digest that stands for a scope without an id.
    const DIGEST: usize = 16;
    let [group, scope] = scoped_id(id).unwrap_or_default();
    if scope.len() != DIGEST {
        return Ok([named(&group), named(&scope)]);
    }
    let mut found = inline(to, &scope);
    if found.is_none() {
        each_member(call.client, None, &|_| false, &mut |member| {
            found = inline(&member, &scope);
            found.is_some()
        })?;
    }
    let why = "The id of this scoped role stands for a scope that no member has now, so it isn't known what \
               it covers. Give it in Cloudflare's dashboard.";
    Ok([named(&group), found.ok_or_else(|| refused(why))?])
}

/// Returns the resource group, as a policy of this member has it, whose scope has this digest.
fn inline(member: &Member, scope: &str) -> Option<String> {
    let policies = &member.policies;
    let raw = field(&member.profile, "policies").filter(|_| !policies.has_gap)?;
    policies.all.iter().zip(items(raw.get())?).find_map(|(policy, raw)| {
        let is_it = |place: usize| {
            let mut of_place = policy.reaches.iter().filter(|reach| reach.place == place);
            let first = of_place.next();
            first.is_some_and(|reach| reach.id.is_none() && reach.scope_id() == scope)
                && of_place.next().is_none()
        };
        let groups = items(field(raw.get(), "resource_groups")?.get())?;
        let found = groups.into_iter().enumerate().find(|(place, _)| is_it(*place));
        found.map(|(_, raw)| raw.get().to_owned())
    })
}

fn field<'a>(object: &'a str, name: &str) -> Option<&'a RawValue> {
    entries(object)?.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// An object of a policy that only its id names.
fn named(id: &str) -> String {
    Object::default().with_text("id", Some(id)).end()
}
