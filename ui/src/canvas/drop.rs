//! What is let go over the canvas: a wire's end, or a kind from the palette.

use egui::{DragAndDrop, Pos2, Rect, Response, Ui, Vec2};
use flowloom_flow::{Card, Edit, NodeId};
use serde_json::Map;

use super::geometry;
use super::gesture::Wiring;
use super::hit::Hit;
use super::{CanvasState, Look, edits};
use crate::doc::{Doc, title_of};
use crate::request::{Request, Requests};
use crate::theme;

/// What a drag from the palette carries: the kind.
#[derive(Clone, Copy, Debug)]
pub struct Dragged(pub &'static Card);

/// A kind over the canvas that is not placed yet.
pub(super) struct Ghost {
    pub(super) card: &'static Card,
    pub(super) rect: Rect,
    pub(super) link: Option<usize>,
}

impl CanvasState {
    /// Decides where the loose end would go, and says why it would not.
    pub(super) fn aim_wire(&mut self, wiring: &mut Wiring) {
        wiring.target = None;
        wiring.is_refused = false;
        wiring.hint.clear();
        let hit = self.hit(wiring.to);
        let Some(item) = hit.item() else {
            wiring.hint.push_str(match wiring.replaced {
                Some(_) => "Release to take the wire off",
                None if wiring.anchor.is_output => "Release to add a node that takes these rows",
                None => "Release to add a node that gives rows",
            });
            return;
        };
        if !wiring.fits[item] {
            wiring.is_refused = item != wiring.anchor.item || hit != Self::anchor_hit(wiring);
            if wiring.is_refused {
                wiring.hint = wiring.refusal(&self.scene, item);
            }
            return;
        }
        let node = &self.scene.items[item];
        let spots = if wiring.anchor.is_output { &node.inputs } else { &node.outputs };
        let port = match hit {
            Hit::Input(_, port) if wiring.anchor.is_output => port,
            Hit::Output(_, port) if !wiring.anchor.is_output => port,
            // Over the node itself: the nearest port, a free one first.
            _ => {
                let distance = |port: usize| {
                    let offset = if wiring.anchor.is_output {
                        node.input_offset(port)
                    } else {
                        node.output_offset(port)
                    };
                    let is_full =
                        wiring.anchor.is_output && self.filled(item, port, wiring.replaced).is_some();
                    (node.rect.min + offset).distance(wiring.to) + if is_full { 1e4 } else { 0.0 }
                };
                (0..spots.len()).min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(0)
            }
        };
        wiring.target = Some((item, port));
        let label = if spots.len() > 1 { format!(", {}", spots[port].name) } else { String::new() };
        wiring.hint = match self.filled(item, port, wiring.replaced).filter(|_| wiring.anchor.is_output) {
            Some(link) => {
                let old = &self.scene.items[self.scene.links[link].from].title;
                format!("{}{label}: replaces the wire from {old}", node.title)
            }
            None => format!("{}{label}", node.title),
        };
    }

    fn anchor_hit(wiring: &Wiring) -> Hit {
        let anchor = wiring.anchor;
        if anchor.is_output {
            Hit::Output(anchor.item, anchor.port)
        } else {
            Hit::Input(anchor.item, anchor.port)
        }
    }

    /// The wire that a port for one wire has already, other than `except`.
    fn filled(&self, item: usize, port: usize, except: Option<usize>) -> Option<usize> {
        let node = &self.scene.items[item];
        if node.inputs.get(port)?.is_many {
            return None;
        }
        let mut links = node.into.iter().map(|link| *link as usize);
        links.find(|link| self.scene.links[*link].to_port == port && Some(*link) != except)
    }

    /// The loose end was let go.
    pub(super) fn drop_wire(&mut self, wiring: &Wiring, doc: &Doc, out: &mut Requests) {
        let anchor = wiring.anchor;
        match (wiring.target, wiring.replaced) {
            (Some(target), replaced) => {
                let own = (anchor.item, anchor.port);
                let (from, to) = if anchor.is_output { (own, target) } else { (target, own) };
                edits::ask(self.scene.connect(from, to, replaced), out);
            }
            _ if wiring.is_refused || self.hit(wiring.to) != Hit::Nothing => {}
            (None, Some(link)) => out.edit(self.scene.cut(link)),
            (None, None) => {
                let item = &self.scene.items[anchor.item];
                if doc.flow.nodes.contains_key(&item.id) {
                    let id = item.id.clone();
                    self.quick_add_at(wiring.to, Some((id, anchor)));
                }
            }
        }
    }

    /// A kind that is dragged over the canvas; placed when it is let go.
    pub(super) fn take_dropped(
        &mut self,
        ui: &Ui,
        response: &Response,
        doc: &Doc,
        env: &Look<'_>,
        out: &mut Requests,
    ) {
        if let Some(dragged) = response.dnd_release_payload::<Dragged>()
            && let Some(ghost) = self.ghost(ui, dragged.0, doc)
        {
            self.add_node(ui, doc, env, ghost.card, ghost.rect.min, ghost.link, out);
            response.request_focus();
        }
    }

    /// The kind that hovers, where it would stand.
    pub(super) fn hovering(&mut self, ui: &Ui, response: &Response, doc: &Doc) -> Option<Ghost> {
        let dragged = DragAndDrop::payload::<Dragged>(ui.ctx())?;
        if !response.contains_pointer() {
            return None;
        }
        self.ghost(ui, dragged.0, doc)
    }

    fn ghost(&mut self, ui: &Ui, card: &'static Card, doc: &Doc) -> Option<Ghost> {
        let pointer = ui.input(|input| input.pointer.latest_pos())?;
        let size = new_size(ui, card, &doc.flow.free_id(card.id));
        let at = geometry::snapped(self.camera.to_canvas(pointer) - size / 2.0);
        let rect = Rect::from_min_size(at, size);
        let can_insert = !card.inputs.is_empty() && !card.outputs.is_empty();
        let link = if can_insert { self.link_under(rect) } else { None };
        Some(Ghost { card, rect, link })
    }

    /// Adds a node, into a wire where one is given, and selects it: one step of undo.
    #[expect(clippy::too_many_arguments, reason = "all of them say where and what")]
    pub(super) fn add_node(
        &self,
        ui: &Ui,
        doc: &Doc,
        env: &Look<'_>,
        card: &'static Card,
        at: Pos2,
        link: Option<usize>,
        out: &mut Requests,
    ) {
        if env.registry.find(card.id).is_none() {
            return;
        }
        let id = doc.flow.free_id(card.id);
        let mut asked = Vec::new();
        let mut at = geometry::snapped(at);
        let mut wires = Vec::new();
        if let Some(link) = link {
            let rect = Rect::from_min_size(at, new_size(ui, card, &id));
            let (place, moved) = self.scene.make_room(link, rect, None);
            at = place;
            asked.extend(self.scene.moves(&moved));
            wires = self.scene.splice(link, &id);
        }
        asked.push(added(card, &id, at));
        asked.extend(wires);
        placed(asked, &id, out);
    }
}

/// A new node of the kind's default settings.
pub(super) fn added(card: &'static Card, id: &NodeId, at: Pos2) -> Edit {
    Edit::AddNode {
        id: Some(id.clone()),
        kind: card.id.to_owned(),
        at: Some(geometry::whole(at)),
        settings: Map::new(),
    }
}

/// Asks for the edits that place a node, and shows it.
pub(super) fn placed(asked: Vec<Edit>, id: &NodeId, out: &mut Requests) {
    out.push(Request::Edit(asked));
    out.select([id.clone()]);
    out.push(Request::Look { node: id.clone(), port: 0 });
}

/// How large a new node of that kind is.
pub(super) fn new_size(ui: &Ui, card: &Card, id: &NodeId) -> Vec2 {
    let font = theme::strong();
    let name: f32 =
        ui.fonts_mut(|fonts| title_of(id).chars().map(|letter| fonts.glyph_width(&font, letter)).sum());
    Vec2::new(geometry::width(name), geometry::height(card.inputs.len().max(card.outputs.len()).max(1)))
}
