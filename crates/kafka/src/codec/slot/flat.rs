//! Columns of one value in each row.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, ArrowPrimitiveType, BinaryViewArray, BooleanArray, Decimal128Array, NullArray, PrimitiveArray,
};
use arrow::buffer::{BooleanBuffer, Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowNativeType, DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;

use super::super::column::{Nulls, take};
use super::Rows;
use crate::codec::reason::{Parsed, Reason};

/// Values of fixed width and which of them are null.
pub(crate) struct Flat<T> {
    pub(super) values: Vec<T>,
    pub(super) nulls: Nulls,
}

impl<T> Default for Flat<T> {
    fn default() -> Self {
        Self { values: Vec::new(), nulls: Nulls::default() }
    }
}

impl<T> Flat<T> {
    #[inline]
    pub(crate) fn push(&mut self, value: T) {
        self.values.push(value);
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn cut(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.nulls.truncate(rows);
    }
}

impl<T: ArrowNativeType> Flat<T> {
    /// The values as an array of `P`, which may need a type of its own: a scale, a time zone.
    pub(super) fn primitive<P: ArrowPrimitiveType<Native = T>>(
        &mut self,
    ) -> Result<PrimitiveArray<P>, ArrowError> {
        let nulls = self.nulls.finish(self.values.len());
        PrimitiveArray::try_new(take(&mut self.values).into(), nulls)
    }
}

impl<T: Default> Flat<T> {
    pub(super) fn null(&mut self) {
        self.nulls.push(self.values.len());
        self.values.push(T::default());
    }
}

macro_rules! primitive {
    ($($native:ty => $arrow:ty),* $(,)?) => {$(
        impl Rows for Flat<$native> {
            fn rows(&self) -> usize {
                self.len()
            }

            fn push_null(&mut self) {
                self.null();
            }

            fn truncate(&mut self, rows: usize) {
                self.cut(rows);
            }

            fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
                Ok(Arc::new(self.primitive::<$arrow>()?))
            }
        }
    )*};
}

primitive! {
    i8 => Int8Type, i16 => Int16Type, i32 => Int32Type, i64 => Int64Type,
    u8 => UInt8Type, u16 => UInt16Type, u32 => UInt32Type, u64 => UInt64Type,
    f32 => Float32Type, f64 => Float64Type,
}

impl Rows for Flat<bool> {
    fn rows(&self) -> usize {
        self.len()
    }

    fn push_null(&mut self) {
        self.null();
    }

    fn truncate(&mut self, rows: usize) {
        self.cut(rows);
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let nulls = self.nulls.finish(self.values.len());
        Ok(Arc::new(BooleanArray::new(BooleanBuffer::from(take(&mut self.values)), nulls)))
    }
}

/// A column of `rows` nulls.
pub(super) fn nulls(rows: usize) -> ArrayRef {
    Arc::new(NullArray::new(rows))
}

/// Decimals of one precision and scale; values that would need rounding are refused.
pub(crate) struct DecimalSlot {
    flat: Flat<i128>,
    precision: u8,
    scale: i8,
    /// The first magnitude that has too many digits.
    limit: i128,
}

impl DecimalSlot {
    pub(super) fn new(precision: u8, scale: i8) -> Self {
        let limit = 10_i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX);
        Self { flat: Flat::default(), precision, scale, limit }
    }

    /// Takes `unscaled × 10^-scale`; false when it does not fit.
    pub(super) fn push(&mut self, unscaled: i128, scale: i8) -> bool {
        let value = rescale(unscaled, i32::from(scale), i32::from(self.scale));
        let Some(value) = value.filter(|value| value.unsigned_abs() < self.limit.unsigned_abs()) else {
            return false;
        };
        self.flat.push(value);
        true
    }

    /// Takes a number as it is written, such as `-12.50` or `1e3`.
    pub(super) fn push_text(&mut self, text: &str) -> bool {
        parse_decimal(text, i32::from(self.scale)).is_some_and(|value| self.push(value, self.scale))
    }
}

impl Rows for DecimalSlot {
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
        let array: Decimal128Array = self.flat.primitive()?;
        Ok(Arc::new(array.with_precision_and_scale(self.precision, self.scale)?))
    }
}

/// `unscaled × 10^-from` as a multiple of `10^-to`, exactly or not at all.
fn rescale(unscaled: i128, from: i32, to: i32) -> Option<i128> {
    if unscaled == 0 {
        return Some(0);
    }
    let power = |digits: i32| 10_i128.checked_pow(u32::try_from(digits).ok()?);
    if to >= from {
        unscaled.checked_mul(power(to - from)?)
    } else {
        let power = power(from - to)?;
        (unscaled % power == 0).then(|| unscaled / power)
    }
}

/// The number in `text` as a multiple of `10^-scale`, exactly or not at all.
fn parse_decimal(text: &str, scale: i32) -> Option<i128> {
    let (number, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let mut value = 0_i128;
    for digit in whole.bytes().chain(fraction.bytes()) {
        let digit = digit.is_ascii_digit().then(|| i128::from(digit - b'0'))?;
        value = value.checked_mul(10)?.checked_add(digit)?;
    }
    let from = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    // Beyond what any decimal has; without this a huge exponent would make a huge power.
    if from.unsigned_abs() > 1000 {
        return (value == 0).then_some(0);
    }
    rescale(if negative { -value } else { value }, from, scale)
}

/// The integer that a decimal is, if it is one.
pub(super) fn whole(unscaled: i128, scale: i8) -> Option<i128> {
    rescale(unscaled, i32::from(scale), 0)
}

/// A decimal as people write it.
pub(crate) fn decimal_text(unscaled: i128, scale: i8) -> String {
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = unscaled.unsigned_abs().to_string();
    match usize::try_from(scale) {
        Ok(0) => format!("{sign}{digits}"),
        Ok(scale) => {
            let digits = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            format!("{sign}{whole}.{fraction}")
        }
        Err(_negative) => format!("{sign}{digits}{}", "0".repeat(usize::from(scale.unsigned_abs()))),
    }
}

/// A column of bytes.
pub(crate) struct BinarySlot {
    bytes: Vec<u8>,
    /// Where each value ends.
    ends: Vec<i32>,
    nulls: Nulls,
    data_type: DataType,
}

impl BinarySlot {
    /// `data_type` is `Binary`, `LargeBinary` or `BinaryView`.
    pub(super) fn new(data_type: DataType) -> Self {
        Self { bytes: Vec::new(), ends: Vec::new(), nulls: Nulls::default(), data_type }
    }

    pub(super) fn push(&mut self, value: &[u8]) -> Parsed<()> {
        self.bytes.extend_from_slice(value);
        match i32::try_from(self.bytes.len()) {
            Ok(end) => {
                self.ends.push(end);
                Ok(())
            }
            Err(_) => Err(Reason::new("more than 2 GiB of bytes in one chunk")),
        }
    }
}

impl Rows for BinarySlot {
    fn rows(&self) -> usize {
        self.ends.len()
    }

    fn push_null(&mut self) {
        self.nulls.push(self.ends.len());
        self.ends.push(self.ends.last().copied().unwrap_or_default());
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.nulls.truncate(rows);
        self.bytes.truncate(self.ends.last().map_or(0, |end| *end as usize));
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let nulls = self.nulls.finish(self.ends.len());
        let offsets: ScalarBuffer<i32> = std::iter::once(0).chain(take(&mut self.ends)).collect();
        let bytes = Buffer::from_vec(take(&mut self.bytes));
        let array = arrow::array::BinaryArray::try_new(OffsetBuffer::new(offsets), bytes, nulls)?;
        match self.data_type {
            DataType::Binary => Ok(Arc::new(array)),
            DataType::BinaryView => Ok(Arc::new(BinaryViewArray::from(&array))),
            _ => arrow::compute::cast(&array, &self.data_type),
        }
    }
}
