//! A setting that is not text, as a person may write it: its value, or a `${name}` that stands for one.

use std::fmt::Display;
use std::ops::RangeInclusive;

use egui::Ui;
use flowloom_flow::parameters;
use serde_json::{Value as Json, json};

use super::At;
use crate::widget::field::Field;

/// A setting in a text field.
#[derive(Debug, PartialEq)]
pub(super) enum Written<V> {
    Value(V),
    /// As it stands in the flow.
    Text(String),
}

/// A setting as text.
pub(super) fn plain(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

/// A field over `shown`; what was typed and cannot be read stays there, and the reason is returned.
pub(super) fn field<V: PartialEq>(
    ui: &mut Ui,
    at: &At<'_>,
    shown: &mut Written<V>,
    show: impl Fn(&V) -> String,
    read: impl Fn(&str) -> Result<V, String>,
) -> Option<String> {
    let before = match &*shown {
        Written::Text(text) => Some(text.clone()),
        Written::Value(_) => None,
    };
    let text_of = |shown: &Written<V>| match shown {
        Written::Value(value) => show(value),
        Written::Text(text) => text.clone(),
    };
    let read = |text: &str| match read(text) {
        Ok(value) => Ok(Written::Value(value)),
        Err(_) if parameters::has_reference(&json!(text)) || before.as_deref() == Some(text) => {
            Ok(Written::Text(text.to_owned()))
        }
        Err(error) => Err(error),
    };
    Field::new(at.id, at.label).mono().wrong(at.is_wrong("")).parsed(ui, shown, text_of, read).1
}

/// A number field: arrow keys step, and what is out of `range` is told.
pub(super) fn number<N: PartialOrd + Display + Copy + Step>(
    ui: &mut Ui,
    at: &At<'_>,
    shown: &mut Written<N>,
    range: &RangeInclusive<N>,
    read: impl Fn(&str) -> Result<N, String>,
) -> Option<String> {
    if let Written::Value(value) = shown {
        let steps = Field::new(at.id, at.label).steps(ui);
        if steps != 0 {
            *value = match value.stepped(steps) {
                stepped if stepped < *range.start() => *range.start(),
                stepped if stepped > *range.end() => *range.end(),
                stepped => stepped,
            };
        }
    }
    field(ui, at, shown, ToString::to_string, |text| {
        let number = read(text.trim().replace('_', "").as_str())?;
        if range.contains(&number) { Ok(number) } else { Err(out_of(range, number)) }
    })
}

/// A number that arrow keys change.
pub(super) trait Step: Sized {
    /// The ends of what the type holds: a range up to there has no end.
    const ENDS: [Self; 2];

    #[must_use]
    fn stepped(self, steps: i64) -> Self;
}

impl Step for i64 {
    const ENDS: [Self; 2] = [Self::MIN, Self::MAX];

    fn stepped(self, steps: i64) -> Self {
        self.saturating_add(steps)
    }
}

impl Step for f64 {
    const ENDS: [Self; 2] = [Self::MIN, Self::MAX];

    /// By tenths, without what binary fractions leave behind.
    fn stepped(self, steps: i64) -> Self {
        ((self * 10.0).round() + steps as Self) / 10.0
    }
}

fn out_of<N: PartialOrd + Display + Copy + Step>(range: &RangeInclusive<N>, number: N) -> String {
    let [least, greatest] = N::ENDS;
    match (*range.start() > least, *range.end() < greatest) {
        (true, true) => format!("{number} is not between {} and {}", range.start(), range.end()),
        (true, false) => format!("{number} is less than {}", range.start()),
        _ => format!("{number} is more than {}", range.end()),
    }
}
