//! JSON payloads to Arrow columns: strict, streaming, one pass, and a bad message harms no other.
//!
//! Ours, because the common readers frame a *stream* of objects: they silently accept a message that
//! holds two objects or half of one, and read 1.5 into an integer column as 1.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::cursor::Cursor;
use super::nested::StructColumn;
use super::reason::{Parsed, Reason};
use super::single::check_utf8;
use super::{Codec, Decode, Fault, Inference, Shape, WRAPPED, batch, infer};
use crate::cancel::Cancel;
use crate::error::Result;

/// JSON: objects as rows, any other value in the column [`WRAPPED`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Codec for Json {
    fn name(&self) -> &'static str {
        "JSON"
    }

    fn decoder(&self, shape: &Shape, _cancel: &Cancel) -> Result<Box<dyn Decode>> {
        Ok(Box::new(Decoder::new(shape.schema.clone())?))
    }

    fn infer(&self, payloads: &[&[u8]], _cancel: &Cancel) -> Result<Inference> {
        Ok(infer(payloads.iter().copied()))
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
/// | `Utf8`, `LargeUtf8`, `Utf8View` | strings; any other value as its JSON text |
/// | `Struct`, `List`, `LargeList` | objects, lists, of the same rules |
/// | `Null` | nothing else |
///
/// Keys that the schema does not name are skipped, their syntax checked. Of a key that comes twice
/// the last value holds. A payload that is not an object is the column [`WRAPPED`](super::WRAPPED).
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
    wrapped: Option<usize>,
    scratch: Vec<u8>,
}

impl Decoder {
    /// A decoder into the columns of `schema`, which are all taken as nullable.
    ///
    /// Fails with [`Error::UnsupportedType`](crate::Error::UnsupportedType) on a type that is not in the table above.
    pub fn new(schema: SchemaRef) -> Result<Self> {
        let root = StructColumn::new("", schema.fields())?;
        let wrapped = schema.index_of(WRAPPED).ok();
        Ok(Self { root, schema, wrapped, scratch: Vec::new() })
    }

    /// Appends one message's payload as a row; on error nothing was appended.
    ///
    /// Call [`finish`](Self::finish) at least once in each GiB of payload.
    #[inline]
    pub fn decode(&mut self, payload: &[u8]) -> std::result::Result<(), Reason> {
        let rows = self.root.rows();
        self.row(payload).inspect_err(|_| super::column::Column::truncate(&mut self.root, rows))
    }

    /// Rows since the last [`finish`](Self::finish).
    pub fn rows(&self) -> usize {
        self.root.rows()
    }

    /// The rows so far, in the order of their messages; the next row starts a new batch.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        let rows = self.root.rows();
        batch(&self.schema, rows, self.root.finish_children())
    }

    /// Appends a row of nulls.
    pub fn decode_null(&mut self) {
        self.root.empty_row();
    }

    fn row(&mut self, payload: &[u8]) -> Parsed<()> {
        check_utf8(payload)?;
        let mut cursor = Cursor::new(payload, &mut self.scratch);
        match cursor.peek() {
            Some(b'{') => self.root.object(&mut cursor)?,
            Some(_) => self.root.single(self.wrapped, &mut cursor)?,
            None => return Err(Reason::new("empty payload")),
        }
        cursor.end()
    }
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
        let rows = self.root.rows().saturating_sub(1);
        super::column::Column::truncate(&mut self.root, rows);
    }

    fn rows(&self) -> usize {
        Self::rows(self)
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        Self::finish(self)
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
