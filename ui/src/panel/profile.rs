//! Each column at a glance: nulls, distinct values, edges.

use egui::accesskit::Role;
use egui::{Align2, Painter, Pos2, Rect, ScrollArea, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo};
use flowloom_studio::ColumnProfile;

use super::data::{self, DataState};
use crate::doc::{Doc, title_of};
use crate::format;
use crate::request::{Request, Requests};
use crate::theme::{self, Tokens, space};
use crate::widget::{Empty, empty};

const HEAD: f32 = 28.0;
const BAR: f32 = 44.0;

/// What the columns are in order of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Key {
    /// As they stand in the rows.
    #[default]
    Place,
    Name,
    Type,
    Nulls,
    Distinct,
}

#[derive(Debug, Default)]
pub struct ProfileState {
    key: Key,
    is_descending: bool,
}

/// A column of the profile: head, key, share of the width, numbers at the right.
const FIELDS: &[(&str, Option<Key>, f32, bool)] = &[
    ("Column", Some(Key::Name), 0.17, false),
    ("Type", Some(Key::Type), 0.12, false),
    ("Nulls", Some(Key::Nulls), 0.15, false),
    ("Distinct", Some(Key::Distinct), 0.08, true),
    ("Spread", None, 0.16, false),
    ("Smallest", None, 0.12, true),
    ("Mean", None, 0.08, true),
    ("Largest", None, 0.12, true),
];

pub fn show(ui: &mut Ui, doc: &Doc, state: &mut ProfileState, out: &mut Requests) {
    let Some((id, _, look)) = data::shown(doc) else {
        // The same reasons as for the rows.
        data::show(ui, doc, &mut DataState::default(), out);
        return;
    };
    if look.profile.is_empty() {
        let title = format!("{} has no columns", title_of(id));
        empty(ui, &Empty { icon: "ui/info", title: &title, text: "", is_error: false }, |_| ());
        return;
    }
    let rows = look.rows.height() as u64;
    head(ui, rows, state);
    let order = order(&look.profile, state);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, space::ROW, order.len(), |ui, seen| {
        for at in seen {
            if let Some(profile) = order.get(at).and_then(|at| look.profile.get(*at)) {
                line(ui, profile, rows, out);
            }
        }
    });
}

fn order(columns: &[ColumnProfile], state: &ProfileState) -> Vec<usize> {
    let mut order: Vec<usize> = (0..columns.len()).collect();
    match state.key {
        Key::Place => {}
        Key::Name => order.sort_by_key(|at| columns[*at].column.to_lowercase()),
        Key::Type => order.sort_by_key(|at| columns[*at].dtype.clone()),
        Key::Nulls => order.sort_by_key(|at| columns[*at].nulls),
        Key::Distinct => order.sort_by_key(|at| columns[*at].distinct),
    }
    if state.is_descending {
        order.reverse();
    }
    order
}

/// Left edge and width of a field within `rect`.
fn place(rect: Rect, field: usize) -> Rect {
    let inner = rect.shrink2(Vec2::new(space::PADDING + 2.0, 0.0));
    let before: f32 = FIELDS[..field].iter().map(|(_, _, share, _)| share).sum();
    let left = inner.left() + before * inner.width();
    let width = FIELDS[field].2 * inner.width() - 12.0;
    Rect::from_min_size(Pos2::new(left, rect.top()), Vec2::new(width.max(0.0), rect.height()))
}

fn head(ui: &mut Ui, rows: u64, state: &mut ProfileState) {
    let tokens = Tokens::of(ui);
    let (rect, _) = ui.allocate_exact_size(Vec2::new(ui.available_width(), HEAD), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, tokens.line));
    for (field, (label, key, _, is_right)) in FIELDS.iter().enumerate() {
        let place = place(rect, field);
        let sense = if key.is_some() { Sense::click() } else { Sense::hover() };
        let response = ui.interact(place, ui.unique_id().with(("profile", label)), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, *label));
        let is_key = key.is_some_and(|key| key == state.key);
        let color = if is_key || response.hovered() && key.is_some() { tokens.text } else { tokens.faint };
        let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
        let text = cell(&painter, place, *is_right, label, theme::head(), color);
        if is_key {
            let up = if state.is_descending { -1.0 } else { 1.0 };
            let center = if *is_right {
                text.left_center() - Vec2::X * 8.0
            } else {
                text.right_center() + Vec2::X * 8.0
            };
            let points = [(-3.5, 2.0), (3.5, 2.0), (0.0, -2.5)].map(|(x, y)| center + Vec2::new(x, y * up));
            painter.add(Shape::convex_polygon(points.to_vec(), tokens.accent, Stroke::NONE));
        }
        if let Some(key) = key.filter(|_| response.clicked()) {
            (state.key, state.is_descending) = match () {
                () if !is_key => (key, false),
                () if !state.is_descending => (key, true),
                // The third click: as they stand.
                () => (Key::Place, false),
            };
        }
        if *label == "Nulls" {
            response.on_hover_text(format!("Of {} rows in preview", format::count(rows)));
        }
    }
}

fn line(ui: &mut Ui, profile: &ColumnProfile, rows: u64, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(ui.available_width(), space::ROW), Sense::click());
    if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, tokens.raised);
    }
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, tokens.line));
    let share = if rows == 0 { 0.0 } else { profile.nulls as f32 / rows as f32 };
    let distinct = profile.distinct.map_or_else(|| "–".to_owned(), format::count);
    let edge = |edge: &Option<String>| edge.as_deref().map_or_else(|| "–".to_owned(), one_line);
    let mean = profile.mean.map_or_else(|| "–".to_owned(), mean_text);
    let texts = [
        (profile.column.clone(), theme::strong(), tokens.text),
        (profile.dtype.clone(), theme::mono_small(), tokens.faint),
        (String::new(), theme::mono(), tokens.text),
        (distinct.clone(), theme::mono(), tokens.text),
        (String::new(), theme::mono(), tokens.text),
        (edge(&profile.min), theme::mono(), tokens.text),
        (mean, theme::mono(), tokens.text),
        (edge(&profile.max), theme::mono(), tokens.text),
    ];
    for (field, (text, font, color)) in texts.into_iter().enumerate() {
        let place = place(rect, field);
        let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
        match FIELDS[field].0 {
            "Nulls" => nulls(&painter, place, profile.nulls, share, tokens),
            "Spread" => spread(&painter, place, profile, rows, tokens),
            _ => {
                cell(&painter, place, FIELDS[field].3, &text, font, color);
            }
        }
    }
    let spoken = format!(
        "{}, {}, {} nulls, {distinct} distinct, {} to {}",
        profile.column,
        profile.dtype,
        format::count(profile.nulls),
        edge(&profile.min),
        edge(&profile.max)
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &spoken));
    response.context_menu(|ui| {
        if ui.button("Copy name").clicked() {
            out.push(Request::Copy(profile.column.clone()));
        }
        if ui.button("Copy profile").clicked() {
            out.push(Request::Copy(spoken.clone()));
        }
    });
    let edges = [&profile.min, &profile.max].into_iter().flatten().any(|edge| edge.len() > 24);
    if edges || profile.dtype.len() > 20 {
        response.on_hover_text(format!(
            "{}\n{}\nsmallest {}\nlargest {}",
            profile.column,
            profile.dtype,
            edge(&profile.min),
            edge(&profile.max)
        ));
    }
}

/// A bar for their share, the count, and the share in words.
fn nulls(painter: &Painter, place: Rect, count: u64, share: f32, tokens: &Tokens) {
    let lane =
        Rect::from_center_size(Pos2::new(place.left() + BAR / 2.0, place.center().y), Vec2::new(BAR, 4.0));
    painter.rect_filled(lane, 2.0, tokens.line);
    if count > 0 {
        let width = (BAR * share).max(2.0);
        painter.rect_filled(Rect::from_min_size(lane.min, Vec2::new(width, 4.0)), 2.0, tokens.warn);
    }
    let text = match share * 100.0 {
        _ if count == 0 => "0".to_owned(),
        percent if percent < 0.1 => format!("{} · < 0.1 %", format::count(count)),
        percent if percent < 10.0 => format!("{} · {percent:.1} %", format::count(count)),
        percent => format!("{} · {percent:.0} %", format::count(count)),
    };
    let color = if count == 0 { tokens.faint } else { tokens.text };
    let at = Pos2::new(lane.right() + 8.0, place.center().y);
    painter.text(at, Align2::LEFT_CENTER, text, theme::mono(), color);
}

/// A histogram, or the most frequent values with their shares.
fn spread(painter: &Painter, place: Rect, profile: &ColumnProfile, rows: u64, tokens: &Tokens) {
    if profile.histogram.len() > 1 {
        let parts: Vec<f32> = profile.histogram.iter().map(|count| *count as f32).collect();
        let base = place.left_center() + Vec2::new(0.0, 7.0);
        crate::table::histogram(painter, base, &parts, tokens.accent.gamma_multiply(0.55));
        return;
    }
    let rows = profile.sampled.unwrap_or(rows).max(1);
    let part = |(value, count): &(String, u64)| {
        format!("{} {:.0} %", one_line(value), *count as f64 / rows as f64 * 100.0)
    };
    // Values that stand once each say nothing about the column.
    let is_telling = profile.top.first().is_some_and(|(_, count)| *count > 1 || rows == 1);
    let text = if is_telling {
        profile.top.iter().map(part).collect::<Vec<_>>().join(", ")
    } else {
        "–".to_owned()
    };
    cell(painter, place, false, &text, theme::small(), tokens.dim);
}

/// As many digits as a reader wants.
fn mean_text(mean: f64) -> String {
    match mean.abs() {
        size if size >= 1e12 || (size > 0.0 && size < 1e-3) => format!("{mean:.3e}"),
        size if size >= 1_000.0 => format!("{mean:.0}"),
        _ => format!("{mean:.2}"),
    }
}

fn cell(
    painter: &Painter,
    place: Rect,
    is_right: bool,
    text: &str,
    font: egui::FontId,
    color: egui::Color32,
) -> Rect {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(place.width());
    let galley = painter.layout_job(job);
    let (at, anchor) = if is_right {
        (place.right_center(), Align2::RIGHT_CENTER)
    } else {
        (place.left_center(), Align2::LEFT_CENTER)
    };
    let rect = anchor.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, color);
    rect
}

fn one_line(text: &str) -> String {
    text.chars().take(200).map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}
