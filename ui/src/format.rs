//! Numbers, times and problems as the studio shows them.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Local, NaiveDate, NaiveDateTime, Utc};
use flowloom_flow::Problem;
use polars::prelude::DataType;

/// `1,842,210`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `1,842 rows`.
pub fn rows(rows: u64) -> String {
    format!("{} {}", count(rows), if rows == 1 { "row" } else { "rows" })
}

/// `1.8 M`, `917 k`, `412`: at most four signs and a unit.
pub fn short(number: f64) -> String {
    for (size, unit) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if number >= size * 0.9995 {
            let value = number / size;
            return if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") };
        }
    }
    format!("{number:.0}")
}

/// `12 ms`, `1.4 s`, `2 min 5 s`.
pub fn millis(millis: f64) -> String {
    match millis {
        m if m < 1.0 => "< 1 ms".to_owned(),
        m if m < 999.5 => format!("{m:.0} ms"),
        m if m < 59_950.0 => format!("{:.1} s", m / 1e3),
        m => format!("{:.0} min {:.0} s", (m / 60_000.0).floor(), (m % 60_000.0) / 1e3),
    }
}

pub fn duration(duration: Duration) -> String {
    millis(duration.as_secs_f64() * 1e3)
}

/// `1.2 MB`, decimal as disks and networks count.
pub fn bytes(bytes: u64) -> String {
    match bytes as f64 {
        b if b < 999.5 => format!("{bytes} B"),
        b if b < 999.5e3 => format!("{:.1} kB", b / 1e3),
        b if b < 999.5e6 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}

/// `10:42:07.125`, the time of day here.
pub fn clock(at: SystemTime) -> String {
    DateTime::<Local>::from(at).format("%H:%M:%S%.3f").to_string()
}

/// A message as a sentence on screen: messages begin with a small letter, so that they can follow a colon.
pub fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What is wrong, and what to do.
pub fn advice(problem: &Problem) -> String {
    match &problem.hint {
        Some(hint) => sentence(&format!("{}; {hint}", problem.message)),
        None => sentence(&problem.message),
    }
}

/// `10:42`, the time of day here.
pub fn minute(at: SystemTime) -> String {
    DateTime::<Local>::from(at).format("%H:%M").to_string()
}

/// `21 Nov, 10:42` here.
pub fn day_and_minute(at: SystemTime) -> String {
    DateTime::<Local>::from(at).format("%-d %b, %H:%M").to_string()
}

/// `2026-11-01 10:42:07` here, of milliseconds since 1970 UTC.
pub fn date_time(since_ms: i64) -> String {
    let moment: DateTime<Utc> = DateTime::from_timestamp_millis(since_ms).unwrap_or_default();
    moment.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Milliseconds since 1970 UTC of what [`date_time`] writes; the time of day, or its seconds, may be left out.
pub fn read_date_time(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let read = |format| NaiveDateTime::parse_from_str(text, format).ok();
    let moment = read("%Y-%m-%d %H:%M:%S").or_else(|| read("%Y-%m-%d %H:%M")).or_else(day);
    let moment = moment.and_then(|moment| moment.and_local_timezone(Local).earliest());
    moment
        .map(|moment| moment.timestamp_millis())
        .ok_or_else(|| format!("`{text}` is no time; write it as `2026-11-01 10:42`"))
}

/// A type in a word, as headers and pickers have it: `int`, `text`, `time, UTC`. Settings and hover text
/// name the exact one with [`flowloom_flow::value::show_dtype`].
pub fn type_word(dtype: &DataType) -> String {
    match dtype {
        DataType::Boolean => "bool".to_owned(),
        DataType::String => "text".to_owned(),
        DataType::Binary => "bytes".to_owned(),
        DataType::Date => "date".to_owned(),
        DataType::Time => "time of day".to_owned(),
        // Shown in UTC whatever the zone.
        DataType::Datetime(_, Some(_)) => "time, UTC".to_owned(),
        DataType::Datetime(_, None) => "time".to_owned(),
        DataType::Duration(_) => "duration".to_owned(),
        DataType::List(_) | DataType::Array(..) => "list".to_owned(),
        DataType::Struct(_) => "struct".to_owned(),
        DataType::Null => "null".to_owned(),
        dtype if dtype.is_decimal() => "decimal".to_owned(),
        dtype if dtype.is_integer() => "int".to_owned(),
        dtype if dtype.is_float() => "float".to_owned(),
        dtype => flowloom_flow::value::show_dtype(dtype),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1_000, 1_842_210].map(count), ["0", "999", "1,000", "1,842,210"]);
        assert_eq!([7.0, 917_000.0, 1.84e6, 999_960.0].map(short), ["7", "917 k", "1.8 M", "1.0 M"]);
        assert_eq!([0.4, 12.0, 1_400.0, 125_000.0].map(millis), ["< 1 ms", "12 ms", "1.4 s", "2 min 5 s"]);
        assert_eq!([12, 1_200, 1_200_000].map(bytes), ["12 B", "1.2 kB", "1.2 MB"]);
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        let now = 1_700_000_000_000;
        assert_eq!(read_date_time(&date_time(now)), Ok(now));
        let short = date_time(now);
        let (minute, day) = (&short[..16], &short[..10]);
        assert!(read_date_time(minute).is_ok_and(|at| now - at < 60_000), "{minute}");
        assert!(read_date_time(day).is_ok_and(|at| now - at < 86_400_000), "{day}");
        assert!(read_date_time("yesterday").is_err());
    }
}
