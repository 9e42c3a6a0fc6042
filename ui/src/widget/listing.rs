//! Rows of one height under named columns; only those in sight are laid out and drawn.

use std::ops::Range;

use egui::accesskit::Role;
use egui::{Color32, CursorIcon, FontId, Id, Rect, ScrollArea, Sense, Stroke, Ui, Vec2, WidgetInfo};

use super::{button, text};
use crate::icon;
use crate::theme::{self, Tokens, space};

const HEAD: f32 = 30.0;
const GAP: f32 = 12.0;

/// A column.
#[derive(Clone, Copy)]
pub struct Column {
    pub label: &'static str,
    /// Points, or with `is_shared` a share of what the others leave.
    pub width: f32,
    pub is_shared: bool,
    pub is_right: bool,
    /// A click on its head sorts by it.
    pub is_key: bool,
    /// In a narrower list it is left out.
    pub needs: f32,
}

impl Column {
    /// As wide as it says.
    pub const fn fixed(label: &'static str, width: f32) -> Self {
        Self { label, width, is_shared: false, is_right: false, is_key: false, needs: 0.0 }
    }

    /// Takes a share of what the others leave.
    pub const fn shared(label: &'static str, share: f32) -> Self {
        Self { is_shared: true, ..Self::fixed(label, share) }
    }

    #[must_use]
    pub const fn right(self) -> Self {
        Self { is_right: true, ..self }
    }

    #[must_use]
    pub const fn key(self) -> Self {
        Self { is_key: true, ..self }
    }

    #[must_use]
    pub const fn needs(self, needs: f32) -> Self {
        Self { needs, ..self }
    }
}

/// What stands in a column.
#[derive(Clone, Debug)]
pub struct Cell {
    pub text: String,
    pub font: FontId,
    /// `None`: the colour of values.
    pub color: Option<Color32>,
}

impl Cell {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), font: theme::body(), color: None }
    }

    /// Names and numbers.
    pub fn mono(text: impl Into<String>) -> Self {
        Self { font: theme::mono(), ..Self::new(text) }
    }

    #[must_use]
    pub fn color(self, color: Color32) -> Self {
        Self { color: Some(color), ..self }
    }
}

/// A row: what screen readers call it, and its cells.
pub struct Line {
    pub name: String,
    pub cells: Vec<Cell>,
}

/// How a list is drawn.
pub struct Listing<'a> {
    pub id: Id,
    pub columns: &'a [Column],
    /// The column that it is sorted by, and whether downwards.
    pub sort: Option<(usize, bool)>,
    pub count: usize,
    pub picked: Option<usize>,
}

/// What a frame came to.
#[derive(Default)]
pub struct Seen {
    /// A row that was clicked.
    pub clicked: Option<usize>,
    /// A column whose head was clicked.
    pub sorted: Option<usize>,
    /// Rows in sight.
    pub rows: Range<usize>,
}

impl Listing<'_> {
    /// Draws head and rows; `line` is asked for those in sight.
    pub fn show(&self, ui: &mut Ui, mut line: impl FnMut(usize) -> Line) -> Seen {
        let mut seen = Seen::default();
        let places = places(self.columns, ui.available_width());
        self.head(ui, &places, &mut seen);
        ui.spacing_mut().item_spacing.y = 0.0;
        let area = ScrollArea::vertical().id_salt(self.id).auto_shrink(false);
        area.show_rows(ui, space::ROW, self.count, |ui, rows| {
            for at in rows.clone() {
                if self.row(ui, at, &places, &line(at)) {
                    seen.clicked = Some(at);
                }
            }
            seen.rows = rows;
        });
        seen
    }

    fn head(&self, ui: &mut Ui, places: &[Option<Range<f32>>], seen: &mut Seen) {
        let tokens = Tokens::of(ui);
        let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), HEAD));
        ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, tokens.line));
        for (i, (column, place)) in self.columns.iter().zip(places).enumerate() {
            let Some(place) = place else { continue };
            let place = within(rect, place);
            let sense = if column.is_key { Sense::click() } else { Sense::hover() };
            let response = ui.interact(place, self.id.with(("head", i)), sense);
            response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, column.label));
            button::focus_ring(ui, &response);
            let sorted = self.sort.filter(|(by, _)| *by == i);
            let is_hot = sorted.is_some() || column.is_key && response.hovered();
            let color = if is_hot { tokens.text } else { tokens.faint };
            let room = place.width() - if sorted.is_some() { 14.0 } else { 0.0 };
            let words = text::line(ui, column.label, theme::head(), color, room);
            let right = place.right() - if sorted.is_some() { 14.0 } else { 0.0 };
            let x = if column.is_right { right - words.size().x } else { place.left() };
            let end = x + words.size().x;
            ui.painter().galley(egui::pos2(x, place.center().y - words.size().y / 2.0), words, color);
            if let Some((_, is_down)) = sorted {
                let sign = Rect::from_center_size(egui::pos2(end + 8.0, place.center().y), Vec2::splat(10.0));
                let name = if is_down { "ui/chevron_down" } else { "ui/chevron_up" };
                icon::paint(ui.painter(), name, sign, color);
            }
            if column.is_key && response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                seen.sorted = Some(i);
            }
        }
    }

    fn row(&self, ui: &mut Ui, at: usize, places: &[Option<Range<f32>>], line: &Line) -> bool {
        let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), space::ROW));
        let response = ui.interact(rect, self.id.with(("row", at)), Sense::click());
        let is_picked = self.picked == Some(at);
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, is_picked, &line.name));
        ui.ctx().accesskit_node_builder(response.id, |node| {
            let cells: Vec<&str> = line.cells.iter().map(|cell| cell.text.as_str()).collect();
            node.set_value(cells.join("; "));
        });
        let tokens = Tokens::of(ui);
        if is_picked {
            ui.painter().rect_filled(rect, space::RADIUS, tokens.accent_tint);
        } else if response.hovered() {
            ui.painter().rect_filled(rect, space::RADIUS, tokens.hover);
        }
        button::focus_ring(ui, &response);
        let pointer = ui.ctx().pointer_hover_pos();
        let mut cut = None;
        for ((column, place), cell) in self.columns.iter().zip(places).zip(&line.cells) {
            let Some(place) = place else { continue };
            let place = within(rect, place);
            let color = cell.color.unwrap_or(tokens.text);
            let words = text::line(ui, &cell.text, cell.font.clone(), color, place.width());
            if words.elided && pointer.is_some_and(|pointer| place.contains(pointer)) {
                cut = Some(cell.text.clone());
            }
            let x = if column.is_right { place.right() - words.size().x } else { place.left() };
            ui.painter().galley(egui::pos2(x, place.center().y - words.size().y / 2.0), words, color);
        }
        let response = match cut {
            Some(whole) => response.on_hover_text(whole),
            None => response,
        };
        response.clicked()
    }
}

/// From where to where each column goes; `None`: it is left out.
fn places(columns: &[Column], width: f32) -> Vec<Option<Range<f32>>> {
    let is_shown = |column: &Column| width >= column.needs;
    let shown = || columns.iter().filter(|column| is_shown(column));
    let fixed: f32 = shown().filter(|column| !column.is_shared).map(|column| column.width).sum();
    let shares: f32 = shown().filter(|column| column.is_shared).map(|column| column.width).sum();
    let rest = (width - GAP - fixed - GAP * shown().count() as f32).max(0.0);
    let mut left = GAP;
    let mut found = Vec::with_capacity(columns.len());
    for column in columns {
        if !is_shown(column) {
            found.push(None);
            continue;
        }
        let wide = if column.is_shared { rest * column.width / shares } else { column.width };
        found.push(Some(left..left + wide));
        left += wide + GAP;
    }
    found
}

fn within(rect: Rect, place: &Range<f32>) -> Rect {
    let x = rect.left() + place.start..=rect.left() + place.end;
    Rect::from_x_y_ranges(x, rect.y_range())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_width_and_leave_out_what_needs_more() {
        let columns =
            [Column::shared("Name", 2.0), Column::fixed("Count", 60.0), Column::shared("Rest", 1.0)];
        let found = places(&columns, 408.0);
        assert_eq!(found, [Some(12.0..212.0), Some(224.0..284.0), Some(296.0..396.0)]);
        let narrow = [columns[0], columns[1].needs(500.0)];
        assert_eq!(places(&narrow, 400.0), [Some(12.0..388.0), None]);
    }
}
