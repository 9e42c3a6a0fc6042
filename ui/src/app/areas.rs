//! The areas of the window, and the keyboard's way from one to the next.

use egui::{Context, Id, LayerId, Rect};

/// How far in a control's middle must be: what resizes a panel lies on its edge.
const EDGE: f32 = 6.0;

/// In the order that the keyboard takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    Toolbar,
    Nodes,
    Canvas,
    Data,
    Settings,
    /// In place of all but the toolbar.
    Connections,
    Connection,
}

/// The areas that the last frame has shown.
#[derive(Debug, Default)]
pub(super) struct Areas {
    shown: Vec<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    area: Area,
    layer: LayerId,
    rect: Rect,
}

impl Areas {
    /// A new frame begins.
    pub(super) fn clear(&mut self) {
        self.shown.clear();
    }

    /// `area` is in `rect` in this frame.
    pub(super) fn put(&mut self, area: Area, layer: LayerId, rect: Rect) {
        self.shown.push(Place { area, layer, rect });
    }

    /// Gives the keyboard to the first control of the next area that has one, from the canvas where nothing had it.
    pub(super) fn step(&mut self, ctx: &Context, is_forward: bool) {
        self.shown.sort_by_key(|place| place.area as u8);
        let count = self.shown.len();
        let focused = ctx.memory(egui::Memory::focused);
        let at = focused.and_then(|id| self.shown.iter().position(|place| place.has(ctx, id)));
        let is_main = |place: &Place| matches!(place.area, Area::Canvas | Area::Connection);
        let main = || self.shown.iter().position(is_main);
        let Some(from) = at.or_else(main) else { return };
        for step in 1..count {
            let to = if is_forward { (from + step) % count } else { (from + count - step) % count };
            if let Some(first) = self.shown[to].first(ctx) {
                ctx.memory_mut(|memory| memory.request_focus(first));
                return;
            }
        }
    }
}

impl Place {
    fn has(&self, ctx: &Context, id: Id) -> bool {
        let widget = ctx.viewport(|window| window.this_pass.widgets.get(id).copied());
        widget.is_some_and(|widget| self.holds(widget.layer_id, widget.rect))
    }

    /// The control that comes first of those that can have the keyboard.
    fn first(&self, ctx: &Context) -> Option<Id> {
        ctx.viewport(|window| {
            let widgets = window.this_pass.widgets.get_layer(self.layer);
            let open = widgets.filter(|widget| widget.enabled && widget.sense.is_focusable());
            let mut here = open.filter(|widget| self.holds(widget.layer_id, widget.interact_rect));
            here.next().map(|widget| widget.id)
        })
    }

    fn holds(&self, layer: LayerId, rect: Rect) -> bool {
        layer == self.layer && rect.is_positive() && self.rect.shrink(EDGE).contains(rect.center())
    }
}
