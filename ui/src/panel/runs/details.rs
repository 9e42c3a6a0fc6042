//! A run node by node: rows, times, offsets, and what went wrong.

use egui::accesskit::Role;
use egui::{Align2, Color32, CursorIcon, Frame, Margin, Rect, RichText, Sense, Ui, Vec2, WidgetInfo};
use flowloom_flow::Problem;
use flowloom_studio::{LiveFacts, NodeReport, PastRun};

use super::metrics;
use crate::doc::{Doc, title_of};
use crate::format;
use crate::request::{Request, Requests};
use crate::status::Status;
use crate::theme::{self, Tokens};

const ROW: f32 = 24.0;

pub(super) fn show(ui: &mut Ui, doc: &Doc, run: &PastRun, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    Frame::NONE.fill(tokens.window).inner_margin(Margin { left: 32, right: 12, top: 6, bottom: 10 }).show(
        ui,
        |ui| {
            ui.set_width(ui.available_width());
            let Some(report) = &run.report else {
                note(
                    ui,
                    "Another version of Flowloom wrote this run; its details cannot be read",
                    tokens.dim,
                );
                return;
            };
            if report.repeated {
                note(
                    ui,
                    "It repeated a batch that a writer had committed before its offsets were",
                    tokens.dim,
                );
            }
            if let Some(live) = &report.live {
                note(ui, &batches(live), tokens.dim);
                if let Some(problem) = live.last_problem.as_ref().filter(|_| report.problems.is_empty()) {
                    trouble(ui, doc, &problem.clone().warning(), out);
                }
            }
            for problem in &report.problems {
                trouble(ui, doc, problem, out);
            }
            for node in &report.nodes {
                line(ui, doc, node, out);
                match &node.metrics {
                    Some(measured) => metrics::show(ui, node.node.as_str(), measured),
                    None => offsets(ui, node),
                }
                for problem in &node.notes {
                    trouble(ui, doc, problem, out);
                }
            }
            if ui.button("Copy report").clicked() {
                out.push(Request::Copy(serde_json::to_string_pretty(report).unwrap_or_default()));
            }
        },
    );
}

/// What a live run came to.
fn batches(live: &LiveFacts) -> String {
    let noun = if live.batches == 1 { "batch" } else { "batches" };
    let last = live.last_batch_ms.map(|ms| format!(", the last at {}", format::date_time(ms)));
    let failed = (live.failures > 0)
        .then(|| format!("; {} attempts failed and were tried again", format::count(live.failures)));
    let (last, failed) = (last.unwrap_or_default(), failed.unwrap_or_default());
    format!("Live: {} {noun}{last}{failed}", format::count(live.batches))
}

fn note(ui: &mut Ui, text: &str, color: Color32) {
    ui.label(RichText::new(text).font(theme::small()).color(color));
}

fn line(ui: &mut Ui, doc: &Doc, node: &NodeReport, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    let is_there = doc.flow.nodes.contains_key(&node.node);
    let sense = if is_there { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), sense);
    let state = Status::from(node.state);
    let rows: Vec<String> = match node.rows.len() {
        1 => node.rows.values().map(|rows| format!("{} rows", format::count(*rows))).collect(),
        _ => node.rows.iter().map(|(port, rows)| format!("{port} {}", format::count(*rows))).collect(),
    };
    let rows = rows.join(", ");
    let label = format!("{}, {}, {rows}", title_of(&node.node), state.word());
    response.widget_info(|| WidgetInfo::labeled(Role::Link, is_there, &label));
    if response.hovered() && is_there {
        ui.painter().rect_filled(rect.expand2(Vec2::new(6.0, 0.0)), 4.0, tokens.hover);
    }
    state.paint(ui.painter(), rect.left_center() + Vec2::new(6.0, 0.0), 9.0, tokens);
    let at = |share: f32, least: f32| rect.left_center() + Vec2::new((rect.width() * share).max(least), 0.0);
    let painter = ui.painter();
    let name = Rect::from_min_max(rect.min, egui::pos2(at(0.3, 150.0).x - 8.0, rect.bottom()));
    painter.with_clip_rect(name.intersect(ui.clip_rect())).text(
        rect.left_center() + Vec2::new(20.0, 0.0),
        Align2::LEFT_CENTER,
        title_of(&node.node),
        theme::strong(),
        if is_there { tokens.text } else { tokens.faint },
    );
    painter.text(at(0.3, 150.0), Align2::LEFT_CENTER, rows, theme::mono(), tokens.text);
    let time = if node.elapsed_ms > 0.0 { format::millis(node.elapsed_ms) } else { String::new() };
    painter.text(at(0.6, 300.0), Align2::LEFT_CENTER, time, theme::mono(), tokens.dim);
    if let Some(written) = &node.written {
        let text = format!("{} to {}", format::bytes(written.bytes), written.to);
        let clip = ui.clip_rect().intersect(rect);
        painter.with_clip_rect(clip).text(
            at(0.7, 370.0),
            Align2::LEFT_CENTER,
            text,
            theme::mono(),
            tokens.dim,
        );
    }
    if is_there {
        let response = response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(state.word());
        if response.clicked() {
            out.push(Request::Jump { node: node.node.clone(), field: None });
        }
    } else {
        response.on_hover_text("This node is no longer in the flow");
    }
}

/// `orders 0: 600,000 – 640,118`, a line for each partition that was read.
fn offsets(ui: &mut Ui, node: &NodeReport) {
    let Some(position) = &node.offsets else { return };
    for (topic, partitions) in &position.topics {
        for (partition, range) in partitions {
            let moved = (range.to - range.from).max(0) as u64;
            let text = format!(
                "      {topic} {partition}   {} – {}   {}",
                format::count(range.from.max(0) as u64),
                format::count(range.to.max(0) as u64),
                format::count(moved)
            );
            ui.label(RichText::new(text).font(theme::mono_small()).color(Tokens::of(ui).dim));
        }
    }
}

fn trouble(ui: &mut Ui, doc: &Doc, problem: &Problem, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    let (status, color) =
        if problem.is_error() { (Status::Failed, tokens.error) } else { (Status::Unset, tokens.warn) };
    let place = problem.at.node.as_ref().filter(|node| doc.flow.nodes.contains_key(*node));
    let name = problem.at.node.as_ref().map(|node| format!("{}: ", title_of(node))).unwrap_or_default();
    let hint = problem.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
    let text = format!("{name}{}{hint}", problem.message);
    let galley = ui.painter().layout(
        text.clone(),
        theme::small(),
        tokens.text,
        (ui.available_width() - 24.0).max(80.0),
    );
    let sense = if place.is_some() { Sense::click() } else { Sense::hover() };
    let size = Vec2::new(ui.available_width(), galley.size().y + 6.0);
    let (rect, response) = ui.allocate_exact_size(size, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Link, place.is_some(), &text));
    status.paint_in(ui.painter(), rect.left_top() + Vec2::new(6.0, 11.0), 9.0, color);
    ui.painter().galley(rect.min + Vec2::new(20.0, 3.0), galley, tokens.text);
    if let Some(node) = place.filter(|_| response.clicked()) {
        out.push(Request::Jump { node: node.clone(), field: problem.at.field.clone() });
    }
    if place.is_some() {
        response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text("Click to go to the node");
    }
}
