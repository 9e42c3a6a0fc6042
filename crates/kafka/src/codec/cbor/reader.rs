//! CBOR's bytes as tokens.

use std::fmt::Write as _;

use super::super::instant::{parse_date, parse_instant};
use super::super::reason::{Parsed, Reason};
use super::super::single::is_utf8;
use super::super::tokens::{Source, Token};

/// Integers of more bytes are no numbers that somebody reads; their digits cost the square of their length.
const MOST_DIGITS: usize = 512;

const BREAK: u8 = 0xff;

/// The first bytes of an item.
#[derive(Clone, Copy)]
struct Head {
    major: u8,
    /// The low five bits: how the argument is written, or which simple value it is.
    info: u8,
    argument: u64,
}

impl Head {
    /// There is no length: a break ends it.
    const INDEFINITE: u8 = 31;

    fn is_indefinite(self) -> bool {
        self.info == Self::INDEFINITE
    }
}

pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Text and bytes that come in pieces.
    pieces: Vec<u8>,
    digits: String,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, pieces: Vec::new(), digits: String::new() }
    }

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
    fn head(&mut self) -> Parsed<Head> {
        let [first] = self.array()?;
        let (major, info) = (first >> 5, first & 0x1f);
        let argument = match info {
            0..=23 => u64::from(info),
            24 => self.array().map(u8::from_be_bytes)?.into(),
            25 => self.array().map(u16::from_be_bytes)?.into(),
            26 => self.array().map(u32::from_be_bytes)?.into(),
            27 => self.array().map(u64::from_be_bytes)?,
            Head::INDEFINITE if matches!(major, 2..=5) => 0,
            _ => {
                self.at -= 1;
                return Err(self.broken("a byte that begins nothing"));
            }
        };
        Ok(Head { major, info, argument })
    }

    #[inline]
    fn take(&mut self, length: u64) -> Parsed<&'a [u8]> {
        let left = &self.bytes[self.at..];
        let taken = usize::try_from(length).ok().and_then(|length| left.get(..length));
        let Some(bytes) = taken else {
            return Err(self.broken(format_args!("a value of {length} bytes where {} are left", left.len())));
        };
        self.at += bytes.len();
        Ok(bytes)
    }

    /// Text or bytes after their head.
    #[inline]
    fn string(&mut self, head: Head) -> Parsed<&[u8]> {
        if !head.is_indefinite() {
            let bytes = self.take(head.argument)?;
            return self.checked(head.major, bytes).map(|()| bytes);
        }
        self.pieces.clear();
        while !self.is_break()? {
            let piece = self.head()?;
            if piece.major != head.major || piece.is_indefinite() {
                return Err(self.broken("a piece of text or bytes of another kind"));
            }
            let bytes = self.take(piece.argument)?;
            self.checked(piece.major, bytes)?;
            self.pieces.extend_from_slice(bytes);
        }
        Ok(&self.pieces)
    }

    #[inline]
    fn checked(&self, major: u8, bytes: &[u8]) -> Parsed<()> {
        if major == 3 && !is_utf8(bytes) {
            return Err(self.broken("text that is not valid UTF-8"));
        }
        Ok(())
    }

    /// An item without a tag, after its head.
    #[inline]
    fn item(&mut self, head: Head) -> Parsed<Token<'_>> {
        let length = (!head.is_indefinite()).then_some(head.argument);
        Ok(match head.major {
            0 => integer(i128::from(head.argument)),
            1 => integer(-1 - i128::from(head.argument)),
            2 => Token::Bytes(self.string(head)?),
            3 => Token::Text(self.string(head)?),
            4 => Token::List(length),
            5 => Token::Map(length),
            _ => return self.simple(head),
        })
    }

    /// Floats, truth values, null and what has no meaning here.
    fn simple(&self, head: Head) -> Parsed<Token<'static>> {
        Ok(match (head.info, head.argument) {
            (20 | 21, value) => Token::Bool(value == 21),
            (22 | 23, _) => Token::Null,
            (25, bits) => Token::Single(half(bits as u16)),
            (26, bits) => Token::Single(f32::from_bits(bits as u32)),
            (27, bits) => Token::Double(f64::from_bits(bits)),
            (24, 0..=31) => return Err(self.broken("a simple value written with one byte too many")),
            (_, value) => Token::Int(value as i64),
        })
    }

    /// The next item without its tags.
    fn bare(&mut self) -> Parsed<Token<'_>> {
        let mut head = self.head()?;
        while head.major == 6 {
            head = self.head()?;
        }
        self.item(head)
    }

    /// The item that `tag` gives a meaning.
    fn meant(&mut self, tag: u64) -> Parsed<Token<'_>> {
        match tag {
            2 | 3 => self.large(tag == 3),
            4 | 5 => self.scaled(tag == 4),
            _ => Ok(match (tag, self.bare()?) {
                (0, Token::Text(text)) => {
                    let at = parse_instant(text);
                    at.map_or(Token::Text(text), |(seconds, nanos)| Token::Instant(seconds, nanos))
                }
                (1, Token::Int(seconds)) => Token::Instant(seconds, 0),
                (1, Token::Single(seconds)) => instant(f64::from(seconds)),
                (1, Token::Double(seconds)) => instant(seconds),
                (100, Token::Int(days)) => i32::try_from(days).map_or(Token::Int(days), Token::Days),
                (1004, Token::Text(text)) => parse_date(text).map_or(Token::Text(text), Token::Days),
                (_, other) => other,
            }),
        }
    }

    /// An integer by its bytes; `negative`: it is one less than their negative.
    fn large(&mut self, negative: bool) -> Parsed<Token<'_>> {
        let at = self.at;
        let head = self.head()?;
        if head.major != 2 {
            self.at = at;
            return Err(self.broken("a large integer that is not written in bytes"));
        }
        let bytes = self.string(head)?;
        let start = bytes.iter().take_while(|byte| **byte == 0).count();
        let bytes = &bytes[start..];
        if bytes.len() > MOST_DIGITS {
            let length = bytes.len();
            return Err(self.broken(format_args!("an integer of {length} bytes")));
        }
        if bytes.len() < 16 {
            let value = bytes.iter().fold(0, |value: i128, byte| value << 8 | i128::from(*byte));
            return Ok(integer(if negative { -1 - value } else { value }));
        }
        let digits = digits(bytes, negative);
        self.digits = digits;
        Ok(Token::Digits(&self.digits))
    }

    /// A mantissa and an exponent, of ten or of two.
    fn scaled(&mut self, decimal: bool) -> Parsed<Token<'_>> {
        let at = self.at;
        let head = self.head()?;
        let is_pair = head.major == 4 && (head.is_indefinite() || head.argument == 2);
        if !is_pair {
            self.at = at;
            return Err(self.broken("a number that is not an exponent and a mantissa"));
        }
        let exponent = self.whole()?;
        let mantissa = self.whole()?;
        if head.is_indefinite() && !self.is_break()? {
            return Err(self.broken("a number that is not an exponent and a mantissa"));
        }
        if decimal {
            return Ok(match i8::try_from(-exponent) {
                Ok(scale) => Token::Decimal(mantissa, scale),
                Err(_far) => {
                    self.digits = format!("{mantissa}e{exponent}");
                    Token::Digits(&self.digits)
                }
            });
        }
        let exponent = exponent.clamp(-5000, 5000) as i32;
        // In two steps, or the power alone would be zero or infinite where the number is neither.
        let half = exponent / 2;
        Ok(Token::Double(mantissa as f64 * 2_f64.powi(half) * 2_f64.powi(exponent - half)))
    }

    /// An integer of up to 127 bits.
    fn whole(&mut self) -> Parsed<i128> {
        let head = self.head()?;
        let token = match (head.major, head.argument) {
            (0 | 1, _) => self.item(head)?,
            (6, tag @ (2 | 3)) => self.large(tag == 3)?,
            _ => return Err(self.broken("a number that is not an exponent and a mantissa")),
        };
        match token {
            Token::Int(value) => Ok(i128::from(value)),
            Token::Wide(value) => Ok(value),
            _ => Err(self.broken("a mantissa of more than 127 bits")),
        }
    }

    /// That the payload is wrong where it is read.
    #[cold]
    fn broken(&self, what: impl std::fmt::Display) -> Reason {
        Reason::new(format!("not valid CBOR at byte {}: {what}", self.at))
    }
}

impl Source for Reader<'_> {
    #[inline]
    fn next(&mut self) -> Parsed<Token<'_>> {
        loop {
            let head = self.head()?;
            match (head.major, head.argument) {
                (6, tag @ (0..=5 | 100 | 1004)) => return self.meant(tag),
                (6, _) => {}
                _ => return self.item(head),
            }
        }
    }

    fn is_break(&mut self) -> Parsed<bool> {
        match self.bytes.get(self.at) {
            Some(&BREAK) => {
                self.at += 1;
                Ok(true)
            }
            Some(_) => Ok(false),
            None => Err(self.broken("it ends within a value")),
        }
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

#[inline]
fn integer(value: i128) -> Token<'static> {
    i64::try_from(value).map_or(Token::Wide(value), Token::Int)
}

/// A point in time of a float, to the microsecond: a float has no more of our days.
fn instant(seconds: f64) -> Token<'static> {
    let micros = (seconds * 1e6).round();
    if !micros.is_finite() || micros.abs() >= i64::MAX as f64 {
        return Token::Double(seconds);
    }
    let micros = micros as i64;
    Token::Instant(micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000) as u32 * 1000)
}

/// A float of 16 bits, after appendix D of the RFC.
fn half(bits: u16) -> f32 {
    let (exponent, mantissa) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    let value = match exponent {
        0 => mantissa * 2_f32.powi(-24),
        31 if mantissa == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (mantissa + 1024.0) * 2_f32.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { value } else { -value }
}

/// The decimal digits of an integer; `negative`: of one less than its negative.
fn digits(bytes: &[u8], negative: bool) -> String {
    /// As many digits as are taken at a time.
    const STEP: u64 = 1_000_000_000;
    let mut number = bytes.to_vec();
    if negative {
        // One more, before its sign turns.
        for byte in number.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
        if number.iter().all(|byte| *byte == 0) {
            number.insert(0, 1);
        }
    }
    let mut groups = Vec::new();
    while number.iter().any(|byte| *byte != 0) {
        let mut rest = 0;
        for byte in &mut number {
            let value = rest << 8 | u64::from(*byte);
            *byte = (value / STEP) as u8;
            rest = value % STEP;
        }
        groups.push(rest);
    }
    let mut text = if negative { "-".to_owned() } else { String::new() };
    for (index, group) in groups.iter().rev().enumerate() {
        let width = if index == 0 { 0 } else { 9 };
        // Writing into a string cannot fail.
        let _infallible = write!(text, "{group:0width$}");
    }
    text
}
