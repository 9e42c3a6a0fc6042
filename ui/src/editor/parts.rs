//! Parts that several editors have: column pickers, type pickers, rows of a certain look.

use egui::{Id, Ui};
use flowloom_flow::value::parse_dtype;

use crate::form::At;
use crate::theme::Tokens;
use crate::widget::dropdown::Dropdown;
use crate::widget::pick::{self, Entry, List};
use crate::widget::text;

/// What is said of a column that the input had once.
pub(super) const GONE: &str = "Not in the input any more";

/// Types that are offered; others can be typed.
const TYPES: &[(&str, &str)] = &[
    ("String", "text"),
    ("Int64", "whole number"),
    ("Float64", "number"),
    ("Boolean", "true or false"),
    ("Date", "2026-01-31"),
    ("Datetime(us)", "without a zone"),
    ("Datetime(us, UTC)", "an instant"),
    ("Time", "10:30:00"),
    ("Duration(us)", "1h30m"),
    ("Decimal(18, 2)", "exact"),
    ("Int32", ""),
    ("Float32", ""),
    ("List(String)", ""),
    ("Binary", "bytes"),
];

/// A part of a setting: where it stands, what it is called, how wide it is.
pub(super) struct Part<'a> {
    pub(super) id: Id,
    pub(super) label: &'a str,
    pub(super) width: f32,
    pub(super) is_wrong: bool,
}

/// A drop-down of the columns of input `i`, with their types; other names can be typed.
pub(super) fn column(ui: &mut Ui, part: &Part<'_>, at: &At<'_>, i: usize, name: &mut String) {
    let is_gone = at.is_gone(i, name);
    let detail = at.dtype(i, name).map(flowloom_flow::value::show_dtype).unwrap_or_default();
    let current = name.clone();
    let dropdown = Dropdown {
        empty: "Choose a column",
        detail: &detail,
        is_mono: true,
        color: is_gone.then(|| Tokens::of(ui).warn),
        is_wrong: part.is_wrong,
        width: part.width,
        ..Dropdown::new(part.id, part.label, &current)
    };
    let anchor = dropdown.show(ui);
    let is_picked = |value: &str| value == current;
    let note = at.why_unknown(i);
    let list = List { is_picked: &is_picked, takes_other: true, takes_many: false, is_mono: true, note };
    if let Some(picked) = pick::list(ui, &anchor, &list, || at.columns(i)) {
        *name = picked;
    }
}

/// Says that `name` is not in input `i` any more, unless a problem of `path` says more.
pub(super) fn gone(ui: &mut Ui, at: &At<'_>, i: usize, name: &str, path: &str) {
    if at.is_gone(i, name) && !at.is_wrong(path) {
        text::trouble(ui, GONE, Tokens::of(ui).warn);
    }
}

/// A drop-down of data types; others can be typed. `empty`: what stands for none.
pub(super) fn dtype(ui: &mut Ui, part: &Part<'_>, empty: &str, dtype: &mut String) {
    let shown = dtype.clone();
    dtype_as(ui, part, empty, &shown, dtype);
}

/// [`dtype`] that is closed shown as `shown`.
pub(super) fn dtype_as(ui: &mut Ui, part: &Part<'_>, empty: &str, shown: &str, dtype: &mut String) {
    let current = dtype.clone();
    let is_unknown = !current.trim().is_empty() && parse_dtype(&current).is_err();
    let dropdown = Dropdown {
        empty,
        is_mono: true,
        is_wrong: part.is_wrong || is_unknown,
        width: part.width,
        ..Dropdown::new(part.id, part.label, shown)
    };
    let anchor = dropdown.show(ui);
    let is_picked = |value: &str| value == current;
    let list = List { is_picked: &is_picked, takes_other: true, takes_many: false, is_mono: true, note: "" };
    let entries = || {
        let none = (empty != REQUIRED).then(|| Entry { label: empty.to_owned(), ..Entry::default() });
        none.into_iter().chain(TYPES.iter().map(|(name, detail)| Entry::new(*name, *detail))).collect()
    };
    if let Some(picked) = pick::list(ui, &anchor, &list, entries) {
        *dtype = picked;
    }
}

/// In place of a type that must be there.
pub(super) const REQUIRED: &str = "Type";
