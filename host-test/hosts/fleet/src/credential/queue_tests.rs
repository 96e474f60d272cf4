use super::*;
use proptest::prelude::*;

fn holder(name: u8) -> Holder {
    Holder { workflow_id: format!("sync-{name}"), run_id: format!("run-{name}") }
}

fn ask(name: u8, kind: Kind) -> Ask {
    Ask { by: holder(name), kind }
}

fn told(queue: &mut Queue) -> Vec<Holder> {
    queue.grants().into_iter().map(|held| held.by).collect()
}

#[test]
fn slots_are_given_in_the_order_of_asking() {
    let mut queue = Queue::default();
    for name in [1, 2, 3] {
        queue.ask(ask(name, Kind::Sync));
    }
    assert_eq!(told(&mut queue), [holder(1)]);
    assert_eq!(told(&mut queue), []);
    queue.release(&holder(1), Some(5), 0);
    assert_eq!(told(&mut queue), [holder(2)]);
    // Whoever doesn't want to wait any more leaves the queue.
    queue.release(&holder(3), None, 0);
    queue.release(&holder(2), Some(6), 0);
    assert_eq!(told(&mut queue), []);
}

#[test]
fn changes_do_not_wait_for_syncs() {
    let mut queue = Queue::default();
    queue.ask(ask(1, Kind::Sync));
    queue.ask(ask(2, Kind::Sync));
    queue.ask(ask(3, Kind::Changes));
    assert_eq!(told(&mut queue), [holder(1), holder(3)]);
}

#[test]
fn the_next_holder_goes_on_at_the_pace_of_the_last_one() {
    let mut queue = Queue::default();
    queue.ask(ask(1, Kind::Sync));
    let first = queue.grants().remove(0);
    assert_eq!(first.slot, Slot { share: Pace::new(500, 300_000), tat: 0 });
    queue.release(&holder(1), Some(77_000), 1_000);
    queue.ask(ask(2, Kind::Sync));
    assert_eq!(queue.grants()[0].slot.tat, 77_000);
    // Nobody knows what this one used.
    queue.release(&holder(2), None, 90_000);
    queue.ask(ask(3, Kind::Sync));
    assert_eq!(queue.grants()[0].slot.tat, first.slot.share.not_before(90_000, 0));
}

#[test]
fn whoever_asks_again_keeps_the_place_and_is_told_again() {
    let mut queue = Queue::default();
    for name in [1, 2, 3, 2, 1] {
        queue.ask(ask(name, Kind::Sync));
    }
    assert_eq!(told(&mut queue), [holder(1)]);
    queue.ask(ask(1, Kind::Sync));
    assert_eq!(told(&mut queue), [holder(1)]);
    assert_eq!(queue.held.len(), 1);
    assert_eq!(queue.waiting, [ask(2, Kind::Sync), ask(3, Kind::Sync)]);
}

#[test]
fn a_release_of_another_run_frees_nothing() {
    let mut queue = Queue::default();
    queue.ask(ask(1, Kind::Sync));
    queue.ask(ask(2, Kind::Sync));
    queue.grants();
    queue.release(&Holder { run_id: "an earlier one".to_owned(), ..holder(1) }, None, 0);
    assert_eq!(told(&mut queue), []);
    assert_eq!(queue.held_up_by(), [holder(1)]);
}

#[test]
fn a_lower_limit_counts_from_the_next_slot_on() {
    let mut queue = Queue::default();
    queue.ask(ask(1, Kind::Sync));
    queue.grants();
    queue.configure(Limits { syncs: 2, requests: 300, ..Limits::default() });
    queue.ask(ask(2, Kind::Sync));
    // The first one may still send 500.
    assert_eq!(told(&mut queue), []);
    queue.release(&holder(1), Some(1), 0);
    assert_eq!(queue.grants()[0].slot.share, Pace::new(100, 300_000));
}

#[test]
fn a_slot_comes_back_no_younger_than_it_was_given_and_the_most_rested_goes_first() {
    let mut queue = Queue::default();
    queue.configure(Limits { syncs: 2, ..Limits::default() });
    let ask_for_both = |queue: &mut Queue, names: [u8; 2]| {
        names.into_iter().for_each(|name| queue.ask(ask(name, Kind::Sync)));
        queue.grants().iter().map(|held| held.slot.tat).collect::<Vec<_>>()
    };
    assert_eq!(ask_for_both(&mut queue, [1, 2]), [0, 0]);
    queue.release(&holder(1), Some(90), 0);
    queue.release(&holder(2), Some(80), 0);
    assert_eq!(ask_for_both(&mut queue, [3, 4]), [80, 90]);
    // A holder's word counts only where it is later.
    queue.release(&holder(3), Some(10), 0);
    queue.release(&holder(4), Some(100), 0);
    assert_eq!(ask_for_both(&mut queue, [5, 6]), [80, 100]);
}

#[test]
fn changes_go_on_at_the_pace_of_changes() {
    let mut queue = Queue::default();
    for (name, kind, tat) in [(1, Kind::Sync, 10), (2, Kind::Changes, 50)] {
        queue.ask(ask(name, kind));
        queue.grants();
        queue.release(&holder(name), Some(tat), 0);
    }
    queue.ask(ask(3, Kind::Changes));
    assert_eq!(queue.grants()[0].slot.tat, 50);
}

#[test]
fn whoever_gave_back_a_slot_is_told_once_of_the_next_one() {
    let mut queue = Queue::default();
    queue.ask(ask(1, Kind::Sync));
    queue.grants();
    queue.ask(ask(1, Kind::Sync));
    queue.release(&holder(1), None, 0);
    queue.ask(ask(1, Kind::Sync));
    assert_eq!(told(&mut queue), [holder(1)]);
}

#[derive(Clone, Debug)]
enum Step {
    Ask(u8, Kind),
    Release(u8, Option<u64>),
    Configure(u32, u32, u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop_oneof![Just(Kind::Sync), Just(Kind::Changes)];
    let step = prop_oneof![
        4 => (0_u8..12, kind).prop_map(|(name, kind)| Step::Ask(name, kind)),
        4 => (0_u8..12, proptest::option::of(0_u64..1_000_000))
            .prop_map(|(name, tat)| Step::Release(name, tat)),
        1 => (0_u32..4, 0_u32..3, 0_u64..2_000).prop_map(|(syncs, changes, requests)| {
            Step::Configure(syncs, changes, requests)
        }),
    ];
    proptest::collection::vec(step, 0..200)
}

proptest! {
    /// Never more slots than the most that were allowed since they were given, never more requests than the
    /// limit, nobody twice, and nobody forgotten.
    #[test]
    fn limits_hold_and_nobody_is_forgotten(steps in steps()) {
        let mut queue = Queue::default();
        let mut open: Vec<Holder> = Vec::new();
        for (now, step) in (0_u64..).step_by(1_000).zip(steps) {
            let before = queue.held.clone();
            match step {
                Step::Ask(name, kind) => {
                    queue.ask(ask(name, kind));
                    if !open.contains(&holder(name)) {
                        open.push(holder(name));
                    }
                }
                Step::Release(name, tat) => {
                    queue.release(&holder(name), tat, now);
                    open.retain(|by| *by != holder(name));
                }
                Step::Configure(syncs, changes, requests) => {
                    queue.configure(Limits { syncs, changes, requests, ..Limits::default() });
                }
            }
            let granted = queue.grants();
            let mut known: Vec<Holder> = queue.held.iter().map(|held| held.by.clone())
                .chain(queue.waiting.iter().map(|waiting| waiting.by.clone())).collect();
            prop_assert!(known.iter().all(|by| open.contains(by)));
            known.sort_by(|a, b| a.run_id.cmp(&b.run_id));
            known.dedup();
            prop_assert_eq!(known.len(), open.len());
            prop_assert_eq!(queue.held.len() + queue.waiting.len(), open.len());
            // What is new keeps within the limits of now.
            if granted.iter().any(|held| !before.contains(held)) {
                let sent: u64 = queue.held.iter().map(|held| held.slot.share.requests_per_window).sum();
                prop_assert!(sent <= queue.limits.requests, "{queue:?}");
            }
            for held in granted.iter().filter(|held| !before.contains(held)) {
                let of_kind = queue.held.iter().filter(|other| other.kind == held.kind).count();
                prop_assert!(of_kind <= queue.limits.slots(held.kind), "{queue:?}");
            }
        }
        // In the end everybody gets a turn.
        while let Some(held) = queue.held.first() {
            let by = held.by.clone();
            queue.release(&by, None, 0);
            queue.grants();
        }
        queue.grants();
        prop_assert!(queue.waiting.is_empty() || !queue.held.is_empty());
    }
}
