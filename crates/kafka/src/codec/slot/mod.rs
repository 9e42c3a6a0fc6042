//! Growing Arrow columns for the formats that say what type a value has: Avro, Protobuf,
//! `MessagePack`, CBOR, CSV.
//!
//! A format pushes each value as what it is in the message, and the column takes it if its own type holds it without
//! loss: the rules stand here once, so that a column means the same whatever the format. Everything is plain vectors,
//! so a column can go back to an earlier row when a message turns out to be bad.

mod flat;
mod nested;
mod parsed;
mod temporal;

#[cfg(test)]
mod tests;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, TimeUnit};
use arrow::error::ArrowError;

use super::reason::{Parsed, Reason};
use super::text::TextColumn;
use crate::error::{Error, Result};

pub(crate) use flat::decimal_text;
use flat::{BinarySlot, DecimalSlot, Flat};
pub(crate) use nested::{ListSlot, StructSlot};
pub use temporal::Encoding;
pub(crate) use temporal::moment_text;
use temporal::{Date, Instants, Time};

/// A column under construction.
pub(crate) enum Slot {
    /// Holds nulls only.
    Null(usize),
    Boolean(Flat<bool>),
    Int8(Flat<i8>),
    Int16(Flat<i16>),
    Int32(Flat<i32>),
    Int64(Flat<i64>),
    UInt8(Flat<u8>),
    UInt16(Flat<u16>),
    UInt32(Flat<u32>),
    UInt64(Flat<u64>),
    Float32(Flat<f32>),
    Float64(Flat<f64>),
    Decimal(DecimalSlot),
    Text(TextColumn),
    Binary(BinarySlot),
    Date(Date),
    Time(Time),
    Timestamp(Instants),
    Struct(Box<StructSlot>),
    List(Box<ListSlot>),
}

/// `$body` for the column in `$slot`, whichever it is but `Null`.
macro_rules! each {
    ($slot:expr, $rows:ident => $null:expr, $column:ident => $body:expr) => {
        match $slot {
            Slot::Null($rows) => $null,
            Slot::Boolean($column) => $body,
            Slot::Int8($column) => $body,
            Slot::Int16($column) => $body,
            Slot::Int32($column) => $body,
            Slot::Int64($column) => $body,
            Slot::UInt8($column) => $body,
            Slot::UInt16($column) => $body,
            Slot::UInt32($column) => $body,
            Slot::UInt64($column) => $body,
            Slot::Float32($column) => $body,
            Slot::Float64($column) => $body,
            Slot::Decimal($column) => $body,
            Slot::Text($column) => $body,
            Slot::Binary($column) => $body,
            Slot::Date($column) => $body,
            Slot::Time($column) => $body,
            Slot::Timestamp($column) => $body,
            Slot::Struct($column) => $body,
            Slot::List($column) => $body,
        }
    };
}

/// What every column can do, beside taking values.
pub(crate) trait Rows {
    fn rows(&self) -> usize;
    fn push_null(&mut self);
    /// Keeps the first `rows` values.
    fn truncate(&mut self, rows: usize);
    /// The column so far; the next value starts a new one.
    fn finish(&mut self) -> std::result::Result<ArrayRef, ArrowError>;
}

impl Slot {
    /// The column of `field`; `path` is its name in errors.
    ///
    /// Fails with [`Error::UnsupportedType`] on a type that no payload has.
    pub(crate) fn new(path: &str, field: &Field) -> Result<Self> {
        Ok(match field.data_type() {
            DataType::Null => Self::Null(0),
            DataType::Boolean => Self::Boolean(Flat::default()),
            DataType::Int8 => Self::Int8(Flat::default()),
            DataType::Int16 => Self::Int16(Flat::default()),
            DataType::Int32 => Self::Int32(Flat::default()),
            DataType::Int64 => Self::Int64(Flat::default()),
            DataType::UInt8 => Self::UInt8(Flat::default()),
            DataType::UInt16 => Self::UInt16(Flat::default()),
            DataType::UInt32 => Self::UInt32(Flat::default()),
            DataType::UInt64 => Self::UInt64(Flat::default()),
            DataType::Float32 => Self::Float32(Flat::default()),
            DataType::Float64 => Self::Float64(Flat::default()),
            DataType::Decimal128(precision, scale) => Self::Decimal(DecimalSlot::new(*precision, *scale)),
            text @ (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => {
                Self::Text(TextColumn::new(text.clone()))
            }
            binary @ (DataType::Binary | DataType::LargeBinary | DataType::BinaryView) => {
                Self::Binary(BinarySlot::new(binary.clone()))
            }
            DataType::Date32 => Self::Date(Date::default()),
            DataType::Time64(TimeUnit::Nanosecond) => Self::Time(Time::default()),
            DataType::Timestamp(unit, zone) => {
                Self::Timestamp(Instants::new(*unit, zone.clone(), Encoding::of(field)))
            }
            DataType::Struct(fields) => Self::Struct(Box::new(StructSlot::new(path, fields)?)),
            DataType::List(item) | DataType::LargeList(item) => {
                let large = matches!(field.data_type(), DataType::LargeList(_));
                Self::List(Box::new(ListSlot::new(path, item, large)?))
            }
            other => {
                return Err(Error::UnsupportedType { column: path.to_owned(), data_type: other.to_string() });
            }
        })
    }

    /// What the column takes, with an article, for messages.
    pub(crate) fn wants(&self) -> &'static str {
        match self {
            Self::Null(_) => "null",
            Self::Boolean(_) => "true or false",
            Self::Int8(_) => "an 8-bit integer",
            Self::Int16(_) => "a 16-bit integer",
            Self::Int32(_) => "a 32-bit integer",
            Self::Int64(_) => "a 64-bit integer",
            Self::UInt8(_) => "an unsigned 8-bit integer",
            Self::UInt16(_) => "an unsigned 16-bit integer",
            Self::UInt32(_) => "an unsigned 32-bit integer",
            Self::UInt64(_) => "an unsigned 64-bit integer",
            Self::Float32(_) | Self::Float64(_) => "a number in the range of its column",
            Self::Decimal(_) => "a decimal that its column holds exactly",
            Self::Text(_) => "text",
            Self::Binary(_) => "bytes",
            Self::Date(_) => "a date",
            Self::Time(_) => "a time of day",
            Self::Timestamp(_) => "a timestamp",
            Self::Struct(_) => "an object",
            Self::List(_) => "a list",
        }
    }

    pub(crate) fn push_bool(&mut self, value: bool) -> Parsed<()> {
        match self {
            Self::Boolean(column) => column.push(value),
            Self::Text(column) => column.push(if value { b"true" } else { b"false" })?,
            _ => return Err(self.misfit(value)),
        }
        Ok(())
    }

    /// Takes an integer. A timestamp column reads it by its encoding, a date column as days since 1970.
    #[inline]
    pub(crate) fn push_int(&mut self, value: i64) -> Parsed<()> {
        match self {
            Self::Int64(column) => column.push(value),
            Self::Int32(column) if i32::try_from(value).is_ok() => column.push(value as i32),
            _ => return self.push_wide(i128::from(value)),
        }
        Ok(())
    }

    /// Takes an integer of any size.
    pub(crate) fn push_wide(&mut self, value: i128) -> Parsed<()> {
        fn fitting<T: TryFrom<i128>>(column: &mut Flat<T>, value: i128) -> bool {
            T::try_from(value).map(|value| column.push(value)).is_ok()
        }
        let fits = match self {
            Self::Int8(column) => fitting(column, value),
            Self::Int16(column) => fitting(column, value),
            Self::Int32(column) => fitting(column, value),
            Self::Int64(column) => fitting(column, value),
            Self::UInt8(column) => fitting(column, value),
            Self::UInt16(column) => fitting(column, value),
            Self::UInt32(column) => fitting(column, value),
            Self::UInt64(column) => fitting(column, value),
            Self::Float32(column) => {
                column.push(value as f32);
                true
            }
            Self::Float64(column) => {
                column.push(value as f64);
                true
            }
            Self::Decimal(column) => column.push(value, 0),
            Self::Text(column) => column.push(value.to_string().as_bytes()).map(|()| true)?,
            Self::Date(column) => i32::try_from(value).map(|days| column.push_days(days)).is_ok(),
            Self::Timestamp(column) => i64::try_from(value).is_ok_and(|value| column.push_number(value)),
            _ => false,
        };
        if fits { Ok(()) } else { Err(self.misfit(value)) }
    }

    /// Takes a float. An integer column takes it when it is one, such as 2.0.
    #[inline]
    pub(crate) fn push_float(&mut self, value: f64) -> Parsed<()> {
        /// Every integer up to here is a float of its own.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self {
            Self::Float64(column) => column.push(value),
            Self::Float32(column)
                if value.is_nan() || (value as f32).is_infinite() == value.is_infinite() =>
            {
                column.push(value as f32);
            }
            Self::Text(column) => column.push(value.to_string().as_bytes())?,
            Self::Timestamp(column) => {
                if !column.push_fraction(value) {
                    return Err(self.misfit(value));
                }
            }
            Self::Decimal(column) => {
                if !value.is_finite() || !column.push_text(&value.to_string()) {
                    return Err(self.misfit(value));
                }
            }
            Self::Null(_) | Self::Boolean(_) | Self::Float32(_) | Self::Struct(_) | Self::List(_) => {
                return Err(self.misfit(value));
            }
            _ if value.fract() == 0.0 && value.abs() <= EXACT && !self.is_temporal() => {
                return self.push_wide(value as i128);
            }
            _ => return Err(self.misfit(value)),
        }
        Ok(())
    }

    /// Takes a float of 32 bits: as text 0.1 is `0.1` and not what it is as a double.
    #[inline]
    pub(crate) fn push_single(&mut self, value: f32) -> Parsed<()> {
        if let Self::Text(column) = self {
            return column.push(value.to_string().as_bytes());
        }
        self.push_float(f64::from(value))
    }

    /// Takes text of valid UTF-8. Decimals, dates, times and timestamps are read from their usual writing.
    #[inline]
    pub(crate) fn push_text(&mut self, value: &[u8]) -> Parsed<()> {
        let fits = match self {
            Self::Text(column) => return column.push(value),
            Self::Binary(column) => return column.push(value),
            Self::Decimal(column) => as_str(value).is_some_and(|text| column.push_text(text)),
            Self::Date(column) => column.push_text(value),
            Self::Time(column) => column.push_text(value),
            Self::Timestamp(column) => column.push_text(value),
            _ => false,
        };
        if fits { Ok(()) } else { Err(self.misfit(String::from_utf8_lossy(value))) }
    }

    /// Takes bytes; a text column those that are UTF-8.
    pub(crate) fn push_bytes(&mut self, value: &[u8]) -> Parsed<()> {
        match self {
            Self::Binary(column) => column.push(value),
            Self::Text(column) => match simdutf8::basic::from_utf8(value) {
                Ok(_) => column.push(value),
                Err(_) => {
                    Err(Reason::new(format!("expected text, found {} bytes that are not UTF-8", value.len())))
                }
            },
            _ => Err(self.misfit(format_args!("{} bytes", value.len()))),
        }
    }

    /// Takes `unscaled × 10^-scale`.
    pub(crate) fn push_decimal(&mut self, unscaled: i128, scale: i8) -> Parsed<()> {
        if let Self::Decimal(column) = self {
            return if column.push(unscaled, scale) {
                Ok(())
            } else {
                Err(self.misfit(flat::decimal_text(unscaled, scale)))
            };
        }
        let text = flat::decimal_text(unscaled, scale);
        match self {
            Self::Text(column) => column.push(text.as_bytes()),
            Self::Float32(_) | Self::Float64(_) => match text.parse() {
                Ok(value) => self.push_float(value),
                Err(_) => Err(self.misfit(text)),
            },
            _ => match flat::whole(unscaled, scale) {
                Some(whole) if !self.is_temporal() => self.push_wide(whole),
                _ => Err(self.misfit(text)),
            },
        }
    }

    /// Takes days since 1970.
    pub(crate) fn push_days(&mut self, days: i32) -> Parsed<()> {
        match self {
            Self::Date(column) => column.push_days(days),
            Self::Timestamp(column) => {
                if !column.push_days(days) {
                    return Err(self.misfit(temporal::date_text(days)));
                }
            }
            Self::Text(column) => column.push(temporal::date_text(days).as_bytes())?,
            Self::Int32(_) | Self::Int64(_) => return self.push_int(i64::from(days)),
            _ => return Err(self.misfit(temporal::date_text(days))),
        }
        Ok(())
    }

    /// Takes a time of day: `value` of `unit` since midnight.
    pub(crate) fn push_time(&mut self, value: i64, unit: TimeUnit) -> Parsed<()> {
        let told = || format!("{value} {} since midnight", temporal::unit_name(unit));
        match self {
            Self::Time(column) => match temporal::nanos(value, unit) {
                Some(nanos) if column.push_nanos(nanos) => Ok(()),
                _ => Err(self.misfit(told())),
            },
            Self::Int32(_) | Self::Int64(_) => self.push_int(value),
            Self::Text(column) => match temporal::nanos(value, unit).and_then(temporal::time_text) {
                Some(text) => column.push(text.as_bytes()),
                None => Err(self.misfit(told())),
            },
            _ => Err(self.misfit(told())),
        }
    }

    /// Takes a point in time: `value` of `unit` since 1970, UTC. `value` is rounded down to the column's unit.
    pub(crate) fn push_instant(&mut self, value: i64, unit: TimeUnit) -> Parsed<()> {
        let told = || format!("{value} {} since 1970", temporal::unit_name(unit));
        match self {
            Self::Timestamp(column) => {
                if column.push_instant(value, unit) {
                    Ok(())
                } else {
                    Err(self.misfit(told()))
                }
            }
            Self::Int64(column) => {
                column.push(value);
                Ok(())
            }
            Self::Text(column) => match temporal::instant_text(value, unit) {
                Some(text) => column.push(text.as_bytes()),
                None => Err(self.misfit(told())),
            },
            _ => Err(self.misfit(told())),
        }
    }

    /// Takes a point in time: seconds since 1970 in UTC and the nanoseconds after them, rounded down to the column's
    /// unit. A column of integers takes microseconds.
    pub(crate) fn push_moment(&mut self, seconds: i64, nanos: u32) -> Parsed<()> {
        let fits = match self {
            Self::Timestamp(column) => column.push_moment(seconds, nanos),
            Self::Int64(column) => {
                let micros = seconds
                    .checked_mul(1_000_000)
                    .and_then(|micros| micros.checked_add(i64::from(nanos / 1000)));
                micros.map(|micros| column.push(micros)).is_some()
            }
            Self::Text(column) => match temporal::moment_text(seconds, nanos) {
                Some(text) => return column.push(text.as_bytes()),
                None => false,
            },
            _ => false,
        };
        if fits { Ok(()) } else { Err(self.misfit(format_args!("{seconds} seconds since 1970"))) }
    }

    /// The columns of an object's fields; none when this is no struct column.
    #[inline]
    pub(crate) fn as_struct(&mut self) -> Option<&mut StructSlot> {
        if let Self::Struct(column) = self { Some(column) } else { None }
    }

    /// The items of a list; none when this is no list column.
    #[inline]
    pub(crate) fn as_list(&mut self) -> Option<&mut ListSlot> {
        if let Self::List(column) = self { Some(column) } else { None }
    }

    /// Whether values of any shape are kept here as JSON text.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    fn is_temporal(&self) -> bool {
        matches!(self, Self::Date(_) | Self::Time(_) | Self::Timestamp(_))
    }

    /// That `found` is not what the column takes.
    #[cold]
    pub(crate) fn misfit(&self, found: impl std::fmt::Display) -> Reason {
        Reason::mismatch(self.wants(), found.to_string().as_bytes())
    }
}

impl Rows for Slot {
    fn rows(&self) -> usize {
        each!(self, rows => *rows, column => column.rows())
    }

    #[inline]
    fn push_null(&mut self) {
        each!(self, rows => *rows += 1, column => column.push_null());
    }

    fn truncate(&mut self, to: usize) {
        each!(self, rows => *rows = to.min(*rows), column => column.truncate(to));
    }

    fn finish(&mut self) -> std::result::Result<ArrayRef, ArrowError> {
        each!(self, rows => Ok(flat::nulls(std::mem::take(rows))), column => column.finish())
    }
}

impl Rows for TextColumn {
    fn rows(&self) -> usize {
        self.len()
    }

    fn push_null(&mut self) {
        super::column::Column::push_null(self);
    }

    fn truncate(&mut self, rows: usize) {
        super::column::Column::truncate(self, rows);
    }

    fn finish(&mut self) -> std::result::Result<ArrayRef, ArrowError> {
        super::column::Column::finish(self)
    }
}

fn as_str(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}
