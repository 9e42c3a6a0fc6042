//! A table's cells and row numbers, on the painter; no widget for each.

use egui::emath::GuiRounding as _;
use egui::{Align2, Painter, Pos2, Rect, Response, Stroke, StrokeKind, Ui};

use super::columns::PAD;
use super::selection::At;
use super::view::View;
use super::{Output, ROW, TableState, copy_cells, value};
use crate::format;
use crate::theme::{self, Tokens};

pub(super) fn paint(ui: &Ui, view: &View<'_>, state: &TableState, body: &Response) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter().with_clip_rect(view.body_with_gutter());
    let hovered = body.hover_pos().and_then(|pointer| {
        let point = Pos2::new(view.body.center().x, pointer.y);
        view.at(state, point).map(|at| at.row).filter(|row| view.top(*row) + ROW > pointer.y)
    });
    let right = view.rect.right();
    for row in view.rows.clone() {
        let line = Rect::from_min_max(
            Pos2::new(view.rect.left(), view.top(row)),
            Pos2::new(right, view.top(row) + ROW),
        );
        if hovered == Some(row) {
            painter.rect_filled(line, 0.0, tokens.raised);
        }
        let y = line.bottom().round_to_pixels(painter.pixels_per_point());
        painter.hline(line.x_range(), y, Stroke::new(1.0, tokens.line));
    }
    paint_selection(&painter, view, state, tokens);
    for column in view.columns.clone() {
        paint_column(ui, view, state, column, tokens);
    }
    paint_numbers(ui, view, state, tokens);
}

fn paint_selection(painter: &Painter, view: &View<'_>, state: &TableState, tokens: &Tokens) {
    let Some(selection) = state.selection else { return };
    let ((top, bottom), (left, right)) = (selection.rows(), selection.columns());
    let from = view.cell(state, At { row: top, column: left });
    let to = view.cell(state, At { row: bottom, column: right });
    let painter = painter.with_clip_rect(view.body);
    // What is far out of sight would only lose precision.
    let area = Rect::from_min_max(from.min, to.max).intersect(view.body.expand(4.0));
    if area.is_positive() && !selection.is_cell() {
        painter.rect_filled(area, 0.0, tokens.accent_tint);
    }
    let cursor = view.cell(state, selection.head);
    if cursor.intersects(view.body) {
        painter.rect_filled(cursor, 2.0, tokens.accent_tint);
        painter.rect_stroke(cursor, 2.0, Stroke::new(1.5, tokens.accent), StrokeKind::Inside);
    }
}

fn paint_column(ui: &Ui, view: &View<'_>, state: &TableState, column: usize, tokens: &Tokens) {
    let Some(values) = view.column(column) else { return };
    let lane = view.lane(state, column);
    let inner =
        Rect::from_x_y_ranges(lane.left() + PAD - 2.0..=lane.right() - PAD + 2.0, view.body.y_range());
    let painter = ui.painter().with_clip_rect(inner.intersect(view.body));
    let fits = state.columns.signs(column);
    let is_right = value::is_number(values.dtype());
    let (x, anchor) = if is_right {
        (lane.right() - PAD, Align2::RIGHT_CENTER)
    } else {
        (lane.left() + PAD, Align2::LEFT_CENTER)
    };
    for row in view.rows.clone() {
        let Ok(cell) = values.get(view.source_row(row)) else { continue };
        let at = Pos2::new(x, view.top(row) + ROW / 2.0);
        match value::line(&cell, fits) {
            Some(text) => painter.text(at, anchor, text, theme::mono(), tokens.text),
            None => painter.text(at, anchor, "null", theme::mono(), tokens.faint),
        };
    }
}

fn paint_numbers(ui: &Ui, view: &View<'_>, state: &TableState, tokens: &Tokens) {
    let gutter = Rect::from_min_max(Pos2::new(view.rect.left(), view.body.top()), view.body.left_bottom());
    let painter = ui.painter().with_clip_rect(gutter);
    let selected = state.selection.map(|selection| selection.rows());
    for row in view.rows.clone() {
        let is_selected = selected.is_some_and(|(top, bottom)| (top..=bottom).contains(&row));
        let color = if is_selected { tokens.accent } else { tokens.faint };
        let at = Pos2::new(gutter.right() - 6.0, view.top(row) + ROW / 2.0);
        painter.text(at, Align2::RIGHT_CENTER, format::count(row as u64 + 1), theme::mono_small(), color);
    }
}

/// What can be done with the selected cells.
pub(super) fn menu(view: &View<'_>, body: &Response, state: &mut TableState, output: &mut Output) {
    body.context_menu(|ui| {
        ui.set_min_width(184.0);
        let Some(selection) = state.selection else {
            ui.label("Select a cell first");
            return;
        };
        if ui.button("Copy").clicked() {
            copy_cells(view, selection, false, state, output);
        }
        if ui.button("Copy with header").clicked() {
            copy_cells(view, selection, true, state, output);
        }
        let last = view.extent().columns.saturating_sub(1);
        let (top, bottom) = selection.rows();
        let rows =
            super::Selection { anchor: At { row: top, column: 0 }, head: At { row: bottom, column: last } };
        let label = if top == bottom { "Copy row with header" } else { "Copy rows with header" };
        if ui.button(label).clicked() {
            copy_cells(view, rows, true, state, output);
        }
    });
}
