//! The settings of what is selected: a node's, the flow's own, or what can be done with several nodes. Every
//! change is an edit at once; there is nothing to confirm.

mod flow;
mod header;
mod inputs;
mod several;

use std::collections::BTreeMap;

use egui::{Context, Frame, Id, Margin, Response, ScrollArea, TextEdit, Ui};
use flowloom_flow::{Edit, FlowNode, NodeId, Problem, parameters};
use flowloom_studio::{FlowKey, registry};
use polars::prelude::Schema;

use crate::doc::Doc;
use crate::form::{EguiForm, Faults, FormState, Loaded, Owner, chrome};
use crate::request::{Request, Requests};
use crate::theme::{self, Tokens, space};
use crate::widget::field::Field;
use crate::widget::lines::Lines;
use crate::widget::text;

/// What the panel remembers between frames.
#[derive(Default)]
pub struct SettingsState {
    form: FormState,
    header: header::HeaderState,
    flow: flow::FlowState,
    loaded: Option<Known>,
    typing: Option<Typing>,
    /// The setting that was scrolled to.
    jumped: Option<(NodeId, String)>,
    /// Heads of parts that are closed or open otherwise than at first.
    is_note_folded: bool,
}

/// A gesture that goes on.
struct Typing {
    flow: FlowKey,
    /// The field that has the keyboard meanwhile.
    field: Option<Id>,
}

/// A node as it was loaded, until the flow changes.
struct Known {
    flow: FlowKey,
    revision: u64,
    node: NodeId,
    loaded: Result<Loaded, Problem>,
}

impl SettingsState {
    /// Lets the user type another name for the node in the panel's header.
    pub fn rename(&mut self, node: &NodeId) {
        self.header.begin(node);
    }

    /// Marks `edits` as a part of what is being typed in `key`.
    fn push(&mut self, ui: &Ui, doc: &Doc, gesture: &str, edits: Vec<Edit>, out: &mut Requests) {
        for edit in edits {
            out.push(Request::EditDuring { flow: doc.key, edit, gesture: gesture.to_owned() });
        }
        self.typing = Some(Typing { flow: doc.key, field: typing(ui.ctx()) });
        ui.ctx().request_repaint();
    }

    /// Ends the gesture when its field is left, or the button released. Asked for in every frame: the panel may
    /// have gone, or show another flow.
    pub fn settle(&mut self, ctx: &Context, front: Option<FlowKey>, out: &mut Requests) {
        let Some(Typing { flow, field }) = &self.typing else { return };
        let now = typing(ctx);
        let goes_on = now.is_some() && now == *field && front == Some(*flow);
        if !goes_on && !ctx.input(|input| input.pointer.any_down()) {
            out.push(Request::EndGesture(*flow));
            self.typing = None;
        }
    }
}

/// The text field that has the keyboard.
fn typing(ctx: &Context) -> Option<Id> {
    let focused = ctx.memory(egui::Memory::focused)?;
    TextEdit::load_state(ctx, focused).map(|_| focused)
}

/// Draws the panel for what is selected in `doc`.
pub fn show(ui: &mut Ui, doc: &Doc, state: &mut SettingsState, out: &mut Requests) {
    ScrollArea::vertical().id_salt("settings").auto_shrink([false, false]).show(ui, |ui| {
        let margin = Margin::symmetric(14, space::PADDING as i8);
        Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = space::GRID;
            let mut selected = doc.selection.iter();
            match (selected.next(), selected.next()) {
                (None, _) => flow::show(ui, doc, state, out),
                (Some(id), None) => {
                    if let Some(node) = doc.flow.nodes.get(id) {
                        ui.push_id(id.as_str(), |ui| of_node(ui, doc, id, node, state, out));
                    }
                }
                _ => several::show(ui, doc, out),
            }
            ui.add_space(space::PADDING);
        });
    });
}

fn of_node(
    ui: &mut Ui,
    doc: &Doc,
    id: &NodeId,
    node: &FlowNode,
    state: &mut SettingsState,
    out: &mut Requests,
) {
    let entry = registry().find(&node.kind);
    header::show(ui, doc, id, node, entry.map(|entry| entry.card), &mut state.header, out);
    let faults = Faults::new(doc.troubles(id));
    for problem in faults.of_node(|key| state.form.shown.contains(key)) {
        chrome::problem(ui, problem);
    }
    let jump = doc.field.as_ref().filter(|(at, _)| at == id).map(|(_, field)| field.clone());
    let is_new = jump.is_some() && doc.field != state.jumped;
    state.jumped.clone_from(&doc.field);
    match entry {
        None => unknown(ui, node),
        Some(entry) => {
            let is_current =
                |known: &Known| known.flow == doc.key && known.revision == doc.revision && known.node == *id;
            let known = state.loaded.take().filter(is_current).unwrap_or_else(|| Known {
                flow: doc.key,
                revision: doc.revision,
                node: id.clone(),
                loaded: load(doc, node, entry),
            });
            match &known.loaded {
                Ok(loaded) => {
                    let jump = jump.filter(|_| is_new);
                    form(ui, doc, id, entry.card, loaded, &faults, jump.as_deref(), state, out);
                }
                Err(problem) => {
                    chrome::problem(ui, problem);
                    unknown_settings(ui, node);
                }
            }
            state.loaded = Some(known);
        }
    }
    note(ui, doc, id, node, state, out);
}

fn load(doc: &Doc, node: &FlowNode, entry: &flowloom_flow::Entry) -> Result<Loaded, Problem> {
    let values = parameters::values(&doc.flow, &doc.values, &mut Vec::new());
    Loaded::new(entry, node, &values)
}

#[expect(clippy::too_many_arguments, reason = "the parts of one frame, drawn in one place")]
fn form(
    ui: &mut Ui,
    doc: &Doc,
    id: &NodeId,
    card: &'static flowloom_flow::Card,
    loaded: &Loaded,
    faults: &Faults<'_>,
    jump: Option<&str>,
    state: &mut SettingsState,
    out: &mut Requests,
) {
    let inputs::Inputs { schemas, unknown } = inputs::of(doc, id, card);
    let mut now = loaded.node.clone_node();
    let mut form = EguiForm {
        ui,
        owner: Owner::Node { id, card, doc },
        faults,
        written: &loaded.written,
        unknown: unknown.as_deref(),
        jump,
        state: &mut state.form,
        out,
        changed: BTreeMap::new(),
        shown: std::collections::BTreeSet::new(),
    };
    now.form(&mut form, &schemas);
    let (changed, shown) = (form.changed, form.shown);
    state.form.shown = shown;
    if let Some((key, edits)) = loaded.changes(id, now.as_ref(), &changed) {
        state.push(ui, doc, &format!("settings {id} {key}"), edits, out);
    }
}

/// A kind that this version does not know.
fn unknown(ui: &mut Ui, node: &FlowNode) {
    text::paragraph(
        ui,
        &format!(
            "This Flowloom does not know the kind `{}`. The node stays in the flow as it is; a newer version may \
             know it",
            node.kind
        ),
    );
    unknown_settings(ui, node);
}

/// Settings as the flow has them, to read.
fn unknown_settings(ui: &mut Ui, node: &FlowNode) {
    ui.add_space(space::GRID);
    let json = serde_json::to_string_pretty(&node.settings).unwrap_or_default();
    let tokens = Tokens::of(ui);
    let mut text = json.as_str();
    let edit = TextEdit::multiline(&mut text)
        .font(theme::mono())
        .text_color(tokens.dim)
        .desired_width(f32::INFINITY)
        .background_color(tokens.window);
    ui.add(edit).accessible_name("Settings as the flow has them");
}

/// What the user writes about the node.
fn note(ui: &mut Ui, doc: &Doc, id: &NodeId, node: &FlowNode, state: &mut SettingsState, out: &mut Requests) {
    let is_open = !state.is_note_folded;
    if chrome::section(ui, "Note", is_open, 0) {
        state.is_note_folded = is_open;
    }
    if !is_open {
        return;
    }
    let mut written = node.note.clone();
    if paragraph_field(
        ui,
        ui.scope_id().with("note"),
        "About this node",
        "What is this node for?",
        &mut written,
    )
    .changed()
    {
        let edits = vec![Edit::SetNote { id: id.clone(), note: written }];
        state.push(ui, doc, &format!("note {id}"), edits, out);
    }
}

/// A field of several lines.
fn paragraph_field(ui: &mut Ui, id: Id, label: &str, hint: &str, value: &mut String) -> Response {
    Lines { hint, rows: (2, usize::MAX), ..Lines::new(id, label) }.show(ui, value)
}

/// A field of one line with its label above.
fn line_field(ui: &mut Ui, id: Id, label: &str, hint: &str, value: &mut String) -> Response {
    chrome::label(ui, flowloom_flow::Setting::new("", label));
    Field::new(id, label).hint(hint).show(ui, value)
}

/// Schemas of each input, empty where they are not known.
type Schemas = Vec<Schema>;
