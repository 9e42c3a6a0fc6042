//! Values of formats that write everything as text, and numbers as they are written.

use super::{Flat, Slot};
use crate::codec::number::Number;
use crate::codec::reason::Parsed;

impl Slot {
    /// Takes the text of a format that has nothing else: numbers, truth values, dates and times are read from it.
    /// A number in a timestamp column counts as its encoding says.
    ///
    /// `true` and `false` in any case, integers with a sign and with leading zeros, floats as Rust reads them
    /// (`inf` and `nan` too).
    pub(crate) fn push_parsed(&mut self, value: &[u8]) -> Parsed<()> {
        let fits = match self {
            Self::Text(_) | Self::Binary(_) | Self::Decimal(_) | Self::Date(_) | Self::Time(_) => {
                return self.push_text(value);
            }
            Self::Boolean(column) => boolean(value).map(|value| column.push(value)).is_some(),
            Self::Float32(column) => float(value).is_some_and(|double| {
                let single: f32 = text(value).parse().unwrap_or(f32::NAN);
                fitting(column, single, single.is_infinite() == double.is_infinite())
            }),
            Self::Float64(column) => float(value).map(|value| column.push(value)).is_some(),
            Self::Timestamp(column) => match whole_number(value) {
                Some(number) => column.push_written(&number),
                None => column.push_text(value),
            },
            Self::Null(_) | Self::Struct(_) | Self::List(_) => false,
            _ => match integer(value) {
                Some(value) => return self.push_wide(value),
                None => false,
            },
        };
        if fits { Ok(()) } else { Err(self.misfit(String::from_utf8_lossy(value))) }
    }

    /// Takes a number as it is written, without a loss: into a decimal column digit by digit, into a timestamp column
    /// by its encoding, into a date column as days since 1970.
    pub(crate) fn push_number(&mut self, number: &Number<'_>) -> Parsed<()> {
        let fits = match self {
            Self::Text(_) | Self::Decimal(_) => return self.push_text(number.text),
            Self::Timestamp(column) => column.push_written(number),
            Self::Time(_) | Self::Binary(_) => false,
            Self::Float32(column) => number.single().map(|value| column.push(value)).is_some(),
            Self::Float64(column) => number.double().map(|value| column.push(value)).is_some(),
            _ => match number.integer() {
                Ok(value) => return self.push_wide(value),
                Err(_) => false,
            },
        };
        if fits { Ok(()) } else { Err(self.misfit(text(number.text))) }
    }
}

fn fitting<T>(column: &mut Flat<T>, value: T, fits: bool) -> bool {
    if fits {
        column.push(value);
    }
    fits
}

fn text(value: &[u8]) -> &str {
    std::str::from_utf8(value).unwrap_or_default()
}

/// `true` or `false`, in any case.
pub(crate) fn boolean(value: &[u8]) -> Option<bool> {
    if value.eq_ignore_ascii_case(b"true") {
        return Some(true);
    }
    value.eq_ignore_ascii_case(b"false").then_some(false)
}

/// A float; none when it is beyond the range of the type.
pub(crate) fn float(value: &[u8]) -> Option<f64> {
    let number: f64 = text(value).parse().ok()?;
    let is_beyond = number.is_infinite() && value.iter().any(u8::is_ascii_digit);
    (!is_beyond).then_some(number)
}

fn integer(value: &[u8]) -> Option<i128> {
    text(value).parse().ok().or_else(|| whole_number(value)?.integer().ok())
}

/// A number that is all of `value`, as JSON writes it.
fn whole_number(value: &[u8]) -> Option<Number<'_>> {
    Number::scan(value).filter(|number| number.text.len() == value.len())
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray as _;
    use arrow::datatypes::{
        DataType, Decimal128Type, Field, Float32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
        TimestampNanosecondType,
    };

    use super::super::{Encoding, Rows as _};
    use super::*;

    fn slot(data_type: DataType) -> Slot {
        Slot::new("a", &Field::new("a", data_type, true)).unwrap()
    }

    fn number(text: &str) -> Number<'_> {
        whole_number(text.as_bytes()).unwrap()
    }

    #[test]
    fn text_is_read_as_the_column_says() {
        let mut integers = slot(DataType::Int64);
        for text in ["007", "+5", "-1", "1e3", "2.0"] {
            integers.push_parsed(text.as_bytes()).unwrap();
        }
        for text in ["", "1.5", "9223372036854775808", "x", " 1"] {
            assert!(integers.push_parsed(text.as_bytes()).is_err(), "{text}");
        }
        let array = integers.finish().unwrap();
        assert_eq!(array.as_primitive::<Int64Type>().values()[..], [7, 5, -1, 1000, 2]);

        let mut truths = slot(DataType::Boolean);
        truths.push_parsed(b"True").unwrap();
        truths.push_parsed(b"FALSE").unwrap();
        assert!(truths.push_parsed(b"1").is_err());
        assert_eq!(truths.finish().unwrap().as_boolean().true_count(), 1);

        let mut floats = slot(DataType::Float32);
        for text in [".5", "nan", "-inf", "1e-3"] {
            floats.push_parsed(text.as_bytes()).unwrap();
        }
        assert!(floats.push_parsed(b"1e39").is_err() && floats.push_parsed(b"1e999").is_err());
        let halves = floats.finish().unwrap();
        assert_eq!(halves.as_primitive::<Float32Type>().value(0).to_bits(), 0.5_f32.to_bits());
        assert!(slot(DataType::Float64).push_parsed(b"1e999").is_err());
        assert!(slot(DataType::Null).push_parsed(b"x").is_err());
    }

    #[test]
    fn numbers_keep_every_digit() {
        let mut money = slot(DataType::Decimal128(38, 10));
        money.push_number(&number("1234567890123456789012345678.0123456789")).unwrap();
        assert!(money.push_number(&number("0.00000000001")).is_err());
        let array = money.finish().unwrap();
        assert_eq!(
            array.as_primitive::<Decimal128Type>().value(0),
            12_345_678_901_234_567_890_123_456_780_123_456_789
        );

        let at = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
        let seconds = Encoding::EpochSeconds.on(Field::new("a", at, true));
        let mut at = Slot::new("a", &seconds).unwrap();
        for text in ["1700000000.123456789", "1.7e9", "1700000000.12345678901234567890", "-0.5", "0"] {
            at.push_number(&number(text)).unwrap();
        }
        assert!(at.push_number(&number("1e30")).is_err() && at.push_number(&number("-1e30")).is_err());
        let array = at.finish().unwrap();
        assert_eq!(
            array.as_primitive::<TimestampNanosecondType>().values()[..],
            [
                1_700_000_000_123_456_789,
                1_700_000_000_000_000_000,
                1_700_000_000_123_456_789,
                -500_000_000,
                0
            ]
        );

        let at = DataType::Timestamp(TimeUnit::Microsecond, None);
        let millis = Encoding::EpochMillis.on(Field::new("a", at, true));
        let mut at = Slot::new("a", &millis).unwrap();
        at.push_parsed(b"1700000000123.4567").unwrap();
        at.push_parsed(b"1970-01-01T00:00:01Z").unwrap();
        let array = at.finish().unwrap();
        assert_eq!(
            array.as_primitive::<TimestampMicrosecondType>().values()[..],
            [1_700_000_000_123_456, 1_000_000]
        );
        assert!(slot(DataType::Time64(TimeUnit::Nanosecond)).push_number(&number("1")).is_err());
        assert_eq!(
            slot(DataType::Binary).push_number(&number("1")).unwrap_err().to_string(),
            "expected bytes, found 1"
        );
    }
}
