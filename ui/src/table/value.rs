//! A cell as text: on one line for the table, whole for hover and clipboard.

use std::fmt::{self, Write};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use polars::prelude::{AnyValue, DataType, Series, TimeUnit};

/// Text that ends at a number of signs, so that a megabyte in a cell costs no more than what is shown.
struct Limited {
    text: String,
    left: usize,
    is_cut: bool,
    /// Line breaks become a sign.
    is_line: bool,
}

impl Write for Limited {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        for sign in part.chars() {
            if self.left == 0 {
                self.is_cut = true;
                return Err(fmt::Error);
            }
            self.left -= 1;
            self.text.push(match sign {
                '\n' if self.is_line => '↵',
                sign if self.is_line && sign.is_control() => ' ',
                sign => sign,
            });
        }
        Ok(())
    }
}

/// The value's text on one line, at most `limit` signs with an ellipsis where it is cut; `None` for null.
pub fn line(value: &AnyValue<'_>, limit: usize) -> Option<String> {
    text(value, limit, true)
}

/// The value's whole text, cut at `limit` signs only; `None` for null.
pub fn whole(value: &AnyValue<'_>, limit: usize) -> Option<String> {
    text(value, limit, false)
}

fn text(value: &AnyValue<'_>, limit: usize, is_line: bool) -> Option<String> {
    if matches!(value, AnyValue::Null) {
        return None;
    }
    let mut out = Limited { text: String::new(), left: limit, is_cut: false, is_line };
    let is_written = write_value(&mut out, value, false).is_ok();
    if out.is_cut || !is_written {
        out.text.pop();
        out.text.push('…');
    }
    Some(out.text)
}

/// Whether values of this type stand at the right of their column.
pub fn is_number(dtype: &DataType) -> bool {
    dtype.is_primitive_numeric() || dtype.is_decimal()
}

fn write_value(out: &mut Limited, value: &AnyValue<'_>, is_inner: bool) -> fmt::Result {
    match value {
        AnyValue::Null => out.write_str("null"),
        AnyValue::String(text) => write_text(out, text, is_inner),
        AnyValue::StringOwned(text) => write_text(out, text.as_str(), is_inner),
        AnyValue::Float32(number) => write!(out, "{number:?}"),
        AnyValue::Float64(number) => write!(out, "{number:?}"),
        AnyValue::Decimal(digits, _, scale) => out.write_str(&decimal(*digits, *scale)),
        AnyValue::Date(days) => write_date(out, *days),
        AnyValue::Datetime(since, unit, _) | AnyValue::DatetimeOwned(since, unit, _) => {
            write_time(out, *since, *unit)
        }
        AnyValue::Duration(length, unit) => write_duration(out, *length, *unit),
        AnyValue::Time(nanos) => write_clock(out, *nanos),
        AnyValue::Binary(bytes) => write_bytes(out, bytes),
        AnyValue::BinaryOwned(bytes) => write_bytes(out, bytes),
        AnyValue::List(items) | AnyValue::Array(items, _) => write_items(out, items),
        AnyValue::Struct(_, _, fields) => {
            let names = fields.iter().map(|field| field.name.as_str());
            write_fields(out, names, value._iter_struct_av())
        }
        AnyValue::StructOwned(owned) => {
            let names = owned.1.iter().map(|field| field.name.as_str());
            write_fields(out, names, owned.0.iter().cloned())
        }
        other => write!(out, "{other}"),
    }
}

fn write_text(out: &mut Limited, text: &str, is_inner: bool) -> fmt::Result {
    if is_inner { write!(out, "{text:?}") } else { out.write_str(text) }
}

/// `digits` with a point before the last `scale` of them.
fn decimal(digits: i128, scale: usize) -> String {
    if scale == 0 {
        return digits.to_string();
    }
    let sign = if digits < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", digits.unsigned_abs(), width = scale + 1);
    let (whole, part) = text.split_at(text.len() - scale);
    format!("{sign}{whole}.{part}")
}

fn write_date(out: &mut Limited, days: i32) -> fmt::Result {
    let date = NaiveDate::default().checked_add_signed(TimeDelta::days(i64::from(days)));
    match date {
        Some(date) => write!(out, "{date}"),
        None => write!(out, "{days} days"),
    }
}

/// The moment of a time value; `None` beyond what a calendar has.
pub fn moment(since: i64, unit: TimeUnit) -> Option<DateTime<Utc>> {
    match unit {
        TimeUnit::Milliseconds => DateTime::from_timestamp_millis(since),
        TimeUnit::Microseconds => DateTime::from_timestamp_micros(since),
        TimeUnit::Nanoseconds => Some(DateTime::from_timestamp_nanos(since)),
    }
}

fn write_time(out: &mut Limited, since: i64, unit: TimeUnit) -> fmt::Result {
    match moment(since, unit) {
        Some(moment) => write!(out, "{}", moment.format("%Y-%m-%d %H:%M:%S%.f")),
        None => write!(out, "{since}"),
    }
}

fn write_clock(out: &mut Limited, nanos: i64) -> fmt::Result {
    let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    match NaiveTime::from_num_seconds_from_midnight_opt(seconds as u32, rest as u32) {
        Some(time) => write!(out, "{}", time.format("%H:%M:%S%.f")),
        None => write!(out, "{nanos}"),
    }
}

/// `2d 03:04:05.5`.
fn write_duration(out: &mut Limited, length: i64, unit: TimeUnit) -> fmt::Result {
    let scale: i128 = match unit {
        TimeUnit::Milliseconds => 1_000_000,
        TimeUnit::Microseconds => 1_000,
        TimeUnit::Nanoseconds => 1,
    };
    let nanos = (i128::from(length) * scale).unsigned_abs();
    let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    if length < 0 {
        out.write_str("-")?;
    }
    if seconds >= 86_400 {
        write!(out, "{}d ", seconds / 86_400)?;
    }
    write!(out, "{:02}:{:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)?;
    if rest > 0 {
        write!(out, ".{}", format!("{rest:09}").trim_end_matches('0'))?;
    }
    Ok(())
}

/// Text where the bytes are text, else hexadecimal.
fn write_bytes(out: &mut Limited, bytes: &[u8]) -> fmt::Result {
    // What does not fit is not looked at; a sign has at most four bytes.
    let head = &bytes[..bytes.len().min(out.left.saturating_mul(4).saturating_add(4))];
    let is_text = |text: &str| !text.chars().any(|sign| sign.is_control() && !sign.is_whitespace());
    match std::str::from_utf8(head) {
        Ok(text) if is_text(text) => return write!(out, "{text:?}"),
        _ => {}
    }
    out.write_str("0x")?;
    head.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

fn write_items(out: &mut Limited, items: &Series) -> fmt::Result {
    out.write_str("[")?;
    for at in 0..items.len() {
        if at > 0 {
            out.write_str(", ")?;
        }
        write_value(out, &items.get(at).unwrap_or_default(), true)?;
    }
    out.write_str("]")
}

fn write_fields<'a>(
    out: &mut Limited,
    names: impl Iterator<Item = &'a str>,
    values: impl Iterator<Item = AnyValue<'a>>,
) -> fmt::Result {
    out.write_str("{")?;
    for (at, (name, value)) in names.zip(values).enumerate() {
        if at > 0 {
            out.write_str(", ")?;
        }
        write!(out, "{name}: ")?;
        write_value(out, &value, true)?;
    }
    out.write_str("}")
}

#[cfg(test)]
mod tests {
    use polars::prelude::{IntoSeries as _, NamedFrom as _, StructChunked};

    use super::*;

    fn shown(value: &AnyValue<'_>) -> String {
        line(value, 80).unwrap_or_else(|| "NULL".to_owned())
    }

    #[test]
    fn every_kind_of_value_reads_well() {
        assert_eq!(shown(&AnyValue::Null), "NULL");
        assert_eq!(shown(&AnyValue::Boolean(true)), "true");
        assert_eq!(shown(&AnyValue::Float64(100.0)), "100.0");
        assert_eq!(shown(&AnyValue::Float64(1e300)), "1e300");
        assert_eq!(shown(&AnyValue::Decimal(-5, 10, 2)), "-0.05");
        assert_eq!(shown(&AnyValue::Decimal(27_462, 10, 2)), "274.62");
        assert_eq!(shown(&AnyValue::Date(0)), "1970-01-01");
        assert_eq!(
            shown(&AnyValue::Datetime(1_500, TimeUnit::Milliseconds, None)),
            "1970-01-01 00:00:01.500"
        );
        assert_eq!(shown(&AnyValue::Duration(-90_061_500, TimeUnit::Milliseconds)), "-1d 01:01:01.5");
        assert_eq!(shown(&AnyValue::Time(3_600_000_000_000)), "01:00:00");
        assert_eq!(shown(&AnyValue::Binary(b"abc")), "\"abc\"");
        assert_eq!(shown(&AnyValue::Binary(&[0, 255])), "0x00ff");
        assert_eq!(shown(&AnyValue::List(Series::new("".into(), ["a", "b"]))), r#"["a", "b"]"#);
    }

    #[test]
    fn structs_name_their_fields() {
        let fields = [Series::new("n".into(), [1_i64]), Series::new("s".into(), ["x"])];
        let series =
            StructChunked::from_series("pair".into(), 1, fields.iter()).expect("struct").into_series();
        assert_eq!(shown(&series.get(0).expect("value")), r#"{n: 1, s: "x"}"#);
    }

    #[test]
    fn a_long_text_is_cut_and_its_lines_are_joined() {
        let long = format!("first\nsecond {}", "x".repeat(1_000_000));
        let text = line(&AnyValue::String(&long), 20).expect("text");
        assert_eq!(text.chars().count(), 20);
        assert!(text.starts_with("first↵second ") && text.ends_with('…'), "{text}");
        assert_eq!(line(&AnyValue::String("exact"), 5).as_deref(), Some("exact"));
        assert!(whole(&AnyValue::String(&long), 50).expect("text").starts_with("first\nsecond"));
    }
}
