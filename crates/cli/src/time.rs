//! Times as people write them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};

/// Milliseconds since 1970 UTC of RFC 3339 (`2026-11-21T08:00:00Z`); without an offset UTC is meant, and a day alone is
/// its first moment.
pub(crate) fn parse(text: &str) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    time.or_else(day).map(|time| time.and_utc().timestamp_millis())
}

/// `2026-11-21T08:00:00.000Z`.
pub(crate) fn show(ms: i64) -> String {
    match DateTime::<Utc>::from_timestamp_millis(ms) {
        Some(time) => time.to_rfc3339_opts(SecondsFormat::Millis, true),
        None => format!("{ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_both_ways() {
        for text in [
            "2026-11-21T08:00:00Z",
            "2026-11-21 08:00",
            "2026-11-21T09:00:00+01:00",
            "2026-11-21T08:00:00.000",
        ] {
            assert_eq!(parse(text).map(show).as_deref(), Some("2026-11-21T08:00:00.000Z"), "{text}");
        }
        assert_eq!(parse("2026-11-21").map(show).as_deref(), Some("2026-11-21T00:00:00.000Z"));
        assert_eq!((parse("soon"), show(i64::MAX)), (None, format!("{} ms", i64::MAX)));
    }
}
