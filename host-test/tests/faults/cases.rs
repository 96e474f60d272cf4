//! Random cases in great number, each from a seed of its own, so that a failing one can be run
//! alone.
//!
//! `FAULT_SEED` chooses other cases, `FAULT_CASES` their number, and `FAULT_CASE` one of them
//! alone.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// One thread for each of two cores.
const THREADS: usize = 2;
/// The number of failures that are reported.
const SHOWN: usize = 10;

/// The cases of one run.
#[derive(Clone, Debug)]
pub struct Cases {
    seed: u64,
    numbers: Range<u64>,
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text:?}")))
}

impl Cases {
    /// Returns the usual number of cases, or the number that the environment sets.
    pub fn usual(count: u64) -> Cases {
        let numbers = match number("FAULT_CASE") {
            Some(one) => one..one + 1,
            None => 0..number("FAULT_CASES").unwrap_or(count),
        };
        Cases { seed: number("FAULT_SEED").unwrap_or(1), numbers }
    }

    /// Returns the first of these cases.
    pub fn first(&self, count: u64) -> Cases {
        let Range { start, end } = self.numbers;
        Cases { numbers: start..end.min(start + count), ..self.clone() }
    }

    /// Returns the generator of a case.
    pub fn random(&self, case: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(case))
    }

    pub fn numbers(&self) -> Range<u64> {
        self.numbers.clone()
    }

    /// Returns the variables that run a case alone.
    pub fn alone(&self, case: u64) -> String {
        format!("FAULT_SEED={} FAULT_CASE={case}", self.seed)
    }

    /// Runs each case, and fails with the faults that they return. Returns the number of cases.
    pub fn run(&self, case: impl Fn(ChaCha8Rng) -> Option<String> + Sync) -> u64 {
        find_faults(self.numbers(), &|number| {
            Some(format!("{}\n  {}", self.alone(number), case(self.random(number))?))
        })
    }

    /// Runs all of these, and fails with the faults that they return. Returns their number.
    pub fn each<T: Sync>(all: &[T], case: impl Fn(&T) -> Option<String> + Sync) -> u64 {
        find_faults(0..all.len() as u64, &|number| case(&all[number as usize]))
    }
}

fn find_faults(numbers: Range<u64>, case: &(impl Fn(u64) -> Option<String> + Sync)) -> u64 {
    let (next, wrong) = (AtomicU64::new(numbers.start), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= numbers.end {
                return;
            }
            let outcome = catch_unwind(AssertUnwindSafe(|| case(number)));
            let panicked = |_| Some(format!("case {number} panicked, as said above"));
            if let Some(told) = outcome.unwrap_or_else(panicked) {
                wrong.lock().unwrap().push(told);
            }
        }
    };
    std::thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(work))));
    let (count, wrong) = (numbers.end - numbers.start, wrong.into_inner().unwrap());
    let shown: Vec<&str> = wrong.iter().map(String::as_str).take(SHOWN).collect();
    assert!(wrong.is_empty(), "{} of {count} cases went wrong:\n{}", wrong.len(), shown.join("\n"));
    count
}
