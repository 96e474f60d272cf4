//! The signals that ask this process to end. Each lets the command tidy up, as Ctrl-C does.

use cloudflare_zero_trust::command::failure::Exit;
use std::io;
use tokio::sync::oneshot;

/// A signal that asks this process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// How systemd, Kubernetes and `kill` end a process.
    #[cfg(unix)]
    Terminate,
    /// The terminal is gone.
    #[cfg(unix)]
    HangUp,
}

impl Signal {
    /// The words for it behind "interrupted".
    pub(super) fn by(self) -> &'static str {
        match self {
            Signal::Interrupt => "",
            #[cfg(unix)]
            Signal::Terminate => " by SIGTERM",
            #[cfg(unix)]
            Signal::HangUp => " by SIGHUP",
        }
    }

    /// The exit code that shells use for it: 128 and its number.
    pub(super) fn exit(self) -> Exit {
        match self {
            Signal::Interrupt => Exit::Interrupted,
            #[cfg(unix)]
            Signal::Terminate => Exit::Terminated,
            #[cfg(unix)]
            Signal::HangUp => Exit::HungUp,
        }
    }
}

/// The signals of this process. While they are listened to, the first one lets the command tidy up.
/// The second one ends the process at once: the command may be stuck in writing to a pipe that
/// nobody reads.
pub(super) struct Signals {
    told: oneshot::Receiver<Signal>,
    first: Option<Signal>,
}

impl Signals {
    /// Begins to listen.
    ///
    /// # Errors
    /// If the system doesn't allow it.
    pub(super) fn listen() -> io::Result<Signals> {
        let mut listener = system::Listener::new()?;
        let (tell, told) = oneshot::channel();
        tokio::spawn(async move {
            let first = listener.next().await;
            // The work may have come to its end already.
            let _ = tell.send(first);
            let second = listener.next().await;
            std::process::exit(second.exit() as i32);
        });
        Ok(Signals { told, first: None })
    }

    /// Waits for the first signal. It may have come before.
    pub(super) async fn first(&mut self) -> Signal {
        if let Some(first) = self.first {
            return first;
        }
        match (&mut self.told).await {
            Ok(signal) => *self.first.insert(signal),
            // The listener has no end of its own.
            Err(_) => std::future::pending().await,
        }
    }

    /// Works until the first signal: then the work is dropped half-way. A signal that came between two
    /// works ends the second one.
    pub(super) async fn unless<T, E: From<Signal>>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        tokio::select! {
            // Work that is done counts as done.
            biased;
            outcome = work => outcome,
            signal = self.first() => Err(signal.into()),
        }
    }
}

/// Lets a write that would exceed the limit on a file's size fail, as on a full disk. Otherwise
/// SIGXFSZ ends this process before it can tidy up. Needs a runtime, and lasts as long as the process.
///
/// # Errors
/// If the system doesn't allow it.
pub(super) fn survive_file_limits() -> io::Result<()> {
    #[cfg(all(unix, not(any(target_arch = "mips", target_arch = "mips64"))))]
    {
        // POSIX leaves the number open. It is this one on Linux, macOS and the BSDs.
        const SIGXFSZ: i32 = 25;
        // The handler of tokio's stays when the stream is dropped.
        drop(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(SIGXFSZ))?);
    }
    Ok(())
}

#[cfg(unix)]
mod system {
    use super::Signal;
    use std::io;
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    pub(super) struct Listener {
        interrupt: Stream,
        terminate: Option<Stream>,
        hang_up: Option<Stream>,
    }

    impl Listener {
        /// Listens to each signal. One that this process was started to ignore stays ignored, as
        /// `nohup` wants it for SIGHUP; but Ctrl-C always counts, because shells ignore it for
        /// everything that they start in the background.
        pub(super) fn new() -> io::Result<Listener> {
            let ignored = ignored();
            let listen = |kind: SignalKind| {
                let bit = 1 << (kind.as_raw_value() - 1);
                (ignored & bit == 0).then(|| signal(kind)).transpose()
            };
            Ok(Listener {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: listen(SignalKind::terminate())?,
                hang_up: listen(SignalKind::hangup())?,
            })
        }

        pub(super) async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.interrupt.recv() => Signal::Interrupt,
                () = received(&mut self.terminate) => Signal::Terminate,
                () = received(&mut self.hang_up) => Signal::HangUp,
            }
        }
    }

    async fn received(stream: &mut Option<Stream>) {
        match stream {
            Some(stream) => {
                stream.recv().await;
            }
            None => std::future::pending().await,
        }
    }

    /// The signals that this process ignores, one bit each. Where `/proc` is missing, none is known.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    }
}

#[cfg(not(unix))]
mod system {
    use super::Signal;
    use std::io;

    pub(super) struct Listener;

    impl Listener {
        pub(super) fn new() -> io::Result<Listener> {
            Ok(Listener)
        }

        pub(super) async fn next(&mut self) -> Signal {
            match tokio::signal::ctrl_c().await {
                Ok(()) => Signal::Interrupt,
                Err(_) => std::future::pending().await,
            }
        }
    }
}
