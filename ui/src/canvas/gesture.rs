//! What the user is in the middle of. It is seen only here until it ends.

use std::collections::BTreeSet;

use egui::{Pos2, Vec2};
use flowloom_flow::NodeId;

use super::scene::Scene;

/// One at a time.
#[derive(Debug, Default)]
pub(super) enum Gesture {
    #[default]
    None,
    Pan,
    Box(Boxing),
    Move(Moving),
    Wire(Wiring),
}

/// What a box does with the selection that was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Replace,
    Add,
    Toggle,
}

#[derive(Debug)]
pub(super) struct Boxing {
    /// In canvas points.
    pub(super) from: Pos2,
    pub(super) to: Pos2,
    pub(super) mode: Mode,
    pub(super) before: BTreeSet<NodeId>,
}

#[derive(Debug)]
pub(super) struct Moving {
    pub(super) from: Pos2,
    pub(super) grabbed: usize,
    pub(super) items: Vec<usize>,
    pub(super) is_moved: Vec<bool>,
    pub(super) by: Vec2,
    /// The one node may be put in a wire.
    pub(super) can_insert: bool,
    /// The wire that it would go in now.
    pub(super) link: Option<usize>,
}

/// The end of a wire that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) item: usize,
    pub(super) port: usize,
    pub(super) is_output: bool,
}

#[derive(Debug)]
pub(super) struct Wiring {
    pub(super) anchor: Anchor,
    /// The wire whose other end was taken off.
    pub(super) replaced: Option<usize>,
    /// The loose end, in canvas points.
    pub(super) to: Pos2,
    /// Nodes that it may end at.
    pub(super) fits: Vec<bool>,
    /// The node and port that it would end at now.
    pub(super) target: Option<(usize, usize)>,
    /// What would happen, or why nothing would, in words.
    pub(super) hint: String,
    pub(super) is_refused: bool,
}

impl Gesture {
    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Indices are of the old flow: what goes by them ends.
    pub(super) fn flow_changed(&mut self, _scene: &Scene) {
        if matches!(self, Self::Move(_) | Self::Wire(_)) {
            *self = Self::None;
        }
    }

    /// Where a node is drawn while it is dragged.
    pub(super) fn offset(&self, item: usize) -> Vec2 {
        match self {
            Self::Move(moving) if moving.is_moved.get(item) == Some(&true) => moving.by,
            _ => Vec2::ZERO,
        }
    }
}

impl Wiring {
    pub(super) fn new(scene: &Scene, anchor: Anchor, replaced: Option<usize>, to: Pos2) -> Self {
        // What rows of the anchor come from cannot read them, and the other way round.
        let circle = scene.reach(anchor.item, !anchor.is_output);
        let fits = scene
            .items
            .iter()
            .zip(circle)
            .map(|(item, is_circle)| {
                let ports = if anchor.is_output { &item.inputs } else { &item.outputs };
                !is_circle && !ports.is_empty()
            })
            .collect();
        Self { anchor, replaced, to, fits, target: None, hint: String::new(), is_refused: false }
    }

    /// Why the wire cannot end at a node.
    pub(super) fn refusal(&self, scene: &Scene, item: usize) -> String {
        let (here, there) = (&scene.items[self.anchor.item], &scene.items[item]);
        let ports = if self.anchor.is_output { &there.inputs } else { &there.outputs };
        if item == self.anchor.item {
            "A node cannot read its own rows".to_owned()
        } else if ports.is_empty() && self.anchor.is_output {
            format!("{} takes no rows: it is a source", there.title)
        } else if ports.is_empty() {
            format!("{} passes no rows on: it is a writer", there.title)
        } else {
            let (above, below) = if self.anchor.is_output { (there, here) } else { (here, there) };
            format!("This would be a circle: rows of {} already reach {}", above.title, below.title)
        }
    }
}
