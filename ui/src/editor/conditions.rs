//! Conditions with AND and OR groups.

use egui::{Color32, Id, Rect, Stroke, Ui, Vec2};
use flowloom_flow::value::{Condition, Conditions, Operator};
use polars::prelude::DataType;
use serde_json::{Value as Json, json};

use super::Edit;
use super::literal;
use super::parts::{self, Part};
use crate::form::At;
use crate::theme::{Tokens, space};
use crate::widget::choice::choice;
use crate::widget::dropdown::Dropdown;
use crate::widget::field::Field;
use crate::widget::pick::{self, Entry, List};
use crate::widget::rows::rows_between;
use crate::widget::{button, text};

/// Wider rows have everything in one line.
const ONE_LINE: f32 = 360.0;

const EQUALITY: &[Operator] = &[Operator::Equal, Operator::NotEqual];
const ORDER: &[Operator] =
    &[Operator::Greater, Operator::GreaterOrEqual, Operator::Less, Operator::LessOrEqual, Operator::Between];
const LISTS: &[Operator] = &[Operator::In, Operator::NotIn];
const TEXTS: &[Operator] =
    &[Operator::Contains, Operator::NotContains, Operator::StartsWith, Operator::EndsWith, Operator::Matches];
const NULLS: &[Operator] = &[Operator::IsNull, Operator::IsNotNull];

impl Edit for Conditions {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        if self.0.is_empty() {
            text::paragraph(ui, "Without conditions every row passes");
        }
        let here = Group { path: String::new(), name: String::new(), word: "and", id: at.id };
        list(ui, &mut self.0, &here, at);
    }
}

/// Where a group of conditions stands.
struct Group {
    /// `[0].any`; the setting itself has none.
    path: String,
    /// `1.`; conditions at the top have none.
    name: String,
    word: &'static str,
    id: Id,
}

fn list(ui: &mut Ui, conditions: &mut Vec<Condition>, group: &Group, at: &At<'_>) {
    let kinds: Vec<&str> =
        conditions.iter().map(|each| if is_group(each) { "Group" } else { "Condition" }).collect();
    let noun = |i: usize| format!("{} {}{}", kinds[i], group.name, i + 1);
    rows_between(ui, group.id, &noun, group.word, conditions, |ui, i, condition| {
        one(ui, i, condition, group, at);
    });
    ui.horizontal_wrapped(|ui| {
        if button::quiet(ui, "ui/add", &format!("Add condition{}", inside(&group.name))).clicked() {
            conditions.push(blank());
        }
        if button::quiet(ui, "ui/add", &format!("Add group{}", inside(&group.name))).clicked() {
            conditions.push(Condition::Any { any: vec![blank()] });
        }
    });
}

fn inside(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" in {}", name.trim_end_matches('.')) }
}

fn blank() -> Condition {
    Condition::Compare { column: String::new(), op: Operator::Equal, value: Json::Null }
}

fn is_group(condition: &Condition) -> bool {
    !matches!(condition, Condition::Compare { .. })
}

fn one(ui: &mut Ui, i: usize, condition: &mut Condition, group: &Group, at: &At<'_>) {
    let path = format!("{}[{i}]", group.path);
    let name = format!("{}{}", group.name, i + 1);
    let id = group.id.with(i);
    if let Condition::Compare { column, op, value } = condition {
        compare(ui, id, &name, &path, (column, op, value), at);
        return;
    }
    let mut is_any = usize::from(matches!(condition, Condition::Any { .. }));
    let label = format!("Group {name}");
    if choice(ui, id.with("word"), &label, &["All hold", "Any holds"], &mut is_any) {
        *condition = match std::mem::replace(condition, blank()) {
            Condition::All { all } => Condition::Any { any: all },
            Condition::Any { any } => Condition::All { all: any },
            other @ Condition::Compare { .. } => other,
        };
    }
    let (inner, word, part) = match condition {
        Condition::All { all } => (all, "and", "all"),
        Condition::Any { any } => (any, "or", "any"),
        Condition::Compare { .. } => return,
    };
    let inner_group =
        Group { path: format!("{path}.{part}"), name: format!("{name}."), word, id: id.with("inner") };
    let color = Tokens::of(ui).line_strong;
    beside_a_line(ui, color, |ui| list(ui, inner, &inner_group, at));
    at.tell(ui, &path);
}

/// What belongs together, with a line at its left.
fn beside_a_line(ui: &mut Ui, color: Color32, body: impl FnOnce(&mut Ui)) {
    let shown = ui.horizontal_top(|ui| {
        ui.add_space(2.0);
        let width = ui.available_width();
        ui.vertical(|ui| {
            ui.set_width(width);
            body(ui);
        });
    });
    let rect: Rect = shown.response.rect;
    ui.painter().vline(rect.left() + 1.0, rect.y_range(), Stroke::new(2.0, color));
}

fn compare(
    ui: &mut Ui,
    id: Id,
    name: &str,
    path: &str,
    (column, op, value): (&mut String, &mut Operator, &mut Json),
    at: &At<'_>,
) {
    let before = column.clone();
    let dtype = at.dtype(0, column).cloned();
    let is_wide = ui.available_width() >= ONE_LINE;
    let takes_value = !NULLS.contains(op);
    let share = if is_wide { 0.22 } else { 0.44 };
    let operator_width = (ui.available_width() * share).clamp(64.0, 112.0);
    let draw_column = |ui: &mut Ui, column: &mut String, width: f32| {
        let label = format!("Condition {name} column");
        let is_wrong = at.is_wrong(&format!("{path}.column"));
        parts::column(ui, &Part { id: id.with("column"), label: &label, width, is_wrong }, at, 0, column);
    };
    if !is_wide {
        draw_column(ui, column, f32::INFINITY);
    }
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = ui.available_width();
        if is_wide {
            draw_column(ui, column, (width - operator_width) * 0.5);
        }
        let rest = if takes_value { operator_width } else { ui.available_width() };
        let is_wrong = at.is_wrong(&format!("{path}.op"));
        let label = format!("Condition {name} operator");
        let part = Part { id: id.with("op"), label: &label, width: rest, is_wrong };
        operator(ui, &part, dtype.as_ref(), op, value);
        if takes_value {
            let width = ui.available_width();
            ui.allocate_ui(Vec2::new(width, space::ROW), |ui| {
                ui.set_width(width);
                let is_wrong = at.is_wrong(&format!("{path}.value"));
                operand(ui, id, name, dtype.as_ref(), is_wrong, (*op, value));
            });
        }
    });
    if *column != before {
        retype(value, at.dtype(0, column));
    }
    parts::gone(ui, at, 0, column, &format!("{path}.column"));
    at.tell(ui, path);
}

/// What can be asked of a column of this type, the usual first.
fn operators(dtype: Option<&DataType>) -> Vec<Operator> {
    let groups: &[&[Operator]] = match dtype {
        Some(DataType::Boolean) => &[EQUALITY, NULLS],
        Some(DataType::String | DataType::Categorical(..) | DataType::Enum(..)) | None => {
            &[EQUALITY, TEXTS, LISTS, NULLS, ORDER]
        }
        Some(dtype) if dtype.is_nested() || *dtype == DataType::Binary => &[NULLS],
        Some(_) => &[EQUALITY, ORDER, LISTS, NULLS],
    };
    groups.iter().flat_map(|group| group.iter().copied()).collect()
}

fn operator(ui: &mut Ui, part: &Part<'_>, dtype: Option<&DataType>, op: &mut Operator, value: &mut Json) {
    let dropdown = Dropdown {
        is_mono: true,
        is_wrong: part.is_wrong,
        width: part.width,
        ..Dropdown::new(part.id, part.label, op.name())
    };
    let anchor = dropdown.show(ui);
    let mut all = operators(dtype);
    if !all.contains(op) {
        all.insert(0, *op);
    }
    let current = op.name();
    let is_picked = |value: &str| value == current;
    let list = List { is_picked: &is_picked, takes_other: false, takes_many: false, is_mono: true, note: "" };
    let picked = pick::list(ui, &anchor, &list, || all.iter().map(|op| Entry::new(op.name(), "")).collect());
    if let Some(new) = picked.and_then(|picked| all.iter().find(|op| op.name() == picked)) {
        reshape(value, *new, dtype);
        *op = *new;
    }
}

/// The value in the shape that `op` takes.
fn reshape(value: &mut Json, op: Operator, dtype: Option<&DataType>) {
    let first = match &*value {
        Json::Array(values) => values.first().cloned().unwrap_or_default(),
        other => other.clone(),
    };
    *value = match op {
        Operator::IsNull | Operator::IsNotNull => Json::Null,
        Operator::Between => match &*value {
            Json::Array(values) if values.len() == 2 => return,
            _ => json!([first, null]),
        },
        Operator::In | Operator::NotIn => match &*value {
            Json::Array(_) => return,
            Json::Null => json!([]),
            _ => json!([first]),
        },
        op if TEXTS.contains(&op) => json!(literal::shown(&first)),
        _ => literal::read(&literal::shown(&first), dtype),
    };
}

/// The value as a column of another type has it.
fn retype(value: &mut Json, dtype: Option<&DataType>) {
    match value {
        Json::Array(values) => values.iter_mut().for_each(|value| retype(value, dtype)),
        Json::Null => {}
        other => *other = literal::read(&literal::shown(other), dtype),
    }
}

fn operand(
    ui: &mut Ui,
    id: Id,
    name: &str,
    dtype: Option<&DataType>,
    is_wrong: bool,
    (op, value): (Operator, &mut Json),
) {
    let label = format!("Condition {name} value");
    match op {
        Operator::In | Operator::NotIn => {
            let read = |text: &str| Ok(Json::Array(literal::read_list(text, dtype)));
            let show = |value: &Json| match value {
                Json::Array(values) => literal::shown_list(values),
                other => literal::shown(other),
            };
            let field = Field::new(id.with("value"), &label).mono().hint("a, b, c").wrong(is_wrong);
            let _drawn = field.parsed(ui, value, show, read);
        }
        Operator::Between => {
            let mut ends: Vec<Json> = value.as_array().cloned().unwrap_or_default();
            ends.resize(2, Json::Null);
            let before = ends.clone();
            for (end, word) in ends.iter_mut().zip(["from", "to"]) {
                let label = format!("Condition {name} {word}");
                literal::edit(ui, id.with(word), &label, dtype, is_wrong, end);
            }
            if ends != before {
                *value = Json::Array(ends);
            }
        }
        op if TEXTS.contains(&op) => {
            literal::edit(ui, id.with("value"), &label, Some(&DataType::String), is_wrong, value);
        }
        _ => literal::edit(ui, id.with("value"), &label, dtype, is_wrong, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_takes_the_shape_of_its_operator() {
        let mut value = json!(20);
        for (op, shape) in [
            (Operator::Between, json!([20, null])),
            (Operator::In, json!([20, null])),
            (Operator::Greater, json!(20)),
            (Operator::In, json!([20])),
            (Operator::Contains, json!("20")),
            (Operator::Equal, json!(20)),
            (Operator::IsNull, Json::Null),
            (Operator::In, json!([])),
        ] {
            reshape(&mut value, op, Some(&DataType::Int64));
            assert_eq!(value, shape, "{}", op.name());
        }
    }
}
