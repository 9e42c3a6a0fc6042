//! Why there are no rows, and what to do about it.

use egui::Ui;
use flowloom_flow::{NodeId, Problem};

use crate::action::{Action, Keymap};
use crate::doc::{Doc, title_of};
use crate::format;
use crate::panel::upstream::culprit;
use crate::request::{Request, Requests};
use crate::status::Status;
use crate::widget::{Empty, action_button, empty};

pub(super) fn show(ui: &mut Ui, doc: &Doc, out: &mut Requests) {
    if doc.flow.nodes.is_empty() {
        let words = Empty {
            icon: "ui/add",
            title: "This flow is empty",
            text: "Drag a source from the list at the left, or press Tab over the canvas",
            is_error: false,
        };
        empty(ui, &words, |_| ());
        return;
    }
    let Some((id, _)) = &doc.shown else {
        let words = Empty {
            icon: "ui/info",
            title: "No node is selected",
            text: "Select a node to see its rows",
            is_error: false,
        };
        empty(ui, &words, |_| ());
        return;
    };
    let name = title_of(id);
    match doc.status(id) {
        Status::Running => under_way(ui, &format!("{name} is being read…")),
        Status::Queued => under_way(ui, &format!("{name} is queued…")),
        _ => match doc.trouble(id).filter(|problem| problem.is_error()) {
            Some(problem) => failed(ui, id, problem, out),
            None => without_trouble(ui, doc, id, &name, out),
        },
    }
}

fn under_way(ui: &mut Ui, title: &str) {
    let text = "Its rows are shown here as soon as they are there";
    empty(ui, &Empty { icon: "ui/refresh", title, text, is_error: false }, |_| ());
}

fn failed(ui: &mut Ui, id: &NodeId, problem: &Problem, out: &mut Requests) {
    let words = Empty {
        icon: "ui/warning",
        title: &format::sentence(&problem.message),
        text: problem.hint.as_deref().unwrap_or_default(),
        is_error: true,
    };
    empty(ui, &words, |ui| {
        if ui.button("Show the setting").clicked() {
            out.push(Request::Jump { node: id.clone(), field: problem.at.field.clone() });
        }
    });
}

fn without_trouble(ui: &mut Ui, doc: &Doc, id: &NodeId, name: &str, out: &mut Requests) {
    if let Some((above, problem)) = culprit(doc, id) {
        let title = format!("{name} gets no rows: {} has failed", title_of(above));
        let text = format::advice(problem);
        let words = Empty { icon: "ui/warning", title: &title, text: &text, is_error: true };
        empty(ui, &words, |ui| {
            if ui.button(format!("Go to {}", title_of(above))).clicked() {
                out.push(Request::Jump { node: above.clone(), field: problem.at.field.clone() });
            }
        });
        return;
    }
    let keys = Keymap::shown(ui.ctx()).text(Action::Preview);
    let title = format!("{name} was not previewed yet");
    let text = format!("{keys} reads a sample and shows the rows at every node; nothing is written");
    let words = Empty { icon: "ui/preview", title: &title, text: &text, is_error: false };
    empty(ui, &words, |ui| action_button(ui, doc, Action::Preview, out));
}

/// Rows without columns: nothing to show, and rarely what is meant.
pub(super) fn no_columns(ui: &mut Ui, id: &NodeId, out: &mut Requests) {
    let title = format!("{} has no columns", title_of(id));
    let words =
        Empty { icon: "ui/info", title: &title, text: "Its settings leave no column", is_error: false };
    empty(ui, &words, |ui| {
        if ui.button("Show the settings").clicked() {
            out.push(Request::Jump { node: id.clone(), field: None });
        }
    });
}
