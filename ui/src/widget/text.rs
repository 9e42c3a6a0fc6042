//! Text that fits: one line with an ellipsis, and prose with `code` in it.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align, Color32, FontId, Galley, Label, Response, Ui};

use crate::theme::{self, Tokens};

/// One line, ellipsized at `width`.
pub fn line(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// How wide `text` is in one line.
pub fn width(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.fonts_mut(|fonts| fonts.layout_no_wrap(text.to_owned(), font, Color32::WHITE)).size().x
}

/// Sentences of 12 points in `color`; what stands in backticks is code.
pub fn prose(text: &str, color: Color32, code: Color32) -> LayoutJob {
    let mut job = LayoutJob::default();
    for (i, part) in text.split('`').enumerate() {
        let (font, color) = if i % 2 == 1 { (theme::mono_small(), code) } else { (theme::small(), color) };
        let format = TextFormat { valign: Align::Center, ..TextFormat::simple(font, color) };
        job.append(part, 0.0, format);
    }
    job
}

/// A paragraph of explanation, wrapped.
pub fn paragraph(ui: &mut Ui, text: &str) -> Response {
    let tokens = Tokens::of(ui);
    spoken(ui, text, prose(text, tokens.dim, tokens.text))
}

/// Something that is wrong, in words; the colour says how bad it is.
pub fn trouble(ui: &mut Ui, text: &str, color: Color32) -> Response {
    spoken(ui, text, prose(text, color, color))
}

/// Screen readers hear the backticks as the file has them, so that tests find messages as they were written.
fn spoken(ui: &mut Ui, text: &str, job: LayoutJob) -> Response {
    let response = ui.add(Label::new(job).wrap());
    response.ctx.accesskit_node_builder(response.id, |node| node.set_value(text));
    response
}
