//! Wires: one mesh for all that are seen, with soft edges of one pixel, and their row counts.

use egui::epaint::{Vertex, WHITE_UV};
use egui::{Align2, Color32, Mesh, Painter, Shape, Vec2};

use super::super::CanvasState;
use super::super::frame::Detail;
use super::super::geometry::Curve;
use super::super::gesture::Gesture;
use super::super::hit::Hit;
use super::{line, sized};
use crate::status::Status;
use crate::theme::{self, Tokens};

impl CanvasState {
    pub(super) fn paint_links(
        &self,
        painter: &Painter,
        tokens: &Tokens,
        links: &[u32],
        detail: Detail,
        insert: Option<usize>,
    ) {
        let zoom = self.camera.zoom;
        let feather = 1.0 / painter.pixels_per_point();
        let width = (1.6 * zoom).clamp(0.6, 2.5);
        let clip = painter.clip_rect().expand(8.0);
        let taken = match &self.gesture {
            Gesture::Wire(wiring) => wiring.replaced,
            _ => None,
        };
        let mut mesh = Mesh::default();
        let mut labels = Vec::new();
        for link in links.iter().map(|link| *link as usize).filter(|link| Some(*link) != taken) {
            let curve = self.link_curve(link);
            if !curve.bounds().intersects(clip) {
                continue;
            }
            let (color, is_strong) = self.link_color(link, tokens, insert);
            let width = if is_strong { width * 1.5 } else { width };
            stroke(&mut mesh, &curve, width, color, feather);
            if detail == Detail::Full {
                labels.push((link, curve));
            }
        }
        painter.add(Shape::mesh(mesh));
        for (link, curve) in labels {
            self.paint_count(painter, tokens, link, &curve);
        }
    }

    fn link_color(&self, link: usize, tokens: &Tokens, insert: Option<usize>) -> (Color32, bool) {
        let ends = &self.scene.links[link];
        let state = |item: usize| self.known.state(item);
        if insert == Some(link) {
            (tokens.accent, true)
        } else if matches!(self.gesture, Gesture::Wire(_)) {
            (tokens.line, false)
        } else if self.hover.hit == Hit::Link(link, 0.0) || self.hover.is_link(link) {
            (tokens.accent, true)
        } else if self.hover.is_lit(ends.from, ends.to) || state(ends.to) == Some(Status::Running) {
            (tokens.accent, false)
        } else {
            (tokens.line_strong, false)
        }
    }

    /// Rows that passed, on a gap in the wire.
    fn paint_count(&self, painter: &Painter, tokens: &Tokens, link: usize, curve: &Curve) {
        let ends = &self.scene.links[link];
        let rows = self.known.fact(ends.from).and_then(|fact| fact.rows.get(ends.from_port));
        let Some(rows) = rows.filter(|rows| !rows.is_empty()) else { return };
        let zoom = self.camera.zoom;
        let font = sized(&theme::mono_small(), zoom);
        let length = curve.0[0].distance(curve.0[3]);
        let galley = painter.layout_no_wrap(rows.clone(), font.clone(), Color32::PLACEHOLDER);
        if galley.size().x + 20.0 * zoom > length {
            return;
        }
        let middle = curve.at(0.5);
        let gap = egui::Rect::from_center_size(middle, galley.size() + Vec2::new(8.0, 2.0) * zoom);
        painter.rect_filled(gap, 3.0 * zoom, tokens.window);
        line(painter, middle, Align2::CENTER_CENTER, rows, font, tokens.dim, f32::INFINITY);
    }
}

/// Adds a curve as a strip of four vertices a step: soft edge, core, core, soft edge.
pub(super) fn stroke(mesh: &mut Mesh, curve: &Curve, width: f32, color: Color32, feather: f32) {
    let length = curve.0[0].distance(curve.0[3]);
    let is_straight = (curve.0[0].y - curve.0[3].y).abs() < 0.5 && curve.0[1].x <= curve.0[2].x + 0.5;
    let steps = if is_straight { 1 } else { ((length / 7.0) as u32).clamp(2, 40) };
    let outer = f32::midpoint(width, feather);
    let inner = ((width - feather) / 2.0).max(0.0);
    // Thinner than a pixel: paler instead.
    let color = if width < feather { color.gamma_multiply(width / feather) } else { color };
    let columns =
        [(-outer, Color32::TRANSPARENT), (-inner, color), (inner, color), (outer, Color32::TRANSPARENT)];
    let base = mesh.vertices.len() as u32;
    for step in 0..=steps {
        let t = step as f32 / steps as f32;
        let at = curve.at(t);
        let slope = curve.slope(t);
        let along = if slope.length_sq() > 1e-6 { slope.normalized() } else { Vec2::X };
        let across = along.rot90();
        for (offset, color) in columns {
            mesh.vertices.push(Vertex { pos: at + across * offset, uv: WHITE_UV, color });
        }
        if step > 0 {
            let to = base + step * 4;
            let from = to - 4;
            for column in 0..3 {
                mesh.add_triangle(from + column, from + column + 1, to + column);
                mesh.add_triangle(from + column + 1, to + column + 1, to + column);
            }
        }
    }
}
