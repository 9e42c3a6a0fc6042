//! Columns of dates, times of day and points in time.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, PrimitiveArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    TimestampSecondArray,
};
use arrow::datatypes::{Date32Type, Field, Time64NanosecondType, TimeUnit};
use arrow::error::ArrowError;
use chrono::{DateTime, Days, NaiveDate, NaiveTime};

use super::Rows;
use super::flat::Flat;
use crate::codec::instant::{parse_date, parse_instant, parse_time};
use crate::codec::number::Number;

const NANOS: i64 = 1_000_000_000;
const DAY_SECONDS: i64 = 86_400;

/// How a payload writes the values of a timestamp column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Text is RFC 3339, a number counts the column's own unit since 1970.
    #[default]
    Auto,
    /// A number of seconds since 1970, fractions allowed.
    EpochSeconds,
    EpochMillis,
    EpochMicros,
    EpochNanos,
}

impl Encoding {
    /// Key of the field's metadata that names the encoding.
    pub const KEY: &'static str = "flowloom.encoding";

    const NAMES: [(&'static str, Self); 4] = [
        ("epoch_s", Self::EpochSeconds),
        ("epoch_ms", Self::EpochMillis),
        ("epoch_us", Self::EpochMicros),
        ("epoch_ns", Self::EpochNanos),
    ];

    /// The encoding of this name; none is known by any other.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "rfc3339" => Some(Self::Auto),
            _ => Self::NAMES.iter().find(|(each, _)| *each == name).map(|(_, encoding)| *encoding),
        }
    }

    /// Its name; none for [`Auto`](Self::Auto).
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|(_, each)| *each == self).map(|(name, _)| *name)
    }

    /// `field` with this encoding.
    #[must_use]
    pub fn on(self, field: Field) -> Field {
        let Some(name) = self.name() else { return field };
        let mut metadata = field.metadata().clone();
        metadata.insert(Self::KEY.to_owned(), name.to_owned());
        field.with_metadata(metadata)
    }

    /// The encoding of `field`.
    pub fn of(field: &Field) -> Self {
        field.metadata().get(Self::KEY).and_then(|name| Self::named(name)).unwrap_or_default()
    }

    fn unit(self, column: TimeUnit) -> TimeUnit {
        match self {
            Self::Auto => column,
            Self::EpochSeconds => TimeUnit::Second,
            Self::EpochMillis => TimeUnit::Millisecond,
            Self::EpochMicros => TimeUnit::Microsecond,
            Self::EpochNanos => TimeUnit::Nanosecond,
        }
    }
}

/// Units in a second.
fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => NANOS,
    }
}

pub(super) fn unit_name(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "seconds",
        TimeUnit::Millisecond => "milliseconds",
        TimeUnit::Microsecond => "microseconds",
        TimeUnit::Nanosecond => "nanoseconds",
    }
}

/// `value` of `from` in `to`, rounded down; none when it is out of range.
fn convert(value: i64, from: TimeUnit, to: TimeUnit) -> Option<i64> {
    let (from, to) = (per_second(from), per_second(to));
    if to >= from { value.checked_mul(to / from) } else { Some(value.div_euclid(from / to)) }
}

/// Points in time of one unit.
pub(crate) struct Instants {
    flat: Flat<i64>,
    unit: TimeUnit,
    zone: Option<Arc<str>>,
    encoding: Encoding,
}

impl Instants {
    pub(super) fn new(unit: TimeUnit, zone: Option<Arc<str>>, encoding: Encoding) -> Self {
        Self { flat: Flat::default(), unit, zone, encoding }
    }

    /// Takes a number by the column's encoding; false when it does not fit.
    #[inline]
    pub(super) fn push_number(&mut self, value: i64) -> bool {
        self.push_instant(value, self.encoding.unit(self.unit))
    }

    /// Takes a number as it is written, by the column's encoding: digits beyond the column's unit are cut downwards.
    pub(super) fn push_written(&mut self, number: &Number<'_>) -> bool {
        let Some((significand, exponent)) = number.decimal() else { return false };
        let ratio = |unit| per_second(unit).ilog10() as i32;
        let exponent = exponent.saturating_add(ratio(self.unit) - ratio(self.encoding.unit(self.unit)));
        let power = 10_i128.checked_pow(exponent.unsigned_abs());
        let value = match power {
            Some(power) if exponent >= 0 => significand.checked_mul(power),
            Some(power) => Some(significand.div_euclid(power)),
            None if significand == 0 => Some(0),
            // A power beyond any significand.
            None if exponent < 0 => Some(if significand < 0 { -1 } else { 0 }),
            None => None,
        };
        value.and_then(|value| i64::try_from(value).ok()).map(|value| self.flat.push(value)).is_some()
    }

    /// As [`push_number`](Self::push_number), with a fraction.
    pub(super) fn push_fraction(&mut self, value: f64) -> bool {
        let scaled = value * per_second(self.unit) as f64 / per_second(self.encoding.unit(self.unit)) as f64;
        // 2^63 itself is no `i64`.
        if !scaled.is_finite() || scaled.abs() >= i64::MAX as f64 {
            return false;
        }
        self.flat.push(scaled.round() as i64);
        true
    }

    #[inline]
    pub(super) fn push_instant(&mut self, value: i64, unit: TimeUnit) -> bool {
        convert(value, unit, self.unit).map(|value| self.flat.push(value)).is_some()
    }

    pub(super) fn push_days(&mut self, days: i32) -> bool {
        self.push_instant(i64::from(days) * DAY_SECONDS, TimeUnit::Second)
    }

    pub(super) fn push_text(&mut self, text: &[u8]) -> bool {
        parse_instant(text).is_some_and(|(seconds, nanos)| self.push_moment(seconds, nanos))
    }

    /// Takes seconds since 1970 and the nanoseconds after them.
    #[inline]
    pub(super) fn push_moment(&mut self, seconds: i64, nanos: u32) -> bool {
        let per_second = per_second(self.unit);
        let fraction = i64::from(nanos) / (NANOS / per_second);
        let value = seconds.checked_mul(per_second).and_then(|value| value.checked_add(fraction));
        value.map(|value| self.flat.push(value)).is_some()
    }
}

impl Rows for Instants {
    fn rows(&self) -> usize {
        self.flat.len()
    }

    fn push_null(&mut self) {
        self.flat.null();
    }

    fn truncate(&mut self, rows: usize) {
        self.flat.cut(rows);
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let zone = self.zone.clone();
        Ok(match self.unit {
            TimeUnit::Second => {
                let array: TimestampSecondArray = self.flat.primitive()?;
                Arc::new(array.with_timezone_opt(zone))
            }
            TimeUnit::Millisecond => {
                let array: TimestampMillisecondArray = self.flat.primitive()?;
                Arc::new(array.with_timezone_opt(zone))
            }
            TimeUnit::Microsecond => {
                let array: TimestampMicrosecondArray = self.flat.primitive()?;
                Arc::new(array.with_timezone_opt(zone))
            }
            TimeUnit::Nanosecond => {
                let array: TimestampNanosecondArray = self.flat.primitive()?;
                Arc::new(array.with_timezone_opt(zone))
            }
        })
    }
}

/// Days since 1970.
#[derive(Default)]
pub(crate) struct Date(Flat<i32>);

impl Date {
    pub(super) fn push_days(&mut self, days: i32) {
        self.0.push(days);
    }

    pub(super) fn push_text(&mut self, text: &[u8]) -> bool {
        parse_date(text).map(|days| self.0.push(days)).is_some()
    }
}

impl Rows for Date {
    fn rows(&self) -> usize {
        self.0.len()
    }

    fn push_null(&mut self) {
        self.0.null();
    }

    fn truncate(&mut self, rows: usize) {
        self.0.cut(rows);
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let array: PrimitiveArray<Date32Type> = self.0.primitive()?;
        Ok(Arc::new(array))
    }
}

/// Nanoseconds since midnight.
#[derive(Default)]
pub(crate) struct Time(Flat<i64>);

impl Time {
    pub(super) fn push_nanos(&mut self, nanos: i64) -> bool {
        let fits = (0..DAY_SECONDS * NANOS).contains(&nanos);
        if fits {
            self.0.push(nanos);
        }
        fits
    }

    pub(super) fn push_text(&mut self, text: &[u8]) -> bool {
        parse_time(text).is_some_and(|nanos| self.push_nanos(nanos))
    }
}

impl Rows for Time {
    fn rows(&self) -> usize {
        self.0.len()
    }

    fn push_null(&mut self) {
        self.0.null();
    }

    fn truncate(&mut self, rows: usize) {
        self.0.cut(rows);
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let array: PrimitiveArray<Time64NanosecondType> = self.0.primitive()?;
        Ok(Arc::new(array))
    }
}

pub(super) fn nanos(value: i64, unit: TimeUnit) -> Option<i64> {
    convert(value, unit, TimeUnit::Nanosecond)
}

/// `2026-11-21`; a number of days where no calendar reaches.
pub(super) fn date_text(days: i32) -> String {
    let span = Days::new(u64::from(days.unsigned_abs()));
    let epoch = NaiveDate::default();
    let date = if days < 0 { epoch.checked_sub_days(span) } else { epoch.checked_add_days(span) };
    date.map_or_else(|| format!("{days} days since 1970"), |date| date.to_string())
}

pub(super) fn time_text(nanos: i64) -> Option<String> {
    let seconds = u32::try_from(nanos.div_euclid(NANOS)).ok()?;
    let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos.rem_euclid(NANOS) as u32)?;
    Some(time.to_string())
}

/// As RFC 3339, in UTC.
pub(super) fn instant_text(value: i64, unit: TimeUnit) -> Option<String> {
    let per_second = per_second(unit);
    let nanos = value.rem_euclid(per_second) * (NANOS / per_second);
    moment_text(value.div_euclid(per_second), nanos as u32)
}

/// As RFC 3339, in UTC; none where no calendar reaches.
pub(crate) fn moment_text(seconds: i64, nanos: u32) -> Option<String> {
    let instant = DateTime::from_timestamp(seconds, nanos)?;
    Some(instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}
