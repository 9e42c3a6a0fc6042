//! One value, typed as a column is: from the flow file, for Polars, and in exported programs.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};
use polars::prelude::{AnyValue, DataType, Expr, NULL, Scalar, Series, TimeUnit, lit};

pub use super::code::{python_string, rust_string};

mod parse;
mod written;

pub(super) use parse::plain;

/// A value of a column's own type. Made by [`Literal::parse`] only, so that it always fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    dtype: DataType,
    value: Typed,
}

#[derive(Clone, Debug, PartialEq)]
enum Typed {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    /// The digits without the point, for the scale of the type.
    Decimal(i128),
    Date(NaiveDate),
    /// As the clock shows it in the column's time zone, and the same instant in UTC.
    Datetime {
        local: NaiveDateTime,
        utc: NaiveDateTime,
    },
    Time(NaiveTime),
    /// Nanoseconds.
    Duration(i64),
}

impl Literal {
    pub fn dtype(&self) -> &DataType {
        &self.dtype
    }

    pub fn is_null(&self) -> bool {
        self.value == Typed::Null
    }

    /// The value of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Typed::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// As Polars keeps it, of exactly the column's type; text for categories.
    pub fn any_value(&self) -> AnyValue<'static> {
        match (&self.value, &self.dtype) {
            (Typed::Bool(value), _) => AnyValue::Boolean(*value),
            (Typed::Int(value), dtype) => integer(*value, dtype),
            (Typed::Float(value), DataType::Float32) => AnyValue::Float32(*value as f32),
            (Typed::Float(value), _) => AnyValue::Float64(*value),
            (Typed::Text(text), _) => AnyValue::StringOwned(text.as_str().into()),
            (Typed::Decimal(digits), DataType::Decimal(precision, scale)) => {
                AnyValue::Decimal(*digits, *precision, *scale)
            }
            (Typed::Date(date), _) => AnyValue::Date(date.num_days_from_ce() - UNIX_EPOCH_DAYS),
            (Typed::Datetime { utc, .. }, DataType::Datetime(unit, zone)) => {
                let nanos = i128::from(utc.and_utc().timestamp_micros()) * 1_000;
                let zone = zone.clone().map(Into::into);
                AnyValue::DatetimeOwned((nanos / per_unit(*unit)) as i64, *unit, zone)
            }
            (Typed::Time(time), _) => AnyValue::Time(nanos_of(*time)),
            (Typed::Duration(nanos), DataType::Duration(unit)) => {
                AnyValue::Duration((i128::from(*nanos) / per_unit(*unit)) as i64, *unit)
            }
            (Typed::Null | Typed::Decimal(_) | Typed::Datetime { .. } | Typed::Duration(_), _) => {
                AnyValue::Null
            }
        }
    }

    /// A literal expression of exactly the column's type; text for categories.
    pub fn expr(&self) -> Expr {
        match self.value {
            Typed::Text(_) => lit(Scalar::new(DataType::String, self.any_value())),
            _ => lit(Scalar::new(self.dtype.clone(), self.any_value())),
        }
    }

    /// What `is_in` takes: the values as one list, of the type of the first.
    pub fn list_expr(literals: &[Self]) -> Expr {
        let dtype = match literals.first() {
            Some(Self { value: Typed::Text(_), .. }) => DataType::String,
            Some(first) => first.dtype.clone(),
            None => DataType::Null,
        };
        let values: Vec<AnyValue<'static>> = literals.iter().map(Self::any_value).collect();
        match Series::from_any_values_and_dtype("values".into(), &values, &dtype, true) {
            Ok(values) => lit(values).implode(true),
            Err(_) => lit(NULL),
        }
    }
}

/// Days from year 1 to 1970.
const UNIX_EPOCH_DAYS: i32 = 719_163;

fn integer(value: i128, dtype: &DataType) -> AnyValue<'static> {
    match dtype {
        DataType::Int8 => AnyValue::Int8(value as i8),
        DataType::Int16 => AnyValue::Int16(value as i16),
        DataType::Int32 => AnyValue::Int32(value as i32),
        DataType::UInt8 => AnyValue::UInt8(value as u8),
        DataType::UInt16 => AnyValue::UInt16(value as u16),
        DataType::UInt32 => AnyValue::UInt32(value as u32),
        DataType::UInt64 => AnyValue::UInt64(value as u64),
        _ => AnyValue::Int64(value as i64),
    }
}

/// Nanoseconds of a time unit.
fn per_unit(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Nanoseconds => 1,
        TimeUnit::Microseconds => 1_000,
        TimeUnit::Milliseconds => 1_000_000,
    }
}

fn nanos_of(time: NaiveTime) -> i64 {
    i64::from(time.num_seconds_from_midnight()) * 1_000_000_000 + i64::from(time.nanosecond())
}

#[cfg(test)]
mod tests;
