//! One column of the input.

use egui::Ui;
use flowloom_flow::value::Column;

use super::Edit;
use super::parts::{self, Part};
use crate::form::At;

impl Edit for Column {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        let part = Part { id: at.id, label: at.label, width: f32::INFINITY, is_wrong: at.is_wrong("") };
        parts::column(ui, &part, at, 0, &mut self.0);
        parts::gone(ui, at, 0, &self.0, "");
    }
}
