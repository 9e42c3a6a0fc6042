//! The rows at a port, as the newest preview has them.

mod heading;
mod nothing;
mod summary;

use std::collections::BTreeMap;

use egui::{Align2, Ui};
use flowloom_flow::NodeId;
use flowloom_studio::{FlowKey, PortPreview};

use crate::doc::{Doc, title_of};
use crate::request::{Request, Requests};
use crate::table::{self, HEADER, Table, TableState};
use crate::theme::{self, Tokens};

pub use heading::heading;

/// Tables that are remembered; more are those of nodes long gone.
const REMEMBERED: usize = 64;

/// Scroll position, widths and selection of each port's table.
#[derive(Default)]
pub struct DataState {
    tables: BTreeMap<(FlowKey, NodeId, usize), TableState>,
}

impl DataState {
    /// Whether the table that is shown has the keyboard and something selected.
    pub fn has_keyboard(&self, doc: &Doc) -> bool {
        shown(doc)
            .and_then(|(node, port, _)| self.table(doc, node, port))
            .is_some_and(|table| table.has_focus() && table.selection().is_some())
    }

    /// The table of a port, once it was shown.
    pub fn table(&self, doc: &Doc, node: &NodeId, port: usize) -> Option<&TableState> {
        self.tables.get(&(doc.key, node.clone(), port))
    }
}

/// The port that is shown, with its rows.
pub(super) fn shown(doc: &Doc) -> Option<(&NodeId, usize, &PortPreview)> {
    let (id, port) = doc.shown.as_ref()?;
    let ports = &doc.look(id)?.ports;
    let port = (*port).min(ports.len().checked_sub(1)?);
    Some((id, port, &ports[port]))
}

pub fn show(ui: &mut Ui, doc: &Doc, state: &mut DataState, out: &mut Requests) {
    let Some((id, port, look)) = shown(doc) else {
        nothing::show(ui, doc, out);
        return;
    };
    heading::trouble(ui, doc, id, out);
    if look.rows.width() == 0 {
        nothing::no_columns(ui, id, out);
        return;
    }
    if state.tables.len() > REMEMBERED {
        state.tables.retain(|(flow, node, _), _| *flow == doc.key && doc.flow.nodes.contains_key(node));
    }
    let table_state = state.tables.entry((doc.key, id.clone(), port)).or_default();
    let name = format!("Rows of {}", title_of(id));
    let summary = |column: usize| look.profile.get(column).and_then(summary::of);
    let area = ui.available_rect_before_wrap();
    let table = Table { name: &name, rows: &look.rows, summary: &summary };
    let asked = table::show(ui, &table, table_state);
    if look.rows.height() == 0 {
        let at = egui::pos2(area.center().x, area.top() + HEADER + (area.height() - HEADER) / 2.0);
        let text =
            ui.painter().text(at, Align2::CENTER_CENTER, "No rows", theme::body(), Tokens::of(ui).faint);
        let label = ui.interact(text, ui.unique_id().with("no rows"), egui::Sense::hover());
        label.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, "No rows"));
    }
    out_of(asked, out);
}

fn out_of(asked: table::Output, out: &mut Requests) {
    if let Some(text) = asked.copy {
        out.push(Request::Copy(text));
    }
    if let Some(problem) = asked.problem {
        out.push(Request::Tell(problem));
    }
}
