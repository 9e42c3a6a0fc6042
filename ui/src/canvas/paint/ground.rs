//! The ground: dots on a grid that keeps its distance on screen.

use egui::{Color32, Mesh, Painter, Pos2, Rect, Shape, Vec2};

use super::super::camera::Camera;
use crate::theme::Tokens;

/// Between dots, in canvas points.
const STEP: f32 = 24.0;
/// Dots nearer than this on screen are left out.
const NEAREST: f32 = 18.0;

pub(super) fn paint(painter: &Painter, camera: &Camera, tokens: &Tokens) {
    painter.rect_filled(camera.rect, 0.0, tokens.window);
    let mut step = STEP;
    while step * camera.zoom < NEAREST {
        step *= 2.0;
    }
    let pixels_per_point = painter.pixels_per_point();
    let dot = Vec2::splat((1.4 * pixels_per_point).round().max(1.0) / pixels_per_point);
    let visible = camera.visible();
    let color = super::mix(tokens.window, tokens.line_strong, 0.75);
    let mut mesh = Mesh::default();
    let (left, top) = ((visible.left() / step).floor() as i32, (visible.top() / step).floor() as i32);
    let (right, bottom) = ((visible.right() / step).ceil() as i32, (visible.bottom() / step).ceil() as i32);
    for y in top..=bottom {
        for x in left..=right {
            let at = camera.to_screen(Pos2::new(x as f32 * step, y as f32 * step));
            quad(&mut mesh, Rect::from_min_size(at - dot / 2.0, dot), color);
        }
    }
    painter.add(Shape::mesh(mesh));
}

pub(super) fn quad(mesh: &mut Mesh, rect: Rect, color: Color32) {
    mesh.add_colored_rect(rect, color);
}
