//! One of a few: side by side where that fits, else a drop-down.

use egui::accesskit::Role;
use egui::{CursorIcon, Id, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

use super::dropdown::Dropdown;
use super::pick::{self, Entry, List};
use super::text;
use crate::theme::{self, Tokens, space};

/// More stand in a drop-down.
const SIDE_BY_SIDE: usize = 4;

/// Picks `selected` out of `options`; whether it has changed.
pub fn choice(ui: &mut Ui, id: Id, label: &str, options: &[&str], selected: &mut usize) -> bool {
    if options.len() <= SIDE_BY_SIDE
        && let Some(widths) = widths(ui, options, ui.available_width())
    {
        return segmented(ui, id, label, options, &widths, selected);
    }
    let shown = options.get(*selected).copied().unwrap_or_default();
    let anchor = Dropdown::new(id, label, shown).show(ui);
    let is_picked = |value: &str| value.parse() == Ok(*selected);
    let list =
        List { is_picked: &is_picked, takes_other: false, takes_many: false, is_mono: false, note: "" };
    let entries = || {
        let entry = |(i, label): (usize, &&str)| Entry {
            value: i.to_string(),
            label: (*label).to_owned(),
            detail: String::new(),
        };
        options.iter().enumerate().map(entry).collect()
    };
    let picked = pick::list(ui, &anchor, &list, entries).and_then(|value| value.parse().ok());
    match picked {
        Some(picked) if picked != *selected => {
            *selected = picked;
            true
        }
        _ => false,
    }
}

/// Widths of segments that hold their texts; `None`: too narrow for that.
fn widths(ui: &Ui, options: &[&str], space: f32) -> Option<Vec<f32>> {
    let needed: Vec<f32> =
        options.iter().map(|option| text::width(ui, option, theme::strong()) + 16.0).collect();
    let equal = space / options.len().max(1) as f32;
    if needed.iter().all(|width| *width <= equal) {
        return Some(vec![equal; options.len()]);
    }
    let total: f32 = needed.iter().sum();
    let rest = (space - total) / options.len().max(1) as f32;
    (rest >= 0.0).then(|| needed.iter().map(|width| width + rest).collect())
}

fn segmented(
    ui: &mut Ui,
    id: Id,
    label: &str,
    options: &[&str],
    widths: &[f32],
    selected: &mut usize,
) -> bool {
    let tokens = Tokens::of(ui);
    let (_, rect) = ui.allocate_space(Vec2::new(widths.iter().sum(), space::ROW));
    let group = ui.interact(rect, id, Sense::hover());
    group.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, true, label));
    ui.painter().rect(rect, space::RADIUS, tokens.window, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
    let mut has_changed = false;
    let mut left = rect.left();
    for (i, (option, width)) in options.iter().zip(widths).enumerate() {
        let place = Rect::from_min_size(egui::pos2(left, rect.top()), Vec2::new(*width, rect.height()));
        left += width;
        let response = ui.interact(place, id.with(i), Sense::click());
        let is_on = i == *selected;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), is_on, option));
        if response.clicked() && !is_on {
            *selected = i;
            has_changed = true;
        }
        let inner = place.shrink(1.0);
        if is_on {
            ui.painter().rect_filled(inner, space::RADIUS - 1, tokens.accent_tint);
        } else if response.hovered() {
            ui.painter().rect_filled(inner, space::RADIUS - 1, tokens.hover);
        }
        if response.has_focus() {
            let edge = Stroke::new(1.0, tokens.accent);
            ui.painter().rect_stroke(place, space::RADIUS, edge, StrokeKind::Inside);
        }
        let (font, color) =
            if is_on { (theme::strong(), tokens.accent) } else { (theme::body(), tokens.dim) };
        let words = text::line(ui, option, font, color, place.width() - 8.0);
        ui.painter().galley(place.center() - words.size() / 2.0, words, color);
        response.on_hover_cursor(CursorIcon::PointingHand);
    }
    has_changed
}
