//! Pointer, wheel and keys on the canvas.

use std::collections::BTreeSet;

use egui::{
    CursorIcon, Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, Rect, Response, Ui, Vec2,
};
use flowloom_flow::NodeId;

use super::CanvasState;
use super::edits;
use super::geometry;
use super::gesture::{Anchor, Boxing, Gesture, Mode, Moving, Wiring};
use super::hit::Hit;
use crate::doc::Doc;
use crate::request::{About, Request, Requests};

/// A notch of a mouse's wheel.
const NOTCH: f32 = 1.12;
/// How near the edge a drag moves the view, and how fast, in points a second.
const EDGE: f32 = 28.0;
const EDGE_SPEED: f32 = 700.0;
/// How near the middle of a dragged node a wire must be to take it in.
const INSERT_REACH: f32 = 36.0;

impl CanvasState {
    pub(super) fn take_input(&mut self, ui: &Ui, response: &Response, doc: &Doc, out: &mut Requests) {
        self.pointer =
            response.contains_pointer().then(|| ui.input(|input| input.pointer.latest_pos())).flatten();
        if self.pointer.is_some() {
            self.take_wheel(ui);
        }
        self.take_keys(ui, response, doc, out);
        self.begin(ui, response, doc, out);
        self.go_on(ui, doc, out);
        self.end(ui, response, doc, out);
        self.take_clicks(ui, response, doc, out);
    }

    fn take_wheel(&mut self, ui: &Ui) {
        let Some(pointer) = self.pointer else { return };
        let (pinch, wheel) = ui.input(|input| {
            let wheel: Vec<(MouseWheelUnit, Vec2, Modifiers)> = input
                .events
                .iter()
                .filter_map(|event| match event {
                    Event::MouseWheel { unit, delta, modifiers, .. } => Some((*unit, *delta, *modifiers)),
                    _ => None,
                })
                .collect();
            (input.zoom_delta(), wheel)
        });
        let is_zoomed = (pinch - 1.0).abs() > 1e-4;
        if is_zoomed {
            self.zoom_by(pointer, pinch);
        }
        for (unit, delta, modifiers) in wheel {
            match unit {
                // egui makes `zoom_delta` of it.
                _ if modifiers.command || modifiers.ctrl => {}
                MouseWheelUnit::Point => self.camera.pan(delta),
                _ if modifiers.shift => self.camera.pan(Vec2::new(delta.x + delta.y, 0.0) * 48.0),
                _ if delta.x != 0.0 && delta.y == 0.0 => self.camera.pan(delta * 48.0),
                _ => self.zoom_by(pointer, NOTCH.powf(delta.y.clamp(-5.0, 5.0))),
            }
        }
    }

    fn zoom_by(&mut self, pointer: Pos2, factor: f32) {
        let zoom = self.camera.zoom * factor;
        // Natural size is where text is sharpest: it is not missed by a hair.
        let zoom =
            if (zoom - 1.0).abs() < 0.03 && (self.camera.zoom - 1.0).abs() > 0.03 { 1.0 } else { zoom };
        self.camera.zoom_at(pointer, zoom);
    }

    /// A drag begins.
    fn begin(&mut self, ui: &Ui, response: &Response, doc: &Doc, out: &mut Requests) {
        let (origin, modifiers, is_space) =
            ui.input(|input| (input.pointer.press_origin(), input.modifiers, input.key_down(Key::Space)));
        let Some(origin) = origin.filter(|_| response.drag_started()) else { return };
        response.request_focus();
        let is_primary = response.drag_started_by(PointerButton::Primary);
        if response.drag_started_by(PointerButton::Middle) || is_primary && is_space {
            self.gesture = Gesture::Pan;
            return;
        }
        if !is_primary {
            return;
        }
        let from = self.camera.to_canvas(origin);
        let hit = self.hit(from);
        self.gesture = match hit {
            Hit::Link(link, _) if modifiers.alt => {
                out.edit(self.scene.cut(link));
                Gesture::None
            }
            Hit::Output(item, port) => {
                let anchor = Anchor { item, port, is_output: true };
                Gesture::Wire(Wiring::new(&self.scene, anchor, None, from))
            }
            Hit::Input(item, port) => {
                let links = &self.scene.items[item].into;
                let last = links
                    .iter()
                    .rev()
                    .map(|link| *link as usize)
                    .find(|link| self.scene.links[*link].to_port == port);
                if let Some(link) = last.filter(|_| !modifiers.shift) {
                    self.take_end(link, true, from)
                } else {
                    let anchor = Anchor { item, port, is_output: false };
                    Gesture::Wire(Wiring::new(&self.scene, anchor, None, from))
                }
            }
            Hit::Link(link, t) => self.take_end(link, t >= 0.5, from),
            Hit::Item(item) => self.take_items(item, from, modifiers, doc, out),
            Hit::Nothing => {
                let mode = match modifiers {
                    m if m.command => Mode::Toggle,
                    m if m.shift => Mode::Add,
                    _ => Mode::Replace,
                };
                Gesture::Box(Boxing { from, to: from, mode, before: doc.selection.clone() })
            }
        };
    }

    /// Takes one end of a wire off its port.
    fn take_end(&self, link: usize, is_input_end: bool, from: Pos2) -> Gesture {
        let ends = &self.scene.links[link];
        let anchor = if is_input_end {
            Anchor { item: ends.from, port: ends.from_port, is_output: true }
        } else {
            Anchor { item: ends.to, port: ends.to_port, is_output: false }
        };
        Gesture::Wire(Wiring::new(&self.scene, anchor, Some(link), from))
    }

    /// Dragging a selected node moves all selected ones; another is selected first.
    fn take_items(
        &self,
        grabbed: usize,
        from: Pos2,
        modifiers: Modifiers,
        doc: &Doc,
        out: &mut Requests,
    ) -> Gesture {
        let mut is_moved = self.selected.clone();
        if !is_moved[grabbed] {
            let mut selection = doc.selection.clone();
            if !modifiers.shift && !modifiers.command {
                selection.clear();
                is_moved.fill(false);
            }
            selection.insert(self.scene.items[grabbed].id.clone());
            is_moved[grabbed] = true;
            out.push(Request::Select(selection));
            out.push(Request::Look { node: self.scene.items[grabbed].id.clone(), port: 0 });
        }
        let items: Vec<usize> = (0..is_moved.len()).filter(|item| is_moved[*item]).collect();
        let node = &self.scene.items[grabbed];
        let is_loose = node.into.is_empty() && node.out_of.is_empty();
        let can_insert = items.len() == 1 && is_loose && !node.inputs.is_empty() && !node.outputs.is_empty();
        Gesture::Move(Moving { from, grabbed, items, is_moved, by: Vec2::ZERO, can_insert, link: None })
    }

    /// The pointer moves, or the view under it.
    fn go_on(&mut self, ui: &Ui, doc: &Doc, out: &mut Requests) {
        if self.gesture.is_none() {
            return;
        }
        let (pointer, delta, modifiers, dt) = ui.input(|input| {
            (input.pointer.latest_pos(), input.pointer.delta(), input.modifiers, input.stable_dt.min(0.1))
        });
        let Some(pointer) = pointer else { return };
        if matches!(self.gesture, Gesture::Pan) {
            ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
            self.camera.pan(delta);
            return;
        }
        self.pan_at_edge(ui, pointer, dt);
        let pos = self.camera.to_canvas(pointer);
        let mut gesture = std::mem::take(&mut self.gesture);
        match &mut gesture {
            Gesture::None | Gesture::Pan => {}
            Gesture::Box(boxing) => {
                boxing.to = pos;
                let selection = self.boxed(boxing);
                if selection != doc.selection {
                    out.push(Request::Select(selection));
                }
            }
            Gesture::Move(moving) => {
                ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
                let start = self.scene.items[moving.grabbed].rect.min;
                let to = start + (pos - moving.from);
                let to = if modifiers.alt { to.round() } else { geometry::snapped(to) };
                moving.by = to - start;
                if moving.can_insert {
                    let rect = self.scene.items[moving.grabbed].rect.translate(moving.by);
                    moving.link = self.link_under(rect);
                }
            }
            Gesture::Wire(wiring) => {
                wiring.to = pos;
                self.aim_wire(wiring);
            }
        }
        self.gesture = gesture;
    }

    /// Dragging to the edge of the canvas moves the view.
    fn pan_at_edge(&mut self, ui: &Ui, pointer: Pos2, dt: f32) {
        let inner = self.camera.rect.shrink(EDGE);
        let out = pointer - inner.clamp(pointer);
        if out == Vec2::ZERO || !inner.is_positive() {
            return;
        }
        let speed = (out / EDGE).clamp(Vec2::splat(-1.0), Vec2::splat(1.0)) * EDGE_SPEED;
        self.camera.pan(-speed * dt);
        ui.ctx().request_repaint();
    }

    fn boxed(&mut self, boxing: &Boxing) -> BTreeSet<NodeId> {
        let area = Rect::from_two_pos(boxing.from, boxing.to);
        let mut found = Vec::new();
        self.scene.item_grid.query(area, &mut found);
        let inside = found
            .into_iter()
            .map(|item| &self.scene.items[item as usize])
            .filter(|item| item.rect.intersects(area))
            .map(|item| item.id.clone());
        match boxing.mode {
            Mode::Replace => inside.collect(),
            Mode::Add => boxing.before.iter().cloned().chain(inside).collect(),
            Mode::Toggle => boxing.before.symmetric_difference(&inside.collect()).cloned().collect(),
        }
    }

    /// The wire that a loose node of that rectangle would be put in.
    pub(super) fn link_under(&mut self, rect: Rect) -> Option<usize> {
        self.link_near(rect.center(), INSERT_REACH, |_| true).map(|(link, _)| link)
    }

    /// The mouse was released.
    fn end(&mut self, ui: &Ui, response: &Response, doc: &Doc, out: &mut Requests) {
        let is_over = response.drag_stopped() || !ui.input(|input| input.pointer.any_down());
        if self.gesture.is_none() || !is_over {
            return;
        }
        match std::mem::take(&mut self.gesture) {
            Gesture::None | Gesture::Pan | Gesture::Box(_) => {}
            Gesture::Move(moving) => self.drop_items(&moving, out),
            Gesture::Wire(wiring) => self.drop_wire(&wiring, doc, out),
        }
    }

    fn drop_items(&mut self, moving: &Moving, out: &mut Requests) {
        let to = |item: usize| self.scene.items[item].rect.min + moving.by;
        let edits = if let Some(link) = moving.link {
            let rect = self.scene.items[moving.grabbed].rect.translate(moving.by);
            let (at, mut moved) = self.scene.make_room(link, rect, Some(moving.grabbed));
            moved.push((moving.grabbed, at));
            let mut edits = self.scene.moves(&moved);
            edits.extend(self.scene.splice(link, &self.scene.items[moving.grabbed].id));
            edits
        } else {
            let moved: Vec<(usize, Pos2)> = moving.items.iter().map(|item| (*item, to(*item))).collect();
            self.scene.moves(&moved)
        };
        edits::ask(edits, out);
    }

    fn take_clicks(&mut self, ui: &Ui, response: &Response, doc: &Doc, out: &mut Requests) {
        // A key on the focused canvas counts as a click too, but not here.
        let is_pointer = ui.input(|input| input.pointer.any_click());
        let Some(pointer) = response.interact_pointer_pos().filter(|_| is_pointer) else { return };
        let pos = self.camera.to_canvas(pointer);
        if response.double_clicked_by(PointerButton::Primary) {
            match self.hit(pos) {
                Hit::Nothing => self.quick_add_at(pos, None),
                Hit::Item(item) if pos.y < self.scene.items[item].rect.top() + 32.0 => {
                    let id = self.scene.items[item].id.clone();
                    self.rename(&id);
                }
                _ => {}
            }
        } else if response.clicked_by(PointerButton::Primary) {
            response.request_focus();
            let modifiers = ui.input(|input| input.modifiers);
            let hit = self.hit(pos);
            self.click(hit, modifiers, doc, out);
        } else if response.secondary_clicked() {
            response.request_focus();
            let hit = self.hit(pos);
            self.ask_menu(hit, pointer, doc, out);
        }
    }

    fn click(&mut self, hit: Hit, modifiers: Modifiers, doc: &Doc, out: &mut Requests) {
        let look = |item: usize, port: usize| Request::Look { node: self.scene.items[item].id.clone(), port };
        match hit {
            Hit::Link(link, _) if modifiers.alt => out.edit(self.scene.cut(link)),
            Hit::Link(link, _) => {
                let ends = &self.scene.links[link];
                out.push(look(ends.from, ends.from_port));
            }
            Hit::Item(item) | Hit::Input(item, _) if modifiers.command || modifiers.shift => {
                let id = &self.scene.items[item].id;
                let mut selection = doc.selection.clone();
                if !selection.remove(id) {
                    selection.insert(id.clone());
                    out.push(look(item, 0));
                }
                out.push(Request::Select(selection));
            }
            Hit::Item(item) | Hit::Input(item, _) => {
                out.select([self.scene.items[item].id.clone()]);
                out.push(look(item, 0));
            }
            Hit::Output(item, port) => {
                out.select([self.scene.items[item].id.clone()]);
                out.push(look(item, port));
            }
            Hit::Nothing if modifiers.command || modifiers.shift || doc.selection.is_empty() => {}
            Hit::Nothing => out.select([]),
        }
    }

    /// What is clicked is selected first, so that the menu is about it.
    fn ask_menu(&mut self, hit: Hit, at: Pos2, doc: &Doc, out: &mut Requests) {
        let about = match hit {
            Hit::Link(link, _) => {
                let (from, to, port) = self.scene.wire(link);
                About::Wire { from, to, port }
            }
            Hit::Nothing => About::Canvas,
            Hit::Item(item) | Hit::Input(item, _) | Hit::Output(item, _) => {
                let id = &self.scene.items[item].id;
                if !doc.selection.contains(id) {
                    out.select([id.clone()]);
                }
                About::Nodes
            }
        };
        out.push(Request::ContextMenu { at, about });
    }
}
