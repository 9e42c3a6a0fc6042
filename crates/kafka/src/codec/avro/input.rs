//! Avro's bytes, one value at a time; whatever they say, nothing beyond them is read or taken room for.

use crate::codec::MAX_DEPTH;
use crate::codec::reason::{Parsed, Reason};

/// Items without a byte of their own, such as nulls, that one message may have: ten bytes can claim 2^63 of them, and
/// each takes room in its column, of all messages of a chunk at a time.
const MOST_EMPTY_ITEMS: u32 = 1 << 10;

/// A message, and how far it is read.
#[derive(Clone)]
pub(crate) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
    empty_items_left: u32,
}

impl<'a> Input<'a> {
    /// The message in `bytes`, which begins at byte `at`.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, empty_items_left: MOST_EMPTY_ITEMS }
    }

    /// The message in `bytes`, to be shown: each item without a byte takes text, whose length is bounded.
    pub(crate) fn to_show(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, empty_items_left: u32::MAX }
    }

    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// That the message is wrong at this byte.
    #[cold]
    pub(crate) fn bad(&self, what: impl std::fmt::Display) -> Reason {
        Reason::new(format!("not valid Avro at byte {}: {what}", self.at))
    }

    #[cold]
    fn ends_early(&self) -> Reason {
        self.bad("it ends too early")
    }

    /// That nothing follows.
    #[inline]
    pub(crate) fn end(&self) -> Parsed<()> {
        if self.left() == 0 { Ok(()) } else { Err(self.follows()) }
    }

    #[cold]
    fn follows(&self) -> Reason {
        let left = self.left();
        let plural = if left == 1 { " follows" } else { "s follow" };
        self.bad(format_args!("{left} byte{plural} that the schema does not know"))
    }

    #[inline]
    pub(crate) fn take(&mut self, count: usize) -> Parsed<&'a [u8]> {
        let Some(taken) = self.bytes[self.at..].get(..count) else { return Err(self.ends_early()) };
        self.at += count;
        Ok(taken)
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Parsed<[u8; N]> {
        let Some(taken) = self.bytes[self.at..].first_chunk::<N>() else { return Err(self.ends_early()) };
        self.at += N;
        Ok(*taken)
    }

    #[inline]
    pub(crate) fn boolean(&mut self) -> Parsed<bool> {
        match self.bytes.get(self.at) {
            Some(byte @ (0 | 1)) => {
                self.at += 1;
                Ok(*byte == 1)
            }
            Some(byte) => Err(self.bad(format_args!("a boolean is {byte} and neither 0 nor 1"))),
            None => Err(self.ends_early()),
        }
    }

    /// A zigzag number of at most ten bytes.
    #[inline]
    pub(crate) fn long(&mut self) -> Parsed<i64> {
        match self.bytes.get(self.at) {
            Some(byte) if *byte < 0x80 => {
                self.at += 1;
                Ok(zigzag(u64::from(*byte)))
            }
            _ => self.long_slow(),
        }
    }

    fn long_slow(&mut self) -> Parsed<i64> {
        let mut number = 0_u64;
        for (index, byte) in self.bytes[self.at..].iter().take(10).enumerate() {
            if index == 9 && *byte > 1 {
                break;
            }
            number |= u64::from(byte & 0x7f) << (7 * index);
            if *byte < 0x80 {
                self.at += index + 1;
                return Ok(zigzag(number));
            }
        }
        if self.left() < 10 {
            Err(self.ends_early())
        } else {
            Err(self.bad("a number has more than 64 bits"))
        }
    }

    #[inline]
    pub(crate) fn int(&mut self) -> Parsed<i32> {
        let before = self.at;
        let number = self.long()?;
        i32::try_from(number).map_err(|_large| {
            let at = Self { at: before, ..self.clone() };
            at.bad(format_args!("{number} is no int"))
        })
    }

    #[inline]
    pub(crate) fn float(&mut self) -> Parsed<f32> {
        self.array().map(f32::from_le_bytes)
    }

    #[inline]
    pub(crate) fn double(&mut self) -> Parsed<f64> {
        self.array().map(f64::from_le_bytes)
    }

    /// Bytes with their length in front.
    #[inline]
    pub(crate) fn bytes(&mut self) -> Parsed<&'a [u8]> {
        let length = self.long()?;
        match usize::try_from(length) {
            Ok(length) => self.take(length),
            Err(_negative) => Err(self.bad("a length is negative")),
        }
    }

    /// A string, checked to be UTF-8.
    #[inline]
    pub(crate) fn text(&mut self) -> Parsed<&'a str> {
        let before = self.at;
        let bytes = self.bytes()?;
        simdutf8::basic::from_utf8(bytes).map_err(|_invalid| {
            let at = Self { at: before, ..self.clone() };
            at.bad("a string is not UTF-8")
        })
    }

    /// The number of a branch or a symbol, of `count`.
    #[inline]
    pub(crate) fn choice(&mut self, count: usize, of: &str) -> Parsed<usize> {
        let before = self.at;
        let number = self.long()?;
        match usize::try_from(number) {
            Ok(index) if index < count => Ok(index),
            _ => {
                let at = Self { at: before, ..self.clone() };
                Err(at.bad(format_args!("{of} number {number} of {count}")))
            }
        }
    }

    /// The items of an array or map, block by block; each has at least `least` bytes.
    #[inline]
    pub(crate) fn items<E: From<Reason>>(
        &mut self,
        least: usize,
        mut each: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(block) = self.block(least)? {
            for _ in 0..block.count {
                if least == 0 {
                    self.empty_item()?;
                }
                each(self)?;
            }
            self.block_end(&block)?;
        }
        Ok(())
    }

    /// Passes over items of `size` bytes each.
    pub(crate) fn skip_items(&mut self, size: usize) -> Parsed<()> {
        while let Some(block) = self.block(size)? {
            if size == 0 {
                for _ in 0..block.count {
                    self.empty_item()?;
                }
            } else {
                // No more than the bytes left: `block` has seen to that.
                self.take(block.count as usize * size)?;
            }
            self.block_end(&block)?;
        }
        Ok(())
    }

    /// The head of the next block; none after the last.
    fn block(&mut self, least: usize) -> Parsed<Option<Block>> {
        let count = self.long()?;
        if count == 0 {
            return Ok(None);
        }
        let end = if count < 0 {
            // The size of the block in bytes, for those who skip it.
            let size = self.long()?;
            match usize::try_from(size) {
                Ok(size) if size <= self.left() => Some(self.at + size),
                _ => return Err(self.bad(format_args!("a block of {size} bytes"))),
            }
        } else {
            None
        };
        let count = count.unsigned_abs();
        if least > 0 && count > (self.left() / least) as u64 {
            let left = self.left();
            let what = format_args!("it ends too early (items claimed: {count}, bytes left: {left})");
            return Err(self.bad(what));
        }
        Ok(Some(Block { count, end }))
    }

    fn block_end(&self, block: &Block) -> Parsed<()> {
        match block.end {
            Some(end) if end != self.at => Err(self.bad("a block does not have the size that it says")),
            _ => Ok(()),
        }
    }

    #[inline]
    fn empty_item(&mut self) -> Parsed<()> {
        match self.empty_items_left.checked_sub(1) {
            Some(left) => {
                self.empty_items_left = left;
                Ok(())
            }
            None => Err(self.bad(format_args!("more than {MOST_EMPTY_ITEMS} items without a byte"))),
        }
    }
}

struct Block {
    count: u64,
    /// Where it ends, if it says so.
    end: Option<usize>,
}

/// The depth that is left within a record, an array or a map.
#[inline]
pub(crate) fn deeper(depth: usize, input: &Input<'_>) -> Parsed<usize> {
    match depth.checked_sub(1) {
        Some(depth) => Ok(depth),
        None => Err(too_deep(input)),
    }
}

#[cold]
fn too_deep(input: &Input<'_>) -> Reason {
    input.bad(format_args!("it is nested deeper than {MAX_DEPTH}"))
}

#[inline]
fn zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length() {
        let long = |bytes: &[u8]| {
            let mut input = Input::new(bytes, 0);
            input.long().map(|number| (number, input.left())).map_err(|bad| bad.to_string())
        };
        assert_eq!(long(&[3, 9]), Ok((-2, 1)));
        assert_eq!(long(&[0x80, 1]), Ok((64, 0)));
        let mut least = [0xff; 10];
        least[9] = 1;
        assert_eq!(long(&least), Ok((i64::MIN, 0)));
        least[9] = 2;
        assert!(long(&least).is_err_and(|bad| bad.ends_with("byte 0: a number has more than 64 bits")));
        assert!(long(&[0xff; 12]).is_err_and(|bad| bad.ends_with("more than 64 bits")));
        assert!(long(&[0x80]).is_err_and(|bad| bad.ends_with("ends too early")));
    }

    #[test]
    fn blocks_say_their_size_or_not_and_never_more_than_there_is() {
        let items = |bytes: &[u8], least| {
            let mut input = Input::new(bytes, 0);
            let mut found = Vec::new();
            input
                .items(least, |input| {
                    found.push(if least == 0 { 0 } else { input.long()? });
                    Ok::<(), Reason>(())
                })
                .map(|()| (found, input.left()))
                .map_err(|bad| bad.to_string())
        };
        assert_eq!(items(&[4, 2, 4, 2, 6, 0, 1], 1), Ok((vec![1, 2, 3], 1)));
        assert_eq!(items(&[3, 4, 2, 4, 0], 1), Ok((vec![1, 2], 0)));
        assert_eq!(
            items(&[3, 2, 2, 4, 0], 1).unwrap_err(),
            "not valid Avro at byte 4: a block does not have the size that it says"
        );
        assert_eq!(
            items(&[200, 1, 0], 1).unwrap_err(),
            "not valid Avro at byte 2: it ends too early (items claimed: 100, bytes left: 1)"
        );
        assert_eq!(items(&[6, 0], 0), Ok((vec![0; 3], 0)));
        let many = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert!(items(&many, 0).unwrap_err().ends_with("more than 1024 items without a byte"));
        // The most negative count has no positive one.
        let least = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0, 0];
        assert!(items(&least, 1).is_err());
    }
}
