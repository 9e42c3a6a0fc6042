//! Drawing: ground, wires, nodes, and what is in the user's hand.

mod far;
mod ground;
mod hand;
mod node;
mod wire;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Response, Ui};

use super::CanvasState;
use super::frame::Detail;
use super::gesture::Gesture;
use crate::doc::Doc;
use crate::request::Requests;
use crate::theme::Tokens;

pub(super) use far::Brushes;
pub(super) use node::tile;

impl CanvasState {
    pub(super) fn paint(
        &mut self,
        ui: &Ui,
        doc: &Doc,
        tokens: &'static Tokens,
        response: &Response,
        out: &mut Requests,
    ) {
        let painter = ui.painter().with_clip_rect(ui.clip_rect());
        ground::paint(&painter, &self.camera, tokens);
        self.update_hover(ui, response);
        let ghost = self.hovering(ui, response, doc);
        let detail = Detail::of(self.camera.zoom);
        let (items, links) = self.seen();
        if detail >= Detail::Name {
            for item in &items {
                self.known.fill(doc, &self.scene, *item as usize);
            }
            for link in &links {
                self.known.fill(doc, &self.scene, self.scene.links[*link as usize].from);
            }
        } else if detail == Detail::Icon {
            for item in &items {
                self.known.status(doc, &self.scene, *item as usize);
            }
        }
        let lit_link = match &self.gesture {
            Gesture::Move(moving) => moving.link,
            _ => ghost.as_ref().and_then(|ghost| ghost.link),
        };
        self.paint_links(&painter, tokens, &links, detail, lit_link);
        match detail {
            Detail::Full => {
                for item in &items {
                    self.paint_node(&painter, tokens, *item as usize);
                }
            }
            _ => self.paint_far(&painter, tokens, &items, detail),
        }
        if let Some(ghost) = &ghost {
            self.paint_ghost(&painter, tokens, ghost);
        }
        self.paint_hand(ui, &painter, tokens);
        self.tell_screen_reader(ui, doc, response, &items, &links, out);
    }

    /// Whether what cannot take the wire in hand is dimmed.
    fn is_dimmed(&self, item: usize) -> bool {
        match &self.gesture {
            Gesture::Wire(wiring) => !wiring.fits[item] && item != wiring.anchor.item,
            _ => false,
        }
    }
}

/// One line that ends in `…` where it does not fit; where it was drawn.
pub(super) fn line(
    painter: &Painter,
    pos: Pos2,
    anchor: Align2,
    text: &str,
    font: FontId,
    color: Color32,
    max_width: f32,
) -> Rect {
    if text.is_empty() || max_width <= 0.0 {
        return Rect::from_min_size(pos, egui::Vec2::ZERO);
    }
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, Color32::PLACEHOLDER);
    job.wrap = TextWrapping::truncate_at_width(max_width);
    let galley = painter.layout_job(job);
    let rect = anchor.anchor_size(pos, galley.size());
    painter.galley(rect.min, galley, color);
    rect
}

/// `font` at the canvas's zoom, in half points so that few sizes are ever rasterized.
fn sized(font: &FontId, zoom: f32) -> FontId {
    FontId::new((font.size * zoom * 2.0).round().max(2.0) / 2.0, font.family.clone())
}

/// `share` of `b` in `a`.
fn mix(a: Color32, b: Color32, share: f32) -> Color32 {
    a.lerp_to_gamma(b, share)
}

/// A wire whose other end is being chosen.
pub(super) fn waiting(painter: &Painter, tokens: &Tokens, curve: &super::geometry::Curve) {
    let mut mesh = egui::Mesh::default();
    wire::stroke(&mut mesh, curve, 2.0, tokens.accent, 1.0 / painter.pixels_per_point());
    painter.add(egui::Shape::mesh(mesh));
    painter.circle_filled(curve.0[3], 3.5, tokens.accent);
}
