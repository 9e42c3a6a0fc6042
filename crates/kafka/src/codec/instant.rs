//! Dates and times as text: RFC 3339 and what is commonly written for it.
//!
//! Ours, because it runs once for each value: a few compares and multiplications instead of a parser that knows every
//! calendar.

const DAY_SECONDS: i64 = 86_400;

/// Seconds since 1970 in UTC and the nanoseconds after them, of `2026-11-21T20:57:12.5+01:00`.
///
/// A space may stand for the `T`, seconds and the offset may be missing; without an offset it is UTC. Digits beyond
/// nanoseconds are cut. A leap second is the second after it.
pub fn parse_instant(text: &[u8]) -> Option<(i64, u32)> {
    let days = parse_date(text.get(..10)?)?;
    if !matches!(text.get(10)?, b'T' | b't' | b' ') {
        return None;
    }
    let (second_of_day, nanos, rest) = clock(text.get(11..)?)?;
    let offset = match rest {
        [] | [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (hours, minutes) = match rest {
                [a, b] => (two([*a, *b])?, 0),
                [a, b, c, d] | [a, b, b':', c, d] => (two([*a, *b])?, two([*c, *d])?),
                _ => return None,
            };
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = i64::from(hours * 3600 + minutes * 60);
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    Some((i64::from(days) * DAY_SECONDS + second_of_day - offset, nanos))
}

/// Days since 1970 of `2026-11-21`.
pub(crate) fn parse_date(text: &[u8]) -> Option<i32> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *text else { return None };
    let year = two([y0, y1])? * 100 + two([y2, y3])?;
    let (month, day) = (two([m0, m1])?, two([d0, d1])?);
    if !(1..=12).contains(&month) || day == 0 || day > month_days(year, month) {
        return None;
    }
    // The year begins in March, so that the leap day is its last.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Nanoseconds since midnight of `20:57:12.5`, in UTC where an offset is said.
pub(crate) fn parse_time(text: &[u8]) -> Option<i64> {
    let (seconds, nanos, rest) = clock(text)?;
    matches!(rest, [] | b"Z" | b"z" | b"+00:00" | b"-00:00")
        .then_some(seconds * 1_000_000_000 + i64::from(nanos))
}

/// The second of the day, its fraction, and what follows.
fn clock(text: &[u8]) -> Option<(i64, u32, &[u8])> {
    let (hour, minute) = match text.get(..5)? {
        [a, b, b':', c, d] => (two([*a, *b])?, two([*c, *d])?),
        _ => return None,
    };
    let mut rest = text.get(5..)?;
    let mut second = 0;
    let mut nanos = 0;
    if let [b':', a, b, after @ ..] = rest {
        second = two([*a, *b])?;
        rest = after;
        if let [b'.' | b',', after @ ..] = rest {
            let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            let zeros = std::iter::repeat(&b'0');
            for digit in after.iter().take(digits).chain(zeros).take(9) {
                nanos = nanos * 10 + u32::from(digit - b'0');
            }
            rest = after.get(digits..)?;
        }
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some((i64::from(hour * 3600 + minute * 60 + second), nanos, rest))
}

#[inline]
fn two(digits: [u8; 2]) -> Option<i32> {
    let [a, b] = digits.map(|digit| digit.wrapping_sub(b'0'));
    (a < 10 && b < 10).then(|| i32::from(a) * 10 + i32::from(b))
}

fn month_days(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_writings_are_understood() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("2026-11-21T20:57:12.5+01:00", 1_795_291_032, 500_000_000),
            ("2026-11-21 20:57:12.5+0100", 1_795_291_032, 500_000_000),
            ("2026-11-21T20:57:12", 1_795_294_632, 0),
            ("2026-11-21T20:57Z", 1_795_294_620, 0),
            ("1969-12-31T23:59:59.999999999Z", -1, 999_999_999),
            ("2016-12-31T23:59:60Z", 1_483_228_800, 0),
            ("0001-01-01T00:00:00-23:59", -62_135_510_460, 0),
        ] {
            assert_eq!(parse_instant(text.as_bytes()), Some((seconds, nanos)), "{text}");
        }
    }

    #[test]
    fn times_of_day_are_those_of_utc() {
        for text in ["20:57:12.5", "20:57:12.5Z", "20:57:12.5+00:00"] {
            assert_eq!(parse_time(text.as_bytes()), Some(75_432_500_000_000), "{text}");
        }
        assert_eq!(parse_time(b"20:57:12+01:00"), None);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T",
            "2026-11-21T24:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-21T20:57:12.Z",
            "2026-11-21T20:57:12 Z",
            "2026-11-21T20:57:12+25:00",
            "2026-11-21X20:57:12Z",
            "26-11-21T20:57:12Z",
            "2026-11-21T20:57:12Zx",
        ] {
            assert_eq!(parse_instant(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_instant_is_read_as_chrono_writes_it(seconds in -62_135_596_800_i64..253_402_300_800, nanos in 0..1_000_000_000_u32) {
            let written = DateTime::from_timestamp(seconds, nanos).unwrap().to_rfc3339();
            prop_assert_eq!(parse_instant(written.as_bytes()), Some((seconds, nanos)));
        }

        #[test]
        fn every_date_is_read_as_chrono_writes_it(days in 0..3_652_059_i32) {
            let date = NaiveDate::from_num_days_from_ce_opt(days + 1).unwrap();
            let since = (date - NaiveDate::default()).num_days();
            prop_assert_eq!(parse_date(date.to_string().as_bytes()).map(i64::from), Some(since));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = (parse_instant(&bytes), parse_date(&bytes), parse_time(&bytes));
        }
    }
}
