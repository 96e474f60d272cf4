//! Two sessions of the connector change the same resource at once, in every order of their
//! requests. The expectation is computed here, on sets.

use crate::changes::account::{
    AUDIT, DEV, DNS, EDITORS, Operation, What, group, in_group, member, of_role, role,
};
use crate::changes::run::{Auth, Ended, call, open, start};
use crate::common::setup::host;
use connector_host::Host;
use connector_host::contract::{Change, ErrorKind, Operation as Way, Status};
use host_test::mock::Account;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// The content of a resource: addresses, or roles.
type State = BTreeSet<String>;

/// The requests for whoever has the address, and for applications and identity providers, among those
/// of a change of a group.
const OWNERS: std::ops::RangeInclusive<u32> = 2..=5;

/// A change of one element of the set.
#[derive(Clone)]
struct Side {
    change: Change,
    thing: String,
    /// Whether its first request already shows the set.
    lists: bool,
    requests: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Report {
    Applied,
    Unchanged,
    Conflict,
}

impl Side {
    fn in_editors(operation: Way, address: &str) -> Side {
        let change = in_group(operation, EDITORS, "email", address);
        Side { change, thing: address.to_owned(), lists: true, requests: 4 }
    }

    fn of_dev(operation: Way, role: &str) -> Side {
        // A grant first reads the role.
        let requests = if operation == Way::Grant { 4 } else { 3 };
        Side { change: of_role(operation, role, DEV), thing: role.to_owned(), lists: false, requests }
    }

    fn is_so(&self, state: &State) -> bool {
        state.contains(&self.thing) == (self.change.operation == Way::Grant)
    }

    fn applied(&self, state: &State) -> State {
        let mut state = state.clone();
        match self.change.operation {
            Way::Grant => state.insert(self.thing.clone()),
            Way::Revoke => state.remove(&self.thing),
        };
        state
    }
}

/// Returns every order of two sessions' requests: `true` is the first one's.
fn orders(first: usize, second: usize) -> Vec<Vec<bool>> {
    if first == 0 || second == 0 {
        return vec![[vec![true; first], vec![false; second]].concat()];
    }
    let with =
        |turn: bool, rest: Vec<Vec<bool>>| rest.into_iter().map(move |rest| [vec![turn], rest].concat());
    with(true, orders(first - 1, second)).chain(with(false, orders(first, second - 1))).collect()
}

/// Computes the outcome of this order.
fn worked_out(sides: &[Side; 2], order: &[bool], start: &State) -> ([Report; 2], State) {
    let mut state = start.clone();
    let mut sent = [0, 0];
    let mut reports = [None, None];
    let mut wrote = [None, None];
    for turn in order {
        let at = usize::from(!turn);
        let side = &sides[at];
        sent[at] += 1;
        if reports[at].is_some() {
            continue;
        }
        match side.requests - sent[at] {
            3 if side.lists && side.is_so(&state) => reports[at] = Some(Report::Unchanged),
            3 => {}
            2 if side.is_so(&state) => reports[at] = Some(Report::Unchanged),
            2 => wrote[at] = Some(side.applied(&state)),
            1 => state = wrote[at].clone().unwrap(),
            _ if wrote[at].as_ref() == Some(&state) => reports[at] = Some(Report::Applied),
            _ => reports[at] = Some(Report::Conflict),
        }
    }
    (reports.map(Option::unwrap), state)
}

/// The order of turns. A session that has finished has no more turns.
#[derive(Default)]
struct Turns {
    waiting: Mutex<VecDeque<bool>>,
    next: Notify,
}

impl Turns {
    async fn take(&self, who: bool) {
        loop {
            let next = self.next.notified();
            {
                let mut waiting = self.waiting.lock().unwrap();
                if !waiting.contains(&who) {
                    return;
                }
                if waiting.front() == Some(&who) {
                    waiting.pop_front();
                    self.next.notify_waiters();
                    return;
                }
            }
            next.await;
        }
    }

    fn is_done(&self, who: bool) {
        self.waiting.lock().unwrap().retain(|turn| *turn != who);
        self.next.notify_waiters();
    }
}

async fn run(
    host: &Host,
    sides: &[Side; 2],
    order: &[bool],
    look: fn(&Account) -> State,
) -> ([Report; 2], State) {
    let mock = start().await;
    let turns = Arc::new(Turns { waiting: Mutex::new(order.iter().copied().collect()), next: Notify::new() });
    let taking = Arc::clone(&turns);
    let (asked, lists) = (Mutex::new([0; 2]), sides.clone().map(|side| side.lists));
    mock.hold(Box::new(move |headers| {
        let (turns, is_first) = (Arc::clone(&taking), headers.contains_key("authorization"));
        let number = {
            let number = &mut asked.lock().unwrap()[usize::from(!is_first)];
            *number += 1;
            *number
        };
        // Who has the address is looked for behind the list of groups, and the user groups are read
        // first. Those are no turns: nobody changes them.
        let is_free = if lists[usize::from(!is_first)] { OWNERS.contains(&number) } else { number == 1 };
        Box::pin(async move {
            if !is_free {
                turns.take(is_first).await;
            }
        })
    }));
    let operation = |side: &Side| {
        let changes = vec![side.change.clone()];
        Operation { name: "one of two", what: What::Apply { changes, dry_run: false } }
    };
    let mut first = open(host, &mock, Auth::Token, 0).await;
    let mut second = open(host, &mock, Auth::Key, 0).await;
    let operations = [operation(&sides[0]), operation(&sides[1])];
    let one = async {
        let call = call(&mut first, &mock, &operations[0]).await;
        turns.is_done(true);
        call
    };
    let other = async {
        let call = call(&mut second, &mock, &operations[1]).await;
        turns.is_done(false);
        call
    };
    let (one, other) = tokio::join!(one, other);
    let reports = [one, other].map(|call| match &call.ended[0] {
        Ended::Well(Status::Applied) => Report::Applied,
        Ended::Well(Status::Unchanged) => Report::Unchanged,
        Ended::Badly { kind: ErrorKind::Conflict, .. } => Report::Conflict,
        other => panic!("{other:?}"),
    });
    let state = look(&mock.account());
    // Each again, one after the other: everything is as it was asked for.
    for (session, operation) in [(&mut first, &operations[0]), (&mut second, &operations[1])] {
        let again = call(session, &mock, operation).await;
        assert!(matches!(again.ended[0], Ended::Well(_)), "{:?}", again.ended);
    }
    let converged = look(&mock.account());
    assert!(sides[1].is_so(&converged), "{order:?}");
    let contradict =
        sides[0].thing == sides[1].thing && sides[0].change.operation != sides[1].change.operation;
    assert!(contradict || sides[0].is_so(&converged), "{order:?}");
    (reports, state)
}

/// Runs the sessions in every order. Returns the number of orders, and the number of those in which
/// a change that was reported as applied was overwritten without a report: between our GET and our
/// PUT, which no read can show.
async fn in_every_order(sides: [Side; 2], look: fn(&Account) -> State) -> (usize, usize) {
    let (host, begin) = (host().await, look(&crate::changes::account::account()));
    let orders = orders(sides[0].requests, sides[1].requests);
    let mut unseen = 0;
    for order in &orders {
        let found = run(&host, &sides, order, look).await;
        assert_eq!(found, worked_out(&sides, order, &begin), "{order:?}");
        let (reports, state) = found;
        let lost =
            sides.iter().zip(reports).any(|(side, report)| report == Report::Applied && !side.is_so(&state));
        // Where two changes contradict each other, the later one wins.
        let contradict = sides[0].thing == sides[1].thing;
        unseen += usize::from(lost && !contradict && !reports.contains(&Report::Conflict));
    }
    (orders.len(), unseen)
}

fn editors(account: &Account) -> State {
    let rules =
        account.groups.iter().filter(|it| it.id == group(EDITORS)).flat_map(|it| it.include.iter().flatten());
    rules.filter_map(|rule| rule.pointer("/email/email")?.as_str().map(str::to_ascii_lowercase)).collect()
}

fn roles(account: &Account) -> State {
    account.members.iter().filter(|it| it.id == member(DEV)).flat_map(|it| it.roles.iter().cloned()).collect()
}

#[tokio::test]
async fn two_grants_of_a_group() {
    let sides = ["one@else.example", "two@else.example"].map(|address| Side::in_editors(Way::Grant, address));
    assert_eq!(in_every_order(sides, editors).await, (70, 12));
}

#[tokio::test]
async fn a_grant_and_a_revoke_of_a_group() {
    let sides =
        [Side::in_editors(Way::Grant, "one@else.example"), Side::in_editors(Way::Revoke, "bob@corp.example")];
    assert_eq!(in_every_order(sides, editors).await, (70, 12));
}

#[tokio::test]
async fn the_same_grant_twice_and_the_same_revoke_twice() {
    let grant = Side::in_editors(Way::Grant, "one@else.example");
    assert_eq!(in_every_order([grant.clone(), grant], editors).await, (70, 0));
    let revoke = Side::in_editors(Way::Revoke, "bob@corp.example");
    assert_eq!(in_every_order([revoke.clone(), revoke], editors).await, (70, 0));
}

#[tokio::test]
async fn a_grant_and_a_revoke_of_the_same() {
    let grant = Side::in_editors(Way::Grant, "one@else.example");
    let revoke = Side::in_editors(Way::Revoke, "one@else.example");
    assert_eq!(in_every_order([grant, revoke], editors).await, (70, 0));
}

#[tokio::test]
async fn roles_of_a_member() {
    let (give, take) = (Side::of_dev(Way::Grant, &role(AUDIT)), Side::of_dev(Way::Revoke, &role(DNS)));
    assert_eq!(in_every_order([give.clone(), take.clone()], roles).await, (35, 6));
    assert_eq!(in_every_order([take, give], roles).await, (35, 6));
}
