//! A node from near: header, caption, numbers, ports.

use egui::epaint::{CornerRadius, Shadow};
use egui::{Align2, Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2};

use super::super::CanvasState;
use super::super::geometry::{self, HEADER, PADDING, PORT_RADIUS, TEXT};
use super::super::gesture::Gesture;
use super::super::hit::Hit;
use super::super::known::Fact;
use super::super::scene::Item;
use super::{line, sized};
use crate::icon;
use crate::status::Status;
use crate::theme::{self, Tokens, space, tint};

impl CanvasState {
    pub(super) fn paint_node(&self, painter: &Painter, tokens: &Tokens, item: usize) {
        let Some(fact) = self.known.fact(item) else { return };
        let node = &self.scene.items[item];
        let rect = self.item_rect(item);
        let zoom = self.camera.zoom;
        let mut painter = painter.clone();
        if self.is_dimmed(item) {
            painter.set_opacity(0.4);
        }
        self.paint_body(&painter, tokens, item, fact, rect);
        self.paint_header(&painter, tokens, node, fact, rect);
        if !matches!(&self.renaming, Some(renaming) if renaming.node == node.id) {
            let width = rect.width() - (TEXT + geometry::STATUS_ROOM) * zoom;
            let at = rect.min + Vec2::new(TEXT, 20.0) * zoom;
            line(
                &painter,
                at,
                Align2::LEFT_CENTER,
                &node.title,
                sized(&theme::strong(), zoom),
                tokens.text,
                width + 2.0,
            );
        }
        self.paint_rows(&painter, tokens, node, fact, rect);
        self.paint_ports(&painter, tokens, item, rect);
        if !node.note.is_empty() {
            let at = rect.left_bottom() + Vec2::new(PADDING, 6.0) * zoom;
            let font = sized(&theme::small(), zoom);
            let first = node.note.lines().next().unwrap_or_default();
            line(
                &painter,
                at,
                Align2::LEFT_TOP,
                first,
                font,
                tokens.faint,
                rect.width() - 2.0 * PADDING * zoom,
            );
        }
    }

    fn paint_body(&self, painter: &Painter, tokens: &Tokens, item: usize, fact: &Fact, rect: Rect) {
        let zoom = self.camera.zoom;
        let radius =
            CornerRadius::same((f32::from(space::NODE_RADIUS) * zoom).round().clamp(0.0, 255.0) as u8);
        let shadow = Shadow {
            offset: [0, (3.0 * zoom).round() as i8],
            blur: (12.0 * zoom).round().clamp(0.0, 255.0) as u8,
            spread: 0,
            color: tokens.shadow,
        };
        painter.add(shadow.as_shape(rect, radius));
        let (width, color) = match fact.view.status {
            _ if self.selected[item] => (2.0, tokens.accent),
            Status::Failed => (1.0, tokens.error),
            Status::Unset => (1.0, tokens.warn),
            _ if fact.view.is_trouble => (1.0, tokens.warn),
            _ if self.hover.hit.item() == Some(item) => (1.0, tokens.faint),
            _ => (1.0, tokens.line_strong),
        };
        let is_known = self.scene.items[item].card.is_some();
        let stroke = Stroke::new(if is_known { width } else { 0.0 }, color);
        painter.rect(rect, radius, tokens.panel, stroke, StrokeKind::Inside);
        if !is_known {
            dashed(painter, rect, f32::from(space::NODE_RADIUS) * zoom, Stroke::new(width.max(1.2), color));
        }
        let y = rect.top() + HEADER * zoom;
        let inset = if self.selected[item] { 2.0 } else { 1.0 };
        painter.hline(rect.left() + inset..=rect.right() - inset, y, Stroke::new(1.0, tokens.line));
        if let Some(progress) = fact.view.progress.filter(|_| fact.view.status == Status::Running) {
            let height = 2.0 * zoom.max(1.0);
            let inner = rect.shrink2(Vec2::new(f32::from(space::NODE_RADIUS) * zoom * 0.6, 0.0));
            let bottom = rect.bottom() - inset;
            let done = Rect::from_min_max(
                Pos2::new(inner.left(), bottom - height),
                Pos2::new(inner.left() + inner.width() * progress, bottom),
            );
            painter.rect_filled(done, height / 2.0, tokens.accent);
        }
    }

    fn paint_header(&self, painter: &Painter, tokens: &Tokens, node: &Item, fact: &Fact, rect: Rect) {
        let zoom = self.camera.zoom;
        let color = node.group().map_or(tokens.faint, |group| tokens.group(group));
        let at = rect.min + Vec2::new(PADDING, 10.0) * zoom;
        tile(painter, Rect::from_min_size(at, Vec2::splat(geometry::ICON * zoom)), node.icon(), color);
        let state = Pos2::new(rect.right() - 17.0 * zoom, rect.top() + 20.0 * zoom);
        fact.view.status.paint(painter, state, 9.0 * zoom, tokens);
        let color = match fact.view.status {
            Status::Failed => tokens.error,
            _ if fact.view.is_trouble => tokens.warn,
            _ if !fact.view.pace.is_empty() => tokens.accent,
            _ => tokens.dim,
        };
        let caption = match node.card {
            _ if !fact.view.pace.is_empty() && !fact.view.is_trouble => fact.view.pace.as_str(),
            None => node.kind.as_str(),
            Some(card) if fact.view.caption.is_empty() => card.name,
            Some(_) => fact.view.caption.as_str(),
        };
        let at = rect.min + Vec2::new(TEXT, 40.0) * zoom;
        let room = rect.width() - (TEXT + PADDING) * zoom;
        line(painter, at, Align2::LEFT_CENTER, caption, sized(&theme::small(), zoom), color, room);
    }

    /// Numbers, and the names of ports where there are several.
    fn paint_rows(&self, painter: &Painter, tokens: &Tokens, node: &Item, fact: &Fact, rect: Rect) {
        let zoom = self.camera.zoom;
        let font = sized(&theme::mono_small(), zoom);
        let y = |row: usize| rect.top() + geometry::row_y(row) * zoom;
        let (left, right) = (rect.left() + PADDING * zoom, rect.right() - PADDING * zoom);
        let has_inputs = node.inputs.len() > 1;
        let has_outputs = node.outputs.len() > 1;
        let half = (right - left) * 0.62;
        for (row, spot) in node.inputs.iter().enumerate().filter(|_| has_inputs) {
            line(
                painter,
                Pos2::new(left, y(row)),
                Align2::LEFT_CENTER,
                &spot.name,
                font.clone(),
                tokens.dim,
                half,
            );
        }
        for (row, spot) in node.outputs.iter().enumerate().filter(|_| has_outputs) {
            line(
                painter,
                Pos2::new(right, y(row)),
                Align2::RIGHT_CENTER,
                &spot.name,
                font.clone(),
                tokens.dim,
                half,
            );
        }
        let numbers = [(&fact.view.left, tokens.dim), (&fact.view.right, tokens.faint)];
        match (has_inputs, has_outputs) {
            (true, true) => {}
            (false, false) => {
                let taken = line(
                    painter,
                    Pos2::new(right, y(0)),
                    Align2::RIGHT_CENTER,
                    numbers[1].0,
                    font.clone(),
                    numbers[1].1,
                    half,
                );
                let room =
                    if numbers[1].0.is_empty() { right - left } else { taken.left() - left - 8.0 * zoom };
                line(
                    painter,
                    Pos2::new(left, y(0)),
                    Align2::LEFT_CENTER,
                    numbers[0].0,
                    font,
                    numbers[0].1,
                    room,
                );
            }
            (is_right, _) => {
                let (x, anchor) =
                    if is_right { (right, Align2::RIGHT_CENTER) } else { (left, Align2::LEFT_CENTER) };
                for (row, (text, color)) in numbers.into_iter().enumerate() {
                    line(painter, Pos2::new(x, y(row)), anchor, text, font.clone(), color, half);
                }
            }
        }
    }

    fn paint_ports(&self, painter: &Painter, tokens: &Tokens, item: usize, rect: Rect) {
        let node = &self.scene.items[item];
        let zoom = self.camera.zoom;
        for port in 0..node.inputs.len() {
            let at = rect.min + node.input_offset(port) * zoom;
            self.paint_port(painter, tokens, at, item, port, false);
        }
        for port in 0..node.outputs.len() {
            let at = rect.min + node.output_offset(port) * zoom;
            self.paint_port(painter, tokens, at, item, port, true);
        }
    }

    fn paint_port(
        &self,
        painter: &Painter,
        tokens: &Tokens,
        at: Pos2,
        item: usize,
        port: usize,
        is_output: bool,
    ) {
        let zoom = self.camera.zoom;
        let mut radius = PORT_RADIUS * zoom;
        let (mut fill, mut edge) = (tokens.window, tokens.line_strong);
        let hit = if is_output { Hit::Output(item, port) } else { Hit::Input(item, port) };
        match &self.gesture {
            Gesture::Wire(wiring) if wiring.fits[item] && wiring.anchor.is_output != is_output => {
                edge = tokens.accent;
                radius *= 1.35;
                if wiring.target == Some((item, port)) {
                    fill = tokens.accent;
                    radius *= 1.2;
                }
            }
            Gesture::Wire(wiring) => {
                let anchor = wiring.anchor;
                if (anchor.item, anchor.port, anchor.is_output) == (item, port, is_output) {
                    (fill, edge) = (tokens.accent, tokens.accent);
                }
            }
            _ if self.hover.hit == hit => {
                (fill, edge) = (tokens.panel, tokens.accent);
                radius *= 1.3;
            }
            _ => {}
        }
        painter.circle(at, radius, fill, Stroke::new((1.6 * zoom).clamp(1.0, 2.4), edge));
    }
}

/// A kind's icon on an 18 % tint of its colour.
pub(in super::super) fn tile(painter: &Painter, rect: Rect, name: &str, color: Color32) {
    painter.rect_filled(rect, rect.width() * 0.25, tint(color));
    icon::paint(painter, name, rect.shrink(rect.width() * 0.15), color);
}

/// A dashed border with round corners.
fn dashed(painter: &Painter, rect: Rect, radius: f32, stroke: Stroke) {
    let rect = rect.shrink(stroke.width / 2.0);
    let corner = |center: Pos2, from: f32| {
        (0_u8..=6).map(move |step| {
            center + Vec2::angled(from + std::f32::consts::FRAC_PI_2 * f32::from(step) / 6.0) * radius
        })
    };
    let inner = rect.shrink(radius);
    let quarter = std::f32::consts::FRAC_PI_2;
    let mut points: Vec<Pos2> = corner(inner.right_bottom(), 0.0)
        .chain(corner(inner.left_bottom(), quarter))
        .chain(corner(inner.left_top(), 2.0 * quarter))
        .chain(corner(inner.right_top(), 3.0 * quarter))
        .collect();
    points.extend(points.first().copied());
    painter.extend(Shape::dashed_line(&points, stroke, 5.0, 4.0));
}
