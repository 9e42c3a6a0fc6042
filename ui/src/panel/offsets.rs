//! How far the selected source is: per partition what it holds, what is committed, what waits; and the way to move it.

use egui::accesskit::Role;
use egui::{Label, Rect, RichText, ScrollArea, Sense, Spinner, Stroke, Ui, Vec2, WidgetInfo};
use flowloom_flow::{NodeId, PartitionStanding, Problem, Standing};

use crate::doc::Doc;
use crate::format;
use crate::request::{Request, Requests};
use crate::theme::{self, Tokens, space};
use crate::widget::tool::{self, ButtonLook};
use crate::widget::{Empty, button, empty, text};

const ROW: f32 = 46.0;
const HEAD: f32 = 28.0;
const BAR: f32 = 4.0;

/// A line of the list.
enum Line<'a> {
    Topic(&'a str),
    Partition(&'a PartitionStanding),
}

pub fn show(ui: &mut Ui, doc: &Doc, out: &mut Requests) {
    let mut chosen = doc.selection.iter();
    let (Some(id), None) = (chosen.next(), chosen.next()) else {
        let title =
            if doc.selection.is_empty() { "No node is selected" } else { "Several nodes are selected" };
        let text = "Select one source to see its offsets";
        return empty(ui, &Empty { icon: "ui/info", title, text, is_error: false }, |_| ());
    };
    let is_source = doc.made(id).and_then(|made| made.node.as_ref()).map(|node| node.card());
    if is_source.is_some_and(|card| !card.inputs.is_empty() || card.outputs.is_empty()) {
        let words = Empty {
            icon: "ui/info",
            title: "This node keeps no offsets",
            text: "A source does that reads where its last run ended",
            is_error: false,
        };
        return empty(ui, &words, |_| ());
    }
    if doc.is_location_old(id) && !doc.is_locating(id) {
        out.push(Request::Locate(id.clone()));
    }
    match doc.located(id).map(|located| &located.found) {
        None => waiting(ui),
        Some(Err(problems)) => failed(ui, doc, id, problems, out),
        Some(Ok(standing)) => found(ui, doc, id, standing, out),
    }
}

fn waiting(ui: &mut Ui) {
    let words = Empty { icon: "ui/search", title: "Looking up the offsets…", ..Empty::default() };
    empty(ui, &words, |ui| {
        ui.add(Spinner::new().size(14.0));
    });
}

fn failed(ui: &mut Ui, doc: &Doc, id: &NodeId, problems: &[Problem], out: &mut Requests) {
    let first = problems.first();
    let title = first.map(|problem| format::sentence(&problem.message)).unwrap_or_default();
    let hint = first.and_then(|problem| problem.hint.as_deref()).map(format::sentence).unwrap_or_default();
    let words = Empty { icon: "ui/info", title: &title, text: &hint, is_error: false };
    empty(ui, &words, |ui| {
        if doc.is_locating(id) {
            ui.add(Spinner::new().size(14.0));
        } else if tool::button(ui, Some("ui/refresh"), "Ask again", None, ButtonLook::Framed, true).clicked()
        {
            out.push(Request::Locate(id.clone()));
        }
    });
}

fn found(ui: &mut Ui, doc: &Doc, id: &NodeId, standing: &Standing, out: &mut Requests) {
    let margin = egui::Margin::symmetric(14, space::PADDING as i8);
    egui::Frame::new().inner_margin(margin).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::GRID;
        head(ui, doc, id, standing, out);
        total(ui, standing);
        list(ui, standing);
    });
}

/// The sync name, where it is kept, and what can be done.
fn head(ui: &mut Ui, doc: &Doc, id: &NodeId, standing: &Standing, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let width = ui.available_width() - space::ROW - 84.0;
        ui.vertical(|ui| {
            ui.set_width(width);
            ui.spacing_mut().item_spacing.y = 2.0;
            let name = RichText::new(&standing.sync).font(theme::mono()).color(tokens.text);
            ui.add(Label::new(name).truncate()).on_hover_text(format!("Sync name {}", standing.sync));
            let at = doc.located(id).map(|located| format::minute(located.at)).unwrap_or_default();
            let kept = format!("Kept in {} · {at}", standing.kept);
            ui.add(Label::new(RichText::new(kept).font(theme::small()).color(tokens.faint)).truncate());
        });
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if doc.is_locating(id) {
                let (rect, _) = ui.allocate_exact_size(Vec2::splat(space::ROW), Sense::hover());
                ui.put(Rect::from_center_size(rect.center(), Vec2::splat(14.0)), Spinner::new().size(14.0));
            } else if button::icon_sized(ui, "ui/refresh", "Refresh offsets", Vec2::splat(space::ROW))
                .clicked()
            {
                out.push(Request::Locate(id.clone()));
            }
            let is_running = doc.job.is_some();
            let reset = tool::button(ui, None, "Reset…", None, ButtonLook::Framed, !is_running);
            let why =
                if is_running { "A run goes on" } else { "Moves the offsets that the next run starts from" };
            if reset.on_hover_text(why).clicked() {
                out.push(Request::Reset(id.clone()));
            }
        });
    });
    ui.add_space(space::GRID);
}

/// What waits over all partitions, and what was lost.
fn total(ui: &mut Ui, standing: &Standing) {
    let tokens = Tokens::of(ui);
    let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), HEAD));
    ui.painter().hline(rect.x_range(), rect.top(), Stroke::new(1.0, tokens.line));
    let y = |height: f32| rect.center().y - height / 2.0;
    let words = text::line(ui, "Lag", theme::strong(), tokens.text, 80.0);
    ui.painter().galley(egui::pos2(rect.left(), y(words.size().y)), words, tokens.text);
    let lag = format::count(standing.lag());
    let words = text::line(ui, &lag, theme::mono(), tokens.text, rect.width() - 80.0);
    let response = ui.interact(rect, ui.scope_id().with("lag"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Lag {lag}")));
    ui.painter().galley(egui::pos2(rect.right() - words.size().x, y(words.size().y)), words, tokens.text);
    let lost = standing.lost();
    if lost > 0 {
        let words = format!("{} were removed by retention before they were read", format::count(lost));
        text::trouble(ui, &words, tokens.warn);
    }
}

fn list(ui: &mut Ui, standing: &Standing) {
    let mut lines = Vec::with_capacity(standing.partitions.len() + 1);
    let mut topic = "";
    for partition in &standing.partitions {
        if partition.topic != topic {
            topic = &partition.topic;
            lines.push(Line::Topic(topic));
        }
        lines.push(Line::Partition(partition));
    }
    if lines.is_empty() {
        text::paragraph(ui, "There are no partitions to read");
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().id_salt("offsets").auto_shrink(false).show_rows(
        ui,
        ROW,
        lines.len(),
        |ui, rows| {
            for line in &lines[rows] {
                match line {
                    Line::Topic(name) => heading(ui, name),
                    Line::Partition(partition) => row(ui, partition),
                }
            }
        },
    );
}

fn heading(ui: &mut Ui, name: &str) {
    let tokens = Tokens::of(ui);
    let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), ROW));
    let words = text::line(ui, name, theme::mono(), tokens.dim, rect.width());
    let at = egui::pos2(rect.left(), rect.bottom() - words.size().y - 6.0);
    let response = ui.interact(rect, ui.scope_id().with(("topic", name)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    let is_cut = words.elided;
    ui.painter().galley(at, words, tokens.dim);
    if is_cut {
        response.on_hover_text(name);
    }
}

/// `0 ▬▬▬──  360,000` and under it where it begins, stands and ends.
fn row(ui: &mut Ui, at: &PartitionStanding) {
    let tokens = Tokens::of(ui);
    let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), ROW));
    let id = ui.scope_id().with(("partition", &at.topic, at.partition));
    let response = ui.interact(rect, id, Sense::hover());
    let count = |offset: i64| format::count(offset.max(0).unsigned_abs());
    let committed = at.committed.map_or_else(|| "none".to_owned(), count);
    let said = format!(
        "Partition {}: low {}, committed {committed}, high {}, lag {}",
        at.partition,
        count(at.low),
        count(at.high),
        format::count(at.lag())
    );
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &said));
    let top = Rect::from_min_size(rect.min + Vec2::new(0.0, 4.0), Vec2::new(rect.width(), 18.0));
    let y = |height: f32| top.center().y - height / 2.0;
    let number = text::line(ui, &at.partition.to_string(), theme::mono(), tokens.dim, 44.0);
    let left = top.left() + number.size().x.max(20.0) + 8.0;
    ui.painter().galley(egui::pos2(top.left(), y(number.size().y)), number, tokens.dim);
    let lag = at.lag();
    let lag = if lag == 0 { "up to date".to_owned() } else { format!("{} waiting", format::count(lag)) };
    let words = text::line(ui, &lag, theme::mono(), tokens.text, top.width() * 0.6);
    let right = top.right() - words.size().x;
    ui.painter().galley(egui::pos2(right, y(words.size().y)), words, tokens.text);
    bar(ui, at, left, right - 12.0, top.center().y);
    let below = format!("{} – {}  ·  committed {committed}", count(at.low), count(at.high));
    let words = text::line(ui, &below, theme::mono_small(), tokens.faint, rect.right() - left);
    ui.painter().galley(egui::pos2(left, top.bottom() + 1.0), words, tokens.faint);
    response.on_hover_ui(|ui| {
        for (name, offset) in [("Low", count(at.low)), ("Committed", committed), ("High", count(at.high))] {
            ui.label(RichText::new(format!("{name} {offset}")).font(theme::mono_small()));
        }
        if at.lost() > 0 {
            let words = format!("{} were lost to retention", format::count(at.lost()));
            ui.label(RichText::new(words).font(theme::small()).color(tokens.warn));
        }
    });
}

/// How much of what the partition holds has been read.
fn bar(ui: &Ui, at: &PartitionStanding, left: f32, right: f32, y: f32) {
    if right - left < 16.0 {
        return;
    }
    let tokens = Tokens::of(ui);
    let whole = Rect::from_min_max(egui::pos2(left, y - BAR / 2.0), egui::pos2(right, y + BAR / 2.0));
    ui.painter().rect_filled(whole, BAR / 2.0, tokens.line);
    let held = (at.high - at.low).max(0) as f64;
    let read = at.committed.map_or(0.0, |committed| (committed - at.low).clamp(0, at.high - at.low) as f64);
    let share = if held > 0.0 { (read / held) as f32 } else { 1.0 };
    let done = Rect::from_min_max(whole.min, egui::pos2(left + whole.width() * share, whole.bottom()));
    ui.painter().rect_filled(done, BAR / 2.0, tokens.source);
}
