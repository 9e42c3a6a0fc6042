//! The sample that fields are inferred from: asked for, under way, what came of it, and whether it still holds.

use egui::{Spinner, Ui};
use flowloom_flow::NodeId;
use flowloom_flow::value::Fields;

use crate::doc::Doc;
use crate::form::{At, chrome};
use crate::format;
use crate::request::Request;
use crate::theme::{self, Tokens};
use crate::widget::{button, text};

pub(super) fn bar(fields: &mut Fields, ui: &mut Ui, at: &mut At<'_>, node: &NodeId, doc: &Doc) {
    if doc.is_inferring(node) {
        ui.horizontal_wrapped(|ui| {
            ui.add(Spinner::new().size(12.0));
            text::paragraph(ui, "Reading a sample…");
            if button::quiet(ui, "", "Stop").clicked() {
                at.out.push(Request::StopInfer(node.clone()));
            }
        });
        return;
    }
    let sample = doc.sample(node);
    let found = sample.filter(|sample| !sample.found.settings.is_empty());
    ui.horizontal_wrapped(|ui| {
        let label = if sample.is_some() { "Infer again" } else { "Infer from a sample" };
        let infer = button::quiet(ui, "ui/refresh", label);
        let words = if fields.0.is_empty() {
            "Reads a sample of what this node reads and takes its fields"
        } else {
            "Reads a sample of what this node reads, and shows how these fields differ from it"
        };
        if infer.on_hover_text(words).clicked() {
            at.out.push(Request::Infer(node.clone()));
        }
        let Some(sample) = found else { return };
        let of = sample.found.facts.first().map_or(0, |facts| facts.of);
        let when = format::minute(sample.at);
        let said = match of {
            0 => format!("At {when}"),
            of => format!("{} looked at, {when}", format::count(of)),
        };
        ui.label(egui::RichText::new(said).font(theme::small()).color(Tokens::of(ui).faint));
        let proposed = sample.found.settings.get(at.key);
        let proposed = proposed.and_then(|json| serde_json::from_value::<Fields>(json.clone()).ok());
        if let Some(proposed) = proposed.filter(|proposed| proposed != fields && !fields.0.is_empty()) {
            let again = button::quiet(ui, "ui/undo", "Start over");
            if again.on_hover_text("Takes the sample's fields as they are, in place of these").clicked() {
                *fields = proposed;
            }
        }
    });
    if let Some(key) = doc.outdated(node).filter(|_| found.is_some()) {
        let words = format!("◌ The sample is stale: `{key}` has changed since");
        text::trouble(ui, &words, Tokens::of(ui).warn);
    }
    for problem in sample.map_or(&[][..], |sample| sample.problems.as_slice()) {
        chrome::problem(ui, problem);
    }
}
