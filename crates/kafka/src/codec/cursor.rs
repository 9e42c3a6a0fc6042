//! A strict walk over the bytes of one JSON payload.
//!
//! The grammar is RFC 8259's, no more: no comments, no trailing commas, no `NaN`, no control
//! characters in strings, no lone surrogates. Skipping a value checks its grammar too, so whether a
//! message is well formed never depends on which columns are wanted.

use super::MAX_DEPTH;
use super::met::Met;
use super::number::Number;
use super::reason::{Parsed, Reason};

/// A position in a payload whose bytes are known to be UTF-8.
pub(crate) struct Cursor<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    depth: usize,
    pub(super) scratch: &'a mut Vec<u8>,
    met: Option<&'a mut Met>,
}

impl<'a> Cursor<'a> {
    /// Starts at the first byte; `scratch` receives strings that had escapes.
    pub(crate) fn new(text: &'a [u8], scratch: &'a mut Vec<u8>) -> Self {
        Self { text, at: 0, depth: 0, scratch, met: None }
    }

    /// As [`new`](Self::new); `met` receives the keys that are not known.
    pub(crate) fn watching(text: &'a [u8], scratch: &'a mut Vec<u8>, met: &'a mut Met) -> Self {
        Self { text, at: 0, depth: 0, scratch, met: Some(met) }
    }

    pub(crate) fn met(&mut self) -> Option<&mut Met> {
        self.met.as_deref_mut()
    }

    /// How many values of unknown keys are kept so far.
    pub(crate) fn kept(&self) -> usize {
        self.met.as_ref().map_or(0, |met| met.count())
    }

    /// Forgets such values by their numbers: what they stood in came again.
    #[cold]
    pub(crate) fn forget(&mut self, values: std::ops::Range<usize>) {
        if let Some(met) = self.met() {
            met.forget(values);
        }
    }

    /// The items of a list follow, in which unknown keys may stand.
    pub(crate) fn enter_list(&mut self) {
        if let Some(met) = self.met() {
            met.enter_list();
        }
    }

    #[inline]
    pub(crate) fn next_item(&mut self) {
        if let Some(met) = self.met() {
            met.next_item();
        }
    }

    pub(crate) fn leave_list(&mut self) {
        if let Some(met) = self.met() {
            met.leave_list();
        }
    }

    /// Where the next value begins.
    pub(crate) fn value_at(&mut self) -> usize {
        self.peek();
        self.at
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skip(text: &str) -> Parsed<()> {
        let mut scratch = Vec::new();
        let mut cursor = Cursor::new(text.as_bytes(), &mut scratch);
        cursor.skip()?;
        cursor.end()
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
