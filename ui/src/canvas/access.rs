//! What a screen reader, and a test, finds on the canvas: nodes, ports and wires by name.

use egui::accesskit::{Action, Role};
use egui::{Rect, Response, Sense, Ui, Vec2, WidgetInfo};

use super::CanvasState;
use super::frame::Detail;
use super::geometry::PORT_RADIUS;
use crate::doc::Doc;
use crate::request::{Request, Requests};

/// More nodes than these are told only where they are seen.
const ALL: usize = 2_000;

pub(super) fn canvas(response: &Response, doc: &Doc) {
    let count = doc.flow.nodes.len();
    response.widget_info(|| {
        let nodes = if count == 1 { "node" } else { "nodes" };
        WidgetInfo::labeled(Role::GraphicsDocument, true, format!("Canvas, {count} {nodes}"))
    });
}

impl CanvasState {
    /// Costs nothing while nobody listens.
    pub(super) fn tell_screen_reader(
        &mut self,
        ui: &Ui,
        doc: &Doc,
        response: &Response,
        items: &[u32],
        links: &[u32],
        out: &mut Requests,
    ) {
        if ui
            .ctx()
            .accesskit_node_builder(response.id, |node| node.set_role(Role::GraphicsDocument))
            .is_none()
        {
            return;
        }
        let everything: Vec<u32>;
        let told = if self.scene.items.len() <= ALL {
            everything = (0..self.scene.items.len() as u32).collect();
            &everything
        } else {
            items
        };
        for item in told.iter().map(|item| *item as usize) {
            self.known.fill(doc, &self.scene, item);
            self.tell_item(ui, item, out);
        }
        if Detail::of(self.camera.zoom) < Detail::Name {
            return;
        }
        for item in items.iter().map(|item| *item as usize) {
            let node = &self.scene.items[item];
            let corner = self.item_rect(item).min;
            let zoom = self.camera.zoom;
            for (port, spot) in node.inputs.iter().enumerate() {
                let at = corner + node.input_offset(port) * zoom;
                tell_port(ui, at, &format!("{} input {}", node.title, spot.name), (item, port, false));
            }
            for (port, spot) in node.outputs.iter().enumerate() {
                let at = corner + node.output_offset(port) * zoom;
                tell_port(ui, at, &format!("{} output {}", node.title, spot.name), (item, port, true));
            }
        }
        for link in links.iter().map(|link| *link as usize) {
            self.tell_link(ui, link);
        }
    }

    fn tell_item(&self, ui: &Ui, item: usize, out: &mut Requests) {
        let node = &self.scene.items[item];
        let id = ui.scope_id().with(("node", node.id.as_str()));
        let response = ui.interact(self.item_rect(item), id, Sense::hover());
        let Some(fact) = self.known.fact(item) else { return };
        let is_selected = self.selected[item];
        response.widget_info(|| {
            let mut label = format!("{}, {}, {}", node.title, node.kind_name(), fact.view.status.word());
            let view = &fact.view;
            let said =
                [view.left.as_str(), view.pace.as_str(), if view.is_trouble { &view.caption } else { "" }];
            for part in said.into_iter().filter(|part| !part.is_empty() && *part != fact.view.status.word()) {
                label.push_str(", ");
                label.push_str(part);
            }
            WidgetInfo::labeled(Role::GraphicsObject, true, label)
        });
        ui.ctx().accesskit_node_builder(id, |told| {
            told.set_role(Role::GraphicsObject);
            told.set_selected(is_selected);
            told.add_action(Action::Click);
        });
        if ui.input(|input| input.has_accesskit_action_request(id, Action::Click)) {
            out.select([node.id.clone()]);
            out.push(Request::Look { node: node.id.clone(), port: 0 });
        }
    }

    fn tell_link(&self, ui: &Ui, link: usize) {
        let ends = &self.scene.links[link];
        let (from, to) = (&self.scene.items[ends.from], &self.scene.items[ends.to]);
        let middle = self.link_curve(link).at(0.5);
        let rect = Rect::from_center_size(middle, Vec2::splat(12.0));
        let response = ui.interact(rect, ui.scope_id().with(("wire", link)), Sense::hover());
        let rows = self.known.fact(ends.from).and_then(|fact| fact.rows.get(ends.from_port));
        response.widget_info(|| {
            let name = |several: bool, name: &str| if several { format!(" {name}") } else { String::new() };
            let mut label = format!(
                "Wire from {}{} to {}{}",
                from.title,
                name(from.outputs.len() > 1, &from.outputs[ends.from_port].name),
                to.title,
                name(to.inputs.len() > 1, &to.inputs[ends.to_port].name),
            );
            if let Some(rows) = rows.filter(|rows| !rows.is_empty()) {
                label.push_str(", ");
                label.push_str(rows);
                label.push_str(" rows");
            }
            WidgetInfo::labeled(Role::GraphicsObject, true, label)
        });
    }
}

fn tell_port(ui: &Ui, at: egui::Pos2, label: &str, key: (usize, usize, bool)) {
    let rect = Rect::from_center_size(at, Vec2::splat(2.0 * PORT_RADIUS));
    let response = ui.interact(rect, ui.scope_id().with(("port", key)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, label));
}
