//! Times as Cloudflare writes them, in seconds since 1970.

use std::ops::RangeInclusive;

/// The months as HTTP names them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads a time in the form of RFC 3339, with any number of digits of fraction, which Cloudflare writes 0
/// to 6 of. The zero time, which means "never" (inferred), isn't one.
pub fn of_item(text: &str) -> Option<i64> {
    let at = |place: usize, of: &[u8]| text.as_bytes().get(place).filter(|byte| of.contains(byte)).copied();
    let (year, month, day) =
        (number(text, 0, 4, 2..=9999)?, number(text, 5, 2, 1..=12)?, number(text, 8, 2, 1..=31)?);
    at(4, b"-").and(at(7, b"-")).and(at(10, b"Tt"))?;
    let seconds = clock(text, 11)?;
    let rest = text.get(19..)?;
    let fraction =
        rest.strip_prefix('.').map_or(0, |digits| 1 + digits.bytes().take_while(u8::is_ascii_digit).count());
    let zone = rest.get(fraction..).filter(|_| fraction != 1)?;
    let offset = if matches!(zone, "Z" | "z") {
        0
    } else {
        let sign = if at(19 + fraction, b"+-")? == b'+' { 1 } else { -1 };
        at(22 + fraction, b":").filter(|_| zone.len() == 6)?;
        sign * (number(text, 20 + fraction, 2, 0..=23)? * 3600 + number(text, 23 + fraction, 2, 0..=59)? * 60)
    };
    Some(days(year, month, day) * 86_400 + seconds - offset)
}

/// Reads the time of an answer: "Sun, 06 Nov 1994 08:49:37 GMT". RFC 9110, section 5.6.7, has two older
/// forms, which no server sends.
pub fn of_answer(text: &str) -> Option<i64> {
    let month = MONTHS.iter().position(|&month| text.get(8..11) == Some(month))?;
    let (day, year) = (number(text, 5, 2, 1..=31)?, number(text, 12, 4, 1970..=9999)?);
    text.get(25..).filter(|&zone| zone == " GMT")?;
    Some(days(year, month as i64 + 1, day) * 86_400 + clock(text, 17)?)
}

/// Reads a time of the day that begins at this place: "08:49:37".
fn clock(text: &str, from: usize) -> Option<i64> {
    let colon = |place| text.as_bytes().get(place).filter(|&&byte| byte == b':');
    colon(from + 2).and(colon(from + 5))?;
    let (hours, minutes) = (number(text, from, 2, 0..=23)?, number(text, from + 3, 2, 0..=59)?);
    Some(hours * 3600 + minutes * 60 + number(text, from + 6, 2, 0..=60)?)
}

/// Reads a number of so many digits at this place, if it is one of these.
fn number(text: &str, from: usize, digits: usize, of: RangeInclusive<i64>) -> Option<i64> {
    let digits =
        text.get(from..from + digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok().filter(|number| of.contains(number))
}

/// Returns the number of days from 1970 to a date. Years begin with March here, so that a leap day is a
/// year's last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_items() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-23T18:54:26Z", 1_795_460_066),
            ("2026-11-23t18:54:26.5z", 1_795_460_066),
            ("2026-11-23T18:54:26.123456Z", 1_795_460_066),
            ("2026-11-23T18:54:60+01:00", 1_795_456_500),
            ("2026-11-23T18:54:26.1-11:30", 1_795_501_466),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("2000-03-01T00:00:00Z", 951_868_800),
        ] {
            assert_eq!(of_item(text), Some(expected), "{text}");
        }
        for bad in [
            "",
            "never",
            "0001-01-01T00:00:00Z",
            "2026-11-23",
            "2026-13-23T18:54:26Z",
            "2026-99-99T99:\u{1b}[31mZ",
            "2026-11-23T18:54:26",
            "2026-11-23T18:54:26.Z",
            "2026-11-23T18:54:26+0100",
            "2026-11-23T18:54:26Z ",
            "2026-11-23T18:54:26\u{e9}",
        ] {
            assert_eq!(of_item(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_of_answers() {
        assert_eq!(of_answer("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(of_answer("Mon, 23 Nov 2026 18:54:26 GMT"), of_item("2026-11-23T18:54:26Z"));
        for bad in [
            "",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 06 Nob 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
            "2026-11-23T18:54:26Z",
        ] {
            assert_eq!(of_answer(bad), None, "{bad}");
        }
    }
}
