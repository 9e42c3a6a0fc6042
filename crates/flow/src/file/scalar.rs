//! What plain text in YAML means: YAML 1.2's core schema, less what would lose digits or letters.
//!
//! Text stays text where a number would not give it back: `007`, `1e999`, `.inf`, whole numbers beyond
//! 64 bits. So a postcode, a version or an account number survives unquoted.

use serde_json::{Number, Value};

/// The value of an unquoted scalar.
pub(crate) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let based =
        |digits: &str, base| i64::from_str_radix(digits, base).ok().filter(|_| is_alphanumeric(digits));
    if let Some(digits) = text.strip_prefix("0x") {
        return based(digits, 16).map(Number::from);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return based(digits, 8).map(Number::from);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.split(['.', 'e', 'E']).next().unwrap_or(unsigned);
    let has_leading_zero = digits.len() > 1 && digits.starts_with('0');
    if has_leading_zero || !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let signed = text.strip_prefix('+').unwrap_or(text);
        return signed.parse::<i64>().map(Number::from).ok().or_else(|| signed.parse().map(u64::into).ok());
    }
    let is_float = unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    text.parse().ok().filter(|_| is_float).and_then(Number::from_f64)
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether `text` may stand unquoted: it loads as the same text here, and is text to YAML 1.1 readers too.
///
/// `in_flow`: between brackets, where commas and brackets end it.
pub(crate) fn is_plain(text: &str, in_flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let second = text.chars().nth(1);
    let starts_well = match first {
        '-' => second.is_some_and(char::is_alphanumeric),
        '?' | ':' | ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
        | '@' | '`' | ' ' => false,
        _ => !text.starts_with("..."),
    };
    let ends_early = text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #")
        || text.contains(|c: char| c == '\n' || c == '\t' || needs_escape(c))
        || (in_flow && text.contains([',', '[', ']', '{', '}']));
    starts_well && !ends_early && resolve(text).is_string() && !means_more_elsewhere(text)
}

/// Whether `c` cannot be written as itself: control characters, other line ends, invisible marks.
pub(crate) fn needs_escape(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
        || (0xfdd0..=0xfdef).contains(&u32::from(c))
}

/// Text to us, but a truth value, a date, a number or a merge key to YAML 1.1.
fn means_more_elsewhere(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    if matches!(word.as_str(), "y" | "n" | "yes" | "no" | "on" | "off" | "=" | "<<" | ".inf" | ".nan") {
        return true;
    }
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(&word);
    unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.bytes().any(|byte| byte.is_ascii_digit() || word.ends_with("inf"))
        && unsigned.bytes().all(|byte| byte.is_ascii_hexdigit() || b"_.:+-xotz ".contains(&byte))
        || unsigned == ".inf"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_text_has_the_type_of_the_core_schema() {
        let typed = [
            ("~", json!(null)),
            ("True", json!(true)),
            ("12", json!(12)),
            ("+12", json!(12)),
            ("-0x1F", json!("-0x1F")),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("1e5", json!(1e5)),
            (".5", json!(0.5)),
            ("18446744073709551615", json!(u64::MAX)),
        ];
        for (text, value) in typed {
            assert_eq!(resolve(text), value, "{text}");
        }
    }

    #[test]
    fn text_stays_text_where_a_number_would_lose_something() {
        for text in
            ["007", "-01.5", "1e999", ".inf", ".nan", "18446744073709551616", "1_000", "yes", "1.2.3", "0x"]
        {
            assert_eq!(resolve(text), json!(text), "{text}");
        }
    }

    #[test]
    fn text_that_another_reader_would_take_for_something_else_is_not_plain() {
        for text in [
            "yes",
            "N",
            "2024-01-01",
            "1:30",
            "=",
            "<<",
            "007",
            ".inf",
            "-.inf",
            "1_000",
            "",
            "a: b",
            "a #b",
            "- a",
        ] {
            assert!(!is_plain(text, false), "{text}");
        }
        for text in
            ["localhost:9092", "a, b", "${x}", "paid = 'yes'", "~/orders", "-latest", "C:\\x", "größe"]
        {
            assert!(is_plain(text, false), "{text}");
        }
        assert!(!is_plain("a, b", true));
        assert!(!is_plain("${x}", true));
    }
}
