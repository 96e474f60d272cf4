//! The time and the memory that a process used.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The figures of one run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    /// The time from before the first request to the end of the output.
    pub wall: Duration,
    /// The processor time of the whole process, its start included.
    pub processor: Duration,
    /// The most memory that the process had, in bytes.
    pub resident: u64,
    /// The most linear memory that the guest had, in bytes.
    pub guest: u64,
    pub grants: u64,
    /// The bytes of answers.
    pub bytes_in: u64,
    /// The bytes of output.
    pub bytes_out: u64,
    pub requests: u64,
    /// The processor time that the server used meanwhile.
    pub server: Duration,
    /// The time from the start of the process to its first request.
    pub to_first_request: Option<Duration>,
}

/// Returns the user and system time of this process.
pub fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("it doesn't go backwards")
}

/// Returns the most resident memory of this process, in bytes. `getrusage` would report that of the
/// process that started this one.
pub fn most_resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("resident memory is measured on Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes: Option<u64> = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kibibytes.expect("the kernel tells the most resident memory") * 1024
}

/// Returns the middle one of some values, or the upper of two.
pub fn median<T: Copy + PartialOrd>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_by(|a, b| a.partial_cmp(b).expect("measures can be compared"));
    values[values.len() / 2]
}
