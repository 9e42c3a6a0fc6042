//! The palette: every kind by group, to be found, dragged onto the canvas or added with a click.

use egui::accesskit::Role;
use egui::{DragAndDrop, Key, Response, RichText, ScrollArea, Sense, TextEdit, Ui, Vec2, WidgetInfo};
use flowloom_flow::{Card, Edit, Group, Registry};

use crate::canvas::{Dragged, Row, paint_row};
use crate::doc::Doc;
use crate::fuzzy;
use crate::icon;
use crate::request::{Request, Requests};
use crate::theme::{self, Tokens, space};
use crate::widget::button;

const GROUPS: [Group; 5] = [Group::Source, Group::Transform, Group::Combine, Group::Aggregate, Group::Writer];

/// What the palette remembers.
#[derive(Debug, Default)]
pub struct PaletteState {
    query: String,
}

/// What people call a group.
pub fn group_name(group: Group) -> &'static str {
    match group {
        Group::Source => "Sources",
        Group::Transform => "Transform",
        Group::Combine => "Combine",
        Group::Aggregate => "Aggregate",
        Group::Writer => "Writers",
    }
}

/// Draws the palette. A kind that is clicked comes to the middle of the view.
pub fn show(ui: &mut Ui, doc: Option<&Doc>, state: &mut PaletteState, is_folded: bool, out: &mut Requests) {
    let registry = flowloom_studio::registry();
    let tokens = Tokens::of(ui);
    let wanted = if is_folded { folded(ui, registry, tokens) } else { whole(ui, state, registry, tokens) };
    if let Some((card, doc)) = wanted.zip(doc) {
        let id = doc.flow.free_id(card.id);
        let edit = Edit::AddNode {
            id: Some(id.clone()),
            kind: card.id.to_owned(),
            at: Some(doc.canvas.free_place(&doc.flow)),
            settings: serde_json::Map::new(),
        };
        out.edit(edit);
        out.select([id.clone()]);
        out.push(Request::Look { node: id, port: 0 });
    }
}

fn whole(
    ui: &mut Ui,
    state: &mut PaletteState,
    registry: Registry,
    tokens: &Tokens,
) -> Option<&'static Card> {
    let mut wanted = None;
    let field = TextEdit::singleline(&mut state.query)
        .id(ui.scope_id().with("find a node"))
        .hint_text("Find a node")
        .margin(egui::Margin::symmetric(10, 6))
        .desired_width(f32::INFINITY);
    let response = ui.add(field).on_hover_text("By name, by what it does, or by another word for it");
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Find a node"));
    let found = found(&state.query, registry);
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        wanted = found.as_ref().and_then(|found| found.first().copied());
        state.query.clear();
    } else if response.has_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
        state.query.clear();
    }
    ui.add_space(4.0);
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        match &found {
            Some(found) if found.is_empty() => {
                ui.add_space(8.0);
                ui.label(
                    RichText::new(format!("No node answers to `{}`", state.query.trim())).color(tokens.dim),
                );
                ui.label(RichText::new("Try what it should do").font(theme::small()).color(tokens.faint));
            }
            Some(found) => {
                for (at, card) in found.iter().enumerate() {
                    row(ui, card, tokens, at == 0, &mut wanted);
                }
            }
            None => {
                for group in GROUPS {
                    let cards = of_group(registry, group);
                    if cards.is_empty() {
                        continue;
                    }
                    ui.add_space(10.0);
                    ui.label(RichText::new(group_name(group)).font(theme::head()).color(tokens.faint));
                    ui.add_space(4.0);
                    for card in cards {
                        row(ui, card, tokens, false, &mut wanted);
                    }
                }
            }
        }
    });
    wanted
}

/// Kinds that answer, the best first; `None`: nothing is asked.
fn found(query: &str, registry: Registry) -> Option<Vec<&'static Card>> {
    if query.trim().is_empty() {
        return None;
    }
    let ranked =
        registry.entries().iter().filter_map(|entry| Some((fuzzy::rank(query, entry.card)?, entry.card)));
    let mut ranked: Vec<(i32, &'static Card)> = ranked.collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.name.cmp(b.1.name)));
    Some(ranked.into_iter().map(|(_, card)| card).collect())
}

fn of_group(registry: Registry, group: Group) -> Vec<&'static Card> {
    let mut cards: Vec<&'static Card> =
        registry.entries().iter().map(|entry| entry.card).filter(|card| card.group == group).collect();
    cards.sort_by_key(|card| card.name);
    cards
}

fn row(
    ui: &mut Ui,
    card: &'static Card,
    tokens: &Tokens,
    is_first: bool,
    wanted: &mut Option<&'static Card>,
) {
    let size = Vec2::new(ui.available_width(), space::ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    paint_row(
        ui,
        rect,
        card,
        tokens,
        Row { is_chosen: is_first, is_hovered: response.hovered(), has_blurb: false },
    );
    offer(ui, &response, card, tokens, wanted);
}

/// Click adds, drag places.
fn offer(
    ui: &Ui,
    response: &Response,
    card: &'static Card,
    tokens: &Tokens,
    wanted: &mut Option<&'static Card>,
) {
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, card.name));
    button::focus_ring(ui, response);
    if response.drag_started() {
        DragAndDrop::set_payload(ui.ctx(), Dragged(card));
    }
    if response.dragged() {
        ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
    }
    if response.clicked() {
        *wanted = Some(card);
    }
    response.clone().on_hover_ui(|ui| {
        ui.label(RichText::new(card.name).font(theme::strong()));
        ui.label(card.blurb);
        ui.label(RichText::new("Click to add, drag to place").font(theme::small()).color(tokens.dim));
    });
}

fn folded(ui: &mut Ui, registry: Registry, tokens: &Tokens) -> Option<&'static Card> {
    let mut wanted = None;
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for group in GROUPS {
            let cards = of_group(registry, group);
            if group != GROUPS[0] && !cards.is_empty() {
                ui.add_space(8.0);
            }
            for card in cards {
                let (rect, response) =
                    ui.allocate_exact_size(Vec2::splat(space::ROW), Sense::click_and_drag());
                let color = tokens.group(card.group);
                let ground = if response.hovered() { tokens.hover } else { theme::tint(color) };
                ui.painter().rect_filled(rect.shrink(2.0), f32::from(space::RADIUS), ground);
                icon::paint(ui.painter(), card.id, rect.shrink(6.0), color);
                offer(ui, &response, card, tokens, &mut wanted);
            }
        }
    });
    wanted
}
