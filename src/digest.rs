//! A digest that stays the same across builds, for cursors. It finds changes and damage. It isn't
//! secure against forgery, and needn't be: a cursor lets its owner do nothing that they may not do
//! without it.

/// An FNV-1a hash over parts with their lengths. A final mix makes it possible to add digests up.
#[derive(Clone, Copy, Debug)]
pub struct Digest(u64);

impl Digest {
    /// Returns the digest of no parts.
    pub const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a part.
    pub fn with(self, part: &str) -> Self {
        let mut hash = self.0;
        for byte in (part.len() as u64).to_le_bytes().into_iter().chain(part.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self(hash)
    }

    /// Returns the digest of all parts.
    pub const fn finish(self) -> u64 {
        let mut hash = self.0;
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }
}
