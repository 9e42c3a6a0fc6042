//! One topic: typed, or picked from those of the cluster.

use egui::Ui;

use crate::form::At;
use crate::theme::{self, Tokens};
use crate::widget::field::Field;
use crate::widget::{button, text};

pub(super) fn edit(topic: &mut String, ui: &mut Ui, at: &mut At<'_>) {
    let shown = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = ui.available_width() - 32.0;
        let field = Field::new(at.id, "Topic").mono().hint("Name of a topic").wrong(at.is_wrong(""));
        let field = field.width(width).show(ui, topic);
        let open = ui.push_id(at.id, |ui| button::opens(ui, "Find topic")).inner;
        (field, open)
    });
    let (field, open) = shown.inner;
    let place = field.rect.union(open.rect);
    let anchor = open.with_new_rect(place);
    let current = topic.clone();
    if let Some(picked) = super::find(ui, at, &anchor, &|name| name == current, false) {
        *topic = picked;
    }
    if let Some(summary) = super::summary(at, topic) {
        let faint = Tokens::of(ui).faint;
        let line = text::line(ui, &summary, theme::small(), faint, ui.available_width());
        ui.label(line).on_hover_text(summary);
    }
    super::waiting(ui, at);
}
