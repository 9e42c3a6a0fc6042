//! What stands around a setting: label, hint, help, and the heads of sections.

use egui::accesskit::Role;
use egui::{
    Align, CursorIcon, FontId, Layout, Rect, Response, Sense, Stroke, Ui, UiBuilder, Vec2, WidgetInfo,
};
use flowloom_flow::{Problem, Setting};

use crate::format::advice;
use crate::icon;
use crate::theme::{self, Tokens, space};
use crate::widget::text;

/// Seconds that a setting stays marked after a jump to it.
pub(super) const MARK_S: f64 = 2.0;
const LABEL: f32 = 18.0;

/// The label above a field: name and help at the left, hint at the right.
pub(crate) fn label(ui: &mut Ui, setting: Setting<'_>) {
    let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), LABEL));
    let left = name(ui, setting, rect, theme::small());
    let tokens = Tokens::of(ui);
    let hint = text::line(ui, setting.hint, theme::small(), tokens.faint, rect.right() - left - 12.0);
    let at = egui::pos2(rect.right() - hint.size().x, rect.center().y - hint.size().y / 2.0);
    ui.painter().galley(at, hint, tokens.faint);
}

/// A row with the label at the left and a switch at the right.
pub(crate) fn beside(ui: &mut Ui, setting: Setting<'_>, control: impl FnOnce(&mut Ui) -> Response) {
    let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), space::ROW));
    let builder = UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center));
    let control = ui.scope_builder(builder, control).inner;
    let place = Rect::from_min_max(rect.min, egui::pos2(control.rect.left() - 12.0, rect.bottom()));
    let left = name(ui, setting, place, theme::body());
    let tokens = Tokens::of(ui);
    let hint = text::line(ui, setting.hint, theme::mono_small(), tokens.faint, place.right() - left - 8.0);
    let at = egui::pos2(left + 8.0, rect.center().y - hint.size().y / 2.0);
    ui.painter().galley(at, hint, tokens.faint);
}

/// Label and `?`; where they end.
fn name(ui: &mut Ui, setting: Setting<'_>, rect: Rect, font: FontId) -> f32 {
    let tokens = Tokens::of(ui);
    let has_help = !setting.help.is_empty();
    let room = rect.width() - if has_help { 20.0 } else { 0.0 };
    let color = if font.size < 13.0 { tokens.dim } else { tokens.text };
    let words = text::line(ui, setting.label, font, color, room);
    let at = egui::pos2(rect.left(), rect.center().y - words.size().y / 2.0);
    let right = rect.left() + words.size().x;
    ui.painter().galley(at, words, color);
    if !has_help {
        return right;
    }
    let sign = Rect::from_center_size(egui::pos2(right + 11.0, rect.center().y), Vec2::splat(12.0));
    let place = Rect::from_min_max(rect.min, egui::pos2(sign.right() + 2.0, rect.bottom()));
    let id = ui.scope_id().with(("help", setting.key));
    let response = ui.interact(place, id, Sense::hover()).on_hover_cursor(CursorIcon::Help);
    let color = if response.hovered() { tokens.text } else { tokens.faint };
    icon::paint(ui.painter(), "ui/help", sign, color);
    response.on_hover_ui(|ui| {
        ui.set_max_width(300.0);
        text::paragraph(ui, setting.help);
    });
    sign.right()
}

/// The head of a section; whether it was clicked. `troubles`: settings inside that are wrong while it is closed.
pub(crate) fn section(ui: &mut Ui, title: &str, is_open: bool, troubles: usize) -> bool {
    let tokens = Tokens::of(ui);
    ui.add_space(4.0);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 32.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, is_open, title));
    ui.painter().hline(rect.x_range(), rect.top(), Stroke::new(1.0, tokens.line));
    let color = if response.hovered() || response.has_focus() { tokens.text } else { tokens.dim };
    let chevron = if is_open { "ui/chevron_down" } else { "ui/chevron_right" };
    let y = rect.center().y;
    let sign = Rect::from_center_size(egui::pos2(rect.left() + 6.0, y), Vec2::splat(12.0));
    icon::paint(ui.painter(), chevron, sign, color);
    let words = text::line(ui, title, theme::head(), color, rect.width() - 80.0);
    ui.painter().galley(egui::pos2(rect.left() + 18.0, y - words.size().y / 2.0), words, color);
    if troubles > 0 {
        let words = text::line(ui, &format!("▲ {troubles}"), theme::small(), tokens.warn, 60.0);
        let at = egui::pos2(rect.right() - words.size().x, y - words.size().y / 2.0);
        ui.painter().galley(at, words, tokens.warn);
    }
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}

/// A bar beside the setting that was jumped to, until its time is over.
pub(super) fn mark(ui: &Ui, marked: &mut Option<(String, f64)>, key: &str, rect: Rect) {
    let Some((_, until)) = marked.as_ref().filter(|(marked, _)| marked == key) else { return };
    let left = until - ui.input(|input| input.time);
    if left <= 0.0 {
        *marked = None;
        return;
    }
    ui.painter().vline(rect.left() - 6.0, rect.y_range(), Stroke::new(2.0, Tokens::of(ui).accent));
    ui.ctx().request_repaint_after_secs(left as f32);
}

/// What is wrong, and what to do.
pub(crate) fn problem(ui: &mut Ui, problem: &Problem) {
    let tokens = Tokens::of(ui);
    let color = if problem.is_error() { tokens.error } else { tokens.warn };
    text::trouble(ui, &advice(problem), color);
}

/// What goes wrong while a switch is on.
pub(crate) fn danger(ui: &mut Ui, words: &str) {
    let tokens = Tokens::of(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (place, _) = ui.allocate_exact_size(Vec2::new(14.0, 16.0), Sense::hover());
        let sign = Rect::from_center_size(place.center(), Vec2::splat(14.0));
        icon::paint(ui.painter(), "ui/warning", sign, tokens.error);
        text::trouble(ui, words, tokens.error);
    });
}
