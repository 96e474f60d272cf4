//! The reasons of grants in words, and what would have to change where nothing can be revoked.

use super::kinds::{self, APP, GROUP, ROLE, SCOPED_ROLE, USER_GROUP};
use super::thing::Thing;
use cloudflare_zero_trust::contract::{Basis, Entitlement, Grant, ResourceId};
use cloudflare_zero_trust::identities::ProviderGroup;
use cloudflare_zero_trust::output::Wording;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The reason of grants that are alike.
#[derive(Debug, Default)]
pub(crate) struct Reason {
    pub(crate) entitlement: u32,
    pub(crate) is_revocable: bool,
    /// The bits of [`kind_of`] of all rules.
    pub(crate) kind: u8,
    /// JSON: the rules in words.
    pub(crate) basis: String,
    /// JSON: the conditions of each alternative in words.
    pub(crate) conditions: String,
    pub(crate) expected: String,
    pub(crate) denied: String,
    pub(crate) instead: String,
    /// A number over all of it by ids: the same for the same reason.
    pub(crate) mark: u32,
    /// The first of its grants, and how many they are.
    pub(crate) first: u32,
    pub(crate) count: u32,
}

pub(crate) const DIRECT: u8 = 1;
pub(crate) const DOMAIN: u8 = 2;
pub(crate) const EVERYONE: u8 = 4;
pub(crate) const LIST: u8 = 8;
pub(crate) const NESTED: u8 = 16;
pub(crate) const BY_POLICY: u8 = 32;
pub(crate) const ASSIGNED: u8 = 64;
pub(crate) const OTHER: u8 = 128;

/// Says what kind of reason a rule is, as a set of bits.
fn kind_of(basis: &Basis) -> u8 {
    let by_policy = if basis.through.is_some() { BY_POLICY } else { 0 };
    by_policy
        | match basis.rule.as_str() {
            "email" | "service_token" => DIRECT,
            "member" | "role" | "policy" => DIRECT | ASSIGNED,
            "email_domain" => DOMAIN,
            "everyone" | "any_valid_service_token" | "login_method" => EVERYONE,
            "email_list" => LIST,
            "group" => NESTED,
            "user_group" => ASSIGNED,
            _ => OTHER,
        }
}

#[derive(Serialize)]
struct Told<'a> {
    rule: &'a str,
    value: &'a str,
    through: Option<u32>,
    group: Option<u32>,
    words: String,
}

/// Makes the reason of grants that are alike. `place_of` finds a thing.
pub(crate) fn reason(
    entitlement: &Entitlement,
    grant: &Grant,
    holder: Option<&Thing>,
    wording: &Wording,
    place_of: &dyn Fn(&ResourceId) -> Option<u32>,
) -> Reason {
    let told: Vec<Told<'_>> = grant
        .basis
        .iter()
        .map(|basis| Told {
            rule: &basis.rule,
            value: &basis.value,
            through: basis.through.as_ref().and_then(place_of),
            group: group_of(basis).and_then(|id| place_of(&id)),
            words: wording.basis(basis),
        })
        .collect();
    let conditions: Vec<String> = grant.conditions.iter().map(|way| wording.conditions(way)).collect();
    Reason {
        is_revocable: grant.revocable,
        kind: grant.basis.iter().map(kind_of).fold(0, |all, kind| all | kind),
        basis: serde_json::to_string(&told).unwrap_or_default(),
        conditions: serde_json::to_string(&conditions).unwrap_or_default(),
        expected: wording.expected(grant),
        denied: wording.denied(grant),
        instead: if grant.revocable { String::new() } else { instead(entitlement, grant, holder, wording) },
        mark: mark(grant),
        ..Reason::default()
    }
}

/// Returns the group that a rule names.
fn group_of(basis: &Basis) -> Option<ResourceId> {
    const GROUPS: [(&str, u8); 2] = [("group", GROUP), ("user_group", USER_GROUP)];
    let (_, number) = GROUPS.into_iter().find(|(rule, _)| basis.rule == *rule)?;
    Some(ResourceId { kind: kinds::kind(number).id.to_owned(), id: basis.value.clone() })
}

/// Returns a number over the rules and conditions. What sources of facts say isn't a part of the reason.
fn mark(grant: &Grant) -> u32 {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update(text);
        hash.update([0]);
    };
    for Basis { rule, value, through } in &grant.basis {
        let (kind, id) = through.as_ref().map_or(("", ""), |id| (&id.kind, &id.id));
        [rule, value.as_str(), kind, id].into_iter().for_each(&mut add);
    }
    for way in &grant.conditions {
        for (section, rules) in [("any", &way.any_of), ("all", &way.all_of), ("none", &way.none_of)] {
            add(section);
            rules.iter().for_each(|rule| add(rule));
        }
    }
    let hash = hash.finalize();
    hash.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Says what would have to change so that somebody no longer holds something that can't be revoked.
fn instead(entitlement: &Entitlement, grant: &Grant, holder: Option<&Thing>, wording: &Wording) -> String {
    let on = kinds::number(&entitlement.on.kind).unwrap_or_default();
    let mut ways: Vec<String> = Vec::new();
    for basis in &grant.basis {
        let way = match on {
            ROLE | SCOPED_ROLE | USER_GROUP => of_role(basis, grant.basis.len() > 1, holder, wording),
            _ => of_rule(basis, &entitlement.on, on, wording),
        };
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    let all = match ways.as_slice() {
        [] => return "Change it in Cloudflare's dashboard.".to_owned(),
        [one] => one.clone(),
        several => format!("each of these gives it, so all have to change: {}", several.join("; ")),
    };
    let mut letters = all.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn of_rule(basis: &Basis, on: &ResourceId, kind: u8, wording: &Wording) -> String {
    let Basis { rule, value, through } = basis;
    let holder = wording.resource(through.as_ref().unwrap_or(on));
    let narrow = match kind {
        APP => format!("change {holder}, for example exclude the person there"),
        _ => format!("exclude the person in {holder}"),
    };
    match rule.as_str() {
        "email" => format!("take the address out of {holder}"),
        "service_token" => format!("take the service token out of {holder}"),
        "any_valid_service_token" => format!("{holder} lets every service token in: name single ones there"),
        "email_domain" => format!("{holder} names the whole domain {value}: {narrow}"),
        "email_list" => {
            format!("take the address off the list {value}, which {holder} names (Zero Trust, Lists)")
        }
        "everyone" => format!("{holder} includes everyone: {narrow}"),
        "group" => format!("take them out of group {}, or {narrow}", wording.name("group", value)),
        "cloudflare_account_member" => {
            format!("{holder} names all account members: remove them from the account, or {narrow}")
        }
        "login_method" => format!("{holder} lets in whoever logs in in this way: {narrow}"),
        rule => match ProviderGroup::noun(rule, value) {
            Some(noun) => {
                format!("take them out of {noun} {value} at the identity provider, or {narrow}")
            }
            None => format!("change the rule “{}” of {holder}", rule.replace('_', " ")),
        },
    }
}

fn of_role(basis: &Basis, is_mixed: bool, holder: Option<&Thing>, wording: &Wording) -> String {
    let is_group = holder.is_some_and(|thing| thing.kind == USER_GROUP);
    match basis.rule.as_str() {
        "user_group" => {
            let id = ResourceId { kind: "user-group".to_owned(), id: basis.value.clone() };
            format!("take them out of {}", wording.resource(&id))
        }
        _ if is_group => "change the policies of the user group, in Cloudflare's dashboard under Manage \
                          Account, Members, User Groups"
            .to_owned(),
        // It comes from a user group too, and has to go from both.
        _ if is_mixed => {
            "take it from the member, in Cloudflare's dashboard under Manage Account, Members".to_owned()
        }
        _ => "it is the member's only role, the last Super Administrator's, or one that can't be written \
              alone: give them another role first, remove them from the account, or change it in \
              Cloudflare's dashboard under Manage Account, Members"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{entitlement, grant, resource, review};

    fn instead(on: (&str, &str), basis: &str) -> String {
        let slug = if on.0 == "role" { "assigned" } else { "member" };
        let review = review(&[
            resource("group", "g1", "Staff", "{}"),
            resource("policy", "p1", "Ops", "{}"),
            resource("user-group", "k1", "Admins", "{}"),
            resource(on.0, on.1, "It", "{}"),
            entitlement(on.0, on.1, slug, "{}"),
            grant(&format!("{}:{}:{slug}", on.0, on.1), "user:u1", basis, "null", false),
        ]);
        review.reasons[0].instead.clone()
    }

    fn rule(rule: &str, value: &str, through: bool) -> String {
        let through = if through { r#"{"kind":"policy","id":"p1"}"# } else { "null" };
        format!(r#"{{"rule":"{rule}","value":"{value}","through":{through}}}"#)
    }

    #[test]
    fn what_cannot_be_revoked_says_what_to_change_instead() {
        for (on, basis, told) in [
            (("app", "a1"), rule("email", "x", true), "Take the address out of policy “Ops”."),
            (
                ("app", "a1"),
                rule("group", "g1", true),
                "Take them out of group “Staff”, or change policy “Ops”, for example exclude the person \
                 there.",
            ),
            (
                ("group", "g2"),
                rule("email_domain", "corp.example", false),
                "Group “It” names the whole domain corp.example: exclude the person in group “It”.",
            ),
            (("role", "r1"), rule("user_group", "k1", false), "Take them out of user group “Admins”."),
        ] {
            assert_eq!(instead(on, &basis), told);
        }
        let several = [rule("everyone", "", true), rule("group", "g1", true), rule("everyone", "", true)];
        let told = instead(("app", "a1"), &several.join(","));
        assert!(told.starts_with("Each of these gives it, so all have to change: "), "{told}");
        assert_eq!(told.matches("; ").count(), 1, "{told}");
        for other in ["okta", "email_list", "role", "new_rule", "cloudflare_account_member"] {
            assert!(!instead(("group", "g2"), &rule(other, "x", false)).is_empty());
        }
    }

    #[test]
    fn the_same_reason_has_the_same_mark_and_another_one_has_not() {
        let mark = |basis: &str, conditions: &str| {
            let review = review(&[
                resource("group", "g1", "Staff", "{}"),
                entitlement("group", "g1", "member", "{}"),
                grant("group:g1:member", "user:u1", basis, conditions, true),
            ]);
            review.reasons[0].mark
        };
        let own = |address: &str| rule("email", address, false);
        assert_eq!(mark(&own("ann@x"), "null"), mark(&own("Ann@X"), "null"), "the holder's own address");
        let marks = [
            mark(&own("a"), "null"),
            mark(&rule("everyone", "", false), "null"),
            mark(&rule("email_domain", "a", false), "null"),
            mark(&rule("email_domain", "b", false), "null"),
            mark(&own("a"), r#"[{"any_of":[{"x":1}],"all_of":[],"none_of":[]}]"#),
            mark(&own("a"), r#"[{"any_of":[],"all_of":[{"x":1}],"none_of":[]}]"#),
        ];
        let different: std::collections::BTreeSet<u32> = marks.into();
        assert_eq!(different.len(), marks.len());
    }

    #[test]
    fn each_kind_of_reason_is_told_apart() {
        let kind = |basis: &str| {
            let review = review(&[
                resource("app", "a1", "Wiki", "{}"),
                entitlement("app", "a1", "access", "{}"),
                grant("app:a1:access", "user:u1", basis, "null", false),
            ]);
            review.reasons[0].kind
        };
        for (of, bits) in [
            ("email", 33),
            ("email_domain", 34),
            ("everyone", 36),
            ("email_list", 40),
            ("group", 48),
            ("okta", 160),
        ] {
            assert_eq!(kind(&rule(of, "x", true)), bits, "{of}");
        }
        assert_eq!(kind(&rule("role", "x", false)), 65);
        assert_eq!(kind(&[rule("user_group", "x", false), rule("email", "x", true)].join(",")), 64 | 33);
    }
}
