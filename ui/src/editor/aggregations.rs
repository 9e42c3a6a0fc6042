//! What is computed for each group.

use egui::Ui;
use flowloom_flow::Choices as _;
use flowloom_flow::value::{Aggregate, Aggregation, Aggregations};

use super::Edit;
use super::parts::{self, Part};
use crate::form::At;
use crate::widget::button;
use crate::widget::dropdown::Dropdown;
use crate::widget::field::Field;
use crate::widget::pick::{self, Entry, List};
use crate::widget::rows::rows;

impl Edit for Aggregations {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        let noun = |i: usize| format!("Aggregate {}", i + 1);
        rows(ui, at.id, &noun, &mut self.0, |ui, i, aggregation| row(ui, i, aggregation, at));
        if button::quiet(ui, "ui/add", "Add aggregate").clicked() {
            self.0.push(Aggregation::default());
        }
    }
}

fn row(ui: &mut Ui, i: usize, aggregation: &mut Aggregation, at: &At<'_>) {
    let number = i + 1;
    let takes_column = aggregation.aggregate != Aggregate::CountRows;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = ui.available_width();
        let what = if takes_column { (width * 0.45).min(150.0) } else { width };
        aggregate(ui, at.id.with(("aggregate", i)), number, what, &mut aggregation.aggregate);
        if takes_column {
            let label = format!("Aggregate {number} column");
            let is_wrong = at.is_wrong(&format!("[{i}].column"));
            let part =
                Part { id: at.id.with(("column", i)), label: &label, width: width - what - 4.0, is_wrong };
            parts::column(ui, &part, at, 0, &mut aggregation.column);
        }
    });
    if !takes_column {
        aggregation.column.clear();
    }
    extra(ui, i, aggregation, at);
    let default = Aggregation { name: String::new(), ..aggregation.clone() }.result();
    let hint =
        if takes_column && aggregation.column.is_empty() { "Name of the result".to_owned() } else { default };
    let label = format!("Aggregate {number} name");
    let is_wrong = at.is_wrong(&format!("[{i}].as"));
    Field::new(at.id.with(("as", i)), &label)
        .mono()
        .hint(hint)
        .wrong(is_wrong)
        .show(ui, &mut aggregation.name);
    if takes_column {
        parts::gone(ui, at, 0, &aggregation.column, &format!("[{i}].column"));
    }
    at.tell(ui, &format!("[{i}]"));
    ui.add_space(4.0);
}

fn aggregate(ui: &mut Ui, id: egui::Id, number: usize, width: f32, aggregate: &mut Aggregate) {
    let label = format!("Aggregate {number}");
    let dropdown = Dropdown { width, ..Dropdown::new(id, &label, aggregate.choice().label) };
    let anchor = dropdown.show(ui);
    let is_picked = |value: &str| value == aggregate.name();
    let list =
        List { is_picked: &is_picked, takes_other: false, takes_many: false, is_mono: false, note: "" };
    let entries = || {
        let entry = |(_, choice): &(Aggregate, flowloom_flow::Choice)| Entry {
            value: choice.key.to_owned(),
            label: choice.label.to_owned(),
            detail: String::new(),
        };
        Aggregate::ALL.iter().map(entry).collect()
    };
    if let Some(picked) = pick::list(ui, &anchor, &list, entries)
        && let Some((new, _)) = Aggregate::ALL.iter().find(|(each, _)| each.name() == picked)
    {
        *aggregate = *new;
    }
}

/// What only some aggregates ask for.
fn extra(ui: &mut Ui, i: usize, aggregation: &mut Aggregation, at: &At<'_>) {
    let number = i + 1;
    match aggregation.aggregate {
        Aggregate::Quantile => {
            let label = format!("Aggregate {number} quantile");
            let field = Field::new(at.id.with(("quantile", i)), &label).mono().hint("0 to 1, such as 0.95");
            let show = |share: &Option<f64>| share.map(|share| share.to_string()).unwrap_or_default();
            let read = |text: &str| match text.trim() {
                "" => Ok(None),
                text => match text.parse() {
                    Ok(share) if (0.0..=1.0).contains(&share) => Ok(Some(share)),
                    Ok(share) => Err(format!("{share} is not between 0 and 1")),
                    Err(_not_a_number) => Err(format!("`{text}` is not a number")),
                },
            };
            let field = field.wrong(at.is_wrong(&format!("[{i}].quantile")));
            if let (_, Some(error)) = field.parsed(ui, &mut aggregation.quantile, show, read) {
                At::error(ui, &error);
            }
        }
        Aggregate::Join => {
            let label = format!("Aggregate {number} separator");
            let mut text = aggregation.separator.clone().unwrap_or_default();
            let field = Field::new(at.id.with(("separator", i)), &label).mono().hint("Separator: ,");
            if field.show(ui, &mut text).changed() {
                aggregation.separator = (!text.is_empty()).then_some(text);
            }
        }
        _ => {}
    }
}
