//! What stands at the end of each command's `--help`: an example, and how it ends, see
//! [`Exit`](super::failure::Exit).

use cloudflare_zero_trust::command::args;

const DONE: &str = "0  done";
const FAILED: &str = "1  failed";
const USAGE: &str = "2  usage or settings";
const CREDENTIALS: &str = "3  credentials or permissions";
const RATE_LIMITED: &str = "4  rate limited: try again later";
const REFUSED: &str = "5  some change was refused or failed";
const INCOMPLETE: &str = "6  done, but data is missing: the warnings say which";
const INCOMPLETE_SYNC: &str =
    "6  done, but data is missing: the warnings say which (a c1z is then not written)";
const INTERRUPTED: &str = "130  interrupted by Ctrl-C";

fn end(examples: &[&str], exits: &[&str]) -> String {
    let title = if examples.len() == 1 { "Example" } else { "Examples" };
    let examples =
        examples.iter().map(|example| format!("\n  {}", format!("host-test {example}").trim_end()));
    let exits = exits.iter().map(|exit| format!("\n  {exit}"));
    format!("{title}:{}\n\nExit codes:{}", examples.collect::<String>(), exits.collect::<String>())
}

/// Of the whole command line.
pub(super) fn all() -> String {
    end(
        &["", "sync --mock --format jsonl", "help sync"],
        &[DONE, FAILED, USAGE, CREDENTIALS, RATE_LIMITED, REFUSED, INCOMPLETE, INTERRUPTED],
    )
}

pub(super) fn sync() -> String {
    end(
        &[
            "sync --format jsonl --output who-holds-what.jsonl",
            "sync --kinds group,user --format csv --output tables",
            "sync --format c1z --output sync.c1z",
        ],
        &[DONE, FAILED, USAGE, CREDENTIALS, RATE_LIMITED, INCOMPLETE_SYNC, INTERRUPTED],
    )
}

pub(super) fn get() -> String {
    end(
        &[args::GET, "get email:ann@corp.example --format jsonl"],
        &[DONE, FAILED, USAGE, CREDENTIALS, RATE_LIMITED, INCOMPLETE, INTERRUPTED],
    )
}

pub(super) fn grant() -> String {
    change(args::GRANT)
}

pub(super) fn revoke() -> String {
    change(args::REVOKE)
}

pub(super) fn apply() -> String {
    change("apply --file changes.jsonl --format jsonl > outcomes.jsonl")
}

/// A script must know what to do next: what was refused or failed by itself wants somebody to look
/// at it, whatever else failed.
fn change(example: &str) -> String {
    let exits = [
        &format!("{DONE}: every change is applied, or was so before, or is planned"),
        FAILED,
        USAGE,
        &format!("{CREDENTIALS}; no change failed for another reason"),
        &format!("{RATE_LIMITED}; no change failed for another reason"),
        REFUSED,
        INTERRUPTED,
    ];
    let note = "With --dry-run the host lets nothing but GETs out, whatever the connector does.";
    format!("{note}\n\n{}", end(&[example], &exits))
}

pub(super) fn validate() -> String {
    end(
        &["validate --account-id 0123456789abcdef0123456789abcdef --api-token-file token"],
        &[DONE, FAILED, USAGE, CREDENTIALS, RATE_LIMITED],
    )
}

pub(super) fn demo() -> String {
    end(&["demo"], &[DONE, FAILED, USAGE, INCOMPLETE])
}

pub(super) fn describe() -> String {
    local("describe")
}

pub(super) fn capabilities() -> String {
    local("capabilities > baton_capabilities.json")
}

pub(super) fn config_schema() -> String {
    local("config-schema > config_schema.json")
}

pub(super) fn mock() -> String {
    local("mock --port 8787 --users 5000")
}

pub(super) fn components() -> String {
    local("components")
}

pub(super) fn completions() -> String {
    local("completions bash > ~/.local/share/bash-completion/completions/host-test")
}

/// Asks nobody.
fn local(example: &str) -> String {
    end(&[example], &[DONE, FAILED, USAGE])
}
