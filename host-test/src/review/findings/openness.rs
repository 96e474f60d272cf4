//! Findings about applications and rules that are open to many.

use super::check::{Check, Level, Table};
use crate::review::kinds::{APP, GROUP, MEMBER, POLICY, USER};
use crate::review::policy::{Rules, is_for_whoever_logs_in, text, with_rules};
use crate::review::review::Review;
use crate::review::thing::Status;
use cloudflare_zero_trust::contract::Entitlement;
use cloudflare_zero_trust::output::is_public;
use std::collections::{BTreeSet, HashMap};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "public-applications",
        title: "Public applications",
        why: "Anybody reaches these applications without a login. If that isn't meant, delete the policy \
              that bypasses the login, or name there who may pass.",
        level: Level::High,
        table: Table::Resource,
        needs: &[APP],
        rows: |review| apps(review, is_public),
    },
    Check {
        id: "whoever-logs-in",
        title: "Open to everyone who can log in",
        why: "Whoever can log in reaches these applications, whether anybody here knows them or not. Name \
              the people in the policy: by an address, a domain or a group.",
        level: Level::High,
        table: Table::Resource,
        needs: &[APP],
        rows: |review| apps(review, |entitlement| is_for_whoever_logs_in(&entitlement.extra)),
    },
    Check {
        id: "login-method-alone",
        title: "A login method alone lets people in",
        why: "These groups and policies include a login method and ask for nothing more, so whoever can \
              log in in this way is let in. A one-time PIN admits any address of the world. Require a \
              domain or a group too.",
        level: Level::High,
        table: Table::Resource,
        needs: &[GROUP, POLICY],
        rows: login_method_alone,
    },
    Check {
        id: "everyone-included",
        title: "Rules that include everyone",
        why: "These groups and policies include everyone and ask for nothing more. What a group lets in, \
              each policy does that includes it. Check that this is meant.",
        level: Level::Medium,
        table: Table::Resource,
        needs: &[GROUP, POLICY],
        rows: everyone_included,
    },
    Check {
        id: "foreign-domains",
        title: "Whole domains of others",
        why: "These groups and policies let in everybody of an email domain to which fewer than one in ten \
              of the account's people belong. Its owner decides who has an address there. Name single \
              addresses instead, or require something more.",
        level: Level::High,
        table: Table::Resource,
        needs: &[GROUP, POLICY, USER, MEMBER],
        rows: foreign_domains,
    },
    Check {
        id: "foreign-people",
        title: "People of other domains",
        why: "These people hold something, and fewer than one in ten of the account's people have an \
              address of the same domain. They may be contractors or former partners: ask whether each \
              still needs it.",
        level: Level::Low,
        table: Table::Person,
        needs: &[USER, MEMBER],
        rows: foreign_people,
    },
];

/// Returns the applications of which an entitlement says something.
fn apps(review: &Review, says: fn(&Entitlement) -> bool) -> Vec<u32> {
    let all = review.entitlements.iter().zip(&review.held_on);
    all.filter(|(entitlement, _)| says(entitlement)).map(|(_, on)| *on).collect()
}

fn login_method_alone(review: &Review) -> Vec<u32> {
    includes_alone(review, "login_method")
}

/// Returns the groups and policies that let people in by a rule of this kind, and ask for nothing more.
fn includes_alone(review: &Review, kind_of_rule: &str) -> Vec<u32> {
    let is_open = |rules: &Rules| {
        rules.asks_nothing_more() && rules.include.iter().any(|rule| rule.contains_key(kind_of_rule))
    };
    let all = with_rules(review).filter(|(_, kind, rules)| rules.lets_in(*kind) && is_open(rules));
    all.map(|(place, ..)| place).collect()
}

fn everyone_included(review: &Review) -> Vec<u32> {
    includes_alone(review, "everyone")
}

fn domain(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty())
}

/// Returns the account's own domains: that of most people, and those to which at least one in ten belongs.
/// Only people count who have an account that isn't an invitation and isn't closed.
fn own_domains(review: &Review) -> BTreeSet<&str> {
    let mut people: HashMap<&str, usize> = HashMap::new();
    let mut all = 0;
    for person in &review.people {
        let accounts = person.accounts.iter().filter_map(|place| review.thing(*place));
        let is_in = accounts.into_iter().any(|account| account.status == Status::Enabled);
        if let Some(domain) = domain(&person.address).filter(|_| is_in) {
            *people.entry(domain).or_default() += 1;
            all += 1;
        }
    }
    let most = people.values().copied().max().unwrap_or_default();
    let is_own = |count: &usize| *count == most || count * 10 >= all;
    people.into_iter().filter(|(_, count)| is_own(count)).map(|(domain, _)| domain).collect()
}

fn foreign_domains(review: &Review) -> Vec<u32> {
    let own = own_domains(review);
    let is_foreign = |domain: &str| !own.contains(domain.to_ascii_lowercase().as_str());
    let all = with_rules(review).filter(|(_, kind, rules)| {
        let mut domains = rules.include.iter().filter_map(|rule| text(rule, "email_domain", "domain"));
        rules.lets_in(*kind) && domains.any(is_foreign)
    });
    all.map(|(place, ..)| place).collect()
}

fn foreign_people(review: &Review) -> Vec<u32> {
    let (own, holds) = (own_domains(review), review.holds_something());
    let all = (0..).zip(&review.people).filter(|(_, person)| {
        let is_holder = person.accounts.iter().any(|place| holds.get(*place as usize) == Some(&true));
        is_holder && domain(&person.address).is_some_and(|domain| !own.contains(domain))
    });
    all.map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{named, rows};
    use crate::review::samples::{account, basis, entitlement, grant, person, resource, review};

    #[test]
    fn public_applications_and_those_for_whoever_logs_in() {
        let open_to = |rule: &str| {
            let rules = format!(r#""any_of":[{rule}],"all_of":[],"none_of":[]"#);
            format!(r#"{{"open_to":[{{"policy":"p1","decision":"bypass",{rules}}}]}}"#)
        };
        let everyone = open_to(r#"{"everyone":{}}"#);
        let on_conditions = open_to(r#"{"ip":{"ip":"192.0.2.0/24"}}"#);
        let review = review(&[
            resource("app", "a1", "Status", "{}"),
            resource("app", "a2", "Office", "{}"),
            resource("app", "a3", "Wiki", "{}"),
            entitlement("app", "a1", "access", &everyone),
            entitlement("app", "a2", "access", &on_conditions),
            entitlement("app", "a3", "access", r#"{"whoever_logs_in":true}"#),
        ]);
        assert_eq!(named("public-applications", &review), ["Status"]);
        assert_eq!(named("whoever-logs-in", &review), ["Wiki"]);
    }

    #[test]
    fn a_login_method_or_everyone_with_nothing_more() {
        let pin = r#"{"login_method":{"id":"i1"}}"#;
        let staff = r#"{"email_domain":{"domain":"corp.example"}}"#;
        let policy = |id: &str, decision: &str, rules: &str| {
            resource("policy", id, id, &format!(r#"{{"decision":"{decision}",{rules}}}"#))
        };
        let review = review(&[
            policy("pin", "allow", &format!(r#""include":[{staff},{pin}]"#)),
            policy("pin and staff", "allow", &format!(r#""include":[{pin}],"require":[{staff}]"#)),
            policy("pin denied", "deny", &format!(r#""include":[{pin}]"#)),
            policy("pin approved", "allow", &format!(r#""include":[{pin}],"approval_required":true"#)),
            policy("all", "allow", r#""include":[{"everyone":{}}],"require":[]"#),
            policy("all of us", "allow", &format!(r#""include":[{{"everyone":{{}}}}],"require":[{staff}]"#)),
            resource("group", "g1", "Pin", &format!(r#"{{"include":[{pin}],"require":[]}}"#)),
            resource("group", "g2", "Staff", &format!(r#"{{"include":[{staff}]}}"#)),
        ]);
        assert_eq!(named("login-method-alone", &review), ["Pin", "pin"]);
        assert_eq!(named("everyone-included", &review), ["all"]);
    }

    #[test]
    fn domains_of_others_are_told_from_the_accounts_own() {
        let group = |id: &str, domain: &str| {
            resource(
                "group",
                id,
                id,
                &format!(r#"{{"include":[{{"email_domain":{{"domain":"{domain}"}}}}]}}"#),
            )
        };
        let mut lines = vec![group("own", "Corp.example"), group("other", "msp.example")];
        lines.push(entitlement("group", "own", "member", "{}"));
        for n in 0..20 {
            lines.push(account("user", &format!("u{n}"), "U", &format!("u{n}@corp.example"), ""));
        }
        lines.push(account("user", "x", "X", "x@msp.example", ""));
        lines.push(account("user", "y", "Y", "y@msp2.example", ""));
        for to in ["user:x", "user:u1"] {
            lines.push(grant("group:own:member", to, &basis("email", "x"), "null", true));
        }
        let review = review(&lines);
        assert_eq!(named("foreign-domains", &review), ["other"]);
        let people = rows("foreign-people", &review);
        let people: Vec<&str> =
            people.iter().map(|row| review.people[*row as usize].address.as_str()).collect();
        assert_eq!(people, ["x@msp.example"], "who holds nothing isn't named");
    }

    #[test]
    fn the_domain_of_most_people_is_the_accounts_own_however_few_they_are() {
        let rule = |domain: &str| format!(r#"{{"email_domain":{{"domain":"{domain}"}}}}"#);
        let group = format!(r#"{{"include":[{},{}]}}"#, rule("d0.example"), rule("d1.example"));
        let mut lines = vec![resource("group", "g", "Two", &group)];
        for n in 0..20 {
            lines.push(account("user", &format!("u{n}"), "U", &format!("u@d{n}.example"), ""));
        }
        lines.push(account("user", "x", "X", "x@d0.example", ""));
        assert_eq!(named("foreign-domains", &review(&lines)), ["Two"], "d1 isn't its own");
        lines[0] = resource("group", "g", "Two", &group.replace("d1.example", "D0.example"));
        assert!(named("foreign-domains", &review(&lines)).is_empty());
    }

    #[test]
    fn a_domain_of_which_one_in_ten_are_is_the_accounts_own() {
        let group = r#"{"include":[{"email_domain":{"domain":"two.example"}}]}"#;
        let with = |status: &str| {
            let mut lines = vec![resource("group", "g", "Two", group)];
            for n in 0..9 {
                lines.push(account("user", &format!("u{n}"), "U", &format!("u{n}@corp.example"), ""));
            }
            lines.push(person("member", "m", "M", "m@two.example", status, "", "{}"));
            named("foreign-domains", &review(&lines))
        };
        assert!(with("enabled").is_empty());
        assert_eq!(with("pending"), ["Two"]);
    }
}
