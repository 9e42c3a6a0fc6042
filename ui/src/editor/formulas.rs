//! Columns computed from others, in order.

use egui::Ui;
use flowloom_flow::value::{Formula, Formulas, parse_dtype};
use polars::prelude::Schema;

use super::Edit;
use super::expression::Code;
use super::parts::{self, Part};
use crate::form::At;
use crate::widget::button;
use crate::widget::field::Field;
use crate::widget::pick::Entry;
use crate::widget::rows::rows;

impl Edit for Formulas {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        // Each formula sees the columns above it.
        let above: Vec<Vec<Entry>> = (0..self.0.len()).map(|i| made(&self.0[..i])).collect();
        rows(ui, at.id, &|i| format!("Formula {}", i + 1), &mut self.0, |ui, i, formula| {
            row(ui, i, formula, &above[i], at);
        });
        if button::quiet(ui, "ui/add", "Add formula").clicked() {
            self.0.push(Formula::default());
        }
    }
}

fn made(above: &[Formula]) -> Vec<Entry> {
    let named = above.iter().filter(|formula| !formula.column.is_empty());
    named.map(|formula| Entry::new(&formula.column, &formula.dtype)).collect()
}

fn row(ui: &mut Ui, i: usize, formula: &mut Formula, above: &[Entry], at: &At<'_>) {
    let number = i + 1;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = ui.available_width();
        let types = (width * 0.38).min(140.0);
        let label = format!("Formula {number} column");
        let is_wrong = at.is_wrong(&format!("[{i}].column"));
        let field = Field::new(at.id.with(("column", i)), &label).mono().hint("Name of the column");
        field.wrong(is_wrong).width(width - types - 4.0).show(ui, &mut formula.column);
        let label = format!("Formula {number} type");
        let is_wrong = at.is_wrong(&format!("[{i}].type"));
        let part = Part { id: at.id.with(("type", i)), label: &label, width: types, is_wrong };
        parts::dtype(ui, &part, "As computed", &mut formula.dtype);
    });
    let mut schema: Option<Schema> = at.inputs.first().filter(|_| at.is_known(0)).cloned();
    if let Some(schema) = &mut schema {
        for entry in above {
            // Its type does not matter for which columns there are.
            let dtype = parse_dtype(&entry.detail).unwrap_or(polars::prelude::DataType::Null);
            schema.with_column(entry.value.as_str().into(), dtype);
        }
    }
    let mut columns = at.columns(0);
    columns.retain(|entry| !above.iter().any(|made| made.value == entry.value));
    columns.extend(above.iter().cloned());
    let label = format!("Formula {number} expression");
    let path = format!("[{i}].expression");
    let id = at.id.with(("expression", i));
    let code = Code { id, label: &label, path: &path, rows: 2, schema: schema.as_ref(), columns };
    code.show(ui, &mut formula.expression, at);
    at.tell(ui, &format!("[{i}]"));
    ui.add_space(4.0);
}
