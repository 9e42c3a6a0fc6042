//! Which columns go on, under which name and type, in which order.

use egui::Ui;
use flowloom_flow::value::{Selected, Selection, show_dtype};

use super::Edit;
use super::parts::{self, GONE, Part};
use crate::form::At;
use crate::theme::{self, Tokens};
use crate::widget::field::Field;
use crate::widget::rows::rows;
use crate::widget::{button, text};

/// Longer lists can be searched.
const SEARCHED: usize = 8;

impl Edit for Selection {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        let others: Vec<_> = at
            .columns(0)
            .into_iter()
            .filter(|entry| !self.0.iter().any(|kept| kept.column == entry.value))
            .collect();
        let query = search(ui, self.0.len() + others.len(), at);
        let is_found = |name: &str| query.is_empty() || name.to_lowercase().contains(&query);
        let nouns: Vec<String> = self.0.iter().map(|kept| format!("Column {}", kept.column)).collect();
        let noun = |i: usize| nouns[i].clone();
        if query.is_empty() {
            rows(ui, at.id, &noun, &mut self.0, |ui, i, kept| row(ui, i, kept, at));
        } else {
            // Out of order, so nothing is moved here.
            for (i, kept) in self.0.iter_mut().enumerate().filter(|(_, kept)| is_found(&kept.column)) {
                row(ui, i, kept, at);
            }
        }
        ui.horizontal_wrapped(|ui| {
            if !others.is_empty() && button::quiet(ui, "", "Keep all columns").clicked() {
                let all = others
                    .iter()
                    .map(|entry| Selected { column: entry.value.clone(), ..Selected::default() });
                self.0.extend(all);
            }
            if self.0.len() > 1 && button::quiet(ui, "", "Keep no columns").clicked() {
                self.0.clear();
            }
        });
        if !at.is_known(0) {
            text::paragraph(ui, at.why_unknown(0));
            by_name(ui, &mut self.0, at);
        }
        let left: Vec<_> = others.iter().filter(|entry| is_found(&entry.value)).collect();
        if left.is_empty() {
            return;
        }
        let tokens = Tokens::of(ui);
        let head = text::line(ui, "Not kept", theme::head(), tokens.dim, ui.available_width());
        ui.add_space(4.0);
        ui.label(head);
        for entry in left {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                if button::icon(ui, "ui/add", &format!("Keep {}", entry.value)).clicked() {
                    self.0.push(Selected { column: entry.value.clone(), ..Selected::default() });
                }
                let room = ui.available_width();
                let dtype = text::line(ui, &entry.detail, theme::mono_small(), tokens.faint, room * 0.5);
                let name =
                    text::line(ui, &entry.value, theme::mono(), tokens.dim, room - dtype.size().x - 8.0);
                let (_, rect) = ui.allocate_space(egui::Vec2::new(room, 24.0));
                let y = |height: f32| rect.center().y - height / 2.0;
                let dtype_at = egui::pos2(rect.right() - dtype.size().x, y(dtype.size().y));
                ui.painter().galley(egui::pos2(rect.left(), y(name.size().y)), name, tokens.dim);
                ui.painter().galley(dtype_at, dtype, tokens.faint);
            });
        }
    }
}

fn search(ui: &mut Ui, count: usize, at: &At<'_>) -> String {
    if count <= SEARCHED {
        return String::new();
    }
    let key = at.id.with("query");
    let mut query: String = ui.data(|data| data.get_temp(key)).unwrap_or_default();
    Field::new(at.id.with("search"), "Find a column").hint("Find a column").show(ui, &mut query);
    ui.data_mut(|data| data.insert_temp(key, query.clone()));
    query.trim().to_lowercase()
}

fn row(ui: &mut Ui, i: usize, kept: &mut Selected, at: &At<'_>) {
    let tokens = Tokens::of(ui);
    let is_gone = at.is_gone(0, &kept.column);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = ui.available_width();
        let types = (width * 0.4).min(150.0);
        let label = format!("New name of {}", kept.column);
        let id = at.id.with(("as", kept.column.as_str()));
        let field = Field::new(id, &label).mono().hint(&kept.column).width(width - types - 4.0);
        let is_wrong = is_gone || at.is_wrong(&format!("[{i}].as")) || at.is_wrong(&format!("[{i}].column"));
        field.wrong(is_wrong).show(ui, &mut kept.name);
        let label = format!("Type of {}", kept.column);
        let id = at.id.with(("type", kept.column.as_str()));
        let part = Part { id, label: &label, width: types, is_wrong: at.is_wrong(&format!("[{i}].type")) };
        let was = at.dtype(0, &kept.column).map_or_else(|| "As it is".to_owned(), show_dtype);
        parts::dtype(ui, &part, &was, &mut kept.dtype);
    });
    let was = match (kept.name.is_empty(), at.dtype(0, &kept.column)) {
        (false, Some(dtype)) if !kept.dtype.is_empty() => {
            format!("was {}, {}", kept.column, show_dtype(dtype))
        }
        (false, _) => format!("was {}", kept.column),
        (true, Some(dtype)) if !kept.dtype.is_empty() => format!("was {}", show_dtype(dtype)),
        _ => String::new(),
    };
    if !was.is_empty() {
        let line = text::line(ui, &was, theme::mono_small(), tokens.faint, ui.available_width());
        ui.label(line);
    }
    if is_gone && !at.is_wrong(&format!("[{i}].column")) {
        text::trouble(ui, GONE, tokens.warn);
    }
    at.tell(ui, &format!("[{i}]"));
}

/// A field that adds a column whose input is not known yet.
fn by_name(ui: &mut Ui, kept: &mut Vec<Selected>, at: &At<'_>) {
    let key = at.id.with("new column");
    let mut name: String = ui.data(|data| data.get_temp(key)).unwrap_or_default();
    let field = Field::new(at.id.with("new"), "Name of another column").mono().hint("Name, then Enter");
    let response = field.show(ui, &mut name);
    let is_entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if is_entered && !name.trim().is_empty() && !kept.iter().any(|each| each.column == name.trim()) {
        kept.push(Selected { column: name.trim().to_owned(), ..Selected::default() });
        name.clear();
        response.request_focus();
    }
    ui.data_mut(|data| data.insert_temp(key, name));
}
