//! Buttons of bars and dialogs.

use egui::{Color32, CornerRadius, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

use super::button;
use crate::icon;
use crate::theme::{self, Tokens, space};

/// How much a button stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonLook {
    Primary,
    Framed,
    Quiet,
}

const ICON: f32 = 14.0;
const PAD: f32 = 11.0;
const GAP: f32 = 7.0;

/// A button with an icon, a label and, in a cap of its own, its keys. One that is off (`is_on`) takes no clicks and
/// says why in its hover text as any other: egui does not know it as disabled.
pub fn button(
    ui: &mut Ui,
    icon_name: Option<&str>,
    label: &str,
    keys: Option<&str>,
    look: ButtonLook,
    is_on: bool,
) -> Response {
    let tokens = Tokens::of(ui);
    let keys = keys.filter(|keys| !keys.is_empty());
    let ink = match look {
        ButtonLook::Primary => tokens.on_accent,
        ButtonLook::Framed => tokens.text,
        ButtonLook::Quiet => tokens.dim,
    };
    let font = if look == ButtonLook::Quiet { theme::body() } else { theme::strong() };
    let text = ui.painter().layout_no_wrap(label.to_owned(), font, ink);
    let cap = keys.map(|keys| ui.painter().layout_no_wrap(keys.to_owned(), theme::mono_small(), tokens.dim));
    let mut width = 2.0 * PAD + text.size().x;
    width += if icon_name.is_some() { ICON + GAP } else { 0.0 };
    width += cap.as_ref().map_or(0.0, |cap| cap.size().x + 12.0 + GAP);
    let sense = if is_on { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, space::ROW), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, is_on, label));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let fade = |color: Color32| if is_on { color } else { color.gamma_multiply(0.45) };
    ground(ui, rect, look, &response, is_on);
    let mut x = rect.left() + PAD;
    if let Some(name) = icon_name {
        let place = Rect::from_center_size(egui::pos2(x + ICON / 2.0, rect.center().y), Vec2::splat(ICON));
        icon::paint(ui.painter(), name, place, fade(ink));
        x += ICON + GAP;
    }
    let at = egui::pos2(x, rect.center().y - text.size().y / 2.0);
    x += text.size().x + GAP;
    ui.painter().galley_with_override_text_color(at, text, fade(ink));
    if let Some(cap) = cap {
        let size = Vec2::new(cap.size().x + 12.0, 18.0);
        let place = Rect::from_center_size(egui::pos2(x + size.x / 2.0, rect.center().y), size);
        let stroke = Stroke::new(1.0, tokens.line_strong);
        ui.painter().rect(place, CornerRadius::same(4), Color32::TRANSPARENT, stroke, StrokeKind::Inside);
        ui.painter().galley(place.center() - cap.size() / 2.0, cap, fade(tokens.dim));
    }
    response
}

fn ground(ui: &Ui, rect: Rect, look: ButtonLook, response: &Response, is_on: bool) {
    let tokens = Tokens::of(ui);
    let is_hot = is_on && (response.hovered() || response.is_pointer_button_down_on());
    let (fill, line) = match look {
        ButtonLook::Primary if is_hot => (tokens.accent, Color32::TRANSPARENT),
        ButtonLook::Primary if is_on => (tokens.accent_fill, Color32::TRANSPARENT),
        ButtonLook::Primary => (tokens.accent_fill.gamma_multiply(0.35), Color32::TRANSPARENT),
        ButtonLook::Framed if is_hot => (tokens.hover, tokens.line_strong),
        ButtonLook::Framed => (tokens.raised, tokens.line_strong),
        ButtonLook::Quiet if is_hot => (tokens.hover, Color32::TRANSPARENT),
        ButtonLook::Quiet => (Color32::TRANSPARENT, Color32::TRANSPARENT),
    };
    let radius = CornerRadius::same(space::RADIUS);
    ui.painter().rect(rect, radius, fill, Stroke::new(1.0, line), StrokeKind::Inside);
    // On its own colour the ring would not be seen.
    let ring = if look == ButtonLook::Primary { response.rect.expand(2.5) } else { response.rect };
    button::focus_ring_at(ui, response, ring);
}

/// A square button with an icon alone; `label` is its hover text and its name for screen readers.
pub fn icon_button(ui: &mut Ui, name: &str, label: &str) -> Response {
    icon_button_enabled(ui, name, label, true).on_hover_text(label)
}

/// As [`icon_button`], possibly off, and without a hover text.
pub fn icon_button_enabled(ui: &mut Ui, name: &str, label: &str, is_on: bool) -> Response {
    button::bare_icon(ui, name, label, Vec2::splat(space::ROW), 16.0, Tokens::of(ui).dim, is_on)
}

/// A hairline between groups of tools.
pub fn rule(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(Vec2::new(17.0, 20.0), Sense::hover());
    ui.painter().vline(rect.center().x, rect.y_range(), Stroke::new(1.0, Tokens::of(ui).line));
}

/// At most `letters` of `text`, with `…` where there were more.
pub fn ellipsized(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}
