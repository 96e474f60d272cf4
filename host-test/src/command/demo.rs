//! `host-test demo`: a sync, two questions and some changes, on this machine alone.

use super::failure::{Exit, Failure};
use super::help::command_line;
use super::program::HostTest;
use super::reading::read_all;
use super::{connector, demo_changes, embedded, review};
use crate::mock::{Account, AttachedPolicy, Mock, Options};
use crate::output::Stats;
use cloudflare_zero_trust::command::program::{Wanted, exit_of_read};
use cloudflare_zero_trust::command::{describe, validate};
use cloudflare_zero_trust::contract::{Manifest, Page};
use cloudflare_zero_trust::output::{JsonLines, Names, Sink, SinkError, Snapshot, Tables, Terminal};
use connector_host::Authorities;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

/// The arguments of `demo`.
#[derive(Debug, Default, clap::Args)]
pub(super) struct DemoArgs {
    /// Leave the mock running until Ctrl-C, so that the commands can be repeated in another shell
    #[arg(long)]
    keep: bool,
}

pub(super) async fn run(args: &DemoArgs) -> Result<Exit, Failure> {
    let terminal = Terminal::stdout();
    let mock = embedded::start(Account::company(), Options::default()).await?;
    let connection = embedded::connection(&mock);
    let host = connector::host(Authorities::default()).await?;
    let manifest = connector::describe(&host).await?;
    introduce(&mock, terminal, &manifest).map_err(Failure::stdout)?;

    let open = || connector::open(&[], &connection, &host);
    let validation = connector::validate(&mut open().await?).await?;
    validate::write(&validation, terminal, &mut io::stdout().lock()).map_err(Failure::stdout)?;

    let mut read = Read::default();
    let stats = read_all(open().await?, Wanted::Kinds(Vec::new()), &mut read).await?;
    let fewest = mock.read(fewest_requests);
    conclude(&read.snapshot, &stats, fewest, terminal).map_err(Failure::stdout)?;

    let names = names(&read.lines);
    demo_changes::run(&host, &connection, &read.snapshot, names, terminal).await?;
    let review = review::of_demo(&host, &connection, &read.lines).await?;
    name_review(&review, terminal).map_err(Failure::stdout)?;
    if args.keep {
        let signals = connector::listen()?;
        // The commands can be repeated only on the account that they were shown for.
        mock.change(|account| *account = Account::company());
        how_to_repeat(&mock).map_err(Failure::stdout)?;
        return embedded::keep(mock, signals).await;
    }
    what_next().map_err(Failure::stdout)?;
    mock.stop().await;
    Ok(exit_of_read::<HostTest>(&stats.counts, false))
}

/// The records of the sync, and the lines that the same sync writes as JSON Lines.
#[derive(Default)]
struct Read {
    snapshot: Snapshot,
    lines: Vec<u8>,
}

impl Sink for Read {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        JsonLines::new(&mut self.lines).page(page)?;
        self.snapshot.page(page)
    }
}

/// Takes the names from the lines of a sync, as `--names` does.
fn names(lines: &[u8]) -> Names {
    let mut names = Names::default();
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let _: bool = names.learn(line);
    }
    names
}

fn introduce(mock: &Mock, terminal: Terminal, manifest: &Manifest) -> io::Result<()> {
    let mut out = io::stdout().lock();
    describe::title(manifest, terminal, &mut out)?;
    let name = mock.read(|account| account.name.clone());
    let place =
        format!("reads the account “{name}” of a mock at {}. Nothing leaves this machine.", mock.base_url());
    writeln!(out, "{}\n", terminal.paragraph(&place, 0))?;
    describe::resource_types(manifest, terminal, &mut out)
}

fn conclude(snapshot: &Snapshot, stats: &Stats, fewest: usize, terminal: Terminal) -> io::Result<()> {
    let mut out = io::stdout().lock();
    Tables::new(snapshot, terminal).write(&mut out)?;
    let Stats { requests, bytes_in, wall_ms, guest_memory_peak_bytes, .. } = stats;
    let took = format!("{requests} requests; the fewest that the API allows for this account are {fewest}");
    let took = if *requests <= fewest as u64 { terminal.good(&took) } else { terminal.notable(&took) };
    let rest = format!(
        "({} KiB in {wall_ms} ms; the connector had at most {} KiB of memory)",
        bytes_in.div_ceil(1024),
        guest_memory_peak_bytes / 1024
    );
    writeln!(out, "The sync took {took}")?;
    writeln!(out, "{}\n", terminal.faint(&rest))
}

fn name_review(path: &Path, terminal: Terminal) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let make = command_line("review --output review.html");
    let what =
        "The review, for the person who signs who holds what, with all that changed in this demo, is in";
    writeln!(out, "{}", terminal.paragraph(what, 0))?;
    writeln!(out, "  {}", terminal.plain(&path.display().to_string()))?;
    writeln!(out, "Open it in a browser. `{make}` makes that of your own account.\n")
}

fn what_next() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let [keep, sync] = ["demo --keep", "sync --help"].map(command_line);
    writeln!(out, "Next: `{keep}` leaves the mock running, so that you can repeat these commands.")?;
    writeln!(out, "`{sync}` tells how to sync your own account.")
}

fn how_to_repeat(mock: &Mock) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let place =
        "The mock runs until Ctrl-C, with the account as it was at the beginning. To repeat the commands in";
    writeln!(out, "{place} another shell, paste this first:")?;
    embedded::write_exports(mock, &mut out)
}

/// Counts the requests of a sync with the longest page of each list. An empty list takes one.
fn fewest_requests(account: &Account) -> usize {
    let pages = |items: usize, per_page: usize| items.div_ceil(per_page).max(1);
    let named: BTreeSet<&str> =
        rules(account).filter_map(|rule| rule.pointer("/email_list/id").and_then(Value::as_str)).collect();
    let lists = account.lists.iter().filter(|list| named.contains(list.id.as_str()));
    pages(account.users.len(), 1000)
        + pages(account.groups.len(), 1000)
        + pages(account.applications.len(), 1000)
        + pages(account.policies.len(), 1000)
        + pages(account.identity_providers.len(), 1000)
        + pages(account.members.len(), 50)
        + pages(account.roles.len(), 50)
        + pages(account.user_groups.len(), 500)
        + account.user_groups.iter().map(|group| pages(group.members.len(), 500)).sum::<usize>()
        // The account itself says whether an organization manages it.
        + 1
        + lists.map(|list| pages(list.items.len(), 1000)).sum::<usize>()
}

/// Returns all rules of groups, and of policies that applications have.
fn rules(account: &Account) -> impl Iterator<Item = &Value> {
    let of_groups = account.groups.iter().flat_map(|group| [&group.include, &group.exclude, &group.require]);
    let attached = account.applications.iter().flat_map(|application| &application.policies);
    let policies = attached.filter_map(|attached| match &attached.policy {
        AttachedPolicy::Own(policy) => Some(policy),
        AttachedPolicy::Reusable(id) => account.policies.iter().find(|policy| policy.id == *id),
    });
    let of_policies = policies.flat_map(|policy| [&policy.include, &policy.exclude, &policy.require]);
    of_groups.chain(of_policies).flatten().flatten()
}
