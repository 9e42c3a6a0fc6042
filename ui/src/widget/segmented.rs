//! A few choices side by side.

use egui::accesskit::Role;
use egui::{CursorIcon, FontId, Id, Rect, Sense, StrokeKind, Ui, Vec2, WidgetInfo};

use super::{button, text};
use crate::theme::{self, Tokens, space};

const PAD: f32 = 10.0;

/// As wide as its labels ask; the choice that is clicked is the answer, if it is another one.
pub fn segmented<T: Copy + PartialEq>(
    ui: &mut Ui,
    label: &str,
    choices: &[(T, &str)],
    picked: T,
) -> Option<T> {
    let options: Vec<&str> = choices.iter().map(|(_, option)| *option).collect();
    let width = |option: &&str| (text::width(ui, option, theme::small()) + 2.0 * PAD).ceil();
    let widths: Vec<f32> = options.iter().map(width).collect();
    let look = Look { height: 22.0, picked: theme::small(), other: theme::small() };
    let picked = choices.iter().position(|(value, _)| *value == picked);
    let id = ui.unique_id().with(("segments", label));
    segments(ui, id, label, &options, &widths, picked, &look).map(|at| choices[at].0)
}

pub(super) struct Look {
    pub height: f32,
    /// Of the picked one, and of the others.
    pub picked: FontId,
    pub other: FontId,
}

/// Segments of those widths; the place of the one that is clicked, if it is another one.
pub(super) fn segments(
    ui: &mut Ui,
    id: Id,
    label: &str,
    options: &[&str],
    widths: &[f32],
    picked: Option<usize>,
    look: &Look,
) -> Option<usize> {
    let tokens = Tokens::of(ui);
    let (_, rect) = ui.allocate_space(Vec2::new(widths.iter().sum(), look.height));
    let group = ui.interact(rect, id, Sense::hover());
    group.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, true, label));
    ui.painter().rect(rect, space::RADIUS, tokens.window, (1.0, tokens.line), StrokeKind::Inside);
    let mut answer = None;
    let mut left = rect.left();
    for (at, (option, width)) in options.iter().zip(widths).enumerate() {
        let place = Rect::from_min_size(egui::pos2(left, rect.top()), Vec2::new(*width, rect.height()));
        left += width;
        let is_picked = picked == Some(at);
        let response = ui.interact(place, id.with(at), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), is_picked, *option));
        let inner = place.shrink(1.0);
        if is_picked {
            ui.painter().rect_filled(inner, space::RADIUS - 1, tokens.accent_tint);
        } else if response.hovered() {
            ui.painter().rect_filled(inner, space::RADIUS - 1, tokens.hover);
        }
        button::focus_ring(ui, &response);
        let (font, color) = if is_picked { (&look.picked, tokens.accent) } else { (&look.other, tokens.dim) };
        let words = text::line(ui, option, font.clone(), color, place.width() - 8.0);
        ui.painter().galley(place.center() - words.size() / 2.0, words, color);
        if response.on_hover_cursor(CursorIcon::PointingHand).clicked() && !is_picked {
            answer = Some(at);
        }
    }
    answer
}
