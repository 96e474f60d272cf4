//! Compares the cost of a sync with the cost that can't be saved: six ways through the same
//! pages, side by side in one run.
//!
//! - **null** downloads the pages with the host's pooled client, as many at once as the connector
//!   does, and throws them away;
//! - **native** is the connector's core, compiled for this machine, on that client;
//! - **native, Parquet** and **native, c1z** are the same, but write Parquet or a c1z where native writes
//!   JSON Lines;
//! - **component** is the connector as it is published, in the host;
//! - **review** is the same, and makes a review of what it reads.
//!
//! Native and component write the same JSON Lines to a file. Each run is a process of its own, so that its
//! time and its memory are its own. The server has made its pages before, and its time is counted apart.
//! Runs take turns, and the figures are medians.

mod account;
mod measure;
mod native;
mod prepared;
mod report;
mod run;
mod start;

use account::{Extent, Opened};
use clap::Parser;
use host_test::mock::Size;
use measure::{Measured, processor_time};
use prepared::Prepared;
use report::{Cell, Report};
use run::{Task, Way};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// The sizes that are measured by default.
const SIZES: [&str; 13] = [
    "200/150/20/30",
    "200/150/20/30/200",
    "200/150/20/30/500",
    "5000/1000/100/60",
    "5000/1000/100/60/200",
    "5000/1000/100/60/500",
    "5000/1000/100/60/200/50",
    "50000/5000/300/80",
    "50000/5000/300/80/200",
    "50000/5000/300/80/500",
    "500000/5000/300/80",
    "500000/5000/300/80/200",
    "500000/5000/300/80/500",
];

/// The settings of a benchmark.
#[derive(Debug, Parser)]
struct Args {
    /// users/members/groups/roles, or …/applications, or …/applications/user groups
    #[arg(long, value_delimiter = ',', default_values = SIZES)]
    sizes: Vec<Extent>,
    /// Let one domain, which everybody has, open all applications
    #[arg(long)]
    one_domain: bool,
    /// How long the server takes over each answer
    #[arg(long, value_delimiter = ',', value_name = "MILLISECONDS", default_values = ["0", "50"])]
    latency: Vec<u64>,
    /// Runs of each, of which the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The directory that the output is written to, and removed from
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    directory: PathBuf,
    /// Measure only how long it takes to start
    #[arg(long)]
    start: bool,
    /// Another component than the one that is built from the sources
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// One way through the pages of a server, as a process of its own
    #[arg(long, hide = true, value_name = "JSON")]
    task: Option<String>,
    /// The flag that cargo passes to every benchmark, and not to a test.
    #[arg(long, hide = true)]
    bench: bool,
    /// The arguments that cargo passes to tests.
    #[arg(hide = true, allow_hyphen_values = true, trailing_var_arg = true)]
    of_tests: Vec<String>,
}

fn main() -> ExitCode {
    let mut args = Args::parse();
    if let Some(task) = &args.task {
        run::child(task);
        return ExitCode::SUCCESS;
    }
    if !args.bench {
        // A test only has to run; its figures mean nothing.
        args = Args {
            sizes: vec![Extent {
                size: Size { users: 60, members: 60, groups: 12, roles: 8 },
                applications: 40,
                user_groups: 6,
            }],
            latency: vec![0, 1],
            rounds: 1,
            ..args
        };
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(bench(&args));
    ExitCode::SUCCESS
}

async fn bench(args: &Args) {
    let cache = tempfile::tempdir_in(&args.directory).expect("a directory for the compiled component");
    start::measure(args.component.as_deref(), cache.path(), args.rounds).await;
    if args.start {
        return;
    }
    let mut report = Report::default();
    let opened = if args.one_domain { Opened::ByOneDomain } else { Opened::ByAll };
    for &extent in &args.sizes {
        let prepared = Prepared::of(extent, opened).await;
        for &latency in &args.latency {
            let mut cell = Cell::new(extent, latency, prepared.fewest());
            for _ in 0..args.rounds {
                let mut native = None;
                for &way in Way::ALL {
                    let output =
                        tempfile::NamedTempFile::new_in(&args.directory).expect("a file for the output");
                    let task = Task {
                        way,
                        base_url: prepared.base_url(),
                        output: output.path().to_owned(),
                        component: args.component.clone(),
                        cache: cache.path().to_owned(),
                        lists: prepared.lists().to_vec(),
                    };
                    cell.add(way, one(&prepared, latency, &task).await);
                    match way {
                        Way::Null | Way::Review => {}
                        #[cfg(feature = "parquet")]
                        Way::Parquet => {}
                        #[cfg(feature = "c1z")]
                        Way::C1z => {}
                        Way::Native => native = Some(output),
                        Way::Component => {
                            assert!(
                                native.take().is_some_and(|native| same(native, output)),
                                "another output"
                            )
                        }
                    }
                }
            }
            cell.check();
            report.add(cell);
        }
    }
    println!("{report}");
}

/// Whether two files have the same content.
fn same(one: tempfile::NamedTempFile, other: tempfile::NamedTempFile) -> bool {
    let [mut one, mut other] = [one, other].map(|file| BufReader::with_capacity(1 << 20, file));
    loop {
        let (ones, others) =
            (one.fill_buf().expect("it can be read"), other.fill_buf().expect("it can be read"));
        let count = ones.len().min(others.len());
        if ones[..count] != others[..count] {
            return false;
        }
        if count == 0 {
            return ones.is_empty() && others.is_empty();
        }
        one.consume(count);
        other.consume(count);
    }
}

/// Runs one way in a process of its own.
async fn one(prepared: &Prepared, latency: u64, task: &Task) -> Measured {
    prepared.begin(Duration::from_millis(latency));
    let task = serde_json::to_string(task).expect("a task is JSON");
    let program = std::env::current_exe().expect("this program has a path");
    let (served, began) = (processor_time(), Instant::now());
    let child = move || Command::new(program).arg("--task").arg(task).stderr(Stdio::inherit()).output();
    let output = tokio::task::spawn_blocking(child).await.expect("no panic").expect("it starts again");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let mut measured: Measured = serde_json::from_slice(&output.stdout).expect("a run tells its figures");
    measured.to_first_request = prepared.first_request().map(|at| at.duration_since(began));
    measured.server = processor_time() - served;
    measured.requests = prepared.check_requests();
    measured
}
