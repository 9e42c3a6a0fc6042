//! Several nodes: what they are, and what can be done with all of them.

use egui::accesskit::Role;
use egui::{CursorIcon, Rect, Sense, Ui, Vec2, WidgetInfo};
use flowloom_flow::NodeId;
use flowloom_studio::registry;

use crate::action::{Action, Env};
use crate::doc::{Doc, title_of};
use crate::icon;
use crate::request::Requests;
use crate::theme::{self, Tokens, space, tint};
use crate::widget::{button, text};

/// What can be done with several nodes.
const ACTIONS: &[Action] =
    &[Action::Duplicate, Action::Copy, Action::TidyUp, Action::Delete, Action::DeleteAndHeal];

pub(super) fn show(ui: &mut Ui, doc: &Doc, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    let title = format!("{} nodes", doc.selection.len());
    let title = text::line(ui, &title, theme::title(), tokens.text, ui.available_width());
    ui.label(title);
    ui.add_space(space::GRID);
    for id in &doc.selection {
        row(ui, doc, id, out);
    }
    ui.add_space(space::PADDING);
    ui.horizontal_wrapped(|ui| {
        let env = Env { doc: Some(doc), tabs: 1 };
        for action in ACTIONS {
            let spec = action.spec();
            let why = action.resolve(&env).reason();
            let response = ui.add_enabled_ui(why.is_none(), |ui| button::framed(ui, spec.label)).inner;
            let response = response.on_hover_text(spec.tip);
            if response.on_disabled_hover_text(why.unwrap_or_default()).clicked() {
                out.act(*action);
            }
        }
    });
}

/// One of the nodes; a click selects it alone.
fn row(ui: &mut Ui, doc: &Doc, id: &NodeId, out: &mut Requests) {
    let Some(node) = doc.flow.nodes.get(id) else { return };
    let tokens = Tokens::of(ui);
    let card = registry().find(&node.kind).map(|entry| entry.card);
    let color = card.map_or(tokens.faint, |card| tokens.group(card.group));
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 32.0), Sense::click());
    let name = title_of(id);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Select {name} alone")));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, space::RADIUS, tokens.hover);
    }
    button::focus_ring(ui, &response);
    let tile = Rect::from_center_size(egui::pos2(rect.left() + 16.0, rect.center().y), Vec2::splat(22.0));
    ui.painter().rect_filled(tile, space::RADIUS, tint(color));
    let sign = Rect::from_center_size(tile.center(), Vec2::splat(13.0));
    icon::paint(ui.painter(), card.map_or("", |card| card.id), sign, color);
    let kind = card.map_or(node.kind.as_str(), |card| card.name);
    let kind = text::line(ui, kind, theme::small(), tokens.faint, rect.width() * 0.4);
    let words = text::line(ui, &name, theme::body(), tokens.text, rect.width() - 56.0 - kind.size().x);
    let y = |height: f32| rect.center().y - height / 2.0;
    let kind_at = egui::pos2(rect.right() - kind.size().x - 8.0, y(kind.size().y));
    ui.painter().galley(egui::pos2(tile.right() + 8.0, y(words.size().y)), words, tokens.text);
    ui.painter().galley(kind_at, kind, tokens.faint);
    if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
        out.select([id.clone()]);
    }
}
