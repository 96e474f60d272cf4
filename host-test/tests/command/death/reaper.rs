//! Kills processes at moments that it chooses.

use crate::setup::MockAndFolder;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::process::{Child, Command, Output};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// The number of times that each test kills.
pub const DEATHS: u64 = 100;

pub fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name)
        .map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text:?}")))
}

/// Kills processes at chosen moments.
pub struct Reaper {
    pub random: ChaCha8Rng,
    seed: u64,
    pub left: u64,
    pub killed: u64,
    /// The standard output of the process that was killed last.
    pub said: String,
    /// The requests that pass before the one that is reported. Below zero, none is reported.
    passing: Arc<AtomicI64>,
    told: mpsc::Receiver<()>,
}

/// The moment at which a process dies.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// This many microseconds after its start.
    After(u64),
    /// This many microseconds after the arrival of its request with this number, which is answered
    /// meanwhile or not.
    AtRequest { number: i64, answered: bool, then: u64 },
}

impl Reaper {
    /// Makes a reaper for this mock's clients, one at a time.
    pub fn new(setup: &MockAndFolder, salt: u64) -> Reaper {
        let seed = number("FAULT_SEED", 1);
        let passing = Arc::new(AtomicI64::new(i64::MIN));
        let (tell, told) = mpsc::channel();
        let of_mock = Arc::clone(&passing);
        setup.mock.hold(Box::new(move |_| {
            // Its last bit says whether the request is answered.
            let before = of_mock.fetch_sub(2, Ordering::Relaxed);
            let is_it = (0..2).contains(&before);
            if is_it {
                // The test may have stopped listening.
                let _ = tell.send(());
            }
            let is_held = is_it && before == 0;
            Box::pin(async move {
                if is_held {
                    std::future::pending().await
                }
            })
        }));
        let random = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(31).wrapping_add(salt));
        Reaper { random, seed, left: number("DEATHS", DEATHS), killed: 0, said: String::new(), passing, told }
    }

    /// Chooses a moment in the life of a process that sends this many requests.
    pub fn moment(&mut self, requests: i64) -> Moment {
        let random = &mut self.random;
        if random.random_bool(0.15) {
            return Moment::After(random.random_range(0..400_000));
        }
        let answered = random.random_bool(0.7);
        let then = if answered { random.random_range(0..6_000) } else { random.random_range(0..500) };
        Moment::AtRequest { number: random.random_range(0..requests), answered, then }
    }

    /// Chooses a moment at one of these requests, or at the one that follows it, where there are any.
    pub fn moment_at(&mut self, requests: &[i64], all: i64) -> Moment {
        let chosen = match requests.len() {
            0 => 0,
            some => requests[self.random.random_range(0..some)] + self.random.random_range(0..2),
        };
        match self.moment(all) {
            Moment::AtRequest { answered, then, .. } if !requests.is_empty() => {
                Moment::AtRequest { number: chosen, answered, then }
            }
            moment => moment,
        }
    }

    /// Starts a process and kills it without a chance to tidy up. Returns the output of a process
    /// that ended before.
    pub fn run(&mut self, mut command: Command, moment: Moment) -> Option<Output> {
        while self.told.try_recv().is_ok() {}
        if let Moment::AtRequest { number, answered, .. } = moment {
            self.passing.store(number * 2 + i64::from(answered), Ordering::Relaxed);
        }
        let mut process = command.spawn().unwrap();
        let is_due = match moment {
            Moment::After(then) => {
                std::thread::sleep(Duration::from_micros(then));
                true
            }
            Moment::AtRequest { then, .. } => {
                let is_due = self.wait(&mut process);
                std::thread::sleep(Duration::from_micros(then));
                is_due
            }
        };
        if is_due {
            process.kill().unwrap();
        }
        self.passing.store(i64::MIN, Ordering::Relaxed);
        let output = process.wait_with_output().unwrap();
        if output.status.code().is_some() {
            return Some(output);
        }
        self.said = String::from_utf8_lossy(&output.stdout).into_owned();
        self.killed += 1;
        self.left = self.left.saturating_sub(1);
        None
    }

    /// Waits until the request came. Returns false where the process ended before.
    fn wait(&self, process: &mut Child) -> bool {
        loop {
            if self.told.recv_timeout(Duration::from_millis(5)).is_ok() {
                return true;
            }
            if process.try_wait().unwrap().is_some() {
                return false;
            }
        }
    }

    /// Runs a process to its end without disturbing it.
    pub fn spare(&self, mut command: Command) -> Output {
        self.passing.store(i64::MIN, Ordering::Relaxed);
        command.output().unwrap()
    }

    pub fn context(&self, moment: Moment) -> String {
        format!("FAULT_SEED={}, after {} deaths, the last one at {moment:?}", self.seed, self.killed)
    }
}
