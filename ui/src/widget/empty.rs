//! What a panel says when it has nothing to show: why, and what to do about it.

use egui::{Align, Layout, Rect, RichText, Ui, UiBuilder, Vec2};

use crate::theme::{self, Tokens};

const WIDEST: f32 = 420.0;
const ICON: f32 = 20.0;

/// The words.
#[derive(Clone, Copy, Debug, Default)]
pub struct Empty<'a> {
    pub icon: &'a str,
    pub title: &'a str,
    /// A sentence below; may be empty.
    pub text: &'a str,
    /// In the colour of an error.
    pub is_error: bool,
}

/// Words in the middle of what is left of `ui`, and below them what can be done.
pub fn empty(ui: &mut Ui, words: &Empty<'_>, actions: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::of(ui);
    let room = ui.available_rect_before_wrap();
    let width = room.width().min(WIDEST);
    let text_height = if words.text.is_empty() { 0.0 } else { 36.0 };
    let height = (ICON + 8.0 + 20.0 + text_height + 34.0).min(room.height());
    let place = Rect::from_center_size(room.center(), Vec2::new(width, height)).intersect(room);
    ui.scope_builder(UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Center)), |ui| {
        ui.set_clip_rect(room.intersect(ui.clip_rect()));
        ui.spacing_mut().item_spacing.y = 6.0;
        let color = if words.is_error { tokens.error } else { tokens.faint };
        if height > 100.0 {
            let (icon, _) = ui.allocate_exact_size(Vec2::splat(ICON), egui::Sense::hover());
            crate::icon::paint(ui.painter(), words.icon, icon, color);
        }
        ui.label(RichText::new(words.title).font(theme::strong()).color(tokens.text));
        if !words.text.is_empty() {
            ui.label(RichText::new(words.text).font(theme::small()).color(tokens.dim));
        }
        actions(ui);
    });
    ui.advance_cursor_after_rect(room);
}
