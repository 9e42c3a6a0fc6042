//! The logical types.

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, UuidSchema};
use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};

use super::super::out::{Out, Written, wrong};
use crate::codec::{Input, Parsed};

/// Decimals of more bytes than any number has that somebody reads are shown as bytes.
const MOST_DECIMAL_BYTES: usize = 64;

/// A value of a logical type.
pub(super) fn logical(schema: &Schema, input: &mut Input<'_>, out: &mut Out) -> Written {
    match schema {
        Schema::Decimal(decimal) => {
            let digits = match &decimal.inner {
                InnerDecimalSchema::Bytes => input.bytes()?,
                InnerDecimalSchema::Fixed(fixed) => input.take(fixed.size)?,
            };
            number(digits, i64::try_from(decimal.scale).unwrap_or(i64::MAX), out)
        }
        Schema::BigDecimal => {
            let (digits, scale) = big_decimal(input)?;
            number(digits, scale, out)
        }
        Schema::Uuid(UuidSchema::String) => out.string(input.text()?),
        Schema::Uuid(UuidSchema::Bytes) => uuid(input.bytes()?, out),
        Schema::Uuid(UuidSchema::Fixed(fixed)) => uuid(input.take(fixed.size)?, out),
        Schema::Date => {
            let days = input.int()?;
            match NaiveDate::from_epoch_days(days) {
                Some(date) => out.string(&date.to_string()),
                None => out.plain(days),
            }
        }
        Schema::TimeMillis => {
            let time_ms = input.int()?;
            time(i64::from(time_ms), TimeDelta::milliseconds(i64::from(time_ms)), out)
        }
        Schema::TimeMicros => {
            let time_us = input.long()?;
            time(time_us, TimeDelta::microseconds(time_us), out)
        }
        Schema::TimestampMillis | Schema::LocalTimestampMillis => {
            let raw = input.long()?;
            timestamp(schema, raw, DateTime::from_timestamp_millis(raw), out)
        }
        Schema::TimestampMicros | Schema::LocalTimestampMicros => {
            let raw = input.long()?;
            timestamp(schema, raw, DateTime::from_timestamp_micros(raw), out)
        }
        Schema::TimestampNanos | Schema::LocalTimestampNanos => {
            let raw = input.long()?;
            timestamp(schema, raw, Some(DateTime::from_timestamp_nanos(raw)), out)
        }
        Schema::Duration(_) => {
            let [months, days, millis] =
                [input.array()?, input.array()?, input.array()?].map(u32::from_le_bytes);
            let (seconds, millis) = (millis / 1000, millis % 1000);
            out.string(&format!("P{months}M{days}DT{seconds}.{millis:03}S"))
        }
        _ => wrong("a type of the schema is not known here"),
    }
}

/// The digits of a decimal that brings its scale along, and the scale.
pub(crate) fn big_decimal<'a>(input: &mut Input<'a>) -> Parsed<(&'a [u8], i64)> {
    let mut inner = Input::new(input.bytes()?, 0);
    let digits = inner.bytes()?;
    Ok((digits, inner.long()?))
}

fn time(raw: i64, since_midnight: TimeDelta, out: &mut Out) -> Written {
    match NaiveTime::MIN.overflowing_add_signed(since_midnight) {
        (time, 0) => out.string(&time.to_string()),
        _ => out.plain(raw),
    }
}

fn timestamp(schema: &Schema, raw: i64, at: Option<DateTime<Utc>>, out: &mut Out) -> Written {
    use Schema as S;
    let Some(at) = at else { return out.plain(raw) };
    let text = at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    match schema {
        S::LocalTimestampMillis | S::LocalTimestampMicros | S::LocalTimestampNanos => {
            out.string(text.trim_end_matches('Z'))
        }
        _ => out.string(&text),
    }
}

fn uuid(bytes: &[u8], out: &mut Out) -> Written {
    if bytes.len() != 16 {
        return out.hex(bytes);
    }
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
    }
    out.string(&text)
}

/// A decimal number: big-endian two's complement, and where its point is.
fn number(bytes: &[u8], scale: i64, out: &mut Out) -> Written {
    let scale = usize::try_from(scale).ok().filter(|scale| *scale <= 1000);
    let (Some(scale), true) = (scale, bytes.len() <= MOST_DECIMAL_BYTES) else {
        return out.hex(bytes);
    };
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let mut size = bytes.to_vec();
    if negative {
        let mut carry = true;
        for byte in size.iter_mut().rev() {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    let mut digits = Vec::new();
    while size.iter().any(|byte| *byte != 0) {
        let mut rest = 0_u16;
        for byte in &mut size {
            let part = rest << 8 | u16::from(*byte);
            (*byte, rest) = ((part / 10) as u8, part % 10);
        }
        digits.push(b'0' + rest as u8);
    }
    digits.resize(digits.len().max(scale + 1), b'0');
    digits.reverse();
    let point = digits.len() - scale;
    let text = String::from_utf8_lossy(&digits);
    let sign = if negative { "-" } else { "" };
    if scale == 0 {
        out.plain(format_args!("{sign}{text}"))
    } else {
        out.plain(format_args!("{sign}{}.{}", &text[..point], &text[point..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_of_any_size() {
        let shown = |bytes: &[u8], scale| {
            let mut out = Out::new(1000);
            number(bytes, scale, &mut out).unwrap();
            out.finish()
        };
        assert_eq!(shown(&[0xfb, 0x2e], 2), "-12.34");
        assert_eq!(shown(&[5], 3), "0.005");
        assert_eq!(shown(&[], 0), "0");
        assert_eq!(shown(&[0x80], 0), "-128");
        assert_eq!(shown(&[0x7f; 16], 0), "169473963133173273960190490760135540607");
        assert_eq!(shown(&[1], -1), "\"0x01\"");
    }
}
