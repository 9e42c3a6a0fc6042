//! A strict walk over the bytes of one JSON payload.
//!
//! The grammar is RFC 8259's, no more: no comments, no trailing commas, no `NaN`, no control
//! characters in strings, no lone surrogates. Skipping a value checks its grammar too, so whether a
//! message is well formed never depends on which columns are wanted.

use super::MAX_DEPTH;
use super::number::Number;
use super::reason::{Parsed, Reason};

/// A position in a payload whose bytes are known to be UTF-8.
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    scratch: &'a mut Vec<u8>,
}

impl<'a> Cursor<'a> {
    /// Starts at the first byte; `scratch` receives strings that had escapes.
    pub(crate) fn new(text: &'a [u8], scratch: &'a mut Vec<u8>) -> Self {
        Self { text, at: 0, depth: 0, scratch }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The bytes from `start` up to here.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Moves over `bytes` that the caller has seen.
    #[inline]
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// The next byte that is not white space, not yet taken.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    /// Takes `wanted`, after white space.
    #[inline]
    pub(crate) fn expect(&mut self, wanted: u8) -> Parsed<()> {
        if self.peek() == Some(wanted) {
            self.at += 1;
            return Ok(());
        }
        Err(self.unexpected(&format!("`{}`", wanted as char)))
    }

    /// Takes a comma (`true`) or the closing `end` (`false`).
    #[inline]
    pub(crate) fn more(&mut self, end: u8) -> Parsed<bool> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.unexpected(&format!("`,` or `{}`", end as char))),
        }
    }

    /// Takes `{` or `[` and says whether anything is inside; an empty one is taken whole.
    #[inline]
    pub(crate) fn open(&mut self, end: u8) -> Parsed<bool> {
        if self.depth == MAX_DEPTH {
            return Err(Reason::new(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.at += 1;
        if self.peek() == Some(end) {
            self.at += 1;
            return Ok(false);
        }
        self.depth += 1;
        Ok(true)
    }

    /// Leaves the object or list that [`open`](Self::open) entered.
    #[inline]
    pub(crate) fn close(&mut self) {
        self.depth -= 1;
    }

    /// Nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Parsed<()> {
        match self.peek() {
            None => Ok(()),
            Some(b'{') => Err(Reason::new("more than one JSON value in one message")),
            Some(_) => Err(self.unexpected("the end of the message")),
        }
    }

    /// Takes `null`, `true` or `false` as `literal` spells it.
    #[inline]
    pub(crate) fn literal(&mut self, literal: &'static str) -> Parsed<()> {
        if self.rest().starts_with(literal.as_bytes()) {
            self.at += literal.len();
            return Ok(());
        }
        Err(self.unexpected(&format!("`{literal}`")))
    }

    /// Takes a number.
    #[inline]
    pub(crate) fn number(&mut self) -> Parsed<Number<'a>> {
        match Number::scan(self.rest()) {
            Some(number) => {
                self.at += number.text.len();
                Ok(number)
            }
            None => Err(self.unexpected("a value")),
        }
    }

    /// Takes a string, unescaped; it lives in the payload when it has no escapes.
    #[inline]
    pub(crate) fn string(&mut self) -> Parsed<&[u8]> {
        self.at += 1;
        let start = self.at;
        if self.plain() == Some(b'"') {
            self.at += 1;
            return Ok(&self.text[start..self.at - 1]);
        }
        self.scratch.clear();
        self.escaped(start, true)?;
        Ok(self.scratch)
    }

    /// Takes any value and keeps nothing of it.
    pub(crate) fn skip(&mut self) -> Parsed<()> {
        match self.peek() {
            Some(b'"') => self.skip_string(),
            Some(b'{') => {
                if self.open(b'}')? {
                    loop {
                        if self.peek() != Some(b'"') {
                            return Err(self.unexpected("a key"));
                        }
                        self.skip_string()?;
                        self.expect(b':')?;
                        self.skip()?;
                        if !self.more(b'}')? {
                            break;
                        }
                    }
                    self.close();
                }
                Ok(())
            }
            Some(b'[') => {
                if self.open(b']')? {
                    loop {
                        self.skip()?;
                        if !self.more(b']')? {
                            break;
                        }
                    }
                    self.close();
                }
                Ok(())
            }
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            _ => self.number().map(|_| ()),
        }
    }

    /// What stands here instead of `expected`.
    #[cold]
    pub(crate) fn unexpected(&mut self, expected: &str) -> Reason {
        match std::str::from_utf8(self.rest()).ok().and_then(|rest| rest.chars().next()) {
            Some(found) => Reason::syntax(self.at, format_args!("expected {expected}, found `{found}`")),
            None => Reason::syntax(self.at, format_args!("expected {expected}, found the end")),
        }
    }

    #[inline]
    fn skip_string(&mut self) -> Parsed<()> {
        self.at += 1;
        let start = self.at;
        if self.plain() == Some(b'"') {
            self.at += 1;
            return Ok(());
        }
        self.escaped(start, false)
    }

    /// Moves to the next quote, backslash or control character, eight bytes at a time.
    #[inline]
    fn plain(&mut self) -> Option<u8> {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = 0x8080_8080_8080_8080;
        while let Some(chunk) = self.text.get(self.at..self.at + 8) {
            let word = u64::from_le_bytes(chunk.try_into().unwrap_or_default());
            let quote = word ^ (ONES * b'"' as u64);
            let backslash = word ^ (ONES * b'\\' as u64);
            // The lowest set high bit marks the first match exactly; bits above it may be carries.
            let found = (quote.wrapping_sub(ONES) & !quote)
                | (backslash.wrapping_sub(ONES) & !backslash)
                | (word.wrapping_sub(ONES * 0x20) & !word);
            let found = found & HIGH;
            if found != 0 {
                self.at += (found.trailing_zeros() / 8) as usize;
                return self.text.get(self.at).copied();
            }
            self.at += 8;
        }
        while let Some(&byte) = self.text.get(self.at) {
            if byte == b'"' || byte == b'\\' || byte < 0x20 {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Finishes a string that began at `start` and has an escape here; keeps it in `scratch` if asked.
    #[cold]
    fn escaped(&mut self, start: usize, keep: bool) -> Parsed<()> {
        let mut start = start;
        loop {
            if keep {
                self.scratch.extend_from_slice(self.since_inner(start));
            }
            match self.text.get(self.at).copied() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    let letter = self.escape()?;
                    if keep {
                        let mut utf8 = [0; 4];
                        self.scratch.extend_from_slice(letter.encode_utf8(&mut utf8).as_bytes());
                    }
                }
                Some(_) => return Err(Reason::syntax(self.at, "a control character inside a string")),
                None => return Err(Reason::syntax(self.at, "the string does not end")),
            }
            start = self.at;
            self.plain();
        }
    }

    fn since_inner(&self, start: usize) -> &'a [u8] {
        &self.text[start..self.at]
    }

    /// Takes one escape sequence.
    fn escape(&mut self) -> Parsed<char> {
        let at = self.at;
        let wrong = || Reason::syntax(at, "a wrong escape in a string");
        let kind = self.text.get(at + 1).copied().ok_or_else(wrong)?;
        self.at += 2;
        Ok(match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex4().ok_or_else(wrong)?;
                let code = if (0xD800..0xDC00).contains(&first) && self.rest().starts_with(b"\\u") {
                    self.at += 2;
                    let second =
                        self.hex4().filter(|low| (0xDC00..0xE000).contains(low)).ok_or_else(wrong)?;
                    0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                } else {
                    first
                };
                char::from_u32(code).ok_or_else(wrong)?
            }
            _ => return Err(wrong()),
        })
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |code, &digit| Some(code * 16 + (digit as char).to_digit(16)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Parsed<String> {
        let mut scratch = Vec::new();
        let mut cursor = Cursor::new(text.as_bytes(), &mut scratch);
        let found =
            String::from_utf8(cursor.string()?.to_vec()).map_err(|_invalid| Reason::new("not UTF-8"))?;
        cursor.end()?;
        Ok(found)
    }

    fn skip(text: &str) -> Parsed<()> {
        let mut scratch = Vec::new();
        let mut cursor = Cursor::new(text.as_bytes(), &mut scratch);
        cursor.skip()?;
        cursor.end()
    }

    #[test]
    fn strings_are_unescaped() {
        assert_eq!(string(r#""plain""#).as_deref(), Ok("plain"));
        assert_eq!(
            string(r#""a longer plain string, über acht""#).as_deref(),
            Ok("a longer plain string, über acht")
        );
        assert_eq!(
            string(r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00x""#).as_deref(),
            Ok("\"\\/\u{8}\u{c}\n\r\té😀x")
        );
    }

    #[test]
    fn wrong_strings_are_refused() {
        for text in [
            r#""\x""#,
            r#""\u12""#,
            r#""\ud83d""#,
            r#""\ud83d\u0041""#,
            r#""\ude00""#,
            "\"a\nb\"",
            "\"open",
            "\"\\",
        ] {
            assert!(string(text).is_err(), "{text}");
            assert!(skip(text).is_err(), "{text}");
        }
    }

    #[test]
    fn skipping_checks_the_grammar() {
        for text in [r#"{"a":[1,-2.5e+3,{"b":null}],"c":"x"}"#, "[]", "{}", " [ ] ", "true", "0"] {
            assert_eq!(skip(text), Ok(()), "{text}");
        }
        for text in [
            "{",
            "[1,]",
            r#"{"a"}"#,
            r#"{"a":1,}"#,
            "{1:2}",
            "01",
            "1.",
            "-",
            "+1",
            "nul",
            "tru e",
            "[1 2]",
            "1 2",
            "",
        ] {
            assert!(skip(text).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(skip(&nested(MAX_DEPTH)), Ok(()));
        assert!(skip(&nested(MAX_DEPTH + 2)).is_err());
        assert!(skip(&"[".repeat(1_000_000)).is_err());
    }

    #[test]
    fn messages_say_what_stands_there() {
        assert_eq!(
            skip("[1 2]").map_err(|why| why.to_string()),
            Err("not valid JSON at byte 3: expected `,` or `]`, found `2`".into())
        );
        assert_eq!(
            skip("{} {}").map_err(|why| why.to_string()),
            Err("more than one JSON value in one message".into())
        );
        assert_eq!(
            skip("[").map_err(|why| why.to_string()),
            Err("not valid JSON at byte 1: expected a value, found the end".into())
        );
    }
}
