//! The fields of a message or file: names and types.

use egui::{Spinner, Ui};
use flowloom_flow::NodeId;
use flowloom_flow::value::{FieldSpec, Fields};

use super::Edit;
use super::parts::{self, Part};
use crate::doc::Doc;
use crate::form::{At, Owner};
use crate::request::{Request, Requests};
use crate::widget::field::Field;
use crate::widget::rows::rows;
use crate::widget::{button, text};

impl Edit for Fields {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        let id = at.id;
        rows(ui, id, &|i| format!("Field {}", i + 1), &mut self.0, |ui, i, field| {
            row(ui, i, field, at);
        });
        ui.horizontal_wrapped(|ui| {
            if button::quiet(ui, "ui/add", "Add field").clicked() {
                self.0.push(FieldSpec::new("", "String"));
                let last = self.0.len() - 1;
                ui.memory_mut(|memory| memory.request_focus(id.with(("name", last))));
            }
            // Only what reads from outside has something to infer from.
            if let Owner::Node { id, card, doc } = at.owner
                && card.inputs.is_empty()
            {
                infer(ui, doc, id, at.out);
            }
        });
    }
}

fn row(ui: &mut Ui, i: usize, field: &mut FieldSpec, at: &At<'_>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = ui.available_width();
        let types = (width * 0.42).min(150.0);
        let label = format!("Field {} name", i + 1);
        let name = Field::new(at.id.with(("name", i)), &label).mono().hint("Name").width(width - types - 4.0);
        name.wrong(at.is_wrong(&format!("[{i}].name"))).show(ui, &mut field.name);
        let label = format!("Field {} type", i + 1);
        let is_wrong = at.is_wrong(&format!("[{i}].type"));
        let part = Part { id: at.id.with(("type", i)), label: &label, width: types, is_wrong };
        parts::dtype(ui, &part, parts::REQUIRED, &mut field.dtype);
    });
    at.tell(ui, &format!("[{i}]"));
}

fn infer(ui: &mut Ui, doc: &Doc, node: &NodeId, out: &mut Requests) {
    if doc.is_inferring(node) {
        ui.add(Spinner::new().size(12.0));
        text::paragraph(ui, "Looking at a sample…");
        return;
    }
    let infer = button::quiet(ui, "ui/refresh", "Infer from a sample");
    if infer.on_hover_text("Reads a sample of what this node reads and takes its fields").clicked() {
        out.push(Request::Infer(node.clone()));
    }
}
