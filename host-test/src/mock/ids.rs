//! Ids as Cloudflare has them, made from words instead of at random.

/// Returns 32 hex digits that depend on `parts` alone (FNV-1a, 128 bits).
pub(crate) fn hex_id(parts: &[&str]) -> String {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    format!("{hash:032x}")
}

/// Returns 32 hex digits as a UUID of version 4.
pub(crate) fn uuid(hex: &str) -> String {
    format!("{}-{}-4{}-a{}-{}", &hex[0..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}
