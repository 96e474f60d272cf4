//! Random cases, many a run: each from a seed of its own, so that one that went wrong can be run
//! alone.
//!
//! `FAULT_SEED` chooses other cases, `FAULT_CASES` how many, and `FAULT_CASE` one of them alone.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Two cores' worth.
const THREADS: usize = 2;
/// So many that went wrong are told.
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
    /// As many as usual, or as the environment says.
    pub fn usual(count: u64) -> Cases {
        let numbers = match number("FAULT_CASE") {
            Some(one) => one..one + 1,
            None => 0..number("FAULT_CASES").unwrap_or(count),
        };
        Cases { seed: number("FAULT_SEED").unwrap_or(1), numbers }
    }

    /// The first ones of these.
    pub fn first(&self, count: u64) -> Cases {
        let Range { start, end } = self.numbers;
        Cases { numbers: start..end.min(start + count), ..self.clone() }
    }

    /// What makes a case.
    pub fn random(&self, case: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(case))
    }

    pub fn numbers(&self) -> Range<u64> {
        self.numbers.clone()
    }

    /// How one of them is run alone.
    pub fn alone(&self, case: u64) -> String {
        format!("FAULT_SEED={} FAULT_CASE={case}", self.seed)
    }

    /// Runs each case, and fails with what they say is wrong. Says how many there were.
    pub fn run(&self, case: impl Fn(ChaCha8Rng) -> Option<String> + Sync) -> u64 {
        let (next, wrong) = (AtomicU64::new(self.numbers.start), Mutex::new(Vec::new()));
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= self.numbers.end {
                    return;
                }
                let outcome = catch_unwind(AssertUnwindSafe(|| case(self.random(number))));
                let told = outcome.unwrap_or_else(|_| Some("it panicked, as said above".to_owned()));
                if let Some(told) = told {
                    wrong.lock().unwrap().push(format!("{}\n  {told}", self.alone(number)));
                }
            }
        };
        std::thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(work))));
        let (count, wrong) = (self.numbers.end - self.numbers.start, wrong.into_inner().unwrap());
        let shown: Vec<&str> = wrong.iter().map(String::as_str).take(SHOWN).collect();
        assert!(wrong.is_empty(), "{} of {count} cases went wrong:\n{}", wrong.len(), shown.join("\n"));
        count
    }
}
