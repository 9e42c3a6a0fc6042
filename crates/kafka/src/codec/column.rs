//! One growing Arrow column; made of plain vectors, so it can go back to an earlier row.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, ArrowPrimitiveType, BooleanArray, LargeListArray, ListArray, NullArray,
    PrimitiveArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowNativeType as _, DataType, Field, FieldRef, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;

use super::Drift;
use super::cursor::Cursor;
use super::keys::shown;
use super::nested::{ListColumn, StructColumn};
use super::number::{Number, Unfit};
use super::reason::{Parsed, Reason};
use super::text::TextColumn;
use super::typed::TypedColumn;
use crate::error::Result;

/// A column under construction.
pub(crate) trait Column: Send {
    /// Appends the value at the cursor. After an error the column may hold a part of it, until it is
    /// [truncated](Self::truncate).
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()>;

    /// Appends a null.
    fn push_null(&mut self);

    /// Keeps the first `rows` values.
    fn truncate(&mut self, rows: usize);

    /// The column so far; the next value starts a new one.
    fn finish(&mut self) -> std::result::Result<ArrayRef, ArrowError>;

    /// Forgets what was kept of unknown keys in the last value: its key comes again.
    fn forget(&mut self, _cursor: &mut Cursor<'_>) {}

    /// Takes back what was counted of unknown keys in `message`.
    fn uncount(&mut self, _message: u64) {}

    /// Hands over what was counted of unknown keys.
    fn drift(&mut self, _into: &mut Drift) {}
}

/// The column for `field` at `path`, of which all of `known` is known, as far as that is an object.
pub(crate) fn column(path: &str, field: &Field, known: &DataType) -> Result<Box<dyn Column>> {
    let data_type = field.data_type();
    Ok(match data_type {
        DataType::Null => Box::new(NullColumn::default()),
        DataType::Boolean => Box::new(BooleanColumn::default()),
        DataType::Int8 => Box::new(IntegerColumn::<Int8Type>::new("an 8-bit integer")),
        DataType::Int16 => Box::new(IntegerColumn::<Int16Type>::new("a 16-bit integer")),
        DataType::Int32 => Box::new(IntegerColumn::<Int32Type>::new("a 32-bit integer")),
        DataType::Int64 => Box::new(IntegerColumn::<Int64Type>::new("a 64-bit integer")),
        DataType::UInt8 => Box::new(IntegerColumn::<UInt8Type>::new("an unsigned 8-bit integer")),
        DataType::UInt16 => Box::new(IntegerColumn::<UInt16Type>::new("an unsigned 16-bit integer")),
        DataType::UInt32 => Box::new(IntegerColumn::<UInt32Type>::new("an unsigned 32-bit integer")),
        DataType::UInt64 => Box::new(IntegerColumn::<UInt64Type>::new("an unsigned 64-bit integer")),
        DataType::Float32 => Box::new(FloatColumn::<Float32Type>::new()),
        DataType::Float64 => Box::new(FloatColumn::<Float64Type>::new()),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            Box::new(TextColumn::new(data_type.clone()))
        }
        DataType::Struct(fields) => {
            let known = if let DataType::Struct(known) = known { known } else { fields };
            Box::new(StructColumn::new(path, fields, known)?)
        }
        DataType::List(item) | DataType::LargeList(item) => {
            let is_large = matches!(data_type, DataType::LargeList(_));
            let known = match known {
                DataType::List(known) | DataType::LargeList(known) => known.data_type(),
                _ => item.data_type(),
            };
            Box::new(ListColumn::new(path, item, known, is_large)?)
        }
        _ => Box::new(TypedColumn::new(&shown(path), field)?),
    })
}

/// What stands at the cursor, for the message that it is not what was expected.
#[cold]
pub(crate) fn mismatch(cursor: &mut Cursor<'_>, expected: &str) -> Reason {
    let start = cursor.at();
    match cursor.skip() {
        Ok(()) => Reason::mismatch(expected, cursor.since(start)),
        Err(syntax) => syntax,
    }
}

/// The rows that are null, in rising order: nothing to do for the many that are not.
#[derive(Default)]
pub(crate) struct Nulls(Vec<usize>);

impl Nulls {
    pub(crate) fn push(&mut self, row: usize) {
        self.0.push(row);
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        while self.0.last().is_some_and(|row| *row >= rows) {
            self.0.pop();
        }
    }

    /// The validity of `rows` rows; none when all are valid.
    pub(crate) fn finish(&mut self, rows: usize) -> Option<NullBuffer> {
        let nulls = std::mem::take(&mut self.0);
        if nulls.is_empty() {
            return None;
        }
        let mut valid = vec![true; rows];
        for row in nulls {
            valid[row] = false;
        }
        Some(NullBuffer::new(BooleanBuffer::from(valid)))
    }
}

/// Empties `values` into the result and keeps room for as many again.
pub(crate) fn take<T>(values: &mut Vec<T>) -> Vec<T> {
    let room = values.len();
    std::mem::replace(values, Vec::with_capacity(room))
}

/// Lists of `item` that end at `ends` of `items`; `large` ones have 64-bit offsets.
pub(crate) fn lists(
    item: FieldRef,
    ends: Vec<i32>,
    items: ArrayRef,
    nulls: Option<NullBuffer>,
    large: bool,
) -> std::result::Result<ArrayRef, ArrowError> {
    if large {
        let offsets: ScalarBuffer<i64> = std::iter::once(0).chain(ends.into_iter().map(i64::from)).collect();
        Ok(Arc::new(LargeListArray::try_new(item, OffsetBuffer::new(offsets), items, nulls)?))
    } else {
        let offsets: ScalarBuffer<i32> = std::iter::once(0).chain(ends).collect();
        Ok(Arc::new(ListArray::try_new(item, OffsetBuffer::new(offsets), items, nulls)?))
    }
}

struct IntegerColumn<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    nulls: Nulls,
    /// What fits, with an article.
    range: &'static str,
}

impl<T: ArrowPrimitiveType> IntegerColumn<T> {
    fn new(range: &'static str) -> Self {
        Self { values: Vec::new(), nulls: Nulls::default(), range }
    }
}

impl<T: ArrowPrimitiveType> Column for IntegerColumn<T>
where
    T::Native: TryFrom<i128>,
{
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        match cursor.peek() {
            Some(b'-' | b'0'..=b'9') => {
                let number = cursor.number()?;
                let value = number.integer().map_err(|unfit| match unfit {
                    Unfit::Fraction => Reason::mismatch("an integer", number.text),
                    Unfit::Range => Reason::mismatch(self.range, number.text),
                })?;
                let Ok(value) = T::Native::try_from(value) else {
                    return Err(Reason::mismatch(self.range, number.text));
                };
                self.values.push(value);
                Ok(())
            }
            Some(b'n') => cursor.literal("null").map(|()| self.push_null()),
            _ => Err(mismatch(cursor, "an integer")),
        }
    }

    fn push_null(&mut self) {
        self.nulls.push(self.values.len());
        self.values.push(T::Native::usize_as(0));
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.nulls.truncate(rows);
    }

    fn finish(&mut self) -> std::result::Result<ArrayRef, ArrowError> {
        let nulls = self.nulls.finish(self.values.len());
        Ok(Arc::new(PrimitiveArray::<T>::try_new(take(&mut self.values).into(), nulls)?))
    }
}

struct FloatColumn<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    nulls: Nulls,
}

impl<T: ArrowPrimitiveType> FloatColumn<T> {
    fn new() -> Self {
        Self { values: Vec::new(), nulls: Nulls::default() }
    }
}

/// A float type and how a number becomes one; none beyond its range.
trait Float: Sized {
    fn nearest(number: &Number<'_>) -> Option<Self>;
}

impl Float for f32 {
    fn nearest(number: &Number<'_>) -> Option<Self> {
        number.single()
    }
}

impl Float for f64 {
    #[inline]
    fn nearest(number: &Number<'_>) -> Option<Self> {
        number.double()
    }
}

impl<T: ArrowPrimitiveType> Column for FloatColumn<T>
where
    T::Native: Float,
{
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        match cursor.peek() {
            Some(b'-' | b'0'..=b'9') => {
                let number = cursor.number()?;
                let Some(value) = T::Native::nearest(&number) else {
                    return Err(Reason::mismatch("a number in the range of its column", number.text));
                };
                self.values.push(value);
                Ok(())
            }
            Some(b'n') => cursor.literal("null").map(|()| self.push_null()),
            _ => Err(mismatch(cursor, "a number")),
        }
    }

    fn push_null(&mut self) {
        self.nulls.push(self.values.len());
        self.values.push(T::Native::usize_as(0));
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.nulls.truncate(rows);
    }

    fn finish(&mut self) -> std::result::Result<ArrayRef, ArrowError> {
        let nulls = self.nulls.finish(self.values.len());
        Ok(Arc::new(PrimitiveArray::<T>::try_new(take(&mut self.values).into(), nulls)?))
    }
}

#[derive(Default)]
struct BooleanColumn {
    values: Vec<bool>,
    nulls: Nulls,
}

impl Column for BooleanColumn {
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        match cursor.peek() {
            Some(b't') => cursor.literal("true").map(|()| self.values.push(true)),
            Some(b'f') => cursor.literal("false").map(|()| self.values.push(false)),
            Some(b'n') => cursor.literal("null").map(|()| self.push_null()),
            _ => Err(mismatch(cursor, "true or false")),
        }
    }

    fn push_null(&mut self) {
        self.nulls.push(self.values.len());
        self.values.push(false);
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.nulls.truncate(rows);
    }

    fn finish(&mut self) -> std::result::Result<ArrayRef, ArrowError> {
        let nulls = self.nulls.finish(self.values.len());
        Ok(Arc::new(BooleanArray::new(BooleanBuffer::from(take(&mut self.values)), nulls)))
    }
}

#[derive(Default)]
struct NullColumn {
    rows: usize,
}

impl Column for NullColumn {
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        match cursor.peek() {
            Some(b'n') => cursor.literal("null").map(|()| self.push_null()),
            _ => Err(mismatch(cursor, "null")),
        }
    }

    fn push_null(&mut self) {
        self.rows += 1;
    }

    fn truncate(&mut self, rows: usize) {
        self.rows = self.rows.min(rows);
    }

    fn finish(&mut self) -> std::result::Result<ArrayRef, ArrowError> {
        let array = NullArray::new(std::mem::take(&mut self.rows));
        debug_assert!(array.nulls().is_none());
        Ok(Arc::new(array))
    }
}
