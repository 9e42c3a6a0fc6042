//! Nodes from afar: bodies stamped into one mesh, icons into one for each kind, names only where they are read.

use std::sync::Arc;

use egui::epaint::{CornerRadius, RectShape};
use egui::{Align2, Color32, Context, Mesh, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, TextureId, Vec2};

use super::super::CanvasState;
use super::super::frame::Detail;
use super::super::geometry;
use super::{line, mix};
use crate::icon;
use crate::status::Status;
use crate::theme::{self, Tokens, space};

/// A body of that size and look, made once: its vertices are copied to wherever it stands.
#[derive(Clone, PartialEq)]
struct Body {
    size: Vec2,
    radius: f32,
    fill: Color32,
    stroke: Stroke,
}

/// Stamps of one zoom.
#[derive(Default)]
pub(in super::super) struct Brushes {
    zoom: f32,
    pixels_per_point: f32,
    stamps: Vec<(Body, Arc<Mesh>)>,
}

impl Brushes {
    fn prepare(&mut self, zoom: f32, pixels_per_point: f32) {
        let key = (zoom.to_bits(), pixels_per_point.to_bits());
        if (self.zoom.to_bits(), self.pixels_per_point.to_bits()) != key || self.stamps.len() > 200 {
            *self = Self { zoom, pixels_per_point, stamps: Vec::new() };
        }
    }

    fn stamp(&mut self, ctx: &Context, look: Body, at: Pos2, into: &mut Mesh) {
        let found = self.stamps.iter().find(|(each, _)| *each == look).map(|(_, mesh)| Arc::clone(mesh));
        let mesh = found.unwrap_or_else(|| {
            let rect = Rect::from_min_size(Pos2::ZERO, look.size);
            let radius = CornerRadius::same(look.radius.round().clamp(0.0, 255.0) as u8);
            let shape = RectShape::new(rect, radius, look.fill, look.stroke, StrokeKind::Inside);
            let shape = RectShape { round_to_pixels: Some(false), ..shape };
            let shape = egui::epaint::ClippedShape::new(Rect::EVERYTHING, shape);
            let mut mesh = Mesh::default();
            for primitive in ctx.tessellate(vec![shape], self.pixels_per_point) {
                if let egui::epaint::Primitive::Mesh(part) = primitive.primitive {
                    mesh.append(part);
                }
            }
            let mesh = Arc::new(mesh);
            self.stamps.push((look, Arc::clone(&mesh)));
            mesh
        });
        let base = into.vertices.len() as u32;
        let by = at.to_vec2();
        into.vertices.extend(
            mesh.vertices.iter().map(|vertex| egui::epaint::Vertex { pos: vertex.pos + by, ..*vertex }),
        );
        into.indices.extend(mesh.indices.iter().map(|index| index + base));
    }
}

impl CanvasState {
    pub(super) fn paint_far(&mut self, painter: &Painter, tokens: &Tokens, items: &[u32], detail: Detail) {
        let zoom = self.camera.zoom;
        let mut brushes = std::mem::take(&mut self.brushes);
        brushes.prepare(zoom, painter.pixels_per_point());
        let mut bodies = Mesh::default();
        let mut icons: Vec<(&str, Mesh)> = Vec::new();
        for item in items.iter().map(|item| *item as usize) {
            let rect = self.item_rect(item);
            let node = &self.scene.items[item];
            let group = node.group().map_or(tokens.faint, |group| tokens.group(group));
            let fade = if self.is_dimmed(item) { 0.4 } else { 1.0 };
            let border = self.far_border(item, tokens);
            if detail == Detail::Flat {
                let color = border.unwrap_or_else(|| mix(tokens.window, group, 0.75)).gamma_multiply(fade);
                bodies.add_colored_rect(rect, color);
                continue;
            }
            let is_icon_only = detail == Detail::Icon;
            let ground = if is_icon_only { mix(tokens.panel, group, 0.28) } else { tokens.panel };
            let quiet = if is_icon_only { mix(tokens.panel, group, 0.6) } else { tokens.line_strong };
            let width = if self.selected[item] { 2.0 } else { 1.0 };
            let look = Body {
                size: rect.size(),
                radius: f32::from(space::NODE_RADIUS) * zoom,
                fill: ground.gamma_multiply(fade),
                stroke: Stroke::new(width, border.unwrap_or(quiet).gamma_multiply(fade)),
            };
            brushes.stamp(painter.ctx(), look, rect.min, &mut bodies);
            let tile = if is_icon_only {
                Rect::from_center_size(rect.center(), Vec2::splat((rect.height() * 0.7).max(7.0)))
            } else {
                let edge = (geometry::ICON * zoom).max(11.0);
                let left = rect.left() + geometry::PADDING * zoom;
                Rect::from_center_size(Pos2::new(left + edge / 2.0, rect.center().y), Vec2::splat(edge))
            };
            let name = node.icon();
            let at = icons.iter().position(|(each, _)| *each == name).unwrap_or_else(|| {
                let texture: TextureId = icon::texture_id(painter.ctx(), name, tile.width());
                icons.push((name, Mesh::with_texture(texture)));
                icons.len() - 1
            });
            let uv = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
            icons[at].1.add_rect_with_uv(tile, uv, group.gamma_multiply(fade));
        }
        painter.add(Shape::mesh(bodies));
        painter.extend(icons.into_iter().map(|(_, mesh)| Shape::mesh(mesh)));
        self.brushes = brushes;
        if detail == Detail::Name {
            for item in items {
                self.paint_name(painter, tokens, *item as usize);
            }
        }
    }

    /// What is selected or wrong is seen from afar.
    fn far_border(&self, item: usize, tokens: &Tokens) -> Option<Color32> {
        if self.selected[item] {
            return Some(tokens.accent);
        }
        match self.known.state(item) {
            Some(Status::Unset) => Some(tokens.warn),
            Some(Status::Failed) => Some(tokens.error),
            Some(Status::Running) => Some(tokens.accent),
            _ => None,
        }
    }

    /// The name, larger than the zoom says so that it can be read, and the state.
    fn paint_name(&self, painter: &Painter, tokens: &Tokens, item: usize) {
        let zoom = self.camera.zoom;
        let rect = self.item_rect(item);
        let node = &self.scene.items[item];
        let mut painter = painter.clone();
        if self.is_dimmed(item) {
            painter.set_opacity(0.4);
        }
        let mut font = theme::strong();
        font.size = ((font.size * zoom * 1.25).max(8.5) * 2.0).round() / 2.0;
        let left = rect.left() + geometry::PADDING * zoom + (geometry::ICON * zoom).max(11.0) + 5.0;
        let state = (9.0 * zoom).max(5.5);
        let right = rect.right() - state * 0.5 - 10.0 * zoom;
        let room = right - state - left;
        line(
            &painter,
            Pos2::new(left, rect.center().y),
            Align2::LEFT_CENTER,
            &node.title,
            font,
            tokens.text,
            room,
        );
        if let Some(status) = self.known.state(item) {
            status.paint(&painter, Pos2::new(right, rect.center().y), state, tokens);
        }
    }
}
