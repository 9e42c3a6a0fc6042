//! What gestures mean for the flow: edits of one step of undo each.

use egui::{Pos2, Rect, Vec2};
use flowloom_flow::{Edit, NodeId, Output};
use indexmap::IndexMap;

use super::geometry::{self, GRID};
use super::scene::Scene;
use crate::request::{Request, Requests};

/// Room between a node and one that is put in its wire.
const ROOM: f32 = 48.0;

impl Scene {
    /// The wire as the flow has it: from, to, port.
    pub(super) fn wire(&self, link: usize) -> (Output, NodeId, String) {
        let link = &self.links[link];
        let (from, to) = (&self.items[link.from], &self.items[link.to]);
        let port = to.inputs.get(link.to_port).map(|spot| spot.name.to_string()).unwrap_or_default();
        (from.output(link.from_port), to.id.clone(), port)
    }

    pub(super) fn cut(&self, link: usize) -> Edit {
        let (from, to, port) = self.wire(link);
        Edit::Disconnect { from, to, port }
    }

    /// A wire between two ports, in place of the wire `replaced`, whose end was taken off.
    pub(super) fn connect(
        &self,
        (from, from_port): (usize, usize),
        (to, to_port): (usize, usize),
        replaced: Option<usize>,
    ) -> Vec<Edit> {
        let is_same = |link: usize| {
            let link = &self.links[link];
            (link.from, link.from_port, link.to, link.to_port) == (from, from_port, to, to_port)
        };
        if replaced.is_some_and(is_same) {
            return Vec::new();
        }
        let mut edits: Vec<Edit> = replaced.map(|link| self.cut(link)).into_iter().collect();
        // A wire that only changes where it comes from keeps its place among those of its port.
        let index = replaced
            .map(|link| &self.links[link])
            .filter(|link| (link.to, link.to_port) == (to, to_port) && self.items[to].inputs[to_port].is_many)
            .map(|link| link.index);
        edits.push(Edit::Connect {
            from: self.items[from].output(from_port),
            to: self.items[to].id.clone(),
            port: self.items[to].inputs.get(to_port).map(|spot| spot.name.to_string()),
            index,
        });
        edits
    }

    /// Nodes at new places. Where some nodes have no place yet, all of those are written down where they are seen.
    pub(super) fn moves(&self, moved: &[(usize, Pos2)]) -> Vec<Edit> {
        let steps: Vec<[i32; 2]> = moved
            .iter()
            .map(|(item, to)| geometry::whole(*to - self.items[*item].rect.min.to_vec2()))
            .collect();
        if steps.iter().all(|step| *step == [0, 0]) {
            return Vec::new();
        }
        let is_one_step = steps.windows(2).all(|pair| pair[0] == pair[1]);
        if is_one_step && !self.has_unplaced {
            let ids = moved.iter().map(|(item, _)| self.items[*item].id.clone()).collect();
            return vec![Edit::MoveNodes { ids, by: steps[0] }];
        }
        let mut at: IndexMap<NodeId, [i32; 2]> = IndexMap::new();
        if self.has_unplaced {
            at.extend(self.items.iter().map(|item| (item.id.clone(), geometry::whole(item.rect.min))));
        }
        at.extend(moved.iter().map(|(item, to)| (self.items[*item].id.clone(), geometry::whole(*to))));
        vec![Edit::PlaceNodes { at }]
    }

    /// Where a node of that rectangle goes when it is put in a wire, and where the nodes behind it move to.
    pub(super) fn make_room(
        &self,
        link: usize,
        rect: Rect,
        own: Option<usize>,
    ) -> (Pos2, Vec<(usize, Pos2)>) {
        let (from, to) = (self.links[link].from, self.links[link].to);
        let up = |x: f32| (x / GRID).ceil() * GRID;
        let missing = self.items[from].rect.right() + ROOM - rect.left();
        let at = rect.min + Vec2::X * up(missing.max(0.0));
        let missing = at.x + rect.width() + ROOM - self.items[to].rect.left();
        let mut moved = Vec::new();
        if missing > 0.0 {
            let below = self.reach(to, true);
            let by = Vec2::X * up(missing);
            moved = (0..self.items.len())
                .filter(|item| below[*item] && Some(*item) != own)
                .map(|item| (item, self.items[item].rect.min + by))
                .collect();
        }
        (at, moved)
    }

    /// Wires of a node that is put in a wire.
    pub(super) fn splice(&self, link: usize, id: &NodeId) -> Vec<Edit> {
        let (from, to, port) = self.wire(link);
        let target = &self.links[link];
        let is_many = self.items[target.to].inputs.get(target.to_port).is_some_and(|spot| spot.is_many);
        let mut edits = vec![Edit::Connect { from, to: id.clone(), port: None, index: None }];
        if is_many {
            edits.push(self.cut(link));
        }
        let index = is_many.then_some(target.index);
        edits.push(Edit::Connect { from: Output::first(id.clone()), to, port: Some(port), index });
        edits
    }
}

/// Asks for `edits` as one step, where there are any.
pub(super) fn ask(edits: Vec<Edit>, out: &mut Requests) {
    if !edits.is_empty() {
        out.push(Request::Edit(edits));
    }
}
