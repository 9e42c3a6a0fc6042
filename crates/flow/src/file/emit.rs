//! JSON values as YAML: block style, with short lists and the items of lists on one line.
//!
//! What is written loads to the very same value; `round_trip` holds that over arbitrary values.

use serde_json::{Map, Value};

use super::scalar::{is_plain, needs_escape};

/// Columns that a line in flow style may take.
const WIDTH: usize = 100;

/// Characters of a key beyond which YAML wants it marked by `?`.
const LONG_KEY: usize = 1000;

/// `key: value` and a line end, `indent` spaces in.
pub(super) fn entry(out: &mut String, indent: usize, key: &str, value: &Value) {
    pad(out, indent);
    entry_here(out, indent, key, value);
}

/// As [`entry`], on one line where it fits, maps too.
pub(super) fn short_entry(out: &mut String, indent: usize, key: &str, value: &Value) {
    match one_line(value) {
        Some(text) if indent + width(key) + width(&text) + 2 <= WIDTH => {
            pad(out, indent);
            out.extend([&quoted(key, false), ": ", &text, "\n"]);
        }
        _ => entry(out, indent, key, value),
    }
}

fn entry_here(out: &mut String, indent: usize, key: &str, value: &Value) {
    let key = quoted(key, false);
    if width(&key) > LONG_KEY {
        out.extend(["? ", &key, "\n"]);
        pad(out, indent);
    } else {
        *out += &key;
    }
    out.push(':');
    let inline = match value {
        Value::Array(items) if !items.is_empty() => one_line(value)
            .filter(|text| indent + width(&key) + width(text) + 2 <= WIDTH && items.iter().all(is_scalar)),
        Value::Object(entries) if !entries.is_empty() => None,
        _ => leaf(value),
    };
    match inline {
        Some(text) => out.extend([" ", &text, "\n"]),
        None => below(out, indent, value),
    }
}

/// A value that needs lines of its own, after `key:`.
fn below(out: &mut String, indent: usize, value: &Value) {
    match value {
        Value::Array(items) => {
            out.push('\n');
            for each in items {
                pad(out, indent + 2);
                item(out, indent + 2, each);
            }
        }
        Value::Object(entries) => {
            out.push('\n');
            for (key, value) in entries {
                entry(out, indent + 2, key, value);
            }
        }
        Value::String(text) => {
            out.push(' ');
            block(out, indent + 2, text);
        }
        _ => {}
    }
}

/// `- value`, the dash at `indent`.
fn item(out: &mut String, indent: usize, value: &Value) {
    *out += "- ";
    let inline = leaf(value).or_else(|| one_line(value).filter(|text| indent + 2 + width(text) <= WIDTH));
    match (inline, value) {
        (Some(text), _) => out.extend([&text, "\n"]),
        (None, Value::Array(items)) => {
            for (i, each) in items.iter().enumerate() {
                pad(out, if i == 0 { 0 } else { indent + 2 });
                item(out, indent + 2, each);
            }
        }
        (None, Value::Object(entries)) => {
            for (i, (key, value)) in entries.iter().enumerate() {
                pad(out, if i == 0 { 0 } else { indent + 2 });
                entry_here(out, indent + 2, key, value);
            }
        }
        (None, Value::String(text)) => block(out, indent + 2, text),
        (None, _) => {}
    }
}

/// A scalar or an empty collection; `None` where it has parts, or is text for a block.
fn leaf(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) if items.is_empty() => Some("[]".to_owned()),
        Value::Object(entries) if entries.is_empty() => Some("{}".to_owned()),
        Value::String(text) if is_block(text) => None,
        _ if is_scalar(value) => Some(scalar(value, false)),
        _ => None,
    }
}

/// Flow style, for what a reader takes in at a glance: scalars, lists of them, and a map of both.
fn one_line(value: &Value) -> Option<String> {
    match value {
        Value::Object(entries) if !entries.is_empty() => one_line_map(entries),
        _ => one_line_list(value),
    }
}

fn one_line_map(entries: &Map<String, Value>) -> Option<String> {
    let parts: Option<Vec<_>> = entries
        .iter()
        .map(|(key, value)| Some(format!("{}: {}", quoted(key, true), one_line_list(value)?)))
        .collect();
    Some(format!("{{{}}}", parts?.join(", ")))
}

fn one_line_list(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => {
            let parts: Option<Vec<_>> = items.iter().map(one_line_scalar).collect();
            Some(format!("[{}]", parts?.join(", ")))
        }
        Value::Object(entries) => entries.is_empty().then(|| "{}".to_owned()),
        _ => one_line_scalar(value),
    }
}

fn one_line_scalar(value: &Value) -> Option<String> {
    let has_lines = value.as_str().is_some_and(|text| text.contains('\n'));
    (is_scalar(value) && !has_lines).then(|| scalar(value, true))
}

fn is_scalar(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

fn scalar(value: &Value, in_flow: bool) -> String {
    match value {
        Value::String(text) => quoted(text, in_flow),
        other => other.to_string(),
    }
}

/// `text` as it is where YAML allows, else in the quotes that need fewer escapes.
fn quoted(text: &str, in_flow: bool) -> String {
    if is_plain(text, in_flow) {
        return text.to_owned();
    }
    let needs_double = text.contains(|c| matches!(c, '\n' | '\t' | '\'') || needs_escape(c));
    if text.contains(['"', '\\']) && !needs_double {
        return format!("'{text}'");
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            '\r' => quoted += "\\r",
            '\0' => quoted += "\\0",
            c if needs_escape(c) => quoted.extend(["\\u", &format!("{:04x}", u32::from(c))]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a literal block gives `text` back whatever an editor does to blanks at line ends.
fn is_block(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with(['\n', ' ', '\t'])
        && !text.contains(needs_escape)
        && text.split('\n').all(|line| !line.ends_with([' ', '\t']))
}

/// A literal block: `|` and the lines of `text`.
fn block(out: &mut String, indent: usize, text: &str) {
    let body = text.trim_end_matches('\n');
    *out += match text.len() - body.len() {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    };
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            pad(out, indent);
            *out += line;
        }
        out.push('\n');
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_read_like_a_person_wrote_them() {
        let settings = json!({
            "columns": ["id", "amount"],
            "conditions": {"all": [
                {"column": "amount", "op": ">", "value": 100},
                {"column": "status", "op": "in", "value": ["paid", "yes"]},
                {"any": [{"column": "note", "op": "is_null"}]},
            ]},
            "rows": [["DE", 1], ["FR", null]],
            "expression": "amount * 1.2",
            "script": "select *\nfrom orders\n",
            "quote": "it is \"x\"",
            "empty": {"list": [], "map": {}},
        });
        let mut text = String::new();
        for (key, value) in settings.as_object().expect("a map") {
            entry(&mut text, 0, key, value);
        }
        assert_eq!(
            text,
            r#"columns: [id, amount]
conditions:
  all:
    - {column: amount, op: ">", value: 100}
    - {column: status, op: in, value: [paid, "yes"]}
    - any:
        - {column: note, op: is_null}
rows:
  - [DE, 1]
  - [FR, null]
expression: amount * 1.2
script: |
  select *
  from orders
quote: it is "x"
empty:
  list: []
  map: {}
"#
        );
    }

    #[test]
    fn long_lists_and_maps_take_a_line_for_each_part() {
        let mut text = String::new();
        let names: Vec<_> = (0..20).map(|i| format!("column_{i}")).collect();
        entry(&mut text, 0, "columns", &json!(names));
        assert!(text.starts_with("columns:\n  - column_0\n  - column_1\n"), "{text}");
        let mut text = String::new();
        entry(&mut text, 0, "items", &json!([{"a": "x".repeat(60), "b": "y".repeat(60)}]));
        assert_eq!(text, format!("items:\n  - a: {}\n    b: {}\n", "x".repeat(60), "y".repeat(60)));
    }
}
