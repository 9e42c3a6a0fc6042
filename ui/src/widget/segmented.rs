//! A few choices side by side.

use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, StrokeKind, Ui, Vec2, WidgetInfo};

use crate::theme::{self, Tokens, space};

const PAD: f32 = 10.0;

/// As wide as its labels ask; the choice that is clicked is the answer, if it is another one.
pub fn segmented<T: Copy + PartialEq>(ui: &mut Ui, choices: &[(T, &str)], picked: T) -> Option<T> {
    let tokens = Tokens::of(ui);
    let widths: Vec<f32> = choices
        .iter()
        .map(|(_, label)| {
            let text = ui.painter().layout_no_wrap((*label).to_owned(), theme::small(), tokens.text);
            (text.size().x + 2.0 * PAD).ceil()
        })
        .collect();
    let size = Vec2::new(widths.iter().sum(), 22.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().rect(rect, space::RADIUS, tokens.window, (1.0, tokens.line), StrokeKind::Inside);
    let mut answer = None;
    let mut left = rect.left();
    for (at, ((value, label), width)) in choices.iter().zip(widths).enumerate() {
        let part = Rect::from_min_size(egui::pos2(left, rect.top()), Vec2::new(width, rect.height()));
        left += width;
        let is_picked = *value == picked;
        let response = ui.interact(part, ui.unique_id().with(("segment", label, at)), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_picked, *label));
        let color = match is_picked {
            true => tokens.accent,
            false if response.hovered() || response.has_focus() => tokens.text,
            false => tokens.dim,
        };
        if is_picked {
            ui.painter().rect_filled(part.shrink(2.0), space::RADIUS - 2, tokens.accent_tint);
        }
        ui.painter().text(part.center(), Align2::CENTER_CENTER, label, theme::small(), color);
        if response.clicked() && !is_picked {
            answer = Some(*value);
        }
    }
    answer
}
