//! Certificates: the path of a file, or PEM text that was pasted.

use egui::Ui;
use flowloom_flow::value::Certificate;

use super::Edit;
use crate::form::At;
use crate::theme;
use crate::widget::lines::Lines;
use crate::widget::{button, text};

impl Edit for Certificate {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        if let Some(picked) = at.take_picked() {
            self.0 = picked.to_string_lossy().into_owned();
        }
        ui.horizontal_top(|ui| {
            let button = text::width(ui, "Choose file…", theme::strong()) + 20.0;
            let width = ui.available_width() - button - ui.spacing().item_spacing.x;
            let lines = self.0.lines().count();
            let field = Lines {
                hint: "Path, or paste the PEM text",
                font: theme::mono(),
                width,
                is_wrong: at.is_wrong(""),
                takes_enter: lines > 1,
                rows: (1, if lines > 1 { 6 } else { usize::MAX }),
                ..Lines::new(at.id, at.label)
            };
            let field = field.show(ui, &mut self.0);
            if lines == 1 {
                field.on_hover_text(&self.0);
            }
            let label = format!("Choose file for {}…", crate::widget::rows::lower(at.label));
            let choose = button::framed(ui, "Choose file…");
            choose.widget_info(|| {
                egui::WidgetInfo::labeled(egui::accesskit::Role::Button, ui.is_enabled(), &label)
            });
            if choose.clicked() {
                at.pick();
            }
        });
    }
}
