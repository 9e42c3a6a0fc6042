//! Columns of types that JSON writes as text or as numbers: decimals, dates, times, timestamps, bytes.

use arrow::array::ArrayRef;
use arrow::datatypes::Field;
use arrow::error::ArrowError;
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::column::{Column, mismatch};
use super::cursor::Cursor;
use super::reason::{Parsed, Reason};
use super::slot::{Rows as _, Slot};
use crate::error::Result;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Numbers go in as they are written, so a decimal keeps every digit; bytes are base64.
pub(crate) struct TypedColumn {
    slot: Slot,
    bytes: Vec<u8>,
}

impl TypedColumn {
    /// `path` is for the error of a type that no payload has.
    pub(crate) fn new(path: &str, field: &Field) -> Result<Self> {
        Ok(Self { slot: Slot::new(path, field)?, bytes: Vec::new() })
    }

    fn text(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        let text = cursor.string()?;
        if !matches!(self.slot, Slot::Binary(_)) {
            return self.slot.push_text(text);
        }
        self.bytes.clear();
        match BASE64.decode_vec(text, &mut self.bytes) {
            Ok(()) => self.slot.push_bytes(&self.bytes),
            Err(_) => Err(Reason::mismatch("bytes in base64", text)),
        }
    }
}

impl Column for TypedColumn {
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        match cursor.peek() {
            Some(b'"') => self.text(cursor),
            Some(b'-' | b'0'..=b'9') => {
                let number = cursor.number()?;
                self.slot.push_number(&number)
            }
            Some(b'n') => cursor.literal("null").map(|()| self.push_null()),
            _ => Err(mismatch(cursor, self.slot.wants())),
        }
    }

    fn push_null(&mut self) {
        self.slot.push_null();
    }

    fn truncate(&mut self, rows: usize) {
        self.slot.truncate(rows);
    }

    fn finish(&mut self) -> std::result::Result<ArrayRef, ArrowError> {
        self.slot.finish()
    }
}
