//! The last Super Administrator, where it isn't plain who is one.

use super::*;

/// Changes an account with the accepted member `m1`, who has the role DNS and these policies, and with these
/// others who are Super Administrators. The user group `e1` has a policy, and `m1` as a member if `is_in`.
struct Scene {
    shows: Shows,
    status: &'static str,
    policies: Vec<Json>,
    of_group: Vec<Json>,
    is_in: bool,
    others: Vec<(&'static str, Vec<Json>)>,
}

fn plain() -> Scene {
    let (policies, of_group, others) = Default::default();
    Scene { shows: Shows::Nothing, status: "accepted", policies, of_group, is_in: false, others }
}

fn administrators(id: &str) -> Json {
    policy(id, &["p0"], &["whole"])
}

fn with(mut policy: Json, field: &str, value: Json) -> Json {
    policy[field] = value;
    policy
}

fn denied(id: &str) -> Json {
    with(administrators(id), "access", json!("deny"))
}

/// A policy whose permission group has only an id.
fn unnamed(id: &str) -> Json {
    with(administrators(id), "permission_groups", json!([{"id": "p9"}]))
}

fn dns(id: &str) -> Json {
    policy(id, &["p1"], &["whole"])
}

impl Scene {
    fn account(&self) -> Account {
        let policies = [vec![dns("m1-dns")], self.policies.clone()].concat();
        let mut members = BTreeMap::from([("m1".to_owned(), Member { status: self.status, policies })]);
        for (id, policies) in &self.others {
            let policies = [vec![dns(&format!("{id}-dns"))], policies.clone()].concat();
            members.insert((*id).to_owned(), Member { status: "accepted", policies });
        }
        let in_it = self.is_in.then(|| "m1".to_owned()).into_iter().collect();
        let group = Group { policies: self.of_group.clone(), members: in_it };
        Account { shows: self.shows, members, groups: BTreeMap::from([("e1".to_owned(), group)]), made: 0 }
    }

    /// Asserts which of the changes are refused because of the last Super Administrator; the others are
    /// made. A dry run says the same.
    fn loses(&self, changes: &[Change], refused: &[usize]) -> Report {
        let account = self.account();
        let check = |report: &Report| {
            for (at, result) in report.results.iter().enumerate() {
                match result {
                    Ok(_) => assert!(!refused.contains(&at), "{at}: {report:#?}"),
                    Err(error) => {
                        assert!(error.message.contains("last Super Administrator"), "{error}");
                        assert!(refused.contains(&at), "{at}: {report:#?}");
                    }
                }
            }
        };
        check(&run(&account, changes, true).0);
        let (report, after, sent) = run(&account, changes, false);
        check(&report);
        let writes = sent.iter().filter(|sent| !sent.starts_with("GET ")).count();
        assert_eq!(writes, changes.len() - refused.len(), "{sent:?} {after:?}");
        report
    }

    /// Asserts that a change is refused while nobody else is a Super Administrator, and made otherwise.
    fn judged(mut self, change: &Change) -> Report {
        self.loses(std::slice::from_ref(change), &[0]);
        self.others.push(("m2", vec![administrators("m2-super")]));
        self.loses(std::slice::from_ref(change), &[])
    }
}

fn take(role: &str, member: &str) -> Change {
    change(Operation::Revoke, &format!("role:{role}:assigned"), member)
}

fn join(member: &str) -> Change {
    change(Operation::Grant, "user-group:e1:member", member)
}

fn leave() -> Change {
    change(Operation::Revoke, "user-group:e1:member", "m1")
}

#[test]
fn a_state_that_is_not_known_may_be_that_of_the_last_one() {
    for status in ["", "active"] {
        Scene { status, policies: vec![administrators("m1-super")], ..plain() }.judged(&take(SUPER, "m1"));
    }
    Scene { status: "odd", of_group: vec![administrators("e1-super")], is_in: true, ..plain() }
        .judged(&leave());
    // Whoever is only invited never counted.
    let invited = Scene { status: "pending", policies: vec![administrators("m1-super")], ..plain() };
    invited.loses(&[take(SUPER, "m1")], &[]);
}

#[test]
fn the_last_one_does_not_join_a_group_that_denies_it() {
    let scene =
        || Scene { policies: vec![administrators("m1-super")], of_group: vec![denied("e1-deny")], ..plain() };
    scene().judged(&join("m1"));
    let two = Scene { others: vec![("m2", vec![administrators("m2-super")])], ..scene() };
    two.loses(&[join("m2"), take(SUPER, "m1")], &[1]);
    two.loses(&[join("m1"), join("m2")], &[1]);
    // Three: two of them go.
    let others = ["m2", "m3"].map(|id| (id, vec![administrators(&format!("{id}-super"))])).to_vec();
    Scene { others, ..scene() }.loses(&[join("m1"), take(SUPER, "m2"), join("m3")], &[1]);
    // A group that denies something else is free to join.
    let other = with(dns("e1-deny"), "access", json!("deny"));
    Scene { of_group: vec![other], ..scene() }.loses(&[join("m1")], &[]);
}

#[test]
fn a_successor_to_whom_a_policy_denies_it_is_none() {
    let scene = Scene {
        policies: vec![administrators("m1-super")],
        others: vec![("m2", vec![denied("m2-deny")])],
        ..plain()
    };
    let give = change(Operation::Grant, &format!("role:{SUPER}:assigned"), "m2");
    scene.loses(&[give, take(SUPER, "m1")], &[1]);
}

#[test]
fn a_group_whose_policies_are_not_clear_may_be_theirs() {
    for policy in [
        with(administrators("e1-super"), "access", json!("permit")),
        with(administrators("e1-super"), "resource_groups", json!([])),
        with(administrators("e1-super"), "id", json!(7)),
        unnamed("e1-super"),
    ] {
        Scene { of_group: vec![policy], is_in: true, ..plain() }.judged(&leave());
    }
    // One that is clear is left without a question.
    let clear = Scene { of_group: vec![policy("e1-billing", &["p2"], &["whole"])], is_in: true, ..plain() };
    clear.loses(&[leave()], &[]);
}

#[test]
fn a_permission_group_without_a_name_may_be_theirs() {
    Scene { policies: vec![unnamed("m1-super")], ..plain() }.judged(&take("p9", "m1"));
}

#[test]
fn a_role_that_only_mirrors_a_group_goes_with_it() {
    let scene = || Scene {
        shows: Shows::RolesAlone,
        of_group: vec![administrators("e1-super")],
        is_in: true,
        ..plain()
    };
    let report = scene().judged(&leave());
    let removed = &report.results[0].as_ref().unwrap().removed;
    assert!(removed.contains(&format!("role:{SUPER}:assigned")), "{removed:?}");
    // One that a policy of their own gives too stays.
    let own = Scene { policies: vec![administrators("m1-super")], ..scene() };
    let report = own.loses(&[leave()], &[]);
    assert_eq!(report.results[0].as_ref().unwrap().removed, ["user-group:e1:member"]);
}

#[test]
fn a_policy_without_an_id_may_be_any_groups() {
    let policies = vec![policy("m1-billing", &["p2"], &["whole"]), policy("m1-part", &["p3"], &["z1"])];
    for (of_group, is_free) in
        [(policy("", &["p3"], &["z2"]), false), (policy("e1-p3", &["p3"], &["z2"]), true)]
    {
        let scene = Scene {
            shows: Shows::Policies,
            policies: policies.clone(),
            of_group: vec![of_group],
            is_in: true,
            ..plain()
        };
        let (report, after, sent) = run(&scene.account(), &[take("r2", "m1")], false);
        assert_eq!(report.results[0].is_ok(), is_free, "{report:#?}");
        assert_eq!(sent.iter().any(|sent| sent.starts_with("PUT ")), is_free, "{sent:?}");
        assert_eq!(after.members["m1"].policies.len(), if is_free { 2 } else { 3 });
    }
}

#[test]
fn a_member_of_their_group_who_is_not_understood_may_be_another_one() {
    let scene = Scene {
        policies: vec![administrators("m1-super")],
        of_group: vec![administrators("e1-super")],
        ..plain()
    };
    let mut account = scene.account();
    account.groups.get_mut("e1").unwrap().members.insert("no id/".to_owned());
    let (report, after, _) = run(&account, &[take(SUPER, "m1")], false);
    let error = report.results[0].as_ref().unwrap_err();
    assert!(error.message.contains("isn't known whether another"), "{error}");
    assert_eq!(after.held(), account.held());
}
