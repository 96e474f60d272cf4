//! KSUIDs, which baton uses as the ids of syncs: 20 bytes in 27 letters and digits, sorted by the
//! second in which they were made.
//!
//! Source: <https://github.com/segmentio/ksuid>. `svix-ksuid` makes them too, but it panics if there
//! is no randomness, and it needs `base-encode`, whose last release is of 2019.

use std::io;
use std::time::SystemTime;

/// Seconds from the epoch of Unix to that of KSUIDs.
const EPOCH: u64 = 1_400_000_000;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 27;

/// Makes an id that nobody else has.
pub(super) fn new() -> io::Result<String> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(io::Error::other)?.as_secs();
    let seconds = u32::try_from(now.saturating_sub(EPOCH)).map_err(io::Error::other)?;
    let mut bytes = [0; 20];
    let (time, payload) = bytes.split_at_mut(4);
    time.copy_from_slice(&seconds.to_be_bytes());
    getrandom::fill(payload).map_err(io::Error::other)?;
    Ok(encode(bytes))
}

/// Writes the bytes as one big number in base 62.
fn encode(mut bytes: [u8; 20]) -> String {
    let mut digits = [b'0'; LENGTH];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_usize;
        for byte in &mut bytes {
            let value = rest << 8 | usize::from(*byte);
            // `rest` is below 62, so the quotient is below 256.
            *byte = (value / ALPHABET.len()) as u8;
            rest = value % ALPHABET.len();
        }
        *digit = ALPHABET[rest];
    }
    digits.map(char::from).iter().collect()
}

/// Returns the second in which an id was made, since 1970. Returns `None` for a text that is no id.
pub(crate) fn made_at(id: &str) -> Option<i64> {
    if id.len() != LENGTH {
        return None;
    }
    let mut bytes = [0_u8; 20];
    for digit in id.bytes() {
        let mut carry = ALPHABET.iter().position(|it| *it == digit)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * ALPHABET.len();
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry > 0 {
            return None;
        }
    }
    let (time, _) = bytes.split_first_chunk()?;
    Some((EPOCH + u64::from(u32::from_be_bytes(*time))) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_ones() {
        assert_eq!(encode([0; 20]), "0".repeat(LENGTH));
        // The largest, and one whose parts its specification spells out.
        assert_eq!(encode([255; 20]), "aWgEPTl1tmebfsQzFP4bxwgy80V");
        let bytes = [
            0x06, 0x69, 0xf7, 0xef, 0xb5, 0xa1, 0xcd, 0x34, 0xb5, 0xf9, 0x9d, 0x11, 0x54, 0xfb, 0x68, 0x53,
            0x34, 0x5c, 0x97, 0x35,
        ];
        assert_eq!(encode(bytes), "0ujtsYcgvSTl8PAuAdqWYSMnLOv");
    }

    #[test]
    fn later_ones_sort_behind() {
        let (earlier, later) = (new().unwrap(), new().unwrap());
        assert_eq!((earlier.len(), later.len()), (LENGTH, LENGTH));
        assert_ne!(earlier, later);
        assert!(earlier > encode([0x10; 20]), "{earlier}");
    }

    #[test]
    fn the_second_is_read_again() {
        // The example of KSUID's own pages.
        assert_eq!(made_at("0ujtsYcgvSTl8PAuAdqWYSMnLOv"), Some(1_507_608_047));
        assert_eq!(made_at(&"0".repeat(LENGTH)), Some(EPOCH as i64));
        assert_eq!(made_at("aWgEPTl1tmebfsQzFP4bxwgy80V"), Some(EPOCH as i64 + i64::from(u32::MAX)));
        for text in [
            "",
            "0",
            "aWgEPTl1tmebfsQzFP4bxwgy80W",
            &"z".repeat(LENGTH),
            &"-".repeat(LENGTH),
            &"é".repeat(13),
        ] {
            assert_eq!(made_at(text), None, "{text}");
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64;
        let made = made_at(&new().unwrap()).unwrap();
        assert!((now..now + 10).contains(&made), "{made} at {now}");
    }
}
