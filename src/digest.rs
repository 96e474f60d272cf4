//! A digest that stays the same across builds, for cursors. It finds change and damage; it keeps no
//! secret and stops no forger: what a cursor may do, its owner may do anyway.

/// FNV-1a over parts with their lengths, with a final mix so that digests can be added up.
#[derive(Clone, Copy, Debug)]
pub struct Digest(u64);

impl Digest {
    /// Of nothing yet.
    pub const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// With one more part.
    pub fn with(self, part: &str) -> Self {
        let mut hash = self.0;
        for byte in (part.len() as u64).to_le_bytes().into_iter().chain(part.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self(hash)
    }

    /// The digest of the parts so far.
    pub const fn finish(self) -> u64 {
        let mut hash = self.0;
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }
}
