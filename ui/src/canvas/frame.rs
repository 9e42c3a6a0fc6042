//! How much is drawn, and what one frame draws from.

use egui::{Pos2, Rect};

use super::CanvasState;
use super::geometry::Curve;

/// From this zoom on nodes show everything.
pub(super) const FULL: f32 = 0.55;
const NAME: f32 = 0.3;
const ICON: f32 = 0.12;

/// Level of detail, from little to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Detail {
    /// Flat rectangles in one mesh.
    Flat,
    /// A coloured rectangle with the kind's icon.
    Icon,
    /// Icon, name, state.
    Name,
    Full,
}

impl Detail {
    pub(super) fn of(zoom: f32) -> Self {
        match zoom {
            zoom if zoom >= FULL => Self::Full,
            zoom if zoom >= NAME => Self::Name,
            zoom if zoom >= ICON => Self::Icon,
            _ => Self::Flat,
        }
    }
}

impl CanvasState {
    /// Where a node is drawn now, in canvas points.
    pub(super) fn place(&self, item: usize) -> Pos2 {
        self.scene.items[item].rect.min + self.gesture.offset(item)
    }

    /// A node's rectangle on screen.
    pub(super) fn item_rect(&self, item: usize) -> Rect {
        self.camera.rect_to_screen(self.scene.items[item].rect.translate(self.gesture.offset(item)))
    }

    /// A wire's curve on screen.
    pub(super) fn link_curve(&self, link: usize) -> Curve {
        let ends = &self.scene.links[link];
        let (from, to) = (self.gesture.offset(ends.from), self.gesture.offset(ends.to));
        let curve = if from == to {
            ends.curve.map(|pos| pos + from)
        } else {
            self.scene.curve_with(link, |item| self.place(item))
        };
        curve.map(|pos| self.camera.to_screen(pos))
    }

    /// Nodes and wires within the view; those that are dragged last, over all others.
    pub(super) fn seen(&mut self) -> (Vec<u32>, Vec<u32>) {
        // Shadows, notes and handles reach out of their node.
        let view = self.camera.visible().expand(32.0);
        let (mut items, mut links) = (Vec::new(), Vec::new());
        self.scene.item_grid.query(view, &mut items);
        self.scene.link_grid.query(view, &mut links);
        let super::Gesture::Move(moving) = &self.gesture else { return (items, links) };
        let is_moved = |item: usize| moving.is_moved[item];
        items.retain(|item| !is_moved(*item as usize));
        let scene = &self.scene;
        links.retain(|link| {
            let link = &scene.links[*link as usize];
            !is_moved(link.from) && !is_moved(link.to)
        });
        for item in &moving.items {
            let node = &scene.items[*item];
            for link in node.into.iter().chain(&node.out_of) {
                let ends = &scene.links[*link as usize];
                // A wire between two dragged nodes is added by the one that it leaves.
                if ends.to == *item && is_moved(ends.from) {
                    continue;
                }
                let bounds = Rect::from_two_pos(
                    scene.items[ends.from].rect.center() + self.gesture.offset(ends.from),
                    scene.items[ends.to].rect.center() + self.gesture.offset(ends.to),
                );
                if bounds.expand(280.0).intersects(view) {
                    links.push(*link);
                }
            }
            if node.rect.translate(moving.by).intersects(view) {
                items.push(u32::try_from(*item).unwrap_or(u32::MAX));
            }
        }
        (items, links)
    }
}
