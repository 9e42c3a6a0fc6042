//! JSON that is written value by value, up to a largest length.

use std::fmt::{Display, Write as _};

use serde::Serialize as _;

use crate::codec::Reason;

/// Why writing stopped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The text is long enough.
    Full,
    /// The bytes are not what the schema says.
    Wrong(String),
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Wrong(reason.to_string())
    }
}

pub(crate) type Written = Result<(), Stop>;

pub(crate) fn wrong<T>(reason: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Wrong(reason.into()))
}

/// The text so far.
pub(crate) struct Out {
    text: String,
    limit: usize,
}

impl Out {
    pub(crate) fn new(limit: usize) -> Self {
        Self::over(String::new(), limit)
    }

    /// As [`new`](Self::new), in the room of `text`, whose own text goes.
    pub(crate) fn over(mut text: String, limit: usize) -> Self {
        text.clear();
        Self { text, limit }
    }

    /// As [`new`](Self::new), behind `text`, which is a part of what is limited.
    pub(crate) fn after(text: String, limit: usize) -> Self {
        Self { text, limit }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn raw(&mut self, text: &str) -> Written {
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
    pub(crate) fn plain(&mut self, value: impl Display) -> Written {
        // Writing into a string cannot fail.
        let _infallible = write!(self.text, "{value}");
        if self.text.len() > self.limit { Err(Stop::Full) } else { Ok(()) }
    }

    pub(crate) fn string(&mut self, text: &str) -> Written {
        let mut quoted = Vec::with_capacity(text.len() + 2);
        let written = text.serialize(&mut serde_json::Serializer::new(&mut quoted));
        match (written, String::from_utf8(quoted)) {
            (Ok(()), Ok(quoted)) => self.raw(&quoted),
            _ => wrong("a text cannot be written"),
        }
    }

    pub(crate) fn float(&mut self, value: f64) -> Written {
        if value.is_finite() {
            self.plain(format_args!("{value:?}"))
        } else {
            self.string(&value.to_string())
        }
    }

    pub(crate) fn single(&mut self, value: f32) -> Written {
        if value.is_finite() {
            self.plain(format_args!("{value:?}"))
        } else {
            self.string(&value.to_string())
        }
    }

    /// Bytes as `0x…`.
    pub(crate) fn hex(&mut self, bytes: &[u8]) -> Written {
        self.raw("\"0x")?;
        for byte in bytes {
            self.plain(format_args!("{byte:02x}"))?;
        }
        self.raw("\"")
    }

    pub(crate) fn key(&mut self, first: &mut bool, name: &str) -> Written {
        self.comma(first)?;
        self.string(name)?;
        self.raw(":")
    }

    pub(crate) fn comma(&mut self, first: &mut bool) -> Written {
        if std::mem::take(first) { Ok(()) } else { self.raw(",") }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}
