//! The CPU time and the memory of processes, from Linux's /proc.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// The ticks of a second in /proc: a constant of Linux's interface.
const TICKS: f64 = 100.0;

/// The figures of the processes with one name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system time, in seconds, of all of them.
    pub cpu: f64,
    /// The largest memory of one, in MiB.
    pub largest: f64,
    /// The largest memory of all of them at the same time, in MiB.
    pub together: f64,
}

/// Processes that are measured while they run.
pub struct Meter {
    watched: Arc<Mutex<Watched>>,
    is_done: Arc<AtomicBool>,
    watching: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Watched {
    /// The name, the time and the largest memory of each process, by its id.
    processes: BTreeMap<u32, (&'static str, f64, f64)>,
    together: BTreeMap<&'static str, f64>,
}

impl Meter {
    /// Begins to look at processes, several times a second.
    pub fn start() -> Meter {
        let (watched, is_done) = (Arc::<Mutex<Watched>>::default(), Arc::<AtomicBool>::default());
        let (seen, is_over) = (Arc::clone(&watched), Arc::clone(&is_done));
        let watching = std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                seen.lock().unwrap().look();
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        Meter { watched, is_done, watching: Some(watching) }
    }

    /// Looks at this process from now on.
    pub fn watch(&self, name: &'static str, process: u32) {
        self.watched.lock().unwrap().processes.insert(process, (name, 0.0, 0.0));
    }

    /// Returns the figures so far.
    pub fn usage(&self, name: &str) -> Usage {
        let mut watched = self.watched.lock().unwrap();
        watched.look();
        let together = watched.together.get(name).copied().unwrap_or_default();
        let of = watched.processes.values().filter(|(of, ..)| *of == name);
        of.fold(Usage { together, ..Usage::default() }, |sum, (_, cpu, memory)| Usage {
            cpu: sum.cpu + cpu,
            largest: sum.largest.max(*memory),
            ..sum
        })
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.is_done.store(true, Ordering::Relaxed);
        if let Some(watching) = self.watching.take() {
            let _ = watching.join();
        }
    }
}

impl Watched {
    fn look(&mut self) {
        let mut now: BTreeMap<&str, f64> = BTreeMap::new();
        for (process, (name, cpu, memory)) in &mut self.processes {
            // One that has ended keeps what was seen last.
            let Some(seconds) = cpu_of(*process) else { continue };
            *cpu = seconds;
            *memory = memory.max(memory_of(*process, "VmHWM:").unwrap_or_default());
            *now.entry(name).or_default() += memory_of(*process, "VmRSS:").unwrap_or_default();
        }
        for (name, now) in now {
            let name = self.processes.values().find(|(of, ..)| *of == name).map_or("", |(of, ..)| of);
            let most = self.together.entry(name).or_default();
            *most = most.max(now);
        }
    }
}

/// Returns the process that this one started with an argument.
pub fn child(argument: &str) -> u32 {
    let is_it = |process: &u32| {
        let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else { return false };
        let parent =
            stat.rsplit_once(')').and_then(|(_, fields)| fields.split_whitespace().nth(1)?.parse().ok());
        let command = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        parent == Some(std::process::id())
            && command.split(|byte| *byte == 0).any(|it| it == argument.as_bytes())
    };
    let processes = fs::read_dir("/proc").unwrap();
    let mut ids = processes.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    ids.find(is_it).unwrap()
}

/// The CPU time of a process that runs, in seconds.
pub fn cpu_of(process: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before may have blanks in it. Of the fields behind it, user and system time are the 12th and
    // 13th.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

fn memory_of(process: u32, field: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? / 1024.0)
}
