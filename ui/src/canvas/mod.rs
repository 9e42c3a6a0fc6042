//! The canvas: nodes and wires on egui's painter, and the gestures that edit them.
//!
//! [`show`] reads the document and changes nothing but `doc.canvas`; what a gesture means for the flow goes out
//! as one [`crate::request::Request`] when the gesture ends, so that it is one step of undo.
//!
//! Pan: two fingers, middle button, Space and drag. Zoom: the wheel of a mouse, Ctrl with any wheel, a pinch.
//! A wheel that reports lines is a mouse's, one that reports points is a touch pad.

mod access;
mod camera;
mod drop;
mod edits;
mod frame;
mod geometry;
mod gesture;
mod grid;
mod hit;
mod hover;
mod input;
mod known;
mod minimap;
mod overlay;
mod paint;
mod quick_add;
mod rename;
mod scene;
mod tidy;
mod walk;

use std::collections::BTreeSet;

use egui::{Id, Pos2, Rect, Sense, Ui, UiBuilder, Vec2};
use flowloom_flow::{Flow, NodeId, Registry};

use flowloom_studio::FlowKey;

use crate::doc::Doc;
use crate::request::Requests;
use crate::theme::{self, Tokens};
use camera::Camera;
use gesture::Gesture;
use hover::Hover;
use known::Known;
use scene::Scene;

pub use camera::View;
pub use drop::Dragged;
pub(crate) use quick_add::{Row, paint_row};
pub use tidy::tidy;

/// What the canvas is told besides the flow.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    pub registry: Registry,
    pub has_minimap: bool,
    /// Kinds that were placed last, newest first.
    pub recent: &'a [String],
}

/// A change of the view that waits for the next frame, which knows the flow and the room there is.
enum Aim {
    All,
    Selection,
    Node(NodeId),
}

/// A view that shows the whole flow, and goes on to while the room changes, until the view or the flow does.
#[derive(Clone, Copy, PartialEq)]
struct Fitted {
    view: View,
    size: Vec2,
    serial: u64,
}

/// What the canvas remembers of a flow between frames: the view, the gesture under way, what it has worked out.
#[derive(Default)]
pub struct CanvasState {
    camera: Camera,
    /// The view was chosen or restored; else everything is shown at first.
    is_viewed: bool,
    aim: Option<Aim>,
    /// The whole flow is shown, as nobody has looked elsewhere yet.
    fitted: Option<Fitted>,
    scene: Scene,
    known: Known,
    gesture: Gesture,
    hover: Hover,
    quick_add: Option<quick_add::QuickAdd>,
    /// Quick-add was asked for from outside: a key, a menu.
    wants_quick_add: bool,
    renaming: Option<rename::Renaming>,
    selected: Vec<bool>,
    selection: BTreeSet<NodeId>,
    selected_serial: u64,
    /// Where the pointer is over the canvas, on screen.
    pointer: Option<Pos2>,
    map: minimap::Cache,
    brushes: paint::Brushes,
}

impl CanvasState {
    /// What is worth keeping when the flow is closed.
    pub fn view(&self) -> View {
        self.camera.view()
    }

    pub fn set_view(&mut self, view: View) {
        self.camera.set_view(view);
        self.is_viewed = true;
    }

    /// 1: natural size.
    pub fn zoom(&self) -> f32 {
        self.camera.zoom
    }

    pub fn zoom_in(&mut self) {
        self.camera.step(true);
    }

    pub fn zoom_out(&mut self) {
        self.camera.step(false);
    }

    pub fn zoom_reset(&mut self) {
        self.camera.zoom_at(self.camera.rect.center(), 1.0);
    }

    pub fn fit_all(&mut self) {
        self.aim = Some(Aim::All);
    }

    pub fn fit_selection(&mut self) {
        self.aim = Some(Aim::Selection);
    }

    /// Shows the node in the middle, large enough to be read.
    pub fn center_on(&mut self, node: &NodeId) {
        self.aim = Some(Aim::Node(node.clone()));
    }

    /// Opens quick-add at the pointer, or in the middle where it is elsewhere.
    pub fn open_quick_add(&mut self) {
        self.wants_quick_add = true;
    }

    /// Edits the node's name where it stands.
    pub fn rename(&mut self, node: &NodeId) {
        self.renaming = Some(rename::Renaming::new(node.clone()));
    }

    /// No gesture is under way and no popup is open.
    pub fn is_idle(&self) -> bool {
        self.gesture.is_none() && self.quick_add.is_none() && self.renaming.is_none()
    }

    /// Takes back one level of what is under way: a gesture, then a popup. False: there was nothing.
    pub fn escape(&mut self) -> bool {
        if !self.gesture.is_none() {
            self.gesture = Gesture::None;
            return true;
        }
        self.quick_add.take().is_some() || self.renaming.take().is_some()
    }

    /// Where something pasted goes, in canvas points: the pointer, else the middle of what is seen.
    pub fn cursor(&self) -> [i32; 2] {
        let pos = self.pointer.map_or_else(|| self.visible().center(), |pos| self.camera.to_canvas(pos));
        geometry::whole(geometry::snapped(pos))
    }

    /// A place in the middle of what is seen where no node stands yet.
    pub fn free_place(&self, flow: &Flow) -> [i32; 2] {
        let size = Vec2::new(geometry::WIDTH, geometry::height(1));
        let mut at = geometry::snapped(self.visible().center() - size / 2.0);
        let is_taken = |at: Pos2| {
            let wanted = Rect::from_min_size(at, size).expand(8.0);
            let mut places = self.scene.items.iter().filter(|item| flow.nodes.contains_key(&item.id));
            places.any(|item| item.rect.intersects(wanted))
        };
        while is_taken(at) {
            at.y += 4.0 * geometry::GRID;
        }
        geometry::whole(at)
    }

    /// The part of the canvas that is seen, in canvas points.
    pub fn visible(&self) -> Rect {
        self.camera.visible()
    }

    /// Where a node is drawn, on screen; `None` before it was drawn.
    pub fn screen_rect(&self, node: &NodeId) -> Option<Rect> {
        let item = self.scene.by_id.get(node)?;
        Some(self.camera.rect_to_screen(self.scene.items[*item].rect))
    }

    fn aim(&mut self, doc: &Doc) {
        if !self.is_viewed && !self.scene.items.is_empty() {
            self.aim.get_or_insert(Aim::All);
        }
        if !self.camera.rect.is_positive() {
            return;
        }
        // What is placed on an empty canvas stays where it was placed.
        self.is_viewed = true;
        let now = Fitted { view: self.view(), size: self.camera.rect.size(), serial: self.scene.serial };
        if self.fitted.is_some_and(|fitted| now == Fitted { size: now.size, ..fitted } && now != fitted) {
            self.aim.get_or_insert(Aim::All);
        }
        let bounds_of = |ids: &mut dyn Iterator<Item = &NodeId>| {
            ids.filter_map(|id| self.scene.by_id.get(id))
                .fold(Rect::NOTHING, |all, item| all.union(self.scene.items[*item].rect))
        };
        match self.aim.take() {
            None => {}
            Some(Aim::All) => {
                self.camera.fit(self.scene.bounds, 32.0);
                self.fitted = Some(Fitted { view: self.view(), ..now });
            }
            Some(Aim::Selection) => {
                let bounds = bounds_of(&mut doc.selection.iter());
                self.camera.fit(if bounds.is_positive() { bounds } else { self.scene.bounds }, 64.0);
            }
            Some(Aim::Node(id)) => {
                let bounds = bounds_of(&mut std::iter::once(&id));
                if bounds.is_positive() {
                    self.camera.center = bounds.center();
                    if self.camera.zoom < frame::FULL {
                        self.camera.zoom = 1.0;
                    }
                }
            }
        }
    }

    fn follow_selection(&mut self, doc: &Doc) {
        if self.selected_serial == self.scene.serial && self.selection == doc.selection {
            return;
        }
        self.selected_serial = self.scene.serial;
        self.selection.clone_from(&doc.selection);
        self.selected.clear();
        self.selected.resize(self.scene.items.len(), false);
        for id in &self.selection {
            if let Some(item) = self.scene.by_id.get(id) {
                self.selected[*item] = true;
            }
        }
    }
}

/// What has the keyboard while this flow's canvas has it.
pub fn id(flow: FlowKey) -> Id {
    Id::unique(("canvas", flow))
}

/// Draws the canvas in all the room that `ui` has, and takes in what the user does with it.
pub fn show(ui: &mut Ui, doc: &mut Doc, env: &Look<'_>, out: &mut Requests) {
    let mut canvas = std::mem::take(&mut doc.canvas);
    canvas.show(ui, doc, env, out);
    doc.canvas = canvas;
}

impl CanvasState {
    fn show(&mut self, ui: &mut Ui, doc: &Doc, env: &Look<'_>, out: &mut Requests) {
        let rect = ui.available_rect_before_wrap();
        let response = ui.interact(rect, id(doc.key), Sense::click_and_drag());
        ui.advance_cursor_after_rect(rect);
        access::canvas(&response, doc);
        let mut ui = ui.new_child(UiBuilder::new().id_salt(("canvas ui", doc.key)).max_rect(rect));
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));

        let font = theme::strong();
        let is_new = ui.fonts_mut(|fonts| {
            let measure = |name: &str| name.chars().map(|letter| fonts.glyph_width(&font, letter)).sum();
            self.scene.follow(&doc.flow, env.registry, measure)
        });
        if is_new {
            self.gesture.flow_changed(&self.scene);
            self.hover = Hover::default();
        }
        let pixels_per_point = ui.ctx().pixels_per_point();
        self.camera.place(rect, pixels_per_point);
        self.aim(doc);
        self.camera.place(rect, pixels_per_point);
        self.follow_selection(doc);
        self.known.refresh(doc, &self.scene, ui.ctx());

        self.take_input(&ui, &response, doc, out);
        self.take_dropped(&ui, &response, doc, env, out);
        self.camera.place(rect, pixels_per_point);

        let tokens = Tokens::of(&ui);
        self.paint(&ui, doc, tokens, &response, out);
        self.overlays(&mut ui, doc, env, tokens, out);
        self.show_rename(&mut ui, doc, tokens, out);
        self.show_quick_add(&ui, doc, env, tokens, out);
        if self.quick_add.is_none() && self.renaming.is_none() {
            self.show_hover(&ui, doc, tokens, &response);
        }
    }
}
