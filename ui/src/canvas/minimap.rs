//! The whole flow in a corner: where the view is, and a way to go elsewhere.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Color32, CursorIcon, Mesh, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

use super::CanvasState;
use crate::theme::{Tokens, space};

const SIZE: Vec2 = Vec2::new(148.0, 84.0);
pub(super) const MARGIN: f32 = 12.0;

/// The drawn nodes, kept until flow, place or theme change.
#[derive(Default)]
pub(super) struct Cache {
    key: (u64, [i32; 4], bool),
    mesh: Arc<Mesh>,
}

impl CanvasState {
    pub(super) fn show_minimap(&mut self, ui: &mut Ui, tokens: &Tokens) {
        let canvas = self.camera.rect;
        // A small canvas needs its room.
        if self.scene.items.is_empty() || canvas.width() < 3.0 * SIZE.x || canvas.height() < 2.5 * SIZE.y {
            return;
        }
        let rect = Rect::from_min_size(canvas.max - SIZE - Vec2::splat(MARGIN), SIZE);
        let response = ui.interact(rect, ui.scope_id().with("minimap"), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::GraphicsSymbol, true, "Minimap"));
        let painter = ui.painter();
        painter.rect(
            rect,
            f32::from(space::NODE_RADIUS) - 2.0,
            tokens.panel,
            Stroke::new(1.0, tokens.line),
            StrokeKind::Inside,
        );
        let inner = rect.shrink(10.0);
        let bounds = self.scene.bounds;
        let scale = (inner.width() / bounds.width()).min(inner.height() / bounds.height()).min(0.15);
        let to_map = |pos: Pos2| inner.center() + (pos - bounds.center()) * scale;
        painter.add(Shape::Mesh(self.map_mesh(ui, tokens, inner, to_map)));
        let view = self.camera.visible();
        let view = Rect::from_min_max(to_map(view.min), to_map(view.max)).intersect(rect.shrink(1.0));
        if view.is_positive() && !self.camera.visible().contains_rect(bounds) {
            painter.rect(
                view,
                3.0,
                tokens.accent.gamma_multiply(0.08),
                Stroke::new(1.0, tokens.accent),
                StrokeKind::Inside,
            );
        }
        if let Some(pointer) =
            response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged())
        {
            self.camera.center = bounds.center() + (pointer - inner.center()) / scale;
            ui.ctx().request_repaint();
        }
        response.on_hover_cursor(CursorIcon::PointingHand);
    }

    fn map_mesh(
        &mut self,
        ui: &Ui,
        tokens: &Tokens,
        inner: Rect,
        to_map: impl Fn(Pos2) -> Pos2,
    ) -> Arc<Mesh> {
        let place = [inner.min.x, inner.min.y, inner.max.x, inner.max.y].map(|part| (part * 4.0) as i32);
        let key = (self.scene.serial, place, ui.visuals().dark_mode);
        if self.map.key != key {
            let mut mesh = Mesh::default();
            for item in &self.scene.items {
                let color: Color32 = item.group().map_or(tokens.faint, |group| tokens.group(group));
                let rect = Rect::from_min_max(to_map(item.rect.min), to_map(item.rect.max));
                let rect = Rect::from_center_size(rect.center(), rect.size().max(Vec2::splat(1.5)));
                mesh.add_colored_rect(rect, color.gamma_multiply(0.8));
            }
            self.map = Cache { key, mesh: Arc::new(mesh) };
        }
        Arc::clone(&self.map.mesh)
    }
}
