//! Pieces of code that values write into exported programs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::CodeWriter;

/// An expression in a target's language, with what it needs there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    pub text: String,
    /// Whole import lines beside Polars' own.
    pub imports: BTreeSet<String>,
    /// Features of Rust's `polars` crate.
    pub features: BTreeSet<&'static str>,
    /// An operator stands outermost: in another operation it needs parentheses.
    operation: bool,
}

impl Code {
    /// A name, a literal or a chain of calls: stands anywhere without parentheses.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// `a > b`, `a & b`: see [`Code::operand`].
    pub fn operation(text: impl Into<String>) -> Self {
        Self { text: text.into(), operation: true, ..Self::default() }
    }

    #[must_use]
    pub fn import(mut self, line: impl Into<String>) -> Self {
        self.imports.insert(line.into());
        self
    }

    #[must_use]
    pub fn feature(mut self, feature: &'static str) -> Self {
        self.features.insert(feature);
        self
    }

    /// Another text that stands without parentheses, with the same needs.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        Self { text: text.into(), operation: false, ..self }
    }

    /// Needs what `part` needs.
    #[must_use]
    pub fn with(mut self, part: &Self) -> Self {
        self.imports.extend(part.imports.iter().cloned());
        self.features.extend(&part.features);
        self
    }

    /// The text as an operand of an operator or the receiver of a call.
    pub fn operand(&self) -> String {
        if self.operation { format!("({})", self.text) } else { self.text.clone() }
    }

    /// Tells the program what the expression needs, and gives its text.
    pub fn write(&self, out: &mut CodeWriter<'_>) -> String {
        for line in &self.imports {
            out.import(line);
        }
        let features: Vec<&str> = self.features.iter().copied().collect();
        out.polars(&features);
        self.text.clone()
    }
}

/// A string literal of Python, quoted as a formatter would. What cannot be seen is escaped.
pub fn python_string(text: &str) -> String {
    let quote = if text.contains('"') && !text.contains('\'') { '\'' } else { '"' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if is_visible(c) => out.push(c),
            c => {
                let code = c as u32;
                let escaped = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
                escaped.expect("a String takes all text");
            }
        }
    }
    out.push(quote);
    out
}

/// A string literal of Rust. What cannot be seen is escaped.
pub fn rust_string(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' | '\\' | '"' => out.extend(c.escape_default()),
            c if is_visible(c) => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
    }
    out.push('"');
    out
}

/// Not a control character, nor one that hides or turns the text around it.
fn is_visible(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_quotes_and_controls_stays_one_literal() {
        assert_eq!(python_string(r#"say "hi""#), r#"'say "hi"'"#);
        assert_eq!(python_string("it's \"it\""), r#""it's \"it\"""#);
        assert_eq!(python_string("a\\b\n\u{0}ü\u{202e}\u{e0001}"), r#""a\\b\n\x00ü\u202e\U000e0001""#);
        assert_eq!(rust_string("say \"hi\"\\ it's\n"), r#""say \"hi\"\\ it's\n""#);
        assert_eq!(rust_string("\u{0}ü\u{202e}"), r#""\u{0}ü\u{202e}""#);
    }

    #[test]
    fn an_operation_is_put_in_parentheses_inside_another() {
        let left = Code::operation("a > 1").feature("strings");
        let both = Code::operation(format!("{} & b", left.operand())).with(&left);
        assert_eq!(both.text, "(a > 1) & b");
        assert!(both.features.contains("strings"));
    }
}
