//! Scroll bars over a table's edges. They count in double precision: egui's own scroll areas lose points
//! beyond a few million rows.

use egui::{Rect, Sense, Ui, Vec2, WidgetInfo, accesskit::Role};

use crate::theme::Tokens;

const THICK: f32 = 10.0;
const SHORTEST: f32 = 24.0;

/// One direction of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Track {
    /// What is seen, and what there is, in points.
    pub(super) seen: f64,
    pub(super) all: f64,
}

impl Track {
    pub(super) fn most(self) -> f64 {
        (self.all - self.seen).max(0.0)
    }
}

/// Draws the bars of `area` where there is more than is seen, and follows the mouse on them.
pub(super) fn show(ui: &Ui, area: Rect, x: (Track, &mut f64), y: (Track, &mut f64)) {
    let has_both = x.0.most() > 0.0 && y.0.most() > 0.0;
    let corner = if has_both { THICK } else { 0.0 };
    let right = Rect::from_min_max(area.right_top() - Vec2::X * THICK, area.max - Vec2::Y * corner);
    let bottom = Rect::from_min_max(area.left_bottom() - Vec2::Y * THICK, area.max - Vec2::X * corner);
    bar(ui, "Scroll rows", right, 1, y);
    bar(ui, "Scroll columns", bottom, 0, x);
}

fn bar(ui: &Ui, name: &str, lane: Rect, axis: usize, (track, at): (Track, &mut f64)) {
    if track.most() <= 0.0 || lane.size()[axis] < SHORTEST {
        return;
    }
    let length = lane.size()[axis];
    let grip = (f64::from(length) * track.seen / track.all).max(f64::from(SHORTEST)) as f32;
    let room = f64::from(length - grip);
    let response = ui.interact(lane, ui.unique_id().with(name), Sense::drag());
    response
        .widget_info(|| WidgetInfo { value: Some(*at), ..WidgetInfo::labeled(Role::ScrollBar, true, name) });
    let start = lane.min[axis] + (*at / track.most() * room) as f32;
    if let Some(pointer) = response.interact_pointer_pos() {
        let pointer = pointer[axis];
        let is_on_grip = (start..start + grip).contains(&(pointer - response.drag_delta()[axis]));
        let moved = if response.dragged() && !response.drag_started() {
            response.drag_delta()[axis]
        } else if is_on_grip {
            0.0
        } else {
            // Beside the grip: it jumps under the mouse.
            pointer - grip / 2.0 - start
        };
        let moved = f64::from(moved);
        *at = (*at + moved / room.max(1.0) * track.most()).clamp(0.0, track.most());
    }
    let is_near = response.hovered() || response.dragged();
    let tokens = Tokens::of(ui);
    let start = lane.min[axis] + (*at / track.most() * room) as f32;
    let mut shape = lane;
    shape.min[axis] = start;
    shape.max[axis] = start + grip;
    let margin = if is_near { 1.5 } else { 3.0 };
    let color = if is_near { tokens.faint } else { tokens.line_strong };
    ui.painter().rect_filled(shape.shrink(margin), THICK / 2.0, color);
}
