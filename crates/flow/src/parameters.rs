//! `${name}` in settings.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::file::scalar;
use crate::{Flow, Problem, nearest};

/// The values of a run: what was set, else the default. Names that are unset or unknown are reported.
pub fn values(
    flow: &Flow,
    set: &BTreeMap<String, Value>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Value> {
    for name in set.keys().filter(|name| !flow.parameters.contains_key(*name)) {
        let known = flow.parameters.keys().map(String::as_str);
        let hint = match (nearest(name, known), flow.parameters.is_empty()) {
            (Some(name), _) => format!("did you mean `{name}`?"),
            (None, true) => "declare it under `parameters` of the flow".to_owned(),
            (None, false) => format!("it has {}", quoted(flow.parameters.keys())),
        };
        problems.push(Problem::user(format!("the flow has no parameter `{name}`")).hint(hint));
    }
    let mut values = BTreeMap::new();
    for (name, parameter) in &flow.parameters {
        match set.get(name).or(parameter.default.as_ref()) {
            Some(value) => {
                values.insert(name.clone(), value.clone());
            }
            None => problems.push(
                Problem::user(format!("parameter `{name}` has no value"))
                    .hint(format!("set it with `--set {name}=…`, or give it a default"))
                    .at_field(format!("parameters.{name}")),
            ),
        }
    }
    values
}

/// `settings` with every `${name}` replaced.
///
/// A string that is one reference takes the value with its type; inside other text it is written out.
/// `$${` stands for a plain `${`. The problem names the setting by its path.
pub fn fill(
    settings: &Map<String, Value>,
    values: &BTreeMap<String, Value>,
) -> Result<Map<String, Value>, Problem> {
    fill_map(settings, values, "")
}

fn fill_map(
    map: &Map<String, Value>,
    values: &BTreeMap<String, Value>,
    path: &str,
) -> Result<Map<String, Value>, Problem> {
    let dot = if path.is_empty() { "" } else { "." };
    map.iter()
        .map(|(key, value)| Ok((key.clone(), fill_value(value, values, &format!("{path}{dot}{key}"))?)))
        .collect()
}

fn fill_value(value: &Value, values: &BTreeMap<String, Value>, path: &str) -> Result<Value, Problem> {
    match value {
        Value::String(text) => fill_text(text, values).map_err(|problem| problem.at_field(path)),
        Value::Array(items) => (0..)
            .zip(items)
            .map(|(i, item)| fill_value(item, values, &format!("{path}[{i}]")))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Value::Object(map) => fill_map(map, values, path).map(Value::Object),
        other => Ok(other.clone()),
    }
}

fn fill_text(text: &str, values: &BTreeMap<String, Value>) -> Result<Value, Problem> {
    let parts = split(text)?;
    if let [Part::Reference(name)] = parts.as_slice() {
        return value_of(name, values).cloned();
    }
    let mut filled = String::new();
    for part in parts {
        match part {
            Part::Text(text) => filled += text,
            Part::Reference(name) => match value_of(name, values)? {
                Value::String(text) => filled += text,
                Value::Null => {}
                value @ (Value::Array(_) | Value::Object(_)) => {
                    let noun = if value.is_array() { "a list" } else { "a map" };
                    return Err(Problem::user(format!(
                        "`${{{name}}}` is {noun} and cannot stand inside text"
                    ))
                    .hint("let it be the whole setting"));
                }
                value => filled += &value.to_string(),
            },
        }
    }
    Ok(Value::String(filled))
}

fn value_of<'a>(name: &str, values: &'a BTreeMap<String, Value>) -> Result<&'a Value, Problem> {
    values.get(name).ok_or_else(|| {
        let hint = match nearest(name, values.keys().map(String::as_str)) {
            Some(name) => format!("did you mean `${{{name}}}`?"),
            None => {
                format!("declare `{name}` under `parameters` of the flow, or set it with `--set {name}=…`")
            }
        };
        Problem::user(format!("`${{{name}}}` has no value")).hint(hint)
    })
}

enum Part<'a> {
    Text(&'a str),
    Reference(&'a str),
}

fn split(text: &str) -> Result<Vec<Part<'_>>, Problem> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if let Some(before) = rest[..at].strip_suffix('$') {
            parts.extend([Part::Text(before), Part::Text("${")]);
            rest = &rest[at + 2..];
            continue;
        }
        let name = rest[at + 2..].split_once('}').filter(|(name, _)| check_name(name).is_ok());
        let Some((name, after)) = name else {
            return Err(Problem::user("`${` starts no reference to a parameter")
                .hint("write `${name}`, or `$${` for the two characters themselves"));
        };
        if at > 0 {
            parts.push(Part::Text(&rest[..at]));
        }
        parts.push(Part::Reference(name));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Ok(parts)
}

/// Whether `value` names a parameter anywhere.
pub fn has_reference(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            split(text).is_ok_and(|parts| parts.iter().any(|part| matches!(part, Part::Reference(_))))
        }
        Value::Array(items) => items.iter().any(has_reference),
        Value::Object(map) => map.values().any(has_reference),
        _ => false,
    }
}

/// Makes every `${name}` in `value` a `${to}`; text that is no valid use of parameters stays.
pub(crate) fn rename(value: &mut Value, name: &str, to: &str) {
    match value {
        Value::String(text) => {
            let Ok(parts) = split(text) else { return };
            let written = parts.into_iter().map(|part| match part {
                Part::Text("${") => "$${".to_owned(),
                Part::Text(text) => text.to_owned(),
                Part::Reference(old) => format!("${{{}}}", if old == name { to } else { old }),
            });
            let renamed = written.collect();
            *text = renamed;
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, name, to)),
        Value::Object(map) => map.values_mut().for_each(|item| rename(item, name, to)),
        _ => {}
    }
}

/// A parameter's name: `[A-Za-z_][A-Za-z0-9_]*`.
pub fn check_name(name: &str) -> Result<(), Problem> {
    let is_valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_valid {
        return Ok(());
    }
    Err(Problem::user(format!("`{name}` cannot name a parameter"))
        .hint("use letters, digits and `_`, such as `topic_name`"))
}

/// `name=value` of a command line. The value has the type that it would have unquoted in the flow file;
/// quotes around it make it text: `zip="1e5"`.
pub fn parse_set(text: &str) -> Result<(String, Value), Problem> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(Problem::user(format!("`{text}` sets no parameter")).hint("write `name=value`"));
    };
    let name = name.trim();
    check_name(name)?;
    let quoted = |quote: char| value.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote));
    let value = match quoted('"').or_else(|| quoted('\'')) {
        Some(inner) => Value::String(inner.to_owned()),
        None if value.is_empty() => Value::String(String::new()),
        None => scalar::resolve(value),
    };
    Ok((name.to_owned(), value))
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Parameter;

    fn filled(value: Value) -> Result<Value, String> {
        let values = BTreeMap::from([
            ("topic".to_owned(), json!("orders")),
            ("limit".to_owned(), json!(10)),
            ("list".to_owned(), json!([1, 2])),
            ("nothing".to_owned(), json!(null)),
        ]);
        let settings = Map::from_iter([("a".to_owned(), value)]);
        match fill(&settings, &values) {
            Ok(mut settings) => Ok(settings["a"].take()),
            Err(problem) => Err(problem.to_string()),
        }
    }

    #[test]
    fn a_lone_reference_takes_the_value_with_its_type() {
        assert_eq!(filled(json!("${limit}")), Ok(json!(10)));
        assert_eq!(filled(json!("${list}")), Ok(json!([1, 2])));
        assert_eq!(
            filled(json!({"b": ["${topic}", "${nothing}", true]})),
            Ok(json!({"b": ["orders", null, true]}))
        );
    }

    #[test]
    fn inside_text_it_is_written_out() {
        assert_eq!(filled(json!("${topic}-${limit}${nothing}!")), Ok(json!("orders-10!")));
        assert_eq!(filled(json!(" ${limit}")), Ok(json!(" 10")));
        assert!(filled(json!("x ${list}")).expect_err("a list").contains("cannot stand inside text"));
    }

    #[test]
    fn two_dollars_stand_for_one() {
        assert_eq!(filled(json!("$${limit}")), Ok(json!("${limit}")));
        assert_eq!(filled(json!("$5 $ {x} $$")), Ok(json!("$5 $ {x} $$")));
        assert_eq!(
            filled(json!("a ${ b")),
            Err("a: `${` starts no reference to a parameter; write `${name}`, or `$${` for the two characters themselves".to_owned())
        );
    }

    #[test]
    fn a_name_without_value_is_answered_with_the_nearest_and_the_path() {
        assert_eq!(
            filled(json!({"b": [1, "${topc}"]})),
            Err("a.b[1]: `${topc}` has no value; did you mean `${topic}`?".to_owned())
        );
        assert!(filled(json!("${elsewhere}")).expect_err("unknown").contains("declare `elsewhere`"));
    }

    #[test]
    fn what_is_set_wins_over_the_default_and_gaps_are_reported() {
        let mut flow = Flow::default();
        let with_default = |value| Parameter { default: Some(value), ..Parameter::default() };
        flow.parameters.insert("topic".to_owned(), Parameter::default());
        flow.parameters.insert("limit".to_owned(), with_default(json!(5)));
        flow.parameters.insert("key".to_owned(), with_default(json!(null)));
        let mut problems = Vec::new();
        let set = BTreeMap::from([("limit".to_owned(), json!(7)), ("topc".to_owned(), json!("x"))]);
        let values = values(&flow, &set, &mut problems);
        assert_eq!(values, BTreeMap::from([("limit".to_owned(), json!(7)), ("key".to_owned(), json!(null))]));
        assert_eq!(
            problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "the flow has no parameter `topc`; did you mean `topic`?",
                "parameters.topic: parameter `topic` has no value; set it with `--set topic=…`, or give it a default",
            ]
        );
    }

    #[test]
    fn values_of_the_command_line_are_typed() {
        let value =
            |text: &str| parse_set(text).map(|(_, value)| value).map_err(|problem| problem.to_string());
        assert_eq!(parse_set("a=b=c").expect("set"), ("a".to_owned(), json!("b=c")));
        assert_eq!(value("a=5"), Ok(json!(5)));
        assert_eq!(value("a=true"), Ok(json!(true)));
        assert_eq!(value("a=1.5"), Ok(json!(1.5)));
        assert_eq!(value("a=\"5\""), Ok(json!("5")));
        assert_eq!(value("a=007"), Ok(json!("007")));
        assert_eq!(value("a="), Ok(json!("")));
        assert_eq!(value("a"), Err("`a` sets no parameter; write `name=value`".to_owned()));
        assert!(value("9=1").expect_err("no name").contains("cannot name a parameter"));
    }

    #[test]
    fn references_are_seen_at_any_depth() {
        assert!(has_reference(&json!({"a": [{"b": "x${y}"}]})));
        assert!(!has_reference(&json!({"a": ["$${y}", 1]})));
    }
}
