//! SQL as an editor shows it: words told apart by colour, and what can be completed.

use std::ops::Range;

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, Stroke};

use crate::theme::{self, Tokens};

/// Words of the language; sorted.
const KEYWORDS: &[&str] = &[
    "AND",
    "AS",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "DESC",
    "DISTINCT",
    "ELSE",
    "END",
    "FALSE",
    "FROM",
    "ILIKE",
    "IN",
    "INTERVAL",
    "IS",
    "LIKE",
    "NOT",
    "NULL",
    "OR",
    "ORDER",
    "OVER",
    "PARTITION",
    "RLIKE",
    "THEN",
    "TRUE",
    "WHEN",
];

/// Functions that are offered, with what they take.
pub(super) const FUNCTIONS: &[(&str, &str)] = &[
    ("ABS", "number"),
    ("AVG", "column"),
    ("CAST", "value AS type"),
    ("CEIL", "number"),
    ("COALESCE", "value, value"),
    ("CONCAT", "text, text"),
    ("COUNT", "column"),
    ("DATE_PART", "'year', time"),
    ("ENDS_WITH", "text, end"),
    ("EXTRACT", "year FROM time"),
    ("FIRST", "column"),
    ("FLOOR", "number"),
    ("GREATEST", "value, value"),
    ("IFNULL", "value, instead"),
    ("LAST", "column"),
    ("LEAST", "value, value"),
    ("LEFT", "text, count"),
    ("LENGTH", "text"),
    ("LN", "number"),
    ("LOWER", "text"),
    ("MAX", "column"),
    ("MEDIAN", "column"),
    ("MIN", "column"),
    ("NULLIF", "value, value"),
    ("POW", "number, exponent"),
    ("REPLACE", "text, old, new"),
    ("RIGHT", "text, count"),
    ("ROUND", "number, digits"),
    ("SIGN", "number"),
    ("SQRT", "number"),
    ("STARTS_WITH", "text, start"),
    ("STDDEV", "column"),
    ("STRFTIME", "time, '%Y-%m'"),
    ("STRPTIME", "text, '%Y-%m-%d'"),
    ("SUBSTR", "text, from, count"),
    ("SUM", "column"),
    ("UPPER", "text"),
];

/// What a piece of an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Keyword,
    Function,
    Name,
    Text,
    Number,
    Comment,
    Other,
}

/// The pieces of `text`, in order and without gaps, as ranges of bytes. Reads what is half typed too.
pub(super) fn pieces(text: &str) -> Vec<(Piece, Range<usize>)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (piece, length) = match first {
            '\'' => (Piece::Text, closed(rest, '\'')),
            '"' => (Piece::Name, closed(rest, '"')),
            '-' if rest.starts_with("--") => (Piece::Comment, rest.find('\n').unwrap_or(rest.len())),
            '0'..='9' => (Piece::Number, while_is(rest, |c| c.is_alphanumeric() || c == '.')),
            c if is_word(c) => {
                let length = while_is(rest, is_word);
                (word(&rest[..length], &rest[length..]), length)
            }
            c => (Piece::Other, c.len_utf8()),
        };
        pieces.push((piece, at..at + length));
        at += length;
    }
    pieces
}

/// Whether names have this letter without quotes.
pub(super) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn word(word: &str, rest: &str) -> Piece {
    let upper = word.to_uppercase();
    let is_called = rest.trim_start().starts_with('(');
    match KEYWORDS.binary_search(&upper.as_str()) {
        Ok(_) if upper != "CAST" => Piece::Keyword,
        _ if is_called => Piece::Function,
        _ => Piece::Name,
    }
}

fn while_is(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

/// Bytes of a quoted text from its first quote on; to the end where it is not closed.
fn closed(text: &str, quote: char) -> usize {
    let mut from = 1;
    while let Some(at) = text[from..].find(quote) {
        let end = from + at + 1;
        if !text[end..].starts_with(quote) {
            return end;
        }
        from = end + 1;
    }
    text.len()
}

/// `text` in colours, with what is wrong underlined.
pub(super) fn layout(text: &str, fault: Option<&Range<usize>>, tokens: &Tokens, width: f32) -> LayoutJob {
    let mut job = LayoutJob { wrap: egui::text::TextWrapping::wrap_at_width(width), ..LayoutJob::default() };
    for (piece, range) in pieces(text) {
        let color = match piece {
            Piece::Keyword => tokens.combine,
            Piece::Function => tokens.transform,
            Piece::Text => tokens.source,
            Piece::Number => tokens.aggregate,
            Piece::Comment => tokens.faint,
            Piece::Other => tokens.dim,
            Piece::Name => tokens.text,
        };
        let wrong = fault.map_or(range.end..range.end, |fault| {
            fault.start.clamp(range.start, range.end)..fault.end.clamp(range.start, range.end)
        });
        push(&mut job, &text[range.start..wrong.start], color, None);
        push(&mut job, &text[wrong.clone()], color, Some(tokens.error));
        push(&mut job, &text[wrong.end..range.end], color, None);
    }
    job
}

fn push(job: &mut LayoutJob, text: &str, color: Color32, underline: Option<Color32>) {
    if !text.is_empty() {
        let mut format = TextFormat::simple(theme::mono(), color);
        if let Some(color) = underline {
            format.underline = Stroke::new(1.5, color);
        }
        job.append(text, 0.0, format);
    }
}

#[cfg(test)]
mod tests {
    use flowloom_flow::value::Expression;

    use super::*;

    #[test]
    fn pieces_are_told_apart_also_half_typed() {
        let text = "amount > 20.5 AND \"a b\" = 'it''s' OR round(x) -- why\n+ 'open";
        let found = pieces(text);
        let of = |piece| -> Vec<&str> {
            found.iter().filter(|(each, _)| *each == piece).map(|(_, range)| &text[range.clone()]).collect()
        };
        assert_eq!(of(Piece::Keyword), ["AND", "OR"]);
        assert_eq!(of(Piece::Function), ["round"]);
        assert_eq!(of(Piece::Name), ["amount", "\"a b\"", "x"]);
        assert_eq!(of(Piece::Text), ["'it''s'", "'open"]);
        assert_eq!(of(Piece::Number), ["20.5"]);
        assert_eq!(of(Piece::Comment), ["-- why"]);
        let whole: String = found.iter().map(|(_, range)| &text[range.clone()]).collect();
        assert_eq!(whole, text);
        assert!(KEYWORDS.is_sorted() && FUNCTIONS.is_sorted());
    }

    #[test]
    fn every_function_that_is_offered_is_known() {
        for (name, _) in FUNCTIONS.iter().filter(|(name, _)| !["CAST", "EXTRACT"].contains(name)) {
            let told = (1..=3).map(|count| {
                let arguments = ["a", "b", "c"][..count].join(", ");
                Expression(format!("{name}({arguments})")).expr().err().map(|problem| problem.message)
            });
            let told: Vec<_> = told.flatten().collect();
            assert!(!told.iter().any(|told| told.contains("unsupported function")), "{told:?}");
        }
    }
}
