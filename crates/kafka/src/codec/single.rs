//! Messages that are one value: text, bytes. The value is the column `value`, and every other column is null.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::reason::Reason;
use super::slot::{Rows as _, StructSlot};
use super::{Decode, Fault, Shape, WRAPPED, batch};
use crate::error::Result;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// UTF-8, or bad. Columns of other types than text read it as a number, a time, a truth value.
    Text,
    Bytes,
}

pub(super) struct Single {
    columns: StructSlot,
    schema: SchemaRef,
    value: Option<usize>,
    whole: Whole,
}

impl Single {
    pub(super) fn new(shape: &Shape, whole: Whole) -> Result<Self> {
        let columns = StructSlot::new("", shape.schema.fields())?;
        let value = shape.schema.index_of(WRAPPED).ok();
        Ok(Self { columns, schema: shape.schema.clone(), value, whole })
    }
}

impl Decode for Single {
    fn decode(&mut self, payload: &[u8]) -> std::result::Result<(), Fault> {
        if self.whole == Whole::Text {
            check_utf8(payload)?;
        }
        if let Some(value) = self.value {
            let column = self.columns.child_once(value);
            let taken = match self.whole {
                Whole::Text => column.push_parsed(payload),
                Whole::Bytes => column.push_bytes(payload),
            };
            taken.map_err(|reason| reason.within(WRAPPED))?;
        }
        self.columns.end_row();
        Ok(())
    }

    fn decode_null(&mut self) {
        self.columns.end_row();
    }

    fn undo(&mut self) {
        self.columns.truncate(self.columns.rows().saturating_sub(1));
    }

    fn rows(&self) -> usize {
        self.columns.rows()
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let rows = self.columns.rows();
        batch(&self.schema, rows, self.columns.finish_children())
    }
}

/// That `payload` is UTF-8, or where it is not.
#[inline]
pub(super) fn check_utf8(payload: &[u8]) -> std::result::Result<(), Reason> {
    if simdutf8::basic::from_utf8(payload).is_ok() { Ok(()) } else { Err(not_utf8(payload)) }
}

/// Whether `text` is UTF-8. Names and codes are short and plain: wide registers only pay for longer ones.
#[inline]
pub(super) fn is_utf8(text: &[u8]) -> bool {
    const SHORT: usize = 64;
    (text.len() < SHORT && text.is_ascii()) || simdutf8::basic::from_utf8(text).is_ok()
}

#[cold]
fn not_utf8(payload: &[u8]) -> Reason {
    let at = std::str::from_utf8(payload).err().map_or(0, |error| error.valid_up_to());
    Reason::new(format!("not valid UTF-8 at byte {at}"))
}
