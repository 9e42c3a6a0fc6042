//! A small table that is typed in, or pasted from a spreadsheet.

mod paste;

use egui::{Event, Id, Key, Modifiers, ScrollArea, Ui, Vec2};
use flowloom_flow::value::{Grid, GridColumn, parse_dtype};
use polars::prelude::DataType;
use serde_json::Value as Json;

use super::Edit;
use super::literal;
use super::parts::{self, Part};
use crate::form::At;
use crate::theme::{self, Tokens, space};
use crate::widget::field::Field;
use crate::widget::{button, text};

/// Narrower columns go to the next page.
const COLUMN: f32 = 92.0;
const GUTTER: f32 = 24.0;
const CROSS: f32 = 22.0;
const GAP: f32 = 4.0;
/// Rows that are seen at once.
const SEEN: f32 = 10.0;

impl Edit for Grid {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        take_paste(ui, self, at.id);
        if self.columns.is_empty() {
            let mut nothing = String::new();
            Field::new(at.id.with("paste"), "Paste a table here")
                .hint("Paste a table here")
                .show(ui, &mut nothing);
            text::paragraph(ui, "Copy rows with their head in a spreadsheet and paste them, or add a column");
        } else {
            let shown = pages(ui, self, at.id);
            heads(ui, self, &shown, at);
            cells(ui, self, &shown, at);
        }
        ui.horizontal_wrapped(|ui| {
            if button::quiet(ui, "ui/add", "Add column").clicked() {
                self.add_column();
                let last = self.columns.len() - 1;
                ui.memory_mut(|memory| memory.request_focus(at.id.with(("name", last))));
            }
            if !self.columns.is_empty() && button::quiet(ui, "ui/add", "Add row").clicked() {
                self.rows.push(vec![Json::Null; self.columns.len()]);
                let last = self.rows.len() - 1;
                ui.memory_mut(|memory| memory.request_focus(cell_id(at.id, last, 0)));
            }
        });
    }
}

/// What the editor does to a table.
trait Change {
    fn add_column(&mut self);
    fn remove_column(&mut self, i: usize);
    /// Cells for every column of a row, and no more.
    fn fit(&mut self, row: usize);
}

impl Change for Grid {
    fn add_column(&mut self) {
        let taken = |name: &str| self.columns.iter().any(|column| column.name == name);
        let number =
            (1..=self.columns.len() + 1).find(|number| !taken(&format!("column_{number}"))).unwrap_or(1);
        self.columns.push(GridColumn { name: format!("column_{number}"), dtype: "String".to_owned() });
        (0..self.rows.len()).for_each(|row| self.fit(row));
    }

    fn remove_column(&mut self, i: usize) {
        self.columns.remove(i);
        for row in self.rows.iter_mut().filter(|row| row.len() > i) {
            row.remove(i);
        }
        if self.columns.is_empty() {
            self.rows.clear();
        }
    }

    fn fit(&mut self, row: usize) {
        let width = self.columns.len();
        self.rows[row].resize(width, Json::Null);
    }
}

fn cell_id(id: Id, row: usize, column: usize) -> Id {
    id.with(("cell", row, column))
}

/// Columns that fit, and how wide each is.
struct Page {
    columns: std::ops::Range<usize>,
    width: f32,
}

fn pages(ui: &mut Ui, grid: &Grid, id: Id) -> Page {
    let room = ui.available_width() - GUTTER - CROSS - 2.0 * GAP;
    let fit = ((room / (COLUMN + GAP)) as usize).max(1);
    let count = grid.columns.len();
    let key = id.with("page");
    let mut first: usize = ui.data(|data| data.get_temp(key)).unwrap_or(0);
    first = first.min(count.saturating_sub(fit));
    if count > fit {
        ui.horizontal(|ui| {
            let words = format!("Columns {} to {} of {count}", first + 1, (first + fit).min(count));
            text::paragraph(ui, &words);
            if first > 0 && button::quiet(ui, "", "Earlier columns").clicked() {
                first = first.saturating_sub(fit);
            }
            if first + fit < count && button::quiet(ui, "", "Further columns").clicked() {
                first = (first + fit).min(count - fit);
            }
        });
    }
    ui.data_mut(|data| data.insert_temp(key, first));
    let shown = fit.min(count);
    let width = (room + GAP) / shown as f32 - GAP;
    Page { columns: first..(first + shown), width }
}

fn heads(ui: &mut Ui, grid: &mut Grid, page: &Page, at: &At<'_>) {
    let mut removed = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        ui.allocate_space(Vec2::new(GUTTER, space::ROW));
        for i in page.columns.clone() {
            ui.allocate_ui(Vec2::new(page.width, 2.0 * space::ROW), |ui| {
                ui.set_width(page.width);
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing = Vec2::new(2.0, 2.0);
                    let column = &mut grid.columns[i];
                    ui.horizontal(|ui| {
                        let label = format!("Column {} name", i + 1);
                        let is_wrong = at.is_wrong(&format!(".columns[{i}].name"));
                        let field = Field::new(at.id.with(("name", i)), &label).mono().wrong(is_wrong);
                        field.width(page.width - 20.0).show(ui, &mut column.name);
                        let label = format!("Remove column {}", i + 1);
                        let size = Vec2::new(18.0, space::ROW);
                        if button::icon_sized(ui, "ui/close", &label, size).clicked() {
                            removed = Some(i);
                        }
                    });
                    let label = format!("Column {} type", i + 1);
                    let is_wrong = at.is_wrong(&format!(".columns[{i}].type"));
                    let part =
                        Part { id: at.id.with(("type", i)), label: &label, width: page.width, is_wrong };
                    parts::dtype(ui, &part, parts::REQUIRED, &mut column.dtype);
                });
            });
        }
    });
    if let Some(i) = removed {
        grid.remove_column(i);
    }
}

fn cells(ui: &mut Ui, grid: &mut Grid, page: &Page, at: &At<'_>) {
    let types: Vec<Option<DataType>> =
        grid.columns.iter().map(|column| parse_dtype(&column.dtype).ok()).collect();
    let (mut removed, columns) = (None, page.columns.start..page.columns.end.min(types.len()));
    step(ui, grid, at.id, &columns);
    let row_height = space::ROW + 2.0;
    let height = row_height * SEEN;
    let area = ScrollArea::vertical().id_salt(at.id).max_height(height).auto_shrink([false, true]);
    ui.spacing_mut().item_spacing.y = 2.0;
    area.show_rows(ui, space::ROW, grid.rows.len(), |ui, rows| {
        for row in rows {
            grid.fit(row);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = GAP;
                number(ui, row);
                for i in columns.clone() {
                    let label = format!("Row {} {}", row + 1, grid.columns[i].name);
                    let is_wrong = at.is_wrong(&format!(".rows[{row}][{i}]"));
                    let dtype = types[i].as_ref();
                    let value = &mut grid.rows[row][i];
                    let hint = if value.is_null() { "null" } else { "" };
                    let field = Field::new(cell_id(at.id, row, i), &label).mono().hint(hint);
                    let field = field.wrong(is_wrong).width(page.width);
                    let read = |text: &str| {
                        if text.is_empty() { Ok(Json::Null) } else { Ok(literal::read(text, dtype)) }
                    };
                    let _drawn = field.parsed(ui, value, literal::shown, read);
                }
                let size = Vec2::new(CROSS, space::ROW);
                if button::icon_sized(ui, "ui/close", &format!("Remove row {}", row + 1), size).clicked() {
                    removed = Some(row);
                }
            });
        }
    });
    if let Some(row) = removed {
        grid.rows.remove(row);
    }
}

fn number(ui: &mut Ui, row: usize) {
    let tokens = Tokens::of(ui);
    let words = text::line(ui, &(row + 1).to_string(), theme::mono_small(), tokens.faint, GUTTER);
    let (_, rect) = ui.allocate_space(Vec2::new(GUTTER, space::ROW));
    let at = egui::pos2(rect.right() - words.size().x - 4.0, rect.center().y - words.size().y / 2.0);
    ui.painter().galley(at, words, tokens.faint);
}

/// The cell that has the keyboard.
fn focused(ui: &Ui, grid: &Grid, id: Id) -> Option<(usize, usize)> {
    let focus = ui.memory(egui::Memory::focused)?;
    let columns = 0..grid.columns.len();
    (0..grid.rows.len())
        .flat_map(|row| columns.clone().map(move |column| (row, column)))
        .find(|(row, column)| cell_id(id, *row, *column) == focus)
}

/// Enter and the arrows move among the cells of a column; Enter in the last row adds one.
fn step(ui: &Ui, grid: &mut Grid, id: Id, columns: &std::ops::Range<usize>) {
    let Some((row, column)) = focused(ui, grid, id).filter(|(_, column)| columns.contains(column)) else {
        return;
    };
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let to = match () {
        () if pressed(Key::Enter) => {
            if row + 1 == grid.rows.len() {
                grid.rows.push(vec![Json::Null; grid.columns.len()]);
            }
            row + 1
        }
        () if pressed(Key::ArrowDown) => row + 1,
        () if pressed(Key::ArrowUp) => row.saturating_sub(1),
        () => return,
    };
    if to < grid.rows.len() {
        ui.memory_mut(|memory| memory.request_focus(cell_id(id, to, column)));
    }
}

/// Spreads a pasted table over the cells from the focused one on; an empty table takes its head as well.
fn take_paste(ui: &Ui, grid: &mut Grid, id: Id) {
    let is_new = grid.columns.is_empty() && ui.memory(|memory| memory.has_focus(id.with("paste")));
    let place = if is_new { None } else { focused(ui, grid, id) };
    if !is_new && place.is_none() {
        return;
    }
    let is_table = |text: &str| text.trim_end_matches(['\r', '\n']).contains(['\t', '\n']) || is_new;
    let pasted = ui.input_mut(|input| {
        let at =
            input.events.iter().position(|event| matches!(event, Event::Paste(text) if is_table(text)))?;
        match input.events.remove(at) {
            Event::Paste(text) => Some(text),
            _ => None,
        }
    });
    match (pasted, place) {
        (Some(text), None) => *grid = paste::table(&text),
        (Some(text), Some((row, column))) => paste::spread(grid, &text, row, column),
        (None, _) => {}
    }
}
