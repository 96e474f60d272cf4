//! Findings about what nothing uses.

use super::check::{Check, Level, Table};
use crate::review::kinds::{APP, GROUP, POLICY};
use crate::review::policy::{Rules, applications, text, with_rules};
use crate::review::review::Review;
use std::collections::HashSet;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "unnamed-groups",
        title: "Groups that nothing names",
        why: "No policy and no other group names these groups, so nobody gets anything by being in one. \
              Gateway may name them, which isn't read. Delete those that are left over: the next person \
              who uses one may not know who is in it.",
        level: Level::Low,
        table: Table::Resource,
        needs: &[GROUP, POLICY, APP],
        rows: unnamed_groups,
    },
    Check {
        id: "unused-policies",
        title: "Policies that no application uses",
        why: "These reusable policies are part of no application. Delete those that are left over, before \
              somebody attaches one without reading it.",
        level: Level::Low,
        table: Table::Resource,
        needs: &[POLICY, APP],
        rows: unused_policies,
    },
];

fn unnamed_groups(review: &Review) -> Vec<u32> {
    let mut named: HashSet<u32> = HashSet::new();
    for (place, _, rules) in with_rules(review) {
        let ids = rules.all().filter_map(|rule| text(rule, "group", "id"));
        // A group that names itself isn't used by that.
        named.extend(ids.filter_map(|id| review.place(GROUP, id)).filter(|group| *group != place));
    }
    review.of_kind(GROUP).map(|(place, _)| place).filter(|place| !named.contains(place)).collect()
}

fn unused_policies(review: &Review) -> Vec<u32> {
    let apps: Vec<_> = applications(review).collect();
    let attached = apps.iter().flat_map(|(_, app)| &app.policies);
    let used: HashSet<u32> = attached.filter_map(|policy| review.place(POLICY, &policy.id)).collect();
    let unused = review.of_kind(POLICY).filter(|(place, policy)| {
        // One of a single application is a part of it.
        policy.parent.is_none() && !used.contains(place) && Rules::of(policy).app_count().unwrap_or(0) == 0
    });
    unused.map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::named;
    use crate::review::samples::{resource, review};

    #[test]
    fn a_group_that_nothing_names() {
        let naming = |id: &str| format!(r#"{{"include":[],"exclude":[{{"group":{{"id":"{id}"}}}}]}}"#);
        let review = review(&[
            resource("group", "g1", "By a policy", "{}"),
            resource("group", "g2", "By a group", &naming("g1")),
            resource("group", "g3", "Alone", &naming("g2")),
            resource("group", "g4", "By itself", &naming("g4")),
            resource("policy", "p1", "P", &naming("g1")),
        ]);
        assert_eq!(named("unnamed-groups", &review), ["Alone", "By itself"]);
    }

    #[test]
    fn a_policy_that_no_application_uses() {
        let own = resource("policy", "p4", "Of an application", "{}")
            .replace(r#""parent":null"#, r#""parent":{"kind":"app","id":"a1"}"#);
        let review = review(&[
            resource("policy", "p1", "Used", r#"{"app_count":0}"#),
            resource("policy", "p2", "Counted", r#"{"app_count":2}"#),
            resource("policy", "p3", "Left over", r#"{"app_count":0}"#),
            resource("app", "a1", "Wiki", r#"{"policies":[{"id":"p1"}]}"#),
            own,
        ]);
        assert_eq!(named("unused-policies", &review), ["Left over"]);
    }
}
