//! Findings about roles of the account.

use super::check::{Check, Level, Table};
use crate::review::kinds::{MEMBER, ROLE, SCOPED_ROLE};
use crate::review::review::Review;
use crate::review::thing::{Known, Status, Thing};
use std::collections::BTreeMap;

/// The number of Super Administrators beyond which each is looked at.
const MOST_SUPER_ADMINISTRATORS: usize = 3;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "privileged-without-two-factor",
        title: "Privileged roles without two-factor login",
        why: "These members hold a role that administers the account, and their own Cloudflare login has \
              no second factor. A stolen password is enough to change everything. Have them turn it on, \
              enforce it for the account, or take the role away. If they log in by single sign-on alone, \
              its second factor counts, and Cloudflare doesn't show it here.",
        level: Level::High,
        table: Table::Grant,
        needs: &[ROLE, MEMBER],
        rows: privileged_without_two_factor,
    },
    Check {
        id: "many-super-administrators",
        title: "More than three Super Administrators",
        why: "A Super Administrator can do everything, also take the account from all others. Two or three \
              are enough for nearly every account: give the others the roles that they work with.",
        level: Level::Medium,
        table: Table::Grant,
        needs: &[ROLE, MEMBER],
        rows: many_super_administrators,
    },
];

fn is_super(role: &Thing) -> bool {
    role.kind == ROLE && role.name.to_ascii_lowercase().starts_with("super administrator")
}

/// Whether a role administers the account, by the names that Cloudflare gives to roles:
/// <https://developers.cloudflare.com/fundamentals/manage-members/roles/>. One that only reads doesn't, nor
/// one on a part of the account.
fn is_privileged(role: &Thing) -> bool {
    let name = role.name.to_ascii_lowercase();
    let is_named = name.contains("administrator") || name.contains("admin ") || name.ends_with("admin");
    role.kind == ROLE && is_named && !name.contains("read only") && !name.contains("read-only")
}

/// Returns the grants of roles to members, with role and member.
fn held(review: &Review) -> impl Iterator<Item = (u32, &Thing, &Thing)> {
    let of_roles = review.reasons.iter().filter_map(|reason| {
        let role = review.held_on(reason).filter(|on| [ROLE, SCOPED_ROLE].contains(&on.kind))?;
        Some((reason, role))
    });
    of_roles.flat_map(|(reason, role)| {
        let holders = review.holders(reason).filter_map(|(grant, place)| Some((grant, review.thing(place)?)));
        holders.filter(|(_, holder)| holder.kind == MEMBER).map(move |(grant, holder)| (grant, role, holder))
    })
}

fn privileged_without_two_factor(review: &Review) -> Vec<u32> {
    // Who hasn't accepted yet has no login to the account.
    let all = held(review).filter(|(_, role, holder)| {
        is_privileged(role) && holder.two_factor == Known::No && holder.status == Status::Enabled
    });
    all.map(|(grant, ..)| grant).collect()
}

fn many_super_administrators(review: &Review) -> Vec<u32> {
    let mut all: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (grant, _, holder) in held(review).filter(|(_, role, _)| is_super(role)) {
        all.entry(&holder.id).or_default().push(grant);
    }
    if all.len() > MOST_SUPER_ADMINISTRATORS { all.into_values().flatten().collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::super::tests::rows;
    use crate::review::review::Review;
    use crate::review::samples::{basis, entitlement, grant, person, resource, review};

    fn member(id: &str, status: &str, two_factor: &str) -> String {
        let profile = format!(r#"{{"two_factor_authentication_enabled":{two_factor}}}"#);
        person("member", id, id, &format!("{id}@corp.example"), status, "", &profile)
    }

    fn account(members: &[String], held: &[(&str, &str)]) -> Review {
        let mut lines = Vec::new();
        for (id, name) in [
            ("super", "Super Administrator - All Privileges"),
            ("admin", "Administrator"),
            ("reader", "Administrator Read Only"),
            ("workers", "Cloudflare Workers Admin"),
            ("dns", "DNS"),
        ] {
            lines.push(resource("role", id, name, "{}"));
            lines.push(entitlement("role", id, "assigned", "{}"));
        }
        lines.extend_from_slice(members);
        for (role, to) in held {
            let of = format!("role:{role}:assigned");
            lines.push(grant(&of, &format!("member:{to}"), &basis("role", role), "null", true));
        }
        review(&lines)
    }

    fn holders(id: &str, review: &Review) -> Vec<String> {
        let rows = rows(id, review);
        rows.into_iter()
            .map(|row| review.thing(review.grants[row as usize]).unwrap().id.to_string())
            .collect()
    }

    #[test]
    fn a_privileged_role_without_a_second_factor() {
        let members = [
            member("without", "enabled", "false"),
            member("with", "enabled", "true"),
            member("unknown", "enabled", "null"),
            member("invited", "pending", "false"),
            member("worker", "enabled", "false"),
        ];
        let held = [
            ("admin", "without"),
            ("dns", "without"),
            ("admin", "with"),
            ("admin", "unknown"),
            ("admin", "invited"),
            ("reader", "worker"),
            ("workers", "worker"),
        ];
        let review = account(&members, &held);
        assert_eq!(holders("privileged-without-two-factor", &review), ["without", "worker"]);
    }

    #[test]
    fn three_super_administrators_are_not_too_many_and_four_are() {
        let members: Vec<String> =
            ["a", "b", "c", "d"].iter().map(|id| member(id, "enabled", "true")).collect();
        let held = ["a", "b", "c", "d"].map(|id| ("super", id));
        assert!(holders("many-super-administrators", &account(&members, &held[..3])).is_empty());
        assert_eq!(holders("many-super-administrators", &account(&members, &held)), ["a", "b", "c", "d"]);
    }
}
