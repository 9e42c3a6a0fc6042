//! JSON that is written value by value, up to a largest length.

use std::fmt::{Display, Write as _};

use serde::Serialize as _;

/// Why writing stopped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The text is long enough.
    Full,
    /// The bytes are not what the schema says.
    Wrong(String),
}

pub(super) type Written = Result<(), Stop>;

pub(super) fn wrong<T>(reason: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Wrong(reason.into()))
}

/// The text so far.
pub(super) struct Out {
    text: String,
    limit: usize,
}

impl Out {
    pub(super) fn new(limit: usize) -> Self {
        Self { text: String::new(), limit }
    }

    pub(super) fn raw(&mut self, text: &str) -> Written {
        if self.text.len() + text.len() > self.limit {
            let mut room = self.limit.saturating_sub(self.text.len());
            while !text.is_char_boundary(room) {
                room -= 1;
            }
            self.text.push_str(&text[..room]);
            return Err(Stop::Full);
        }
        self.text.push_str(text);
        Ok(())
    }

    /// A number or a word.
    pub(super) fn plain(&mut self, value: impl Display) -> Written {
        // Writing into a string cannot fail.
        let _infallible = write!(self.text, "{value}");
        if self.text.len() > self.limit { Err(Stop::Full) } else { Ok(()) }
    }

    pub(super) fn string(&mut self, text: &str) -> Written {
        let mut quoted = Vec::with_capacity(text.len() + 2);
        let written = text.serialize(&mut serde_json::Serializer::new(&mut quoted));
        match (written, String::from_utf8(quoted)) {
            (Ok(()), Ok(quoted)) => self.raw(&quoted),
            _ => wrong("a text cannot be written"),
        }
    }

    pub(super) fn float(&mut self, value: f64) -> Written {
        if value.is_finite() {
            self.plain(format_args!("{value:?}"))
        } else {
            self.string(&value.to_string())
        }
    }

    pub(super) fn single(&mut self, value: f32) -> Written {
        if value.is_finite() {
            self.plain(format_args!("{value:?}"))
        } else {
            self.string(&value.to_string())
        }
    }

    /// Bytes as `0x…`.
    pub(super) fn hex(&mut self, bytes: &[u8]) -> Written {
        self.raw("\"0x")?;
        for byte in bytes {
            self.plain(format_args!("{byte:02x}"))?;
        }
        self.raw("\"")
    }

    pub(super) fn key(&mut self, first: &mut bool, name: &str) -> Written {
        self.comma(first)?;
        self.string(name)?;
        self.raw(":")
    }

    pub(super) fn comma(&mut self, first: &mut bool) -> Written {
        if std::mem::take(first) { Ok(()) } else { self.raw(",") }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}
