//! Connectors that misbehave as they are told: what the host's tests hold its sandbox against.
//!
//! Built for WASI this is such a connector; built natively it is the components' bytes.

#[cfg(target_family = "wasm")]
mod hostile;

/// A connector that does what the first of `sync.read`'s `kinds` says, with the others as
/// arguments; see `hostile/mod.rs`.
#[cfg(not(target_family = "wasm"))]
pub const HOSTILE: &[u8] = include_bytes!(env!("HOSTILE_WASM"));

/// The same as a plugin: of WASI it imports io, clocks and http alone.
#[cfg(not(target_family = "wasm"))]
pub const HOSTILE_PLUGIN: &[u8] = include_bytes!(env!("HOSTILE_PLUGIN_WASM"));

/// [`HOSTILE`], with a way to open files.
#[cfg(not(target_family = "wasm"))]
pub const WANTS_FILES: &[u8] = include_bytes!(env!("WANTS_FILES_WASM"));

/// The same, with a way to connect by itself.
#[cfg(not(target_family = "wasm"))]
pub const WANTS_SOCKETS: &[u8] = include_bytes!(env!("WANTS_SOCKETS_WASM"));

/// [`HOSTILE`], but `describe`, which takes no argument, misbehaves like this.
///
/// # Panics
/// Where the word is too long for its place in the component.
#[cfg(not(target_family = "wasm"))]
#[must_use]
pub fn hostile_in_describe(how: &str) -> Vec<u8> {
    in_describe(HOSTILE, how)
}

/// [`HOSTILE_PLUGIN`], in the same way.
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

/// What the guest does in `describe`, in bytes that can be found in the component.
static IN_DESCRIBE: [u8; 32] = *b"nothing, unless this is replaced";
