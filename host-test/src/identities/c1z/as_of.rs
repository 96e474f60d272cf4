//! The time of which a sync in a c1z tells.

use crate::output::c1z::ksuid;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

/// Returns the end of a sync, to the second. baton stores the clock on the wall without its zone
/// (baton-sdk, `sqliteTimeFormat` in `pkg/dotc1z/sql_helpers.go`); but the sync's id has the second
/// in which it began.
pub(super) fn ended_at(id: &str, started: &str, ended: &str) -> Option<String> {
    const QUARTER: i64 = 15 * 60;
    const AT_MOST: i64 = 15 * 60 * 60;
    const MOMENTS: i64 = 60;
    let clock = |text: &str| {
        let text = text.trim().replacen(' ', "T", 1);
        let with_zone = OffsetDateTime::parse(&text, &Rfc3339).map(|time| (time, true));
        with_zone
            .or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339).map(|time| (time, false)))
            .ok()
    };
    let ended = match clock(ended)? {
        (ended, true) => ended,
        (ended, false) => {
            let (started, _) = clock(started)?;
            let ahead = started.unix_timestamp() - ksuid::made_at(id)?;
            // Zones are whole quarters of an hour from UTC.
            let zone = (ahead + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
            if (ahead - zone).abs() > MOMENTS || zone.abs() > AT_MOST {
                return None;
            }
            ended.checked_sub(Duration::seconds(zone))?
        }
    };
    ended.to_offset(UtcOffset::UTC).replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_sync_is_told_without_the_zone_of_its_clock() {
        // This id was made at 2017-10-10T04:00:47Z.
        const ID: &str = "0ujtsYcgvSTl8PAuAdqWYSMnLOv";
        for (started, ended, told) in [
            ("2017-10-10 04:00:47.1", "2017-10-10 04:05:00.123456789", Some("2017-10-10T04:05:00Z")),
            ("2017-10-09 20:00:47.9", "2017-10-09 20:05:00", Some("2017-10-10T04:05:00Z")),
            ("2017-10-10 09:30:48", "2017-10-10 09:35:00", Some("2017-10-10T04:05:00Z")),
            ("2017-10-10 18:00:46.999", "2017-10-11 05:00:00", Some("2017-10-10T15:00:00Z")),
            ("2017-10-10 16:45:47", "2017-10-10 16:45:48", Some("2017-10-10T04:00:48Z")),
            ("2017-10-10T04:00:47Z", "2017-10-10T04:05:00Z", Some("2017-10-10T04:05:00Z")),
            ("", "2017-10-10 06:05:00+02:00", Some("2017-10-10T04:05:00Z")),
            // A clock that doesn't fit the id tells nothing.
            ("2017-10-10 04:07:47", "2017-10-10 04:08:00", None),
            ("2017-10-11 04:00:47", "2017-10-11 04:05:00", None),
            ("2017-10-10 04:00:47", "yesterday", None),
            ("yesterday", "2017-10-10 04:05:00", None),
            ("9999-12-31 23:59:59", "9999-12-31 23:59:59", None),
        ] {
            assert_eq!(ended_at(ID, started, ended).as_deref(), told, "{started} {ended}");
        }
        assert_eq!(ended_at("sync", "2017-10-10 04:00:47", "2017-10-10 04:05:00"), None);
    }
}
