//! A field that opens a list.

use egui::accesskit::Role;
use egui::{
    Color32, CursorIcon, FontId, Id, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
};

use super::{pick, text};
use crate::icon;
use crate::theme::{self, Tokens, space};

/// How a closed drop-down looks.
pub struct Dropdown<'a> {
    pub id: Id,
    /// What screen readers call it.
    pub label: &'a str,
    pub value: &'a str,
    /// In place of a value.
    pub empty: &'a str,
    /// Beside the value, faint.
    pub detail: &'a str,
    pub is_mono: bool,
    pub color: Option<Color32>,
    pub is_wrong: bool,
    pub width: f32,
}

impl<'a> Dropdown<'a> {
    pub fn new(id: Id, label: &'a str, value: &'a str) -> Self {
        Self {
            id,
            label,
            value,
            empty: "Choose",
            detail: "",
            is_mono: false,
            color: None,
            is_wrong: false,
            width: f32::INFINITY,
        }
    }

    /// The closed field; [`pick::list`] opens under it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = Tokens::of(ui);
        let size = Vec2::new(self.width.min(ui.available_width()), space::ROW);
        let (_, rect) = ui.allocate_space(size);
        let response = ui.interact(rect, self.id, Sense::click());
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), self.label);
            info.current_text_value = Some(self.value.to_owned());
            info
        });
        let is_open = pick::is_open(ui, &response);
        let edge = match () {
            () if self.is_wrong => tokens.error,
            () if is_open || response.has_focus() => tokens.accent,
            () if response.hovered() => tokens.line_strong,
            () => tokens.line,
        };
        ui.painter().rect(rect, space::RADIUS, tokens.window, Stroke::new(1.0, edge), StrokeKind::Inside);
        let inner = Rect::from_min_max(rect.min + Vec2::new(8.0, 0.0), rect.max - Vec2::new(24.0, 0.0));
        let font: FontId = if self.is_mono { theme::mono() } else { theme::body() };
        let (words, color) = match self.value {
            "" => (self.empty, tokens.faint),
            value => (value, self.color.unwrap_or(tokens.text)),
        };
        let words = text::line(ui, words, font, color, inner.width());
        let space = inner.width() - words.size().x - 8.0;
        let y = |height: f32| rect.center().y - height / 2.0;
        if !self.detail.is_empty() && space > 24.0 {
            let detail = text::line(ui, self.detail, theme::mono_small(), tokens.faint, space);
            let at = egui::pos2(inner.right() - detail.size().x, y(detail.size().y));
            ui.painter().galley(at, detail, tokens.faint);
        }
        let is_cut = words.elided;
        ui.painter().galley(egui::pos2(inner.left(), y(words.size().y)), words, color);
        let center = egui::pos2(rect.right() - 14.0, rect.center().y);
        let chevron = Rect::from_center_size(center, Vec2::splat(12.0));
        icon::paint(ui.painter(), "ui/chevron_down", chevron, tokens.dim);
        let response = response.on_hover_cursor(CursorIcon::PointingHand);
        if is_cut && !is_open { response.on_hover_text(self.value) } else { response }
    }
}
