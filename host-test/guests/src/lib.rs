//! Connectors for the host's tests, as the bytes of their components: connectors that misbehave on
//! request, and the host's example.
//!
//! Built for WASI, this package is the connector that misbehaves.

#[cfg(target_family = "wasm")]
mod hostile;

/// The connector that misbehaves. The first of `sync.read`'s `kinds` names the misbehaviour, and the
/// others are its arguments; see `hostile/mod.rs`.
#[cfg(not(target_family = "wasm"))]
pub const HOSTILE: &[u8] = include_bytes!(env!("HOSTILE_WASM"));

/// [`HOSTILE`] as a plugin, which imports WASI's io, clocks and http alone.
#[cfg(not(target_family = "wasm"))]
pub const HOSTILE_PLUGIN: &[u8] = include_bytes!(env!("HOSTILE_PLUGIN_WASM"));

/// [`HOSTILE`] with imports that open files.
#[cfg(not(target_family = "wasm"))]
pub const WANTS_FILES: &[u8] = include_bytes!(env!("WANTS_FILES_WASM"));

/// [`HOSTILE`] with imports that open sockets.
#[cfg(not(target_family = "wasm"))]
pub const WANTS_SOCKETS: &[u8] = include_bytes!(env!("WANTS_SOCKETS_WASM"));

/// The example connector of `host-test/host/people-csv`.
#[cfg(not(target_family = "wasm"))]
pub const PEOPLE_CSV: &[u8] = include_bytes!(env!("PEOPLE_CSV_WASM"));

/// Returns [`HOSTILE`] with this misbehaviour in `describe`, which has no arguments.
///
/// # Panics
/// Where the word is too long for its place in the component.
#[cfg(not(target_family = "wasm"))]
#[must_use]
pub fn hostile_in_describe(how: &str) -> Vec<u8> {
    in_describe(HOSTILE, how)
}

/// Returns [`HOSTILE_PLUGIN`] with this misbehaviour in `describe`.
///
/// # Panics
/// Where the word is too long for its place in the component.
#[cfg(not(target_family = "wasm"))]
#[must_use]
pub fn hostile_plugin_in_describe(how: &str) -> Vec<u8> {
    in_describe(HOSTILE_PLUGIN, how)
}

#[cfg(not(target_family = "wasm"))]
fn in_describe(guest: &[u8], how: &str) -> Vec<u8> {
    assert!(how.len() <= IN_DESCRIBE.len());
    let place = guest.windows(IN_DESCRIBE.len()).position(|bytes| bytes == IN_DESCRIBE);
    let start = place.expect("the guest holds its instruction once");
    let mut guest = guest.to_vec();
    guest[start..start + IN_DESCRIBE.len()].fill(b' ');
    guest[start..start + how.len()].copy_from_slice(how.as_bytes());
    guest
}

/// The misbehaviour in `describe`, as bytes that can be found in the component.
static IN_DESCRIBE: [u8; 32] = *b"nothing, unless this is replaced";
