//! What values look like beyond their kind: dates, timestamps, numbers that count time, decimals in text.

use arrow::datatypes::{DataType, TimeUnit};

use super::super::instant::{parse_date, parse_instant};
use super::super::slot::Encoding;

/// What all values of one place look like. A look is lost with the first value that does not have it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Looks {
    instant: Option<Instant>,
    date: bool,
    decimal: Option<Decimal>,
    /// The least and the greatest integer.
    integers: Option<(i64, i64)>,
}

/// Text as RFC 3339 has it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Instant {
    /// Digits of its fraction of a second, the most of them.
    digits: usize,
    /// The first and the last second.
    seconds: (i64, i64),
}

/// Text such as `-12.50`: digits before and after the point.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Decimal {
    whole: usize,
    fraction: usize,
}

/// How a place that looks like something is best read.
pub(super) struct Reading {
    /// The type of the column; none: its kind says it.
    pub(super) data_type: Option<DataType>,
    pub(super) encoding: Encoding,
    pub(super) note: String,
}

impl Reading {
    fn plain(note: impl Into<String>) -> Self {
        Self { data_type: None, encoding: Encoding::Auto, note: note.into() }
    }

    fn time(unit: TimeUnit, encoding: Encoding, note: &str) -> Self {
        let data_type = DataType::Timestamp(unit, Some("UTC".into()));
        Self { data_type: Some(data_type), encoding, note: note.to_owned() }
    }
}

/// The seconds that a timestamp in nanoseconds reaches, and a little less.
const NANOSECONDS_REACH: i64 = 9_223_372_000;

/// From the year 2000 to 2100: what is taken for a time when its name says so.
const PLAUSIBLE: std::ops::Range<i64> = 946_684_800..4_102_444_800;

/// Digits of microseconds.
const MICROS: usize = 6;

/// Digits of a decimal that a column can hold.
const MOST_DIGITS: usize = 38;

impl Looks {
    pub(super) fn of_text(text: &str) -> Self {
        let instant = rfc_3339(text.as_bytes());
        Self { instant, date: parse_date(text.as_bytes()).is_some(), decimal: decimal(text), integers: None }
    }

    pub(super) fn of_integer(value: i64) -> Self {
        Self { integers: Some((value, value)), ..Self::default() }
    }

    /// What is left when there are values of `other` too.
    pub(super) fn and(self, other: Self) -> Self {
        let instant = self.instant.zip(other.instant).map(|(one, two)| Instant {
            digits: one.digits.max(two.digits),
            seconds: (one.seconds.0.min(two.seconds.0), one.seconds.1.max(two.seconds.1)),
        });
        let decimal = self.decimal.zip(other.decimal).map(|(one, two)| Decimal {
            whole: one.whole.max(two.whole),
            fraction: one.fraction.max(two.fraction),
        });
        let integers = self.integers.zip(other.integers);
        let integers = integers.map(|(one, two)| (one.0.min(two.0), one.1.max(two.1)));
        Self { instant, date: self.date && other.date, decimal, integers }
    }

    /// How values of the field `name` are best read.
    pub(super) fn reading(&self, name: &str) -> Option<Reading> {
        if self.date {
            let date = Reading::plain("date");
            return Some(Reading { data_type: Some(DataType::Date32), ..date });
        }
        if let Some(instant) = self.instant {
            let within = |second: i64| second.abs() < NANOSECONDS_REACH;
            return Some(match instant {
                Instant { digits: ..=MICROS, .. } => {
                    Reading::time(TimeUnit::Microsecond, Encoding::Auto, "RFC 3339")
                }
                Instant { digits: ..=9, seconds: (first, last) } if within(first) && within(last) => {
                    Reading::time(TimeUnit::Nanosecond, Encoding::Auto, "RFC 3339")
                }
                _ => Reading::plain("RFC 3339, finer than a column holds"),
            });
        }
        if let Some(Decimal { whole, fraction }) = self.decimal.filter(|decimal| decimal.fraction > 0) {
            let digits = whole + fraction;
            return Some(Reading::plain(if digits <= MOST_DIGITS {
                format!("decimal text: Decimal({digits}, {fraction})")
            } else {
                "decimal text".to_owned()
            }));
        }
        let (least, greatest) = self.integers.filter(|_| is_time(name))?;
        let counts = |per_second: i64| {
            let range = PLAUSIBLE.start * per_second..PLAUSIBLE.end * per_second;
            range.contains(&least) && range.contains(&greatest)
        };
        // A column counts in the unit of its numbers, so that its type says all; of seconds there are no columns.
        if counts(1) {
            Some(Reading::time(TimeUnit::Microsecond, Encoding::EpochSeconds, "epoch seconds"))
        } else if counts(1_000) {
            Some(Reading::time(TimeUnit::Millisecond, Encoding::Auto, "epoch milliseconds"))
        } else if counts(1_000_000) {
            Some(Reading::time(TimeUnit::Microsecond, Encoding::Auto, "epoch microseconds"))
        } else if counts(1_000_000_000) {
            Some(Reading::time(TimeUnit::Nanosecond, Encoding::Auto, "epoch nanoseconds"))
        } else {
            None
        }
    }
}

/// A timestamp with its offset, strictly; a leap second has no column to go to.
fn rfc_3339(text: &[u8]) -> Option<Instant> {
    let (seconds, _) = parse_instant(text)?;
    let rest = text.get(16..)?;
    let [b':', a, b, rest @ ..] = rest else { return None };
    if (*a, *b) == (b'6', b'0') {
        return None;
    }
    let digits = match rest {
        [b'.', rest @ ..] => rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    let offset = rest.get(if digits == 0 { 0 } else { digits + 1 }..)?;
    let is_offset = matches!(offset, [b'Z' | b'z'] | [b'+' | b'-', _, _, b':', _, _]);
    is_offset.then_some(Instant { digits, seconds: (seconds, seconds) })
}

fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_one = !whole.is_empty()
        && all_digits(whole)
        && all_digits(fraction)
        && (digits.len() == whole.len() || !fraction.is_empty());
    is_one.then_some(Decimal { whole: whole.trim_start_matches('0').len(), fraction: fraction.len() })
}

/// Whether a field of this name holds times.
fn is_time(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(lower.as_str(), "ts" | "at" | "created" | "updated")
        || lower.ends_with("_at")
        || lower.ends_with("_ts")
        || lower.starts_with("ts_")
        || name.ends_with("At")
        || name.ends_with("Ts")
        || lower.contains("time")
        || lower.contains("date")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_timestamps_are_rfc_3339() {
        for text in [
            "2026-11-21T20:57:12Z",
            "2026-11-21t20:57:12.123456789z",
            "2026-11-21 20:57:12+01:00",
            "2026-11-21T20:57:12.5-23:59",
        ] {
            assert!(rfc_3339(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "2026-11-21",
            "2026-11-21T20:57:12",
            "2026-11-21T20:57Z",
            "2026-11-21T20:57:12+01",
            "2026-11-21T20:57:12+0100",
            "2026-11-21T20:57:12,5Z",
            "2016-12-31T23:59:60Z",
            "soon",
        ] {
            assert!(rfc_3339(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn names_say_whether_a_number_is_a_time() {
        for name in ["created_at", "createdAt", "ts", "event_time", "TIMESTAMP", "updated", "date", "ts_ms"] {
            assert!(is_time(name), "{name}");
        }
        for name in ["id", "amount", "format", "state", "seats"] {
            assert!(!is_time(name), "{name}");
        }
    }

    #[test]
    fn decimals_have_digits_on_both_sides() {
        let digits = |text| decimal(text).map(|decimal| (decimal.whole, decimal.fraction));
        assert_eq!(digits("-12.50"), Some((2, 2)));
        assert_eq!(digits("0.5"), Some((0, 1)));
        assert_eq!(digits("7"), Some((1, 0)));
        for text in ["", "-", ".5", "1.", "1.2.3", "1e5", "+1"] {
            assert_eq!(digits(text), None, "{text}");
        }
    }
}
