//! The end of each command's help, in this program's form, and that of this program's own commands.

use cloudflare_zero_trust::command::help::{
    CREDENTIALS, DONE, FAILED, Help, INCOMPLETE, INTERRUPTED, RATE_LIMITED, REFUSED, USAGE,
};

/// For `sync`.
pub(super) const SYNC: Help = Help::new(
    &[
        "sync --format jsonl --output who-holds-what.jsonl",
        "sync --kinds group,user --format csv --output tables",
        "sync --format c1z --output sync.c1z",
        "sync --format html --output review.html",
    ],
    &[
        DONE,
        FAILED,
        USAGE,
        CREDENTIALS,
        RATE_LIMITED,
        "6  done, but data is missing: the warnings say which (a c1z needs --allow-incomplete then)",
        INTERRUPTED,
    ],
);

/// For the whole command line.
const ALL: Help = Help::new(
    &["", "sync --mock --format jsonl", "help sync"],
    &[DONE, FAILED, USAGE, CREDENTIALS, RATE_LIMITED, REFUSED, INCOMPLETE, INTERRUPTED],
);

/// For `demo`.
pub(super) const DEMO: Help = Help::new(&["demo", "demo --keep"], &[DONE, FAILED, USAGE, INCOMPLETE]);

/// For `review`.
pub(super) const REVIEW: Help = Help::new(
    &[
        "review --output review.html",
        "review --since last-quarter.html --output review.html",
        "review --from who-holds-what.jsonl --output review.html",
        "review --mock --output review.html",
    ],
    &[DONE, FAILED, USAGE, CREDENTIALS, RATE_LIMITED, INCOMPLETE, INTERRUPTED],
);

/// For `capabilities`.
pub(super) const CAPABILITIES: Help = local(&["capabilities > baton_capabilities.json"]);

/// For `config-schema`.
pub(super) const CONFIG_SCHEMA: Help = local(&["config-schema > config_schema.json"]);

/// For `mock`.
pub(super) const MOCK: Help = local(&["mock --port 8787 --users 5000"]);

/// For `serve`.
pub(super) const SERVE: Help = Help::new(
    &[
        "serve --mock",
        "serve --addr 127.0.0.1:8080",
        "serve --addr 0.0.0.0:8443 --certificate-file chain.pem --key-file key.pem",
    ],
    &["0  it was ended by Ctrl-C, SIGTERM or SIGHUP", FAILED, USAGE],
);

/// For `components`.
pub(super) const COMPONENTS: Help = local(&["components"]);

/// For `completions`.
pub(super) const COMPLETIONS: Help =
    local(&["completions bash > ~/.local/share/bash-completion/completions/host-test"]);

/// The help of a command that asks no upstream.
const fn local(examples: &'static [&'static str]) -> Help {
    Help::new(examples, &[DONE, FAILED, USAGE])
}

/// Writes the help of the whole command line out.
pub(super) fn all() -> String {
    const NETWORK: &str = "Environment, for networks that have a proxy:
  HTTPS_PROXY  the proxy: http://proxy.example:3128, or http://user:password@proxy.example:3128
  ALL_PROXY    the same, if HTTPS_PROXY isn't set
  NO_PROXY     the hosts that are reached without it: .corp.example,10.0.0.0/8";
    format!("{}\n\n{NETWORK}", end(&ALL))
}

/// Writes a command's help out.
pub(super) fn end(help: &Help) -> String {
    let Help { examples, exits, changes, .. } = help;
    let note = if *changes {
        "With --dry-run the host lets nothing but GETs out, whatever the connector does.\n\n"
    } else {
        ""
    };
    let title = if examples.len() == 1 { "Example" } else { "Examples" };
    let examples =
        examples.iter().map(|example| format!("\n  {}", format!("host-test {example}").trim_end()));
    let exits = exits.iter().map(|exit| format!("\n  {exit}"));
    format!("{note}{title}:{}\n\nExit codes:{}", examples.collect::<String>(), exits.collect::<String>())
}

/// Writes a command line that can be pasted into a shell, with the name by which this program was
/// started.
pub(super) fn command_line(arguments: &str) -> String {
    let program = std::env::args_os().next().unwrap_or_else(|| "host-test".into());
    let program = program.to_string_lossy();
    let is_plain = program.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte));
    let program =
        if is_plain { program.into_owned() } else { format!("'{}'", program.replace('\'', "'\\''")) };
    format!("{program} {arguments}")
}
