//! A trial: many accounts on three workers, while workers and the engine's server go away. In its small form
//! it is a test. With 100 accounts, and with its figures shown:
//!
//! ```sh
//! TRIAL_ACCOUNTS=100 cargo test --test trial -- --nocapture
//! ```
#![cfg(target_os = "linux")]

mod accounts;
#[path = "../fleet/alone.rs"]
mod alone;
mod measure;
mod one_process;
#[path = "../fleet/server.rs"]
#[allow(dead_code)]
mod server;
mod table;
mod workers;

use accounts::{Tenant, Trouble, shared};
use alone::sorted_lines;
use connector_host::{Cache, Config, Host};
use fleet::store::{Store, StoreError};
use measure::Meter;
use server::{LONGEST, Server};
use std::path::Path;
use std::time::{Duration, Instant};
use workers::{Worker, Workers};

/// The compiled connector, for what isn't a worker.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled");
/// The accounts of the small form.
const FEW: usize = 12;
/// The syncs at once of a worker.
const SLOTS: usize = 10;
/// The requests of a credential in a window: few enough for each to have to wait.
const REQUESTS: usize = 40;
const WINDOW: Duration = Duration::from_secs(8);

/// The fleet while it works, as its user and its readers see it.
struct Trial<'a> {
    tenants: &'a [Tenant],
    workers: Workers<'a>,
    store: Store,
    /// Whether each account's run was seen, complete and equal.
    seen: Vec<bool>,
    begun: Instant,
    /// The CPU time of all workers until they were ready, in seconds.
    starts: f64,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_loses_workers_and_its_server_and_no_record() {
    let count = std::env::var("TRIAL_ACCOUNTS").map_or(FEW, |count| count.parse().unwrap());
    let Some(server) = Server::start() else { return };
    let config = Config { cache: Cache::Directory(CACHE.into()), ..Config::default() };
    let host = Host::new(host_test::READER, config).await.unwrap();
    let mut tenants = Vec::new();
    for number in 0..count {
        tenants.push(Tenant::start(number, count, &host).await);
    }
    drop(host);
    let meter = Meter::start();
    meter.watch("server", measure::child("start-dev"));
    let workers = Workers::new(&server, &meter);
    workers.add(&tenants, REQUESTS, WINDOW);
    let store = Store::open(workers.store().to_str().unwrap()).unwrap();
    let seen = vec![false; count];
    let mut trial = Trial { tenants: &tenants, workers, store, seen, begun: Instant::now(), starts: 0.0 };
    let mut three = [trial.start().await, trial.start().await, trial.start().await];
    let names: Vec<&str> = tenants.iter().map(|tenant| tenant.name.as_str()).collect();
    trial.begun = Instant::now();
    trial.workers.run(&[&["run"], &names[..]].concat());

    let met = trial.hold_in_the_middle(&three[0]).await;
    let [first, ..] = &mut three;
    first.kill();
    trial.tell(&format!("worker-1 was killed in the middle of {} syncs", met.len()));
    *first = trial.start().await;
    trial.wait_for_complete(count / 4).await;
    server.restart();
    meter.watch("server", measure::child("start-dev"));
    trial.tell("the server was killed, and started again");
    trial.wait_for_complete(count / 2).await;
    let lost = trial.hold_in_the_middle(&three[1]).await;
    let [_, second, _] = &mut three;
    second.lose();
    trial.tell(&format!("worker-2 was lost with its directory, in the middle of {} syncs", lost.len()));
    *second = trial.start().await;
    trial.wait_for_complete(tenants.iter().filter(|tenant| tenant.has_credentials()).count()).await;
    trial.wait_until_ended().await;
    let took = trial.begun.elapsed();
    trial.tell("all syncs have ended");

    for at in met.iter().chain(&lost) {
        let tenant = &tenants[*at];
        assert!(tenant.sessions().len() > 1, "{}: nobody went on with it", tenant.name);
    }
    trial.tenants.iter().for_each(assert_one_at_a_time);
    trial.assert_tried_once().await;
    let most = most_in_a_window(&tenants);
    for (credential, most) in &most {
        assert!(*most <= REQUESTS, "{credential}: {most} requests within {WINDOW:?}");
    }
    let requests = |times: &Vec<Instant>| times.len();
    let largest = shared(&tenants).values().map(requests).max().unwrap_or_default();
    assert!(largest > REQUESTS, "{largest} requests don't reach the limit");
    let usage = ["workers", "server"].map(|name| meter.usage(name));
    let starts = trial.starts;
    drop(three);
    let place = trial.workers.store().with_file_name("alone");
    let (alone, alone_took) = one_process(&tenants, &meter, &place).await;
    println!("CPU seconds of workers until they were ready: {starts:.1}");
    table::write(
        &tenants,
        &most,
        &[
            ("the workers and their heirs", took, usage[0]),
            ("the Temporal server", took, usage[1]),
            ("one process, all at once", alone_took, alone),
        ],
    );
}

impl Trial<'_> {
    async fn start(&mut self) -> Worker {
        let worker = self.workers.start(SLOTS);
        self.workers.wait_for(&worker, "the worker is ready");
        self.starts += worker.cpu();
        worker
    }

    fn tell(&self, what: &str) {
        let complete = self.seen.iter().filter(|seen| **seen).count();
        eprintln!("{:>6.1} s, {complete} complete: {what}", self.begun.elapsed().as_secs_f64());
    }

    /// Holds a worker at a moment when it is in the middle of a sync, and returns the accounts of such syncs.
    async fn hold_in_the_middle(&mut self, worker: &Worker) -> Vec<usize> {
        loop {
            worker.hold(true);
            let tokens = self.workers.tokens(&worker.name);
            let mut middle = Vec::new();
            for (at, tenant) in self.tenants.iter().enumerate() {
                let sessions = tenant.sessions();
                let is_its_last = sessions.last().is_some_and(|(token, ..)| tokens.contains(token));
                let is_open = is_its_last && tenant.has_credentials();
                if is_open && self.store.runs(&tenant.name).await.unwrap().is_empty() {
                    middle.push(at);
                }
            }
            if !middle.is_empty() {
                return middle;
            }
            worker.hold(false);
            self.read_all().await;
            self.pause("no sync is under way").await;
        }
    }

    async fn wait_for_complete(&mut self, count: usize) {
        loop {
            self.read_all().await;
            if self.seen.iter().filter(|seen| **seen).count() >= count {
                return;
            }
            self.pause("syncs don't end").await;
        }
    }

    async fn wait_until_ended(&mut self) {
        while !self.workers.list().iter().all(|state| state["last"]["ended"].is_string()) {
            self.pause("workflows don't end").await;
        }
    }

    async fn pause(&self, otherwise: &str) {
        let longest = LONGEST * u32::try_from(self.tenants.len().div_ceil(FEW)).unwrap();
        assert!(self.begun.elapsed() < longest, "{otherwise}: {:?}", self.workers.list());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    /// Reads what is new. A reader sees nothing of an account, or a whole run, at any moment.
    async fn read_all(&mut self) {
        for (at, tenant) in self.tenants.iter().enumerate() {
            if !self.seen[at] {
                self.seen[at] = assert_equal_or_absent(&self.store, tenant).await;
            }
        }
    }

    /// Checks that with wrong credentials there was one attempt, and that there is nothing to read.
    async fn assert_tried_once(&self) {
        let states = self.workers.list();
        for tenant in self.tenants {
            let state = states.iter().find(|state| state["account"] == tenant.name.as_str()).unwrap();
            let is_there = assert_equal_or_absent(&self.store, tenant).await;
            assert_eq!(is_there, tenant.has_credentials(), "{}", tenant.name);
            if tenant.has_credentials() {
                assert_eq!(state["state"], "idle", "{state}");
                continue;
            }
            let ended = (&state["state"], &state["last"]["kind"]);
            assert_eq!(ended, (&"failed".into(), &"unauthenticated".into()));
            assert_eq!(tenant.sessions().len(), 1, "{}", tenant.name);
        }
    }
}

/// Reads the last run of an account, which is what a single sync gives, or isn't there.
async fn assert_equal_or_absent(store: &Store, tenant: &Tenant) -> bool {
    let reader = match store.read(&tenant.name, None).await {
        Ok(reader) => reader,
        Err(StoreError::NoRun { .. }) => return false,
        Err(error) => panic!("{error}"),
    };
    let mut lines = Vec::new();
    for number in 0.. {
        let Some(page) = reader.page(number).await.unwrap() else { break };
        lines.extend(page);
    }
    let lines = sorted_lines(&lines);
    let differs = lines.iter().zip(&tenant.alone).find(|(one, other)| one != other);
    assert_eq!(differs, None, "{}", tenant.name);
    assert_eq!(lines.len(), tenant.alone.len(), "{}", tenant.name);
    true
}

/// Checks that no session of an account begins before the last request of the one before it.
fn assert_one_at_a_time(tenant: &Tenant) {
    for pair in tenant.sessions().windows(2) {
        let [(one, _, last), (other, first, _)] = pair else { continue };
        assert!(last < first, "{}: {one} and {other} at once", tenant.name);
    }
}

/// The most requests in any window, of each credential that several accounts share.
fn most_in_a_window(tenants: &[Tenant]) -> Vec<(String, usize)> {
    let most = |times: &[Instant]| {
        let within = |at: usize| times[at..].iter().take_while(|time| **time < times[at] + WINDOW).count();
        (0..times.len()).map(within).max().unwrap_or_default()
    };
    shared(tenants).into_iter().map(|(credential, times)| (credential.to_owned(), most(&times))).collect()
}

/// Syncs the accounts in one process, and returns what it used.
async fn one_process(tenants: &[Tenant], meter: &Meter, place: &Path) -> (measure::Usage, Duration) {
    let begun = Instant::now();
    let able = || tenants.iter().filter(|tenant| tenant.has_credentials());
    let mut process = one_process::start(able(), CACHE, place);
    meter.watch("one", process.id());
    let status = loop {
        if let Some(status) = process.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < LONGEST * 4);
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let took = begun.elapsed();
    assert!(status.success());
    let store = Store::open(place.to_str().unwrap()).unwrap();
    for tenant in able() {
        assert!(assert_equal_or_absent(&store, tenant).await, "{}", tenant.name);
    }
    (meter.usage("one"), took)
}

/// The accounts with a trouble.
fn with(tenants: &[Tenant], trouble: Trouble) -> usize {
    tenants.iter().filter(|tenant| tenant.trouble == trouble).count()
}
