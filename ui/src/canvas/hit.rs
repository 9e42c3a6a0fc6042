//! What is under a point of the canvas.

use egui::{Pos2, Rect};

use super::CanvasState;
use super::frame::Detail;
use super::geometry::{PORT_REACH, WIRE_REACH};

/// What a pointer can be on, by index in the scene.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Hit {
    #[default]
    Nothing,
    Item(usize),
    Input(usize, usize),
    Output(usize, usize),
    /// A wire and how far along it, 0 to 1.
    Link(usize, f32),
}

impl Hit {
    /// The node that it is on or belongs to.
    pub(super) fn item(self) -> Option<usize> {
        match self {
            Self::Item(item) | Self::Input(item, _) | Self::Output(item, _) => Some(item),
            Self::Nothing | Self::Link(..) => None,
        }
    }
}

impl CanvasState {
    /// Ports before nodes before wires; what is drawn last is found first.
    pub(super) fn hit(&mut self, pos: Pos2) -> Hit {
        let zoom = self.camera.zoom;
        let detail = Detail::of(zoom);
        let reach = PORT_REACH.max(6.0 / zoom);
        let mut found = Vec::new();
        self.scene.item_grid.query(Rect::from_center_size(pos, egui::Vec2::splat(2.0 * reach)), &mut found);
        if detail >= Detail::Name {
            for item in found.iter().rev().map(|item| *item as usize) {
                let node = &self.scene.items[item];
                let at = node.rect.min;
                let near = |offset: egui::Vec2| (at + offset).distance(pos) <= reach;
                if let Some(port) = (0..node.outputs.len()).find(|port| near(node.output_offset(*port))) {
                    return Hit::Output(item, port);
                }
                if let Some(port) = (0..node.inputs.len()).find(|port| near(node.input_offset(*port))) {
                    return Hit::Input(item, port);
                }
                if node.rect.contains(pos) {
                    return Hit::Item(item);
                }
            }
        } else if let Some(item) =
            found.iter().rev().find(|item| self.scene.items[**item as usize].rect.contains(pos))
        {
            return Hit::Item(*item as usize);
        }
        match self.link_near(pos, WIRE_REACH / zoom, |_| true) {
            Some((link, t)) if detail >= Detail::Icon => Hit::Link(link, t),
            _ => Hit::Nothing,
        }
    }

    /// The wire nearest to `pos` within `reach`, of those that `is_wanted`.
    pub(super) fn link_near(
        &mut self,
        pos: Pos2,
        reach: f32,
        is_wanted: impl Fn(usize) -> bool,
    ) -> Option<(usize, f32)> {
        let mut found = Vec::new();
        let around = Rect::from_center_size(pos, egui::Vec2::splat(2.0 * reach));
        self.scene.link_grid.query(around, &mut found);
        let mut best: Option<(f32, usize, f32)> = None;
        for link in found.into_iter().map(|link| link as usize).filter(|link| is_wanted(*link)) {
            let curve = &self.scene.links[link].curve;
            if !curve.bounds().expand(reach).contains(pos) {
                continue;
            }
            let (distance, t) = curve.nearest(pos);
            if distance <= reach && best.is_none_or(|(nearest, ..)| distance < nearest) {
                best = Some((distance, link, t));
            }
        }
        best.map(|(_, link, t)| (link, t))
    }
}
