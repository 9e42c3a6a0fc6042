//! A field of several lines, or of one that takes pasted lines as they are.

use egui::{FontId, Frame, Id, Margin, Response, ScrollArea, TextEdit, Ui};

use super::field;
use crate::theme::{self, Tokens};

/// A field over text that may have line ends.
pub struct Lines<'a> {
    pub id: Id,
    /// What screen readers, and tests, call it.
    pub label: &'a str,
    /// Shown while the field is empty.
    pub hint: &'a str,
    pub font: FontId,
    pub width: f32,
    pub is_wrong: bool,
    /// Dots in place of the text, also for screen readers.
    pub is_masked: bool,
    /// Enter ends a line; else only what is pasted has several.
    pub takes_enter: bool,
    /// Lines that are shown at least, and before it scrolls.
    pub rows: (usize, usize),
}

impl<'a> Lines<'a> {
    pub fn new(id: Id, label: &'a str) -> Self {
        Self {
            id,
            label,
            hint: "",
            font: theme::body(),
            width: f32::INFINITY,
            is_wrong: false,
            is_masked: false,
            takes_enter: true,
            rows: (1, usize::MAX),
        }
    }

    /// Draws the field over `text`.
    pub fn show(self, ui: &mut Ui, text: &mut String) -> Response {
        let tokens = Tokens::of(ui);
        let frame = field::frame(ui, self.id, self.is_wrong).inner_margin(Margin::symmetric(7, 5));
        let height = ui.fonts_mut(|fonts| fonts.row_height(&self.font));
        let edit = TextEdit::multiline(text)
            .id(self.id)
            .font(self.font)
            .text_color(tokens.text)
            .hint_text(egui::RichText::new(self.hint).color(tokens.faint))
            .password(self.is_masked)
            .desired_rows(self.rows.0);
        let edit = if self.takes_enter { edit } else { edit.return_key(None) };
        if self.rows.1 == usize::MAX {
            return ui.add(edit.frame(frame).desired_width(self.width)).accessible_name(self.label);
        }
        let width = self.width.min(ui.available_width());
        let scrolled = |ui: &mut Ui| {
            ui.set_width(width - 16.0);
            let area = ScrollArea::vertical().id_salt(self.id).max_height(height * self.rows.1 as f32);
            let edit = edit.frame(Frame::NONE).desired_width(f32::INFINITY);
            area.show(ui, |ui| ui.add(edit).accessible_name(self.label)).inner
        };
        frame.show(ui, scrolled).inner
    }
}
