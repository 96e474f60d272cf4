//! How a command ends, for its `--help`: see [`Exit`](super::failure::Exit).

macro_rules! exit_codes {
    ($($line:literal),*) => {
        concat!("Exit codes:" $(, "\n  ", $line)*)
    };
}

/// Of a sync; and of the whole command line.
pub(super) const ALL: &str = exit_codes!(
    "0  done",
    "1  failed",
    "2  usage or settings",
    "3  credentials or permissions",
    "4  rate limited: try again later",
    "6  done, but data is missing: the warnings say which",
    "130  interrupted by Ctrl-C"
);

/// Of a check of credentials.
pub(super) const VALIDATE: &str = exit_codes!(
    "0  done",
    "1  failed",
    "2  usage or settings",
    "3  credentials or permissions",
    "4  rate limited: try again later"
);

/// Of a sync of the mock's own account.
pub(super) const DEMO: &str =
    exit_codes!("0  done", "1  failed", "2  usage or settings", "6  done, but data is missing: the warnings say which");

/// Of what asks nobody.
pub(super) const LOCAL: &str = exit_codes!("0  done", "1  failed", "2  usage or settings");
