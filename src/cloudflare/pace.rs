//! The slowest pace at which a body may come. A timeout between two bytes doesn't end a body that
//! comes one byte at a time.

/// The time, in nanoseconds, that any body may take, however short it is.
const GRACE: u64 = 30_000_000_000;
/// The bytes in a second that a longer body has to bring on average. It is little, because up to 16
/// pages share a line: those that are read ahead.
const LEAST: u64 = 4 << 10;

/// Returns the time, in nanoseconds since its first byte was waited for, within which more of a body
/// than `came` bytes has to come.
pub const fn time_for(came: usize) -> u64 {
    let time = (came as u64).saturating_mul(1_000_000_000) / LEAST;
    if time > GRACE { time } else { GRACE }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// Returns the seconds after which a body of `length` bytes is given up, if it brings so many
    /// bytes in each second.
    fn given_up(length: u64, pace: u64) -> Option<u64> {
        let seconds = length.div_ceil(pace);
        (1..=seconds).find(|second| second * SECOND > time_for((pace * (second - 1)).min(length) as usize))
    }

    #[test]
    fn a_drip_is_given_up_and_a_slow_line_is_not() {
        for (length, pace, expected) in [
            (1_000_000, 1, Some(31)),
            (1_000_000, 1000, Some(31)),
            (1_000_000, 4000, Some(31)),
            (1_000_000, 5000, None),
            (32 << 20, 8 << 10, None),
            (29, 1, None),
            (0, 1, None),
        ] {
            assert_eq!(given_up(length, pace), expected, "{length} bytes, {pace} in a second");
        }
    }

    #[test]
    fn a_line_that_becomes_a_drip_is_given_up_too() {
        // A mebibyte came at once, and then nothing more in time.
        assert_eq!(time_for(1 << 20), 256 * SECOND);
        assert_eq!(time_for(usize::MAX), u64::MAX / LEAST);
    }
}
