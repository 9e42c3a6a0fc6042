//! Some columns of the input, in the user's order.

use egui::accesskit::Role;
use egui::{Align2, CursorIcon, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};
use flowloom_flow::value::{Columns, show_dtype};

use super::Edit;
use super::parts::GONE;
use crate::form::At;
use crate::icon;
use crate::theme::{self, Tokens, space};
use crate::widget::dropdown::Dropdown;
use crate::widget::pick::{self, List};
use crate::widget::rows::lower;
use crate::widget::{button, text};

const CHIP: f32 = 24.0;

impl Edit for Columns {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        picker(ui, &mut self.0, at);
        if !self.0.is_empty() {
            chips(ui, &mut self.0, at);
        }
        for (i, name) in self.0.iter().enumerate() {
            let path = format!("[{i}]");
            if at.is_gone(0, name) && !at.is_wrong(&path) {
                text::trouble(ui, &format!("`{name}`: {}", lower(GONE)), Tokens::of(ui).warn);
            }
        }
        let known = at.inputs.first().map_or(0, polars::prelude::Schema::len);
        ui.horizontal(|ui| {
            if known > self.0.len() && button::quiet(ui, "", "All columns").clicked() {
                let others: Vec<String> = at.columns(0).into_iter().map(|entry| entry.value).collect();
                self.0.extend(others.into_iter().filter(|name| !self.0.contains(name)).collect::<Vec<_>>());
            }
            if self.0.len() > 1 && button::quiet(ui, "", "No columns").clicked() {
                self.0.clear();
            }
        });
    }
}

fn picker(ui: &mut Ui, columns: &mut Vec<String>, at: &At<'_>) {
    let shown = match columns.len() {
        0 => String::new(),
        1 => "1 column".to_owned(),
        count => format!("{count} columns"),
    };
    let dropdown = Dropdown {
        empty: "Choose columns",
        is_wrong: at.is_wrong(""),
        ..Dropdown::new(at.id, at.label, &shown)
    };
    let anchor = dropdown.show(ui);
    let is_picked = |value: &str| columns.iter().any(|column| column == value);
    let note = at.why_unknown(0);
    let list = List { is_picked: &is_picked, takes_other: true, takes_many: true, is_mono: true, note };
    if let Some(picked) = pick::list(ui, &anchor, &list, || at.columns(0)) {
        match columns.iter().position(|column| *column == picked) {
            Some(i) => {
                columns.remove(i);
            }
            None => columns.push(picked),
        }
    }
}

/// The chosen columns as chips: dragged or moved by arrow keys into another order, removed by their cross.
fn chips(ui: &mut Ui, columns: &mut Vec<String>, at: &At<'_>) {
    let (mut removed, mut moved, mut dropped) = (None, None, None);
    let mut places = Vec::with_capacity(columns.len());
    ui.add_space(2.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = Vec2::splat(4.0);
        for (i, name) in columns.iter().enumerate() {
            let (chip, is_removed) = chip(ui, at, i, name);
            let by = crate::widget::rows::steps(ui, &chip, true);
            if by != 0 {
                moved = Some((i, i.saturating_add_signed(by)));
            }
            if chip.drag_stopped() {
                dropped = Some(i);
            }
            if is_removed {
                removed = Some(i);
            }
            places.push(chip.rect);
        }
    });
    if let Some(from) = dropped
        && let Some(pointer) = ui.ctx().pointer_interact_pos()
        && let Some(to) = places.iter().position(|place| place.contains(pointer))
    {
        moved = Some((from, to));
    }
    if let Some((from, to)) = moved
        && to < columns.len()
    {
        let name = columns.remove(from);
        columns.insert(to, name);
        ui.memory_mut(|memory| memory.request_focus(at.id.with(("chip", to))));
    }
    if let Some(i) = removed {
        columns.remove(i);
    }
}

fn chip(ui: &mut Ui, at: &At<'_>, i: usize, name: &str) -> (Response, bool) {
    let tokens = Tokens::of(ui);
    let is_gone = at.is_gone(0, name);
    let color = if is_gone { tokens.warn } else { tokens.text };
    let dtype = at.dtype(0, name).map(show_dtype).unwrap_or_default();
    let room = ui.max_rect().width() - 34.0;
    let words = text::line(ui, name, theme::mono(), color, room);
    let types =
        text::line(ui, &dtype, theme::mono_small(), tokens.faint, (room - words.size().x - 6.0).max(0.0));
    let types_width = if dtype.is_empty() { 0.0 } else { types.size().x + 6.0 };
    let size = Vec2::new(8.0 + words.size().x + types_width + 22.0, CHIP);
    let (_, rect) = ui.allocate_space(size);
    let response = ui.interact(rect, at.id.with(("chip", i)), Sense::click_and_drag());
    let label = format!("Move {name}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    if response.clicked() {
        response.request_focus();
    }
    let edge = match () {
        () if response.has_focus() || response.dragged() => tokens.accent,
        () if is_gone => tokens.warn,
        () => tokens.line,
    };
    let fill = if response.hovered() { tokens.hover } else { tokens.raised };
    ui.painter().rect(rect, space::RADIUS, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
    let left = egui::pos2(rect.left() + 8.0, rect.center().y);
    let right = left + Vec2::new(words.size().x + 6.0, 0.0);
    ui.painter().galley(Align2::LEFT_CENTER.anchor_size(left, words.size()).min, words, color);
    ui.painter().galley(Align2::LEFT_CENTER.anchor_size(right, types.size()).min, types, tokens.faint);
    let cross = Rect::from_min_max(egui::pos2(rect.right() - 22.0, rect.top()), rect.max);
    let remove = ui.interact(cross, at.id.with(("cross", i)), Sense::click());
    let label = format!("Remove {name}");
    remove.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let color = if remove.hovered() || remove.has_focus() { tokens.text } else { tokens.faint };
    icon::paint(ui.painter(), "ui/close", Rect::from_center_size(cross.center(), Vec2::splat(11.0)), color);
    let is_removed = remove.on_hover_cursor(CursorIcon::PointingHand).clicked();
    (response.on_hover_and_drag_cursor(CursorIcon::Grab), is_removed)
}
