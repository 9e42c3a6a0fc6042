//! A table's header: names, types and a summary of each column; widths by dragging; a menu for each.

use egui::SetOpenCommand;
use egui::accesskit::Role;
use egui::{
    Align2, Color32, CursorIcon, Galley, Popup, Pos2, Rect, Response, Sense, Shape, Stroke, Ui, Vec2,
    WidgetInfo,
};
use flowloom_flow::value::show_dtype;
use polars::prelude::Column;
use std::sync::Arc;

use super::columns::{GAP, PAD};
use super::order::{By, refusal};
use super::selection::{At, Selection};
use super::view::View;
use super::{Output, Summary, Table, TableState, copy_cells, value};
use crate::format::type_word;
use crate::theme::{self, Tokens};

/// Height and width of a summary's bars.
const BARS: f32 = 14.0;
const BAR: f32 = 6.0;
/// Half of what takes the mouse between two columns.
const HANDLE: f32 = 4.0;

pub(super) fn show(ui: &Ui, view: &View<'_>, table: &Table<'_>, state: &mut TableState, output: &mut Output) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter();
    let all = Rect::from_min_max(view.rect.min, view.header.max);
    painter.rect_filled(all, 0.0, tokens.panel);
    if let Some(selection) = state.selection {
        mark_selected(ui, view, state, selection);
    }
    for column in view.columns.clone() {
        let Some(named) = view.column(column) else { continue };
        let lane = view.lane(state, column);
        let head = Rect::from_min_max(lane.min, Pos2::new(lane.right(), view.header.bottom()));
        let seen = head.intersect(view.header);
        let response = ui.interact(seen, ui.unique_id().with(("head", column)), Sense::click());
        let is_sorted = state.order.by.clone().filter(|by| by.column == named.name().as_str());
        describe(ui, &response, named, column, is_sorted.as_ref());
        if response.hovered() || Popup::is_id_open(ui.ctx(), Popup::default_response_id(&response)) {
            painter.with_clip_rect(seen).rect_filled(head, 0.0, tokens.raised);
        }
        paint(ui, head, seen, named, (table.summary)(column), is_sorted.as_ref());
        menu(&response, view, column, named, state, output);
        handle(ui, view, head, column, table, state);
    }
}

/// A line under the names of selected columns.
fn mark_selected(ui: &Ui, view: &View<'_>, state: &TableState, selection: Selection) {
    let (left, right) = selection.columns();
    let clip = ui.painter().with_clip_rect(view.header);
    let (from, to) = (view.lane(state, left).left(), view.lane(state, right).right());
    let line =
        Rect::from_min_max(Pos2::new(from, view.header.bottom() - 2.0), Pos2::new(to, view.header.bottom()));
    clip.rect_filled(line, 0.0, Tokens::of(ui).accent);
}

fn describe(ui: &Ui, response: &Response, named: &Column, column: usize, sorted: Option<&By>) {
    response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, named.name().as_str()));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_column_index(column);
        node.set_description(show_dtype(named.dtype()));
        if let Some(by) = sorted {
            use egui::accesskit::SortDirection;
            node.set_sort_direction(if by.is_descending {
                SortDirection::Descending
            } else {
                SortDirection::Ascending
            });
        }
    });
}

fn paint(ui: &Ui, head: Rect, seen: Rect, named: &Column, summary: Option<Summary>, sorted: Option<&By>) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter().with_clip_rect(seen);
    let is_right = value::is_number(named.dtype());
    let kind = painter.layout_no_wrap(type_word(named.dtype()), theme::mono_small(), tokens.faint);
    let arrow = if sorted.is_some() { 12.0 } else { 0.0 };
    let room = head.width() - 2.0 * PAD - GAP - kind.size().x - arrow;
    let name = elided(ui, named.name().as_str(), room.max(24.0));
    let width = name.size().x + GAP + kind.size().x + arrow;
    let left = if is_right { (head.right() - PAD - width).max(head.left() + PAD) } else { head.left() + PAD };
    let middle = head.top() + 16.0;
    let after = left + name.size().x + GAP;
    painter.galley(Pos2::new(left, middle - name.size().y / 2.0), name, tokens.text);
    painter.galley(Pos2::new(after, middle - kind.size().y / 2.0 + 0.5), Arc::clone(&kind), tokens.faint);
    if let Some(by) = sorted {
        let center = Pos2::new(after + kind.size().x + 8.0, middle);
        let up = if by.is_descending { -1.0 } else { 1.0 };
        let points = [(-3.5, 2.0), (3.5, 2.0), (0.0, -2.5)].map(|(x, y)| center + Vec2::new(x, y * up));
        painter.add(Shape::convex_polygon(points.to_vec(), tokens.accent, Stroke::NONE));
    }
    let base = head.bottom() - 6.0;
    match summary {
        Some(Summary::Bars(parts)) => {
            let width = parts.len() as f32 * (BAR + 1.0) - 1.0;
            let left = if is_right { head.right() - PAD - width } else { head.left() + PAD };
            histogram(&painter, Pos2::new(left, base), &parts, tokens.accent.gamma_multiply(0.55));
        }
        Some(Summary::Words(words)) => {
            let (x, anchor) = if is_right {
                (head.right() - PAD, Align2::RIGHT_BOTTOM)
            } else {
                (head.left() + PAD, Align2::LEFT_BOTTOM)
            };
            painter.text(Pos2::new(x, base + 2.0), anchor, words, theme::mono_small(), tokens.faint);
        }
        None => {}
    }
}

/// Bars from `base` upwards; every part that has values shows at least a line.
pub(crate) fn histogram(painter: &egui::Painter, base: Pos2, parts: &[f32], color: Color32) {
    let most = parts.iter().copied().fold(0.0, f32::max).max(f32::MIN_POSITIVE);
    for (at, part) in parts.iter().enumerate().filter(|(_, part)| **part > 0.0) {
        let height = (part / most * BARS).max(1.5);
        let left = base.x + at as f32 * (BAR + 1.0);
        let bar = Rect::from_min_max(Pos2::new(left, base.y - height), Pos2::new(left + BAR, base.y));
        painter.rect_filled(bar, 1.0, color);
    }
}

fn elided(ui: &Ui, name: &str, room: f32) -> Arc<Galley> {
    let mut job =
        egui::text::LayoutJob::simple_singleline(name.to_owned(), theme::strong(), Tokens::of(ui).text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room);
    ui.painter().layout_job(job)
}

fn menu(
    response: &Response,
    view: &View<'_>,
    column: usize,
    named: &Column,
    state: &mut TableState,
    output: &mut Output,
) {
    let fill = |ui: &mut Ui| {
        ui.set_min_width(208.0);
        ui.label(
            egui::RichText::new(show_dtype(named.dtype()))
                .font(theme::mono_small())
                .color(Tokens::of(ui).faint),
        );
        if ui.button("Copy name").clicked() {
            output.copy = Some(named.name().to_string());
        }
        let last = view.extent().rows.saturating_sub(1);
        let whole = Selection { anchor: At { row: 0, column }, head: At { row: last, column } };
        let has_rows = view.extent().rows > 0;
        let copy = ui.add_enabled(has_rows, egui::Button::new("Copy values"));
        if copy.on_disabled_hover_text("There are no rows").clicked() {
            copy_cells(view, whole, true, state, output);
        }
        let select = ui.add_enabled(has_rows, egui::Button::new("Select column"));
        if select.on_disabled_hover_text("There are no rows").clicked() {
            state.selection = Some(whole);
        }
        ui.separator();
        let refusal = refusal(named);
        for (label, is_descending) in [("Sort shown rows up", false), ("Sort shown rows down", true)] {
            let button = ui.add_enabled(refusal.is_none(), egui::Button::new(label));
            let button = button
                .on_hover_text("Sorts the rows that are shown here, not the data; the node `Sort` does that")
                .on_disabled_hover_text(refusal.unwrap_or_default());
            if button.clicked() {
                state.order.by = Some(By { column: named.name().to_string(), is_descending });
            }
        }
        let is_sorted = state.order.by.is_some();
        let reset = ui.add_enabled(is_sorted, egui::Button::new("Rows as they came"));
        if reset.on_disabled_hover_text("The rows are as they came").clicked() {
            state.order.by = None;
        }
    };
    let is_asked = response.clicked() || response.secondary_clicked();
    Popup::menu(response).open_memory(is_asked.then_some(SetOpenCommand::Toggle)).show(fill);
}

/// The right edge of a column: drag to widen, double-click to fit.
fn handle(ui: &Ui, view: &View<'_>, head: Rect, column: usize, table: &Table<'_>, state: &mut TableState) {
    let place = Rect::from_min_max(
        Pos2::new(head.right() - HANDLE, head.top()),
        Pos2::new(head.right() + HANDLE, head.bottom()),
    )
    .intersect(view.header);
    if !place.is_positive() {
        return;
    }
    let response = ui.interact(place, ui.unique_id().with(("width", column)), Sense::click_and_drag());
    let name = view.column(column).map(|named| format!("Width of {}", named.name())).unwrap_or_default();
    response.widget_info(|| WidgetInfo {
        value: Some(f64::from(state.columns.width(column))),
        ..WidgetInfo::labeled(Role::Splitter, true, &name)
    });
    if response.hovered() || response.dragged() {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
        let line = Stroke::new(2.0, Tokens::of(ui).accent);
        ui.painter().with_clip_rect(view.header).vline(head.right(), head.y_range(), line);
    }
    if response.double_clicked() {
        state.columns.fit(ui, table.rows, column);
    } else if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.dragged()) {
        state.columns.set(table.rows, column, pointer.x - head.left());
    }
}
