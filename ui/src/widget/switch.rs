//! On or off.

use egui::accesskit::Role;
use egui::{CursorIcon, Id, Response, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

use crate::theme::Tokens;

const SIZE: Vec2 = Vec2::new(30.0, 18.0);

/// A switch; `label` is what screen readers call it.
pub fn switch(ui: &mut Ui, id: Id, label: &str, on: &mut bool) -> Response {
    let (_, rect) = ui.allocate_space(SIZE);
    let mut response = ui.interact(rect, id, Sense::click());
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    let is_on = *on;
    response.widget_info(|| WidgetInfo::selected(Role::Switch, ui.is_enabled(), is_on, label));
    let tokens = Tokens::of(ui);
    let how = ui.ctx().animate_bool_responsive(response.id, is_on);
    let edge = match () {
        () if response.has_focus() => tokens.accent,
        () if is_on => tokens.accent_fill,
        () if response.hovered() => tokens.dim,
        () => tokens.line_strong,
    };
    let fill = if is_on { tokens.accent_fill } else { tokens.window };
    let radius = rect.height() / 2.0;
    ui.painter().rect(rect, radius, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
    let x = egui::lerp((rect.left() + radius)..=(rect.right() - radius), how);
    let knob = if is_on { tokens.on_accent } else { tokens.dim };
    ui.painter().circle_filled(egui::pos2(x, rect.center().y), radius - 4.0, knob);
    if response.has_focus() {
        ui.painter().rect_stroke(
            rect.expand(2.0),
            radius + 2.0,
            Stroke::new(1.0, tokens.accent),
            StrokeKind::Outside,
        );
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}
