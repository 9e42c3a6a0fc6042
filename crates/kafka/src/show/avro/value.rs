//! Avro's bytes one value at a time, and the logical types.

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, UuidSchema};
use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};

use super::super::out::{Out, Stop, Written, wrong};

/// Decimals of more bytes than any number has that somebody reads are shown as bytes.
const MOST_DECIMAL_BYTES: usize = 64;

/// What is left of a message.
pub(super) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Stop> {
        let Some((taken, left)) = self.0.split_at_checked(count) else {
            return wrong("it ends too early");
        };
        self.0 = left;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// A zigzag number of at most ten bytes.
    pub(super) fn long(&mut self) -> Result<i64, Stop> {
        let mut number = 0_u64;
        for shift in (0..70).step_by(7) {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((number >> 1) as i64 ^ -((number & 1) as i64));
            }
        }
        wrong("a number is longer than ten bytes")
    }

    pub(super) fn int(&mut self) -> Result<i32, Stop> {
        let number = self.long()?;
        i32::try_from(number).or_else(|_large| wrong(format!("{number} is no int")))
    }

    /// Bytes with their length in front.
    pub(super) fn block(&mut self) -> Result<&'a [u8], Stop> {
        let length = self.long()?;
        match usize::try_from(length) {
            Ok(length) => self.take(length),
            Err(_negative) => wrong("a length is negative"),
        }
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Stop> {
        let bytes = self.block()?;
        simdutf8::basic::from_utf8(bytes).or_else(|_invalid| wrong("a string is no UTF-8"))
    }

    /// The items of an array or map, block by block.
    pub(super) fn items(&mut self, mut each: impl FnMut(&mut Self) -> Written) -> Written {
        loop {
            let count = self.long()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                // The size of the block in bytes, for those who skip it.
                self.long()?;
            }
            for _ in 0..count.unsigned_abs() {
                each(self)?;
            }
        }
    }
}

/// A value of a logical type.
pub(super) fn logical(schema: &Schema, bytes: &mut Bytes<'_>, out: &mut Out) -> Written {
    match schema {
        Schema::Decimal(decimal) => {
            let digits = match &decimal.inner {
                InnerDecimalSchema::Bytes => bytes.block()?,
                InnerDecimalSchema::Fixed(fixed) => bytes.take(fixed.size)?,
            };
            number(digits, i64::try_from(decimal.scale).unwrap_or(i64::MAX), out)
        }
        Schema::BigDecimal => {
            let mut inner = Bytes::new(bytes.block()?);
            let digits = inner.block()?;
            number(digits, inner.long()?, out)
        }
        Schema::Uuid(UuidSchema::String) => out.string(bytes.text()?),
        Schema::Uuid(UuidSchema::Bytes) => uuid(bytes.block()?, out),
        Schema::Uuid(UuidSchema::Fixed(fixed)) => uuid(bytes.take(fixed.size)?, out),
        Schema::Date => {
            let days = bytes.int()?;
            match NaiveDate::from_epoch_days(days) {
                Some(date) => out.string(&date.to_string()),
                None => out.plain(days),
            }
        }
        Schema::TimeMillis => {
            let time_ms = bytes.int()?;
            time(i64::from(time_ms), TimeDelta::milliseconds(i64::from(time_ms)), out)
        }
        Schema::TimeMicros => {
            let time_us = bytes.long()?;
            time(time_us, TimeDelta::microseconds(time_us), out)
        }
        Schema::TimestampMillis | Schema::LocalTimestampMillis => {
            let raw = bytes.long()?;
            timestamp(schema, raw, DateTime::from_timestamp_millis(raw), out)
        }
        Schema::TimestampMicros | Schema::LocalTimestampMicros => {
            let raw = bytes.long()?;
            timestamp(schema, raw, DateTime::from_timestamp_micros(raw), out)
        }
        Schema::TimestampNanos | Schema::LocalTimestampNanos => {
            let raw = bytes.long()?;
            timestamp(schema, raw, Some(DateTime::from_timestamp_nanos(raw)), out)
        }
        Schema::Duration(_) => {
            let [months, days, millis] =
                [bytes.array()?, bytes.array()?, bytes.array()?].map(u32::from_le_bytes);
            let (seconds, millis) = (millis / 1000, millis % 1000);
            out.string(&format!("P{months}M{days}DT{seconds}.{millis:03}S"))
        }
        _ => wrong("a type of the schema is not known here"),
    }
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
