//! What happened, newest last.

use std::collections::{BTreeMap, BTreeSet};

use egui::accesskit::Role;
use egui::{Align, Align2, CursorIcon, Layout, Pos2, Rect, ScrollArea, Sense, Ui, Vec2, WidgetInfo};
use flowloom_studio::FlowKey;

use crate::doc::{Doc, Level, Line, title_of};
use crate::format;
use crate::request::{Request, Requests};
use crate::status::Status;
use crate::theme::{self, Tokens, space};
use crate::widget::{Empty, empty, segmented};

const ROW: f32 = 24.0;
/// A line of details.
const DETAIL: f32 = 18.0;
/// Where the text begins: after the fold, the time and the shape.
const TEXT: f32 = 148.0;

/// Filters, open lines, and what was read.
pub struct LogState {
    /// Quieter lines are left out.
    least: Level,
    find: String,
    flows: BTreeMap<FlowKey, Reading>,
}

/// How far one flow's log was read.
#[derive(Default)]
struct Reading {
    /// Lines before this one were cleared away.
    from: u64,
    /// Lines whose details are shown.
    open: BTreeSet<u64>,
    seen: u64,
}

impl Default for LogState {
    fn default() -> Self {
        Self { least: Level::Info, find: String::new(), flows: BTreeMap::new() }
    }
}

impl LogState {
    /// Whether something was written since the log was last shown.
    pub fn has_news(&self, doc: &Doc) -> bool {
        doc.log.written() > self.flows.get(&doc.key).map_or(0, |reading| reading.seen)
    }
}

/// The lines that the filters leave, each with its number since the flow was opened.
fn lines<'a>(doc: &'a Doc, state: &LogState, from: u64) -> Vec<(u64, &'a Line)> {
    let first = doc.log.written() - doc.log.lines().len() as u64;
    let find = state.find.to_lowercase();
    let fits = |line: &Line| {
        find.is_empty()
            || line.text.to_lowercase().contains(&find)
            || line.node.as_ref().is_some_and(|node| title_of(node).to_lowercase().contains(&find))
            || line.details.as_ref().is_some_and(|details| details.to_lowercase().contains(&find))
    };
    doc.log
        .lines()
        .enumerate()
        .map(|(at, line)| (first + at as u64, line))
        .filter(|(number, line)| *number >= from && line.level >= state.least && fits(line))
        .collect()
}

pub fn show(ui: &mut Ui, doc: &Doc, state: &mut LogState, out: &mut Requests) {
    let mut reading = state.flows.remove(&doc.key).unwrap_or_default();
    reading.seen = doc.log.written();
    let shown = lines(doc, state, reading.from);
    bar(ui, doc, state, &mut reading, &shown, out);
    body(ui, doc, state, &mut reading, &shown, out);
    state.flows.insert(doc.key, reading);
}

fn body(
    ui: &mut Ui,
    doc: &Doc,
    state: &LogState,
    reading: &mut Reading,
    shown: &[(u64, &Line)],
    out: &mut Requests,
) {
    if shown.is_empty() {
        let is_filtered = state.least > Level::Info || !state.find.is_empty();
        let (title, text) = match () {
            () if is_filtered && doc.log.written() > reading.from => {
                ("No line fits the filter", "Choose All, or clear the search")
            }
            () => ("Nothing has happened yet", "Previews, runs and what they find are written here"),
        };
        empty(ui, &Empty { icon: "ui/info", title, text, is_error: false }, |_| ());
        return;
    }
    let tops = tops(shown, &reading.open);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show_viewport(ui, |ui, seen| {
        let all = *tops.last().unwrap_or(&0.0);
        let origin = ui.min_rect().min;
        let width = ui.available_width();
        ui.set_height(all + 4.0);
        let start = tops.partition_point(|top| *top <= seen.top()).saturating_sub(1);
        for (at, (number, written)) in shown.iter().enumerate().skip(start) {
            if tops[at] > seen.bottom() {
                break;
            }
            let height = tops[at + 1] - tops[at];
            let rect = Rect::from_min_size(origin + Vec2::new(0.0, tops[at]), Vec2::new(width, height));
            line(ui, rect, *number, written, reading, out);
        }
    });
}

/// Where each line starts, and where the last one ends.
fn tops(shown: &[(u64, &Line)], open: &BTreeSet<u64>) -> Vec<f32> {
    let mut tops = Vec::with_capacity(shown.len() + 1);
    let mut top = 0.0;
    for (number, line) in shown {
        tops.push(top);
        let details = line.details.as_ref().filter(|_| open.contains(number));
        top += ROW + details.map_or(0.0, |details| details.lines().count() as f32 * DETAIL + 4.0);
    }
    tops.push(top);
    tops
}

fn bar(
    ui: &mut Ui,
    doc: &Doc,
    state: &mut LogState,
    reading: &mut Reading,
    shown: &[(u64, &Line)],
    out: &mut Requests,
) {
    let size = Vec2::new(ui.available_width(), 32.0);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.add_space(space::PADDING);
        let levels = [(Level::Info, "All"), (Level::Warning, "Warnings"), (Level::Error, "Errors")];
        if let Some(picked) = segmented(ui, "Least level shown", &levels, state.least) {
            state.least = picked;
        }
        let field = egui::TextEdit::singleline(&mut state.find)
            .hint_text("Find in the log")
            .font(theme::small())
            .desired_width((ui.available_width() - 190.0).clamp(80.0, 220.0));
        let response = ui.add(field);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Find in the log"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(space::PADDING);
            ui.style_mut().text_styles.insert(egui::TextStyle::Button, theme::small());
            ui.spacing_mut().button_padding = Vec2::new(8.0, 3.0);
            ui.spacing_mut().interact_size.y = 22.0;
            let has_lines = !shown.is_empty();
            let clear = ui.add_enabled(has_lines, egui::Button::new("Clear"));
            if clear.on_disabled_hover_text("There is nothing to clear").clicked() {
                reading.from = doc.log.written();
                reading.open.clear();
            }
            let copy = ui.add_enabled(has_lines, egui::Button::new("Copy all"));
            if copy.on_disabled_hover_text("There is nothing to copy").clicked() {
                out.push(Request::Copy(shown.iter().map(|(_, line)| as_text(line)).collect()));
            }
        });
    });
}

fn status(level: Level) -> (Option<Status>, &'static str) {
    match level {
        Level::Info => (None, "note"),
        Level::Warning => (Some(Status::Unset), "warning"),
        Level::Error => (Some(Status::Failed), "error"),
    }
}

/// A line for the clipboard, details indented.
fn as_text(line: &Line) -> String {
    let node = line.node.as_ref().map(|node| format!(" {node}:")).unwrap_or_default();
    let (_, word) = status(line.level);
    let mut text = format!("{} {word}{node} {}\n", format::clock(line.at), line.text);
    for detail in line.details.iter().flat_map(|details| details.lines()) {
        text.push_str("    ");
        text.push_str(detail);
        text.push('\n');
    }
    text
}

fn line(ui: &Ui, rect: Rect, number: u64, line: &Line, reading: &mut Reading, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    let id = ui.unique_id().with(("line", number));
    let is_open = reading.open.contains(&number);
    let head = Rect::from_min_size(rect.min, Vec2::new(rect.width(), ROW));
    let sense = if line.node.is_some() || line.details.is_some() { Sense::click() } else { Sense::hover() };
    let response = ui.interact(head, id, sense);
    let (status, word) = status(line.level);
    let role = if line.node.is_some() { Role::Link } else { Role::ListItem };
    response.widget_info(|| WidgetInfo::labeled(role, true, format!("{word}: {}", line.text)));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if response.hovered() && sense.senses_click() {
        painter.rect_filled(head, 0.0, tokens.raised);
    }
    let middle = head.center().y;
    let left = rect.left() + space::PADDING;
    if line.details.is_some() {
        fold(
            ui,
            Rect::from_center_size(Pos2::new(left + 6.0, middle), Vec2::splat(20.0)),
            number,
            is_open,
            reading,
        );
    }
    let at = Pos2::new(left + 20.0, middle);
    painter.text(at, Align2::LEFT_CENTER, format::clock(line.at), theme::mono_small(), tokens.faint);
    let shape = Pos2::new(left + 116.0, middle);
    match status {
        Some(status) => status.paint(&painter, shape, 9.0, tokens),
        None => {
            painter.circle_filled(shape, 2.0, tokens.faint);
        }
    }
    let mut x = rect.left() + TEXT;
    if let Some(node) = &line.node {
        let name = painter.layout_no_wrap(title_of(node), theme::strong(), tokens.text);
        let width = name.size().x;
        painter.galley(Pos2::new(x, middle - name.size().y / 2.0), name, tokens.text);
        x += width + 8.0;
    }
    let mut job = egui::text::LayoutJob::simple_singleline(line.text.clone(), theme::body(), tokens.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width((rect.right() - x - space::PADDING).max(40.0));
    let galley = painter.layout_job(job);
    let is_cut = galley.elided;
    painter.galley(Pos2::new(x, middle - galley.size().y / 2.0), galley, tokens.text);
    if is_open {
        for (at, detail) in line.details.iter().flat_map(|details| details.lines()).enumerate() {
            let y = head.bottom() + at as f32 * DETAIL + DETAIL / 2.0;
            let at = Pos2::new(rect.left() + TEXT, y);
            painter.text(at, Align2::LEFT_CENTER, detail, theme::small(), tokens.dim);
        }
    }
    if response.clicked() {
        match &line.node {
            Some(node) => out.push(Request::Jump { node: node.clone(), field: line.field.clone() }),
            None => toggle(reading, number),
        }
    }
    response.context_menu(|ui| {
        if ui.button("Copy line").clicked() {
            out.push(Request::Copy(as_text(line)));
        }
    });
    let response = match &line.node {
        Some(node) => response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(if is_cut {
            format!("{}\nClick to go to {}", line.text, title_of(node))
        } else {
            format!("Click to go to {}", title_of(node))
        }),
        None if is_cut => response.on_hover_text(&line.text),
        None => response,
    };
    drop(response);
}

fn fold(ui: &Ui, place: Rect, number: u64, is_open: bool, reading: &mut Reading) {
    let response = ui.interact(place, ui.unique_id().with(("fold", number)), Sense::click());
    let label = if is_open { "Hide details" } else { "Show details" };
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, is_open, label));
    let icon = if is_open { "ui/chevron_down" } else { "ui/chevron_right" };
    let color = if response.hovered() { Tokens::of(ui).text } else { Tokens::of(ui).faint };
    crate::icon::paint(ui.painter(), icon, Rect::from_center_size(place.center(), Vec2::splat(12.0)), color);
    if response.clicked() {
        toggle(reading, number);
    }
}

fn toggle(reading: &mut Reading, number: u64) {
    if !reading.open.remove(&number) {
        reading.open.insert(number);
    }
}
