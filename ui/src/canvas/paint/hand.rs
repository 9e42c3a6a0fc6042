//! What is in the user's hand: a wire's end, a box, a kind from the palette.

use egui::{Align2, Color32, FontId, Mesh, Painter, Rect, Shape, Stroke, StrokeKind, Ui, Vec2};

use super::super::CanvasState;
use super::super::drop::Ghost;
use super::super::geometry::{self, Curve, PADDING, TEXT};
use super::super::gesture::{Gesture, Wiring};
use super::wire::stroke;
use super::{line, sized, tile};
use crate::theme::{self, Tokens, space};

impl CanvasState {
    pub(super) fn paint_hand(&self, ui: &Ui, painter: &Painter, tokens: &Tokens) {
        match &self.gesture {
            Gesture::Box(boxing) => {
                let rect = self.camera.rect_to_screen(Rect::from_two_pos(boxing.from, boxing.to));
                painter.rect(
                    rect,
                    3.0,
                    tokens.accent.gamma_multiply(0.10),
                    Stroke::new(1.0, tokens.accent),
                    StrokeKind::Inside,
                );
            }
            Gesture::Wire(wiring) => self.paint_wire_in_hand(ui, painter, tokens, wiring),
            Gesture::Move(moving) if moving.link.is_some() => {
                let at = self.item_rect(moving.grabbed).center_bottom() + Vec2::Y * 10.0;
                hint(painter, at, "Release to put it in this wire", tokens.text, tokens);
            }
            _ => {}
        }
    }

    fn paint_wire_in_hand(&self, ui: &Ui, painter: &Painter, tokens: &Tokens, wiring: &Wiring) {
        let zoom = self.camera.zoom;
        let port = |item: usize, port: usize, is_output: bool| {
            let node = &self.scene.items[item];
            node.rect.min + if is_output { node.output_offset(port) } else { node.input_offset(port) }
        };
        let anchor = wiring.anchor;
        let fixed = port(anchor.item, anchor.port, anchor.is_output);
        let loose = wiring.target.map_or(wiring.to, |(item, at)| port(item, at, !anchor.is_output));
        let curve = if anchor.is_output { Curve::new(fixed, loose) } else { Curve::new(loose, fixed) };
        let color = if wiring.is_refused { tokens.error } else { tokens.accent };
        let mut mesh = Mesh::default();
        let feather = 1.0 / painter.pixels_per_point();
        stroke(
            &mut mesh,
            &curve.map(|pos| self.camera.to_screen(pos)),
            (2.2 * zoom).clamp(1.2, 3.0),
            color,
            feather,
        );
        painter.add(Shape::mesh(mesh));
        painter.circle_filled(self.camera.to_screen(loose), (4.0 * zoom).max(2.5), color);
        if wiring.is_refused {
            ui.ctx().set_cursor_icon(egui::CursorIcon::NotAllowed);
        }
        let color = if wiring.is_refused { tokens.error } else { tokens.text };
        hint(painter, self.camera.to_screen(wiring.to) + Vec2::new(0.0, 18.0), &wiring.hint, color, tokens);
    }

    pub(super) fn paint_ghost(&self, painter: &Painter, tokens: &Tokens, ghost: &Ghost) {
        let zoom = self.camera.zoom;
        let rect = self.camera.rect_to_screen(ghost.rect);
        let mut faded = painter.clone();
        faded.set_opacity(0.92);
        let radius = f32::from(space::NODE_RADIUS) * zoom;
        faded.rect(rect, radius, tokens.panel, Stroke::new(1.5, tokens.accent), StrokeKind::Inside);
        let at = rect.min + Vec2::new(PADDING, 10.0) * zoom;
        let edge = Vec2::splat(geometry::ICON * zoom);
        tile(&faded, Rect::from_min_size(at, edge), ghost.card.id, tokens.group(ghost.card.group));
        let font: FontId = sized(&theme::strong(), zoom);
        let at = rect.min + Vec2::new(TEXT, 20.0) * zoom;
        line(&faded, at, Align2::LEFT_CENTER, ghost.card.name, font, tokens.text, rect.width() - TEXT * zoom);
        if ghost.link.is_some() {
            hint(
                painter,
                rect.center_bottom() + Vec2::Y * 10.0,
                "Release to put it in this wire",
                tokens.text,
                tokens,
            );
        }
    }
}

/// A few words on a panel of their own, below `at`.
fn hint(painter: &Painter, at: egui::Pos2, text: &str, color: Color32, tokens: &Tokens) {
    if text.is_empty() {
        return;
    }
    let galley = painter.layout_no_wrap(text.to_owned(), theme::small(), color);
    let room = painter.clip_rect().shrink(6.0);
    let size = galley.size() + Vec2::new(16.0, 8.0);
    let mut rect = Align2::CENTER_TOP.anchor_size(at, size);
    let missing = Vec2::new(
        (rect.right() - room.right()).max(0.0) - (room.left() - rect.left()).max(0.0),
        (rect.bottom() - room.bottom()).max(0.0),
    );
    rect = rect.translate(-missing);
    painter.rect(
        rect,
        f32::from(space::RADIUS),
        tokens.raised,
        Stroke::new(1.0, tokens.line_strong),
        StrokeKind::Inside,
    );
    painter.galley(rect.min + Vec2::new(8.0, 4.0), galley, color);
}
