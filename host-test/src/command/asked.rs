//! The subject of a sync, in the words of its cursor file and its manifest.

use cloudflare_zero_trust::command::args::ReadArgs;
use cloudflare_zero_trust::command::settings::Connection;
use cloudflare_zero_trust::contract::Manifest;
use cloudflare_zero_trust::settings::manifest::ACCOUNT_ID;

/// Returns the account's id in lower case.
pub(super) fn account(connection: &Connection) -> String {
    connection.plain(ACCOUNT_ID).unwrap_or_default().to_ascii_lowercase()
}

/// Returns all kinds that are read, sorted.
pub(super) fn kinds(read: &ReadArgs, manifest: &Manifest) -> Vec<String> {
    let mut kinds = read.kinds.clone();
    if kinds.is_empty() {
        let usual = manifest.resource_types.iter().filter(|of| !of.opt_in);
        kinds = usual.map(|of| of.id.clone()).collect();
    }
    kinds.sort();
    kinds.dedup();
    kinds
}
