//! A strict walk over the values of one record.

use super::super::reason::{Parsed, Reason};
use super::{Csv, Escape};

/// A position in a payload whose bytes are known to be UTF-8.
pub(super) struct Record<'a> {
    settings: &'a Csv,
    payload: &'a [u8],
    at: usize,
    is_done: bool,
}

/// A value; none is null.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub(super) text: Option<&'a [u8]>,
}

impl<'a> Record<'a> {
    pub(super) fn new(settings: &'a Csv, payload: &'a [u8]) -> Parsed<Self> {
        if payload.is_empty() {
            return Err(Reason::new("empty payload"));
        }
        Ok(Self { settings, payload, at: 0, is_done: false })
    }

    /// The next value, in `scratch` when it had escapes; none at the end of the record.
    pub(super) fn next<'s>(&mut self, scratch: &'s mut Vec<u8>) -> Parsed<Option<Value<'s>>>
    where
        'a: 's,
    {
        if self.is_done {
            return Ok(None);
        }
        if self.settings.trim {
            self.skip_blanks();
        }
        if self.settings.quote.is_some() && self.peek() == self.settings.quote {
            return self.quoted(scratch).map(Some);
        }
        self.bare(scratch).map(Some)
    }

    fn peek(&self) -> Option<u8> {
        self.payload.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn is_backslash(&self, byte: u8) -> bool {
        self.settings.escape == Escape::Backslash && byte == b'\\'
    }

    fn bare<'s>(&mut self, scratch: &'s mut Vec<u8>) -> Parsed<Value<'s>>
    where
        'a: 's,
    {
        let start = self.at;
        let mut has_escapes = false;
        loop {
            match self.peek() {
                None => break,
                Some(byte) if byte == self.settings.delimiter || matches!(byte, b'\n' | b'\r') => break,
                Some(byte) if Some(byte) == self.settings.quote => {
                    return Err(self.wrong("a quote inside a value that is not quoted"));
                }
                Some(byte) if self.is_backslash(byte) => {
                    has_escapes = true;
                    self.at += 2;
                    if self.at > self.payload.len() {
                        return Err(self.wrong("nothing after the backslash"));
                    }
                }
                Some(_) => self.at += 1,
            }
        }
        let payload = self.payload;
        let mut written = payload.get(start..self.at).unwrap_or_default();
        if self.settings.trim {
            // An escaped blank at the end is part of the value.
            while let [before @ .., b' ' | b'\t'] = written
                && !(has_escapes && is_escaped(before))
            {
                written = before;
            }
        }
        self.separator()?;
        if written == self.settings.null.as_bytes() {
            return Ok(Value { text: None });
        }
        if !has_escapes {
            return Ok(Value { text: Some(written) });
        }
        scratch.clear();
        let mut bytes = written.iter();
        while let Some(byte) = bytes.next() {
            scratch.extend(if *byte == b'\\' { bytes.next() } else { Some(byte) });
        }
        Ok(Value { text: Some(scratch) })
    }

    fn quoted<'s>(&mut self, scratch: &'s mut Vec<u8>) -> Parsed<Value<'s>>
    where
        'a: 's,
    {
        self.at += 1;
        let start = self.at;
        let mut from = start;
        let mut has_escapes = false;
        scratch.clear();
        loop {
            let Some(byte) = self.peek() else { return Err(self.wrong("the quoted value does not end")) };
            if Some(byte) == self.settings.quote {
                let is_doubled =
                    self.settings.escape == Escape::Doubled && self.payload.get(self.at + 1) == Some(&byte);
                if !is_doubled {
                    break;
                }
                // The first of the two belongs to the value.
                scratch.extend_from_slice(self.payload.get(from..=self.at).unwrap_or_default());
                has_escapes = true;
                self.at += 2;
                from = self.at;
            } else if self.is_backslash(byte) {
                scratch.extend_from_slice(self.payload.get(from..self.at).unwrap_or_default());
                has_escapes = true;
                from = self.at + 1;
                self.at += 2;
            } else {
                self.at += 1;
            }
        }
        let payload = self.payload;
        let rest = payload.get(from..self.at).unwrap_or_default();
        self.at += 1;
        if self.settings.trim {
            self.skip_blanks();
        }
        self.separator()?;
        if !has_escapes {
            return Ok(Value { text: Some(rest) });
        }
        scratch.extend_from_slice(rest);
        Ok(Value { text: Some(scratch) })
    }

    /// Takes what stands between two values, or the end of the record.
    fn separator(&mut self) -> Parsed<()> {
        let rest = self.payload.get(self.at..).unwrap_or_default();
        match rest {
            [byte, ..] if *byte == self.settings.delimiter => {
                self.at += 1;
                return Ok(());
            }
            [] | [b'\n' | b'\r'] | [b'\r', b'\n'] => {}
            [b'\n' | b'\r', ..] => return Err(Reason::new("more than one record in one message")),
            _ => return Err(self.wrong("text after the closing quote")),
        }
        self.at = self.payload.len();
        self.is_done = true;
        Ok(())
    }

    #[cold]
    fn wrong(&self, what: &str) -> Reason {
        Reason::new(format!("not valid CSV at byte {}: {what}", self.at))
    }
}

/// Whether what follows `before` is escaped: an even number of backslashes are escaped themselves.
fn is_escaped(before: &[u8]) -> bool {
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}
