//! What the pointer rests on: its path lights up, and after a moment it is explained.

use egui::{CursorIcon, Modifiers, PopupAnchor, Response, RichText, Tooltip, Ui};
use flowloom_flow::value::show_dtype;

use super::CanvasState;
use super::gesture::Gesture;
use super::hit::Hit;
use crate::doc::Doc;
use crate::format;
use crate::status::Status;
use crate::theme::{self, Tokens};

/// Seconds of rest before something is explained.
const DELAY_S: f32 = 0.45;
/// Columns that hover text lists.
const COLUMNS: usize = 14;

#[derive(Debug, Default)]
pub(super) struct Hover {
    pub(super) hit: Hit,
    /// Nodes above and below.
    above: Vec<bool>,
    below: Vec<bool>,
}

impl Hover {
    /// Whether a wire between these nodes lies on the path of what is hovered.
    pub(super) fn is_lit(&self, from: usize, to: usize) -> bool {
        let both = |reached: &[bool]| reached.get(from) == Some(&true) && reached.get(to) == Some(&true);
        both(&self.above) || both(&self.below)
    }

    pub(super) fn is_link(&self, link: usize) -> bool {
        matches!(self.hit, Hit::Link(own, _) if own == link)
    }
}

impl CanvasState {
    pub(super) fn update_hover(&mut self, ui: &Ui, response: &Response) {
        let is_free = self.gesture.is_none() && !egui::DragAndDrop::has_any_payload(ui.ctx());
        let hit = match self.pointer.filter(|_| is_free) {
            Some(pointer) => {
                let pos = self.camera.to_canvas(pointer);
                self.hit(pos)
            }
            None => Hit::Nothing,
        };
        let is_same = match (hit, self.hover.hit) {
            (Hit::Link(a, _), Hit::Link(b, _)) => a == b,
            (a, b) => a == b,
        };
        self.hover.hit = hit;
        if !is_same {
            let (above, below) = match hit {
                Hit::Nothing => (None, None),
                Hit::Item(item) => (Some(item), Some(item)),
                Hit::Input(item, _) => (Some(item), None),
                Hit::Output(item, _) => (None, Some(item)),
                Hit::Link(link, _) => (Some(self.scene.links[link].from), Some(self.scene.links[link].to)),
            };
            self.hover.above = above.map(|item| self.scene.reach(item, false)).unwrap_or_default();
            self.hover.below = below.map(|item| self.scene.reach(item, true)).unwrap_or_default();
        }
        if !response.contains_pointer() || !matches!(self.gesture, Gesture::None) {
            return;
        }
        let (modifiers, is_space) = ui.input(|input| (input.modifiers, input.key_down(egui::Key::Space)));
        let icon = match hit {
            _ if is_space => CursorIcon::Grab,
            Hit::Output(..) | Hit::Input(..) => CursorIcon::Crosshair,
            Hit::Link(..) if modifiers.contains(Modifiers::ALT) => CursorIcon::NoDrop,
            Hit::Link(..) => CursorIcon::Grab,
            _ => return,
        };
        ui.ctx().set_cursor_icon(icon);
    }

    pub(super) fn show_hover(&mut self, ui: &Ui, doc: &Doc, tokens: &Tokens, response: &Response) {
        let hit = self.hover.hit;
        let is_quiet = self.gesture.is_none() && response.contains_pointer() && hit != Hit::Nothing;
        if !is_quiet || ui.input(|input| input.pointer.any_down()) {
            return;
        }
        let rest = ui.input(|input| input.pointer.time_since_last_movement());
        if rest < DELAY_S {
            ui.ctx().request_repaint_after_secs(DELAY_S - rest);
            return;
        }
        if let Some(item) = hit.item() {
            self.known.fill(doc, &self.scene, item);
        }
        let tooltip = Tooltip::always_open(
            ui.ctx().clone(),
            ui.layer_id(),
            response.id.with("hover"),
            PopupAnchor::Pointer,
        );
        tooltip.gap(14.0).show(|ui| match hit {
            Hit::Nothing => {}
            Hit::Item(item) => self.explain_item(ui, doc, tokens, item),
            Hit::Input(item, port) => self.explain_input(ui, doc, tokens, item, port),
            Hit::Output(item, port) => self.explain_output(ui, doc, tokens, item, port),
            Hit::Link(link, _) => {
                let ends = &self.scene.links[link];
                let (from, to) = (&self.scene.items[ends.from], &self.scene.items[ends.to]);
                ui.label(RichText::new(format!("{} to {}", from.title, to.title)).font(theme::strong()));
                if let Some(rows) = doc.rows_at(&from.id, &from.outputs[ends.from_port].name) {
                    ui.label(format::rows(rows));
                }
                faint(ui, tokens, "Drag an end to another port, Alt+click to cut");
            }
        });
    }

    fn explain_item(&self, ui: &mut Ui, doc: &Doc, tokens: &Tokens, item: usize) {
        let node = &self.scene.items[item];
        ui.label(RichText::new(&node.title).font(theme::strong()));
        if let Some(fact) = self.known.fact(item) {
            faint(ui, tokens, &format!("{}, {}", node.kind_name(), fact.view.status.word()));
            if !fact.view.is_trouble && !fact.view.caption.is_empty() {
                ui.label(&fact.view.caption);
            }
        }
        if let Some(metrics) = doc.metrics_of(&node.id) {
            let words = crate::panel::runs::metrics::words(metrics);
            for line in words.chunks(3) {
                ui.label(RichText::new(line.join(" · ")).font(theme::small()).color(tokens.dim));
            }
        }
        let has_failed = self.known.state(item) == Some(Status::Failed);
        for problem in doc.troubles(&node.id) {
            let color = if has_failed { tokens.error } else { tokens.warn };
            ui.label(RichText::new(format::sentence(&problem.message)).color(color));
            if let Some(hint) = &problem.hint {
                ui.label(RichText::new(hint).color(tokens.dim));
            }
        }
        if !node.note.is_empty() {
            ui.separator();
            ui.label(RichText::new(&node.note).color(tokens.dim));
        }
    }

    fn explain_input(&self, ui: &mut Ui, doc: &Doc, tokens: &Tokens, item: usize, port: usize) {
        let node = &self.scene.items[item];
        let Some(spot) = node.inputs.get(port) else { return };
        ui.label(RichText::new(format!("{} input: {}", node.title, spot.label)).font(theme::strong()));
        let mut links = node.into.iter().map(|link| &self.scene.links[*link as usize]);
        let Some(link) = links.find(|link| link.to_port == port) else {
            faint(ui, tokens, if spot.is_many { "Takes one wire or more" } else { "Takes one wire" });
            return;
        };
        let from = &self.scene.items[link.from];
        faint(ui, tokens, &format!("From {}", from.title));
        columns(ui, doc, tokens, from, link.from_port);
    }

    fn explain_output(&self, ui: &mut Ui, doc: &Doc, tokens: &Tokens, item: usize, port: usize) {
        let node = &self.scene.items[item];
        let Some(spot) = node.outputs.get(port) else { return };
        ui.label(RichText::new(format!("{} output: {}", node.title, spot.label)).font(theme::strong()));
        if let Some(rows) = doc.rows_at(&node.id, &spot.name) {
            ui.label(format::rows(rows));
        }
        columns(ui, doc, tokens, node, port);
    }
}

/// Columns with their types.
fn columns(ui: &mut Ui, doc: &Doc, tokens: &Tokens, node: &super::scene::Item, port: usize) {
    let schema = doc.made(&node.id).and_then(|made| made.schemas.as_ref()?.get(port));
    let Some(schema) = schema else {
        faint(ui, tokens, "Columns are not known yet");
        return;
    };
    egui::Grid::new("columns").num_columns(2).min_row_height(18.0).spacing([16.0, 0.0]).show(ui, |ui| {
        for (name, dtype) in schema.iter().take(COLUMNS) {
            ui.label(RichText::new(name.as_str()).font(theme::mono()));
            ui.label(RichText::new(show_dtype(dtype)).font(theme::mono_small()).color(tokens.faint));
            ui.end_row();
        }
    });
    if schema.len() > COLUMNS {
        faint(ui, tokens, &format!("and {} more", schema.len() - COLUMNS));
    }
}

fn faint(ui: &mut Ui, tokens: &Tokens, text: &str) {
    ui.label(RichText::new(text).font(theme::small()).color(tokens.dim));
}
