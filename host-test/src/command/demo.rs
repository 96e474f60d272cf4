//! `host-test demo`: a sync and some changes, on this machine alone.

use super::failure::{Exit, Failure};
use super::program::HostTest;
use super::reading::read_all;
use super::{connector, demo_changes, embedded};
use crate::mock::{Account, Mock, Options};
use crate::output::Stats;
use cloudflare_zero_trust::command::program::{Wanted, exit_of_read};
use cloudflare_zero_trust::command::{describe, validate};
use cloudflare_zero_trust::contract::Manifest;
use cloudflare_zero_trust::output::{Snapshot, Tables, Terminal};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{self, Write};

pub(super) async fn run() -> Result<Exit, Failure> {
    let terminal = Terminal::stdout();
    let mock = embedded::start(Account::company(), Options::default()).await?;
    let connection = embedded::connection(&mock);
    let host = connector::host().await?;
    let manifest = connector::describe(&host).await?;
    introduce(&mock, terminal, &manifest).map_err(Failure::stdout)?;

    let open = || connector::open(&[], &connection, &host);
    let checks = connector::validate(&mut open().await?).await?;
    validate::write(&checks, terminal, &mut io::stdout().lock()).map_err(Failure::stdout)?;

    let mut snapshot = Snapshot::default();
    let stats = read_all(open().await?, Wanted::Kinds(Vec::new()), &mut snapshot).await?;
    let fewest = mock.read(fewest_requests);
    conclude(&snapshot, &stats, fewest, terminal).map_err(Failure::stdout)?;

    demo_changes::run(&host, &connection, snapshot, terminal).await?;
    what_next().map_err(Failure::stdout)?;
    mock.stop().await;
    Ok(exit_of_read::<HostTest>(&stats.counts))
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

fn what_next() -> io::Result<()> {
    writeln!(io::stdout().lock(), "Next: `host-test sync --help` tells how to sync your own account.")
}

/// Counts the requests of a sync with the longest page of each list. An empty list takes one.
fn fewest_requests(account: &Account) -> usize {
    let pages = |items: usize, per_page: usize| items.div_ceil(per_page).max(1);
    let groups = account.groups.iter();
    let rules = groups
        .flat_map(|group| [&group.include, &group.exclude, &group.require].into_iter().flatten().flatten());
    let named: BTreeSet<&str> =
        rules.filter_map(|rule| rule.pointer("/email_list/id").and_then(Value::as_str)).collect();
    let lists = account.lists.iter().filter(|list| named.contains(list.id.as_str()));
    pages(account.users.len(), 1000)
        + pages(account.members.len(), 50)
        + pages(account.groups.len(), 1000)
        + pages(account.roles.len(), 50)
        + lists.map(|list| pages(list.items.len(), 1000)).sum::<usize>()
}
