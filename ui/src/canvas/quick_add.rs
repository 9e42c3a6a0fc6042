//! Finding a kind by a few letters and placing it where the pointer is, wired to what is in hand.

use egui::accesskit::Role;
use egui::{
    Align2, Area, Frame, Id, Key, Modifiers, Order, Pos2, Rect, ScrollArea, Sense, TextEdit, Ui, Vec2,
    WidgetInfo,
};
use flowloom_flow::{Card, NodeId, Registry};

use super::gesture::Anchor;
use super::{CanvasState, Look, drop, geometry, paint};
use crate::doc::Doc;
use crate::fuzzy;
use crate::request::Requests;
use crate::theme::{self, Tokens, space};

const WIDTH: f32 = 320.0;
const LIST: f32 = 336.0;
const ROW: f32 = 40.0;
/// Recent kinds that are offered first.
const RECENT: usize = 4;

#[derive(Debug)]
pub(super) struct QuickAdd {
    /// Where the node goes, in canvas points.
    at: Pos2,
    /// The end that stays of a wire that was dropped here.
    wire: Option<(NodeId, Anchor)>,
    query: String,
    chosen: usize,
    is_new: bool,
}

/// A kind in a list, and what stands over it.
#[derive(Clone, Copy, Debug)]
struct Offer {
    card: &'static Card,
    head: Option<&'static str>,
}

impl QuickAdd {
    fn fits(&self, card: &Card) -> bool {
        match &self.wire {
            Some((_, anchor)) if anchor.is_output => !card.inputs.is_empty(),
            Some(_) => !card.outputs.is_empty(),
            None => true,
        }
    }

    /// The best first; without letters recent ones first, then by group.
    fn offers(&self, registry: Registry, recent: &[String]) -> Vec<Offer> {
        let fitting = || registry.entries().iter().map(|entry| entry.card).filter(|card| self.fits(card));
        if !self.query.trim().is_empty() {
            let is_recent = |card: &Card| recent.iter().any(|kind| kind == card.id);
            let mut found: Vec<(i32, &'static Card)> = fitting()
                .filter_map(|card| {
                    Some((fuzzy::rank(&self.query, card)? + i32::from(is_recent(card)) * 3, card))
                })
                .collect();
            found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.name.cmp(b.1.name)));
            return found.into_iter().map(|(_, card)| Offer { card, head: None }).collect();
        }
        let mut offers: Vec<Offer> = Vec::new();
        let used = recent.iter().filter_map(|kind| registry.find(kind)).map(|entry| entry.card);
        for card in used.filter(|card| self.fits(card)).take(RECENT) {
            offers.push(Offer { card, head: offers.is_empty().then_some("Recent") });
        }
        let mut rest: Vec<&'static Card> = fitting().collect();
        rest.sort_by(|a, b| a.group.cmp(&b.group).then(a.name.cmp(b.name)));
        let mut group = None;
        for card in rest {
            let is_first = group.replace(card.group) != Some(card.group);
            offers
                .push(Offer { card, head: is_first.then(|| crate::panel::palette::group_name(card.group)) });
        }
        offers
    }
}

impl CanvasState {
    /// Opens quick-add for a node at `at`, in canvas points.
    pub(super) fn quick_add_at(&mut self, at: Pos2, wire: Option<(NodeId, Anchor)>) {
        self.quick_add = Some(QuickAdd { at, wire, query: String::new(), chosen: 0, is_new: true });
    }

    pub(super) fn show_quick_add(
        &mut self,
        ui: &Ui,
        doc: &Doc,
        env: &Look<'_>,
        tokens: &Tokens,
        out: &mut Requests,
    ) {
        if std::mem::take(&mut self.wants_quick_add) && self.quick_add.is_none() {
            let at = self.pointer.map_or_else(|| self.visible().center(), |pos| self.camera.to_canvas(pos));
            self.quick_add_at(at, None);
        }
        let Some(mut quick) = self.quick_add.take() else { return };
        let ctx = ui.ctx();
        if ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            return;
        }
        if let Some((_, anchor)) = &quick.wire {
            self.paint_waiting(ui, tokens, *anchor, quick.at);
        }
        let offers = quick.offers(env.registry, env.recent);
        let step = ctx.input_mut(|input| {
            let down = input.consume_key(Modifiers::NONE, Key::ArrowDown)
                || input.consume_key(Modifiers::NONE, Key::Tab);
            let up = input.consume_key(Modifiers::NONE, Key::ArrowUp)
                || input.consume_key(Modifiers::SHIFT, Key::Tab);
            i32::from(down) - i32::from(up)
        });
        if step != 0 && !offers.is_empty() {
            quick.chosen = (quick.chosen as i32 + step).rem_euclid(offers.len() as i32) as usize;
        }
        let is_entered = ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
        let mut taken = is_entered.then_some(quick.chosen);
        let id = ui.scope_id().with("quick add");
        let room = self.camera.rect.shrink(8.0);
        let at = self.camera.to_screen(quick.at) + Vec2::new(-24.0, 8.0);
        let shown = Area::new(id).order(Order::Foreground).fixed_pos(at).constrain_to(room).show(ctx, |ui| {
            Frame::popup(ui.style()).show(ui, |ui| {
                ui.set_width(WIDTH);
                let list = LIST.min(room.height() - 64.0).max(2.0 * ROW);
                if let Some(clicked) = quick_ui(ui, &mut quick, &offers, tokens, id, list, step != 0) {
                    taken = Some(clicked);
                }
            });
        });
        if let Some(offer) = taken.and_then(|taken| offers.get(taken)) {
            self.take_offer(ui, doc, env, &quick, offer.card, out);
            return;
        }
        let is_outside = ctx.input(|input| {
            input.pointer.any_pressed()
                && input.pointer.interact_pos().is_some_and(|pos| !shown.response.rect.contains(pos))
        });
        if quick.is_new || !is_outside {
            quick.is_new = false;
            self.quick_add = Some(quick);
        }
    }

    /// Places the node, with the wire that was dropped: one step of undo.
    fn take_offer(
        &self,
        ui: &Ui,
        doc: &Doc,
        env: &Look<'_>,
        quick: &QuickAdd,
        card: &'static Card,
        out: &mut Requests,
    ) {
        let Some((node, anchor)) = &quick.wire else {
            self.add_node(ui, doc, env, card, quick.at, None, out);
            return;
        };
        let Some(&item) = self.scene.by_id.get(node) else { return };
        let id = doc.flow.free_id(card.id);
        let size = drop::new_size(ui, card, &id);
        let port = Vec2::new(if anchor.is_output { 0.0 } else { size.x }, geometry::row_y(0));
        let at = geometry::snapped(quick.at - port);
        let own = &self.scene.items[item];
        let wire = if anchor.is_output {
            flowloom_flow::Edit::Connect {
                from: own.output(anchor.port),
                to: id.clone(),
                port: None,
                index: None,
            }
        } else {
            let port = own.inputs.get(anchor.port).map(|spot| spot.name.to_string());
            flowloom_flow::Edit::Connect {
                from: flowloom_flow::Output::first(id.clone()),
                to: own.id.clone(),
                port,
                index: None,
            }
        };
        drop::placed(vec![drop::added(card, &id, at), wire], &id, out);
    }

    /// The wire that waits for its node.
    fn paint_waiting(&self, ui: &Ui, tokens: &Tokens, anchor: Anchor, to: Pos2) {
        let Some(node) = self.scene.items.get(anchor.item) else { return };
        let offset =
            if anchor.is_output { node.output_offset(anchor.port) } else { node.input_offset(anchor.port) };
        let fixed = node.rect.min + offset;
        let curve =
            if anchor.is_output { geometry::Curve::new(fixed, to) } else { geometry::Curve::new(to, fixed) };
        paint::waiting(ui.painter(), tokens, &curve.map(|pos| self.camera.to_screen(pos)));
    }
}

/// The field and the list; the offer that was clicked.
fn quick_ui(
    ui: &mut Ui,
    quick: &mut QuickAdd,
    offers: &[Offer],
    tokens: &Tokens,
    id: Id,
    height: f32,
    is_stepped: bool,
) -> Option<usize> {
    let prompt = match &quick.wire {
        Some((_, anchor)) if anchor.is_output => "Send these rows to…",
        Some(_) => "Take rows from…",
        None => "Find a node",
    };
    let field = TextEdit::singleline(&mut quick.query)
        .id(id.with("field"))
        .hint_text(prompt)
        .desired_width(f32::INFINITY);
    let response = ui.add(field.margin(egui::Margin::symmetric(10, 6)));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Find a node to add"));
    if quick.is_new || !response.has_focus() {
        response.request_focus();
    }
    if response.changed() {
        quick.chosen = 0;
    }
    if offers.is_empty() {
        ui.add_space(8.0);
        ui.label(
            egui::RichText::new(format!("No node answers to `{}`", quick.query.trim())).color(tokens.dim),
        );
        ui.label(
            egui::RichText::new("Try what it should do, such as `sum` or `read`")
                .font(theme::small())
                .color(tokens.faint),
        );
        ui.add_space(4.0);
        return None;
    }
    quick.chosen = quick.chosen.min(offers.len() - 1);
    let mut clicked = None;
    ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (at, offer) in offers.iter().enumerate() {
            if let Some(head) = offer.head {
                ui.add_space(6.0);
                ui.label(egui::RichText::new(head).font(theme::head()).color(tokens.faint));
                ui.add_space(2.0);
            }
            let (rect, response) =
                ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::click());
            let is_chosen = quick.chosen == at;
            paint_row(
                ui,
                rect,
                offer.card,
                tokens,
                Row { is_chosen, is_hovered: response.hovered(), has_blurb: true },
            );
            response.widget_info(|| {
                WidgetInfo::selected(Role::Button, true, is_chosen, format!("Add {}", offer.card.name))
            });
            if is_chosen && is_stepped {
                response.scroll_to_me(None);
            }
            if response.clicked() {
                clicked = Some(at);
            }
        }
    });
    clicked
}

/// How a kind's row is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row {
    pub(crate) is_chosen: bool,
    pub(crate) is_hovered: bool,
    pub(crate) has_blurb: bool,
}

/// A kind: its icon on a tile, its name, and what it does.
pub(crate) fn paint_row(ui: &Ui, rect: Rect, card: &Card, tokens: &Tokens, row: Row) {
    let painter = ui.painter();
    if row.is_chosen {
        painter.rect_filled(rect, f32::from(space::RADIUS), tokens.accent_tint);
    } else if row.is_hovered {
        painter.rect_filled(rect, f32::from(space::RADIUS), tokens.hover);
    }
    let tile = Rect::from_center_size(Pos2::new(rect.left() + 18.0, rect.center().y), Vec2::splat(20.0));
    paint::tile(painter, tile, card.id, tokens.group(card.group));
    let left = rect.left() + 38.0;
    let room = rect.right() - 8.0 - left;
    let rise = if row.has_blurb { 8.0 } else { 0.0 };
    let at = Pos2::new(left, rect.center().y - rise);
    paint::line(painter, at, Align2::LEFT_CENTER, card.name, theme::body(), tokens.text, room);
    if row.has_blurb {
        let at = Pos2::new(left, rect.center().y + rise + 1.0);
        paint::line(painter, at, Align2::LEFT_CENTER, card.blurb, theme::small(), tokens.faint, room);
    }
}
