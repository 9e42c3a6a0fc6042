//! The canvas by keyboard: arrows nudge, Ctrl and arrows walk along the wires.

use egui::{EventFilter, Key, Modifiers, Pos2, Response, Ui, Vec2};

use super::CanvasState;
use super::edits;
use super::geometry::GRID;
use crate::doc::Doc;
use crate::request::{Request, Requests};

const ARROWS: [(Key, Vec2); 4] = [
    (Key::ArrowLeft, Vec2::new(-1.0, 0.0)),
    (Key::ArrowRight, Vec2::new(1.0, 0.0)),
    (Key::ArrowUp, Vec2::new(0.0, -1.0)),
    (Key::ArrowDown, Vec2::new(0.0, 1.0)),
];

impl CanvasState {
    /// The canvas has the keyboard whenever nothing else wants it.
    pub(super) fn take_keys(&mut self, ui: &Ui, response: &Response, doc: &Doc, out: &mut Requests) {
        let ctx = ui.ctx();
        let is_free = ctx.memory(|memory| memory.focused().is_none() && memory.top_modal_layer().is_none());
        if is_free && ui.is_enabled() && self.quick_add.is_none() && self.renaming.is_none() {
            response.request_focus();
        }
        if !response.has_focus() {
            return;
        }
        let filter = EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };
        ctx.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        if ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Tab)) {
            self.wants_quick_add = true;
        }
        if ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::F2))
            && let Some(node) = doc.selection.first().filter(|_| doc.selection.len() == 1)
        {
            self.rename(node);
        }
        for (key, direction) in ARROWS {
            if ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, key)) {
                self.walk(direction, doc, out);
            } else if ctx.input_mut(|input| input.consume_key(Modifiers::SHIFT, key)) {
                self.nudge(direction * 5.0 * GRID, out);
            } else if ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                self.nudge(direction * GRID, out);
            }
        }
    }

    fn nudge(&mut self, by: Vec2, out: &mut Requests) {
        let items = (0..self.selected.len()).filter(|item| self.selected[*item]);
        let moved: Vec<(usize, Pos2)> =
            items.map(|item| (item, self.scene.items[item].rect.min + by)).collect();
        edits::ask(self.scene.moves(&moved), out);
    }

    /// Selects the next node along the wires, or the next one of the same column.
    fn walk(&mut self, direction: Vec2, doc: &Doc, out: &mut Requests) {
        let Some(from) = (0..self.selected.len()).find(|item| self.selected[*item]) else {
            if !self.scene.items.is_empty() {
                self.go_to(0, out);
            }
            return;
        };
        debug_assert!(doc.selection.contains(&self.scene.items[from].id), "flags follow the selection");
        let node = &self.scene.items[from];
        let center = |item: usize| self.scene.items[item].rect.center();
        let next = if direction.y == 0.0 {
            let links = if direction.x > 0.0 { &node.out_of } else { &node.into };
            let ends = links.iter().map(|link| &self.scene.links[*link as usize]);
            ends.map(|link| if direction.x > 0.0 { link.to } else { link.from }).min_by(|a, b| {
                (center(*a).y - center(from).y).abs().total_cmp(&(center(*b).y - center(from).y).abs())
            })
        } else {
            // Nearest above or below; what stands far to the side counts as farther.
            (0..self.scene.items.len())
                .filter(|item| (center(*item).y - center(from).y) * direction.y > 1.0)
                .min_by(|a, b| {
                    let far = |item: usize| {
                        let way = center(item) - center(from);
                        way.y.abs() + 2.5 * way.x.abs()
                    };
                    far(*a).total_cmp(&far(*b))
                })
        };
        if let Some(next) = next {
            self.go_to(next, out);
        }
    }

    /// Selects a node and brings it into view.
    fn go_to(&mut self, item: usize, out: &mut Requests) {
        let node = &self.scene.items[item];
        out.select([node.id.clone()]);
        out.push(Request::Look { node: node.id.clone(), port: 0 });
        if !self.camera.visible().shrink(24.0).contains_rect(node.rect) {
            self.camera.center = node.rect.center();
        }
    }
}
