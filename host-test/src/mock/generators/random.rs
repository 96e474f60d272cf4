//! Small random choices. They depend on the generator's seed alone.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

pub(super) fn pick<'a, T>(rng: &mut ChaCha8Rng, from: &'a [T]) -> &'a T {
    &from[rng.random_range(0..from.len())]
}

pub(super) fn shuffle<T>(rng: &mut ChaCha8Rng, items: &mut [T]) {
    for at in (1..items.len()).rev() {
        items.swap(at, rng.random_range(0..=at));
    }
}

/// Returns 32 random hex digits.
pub(super) fn hex(rng: &mut ChaCha8Rng) -> String {
    format!("{:032x}", rng.random::<u128>())
}

/// Returns a time of this year as RFC 3339, with 0 to 6 fractional digits. Cloudflare's times vary so
/// (inferred from the examples in the OpenAPI document).
pub(super) fn time(rng: &mut ChaCha8Rng, year: u32) -> String {
    let mut part = |range: std::ops::Range<u32>| rng.random_range(range);
    let fraction = match part(0..7) as usize {
        0 => String::new(),
        digits => format!(".{:0digits$}", part(0..10u32.pow(digits as u32))),
    };
    let (month, day, hour, minute, second) =
        (part(1..10), part(1..29), part(0..24), part(0..60), part(0..60));
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// Returns the address with each letter in the other case.
pub(super) fn flipped(address: &str) -> String {
    let flip = |c: char| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
    address.chars().map(flip).collect()
}

/// Returns `ann.smith@corp.example` as `Ann.Smith@Corp.Example`.
pub(super) fn capitalised(address: &str) -> String {
    let mut start = true;
    let mut upper = |letter: char| {
        let shown = if start { letter.to_ascii_uppercase() } else { letter };
        start = !letter.is_ascii_alphanumeric();
        shown
    };
    address.chars().map(&mut upper).collect()
}
