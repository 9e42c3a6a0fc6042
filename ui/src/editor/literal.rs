//! One value as a person types it, of a column's type.

use egui::{Id, Ui};
use flowloom_flow::parameters;
use polars::prelude::DataType;
use serde_json::{Value as Json, json};

use crate::widget::choice::choice;
use crate::widget::field::Field;

/// A value as text; null is nothing.
pub(super) fn shown(json: &Json) -> String {
    match json {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What `text` is in a column of type `dtype`; what does not fit stays text, and the node says what is wrong.
pub(super) fn read(text: &str, dtype: Option<&DataType>) -> Json {
    let trimmed = text.trim();
    if trimmed.is_empty() && dtype != Some(&DataType::String) {
        return Json::Null;
    }
    if parameters::has_reference(&json!(text)) {
        return json!(text);
    }
    let number = || {
        let whole =
            trimmed.parse::<i64>().map(Json::from).or_else(|_| trimmed.parse::<u64>().map(Json::from)).ok();
        let is_plain = trimmed.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        let fraction =
            || trimmed.parse::<f64>().ok().filter(|value| value.is_finite() && is_plain).map(Json::from);
        whole.or_else(fraction)
    };
    let truth = || trimmed.parse::<bool>().ok().map(Json::from);
    let value = match dtype {
        Some(DataType::Boolean) => truth(),
        // Exact digits stay as they were typed.
        Some(DataType::Decimal(..)) => None,
        Some(dtype) if dtype.is_primitive_numeric() => number(),
        Some(_) => return if is_textual(dtype) { json!(text) } else { json!(trimmed) },
        None => number().or_else(truth),
    };
    value.unwrap_or_else(|| json!(text))
}

fn is_textual(dtype: Option<&DataType>) -> bool {
    matches!(dtype, Some(DataType::String | DataType::Categorical(..) | DataType::Enum(..)))
}

/// How a value of this type is written.
pub(super) fn hint(dtype: Option<&DataType>) -> &'static str {
    match dtype {
        Some(DataType::Date) => "2026-01-31",
        Some(DataType::Datetime(_, Some(_))) => "2026-01-31 10:30:00, as its zone's clocks show it",
        Some(DataType::Datetime(..)) => "2026-01-31 10:30:00",
        Some(DataType::Time) => "10:30:00",
        Some(DataType::Duration(_)) => "1h30m",
        Some(dtype) if dtype.is_primitive_numeric() || dtype.is_decimal() => "Number",
        Some(DataType::String) => "Text",
        _ => "Value",
    }
}

/// An editor of one value.
pub(super) fn edit(
    ui: &mut Ui,
    id: Id,
    label: &str,
    dtype: Option<&DataType>,
    is_wrong: bool,
    value: &mut Json,
) {
    let is_choice = dtype == Some(&DataType::Boolean) && !matches!(value, Json::String(_));
    if is_choice {
        let mut picked = match value {
            Json::Bool(true) => 0,
            Json::Bool(false) => 1,
            _ => usize::MAX,
        };
        if choice(ui, id, label, &["true", "false"], &mut picked) {
            *value = json!(picked == 0);
        }
        return;
    }
    let field = Field::new(id, label).mono().hint(hint(dtype)).wrong(is_wrong);
    // Always readable, so there is nothing to say.
    let _drawn = field.parsed(ui, value, shown, |text| Ok(read(text, dtype)));
}

/// Values of a list in one line: `paid, "a, b"`.
pub(super) fn shown_list(values: &[Json]) -> String {
    let each = values.iter().map(|value| {
        let text = shown(value);
        let is_plain = !text.is_empty() && !text.contains([',', '"']) && text.trim() == text;
        if is_plain { text } else { format!("\"{}\"", text.replace('"', "\"\"")) }
    });
    each.collect::<Vec<_>>().join(", ")
}

/// The values of `shown_list`'s line.
pub(super) fn read_list(text: &str, dtype: Option<&DataType>) -> Vec<Json> {
    let mut values = Vec::new();
    let mut value = String::new();
    let (mut is_quoted, mut was_quoted) = (false, false);
    let mut letters = text.chars().peekable();
    let mut take = |value: &mut String, was_quoted: &mut bool| {
        let text = if *was_quoted { value.clone() } else { value.trim().to_owned() };
        if *was_quoted || !text.is_empty() {
            values.push(read(&text, dtype));
        }
        value.clear();
        *was_quoted = false;
    };
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                value.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if value.trim().is_empty() => {
                (is_quoted, was_quoted) = (true, true);
                value.clear();
            }
            ',' if !is_quoted => take(&mut value, &mut was_quoted),
            ' ' if was_quoted && !is_quoted => {}
            other => value.push(other),
        }
    }
    take(&mut value, &mut was_quoted);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_its_column_is() {
        let whole = DataType::Int64;
        assert_eq!(read("20", Some(&whole)), json!(20));
        assert_eq!(read("twenty", Some(&whole)), json!("twenty"), "stays, to be mended");
        assert_eq!(read("20", Some(&DataType::String)), json!("20"));
        assert_eq!(read("", Some(&DataType::String)), json!(""));
        assert_eq!(read(" ", Some(&whole)), Json::Null);
        assert_eq!(read("true", Some(&DataType::Boolean)), json!(true));
        assert_eq!(read("${min}", Some(&whole)), json!("${min}"));
        assert_eq!(read("0.10", Some(&DataType::Decimal(10, 2))), json!("0.10"));
        assert_eq!((read("1.5", None), read("abc", None)), (json!(1.5), json!("abc")));
        assert_eq!(read("nan", Some(&DataType::Float64)), json!("nan"));
    }

    #[test]
    fn a_list_is_read_as_it_is_shown() {
        let text = DataType::String;
        for values in [vec![json!("paid"), json!("a, b")], vec![json!("say \"x\""), json!(" y ")], vec![]] {
            assert_eq!(read_list(&shown_list(&values), Some(&text)), values);
        }
        assert_eq!(read_list("1, 2,", Some(&DataType::Int64)), [json!(1), json!(2)]);
    }
}
