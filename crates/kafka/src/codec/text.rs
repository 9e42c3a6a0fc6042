//! A string column, built as Arrow string views.
//!
//! Up to 12 bytes stand in the view itself and longer ones in one shared buffer, so the short codes
//! and states that messages are full of cost one 16-byte store, and Polars takes the column as it is.

use std::sync::Arc;

use arrow::array::{ArrayRef, ByteView, StringViewArray};
use arrow::buffer::{Buffer, NullBuffer};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

use super::column::{Column, Nulls, take};
use super::cursor::Cursor;
use super::reason::{Parsed, Reason};

/// The longest string that a view holds itself; from the Arrow columnar format.
const INLINE: usize = 12;

pub(crate) struct TextColumn {
    views: Vec<u128>,
    long: Vec<u8>,
    nulls: Nulls,
    data_type: DataType,
}

impl TextColumn {
    /// `data_type` is `Utf8`, `LargeUtf8` or `Utf8View`.
    pub(crate) fn new(data_type: DataType) -> Self {
        Self { views: Vec::new(), long: Vec::new(), nulls: Nulls::default(), data_type }
    }

    pub(crate) fn len(&self) -> usize {
        self.views.len()
    }

    /// Appends a string of valid UTF-8.
    #[inline]
    pub(crate) fn push(&mut self, text: &[u8]) -> Parsed<()> {
        let view = if text.len() <= INLINE {
            let mut view = [0; 16];
            view[0] = text.len() as u8;
            view[4..4 + text.len()].copy_from_slice(text);
            u128::from_le_bytes(view)
        } else {
            let (Ok(length), Ok(offset)) = (i32::try_from(text.len()), i32::try_from(self.long.len())) else {
                return Err(Reason::new("more than 2 GiB of text in one chunk"));
            };
            self.long.extend_from_slice(text);
            let prefix = u32::from_le_bytes([text[0], text[1], text[2], text[3]]);
            ByteView { length: length as u32, prefix, buffer_index: 0, offset: offset as u32 }.as_u128()
        };
        self.views.push(view);
        Ok(())
    }
}

impl Column for TextColumn {
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        match cursor.peek() {
            Some(b'"') => self.push(cursor.string()?),
            Some(b'n') => cursor.literal("null").map(|()| self.push_null()),
            // Whatever else stands here is kept as it is written, so nothing is lost.
            _ => {
                let start = cursor.at();
                cursor.skip()?;
                self.push(cursor.since(start))
            }
        }
    }

    fn push_null(&mut self) {
        self.nulls.push(self.views.len());
        self.views.push(0);
    }

    fn truncate(&mut self, rows: usize) {
        // Bytes stand in the order of the rows: the first long string that is dropped ends those that stay.
        let dropped = self.views.get(rows..).unwrap_or_default();
        if let Some(view) = dropped.iter().find(|view| **view as u32 > INLINE as u32) {
            self.long.truncate(ByteView::from(*view).offset as usize);
        }
        self.views.truncate(rows);
        self.nulls.truncate(rows);
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let nulls = self.nulls.finish(self.views.len());
        let long = take(&mut self.long);
        let is_text = is_text(&self.views, &long);
        let buffers = if long.is_empty() { Vec::new() } else { vec![Buffer::from_vec(long)] };
        let views: ArrayRef = Arc::new(array(take(&mut self.views), buffers, nulls, is_text)?);
        match self.data_type {
            DataType::Utf8View => Ok(views),
            _ => arrow::compute::cast(&views, &self.data_type),
        }
    }
}

/// Whether every view is UTF-8: the short ones by themselves, the long ones as parts of `long` that begin and end
/// between letters. The same in a fraction of the time that Arrow takes to look at one string after the other.
fn is_text(views: &[u128], long: &[u8]) -> bool {
    /// The highest bit of each byte of a short string.
    const NOT_ASCII: u128 = 0x8080_8080_8080_8080_8080_8080_0000_0000;
    let short = |view: u128| (view as u32) <= INLINE as u32;
    let is_ascii = |view: &u128| !short(*view) || view & NOT_ASCII == 0;
    let is_short_text = |view: &u128| {
        is_ascii(view) || {
            let bytes = view.to_le_bytes();
            std::str::from_utf8(&bytes[4..4 + *view as u32 as usize]).is_ok()
        }
    };
    let Ok(text) = simdutf8::basic::from_utf8(long) else { return false };
    let is_long_text = |view: &u128| {
        short(*view) || {
            let view = ByteView::from(*view);
            let start = view.offset as usize;
            text.is_char_boundary(start) && text.is_char_boundary(start + view.length as usize)
        }
    };
    (views.iter().all(is_ascii) || views.iter().all(is_short_text))
        && (long.is_ascii() || views.iter().all(is_long_text))
}

/// The column; without `is_text` Arrow looks itself and says what is wrong.
#[expect(unsafe_code, reason = "Arrow's own look at each string takes longer than the decoding")]
fn array(
    views: Vec<u128>,
    buffers: Vec<Buffer>,
    nulls: Option<NullBuffer>,
    is_text: bool,
) -> Result<StringViewArray, ArrowError> {
    if !is_text {
        return StringViewArray::try_new(views.into(), buffers, nulls);
    }
    // SAFETY: `TextColumn::push` alone makes views. A short one has its length, its bytes and zeros; a long one its
    // length, its first four bytes and a place within the one buffer, from which `truncate` drops only what no view is
    // left of. That all of them are UTF-8 was seen by `is_text`.
    Ok(unsafe { StringViewArray::new_unchecked(views.into(), buffers, nulls) })
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray as _;

    use super::*;

    #[test]
    fn dropped_rows_keep_no_bytes() {
        let mut column = TextColumn::new(DataType::Utf8View);
        column.push(b"thirteen bytes").unwrap();
        for _ in 0..3 {
            column.push(b"short").unwrap();
            column.push_null();
            column.push(&[b'x'; 100]).unwrap();
            column.push(&[b'y'; 100]).unwrap();
            column.truncate(1);
            assert_eq!(column.long.len(), 14);
        }
        column.push(b"another long text").unwrap();
        let texts = column.finish().unwrap();
        let texts: Vec<_> = texts.as_string_view().iter().collect();
        assert_eq!(texts, [Some("thirteen bytes"), Some("another long text")]);
    }

    #[test]
    fn what_is_no_text_is_found_wherever_it_stands() {
        let column = |texts: &[&[u8]]| {
            let mut column = TextColumn::new(DataType::Utf8View);
            for text in texts {
                column.push(text).unwrap();
            }
            let expected = texts.iter().all(|text| std::str::from_utf8(text).is_ok());
            assert_eq!(is_text(&column.views, &column.long), expected, "{texts:?}");
            column.finish().map_or(!expected, |array| array.to_data().validate_full().is_ok())
        };
        let long = "Straße, Übergröße, naïve".as_bytes();
        assert!(column(&[b"", b"plain", "größer".as_bytes(), long, b"a plain one that is long", long]));
        assert!(column(&[b"\xc3", b"x"]));
        assert!(column(&[b"twelve by \xc3\xa4", b"x"]));
        assert!(column(&[b"short", b"long and broken \xff", b"x"]));
        // Each half of a letter stands in a string of its own: together they would be text.
        assert!(column(&[b"a letter is cut \xc3", b"\xa4 and goes on here"]));
    }
}
