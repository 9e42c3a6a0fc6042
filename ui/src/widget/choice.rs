//! One of a few: side by side where that fits, else a drop-down.

use egui::{Id, Ui};

use super::dropdown::Dropdown;
use super::pick::{self, Entry, List};
use super::segmented::{Look, segments};
use super::text;
use crate::theme::{self, space};

/// More stand in a drop-down.
const SIDE_BY_SIDE: usize = 4;

/// Picks `selected` out of `options`; whether it has changed.
pub fn choice(ui: &mut Ui, id: Id, label: &str, options: &[&str], selected: &mut usize) -> bool {
    if options.len() <= SIDE_BY_SIDE
        && let Some(widths) = widths(ui, options, ui.available_width())
    {
        let look = Look { height: space::ROW, picked: theme::strong(), other: theme::body() };
        let picked = segments(ui, id, label, options, &widths, Some(*selected), &look);
        *selected = picked.unwrap_or(*selected);
        return picked.is_some();
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
