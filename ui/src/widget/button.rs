//! Small buttons: an icon alone, and words beside one.

use egui::accesskit::Role;
use egui::{Align2, Color32, CursorIcon, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

use super::text;
use crate::icon;
use crate::theme::{self, Tokens, space};

/// An icon that acts; `label` is its name and its hover text.
pub fn icon(ui: &mut Ui, name: &str, label: &str) -> Response {
    icon_sized(ui, name, label, Vec2::splat(24.0))
}

/// [`icon`] in a place of another size.
pub fn icon_sized(ui: &mut Ui, name: &str, label: &str, size: Vec2) -> Response {
    let response = bare_icon(ui, name, label, size, 14.0, Tokens::of(ui).faint, true);
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(label)
}

/// An icon that acts, without hover text. One that is off (`is_on`) takes no clicks, but hovering finds it: egui does
/// not know it as disabled.
pub(super) fn bare_icon(
    ui: &mut Ui,
    name: &str,
    label: &str,
    size: Vec2,
    glyph: f32,
    ink: Color32,
    is_on: bool,
) -> Response {
    let sense = if is_on { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(size, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, is_on && ui.is_enabled(), label));
    let tokens = Tokens::of(ui);
    if is_on && (response.hovered() || response.has_focus()) {
        ui.painter().rect_filled(rect, space::RADIUS, tokens.hover);
    }
    focus_ring(ui, &response);
    let color = match is_on {
        true if response.hovered() => tokens.text,
        true => ink,
        false => ink.gamma_multiply(0.45),
    };
    icon::paint(ui.painter(), name, Rect::from_center_size(rect.center(), Vec2::splat(glyph)), color);
    response
}

/// Marks what has the keyboard.
pub fn focus_ring(ui: &Ui, response: &Response) {
    focus_ring_at(ui, response, response.rect);
}

/// [`focus_ring`] elsewhere than around all of it.
pub fn focus_ring_at(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        let edge = Stroke::new(1.5, Tokens::of(ui).accent);
        ui.painter().rect_stroke(rect, space::RADIUS, edge, StrokeKind::Inside);
    }
}

/// Words that act, without a frame: `Add condition`.
pub fn quiet(ui: &mut Ui, name: &str, label: &str) -> Response {
    let tokens = Tokens::of(ui);
    let left = if name.is_empty() { 6.0 } else { 24.0 };
    let space = ui.available_width() - left - 8.0;
    let color = if ui.is_enabled() { tokens.accent } else { tokens.faint };
    let words = text::line(ui, label, theme::small(), color, space);
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(left + words.size().x + 8.0, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, space::RADIUS, tokens.hover);
    }
    focus_ring(ui, &response);
    if !name.is_empty() {
        let center = egui::pos2(rect.left() + 13.0, rect.center().y);
        icon::paint(ui.painter(), name, Rect::from_center_size(center, Vec2::splat(13.0)), color);
    }
    let at = Align2::LEFT_CENTER.anchor_size(egui::pos2(rect.left() + left, rect.center().y), words.size());
    ui.painter().galley(at.min, words, color);
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// A button with a frame, as high as a field.
pub fn framed(ui: &mut Ui, label: &str) -> Response {
    let tokens = Tokens::of(ui);
    let color = if ui.is_enabled() { tokens.text } else { tokens.faint };
    let words = text::line(ui, label, theme::strong(), color, ui.available_width() - 20.0);
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(words.size().x + 20.0, space::ROW), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    ground(ui, &response);
    let at = Align2::CENTER_CENTER.anchor_size(rect.center(), words.size());
    ui.painter().galley(at.min, words, color);
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// A button as high as a field that opens a list.
pub fn opens(ui: &mut Ui, label: &str) -> Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(space::ROW), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    ground(ui, &response);
    let sign = Rect::from_center_size(rect.center(), Vec2::splat(12.0));
    icon::paint(ui.painter(), "ui/chevron_down", sign, tokens.dim);
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(label)
}

/// Fill and edge of a framed button.
pub(super) fn ground(ui: &Ui, response: &Response) {
    let tokens = Tokens::of(ui);
    let (fill, edge) = match () {
        () if response.has_focus() => (tokens.hover, tokens.accent),
        () if response.hovered() => (tokens.hover, tokens.line_strong),
        () => (tokens.raised, tokens.line),
    };
    ui.painter().rect(response.rect, space::RADIUS, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
}
