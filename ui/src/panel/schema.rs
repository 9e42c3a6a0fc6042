//! Columns that go into the selected node and come out of it, and what it does to them.

use egui::accesskit::Role;
use egui::{Align2, Color32, Pos2, RichText, ScrollArea, Sense, Stroke, Ui, Vec2, WidgetInfo};
use flowloom_flow::value::show_dtype;
use flowloom_flow::{CompiledNode, NodeId};
use polars::prelude::{DataType, Schema};

use super::upstream::culprit;
use crate::doc::{Doc, title_of};
use crate::format;
use crate::request::{Request, Requests};
use crate::theme::{self, Tokens, space};
use crate::widget::{Empty, empty};

const ROW: f32 = 24.0;

#[derive(Debug, Default)]
pub struct SchemaState {
    find: String,
}

/// A column, and what became of it.
#[derive(Clone, Debug, PartialEq)]
enum Fate {
    Kept,
    New,
    /// It was of this type.
    Changed(DataType),
    /// It does not come out.
    Removed,
}

struct Shown<'a> {
    name: &'a str,
    dtype: &'a DataType,
    fate: Fate,
}

/// The columns of a port.
struct Part<'a> {
    title: String,
    columns: Vec<Shown<'a>>,
}

pub fn show(ui: &mut Ui, doc: &Doc, state: &mut SchemaState, out: &mut Requests) {
    let mut chosen = doc.selection.iter();
    let (Some(id), None) = (chosen.next(), chosen.next()) else {
        let title =
            if doc.selection.is_empty() { "No node is selected" } else { "Several nodes are selected" };
        let text = "Select one node to see its columns";
        empty(ui, &Empty { icon: "ui/info", title, text, is_error: false }, |_| ());
        return;
    };
    let (Some(compiled), Some(made)) = (&doc.compiled, doc.made(id)) else {
        let title = "The columns are being worked out…";
        empty(ui, &Empty { icon: "ui/refresh", title, ..Empty::default() }, |_| ());
        return;
    };
    let inputs = compiled.input_schemas(&made.inputs);
    let parts = parts(made, inputs.as_deref());
    bar(ui, state, &parts, out);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for part in &parts {
            section(ui, part, &state.find.to_lowercase(), out);
        }
        if made.schemas.is_none() {
            unknown(ui, doc, id, out);
        }
    });
}

fn parts<'a>(made: &'a CompiledNode, inputs: Option<&'a [Schema]>) -> Vec<Part<'a>> {
    let card = made.node.as_ref().map(|node| node.card());
    let inputs = inputs.unwrap_or_default();
    let outputs = made.schemas.as_deref().unwrap_or_default();
    let given = |name: &str| inputs.iter().find_map(|schema| schema.get(name));
    let is_out = |name: &str| outputs.is_empty() || outputs.iter().any(|schema| schema.contains(name));
    let title = |side: &str, label: Option<&str>, is_alone: bool| match label {
        Some(label) if !is_alone => format!("{side} · {label}"),
        _ => side.to_owned(),
    };
    let mut parts = Vec::new();
    for (schema, link) in inputs.iter().zip(&made.inputs) {
        let label = card.and_then(|card| card.inputs.get(link.port)).map(|port| port.label);
        let columns = schema.iter().map(|(name, dtype)| {
            let fate = if is_out(name) { Fate::Kept } else { Fate::Removed };
            Shown { name: name.as_str(), dtype, fate }
        });
        parts.push(Part { title: title("Input", label, inputs.len() == 1), columns: columns.collect() });
    }
    for (at, schema) in outputs.iter().enumerate() {
        let label = card.and_then(|card| card.outputs.get(at)).map(|port| port.label);
        let columns = schema.iter().map(|(name, dtype)| {
            let fate = match given(name) {
                _ if inputs.is_empty() => Fate::Kept,
                None => Fate::New,
                Some(before) if before != dtype => Fate::Changed(before.clone()),
                Some(_) => Fate::Kept,
            };
            Shown { name: name.as_str(), dtype, fate }
        });
        parts.push(Part { title: title("Output", label, outputs.len() == 1), columns: columns.collect() });
    }
    parts
}

fn bar(ui: &mut Ui, state: &mut SchemaState, parts: &[Part<'_>], out: &mut Requests) {
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        ui.add_space(space::PADDING);
        let width = (ui.available_width() - 88.0).max(60.0);
        let field =
            egui::TextEdit::singleline(&mut state.find).hint_text("Find a column").desired_width(width);
        let response = ui.add(field);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Find a column"));
        let copy = ui.add_enabled(!parts.is_empty(), egui::Button::new("Copy"));
        let copy = copy
            .on_hover_text("Copy the columns and their types as text")
            .on_disabled_hover_text("The columns are not known");
        if copy.clicked() {
            out.push(Request::Copy(as_text(parts)));
        }
    });
    ui.add_space(4.0);
}

fn as_text(parts: &[Part<'_>]) -> String {
    let mut text = String::new();
    for part in parts {
        let lines =
            part.columns.iter().map(|column| format!("{}\t{}\n", column.name, show_dtype(column.dtype)));
        text.push_str(&part.title);
        text.push('\n');
        text.extend(lines);
    }
    text
}

fn section(ui: &mut Ui, part: &Part<'_>, find: &str, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        ui.add_space(space::PADDING);
        ui.label(RichText::new(&part.title).font(theme::head()).color(tokens.dim));
        let count = format::count(part.columns.len() as u64);
        ui.label(RichText::new(count).font(theme::mono_small()).color(tokens.faint));
    });
    ui.add_space(4.0);
    for column in part.columns.iter().filter(|column| column.name.to_lowercase().contains(find)) {
        line(ui, column, out);
    }
}

/// Sign, colour and words of what became of a column.
fn mark(fate: &Fate, tokens: &Tokens) -> Option<(&'static str, Color32, String)> {
    match fate {
        Fate::Kept => None,
        Fate::New => Some(("+", tokens.ok, "new".to_owned())),
        Fate::Changed(before) => Some(("~", tokens.warn, format!("was {}", show_dtype(before)))),
        Fate::Removed => Some(("–", tokens.faint, "removed".to_owned())),
    }
}

fn line(ui: &mut Ui, column: &Shown<'_>, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::click());
    if !ui.is_rect_visible(rect) {
        return;
    }
    if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, tokens.raised);
    }
    let mark = mark(&column.fate, tokens);
    let painter = ui.painter();
    let middle = rect.center().y;
    if let Some((sign, color, _)) = &mark {
        let at = Pos2::new(rect.left() + space::PADDING + 2.0, middle);
        painter.text(at, Align2::LEFT_CENTER, sign, theme::mono(), *color);
    }
    let kind = show_dtype(column.dtype);
    let mut job = egui::text::LayoutJob::simple_singleline(kind.clone(), theme::mono_small(), tokens.faint);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() * 0.45);
    let galley = painter.layout_job(job);
    let right = rect.right() - space::PADDING;
    let kind_left = right - galley.size().x;
    painter.galley(Pos2::new(kind_left, middle - galley.size().y / 2.0), galley, tokens.faint);
    let left = rect.left() + space::PADDING + 16.0;
    let color = if column.fate == Fate::Removed { tokens.faint } else { tokens.text };
    let mut job = egui::text::LayoutJob::simple_singleline(column.name.to_owned(), theme::mono(), color);
    job.wrap = egui::text::TextWrapping::truncate_at_width((kind_left - left - 8.0).max(40.0));
    let galley = painter.layout_job(job);
    let name = Align2::LEFT_CENTER.anchor_size(Pos2::new(left, middle), galley.size());
    painter.galley(name.min, galley, color);
    if column.fate == Fate::Removed {
        painter.hline(name.x_range(), middle, Stroke::new(1.0, tokens.faint));
    }
    let words = mark.map(|(_, _, words)| format!(", {words}")).unwrap_or_default();
    let spoken = format!("{}, {kind}{words}", column.name);
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &spoken));
    response.context_menu(|ui| {
        if ui.button("Copy name").clicked() {
            out.push(Request::Copy(column.name.to_owned()));
        }
        if ui.button("Copy type").clicked() {
            out.push(Request::Copy(kind.clone()));
        }
    });
    response.on_hover_text(spoken);
}

/// Why the output is not known, and the way to the cause.
fn unknown(ui: &mut Ui, doc: &Doc, id: &NodeId, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    let own = doc.made(id).and_then(|made| made.problems.iter().find(|problem| problem.is_error()));
    let cause = own.map(|problem| (id, problem)).or_else(|| culprit(doc, id));
    ui.add_space(12.0);
    ui.horizontal_wrapped(|ui| {
        ui.add_space(space::PADDING);
        ui.label(RichText::new("Output").font(theme::head()).color(tokens.dim));
    });
    egui::Frame::NONE.inner_margin(egui::Margin::symmetric(12, 6)).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        let Some((node, problem)) = cause else {
            ui.label(RichText::new("Not known yet").font(theme::small()).color(tokens.dim));
            return;
        };
        let text = if node == id {
            "Not known, because of this node's settings".to_owned()
        } else {
            format!("Not known, because of {} above", title_of(node))
        };
        ui.label(RichText::new(text).font(theme::body()).color(tokens.text));
        ui.label(RichText::new(&problem.message).font(theme::small()).color(tokens.error));
        if let Some(hint) = &problem.hint {
            ui.label(RichText::new(hint).font(theme::small()).color(tokens.dim));
        }
        let label =
            if node == id { "Show the setting".to_owned() } else { format!("Go to {}", title_of(node)) };
        if ui.button(label).clicked() {
            out.push(Request::Jump { node: node.clone(), field: problem.at.field.clone() });
        }
    });
}
