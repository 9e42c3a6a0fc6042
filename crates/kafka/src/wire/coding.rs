//! How requests are written and answers read: numbers are big-endian; lengths have four or two bytes, or in the compact
//! form of flexible versions a varint of one more than the length, with tagged fields at the end of every structure
//! (KIP-482).

use zeroize::Zeroizing;

/// Writes a request's body. It is wiped afterwards, for a login stands in some.
pub(super) struct Writer {
    bytes: Zeroizing<Vec<u8>>,
    is_compact: bool,
}

impl Writer {
    pub(super) fn fixed() -> Self {
        Self { bytes: Zeroizing::default(), is_compact: false }
    }

    pub(super) fn compact() -> Self {
        Self { bytes: Zeroizing::default(), is_compact: true }
    }

    pub(super) fn i16(&mut self, value: i16) {
        self.bytes.extend(value.to_be_bytes());
    }

    pub(super) fn i32(&mut self, value: i32) {
        self.bytes.extend(value.to_be_bytes());
    }

    /// The length of an array, before its elements.
    pub(super) fn count(&mut self, count: usize) {
        if self.is_compact { self.varint(count + 1) } else { self.i32(count as i32) }
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.is_compact {
            self.varint(text.len() + 1);
        } else {
            self.i16(text.len() as i16);
        }
        self.bytes.extend(text.as_bytes());
    }

    pub(super) fn blob(&mut self, blob: &[u8]) {
        self.count(blob.len());
        // Growing would leave a copy behind that nobody wipes.
        self.bytes.reserve_exact(blob.len());
        self.bytes.extend(blob);
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.bytes.push(u8::from(value));
    }

    /// The end of a structure.
    pub(super) fn end(&mut self) {
        if self.is_compact {
            self.no_tags();
        }
    }

    pub(super) fn no_tags(&mut self) {
        self.bytes.push(0);
    }

    pub(super) fn is_compact(&self) -> bool {
        self.is_compact
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn varint(&mut self, mut value: usize) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

/// What is left of an answer. `None`: it ends too early, or is none.
pub(super) struct Reader<'a> {
    left: &'a [u8],
    is_compact: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn fixed(answer: &'a [u8]) -> Self {
        Self { left: answer, is_compact: false }
    }

    pub(super) fn compact(answer: &'a [u8]) -> Self {
        Self { left: answer, is_compact: true }
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.left.split_at_checked(count)?;
        self.left = left;
        Some(taken)
    }

    pub(super) fn left(&self) -> &'a [u8] {
        self.left
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn i16(&mut self) -> Option<i16> {
        self.take(2)?.try_into().ok().map(i16::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        self.take(4)?.try_into().ok().map(i32::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.take(8)?.try_into().ok().map(i64::from_be_bytes)
    }

    /// The length of an array; one that is null has none. Each element takes a byte at least, so nothing that is
    /// claimed here makes a loop longer than the answer.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = if self.is_compact {
            self.varint()?.saturating_sub(1)
        } else {
            usize::try_from(self.i32()?).unwrap_or(0)
        };
        (count <= self.left.len()).then_some(count)
    }

    /// A text; one that is null is empty.
    pub(super) fn text(&mut self) -> Option<String> {
        let size = if self.is_compact {
            self.varint()?.saturating_sub(1)
        } else {
            usize::try_from(self.i16()?).unwrap_or(0)
        };
        Some(String::from_utf8_lossy(self.take(size)?).into_owned())
    }

    pub(super) fn blob(&mut self) -> Option<&'a [u8]> {
        let size = self.count()?;
        self.take(size)
    }

    /// The end of a structure, whatever tagged fields it has.
    pub(super) fn end(&mut self) -> Option<()> {
        if self.is_compact { self.tags(|_, _| ()) } else { Some(()) }
    }

    /// Gives each tagged field to `each`.
    pub(super) fn tags(&mut self, mut each: impl FnMut(usize, &'a [u8])) -> Option<()> {
        for _ in 0..self.varint()? {
            let (tag, size) = (self.varint()?, self.varint()?);
            each(tag, self.take(size)?);
        }
        Some(())
    }

    fn varint(&mut self) -> Option<usize> {
        let mut value = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value as usize);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(mut writer: Writer) -> Vec<u8> {
        writer.text("ab");
        writer.count(300);
        writer.i32(-2);
        writer.blob(&[7]);
        writer.end();
        writer.bytes().to_vec()
    }

    #[test]
    fn both_forms_are_written_and_read() {
        let fixed = written(Writer::fixed());
        assert_eq!(fixed, [0, 2, b'a', b'b', 0, 0, 1, 44, 255, 255, 255, 254, 0, 0, 0, 1, 7]);
        let compact = written(Writer::compact());
        assert_eq!(compact, [3, b'a', b'b', 0xad, 2, 255, 255, 255, 254, 2, 7, 0]);
        let padding = [0; 400];
        for (bytes, is_compact) in [(fixed, false), (compact, true)] {
            let bytes = [&bytes[..], &padding].concat();
            let mut reader = Reader { left: &bytes, is_compact };
            assert_eq!(
                (reader.text().as_deref(), reader.count(), reader.i32()),
                (Some("ab"), Some(300), Some(-2))
            );
            assert_eq!((reader.blob(), reader.end()), (Some(&[7][..]), Some(())));
        }
    }

    #[test]
    fn null_is_empty_and_too_much_is_refused() {
        let null = [0xff; 6];
        let mut reader = Reader::fixed(&null);
        assert_eq!((reader.text().as_deref(), reader.count(), reader.u8()), (Some(""), Some(0), None));
        let mut reader = Reader::compact(&[0, 0, 9, 9]);
        assert_eq!((reader.text().as_deref(), reader.count(), reader.count()), (Some(""), Some(0), None));
        assert_eq!(Reader::fixed(&[0x7f, 255, 255, 255, 1]).count(), None, "more than there is");
        assert_eq!(Reader::compact(&[255, 255, 255, 255, 255, 1]).text(), None, "no varint");
    }
}
