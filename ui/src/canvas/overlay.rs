//! What lies over the canvas: the zoom box, the minimap, and what an empty flow says.

use egui::{
    Align, Align2, Button, CornerRadius, Frame, Layout, Margin, Rect, RichText, Sense, Stroke, Ui, UiBuilder,
    Vec2,
};

use super::minimap::MARGIN;
use super::{CanvasState, Look};
use crate::action::Action;
use crate::doc::Doc;
use crate::icon;
use crate::request::Requests;
use crate::theme::{self, Tokens, space};

const ZOOM_BOX: Vec2 = Vec2::new(156.0, 30.0);
const EMPTY: Vec2 = Vec2::new(360.0, 190.0);

impl CanvasState {
    pub(super) fn overlays(
        &mut self,
        ui: &mut Ui,
        doc: &Doc,
        env: &Look<'_>,
        tokens: &Tokens,
        out: &mut Requests,
    ) {
        self.show_zoom_box(ui, tokens);
        if env.has_minimap {
            self.show_minimap(ui, tokens);
        }
        if doc.flow.nodes.is_empty() && self.quick_add.is_none() {
            self.show_empty(ui, tokens, out);
        }
    }

    fn show_zoom_box(&mut self, ui: &mut Ui, tokens: &Tokens) {
        let canvas = self.camera.rect;
        let at = canvas.left_bottom() + Vec2::new(MARGIN, -MARGIN);
        let rect = Align2::LEFT_BOTTOM.anchor_size(at, ZOOM_BOX);
        // Clicks beside the words do not reach the canvas.
        ui.interact(rect, ui.scope_id().with("zoom box"), Sense::click_and_drag());
        ui.painter().rect(rect, 8.0, tokens.panel, Stroke::new(1.0, tokens.line), egui::StrokeKind::Inside);
        let builder =
            UiBuilder::new().max_rect(rect.shrink(2.0)).layout(Layout::left_to_right(Align::Center));
        ui.scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            let word = |ui: &mut Ui, text: &str, width: f32, name: &str, tip: &str| {
                let text = RichText::new(text).color(tokens.dim);
                let button = Button::new(text).frame_when_inactive(false).min_size(Vec2::new(width, 26.0));
                let response = ui.add(button).on_hover_text(tip);
                let label = name.to_owned();
                response.widget_info(move || {
                    egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &label)
                });
                response.clicked()
            };
            if word(ui, "−", 28.0, "Zoom out", "Zoom out") {
                self.zoom_out();
            }
            let percent = format!("{:.0} %", self.camera.zoom * 100.0);
            if word(ui, &percent, 56.0, &format!("Zoom {percent}"), "Zoom to 100 %") {
                self.zoom_reset();
            }
            if word(ui, "+", 28.0, "Zoom in", "Zoom in") {
                self.zoom_in();
            }
            if word(ui, "Fit", 40.0, "Fit", "Show the whole flow") {
                self.fit_all();
            }
        });
    }

    fn show_empty(&mut self, ui: &mut Ui, tokens: &Tokens, out: &mut Requests) {
        let rect = Rect::from_center_size(self.camera.rect.center(), EMPTY);
        ui.scope_builder(UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Center)), |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            let (tile, _) = ui.allocate_exact_size(Vec2::splat(44.0), Sense::hover());
            ui.painter().rect_filled(tile, f32::from(space::NODE_RADIUS), theme::tint(tokens.accent));
            icon::paint(ui.painter(), "ui/add", tile.shrink(11.0), tokens.accent);
            ui.add_space(4.0);
            ui.label(RichText::new("An empty flow").font(theme::title()));
            ui.label(RichText::new("Drag a node here from the left").color(tokens.dim));
            ui.label(RichText::new("or double-click to find one").color(tokens.dim));
            ui.add_space(8.0);
            let frame =
                Frame::new().corner_radius(CornerRadius::same(space::RADIUS)).inner_margin(Margin::ZERO);
            frame.show(ui, |ui| {
                if ui.button("Open the sample flow").clicked() {
                    out.act(Action::OpenSample);
                }
            });
        });
    }
}
