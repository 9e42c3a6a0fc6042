//! The head of a node's panel: icon, name, kind; the name can be changed here.

use egui::{Id, Key, Modifiers, Rect, Sense, Ui, Vec2};
use flowloom_flow::{Card, Edit, FlowNode, NodeId};

use crate::doc::{Doc, title_of};
use crate::icon;
use crate::request::Requests;
use crate::theme::{self, Tokens, space, tint};
use crate::widget::field::Field;
use crate::widget::{button, text};

const TILE: f32 = 32.0;

/// A name that is being typed.
#[derive(Debug, Default)]
pub(super) struct HeaderState {
    renaming: Option<(NodeId, String)>,
    /// The field gets the keyboard in the next frame.
    is_new: bool,
}

impl HeaderState {
    pub(super) fn begin(&mut self, node: &NodeId) {
        self.renaming = Some((node.clone(), node.to_string()));
        self.is_new = true;
    }
}

pub(super) fn show(
    ui: &mut Ui,
    doc: &Doc,
    id: &NodeId,
    node: &FlowNode,
    card: Option<&'static Card>,
    state: &mut HeaderState,
    out: &mut Requests,
) {
    if state.renaming.as_ref().is_some_and(|(renamed, _)| renamed != id) {
        state.renaming = None;
    }
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::F2)) {
        state.begin(id);
    }
    let tokens = Tokens::of(ui);
    let color = card.map_or(tokens.faint, |card| tokens.group(card.group));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let (square, _) = ui.allocate_exact_size(Vec2::splat(TILE), Sense::hover());
        ui.painter().rect_filled(square, 8.0, tint(color));
        let name = card.map_or("", |card| card.id);
        icon::paint(ui.painter(), name, Rect::from_center_size(square.center(), Vec2::splat(18.0)), color);
        if state.renaming.is_some() {
            rename(ui, doc, id, state, out);
            return;
        }
        let room = ui.available_width() - 34.0;
        let (_, place) = ui.allocate_space(Vec2::new(room, 36.0));
        let heading = text::line(ui, &title_of(id), theme::title(), tokens.text, room);
        let kind =
            text::line(ui, card.map_or(&node.kind, |card| card.name), theme::small(), tokens.dim, room);
        ui.painter().galley(place.min, heading, tokens.text);
        ui.painter().galley(egui::pos2(place.left(), place.bottom() - kind.size().y), kind, tokens.dim);
        let response = ui.interact(place, ui.scope_id().with("title"), Sense::click());
        let hover = match card {
            Some(card) => format!("{}\n`{id}` in the flow file and in exported code", card.blurb),
            None => format!("`{id}` in the flow file"),
        };
        let response = response.on_hover_ui(|ui| {
            ui.set_max_width(300.0);
            text::paragraph(ui, &hover);
        });
        if response.double_clicked() || button::icon(ui, "ui/rename", "Rename").clicked() {
            state.begin(id);
        }
    });
    ui.add_space(2.0 * space::GRID);
}

/// The field for another name: Enter takes it, Escape leaves it.
fn rename(ui: &mut Ui, doc: &Doc, id: &NodeId, state: &mut HeaderState, out: &mut Requests) {
    let Some((_, mut typed)) = state.renaming.take() else { return };
    let to = NodeId::nearest(&typed);
    let is_taken = to != *id && doc.flow.nodes.contains_key(&to);
    let field = Id::unique(("rename", id.as_str()));
    let is_escaped = ui.input(|input| input.key_pressed(Key::Escape));
    ui.vertical(|ui| {
        let response = Field::new(field, "Name of the node").wrong(is_taken).show(ui, &mut typed);
        if std::mem::take(&mut state.is_new) {
            response.request_focus();
            select_all(ui, field, &typed);
        }
        let words = match () {
            () if is_taken => format!("There is a node `{to}` already"),
            () if typed.trim() != to.as_str() => format!("Becomes `{to}`"),
            () => "Enter takes the name, Esc leaves it".to_owned(),
        };
        if is_taken {
            text::trouble(ui, &words, Tokens::of(ui).error);
        } else {
            text::paragraph(ui, &words);
        }
        if response.lost_focus() {
            if !is_escaped && !is_taken && to != *id && !typed.trim().is_empty() {
                out.edit(Edit::RenameNode { id: id.clone(), to });
            }
        } else {
            state.renaming = Some((id.clone(), typed));
        }
    });
}

fn select_all(ui: &Ui, field: Id, typed: &str) {
    let mut state = egui::TextEdit::load_state(ui.ctx(), field).unwrap_or_default();
    let all = egui::text::CCursorRange::select_all_str(typed);
    state.cursor.set_char_range(Some(all));
    state.store(ui.ctx(), field);
}
