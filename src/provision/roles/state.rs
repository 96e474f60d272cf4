//! The state of an account member that a write replaces: the whole list of its roles.

use crate::cloudflare::endpoint::{Object, Write};
use crate::cloudflare::id::Id;
use crate::cloudflare::item::{Item, NotUnderstood};
use crate::cloudflare::member::Member;
use crate::cloudflare::role::Role;
use crate::json::{self, list, quoted};
use crate::provision::write::State;
use serde_json::value::RawValue;

impl State for Member {
    fn write(&self) -> &'static Write {
        &Write::REPLACE_MEMBER
    }

    fn read(raw: &RawValue, account_id: &str) -> Result<Self, String> {
        Item::read(raw, account_id).map_err(|fault: NotUnderstood| fault.why)
    }

    // Inferred from reports of such writes: terraform-provider-cloudflare, #6581 and #6520.
    const WHY_NOT_TAKEN: &'static str =
        "The member's status, their policies or the account's own settings can be the reason.";

    fn is_of(&self, object: &Object) -> bool {
        self.id == object.id
    }

    // A member is written with `roles` or with `policies` (OpenAPI: PUT
    // /accounts/{account_id}/members/{member_id}).
    fn body(&self) -> Option<String> {
        let role = |role: &Role| json::Object::default().with_text("id", Some(role.id.as_str())).end();
        let roles: Vec<String> = self.roles.iter().map(role).collect();
        Some(json::Object::default().with("roles", &list(&roles)).end())
    }

    fn differs(&self, found: &Self) -> Option<String> {
        let only_in = |one: &Self, other: &Self, what: &str| {
            let ids = one.roles.iter().map(|role| &role.id).filter(|id| !holds(other, id));
            ids.min().map(|id| format!("it {what} the role {id}"))
        };
        let (lacks, more) = (only_in(self, found, "lacks"), only_in(found, self, "also has"));
        let unknown = found.roles_missing.then(|| "its roles aren't all told".to_owned());
        let texts: Vec<String> = [lacks, more, unknown].into_iter().flatten().collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }
}

/// Whether a member has a role.
pub(super) fn holds(member: &Member, role: &Id) -> bool {
    member.roles.iter().any(|held| held.id == *role)
}

/// A member's roles with their names, as the report of a write shows them.
pub(super) fn shown(member: &Member) -> String {
    let role = |role: &Role| {
        let name = role.name.as_deref().map_or("null".to_owned(), quoted);
        json::Object::default().with_text("id", Some(role.id.as_str())).with("name", &name).end()
    };
    let roles: Vec<String> = member.roles.iter().map(role).collect();
    json::Object::default().with("roles", &list(&roles)).end()
}
