//! Every fault at every request that tells names of roles where Cloudflare has no list of them: the account
//! members, who are read once before, and the permission groups. The core runs in this process.

use super::course::Course;
use super::scenario::{self, Disturbance, Scenario};
use super::{native, wrong_with};
use crate::cases::Cases;
use std::collections::BTreeSet;

/// Returns all scenarios but those in which other writers change the members, who are read twice.
fn scenarios(course: &Course) -> Vec<Scenario> {
    let requests = course.requests_for_names();
    let all = [
        scenario::answers,
        scenario::connections,
        scenario::stalls,
        scenario::passing,
        scenario::fields,
        scenario::lists,
    ];
    let is_fault = |it: &Scenario| {
        it.troubles.iter().all(|trouble| matches!(trouble.disturbance, Disturbance::Effect(_)))
    };
    let all = all.iter().flat_map(|scenarios| scenarios(&requests)).filter(is_fault);
    all.map(|it| Scenario { roles_gone: true, ..it }).collect()
}

#[test]
fn names_of_roles_are_told_or_missed() {
    let course = Course::of();
    let undisturbed = Scenario { roles_gone: true, ..Scenario::undisturbed() };
    assert_eq!(wrong_with(&undisturbed, &native::observe(&undisturbed).observed, &course), [""; 0]);
    let scenarios = scenarios(&course);
    let routes: BTreeSet<&str> =
        scenarios.iter().flat_map(|it| &it.troubles).map(|trouble| trouble.request.route.as_str()).collect();
    assert_eq!(routes, ["iam/permission_groups", "members"].into());
    let ran = Cases::each(&scenarios, |scenario| {
        let wrong = wrong_with(scenario, &native::observe(scenario).observed, &course);
        (!wrong.is_empty()).then(|| format!("{scenario:?}\n  {}", wrong[..wrong.len().min(8)].join("\n  ")))
    });
    println!("{ran} scenarios");
}
