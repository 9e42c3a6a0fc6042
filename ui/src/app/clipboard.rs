//! Nodes on the clipboard are text: a flow file that has them alone, so that they can be mailed, diffed
//! and pasted into an editor as well.

use egui::{Context, Event};
use flowloom_flow::{Edit, Flow, FlowNode, NodeId, Problem, Wire, file};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::App;
use crate::doc::Doc;

/// Where copies land beside their originals.
const BESIDE: i32 = 40;

impl App {
    /// Copy, cut and paste as the system sends them.
    pub(super) fn clipboard_events(&mut self, ctx: &Context) {
        // A label whose text is selected, or a table's cells, have been copied by their owner.
        if self.panels.bottom.owns_clipboard() {
            return;
        }
        let mut pasted = None;
        let (mut is_copy, mut is_cut) = (false, false);
        ctx.input_mut(|input| {
            let is_shift = input.modifiers.shift;
            input.events.retain(|event| match event {
                Event::Copy => {
                    is_copy = true;
                    false
                }
                Event::Cut => {
                    is_cut = true;
                    false
                }
                Event::Paste(text) => {
                    pasted = Some((text.clone(), is_shift));
                    false
                }
                _ => true,
            });
        });
        if is_copy || is_cut {
            self.copy(ctx, is_cut);
        }
        if let Some((text, is_shift)) = pasted {
            let is_wired = std::mem::take(&mut self.is_wired_paste) || is_shift;
            self.paste(&text, is_wired);
        }
    }

    fn copy(&mut self, ctx: &Context, is_cut: bool) {
        let Some(doc) = self.doc() else { return };
        if doc.selection.is_empty() {
            return self.toasts.info("Nothing to copy: no node is selected");
        }
        let (nodes, incoming) = chosen(doc);
        let ids: Vec<NodeId> = nodes.keys().cloned().collect();
        let count = ids.len();
        let mut flow = Flow { name: doc.flow.name.clone(), nodes, ..Flow::default() };
        if let Ok(json) = serde_json::to_value(&incoming) {
            flow.rest.insert(INCOMING.to_owned(), json);
        }
        ctx.copy_text(file::save(&flow));
        if is_cut {
            self.edit(vec![Edit::RemoveNodes { ids, heal: false }]);
        }
        let verb = if is_cut { "Cut" } else { "Copied" };
        self.toasts.info(format!("{verb} {count} {}", if count == 1 { "node" } else { "nodes" }));
    }

    /// Pastes the nodes in `text` at the pointer.
    pub(super) fn paste(&mut self, text: &str, is_wired: bool) {
        let Some(doc) = self.doc() else { return };
        let Ok(mut flow) = file::load(text) else {
            return self.tell(
                Problem::user("the clipboard holds no nodes").hint("copy nodes of a flow first").warning(),
            );
        };
        let incoming = flow.rest.remove(INCOMING).map(serde_json::from_value);
        let incoming = if is_wired { incoming.and_then(Result::ok).unwrap_or_default() } else { Vec::new() };
        let corner = corner(&flow.nodes);
        let at = doc.canvas.cursor();
        let by = [at[0] - corner[0], at[1] - corner[1]];
        self.insert(&flow.nodes, by, incoming);
    }

    /// Copies beside the originals, with their incoming wires.
    pub(super) fn duplicate(&mut self) {
        let Some(doc) = self.doc() else { return };
        let (nodes, incoming) = chosen(doc);
        self.insert(&nodes, [BESIDE, BESIDE], incoming);
    }

    fn insert(&mut self, nodes: &IndexMap<NodeId, FlowNode>, by: [i32; 2], incoming: Vec<Incoming>) {
        let Some(doc) = self.doc() else { return };
        let paste = Edit::Paste { nodes: nodes.clone(), by };
        let pasted = match paste.apply(&doc.flow, flowloom_studio::registry()) {
            Ok(pasted) => pasted,
            Err(problem) => return self.tell(problem),
        };
        // Pasted nodes stand last, in the order in which they were copied.
        let new: Vec<NodeId> = pasted.nodes.keys().skip(doc.flow.nodes.len()).cloned().collect();
        let named = |old: &NodeId| nodes.get_index_of(old).and_then(|at| new.get(at)).cloned();
        let wires = incoming.into_iter().filter(|each| doc.flow.nodes.contains_key(&each.wire.from.node));
        let wires = wires.filter_map(|each| {
            let to = named(&each.to)?;
            Some(Edit::Connect { from: each.wire.from, to, port: Some(each.wire.port), index: None })
        });
        let edits: Vec<Edit> = std::iter::once(paste).chain(wires).collect();
        self.edit(edits);
        self.select(new);
    }
}

/// Field of the text that keeps the wires from nodes that were not copied.
const INCOMING: &str = "incoming";

/// A wire from outside of what was copied.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Incoming {
    to: NodeId,
    wire: Wire,
}

/// The selected nodes with the wires among them, and the wires that come from outside.
fn chosen(doc: &Doc) -> (IndexMap<NodeId, FlowNode>, Vec<Incoming>) {
    let mut incoming = Vec::new();
    let mut nodes = IndexMap::new();
    for (id, node) in doc.flow.nodes.iter().filter(|(id, _)| doc.selection.contains(*id)) {
        let mut node = node.clone();
        let (inner, outer) =
            node.inputs.into_iter().partition(|wire| doc.selection.contains(&wire.from.node));
        node.inputs = inner;
        let outer: Vec<Wire> = outer;
        incoming.extend(outer.into_iter().map(|wire| Incoming { to: id.clone(), wire }));
        nodes.insert(id.clone(), node);
    }
    (nodes, incoming)
}

/// The top left corner of what is pasted.
fn corner(nodes: &IndexMap<NodeId, FlowNode>) -> [i32; 2] {
    let places = || nodes.values().map(|node| node.at.unwrap_or_default());
    [places().map(|at| at[0]).min().unwrap_or(0), places().map(|at| at[1]).min().unwrap_or(0)]
}
