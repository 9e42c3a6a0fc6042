//! Why a message is bad, in words for the person who wrote it.

use std::fmt;

/// Why a payload could not become a row.
///
/// Its text names the field when a value does not fit its column (``field `amount`: expected an
/// integer, found 1.5``) and the byte when the payload is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(Box<Inner>);

/// Boxed, because every value is read into a result and a bad message is the exception.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    path: String,
    what: String,
}

/// The outcome of reading one value.
pub(crate) type Parsed<T> = Result<T, Reason>;

impl Reason {
    /// A message that is wrong as a whole.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(Box::new(Inner { path: String::new(), what: what.into() }))
    }

    /// A payload that is not JSON at byte `at`.
    pub(crate) fn syntax(at: usize, what: impl fmt::Display) -> Self {
        Self::new(format!("not valid JSON at byte {at}: {what}"))
    }

    /// A value that does not fit its column; `found` is shortened.
    pub(crate) fn mismatch(expected: &str, found: &[u8]) -> Self {
        Self::new(format!("expected {expected}, found {}", excerpt(found)))
    }

    /// Adds the field in which the reason arose, from the inside out.
    pub(crate) fn within(mut self, field: &str) -> Self {
        if self.0.what.starts_with("not valid JSON") {
            return self;
        }
        let inner = std::mem::take(&mut self.0.path);
        self.0.path = match inner.as_str() {
            "" => field.to_owned(),
            list if list.starts_with("[]") => format!("{field}{list}"),
            nested => format!("{field}.{nested}"),
        };
        self
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.path.is_empty() {
            f.write_str(&self.0.what)
        } else {
            write!(f, "field `{}`: {}", self.0.path, self.0.what)
        }
    }
}

impl std::error::Error for Reason {}

/// At most 40 characters of `bytes`, for a message.
fn excerpt(bytes: &[u8]) -> String {
    const MOST: usize = 40;
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_from_the_outside_in() {
        let reason = Reason::mismatch("an integer", b"1.5").within("price").within("[]").within("items");
        assert_eq!(reason.to_string(), "field `items[].price`: expected an integer, found 1.5");
    }

    #[test]
    fn syntax_errors_keep_their_byte_and_take_no_path() {
        let reason = Reason::syntax(7, "expected `:`").within("a");
        assert_eq!(reason.to_string(), "not valid JSON at byte 7: expected `:`");
    }

    #[test]
    fn a_long_value_is_shortened() {
        let reason = Reason::mismatch("a number", "ä".repeat(100).as_bytes());
        assert_eq!(reason.to_string(), format!("expected a number, found {}…", "ä".repeat(40)));
    }
}
