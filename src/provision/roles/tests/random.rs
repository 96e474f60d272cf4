//! Random changes in random accounts: what a report tells is what happened, and nothing else did.

use super::*;
use crate::provision::Status;

/// Numbers that follow from a seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn is_one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Some of these, at least one.
    fn some(&mut self, of: &[&'static str]) -> Vec<&'static str> {
        let mut some: Vec<_> = of.iter().copied().filter(|_| self.is_one_in(of.len())).collect();
        if some.is_empty() {
            some.push(*self.pick(of));
        }
        some
    }
}

const GROUPS: [&str; 4] = ["p0", "p1", "p2", "p3"];
const PARTS: [&str; 2] = ["z1", "z2"];
const MEMBERS: [&str; 4] = ["m1", "m2", "m3", "m4"];
const USER_GROUPS: [&str; 3] = ["e1", "e2", "e3"];

fn account(numbers: &mut Numbers) -> Account {
    let shows = *numbers.pick(&[Shows::Nothing, Shows::Policies, Shows::Roles, Shows::RolesAlone]);
    let mut account = Account { shows, members: BTreeMap::new(), groups: BTreeMap::new(), made: 0 };
    for id in MEMBERS {
        let mut policies = Vec::new();
        for group in numbers.some(&GROUPS) {
            if group != "p0" || numbers.is_one_in(2) {
                policies.push(policy(&format!("{id}-{group}"), &[group], &["whole"]));
            }
        }
        if policies.is_empty() || numbers.is_one_in(3) {
            let (of, on) = if numbers.is_one_in(2) {
                (numbers.some(&GROUPS), vec![*numbers.pick(&PARTS)])
            } else {
                (vec![*numbers.pick(&GROUPS)], numbers.some(&PARTS))
            };
            policies.push(policy(&format!("{id}-part"), &of, &on));
        }
        let status = *numbers.pick(&["accepted", "accepted", "accepted", "pending"]);
        account.members.insert(id.to_owned(), Member { status, policies });
    }
    for id in USER_GROUPS {
        let mut policies = Vec::new();
        for at in 0..numbers.below(3) {
            let on = *numbers.pick(&["whole", "whole", "z1"]);
            policies.push(policy(&format!("{id}-{at}"), &numbers.some(&GROUPS), &[on]));
        }
        let members = MEMBERS.iter().filter(|_| numbers.is_one_in(3)).map(|&id| id.to_owned());
        account.groups.insert(id.to_owned(), Group { policies, members: members.collect() });
    }
    account
}

fn changes(numbers: &mut Numbers, account: &Account) -> Vec<Change> {
    let held: Vec<_> = account.held().into_iter().collect();
    let count = 1 + numbers.below(4);
    let one = |_| {
        if numbers.is_one_in(2) {
            let (member, entitlement) = numbers.pick(&held);
            return change(Operation::Revoke, entitlement, member);
        }
        let operation = *numbers.pick(&[Operation::Grant, Operation::Grant, Operation::Revoke]);
        let entitlement = match numbers.below(3) {
            0 => format!("role:{}:assigned", numbers.pick(&roles()).0),
            1 => format!("scoped-role:{}-{}:assigned", numbers.pick(&GROUPS), numbers.pick(&PARTS)),
            _ => format!("user-group:{}:member", numbers.pick(&USER_GROUPS)),
        };
        change(operation, &entitlement, MEMBERS[numbers.below(MEMBERS.len())])
    };
    (0..count).map(one).collect()
}

/// Returns the outcomes as far as a dry run knows them: not that the list of roles shows what a group gives.
fn told(report: &Report, shows: Shows) -> Vec<String> {
    let told = |result: &crate::error::Result<crate::provision::Outcome>| match result {
        Ok(outcome) => {
            let added = outcome.added.iter().map(|grant| {
                let mut rules: Vec<_> = grant.basis.iter().map(|basis| &basis.rule[..]).collect();
                if shows == Shows::RolesAlone && rules.contains(&"user_group") {
                    rules.retain(|rule| *rule != "role");
                }
                format!("{} {rules:?} {}", grant.entitlement, grant.revocable)
            });
            let is_unchanged = outcome.status == Status::Unchanged;
            format!("{is_unchanged} {:?} {:?}", added.collect::<Vec<_>>(), outcome.removed)
        }
        Err(error) => format!("{:?} {}", error.kind, error.message),
    };
    report.results.iter().map(told).collect()
}

fn judge(seed: u64) -> [usize; 3] {
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let account = account(&mut numbers);
    let shows = account.shows;
    let changes = changes(&mut numbers, &account);
    let (planned, same, reads) = run(&account, &changes, true);
    assert_eq!(same.held(), account.held());
    assert!(reads.iter().all(|sent| sent.starts_with("GET ")), "{reads:?}");
    let (report, after, sent) = run(&account, &changes, false);
    let scene = || format!("{seed}: {changes:#?}\n{account:#?}\n{report:#?}\n{sent:#?}");
    assert_eq!(told(&planned, shows), told(&report, shows), "a dry run tells what happens: {}", scene());
    assert_eq!(report.requests as usize, sent.len());

    // What is told is what happened.
    let (was, is) = (account.held(), after.held());
    let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
    for (change, result) in changes.iter().zip(&report.results) {
        let member = &change.principal_id;
        let holds = is.contains(&(member.clone(), change.entitlement.clone()));
        let Ok(outcome) = result else { continue };
        assert_eq!(holds, change.operation == Operation::Grant, "it is as asked: {}", scene());
        added.extend(outcome.added.iter().map(|grant| (member.clone(), grant.entitlement.clone())));
        removed.extend(outcome.removed.iter().map(|it| (member.clone(), it.clone())));
    }
    assert!(is.difference(&was).all(|new| added.contains(new)), "all that came is told: {}", scene());
    assert!(added.iter().all(|told| is.contains(told)), "what is told came: {}", scene());
    let gone: BTreeSet<_> = was.difference(&is).cloned().collect();
    assert!(gone.iter().all(|gone| removed.contains(gone)), "all that went is told: {}", scene());
    assert!(removed.iter().all(|told| !is.contains(told)), "what is told went: {}", scene());

    // Nothing else happened.
    for (id, member) in &account.members {
        let after = &after.members[id];
        let asked = |role: &String| {
            changes.iter().any(|change| change.principal_id == *id && change.entitlement == *role)
        };
        let (had, has) = (given(&member.policies), given(&after.policies));
        assert!(had.symmetric_difference(&has).all(asked), "only what was asked for: {}", scene());
        assert!(!after.policies.is_empty());
        let untouched =
            member.policies.iter().filter(|policy| !given(&[(*policy).clone()]).iter().any(asked));
        for policy in untouched {
            assert!(after.policies.contains(policy), "{policy} stays as it is: {}", scene());
        }
    }
    let (before, left) = (account.super_administrators(), after.super_administrators());
    assert!(before == 0 || left > 0, "somebody administers the account: {}", scene());
    let says_last = |error: &crate::error::Error| error.message.contains("last Super Administrator");
    let is_last = report.results.iter().filter_map(|result| result.as_ref().err()).any(says_last);
    assert!(!is_last || left == 1, "the others may go: {}", scene());
    let is_refused = |kind| report.results.iter().flatten().filter(|it| it.status == kind).count();
    [
        is_refused(Status::Applied),
        is_refused(Status::Unchanged),
        report.results.iter().filter(|it| it.is_err()).count(),
    ]
}

#[test]
fn a_report_tells_what_happened_and_nothing_else_did() {
    let mut counts = [0; 3];
    for seed in 0..1_000 {
        for (count, more) in counts.iter_mut().zip(judge(seed)) {
            *count += more;
        }
    }
    assert!(counts.iter().all(|&count| count > 150), "each way to end is tried often: {counts:?}");
}
