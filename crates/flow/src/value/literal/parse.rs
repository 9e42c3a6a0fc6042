//! A JSON value read as a column's type, or told why it is none.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _, Timelike as _};
use polars::prelude::{DataType, TimeUnit, TimeZone};
use serde_json::Value as Json;

use super::{Literal, Typed, per_unit};
use crate::Problem;
use crate::value::show_dtype;

impl Literal {
    /// `json` as a value of `column`'s type. Null fits every type; a number or a truth may be written as text.
    pub fn parse(json: &Json, dtype: &DataType, column: &str) -> Result<Self, Problem> {
        let value = match json {
            Json::Null => Ok(Typed::Null),
            json => typed(json, dtype),
        };
        match value {
            Ok(value) => Ok(Self { dtype: dtype.clone(), value }),
            Err(why) => Err(Problem::user(format!("{why}; column `{column}` is {}", show_dtype(dtype)))),
        }
    }
}

fn typed(json: &Json, dtype: &DataType) -> Result<Typed, String> {
    if let Some((low, high)) = integer_range(dtype) {
        return integer(json, low, high).map(Typed::Int);
    }
    match dtype {
        DataType::Boolean => boolean(json).map(Typed::Bool).ok_or_else(|| wrong(json, "true or false")),
        DataType::Float32 | DataType::Float64 => {
            float(json).map(Typed::Float).ok_or_else(|| wrong(json, "a number"))
        }
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) => match json {
            Json::String(text) => Ok(Typed::Text(text.clone())),
            _ => Err(format!("{}: put it in quotes", wrong(json, "text"))),
        },
        DataType::Decimal(precision, scale) => decimal(json, *precision, *scale).map(Typed::Decimal),
        DataType::Date => {
            let date = json.as_str().and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok());
            date.map(Typed::Date).ok_or_else(|| wrong(json, "a date like 2026-01-31"))
        }
        DataType::Datetime(unit, zone) => datetime(json, *unit, zone.as_ref()),
        DataType::Time => {
            let time = json.as_str().and_then(time).ok_or_else(|| wrong(json, "a time like 10:30:00"))?;
            in_units(i128::from(time.nanosecond()), TimeUnit::Microseconds, json)?;
            Ok(Typed::Time(time))
        }
        DataType::Duration(unit) => {
            let nanos = json.as_str().and_then(duration);
            let nanos = nanos.ok_or_else(|| wrong(json, "a duration like 1h30m"))?;
            in_units(i128::from(nanos), coarser(*unit), json)?;
            Ok(Typed::Duration(nanos))
        }
        _ => Err(format!("`{}` cannot be typed in", plain(json))),
    }
}

fn wrong(json: &Json, wanted: &str) -> String {
    format!("`{}` is not {wanted}", plain(json))
}

/// A value as a person writes it.
pub(in crate::value) fn plain(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn boolean(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(value) => Some(*value),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn float(json: &Json) -> Option<f64> {
    let value = match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    value.filter(|value| value.is_finite())
}

fn integer_range(dtype: &DataType) -> Option<(i128, i128)> {
    Some(match dtype {
        DataType::Int8 => (i8::MIN.into(), i8::MAX.into()),
        DataType::Int16 => (i16::MIN.into(), i16::MAX.into()),
        DataType::Int32 => (i32::MIN.into(), i32::MAX.into()),
        DataType::Int64 => (i64::MIN.into(), i64::MAX.into()),
        DataType::UInt8 => (0, u8::MAX.into()),
        DataType::UInt16 => (0, u16::MAX.into()),
        DataType::UInt32 => (0, u32::MAX.into()),
        DataType::UInt64 => (0, u64::MAX.into()),
        _ => return None,
    })
}

fn integer(json: &Json, low: i128, high: i128) -> Result<i128, String> {
    let value = match json {
        Json::Number(number) => number
            .as_i128()
            .or_else(|| number.as_f64().filter(|value| value.fract() == 0.0).map(|value| value as i128)),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let value = value.ok_or_else(|| wrong(json, "a whole number"))?;
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(format!("`{value}` is not between {low} and {high}"))
    }
}

fn decimal(json: &Json, precision: usize, scale: usize) -> Result<i128, String> {
    let text = match json {
        Json::Number(_) | Json::String(_) => plain(json),
        _ => return Err(wrong(json, "a number")),
    };
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong(json, "a number"));
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > scale {
        return Err(format!("`{text}` has more than {scale} digits after the point"));
    }
    let value = format!("{whole}{fraction:0<scale$}").parse::<i128>().ok();
    let limit = u32::try_from(precision).ok().and_then(|precision| 10_i128.checked_pow(precision));
    match value.filter(|value| limit.is_none_or(|limit| *value < limit)) {
        Some(value) => Ok(if negative { -value } else { value }),
        None => Err(format!("`{text}` has more than {precision} digits")),
    }
}

fn time(text: &str) -> Option<NaiveTime> {
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|format| NaiveTime::parse_from_str(text, format).ok())
}

fn local(text: &str) -> Option<NaiveDateTime> {
    let text = text.replacen('T', " ", 1);
    let (date, clock) = text.split_once(' ').unwrap_or((&text, "00:00"));
    Some(NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?.and_time(time(clock)?))
}

fn datetime(json: &Json, unit: TimeUnit, zone: Option<&TimeZone>) -> Result<Typed, String> {
    let text = json.as_str().unwrap_or_default().trim();
    let with_offset = DateTime::parse_from_rfc3339(&text.replacen(' ', "T", 1)).ok();
    let zone_name = zone.map_or("", |zone| zone.as_str());
    let local = match (with_offset, local(text)) {
        (Some(instant), _) if zone_name == "UTC" => instant.naive_utc(),
        (Some(_), _) if zone.is_none() => {
            return Err(format!("`{text}` has an offset from UTC, the column has no time zone"));
        }
        (Some(_), _) => {
            return Err(format!("`{text}` has an offset from UTC: write the column's local time"));
        }
        (None, Some(local)) => local,
        (None, None) => return Err(wrong(json, "a date and time like 2026-01-31 10:30:00")),
    };
    in_units(i128::from(local.nanosecond()), coarser(unit), json)?;
    let utc = match zone_name {
        "" | "UTC" => local,
        name => {
            let zone: chrono_tz::Tz = name.parse().map_err(|error| format!("`{name}`: {error}"))?;
            match zone.from_local_datetime(&local) {
                LocalResult::Single(instant) => instant.naive_utc(),
                LocalResult::Ambiguous(..) => {
                    return Err(format!("`{text}` happened twice, when the clocks in {name} were set back"));
                }
                LocalResult::None => {
                    return Err(format!("`{text}` never happened, the clocks in {name} were set forward"));
                }
            }
        }
    };
    Ok(Typed::Datetime { local, utc })
}

/// `1h30m`, `-5m`, `1d12h`, `250ms`, as nanoseconds.
fn duration(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let mut nanos: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: i64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit: i64 = match &rest[..end] {
            "w" => 7 * 86_400_000_000_000,
            "d" => 86_400_000_000_000,
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" => 1_000,
            "ns" => 1,
            _ => return None,
        };
        nanos = nanos.checked_add(count.checked_mul(unit)?)?;
        rest = &rest[end..];
    }
    (text.len() > 1).then_some(sign * nanos)
}

/// Exported Python knows microseconds, no finer.
fn coarser(unit: TimeUnit) -> TimeUnit {
    if unit == TimeUnit::Nanoseconds { TimeUnit::Microseconds } else { unit }
}

fn in_units(nanos: i128, unit: TimeUnit, json: &Json) -> Result<(), String> {
    if nanos % per_unit(unit) == 0 {
        return Ok(());
    }
    let name = if unit == TimeUnit::Milliseconds { "millisecond" } else { "microsecond" };
    Err(format!("`{}` is finer than a {name}", plain(json)))
}
