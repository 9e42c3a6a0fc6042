//! JSON payloads to Arrow columns: strict, streaming, one pass, and a bad message harms no other.
//!
//! Ours, because the common readers frame a *stream* of objects: they silently accept a message that
//! holds two objects or half of one, and read 1.5 into an integer column as 1.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Fields, SchemaRef};

use super::column::Column as _;
use super::cursor::Cursor;
use super::infer::infer_whole;
use super::met::Met;
use super::nested::StructColumn;
use super::reason::{Parsed, Reason};
use super::single::check_utf8;
use super::text::TextColumn;
use super::{Codec, Decode, Drift, EXTRA, Fault, Inference, Shape, Unknown, WRAPPED, batch};
use crate::cancel::Cancel;
use crate::error::{Error, Result};

/// JSON: objects as rows, any other value in the column [`WRAPPED`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Codec for Json {
    fn name(&self) -> &'static str {
        "JSON"
    }

    fn decoder(&self, shape: &Shape, _cancel: &Cancel) -> Result<Box<dyn Decode>> {
        Ok(Box::new(Decoder::of(shape)?))
    }

    fn infer(&self, payloads: &[&[u8]], _cancel: &Cancel) -> Result<Inference> {
        Ok(infer_whole(payloads.iter().copied()))
    }
}

/// Builds record batches from JSON payloads.
///
/// | column | takes |
/// |---|---|
/// | any | `null`, or no such key: null |
/// | `Boolean` | `true`, `false` |
/// | `Int8`…`Int64`, `UInt8`…`UInt64` | integers in range; `1.0` and `1e3`, but not `1.5` |
/// | `Float32`, `Float64` | any number in range |
/// | `Decimal128` | numbers and strings of them, exactly or not at all |
/// | `Utf8`, `LargeUtf8`, `Utf8View` | strings; any other value as its JSON text |
/// | `Binary`, `LargeBinary`, `BinaryView` | strings in base64 |
/// | `Date32`, `Time64(ns)`, `Timestamp` | strings such as `2026-11-21T20:57:12.5Z`; numbers by the field's [`Encoding`](super::Encoding) |
/// | `Struct`, `List`, `LargeList` | objects, lists, of the same rules |
/// | `Null` | nothing else |
///
/// Keys that the schema does not name are skipped, their syntax checked; those that are not known either are
/// [`Drift`], at every level of the objects that are known. Of a key that comes twice the last value holds. A payload that is not an object is the column [`WRAPPED`](super::WRAPPED).
///
/// ```
/// use std::sync::Arc;
/// use arrow::datatypes::{DataType, Field, Schema};
/// use flowloom_kafka::codec::Decoder;
///
/// let schema = Schema::new(vec![Field::new("amount", DataType::Int64, true)]);
/// let mut decoder = Decoder::new(Arc::new(schema))?;
/// decoder.decode(br#"{"amount": 7, "note": "new"}"#)?;
/// let bad = decoder.decode(br#"{"amount": 1.5}"#).unwrap_err();
/// assert_eq!(bad.to_string(), "field `amount`: expected an integer, found 1.5");
/// assert_eq!(decoder.finish()?.num_rows(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Decoder {
    root: StructColumn,
    schema: SchemaRef,
    scratch: Vec<u8>,
    met: Met,
    /// The column [`EXTRA`] and its place among the others.
    extra: Option<(usize, TextColumn)>,
}

impl Decoder {
    /// A decoder into the columns of `schema`, which are all taken as nullable.
    ///
    /// Fails with [`Error::UnsupportedType`](crate::Error::UnsupportedType) on a type that is not in the table above.
    pub fn new(schema: SchemaRef) -> Result<Self> {
        Self::of(&Shape::new(schema))
    }

    /// A decoder into the columns of `shape`.
    pub fn of(shape: &Shape) -> Result<Self> {
        // A key of that name is as unknown as any other.
        let keeps = shape.unknown == Unknown::Keep;
        let keys = |fields: &Fields| -> Fields {
            fields.iter().filter(|field| !keeps || field.name() != EXTRA).map(Arc::clone).collect()
        };
        let root = StructColumn::new("", &keys(shape.schema.fields()), &keys(shape.known.fields()))?;
        let extra = if keeps { shape.schema.column_with_name(EXTRA) } else { None };
        let extra = match extra {
            Some((index, field)) if is_text(field.data_type()) => {
                Some((index, TextColumn::new(field.data_type().clone())))
            }
            Some((_, field)) => {
                let data_type = field.data_type().to_string();
                return Err(Error::UnsupportedType { column: EXTRA.to_owned(), data_type });
            }
            None => None,
        };
        let (scratch, met) = (Vec::new(), Met::new(shape.unknown));
        Ok(Self { root, schema: Arc::clone(&shape.schema), scratch, met, extra })
    }

    /// Appends one message's payload as a row; on error nothing was appended.
    ///
    /// Call [`finish`](Self::finish) at least once in each GiB of payload.
    #[inline]
    pub fn decode(&mut self, payload: &[u8]) -> std::result::Result<(), Reason> {
        let rows = self.root.rows();
        self.met.begin();
        match self.row(payload) {
            Ok(()) => Ok(()),
            Err(reason) => {
                self.cut(rows);
                Err(reason)
            }
        }
    }

    /// Rows since the last [`finish`](Self::finish).
    pub fn rows(&self) -> usize {
        self.root.rows()
    }

    /// The rows so far, in the order of their messages; the next row starts a new batch.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        let rows = self.root.rows();
        let columns = self.root.finish_children().and_then(|mut columns| {
            if let Some((index, extra)) = &mut self.extra {
                columns.insert(*index, extra.finish()?);
            }
            Ok(columns)
        });
        batch(&self.schema, rows, columns)
    }

    /// Appends a row of nulls.
    pub fn decode_null(&mut self) {
        self.met.begin();
        self.root.empty_row();
        if let Some((_, extra)) = &mut self.extra {
            extra.push_null();
        }
    }

    /// Goes back to `rows` rows, and takes back what was counted for the message at hand.
    #[cold]
    fn cut(&mut self, rows: usize) {
        self.root.truncate(rows);
        if self.met.take_any() {
            self.root.uncount(self.met.message());
        }
        if let Some((_, extra)) = &mut self.extra {
            extra.truncate(rows);
        }
    }

    fn row(&mut self, payload: &[u8]) -> Parsed<()> {
        check_utf8(payload)?;
        let mut cursor = Cursor::watching(payload, &mut self.scratch, &mut self.met);
        match cursor.peek() {
            Some(b'{') => self.root.object(&mut cursor)?,
            Some(_) => self.root.single(WRAPPED, &mut cursor)?,
            None => return Err(Reason::new("empty payload")),
        }
        cursor.end()?;
        if let Some((_, extra)) = &mut self.extra {
            match self.met.kept(payload) {
                Some(kept) => extra.push(kept)?,
                None => extra.push_null(),
            }
        }
        Ok(())
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

impl Decode for Decoder {
    #[inline]
    fn decode(&mut self, payload: &[u8]) -> std::result::Result<(), Fault> {
        Self::decode(self, payload).map_err(Fault::Bad)
    }

    fn decode_null(&mut self) {
        Self::decode_null(self);
    }

    fn undo(&mut self) {
        self.cut(self.root.rows().saturating_sub(1));
    }

    fn rows(&self) -> usize {
        Self::rows(self)
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        Self::finish(self)
    }

    fn drift(&mut self) -> Drift {
        let mut drift = Drift { more: self.met.take_more(), ..Drift::default() };
        self.root.drift(&mut drift);
        drift
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "json_drift_tests.rs"]
mod drift_tests;
