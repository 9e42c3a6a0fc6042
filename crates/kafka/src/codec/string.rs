//! JSON strings: found eight bytes at a time, unescaped only where there is an escape.

use super::cursor::Cursor;
use super::reason::{Parsed, Reason};

impl Cursor<'_> {
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

    #[inline]
    pub(super) fn skip_string(&mut self) -> Parsed<()> {
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
                self.scratch.extend_from_slice(self.since(start));
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
}
