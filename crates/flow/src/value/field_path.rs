//! Where a value is inside a message.

use std::fmt;

use crate::Problem;

/// Keys from the outside in: `customer.address.city`.
///
/// A key that is empty, or has a dot, a quote or a space at its ends, is written in double quotes, in
/// which `\"` and `\\` stand for the two characters: `metrics."http.status"`. A path leads through
/// objects only, never into a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(pub Vec<String>);

impl FieldPath {
    /// The path of a single key.
    pub fn key(key: impl Into<String>) -> Self {
        Self(vec![key.into()])
    }

    /// The path of `key` inside this one.
    #[must_use]
    pub fn child(&self, key: impl Into<String>) -> Self {
        let mut keys = self.0.clone();
        keys.push(key.into());
        Self(keys)
    }

    /// Reads a path; what is wrong with it is said with the path as it was written.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let wrong = |why: &str| {
            Problem::user(format!("`{text}` is no path: {why}")).hint(
                "write keys with dots between them, one with a dot in quotes: `metrics.\"http.status\"`",
            )
        };
        let mut keys = Vec::new();
        let mut rest = text.trim();
        loop {
            let key = if let Some(quoted) = rest.strip_prefix('"') {
                let (key, after) = unquoted(quoted).ok_or_else(|| wrong("a quote is not closed"))?;
                rest = after;
                if !rest.is_empty() && !rest.starts_with('.') {
                    return Err(wrong("a dot is missing after a quoted key"));
                }
                key
            } else {
                let end = rest.find('.').unwrap_or(rest.len());
                let key = rest[..end].trim().to_owned();
                rest = &rest[end..];
                match key.as_str() {
                    "" => return Err(wrong("a key is missing")),
                    _ if key.contains('"') => return Err(wrong("a key with a quote stands in quotes")),
                    _ => key,
                }
            };
            keys.push(key);
            match rest.strip_prefix('.') {
                Some(more) => rest = more.trim_start(),
                None => return Ok(Self(keys)),
            }
        }
    }
}

/// The key up to its closing quote, and what comes after that.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((key, &text[at + 1..])),
            '\\' => key.push(chars.next()?.1),
            c => key.push(c),
        }
    }
    None
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            if key.is_empty() || key.contains(['.', '"']) || key.trim() != key {
                write!(f, "\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))?;
            } else {
                f.write_str(key)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_keys_are_read_as_they_were_written() {
        for keys in [
            &["a"][..],
            &["customer", "address", "city"],
            &["a.b", "c"],
            &["", " x ", "größe", "a b"],
            &["\"", "\\", "\\\"", "a\\b"],
        ] {
            let path = FieldPath(keys.iter().map(|key| (*key).to_owned()).collect());
            assert_eq!(FieldPath::parse(&path.to_string()).expect("a path"), path, "{path}");
        }
        let shown = FieldPath::key("metrics").child("http.status").to_string();
        assert_eq!(shown, "metrics.\"http.status\"");
        assert_eq!(FieldPath::parse(" a . b ").expect("a path").0, ["a", "b"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told = |text: &str| FieldPath::parse(text).expect_err(text).message;
        assert_eq!(told(""), "`` is no path: a key is missing");
        assert_eq!(told("a..b"), "`a..b` is no path: a key is missing");
        assert_eq!(told("a."), "`a.` is no path: a key is missing");
        assert_eq!(told("\"a"), "`\"a` is no path: a quote is not closed");
        assert_eq!(told("\"a\\"), "`\"a\\` is no path: a quote is not closed");
        assert_eq!(told("\"a\"b"), "`\"a\"b` is no path: a dot is missing after a quoted key");
        assert_eq!(told("a\"b"), "`a\"b` is no path: a key with a quote stands in quotes");
    }
}
