//! Protobuf's wire format: numbers of one to ten bytes, tags, and values by how long they are.
//!
//! After the specification, <https://protobuf.dev/programming-guides/encoding/>. Lengths are checked against the bytes
//! that are left before anything is done with them.

use crate::codec::MAX_DEPTH;
use crate::codec::reason::{Parsed, Reason};

/// The largest number that a field can have.
const LARGEST_FIELD: u32 = (1 << 29) - 1;

/// How a value is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Varint,
    Fixed64,
    Bytes,
    GroupStart,
    GroupEnd,
    Fixed32,
}

impl Layout {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Varint => "a varint",
            Self::Fixed64 => "8 bytes",
            Self::Bytes => "bytes with a length",
            Self::GroupStart => "a group",
            Self::GroupEnd => "the end of a group",
            Self::Fixed32 => "4 bytes",
        }
    }
}

/// A field's number, and how its value is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) field: u32,
    pub(super) layout: Layout,
}

/// Where in a payload the reading is, and where what is being read ends.
pub(super) struct Wire<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Wire<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, end: bytes.len() }
    }

    /// Of `bytes` what begins at `start`.
    pub(super) fn after(bytes: &'a [u8], start: usize) -> Self {
        Self { bytes, at: start.min(bytes.len()), end: bytes.len() }
    }

    #[inline]
    pub(super) fn at(&self) -> usize {
        self.at
    }

    #[inline]
    pub(super) fn is_done(&self) -> bool {
        self.at >= self.end
    }

    /// What was read since `start`.
    #[inline]
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// The place of all that is left of the value that is being read, and passes over it.
    pub(super) fn rest(&mut self) -> (usize, usize) {
        let span = (self.at, self.end);
        self.at = self.end;
        span
    }

    /// Reads what lies at `span`, one that [`rest`](Self::rest) gave; gives what [`back`](Self::back) wants.
    pub(super) fn jump(&mut self, span: (usize, usize)) -> (usize, usize) {
        let place = (self.at, self.end);
        (self.at, self.end) = span;
        place
    }

    /// Goes on reading where a [`jump`](Self::jump) began.
    pub(super) fn back(&mut self, place: (usize, usize)) {
        (self.at, self.end) = place;
    }

    /// Bytes of the whole payload by place.
    pub(super) fn slice(&self, (start, end): (usize, usize)) -> &'a [u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Reads within the next value only; gives what [`leave`](Self::leave) wants.
    #[inline]
    pub(super) fn enter(&mut self) -> Parsed<usize> {
        let length = self.length()?;
        let outer = self.end;
        self.end = self.at + length;
        Ok(outer)
    }

    /// Goes back to reading up to where the surrounding message ends.
    #[inline]
    pub(super) fn leave(&mut self, outer: usize) {
        self.end = outer;
    }

    #[inline]
    pub(super) fn tag(&mut self) -> Parsed<Tag> {
        let start = self.at;
        let number = self.varint()?;
        let field = (number >> 3) as u32;
        if number > u64::from(u32::MAX) || field == 0 || field > LARGEST_FIELD {
            return Err(broken(start, "no field has this number"));
        }
        let layout = match number & 7 {
            0 => Layout::Varint,
            1 => Layout::Fixed64,
            2 => Layout::Bytes,
            3 => Layout::GroupStart,
            4 => Layout::GroupEnd,
            5 => Layout::Fixed32,
            _ => return Err(broken(start, "a wire type that does not exist")),
        };
        Ok(Tag { field, layout })
    }

    #[inline]
    pub(super) fn varint(&mut self) -> Parsed<u64> {
        match self.bytes.get(self.at) {
            Some(byte) if self.at < self.end && *byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(*byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Parsed<u64> {
        let start = self.at;
        let mut number = 0;
        for (index, byte) in self.bytes[start..self.end].iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                // The tenth byte holds one bit.
                if index == 9 && *byte > 1 {
                    break;
                }
                self.at = start + index + 1;
                return Ok(number);
            }
        }
        Err(if self.end - start < 10 {
            broken(start, "it ends within a number")
        } else {
            broken(start, "a number is longer than 64 bits")
        })
    }

    #[inline]
    pub(super) fn fixed32(&mut self) -> Parsed<[u8; 4]> {
        self.fixed()
    }

    #[inline]
    pub(super) fn fixed64(&mut self) -> Parsed<[u8; 8]> {
        self.fixed()
    }

    #[inline]
    fn fixed<const SIZE: usize>(&mut self) -> Parsed<[u8; SIZE]> {
        let left = &self.bytes[self.at..self.end];
        let Some(bytes) = left.first_chunk() else { return Err(broken(self.at, "it ends within a value")) };
        self.at += SIZE;
        Ok(*bytes)
    }

    /// Bytes with their length before them.
    #[inline]
    pub(super) fn bytes(&mut self) -> Parsed<&'a [u8]> {
        let length = self.length()?;
        let bytes = &self.bytes[self.at..self.at + length];
        self.at += length;
        Ok(bytes)
    }

    #[inline]
    fn length(&mut self) -> Parsed<usize> {
        let start = self.at;
        let length = self.varint()?;
        let left = self.end - self.at;
        match usize::try_from(length) {
            Ok(length) if length <= left => Ok(length),
            _ => Err(broken(start, format_args!("a value of {length} bytes where {left} are left"))),
        }
    }

    /// Passes over the value of `tag`; a group with all that is in it.
    #[inline]
    pub(super) fn skip(&mut self, tag: Tag) -> Parsed<()> {
        match tag.layout {
            Layout::Varint => self.varint().map(drop),
            Layout::Fixed64 => self.fixed64().map(drop),
            Layout::Fixed32 => self.fixed32().map(drop),
            Layout::Bytes => self.bytes().map(drop),
            Layout::GroupStart => self.skip_group(tag.field),
            Layout::GroupEnd => Err(self.stray_end()),
        }
    }

    fn skip_group(&mut self, field: u32) -> Parsed<()> {
        let mut open = vec![field];
        while let Some(field) = open.last() {
            let tag = self.tag()?;
            match tag.layout {
                Layout::GroupEnd if tag.field == *field => drop(open.pop()),
                Layout::GroupStart if open.len() == MAX_DEPTH => {
                    return Err(broken(self.at, format_args!("groups nested deeper than {MAX_DEPTH}")));
                }
                Layout::GroupStart => open.push(tag.field),
                _ => self.skip(tag)?,
            }
        }
        Ok(())
    }

    /// That a group ends here that did not begin.
    #[cold]
    pub(super) fn stray_end(&self) -> Reason {
        broken(self.at, "the end of a group that did not begin")
    }

    /// That the payload ends within a group.
    #[cold]
    pub(super) fn open_group(&self) -> Reason {
        broken(self.at, "it ends within a group")
    }
}

/// That the payload is not Protobuf at byte `at`.
#[cold]
fn broken(at: usize, what: impl std::fmt::Display) -> Reason {
    Reason::new(format!("not valid Protobuf at byte {at}: {what}"))
}

#[inline]
pub(super) fn zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_to_ten_bytes() {
        for (bytes, expected) in [
            (&[0x00][..], Some(0)),
            (&[0x96, 0x01], Some(150)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], Some(u64::MAX)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], None),
            (&[0x80; 11], None),
            (&[0x80], None),
            (&[], None),
        ] {
            assert_eq!(Wire::new(bytes).varint().ok(), expected, "{bytes:?}");
        }
        assert_eq!([0, 1, 2, u64::MAX].map(zigzag), [0, -1, 1, i64::MIN]);
    }

    #[test]
    fn a_length_is_never_believed() {
        let mut wire = Wire::new(&[0xff, 0xff, 0xff, 0xff, 0x7f, 1]);
        let told = wire.bytes().unwrap_err().to_string();
        assert_eq!(told, "not valid Protobuf at byte 0: a value of 34359738367 bytes where 1 are left");
        let mut wire = Wire::new(&[2, 5, 1, 2, 3, 4, 5]);
        let outer = wire.enter().unwrap();
        assert!(wire.bytes().is_err(), "a value does not reach beyond the message that it is in");
        wire.leave(outer);
    }

    #[test]
    fn groups_are_passed_over_whole() {
        // Field 1: a group with a varint and a group of field 2.
        let bytes = [0x0b, 0x08, 0x07, 0x13, 0x14, 0x0c, 0x10];
        let mut wire = Wire::new(&bytes);
        let tag = wire.tag().unwrap();
        wire.skip(tag).unwrap();
        assert_eq!(wire.at(), 6);
        for bytes in [&[0x0b, 0x14][..], &[0x0b], &[0x0c], &[0x0b; 1000]] {
            let mut wire = Wire::new(bytes);
            let tag = wire.tag().unwrap();
            assert!(wire.skip(tag).is_err(), "{bytes:?}");
        }
        for bytes in [&[0x00][..], &[0x0e], &[0xff, 0xff, 0xff, 0xff, 0xff, 0x01]] {
            assert!(Wire::new(bytes).tag().is_err(), "{bytes:?}");
        }
    }
}
