//! The order of rows.

use egui::Ui;
use flowloom_flow::value::{SortKey, SortKeys};

use super::Edit;
use super::parts::{self, Part};
use crate::form::At;
use crate::widget::button;
use crate::widget::choice::choice;
use crate::widget::rows::rows;

impl Edit for SortKeys {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        rows(ui, at.id, &|i| format!("Key {}", i + 1), &mut self.0, |ui, i, key| row(ui, i, key, at));
        if button::quiet(ui, "ui/add", "Add key").clicked() {
            self.0.push(SortKey::default());
        }
    }
}

fn row(ui: &mut Ui, i: usize, key: &mut SortKey, at: &At<'_>) {
    let number = i + 1;
    let label = format!("Key {number} column");
    let path = format!("[{i}].column");
    let id = at.id.with(("column", i));
    let part = Part { id, label: &label, width: f32::INFINITY, is_wrong: at.is_wrong(&path) };
    parts::column(ui, &part, at, 0, &mut key.column);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let half = (ui.available_width() - 4.0) / 2.0;
        for (part, options, on) in [
            ("direction", ["Ascending", "Descending"], &mut key.descending),
            ("nulls", ["Nulls last", "Nulls first"], &mut key.nulls_first),
        ] {
            let label = format!("Key {number} {part}");
            let mut picked = usize::from(*on);
            ui.allocate_ui(egui::Vec2::new(half, 28.0), |ui| {
                ui.set_width(half);
                if choice(ui, at.id.with((part, i)), &label, &options, &mut picked) {
                    *on = picked == 1;
                }
            });
        }
    });
    parts::gone(ui, at, 0, &key.column, &path);
    at.tell(ui, &format!("[{i}]"));
    ui.add_space(4.0);
}
