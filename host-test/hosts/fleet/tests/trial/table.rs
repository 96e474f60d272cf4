//! The figures of the trial.

use crate::accounts::{Tenant, Trouble, shared};
use crate::measure::Usage;
use crate::{REQUESTS, WINDOW, with};
use std::time::Duration;

/// A line: whose figures these are, and for how long.
pub type Line = (&'static str, Duration, Usage);

/// Writes the table.
pub fn write(tenants: &[Tenant], most: &[(String, usize)], lines: &[Line]) {
    let records: usize =
        tenants.iter().filter(|tenant| tenant.has_credentials()).map(|tenant| tenant.alone.len()).sum();
    let requests: usize = tenants.iter().map(|tenant| tenant.times().len()).sum();
    let of_single: u64 = tenants.iter().map(|tenant| tenant.alone_requests).sum();
    let sessions: usize = tenants.iter().map(|tenant| tenant.sessions().len()).sum();
    let again = tenants.iter().filter(|tenant| tenant.sessions().len() > 1).count();
    let most = most.iter().map(|(_, most)| *most).max().unwrap_or_default();
    println!("accounts                     {:>8}", tenants.len());
    println!("  with wrong credentials     {:>8}", with(tenants, Trouble::WrongCredentials));
    println!("  rate limited               {:>8}", with(tenants, Trouble::RateLimited));
    println!("  slow                       {:>8}", with(tenants, Trouble::Slow));
    println!("  in more than one session   {again:>8}");
    println!("sessions                     {sessions:>8}");
    println!("records, all equal           {records:>8}");
    println!("requests                     {requests:>8}  (single syncs: {of_single})");
    println!("credentials that are shared  {:>8}", shared(tenants).len());
    println!("most requests in {WINDOW:?}       {most:>8}  (limit: {REQUESTS})");
    println!("                                    time s   CPU s  largest MiB  together MiB");
    for (name, took, Usage { cpu, largest, together }) in lines {
        println!("{name:<33}  {:>7.1} {cpu:>7.1} {largest:>12.0} {together:>13.0}", took.as_secs_f64());
    }
}
