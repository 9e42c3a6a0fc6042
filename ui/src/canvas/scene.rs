//! A flow as the canvas needs it: places, ports and wires by index. Made anew only when the flow changes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use egui::{Pos2, Rect, Vec2};
use flowloom_flow::{Card, Flow, FlowNode, Group, NodeId, Output, Registry, Wires};

use super::geometry::{self, Curve};
use super::grid::Grid;
use super::tidy;
use crate::doc::title_of;

/// What the first output of an unknown kind is called.
const UNNAMED: &str = "out";

/// A port of a node on the canvas.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) name: Cow<'static, str>,
    /// What the user reads on hover.
    pub(super) label: &'static str,
    /// Takes more than one wire.
    pub(super) is_many: bool,
}

#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: NodeId,
    pub(super) title: String,
    pub(super) kind: String,
    /// `None`: a kind that this version does not know.
    pub(super) card: Option<&'static Card>,
    pub(super) rect: Rect,
    pub(super) inputs: Vec<Spot>,
    pub(super) outputs: Vec<Spot>,
    /// Wires that end here, and that begin here.
    pub(super) into: Vec<u32>,
    pub(super) out_of: Vec<u32>,
    pub(super) note: String,
}

#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) from_port: usize,
    pub(super) to: usize,
    pub(super) to_port: usize,
    /// Place among the wires of the port.
    pub(super) index: usize,
    pub(super) curve: Curve,
}

#[derive(Debug)]
pub(super) struct Scene {
    flow: Option<Arc<Flow>>,
    pub(super) items: Vec<Item>,
    pub(super) links: Vec<Link>,
    pub(super) by_id: HashMap<NodeId, usize>,
    pub(super) item_grid: Grid,
    pub(super) link_grid: Grid,
    /// Of all nodes; nothing where there are none.
    pub(super) bounds: Rect,
    /// Some nodes have no place in the flow: where they stand is only seen.
    pub(super) has_unplaced: bool,
    /// Counts scenes; caches go by it.
    pub(super) serial: u64,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            flow: None,
            items: Vec::new(),
            links: Vec::new(),
            by_id: HashMap::new(),
            item_grid: Grid::default(),
            link_grid: Grid::default(),
            bounds: Rect::NOTHING,
            has_unplaced: false,
            serial: 0,
        }
    }
}

impl Item {
    pub(super) fn group(&self) -> Option<Group> {
        self.card.map(|card| card.group)
    }

    /// What people call its kind.
    pub(super) fn kind_name(&self) -> &str {
        self.card.map_or(&self.kind, |card| card.name)
    }

    pub(super) fn icon(&self) -> &str {
        self.card.map_or("", |card| card.id)
    }

    #[expect(clippy::unused_self, reason = "the twin of `output_offset`")]
    pub(super) fn input_offset(&self, port: usize) -> Vec2 {
        Vec2::new(0.0, geometry::row_y(port))
    }

    pub(super) fn output_offset(&self, port: usize) -> Vec2 {
        Vec2::new(self.rect.width(), geometry::row_y(port))
    }

    /// The output as edits name it.
    pub(super) fn output(&self, port: usize) -> Output {
        let port = match self.outputs.get(port).map(|spot| &spot.name) {
            Some(Cow::Borrowed(name)) if port > 0 => Some((*name).to_owned()),
            Some(Cow::Owned(name)) if name != UNNAMED => Some(name.clone()),
            _ => None,
        };
        Output { node: self.id.clone(), port }
    }
}

impl Scene {
    /// Follows `flow`; `measure` gives a name's width. Whether anything changed.
    pub(super) fn follow(
        &mut self,
        flow: &Arc<Flow>,
        registry: Registry,
        measure: impl FnMut(&str) -> f32,
    ) -> bool {
        if self.flow.as_ref().is_some_and(|mine| Arc::ptr_eq(mine, flow)) {
            return false;
        }
        let serial = self.serial + 1;
        *self = Self::new(flow, registry, measure);
        self.flow = Some(Arc::clone(flow));
        self.serial = serial;
        true
    }

    fn new(flow: &Flow, registry: Registry, mut measure: impl FnMut(&str) -> f32) -> Self {
        let by_id: HashMap<NodeId, usize> =
            flow.nodes.keys().enumerate().map(|(at, id)| (id.clone(), at)).collect();
        let mut items: Vec<Item> = flow
            .nodes
            .iter()
            .map(|(id, node)| {
                let title = title_of(id);
                let width = geometry::width(measure(&title));
                item(id, node, title, width, registry)
            })
            .collect();
        let mut links = Vec::new();
        for (to, node) in flow.nodes.values().enumerate() {
            let mut counts = HashMap::new();
            for wire in &node.inputs {
                let index = counts.entry(wire.port.as_str()).or_insert(0);
                let Some(&from) = by_id.get(&wire.from.node) else { continue };
                let to_port = port(&mut items[to].inputs, Some(&wire.port));
                let from_port = port(&mut items[from].outputs, wire.from.port.as_deref());
                let number = u32::try_from(links.len()).unwrap_or(u32::MAX);
                items[to].into.push(number);
                items[from].out_of.push(number);
                let curve = Curve([Pos2::ZERO; 4]);
                links.push(Link { from, from_port, to, to_port, index: *index, curve });
                *index += 1;
            }
        }
        for item in &mut items {
            let rows = item.inputs.len().max(item.outputs.len()).max(1);
            item.rect.max.y = item.rect.min.y + geometry::height(rows);
        }
        let has_unplaced = flow.nodes.values().any(|node| node.at.is_none());
        if has_unplaced {
            let is_placed: Vec<bool> = flow.nodes.values().map(|node| node.at.is_some()).collect();
            tidy::place_missing(&mut items, &links, &is_placed);
        }
        let mut scene = Self { items, links, by_id, has_unplaced, ..Self::default() };
        for number in 0..scene.links.len() {
            scene.links[number].curve = scene.curve_with(number, |item| scene.items[item].rect.min);
        }
        scene.item_grid = Grid::new(scene.items.iter().map(|item| item.rect.expand(geometry::PORT_REACH)));
        scene.link_grid = Grid::new(scene.links.iter().map(|link| link.curve.bounds()));
        scene.bounds = scene.items.iter().fold(Rect::NOTHING, |all, item| all.union(item.rect));
        scene
    }

    /// The wire's curve with nodes where `place` says.
    pub(super) fn curve_with(&self, link: usize, place: impl Fn(usize) -> Pos2) -> Curve {
        let link = &self.links[link];
        let from = place(link.from) + self.items[link.from].output_offset(link.from_port);
        let to = place(link.to) + self.items[link.to].input_offset(link.to_port);
        Curve::new(from, to)
    }

    /// Every node that rows of `start` reach (`is_down`), or that rows at `start` come from; `start` itself too.
    pub(super) fn reach(&self, start: usize, is_down: bool) -> Vec<bool> {
        let mut reached = vec![false; self.items.len()];
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            if std::mem::replace(&mut reached[at], true) {
                continue;
            }
            if is_down {
                open.extend(self.items[at].out_of.iter().map(|link| self.links[*link as usize].to));
            } else {
                open.extend(self.items[at].into.iter().map(|link| self.links[*link as usize].from));
            }
        }
        reached
    }
}

fn item(id: &NodeId, node: &FlowNode, title: String, width: f32, registry: Registry) -> Item {
    let card = registry.find(&node.kind).map(|entry| entry.card);
    let spots = |ports: &'static [flowloom_flow::Port]| {
        ports
            .iter()
            .map(|port| Spot {
                name: Cow::Borrowed(port.name),
                label: port.label,
                is_many: port.wires == Wires::Many,
            })
            .collect()
    };
    let at = node.at.map_or(Pos2::ZERO, |[x, y]| Pos2::new(x as f32, y as f32));
    Item {
        id: id.clone(),
        title,
        kind: node.kind.clone(),
        card,
        rect: Rect::from_min_size(at, Vec2::new(width, 0.0)),
        inputs: card.map(|card| spots(card.inputs)).unwrap_or_default(),
        outputs: card.map(|card| spots(card.outputs)).unwrap_or_default(),
        into: Vec::new(),
        out_of: Vec::new(),
        note: node.note.clone(),
    }
}

/// Index of the port of that name. One that the kind does not have is added, so that its wire is seen.
fn port(spots: &mut Vec<Spot>, name: Option<&str>) -> usize {
    let first = spots.first().filter(|spot| matches!(spot.name, Cow::Borrowed(_)));
    let name = name.unwrap_or_else(|| first.map_or(UNNAMED, |spot| &*spot.name)).to_owned();
    if let Some(at) = spots.iter().position(|spot| spot.name == name) {
        return at;
    }
    spots.push(Spot { name: Cow::Owned(name), label: "Not a port of this kind", is_many: true });
    spots.len() - 1
}
