//! `MessagePack`, after <https://github.com/msgpack/msgpack/blob/master/spec.md>.

use super::reason::{Parsed, Reason};
use super::single::is_utf8;
use super::tokens::{Notation, Source, Token, TokenDecoder, infer};
use super::{Codec, Decode, Inference, Shape};
use crate::cancel::Cancel;
use crate::error::Result;

#[cfg(test)]
#[path = "messagepack_tests.rs"]
mod tests;

/// `MessagePack`: maps as rows, any other value in the column [`WRAPPED`](super::WRAPPED).
///
/// Keys that are not text go by their JSON text, of keys that come twice the last holds. Extensions are their bytes, but
/// for timestamps. Text that is not UTF-8 is bad.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagePack;

impl Codec for MessagePack {
    fn name(&self) -> &'static str {
        "MessagePack"
    }

    fn decoder(&self, shape: &Shape, _cancel: &Cancel) -> Result<Box<dyn Decode>> {
        Ok(Box::new(TokenDecoder::<Self>::new(shape)?))
    }

    fn infer(&self, payloads: &[&[u8]], cancel: &Cancel) -> Result<Inference> {
        infer::<Self>(payloads, cancel)
    }
}

impl Notation for MessagePack {
    type Source<'a> = Reader<'a>;

    fn source(payload: &[u8]) -> Reader<'_> {
        Reader { bytes: payload, at: 0 }
    }
}

/// The extension that is a point in time.
const TIMESTAMP: i8 = -1;

pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    #[inline]
    fn array<const SIZE: usize>(&mut self) -> Parsed<[u8; SIZE]> {
        match self.bytes[self.at..].first_chunk() {
            Some(bytes) => {
                self.at += SIZE;
                Ok(*bytes)
            }
            None => Err(self.broken("it ends within a value")),
        }
    }

    #[inline]
    fn byte(&mut self) -> Parsed<u8> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn u16(&mut self) -> Parsed<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Parsed<u32> {
        self.array().map(u32::from_be_bytes)
    }

    #[inline]
    fn take(&mut self, length: usize) -> Parsed<&'a [u8]> {
        let left = &self.bytes[self.at..];
        let Some(bytes) = left.get(..length) else {
            return Err(self.broken(format_args!("a value of {length} bytes where {} are left", left.len())));
        };
        self.at += length;
        Ok(bytes)
    }

    #[inline]
    fn text(&mut self, length: usize) -> Parsed<Token<'a>> {
        let at = self.at;
        let bytes = self.take(length)?;
        if !is_utf8(bytes) {
            self.at = at;
            return Err(self.broken("text that is not valid UTF-8"));
        }
        Ok(Token::Text(bytes))
    }

    fn extension(&mut self, length: usize) -> Parsed<Token<'a>> {
        let kind = self.byte()? as i8;
        let at = self.at;
        let data = self.take(length)?;
        if kind != TIMESTAMP {
            return Ok(Token::Bytes(data));
        }
        let (seconds, nanos) = if let Ok(seconds) = data.try_into() {
            (i64::from(u32::from_be_bytes(seconds)), 0)
        } else if let Ok(both) = data.try_into().map(u64::from_be_bytes) {
            ((both & 0x3_ffff_ffff) as i64, (both >> 34) as u32)
        } else if let Some((nanos, seconds)) = data.split_first_chunk()
            && let Ok(seconds) = seconds.try_into()
        {
            (i64::from_be_bytes(seconds), u32::from_be_bytes(*nanos))
        } else {
            self.at = at;
            return Err(self.broken(format_args!("a timestamp of {length} bytes")));
        };
        if nanos >= 1_000_000_000 {
            self.at = at;
            return Err(self.broken(format_args!("a timestamp with {nanos} nanoseconds")));
        }
        Ok(Token::Instant(seconds, nanos))
    }

    /// That the payload is wrong where it is read.
    #[cold]
    fn broken(&self, what: impl std::fmt::Display) -> Reason {
        Reason::new(format!("not valid MessagePack at byte {}: {what}", self.at))
    }
}

impl Source for Reader<'_> {
    #[inline]
    fn next(&mut self) -> Parsed<Token<'_>> {
        let first = self.byte()?;
        Ok(match first {
            0x00..=0x7f => Token::Int(i64::from(first)),
            0x80..=0x8f => Token::Map(Some(u64::from(first & 0x0f))),
            0x90..=0x9f => Token::List(Some(u64::from(first & 0x0f))),
            0xa0..=0xbf => self.text(usize::from(first & 0x1f))?,
            0xc0 => Token::Null,
            0xc1 => {
                self.at -= 1;
                return Err(self.broken("a byte that is never used"));
            }
            0xc2 | 0xc3 => Token::Bool(first == 0xc3),
            0xc4 => {
                let length = usize::from(self.byte()?);
                Token::Bytes(self.take(length)?)
            }
            0xc5 => {
                let length = usize::from(self.u16()?);
                Token::Bytes(self.take(length)?)
            }
            0xc6 => {
                let length = self.u32()? as usize;
                Token::Bytes(self.take(length)?)
            }
            0xc7 => {
                let length = usize::from(self.byte()?);
                self.extension(length)?
            }
            0xc8 => {
                let length = usize::from(self.u16()?);
                self.extension(length)?
            }
            0xc9 => {
                let length = self.u32()? as usize;
                self.extension(length)?
            }
            0xca => Token::Single(self.array().map(f32::from_be_bytes)?),
            0xcb => Token::Double(self.array().map(f64::from_be_bytes)?),
            0xcc => Token::Int(i64::from(self.byte()?)),
            0xcd => Token::Int(i64::from(self.u16()?)),
            0xce => Token::Int(i64::from(self.u32()?)),
            0xcf => {
                let value = self.array().map(u64::from_be_bytes)?;
                i64::try_from(value).map_or_else(|_large| Token::Wide(i128::from(value)), Token::Int)
            }
            0xd0 => Token::Int(i64::from(self.byte()? as i8)),
            0xd1 => Token::Int(i64::from(self.array().map(i16::from_be_bytes)?)),
            0xd2 => Token::Int(i64::from(self.array().map(i32::from_be_bytes)?)),
            0xd3 => Token::Int(self.array().map(i64::from_be_bytes)?),
            0xd4..=0xd8 => self.extension(1 << (first - 0xd4))?,
            0xd9 => {
                let length = usize::from(self.byte()?);
                self.text(length)?
            }
            0xda => {
                let length = usize::from(self.u16()?);
                self.text(length)?
            }
            0xdb => {
                let length = self.u32()? as usize;
                self.text(length)?
            }
            0xdc => Token::List(Some(u64::from(self.u16()?))),
            0xdd => Token::List(Some(u64::from(self.u32()?))),
            0xde => Token::Map(Some(u64::from(self.u16()?))),
            0xdf => Token::Map(Some(u64::from(self.u32()?))),
            0xe0..=0xff => Token::Int(i64::from(first as i8)),
        })
    }

    fn is_break(&mut self) -> Parsed<bool> {
        // Every list and map has its length.
        Err(self.broken("it ends within a value"))
    }

    #[inline]
    fn at(&self) -> usize {
        self.at
    }

    fn seek(&mut self, at: usize) {
        self.at = at.min(self.bytes.len());
    }

    #[inline]
    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }
}
