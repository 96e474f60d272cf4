//! Every fault at every request of changes of an application. They are refused without one, so whatever
//! fails, each ends in an error, and nothing is written.

use super::account::{SECRET, of_apps};
use super::run::{Auth, Ended, Observed, observe_natively};
use super::scenario::{self, Request, Scenario, Times};
use connector_host::contract::{ErrorKind, Status};

/// Lists what is wrong. The last change is one of a group that is in effect already.
fn wrong_with(observed: &Observed, usual: &Observed) -> Vec<String> {
    let [disturbed, _, again] = &observed.calls;
    let mut wrong = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    check(!observed.never_fired, "the fault never fired".to_owned());
    let strange = |ended: &Ended| match ended {
        Ended::Badly { kind, .. } => *kind == ErrorKind::Internal,
        Ended::Well(_) | Ended::Read(_) => true,
    };
    let (of_group, of_apps) = disturbed.ended.split_last().expect("the changes");
    check(!of_apps.iter().any(strange), format!("they ended so: {of_apps:?}"));
    let is_well = matches!(of_group, Ended::Well(Status::Unchanged));
    check(is_well || !strange(of_group), format!("the change of the group ended so: {of_group:?}"));
    let wrote = observed.calls.iter().flat_map(|call| &call.log).any(|sent| sent.method != "GET");
    check(!wrote && disturbed.account == observed.before, "something was written".to_owned());
    check(!disturbed.shown.contains(SECRET), "the secret shows".to_owned());
    check(again.ended == usual.calls[0].ended, format!("the same call again ended so: {:?}", again.ended));
    wrong
}

#[test]
fn whatever_fails_they_are_refused_and_nothing_is_written() {
    let operation = of_apps();
    let usual = observe_natively(&operation, Auth::Token, 0, Vec::new());
    assert_eq!(wrong_with(&usual, &usual), [""; 0]);
    let refused = |ended: &Ended| matches!(ended, Ended::Badly { kind: ErrorKind::Refused, .. });
    assert!(usual.calls[0].ended[..3].iter().all(refused), "{:?}", usual.calls[0].ended);
    let requests = Request::all(&operation, &usual.calls[0]);
    let routes: Vec<&str> = requests.iter().map(|request| request.route.as_str()).collect();
    for route in ["access/groups", "access/apps", "access/identity_providers", "access/service_tokens/{id}"] {
        assert!(routes.contains(&route), "{route} isn't among {routes:?}");
    }
    let effects = [scenario::refusals(), scenario::answers(), scenario::connections(), scenario::stalling()];
    let (mut count, mut less) = (0, 0);
    for request in &requests {
        for effect in effects.iter().flatten() {
            for auth in [Auth::Token, Auth::Key] {
                let scenario = Scenario::new(request, effect, Times::Once);
                let observed = observe_natively(&operation, auth, 0, scenario.faults());
                let wrong = wrong_with(&observed, &usual);
                assert!(wrong.is_empty(), "{scenario:?}\n  {}", wrong.join("\n  "));
                count += 1;
                less += usize::from(observed.calls[0].ended != usual.calls[0].ended);
            }
        }
    }
    println!("{count} scenarios, {less} of them with less to tell");
    assert!(less > 0);
}
