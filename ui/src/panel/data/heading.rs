//! The line at the right of the tabs: what is shown, how much of it, and whether it still holds.

use egui::{Align2, CursorIcon, Rect, Sense, Ui, Vec2, WidgetInfo, accesskit::Role};
use flowloom_flow::NodeId;
use flowloom_studio::PortPreview;

use super::{DataState, shown};
use crate::action::Action;
use crate::doc::{Doc, title_of};
use crate::format;
use crate::request::{Request, Requests};
use crate::status::Status;
use crate::theme::{self, Tokens, space};
use crate::widget::{action_button, segmented};

/// From right to left: the words, the ports, what is stale.
pub fn heading(ui: &mut Ui, doc: &Doc, state: &DataState, out: &mut Requests) {
    let Some((id, port, look)) = shown(doc) else { return };
    ui.spacing_mut().item_spacing.x = 10.0;
    let room = ui.available_width();
    let ports = doc.look(id).map(|look| look.ports.as_slice()).unwrap_or_default();
    let is_stale = doc.status(id) == Status::Stale && doc.job.is_none();
    if is_stale {
        action_button(ui, doc, Action::Preview, out);
        stale(ui);
    }
    if ports.len() > 1 {
        let choices: Vec<(usize, &str)> =
            ports.iter().enumerate().map(|(at, port)| (at, port.port)).collect();
        let choices = choices.as_slice();
        if let Some(picked) = segmented(ui, "Output", choices, port) {
            out.push(Request::Look { node: id.clone(), port: picked });
        }
    }
    let text = words(doc, id, look, port, state);
    if room > 120.0 {
        elided(ui, &text);
    }
}

/// `Orders · 1,000 of 1,842,210 rows · 11 columns`.
pub(super) fn words(doc: &Doc, id: &NodeId, look: &PortPreview, port: usize, state: &DataState) -> String {
    let rows = look.rows.height() as u64;
    let all = doc.rows_at(id, look.port).filter(|all| *all > rows);
    let rows = match all {
        Some(all) => format!("{} of {} rows", format::count(rows), format::count(all)),
        None if rows == 1 => "1 row in preview".to_owned(),
        None => format!("{} rows in preview", format::count(rows)),
    };
    let columns = match look.rows.width() {
        1 => "1 column".to_owned(),
        columns => format!("{} columns", format::count(columns as u64)),
    };
    let mut parts = vec![title_of(id), rows, columns];
    if let Some(by) = state.table(doc, id, port).and_then(|table| table.sorted_by()) {
        parts.push(format!("these rows sorted by {}", by.column));
    }
    let is_under_way = matches!(doc.status(id), Status::Queued | Status::Running);
    if is_under_way && doc.job.is_some() {
        parts.push("newer ones are being read".to_owned());
    }
    parts.join(" · ")
}

fn stale(ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let text = ui.painter().layout_no_wrap("stale".to_owned(), theme::small(), tokens.dim);
    let size = Vec2::new(text.size().x + 16.0, 24.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    Status::Stale.paint(ui.painter(), rect.left_center() + Vec2::new(5.0, 0.0), 9.0, tokens);
    let at = rect.left_center() + Vec2::new(16.0, 0.0);
    ui.painter().galley(Align2::LEFT_CENTER.anchor_size(at, text.size()).min, text, tokens.dim);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, "stale"));
    response.on_hover_text("Something here or above has changed since these rows were read");
}

fn elided(ui: &mut Ui, text: &str) {
    let tokens = Tokens::of(ui);
    let room = ui.available_width();
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), theme::small(), tokens.dim);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.max(0.0));
    let galley = ui.painter().layout_job(job);
    let is_cut = galley.elided;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(galley.size().x, 24.0), Sense::hover());
    let at = Align2::LEFT_CENTER.anchor_size(rect.left_center(), galley.size());
    ui.painter().galley(at.min, galley, tokens.dim);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    if is_cut {
        response.on_hover_text(text);
    }
}

/// A line over older rows when the node is in trouble now.
pub(super) fn trouble(ui: &mut Ui, doc: &Doc, id: &NodeId, out: &mut Requests) {
    let Some(problem) = doc.trouble(id) else { return };
    let tokens = Tokens::of(ui);
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(ui.available_width(), space::ROW), Sense::click());
    let (status, color) =
        if problem.is_error() { (Status::Failed, tokens.error) } else { (Status::Unset, tokens.warn) };
    ui.painter().rect_filled(rect, 0.0, theme::tint(color));
    let shape = rect.left_center() + Vec2::new(space::PADDING + 8.0, 0.0);
    status.paint_in(ui.painter(), shape, 9.0, color);
    let text = format::advice(problem);
    let mut job = egui::text::LayoutJob::simple_singleline(text.clone(), theme::small(), tokens.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() - 48.0);
    let galley = ui.painter().layout_job(job);
    let at = Rect::from_min_max(rect.min + Vec2::new(34.0, 0.0), rect.max);
    let place = Align2::LEFT_CENTER.anchor_size(at.left_center(), galley.size());
    ui.painter().galley(place.min, galley, tokens.text);
    response.widget_info(|| WidgetInfo::labeled(Role::Link, true, &text));
    let response = response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(&text);
    if response.clicked() {
        out.push(Request::Jump { node: id.clone(), field: problem.at.field.clone() });
    }
}
