//! A virtual table on a Polars frame: nothing is copied, and only the cells on screen are formatted.
//!
//! Our own rather than `egui_table`: that one scrolls in single precision, which jumps by whole points
//! beyond 16 million of them (600,000 rows), and makes a `Ui` for every cell, where this one draws text.

mod access;
mod bars;
mod body;
mod columns;
mod copy;
mod header;
mod hover;
mod order;
mod selection;
pub mod value;
mod view;

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Event, EventFilter, Key, Rect, Response, Sense, Ui, UiBuilder, Vec2};
use flowloom_flow::Problem;
use polars::prelude::DataFrame;

use crate::requested::Requested;
use crate::theme::Tokens;
use columns::Columns;
use order::Order;
use view::View;

pub(crate) use header::histogram;

pub use copy::{Cells, MOST_CELLS, tsv};
pub use order::By;
pub use selection::{At, Selection};

/// Height of a row.
pub const ROW: f32 = 24.0;
/// Height of the header: name and type, and a summary below.
pub const HEADER: f32 = 48.0;
/// Cells that are copied within a frame; more are put together in the background.
const COPIED_AT_ONCE: usize = 20_000;

/// What stands under a column's name.
#[derive(Clone, Debug, PartialEq)]
pub enum Summary {
    /// Counts of equal parts between the smallest and the largest value.
    Bars(Vec<f32>),
    /// `4 distinct`.
    Words(String),
}

/// The frame to show.
pub struct Table<'a> {
    /// What screen readers call it.
    pub name: &'a str,
    pub rows: &'a DataFrame,
    /// By column; asked for columns on screen only.
    pub summary: &'a dyn Fn(usize) -> Option<Summary>,
}

/// A frame is known by where its columns stand and how many rows they have.
type Identity = (usize, usize);

/// What a table remembers between frames.
#[derive(Default)]
pub struct TableState {
    identity: Option<Identity>,
    columns: Columns,
    order: Order,
    /// Distance from the left and from the top, in points.
    x: f64,
    y: f64,
    selection: Option<Selection>,
    copying: Requested<String>,
    has_focus: bool,
}

impl TableState {
    /// By which column the rows are in order; `None`: as they came.
    pub fn sorted_by(&self) -> Option<&By> {
        self.order.by.as_ref()
    }

    /// Whether the table had the keyboard when it was last shown.
    pub fn has_focus(&self) -> bool {
        self.has_focus
    }

    pub fn selection(&self) -> Option<Selection> {
        self.selection
    }

    /// Shows `row` first.
    pub fn scroll_to(&mut self, row: usize) {
        self.y = row as f64 * f64::from(ROW);
    }
}

/// What a table asks for.
#[derive(Debug, Default)]
pub struct Output {
    /// Text for the clipboard.
    pub copy: Option<String>,
    pub problem: Option<Problem>,
}

/// Fills the rest of `ui` with the table.
pub fn show(ui: &mut Ui, table: &Table<'_>, state: &mut TableState) -> Output {
    let rect = ui.available_rect_before_wrap();
    ui.allocate_rect(rect, Sense::hover());
    let builder = UiBuilder::new()
        .id_salt(("table", table.name))
        .max_rect(rect)
        .accessibility_role(Role::Grid)
        .accessibility_label(table.name);
    let mut ui = ui.new_child(builder);
    ui.set_clip_rect(rect.intersect(ui.clip_rect()));
    let mut output = Output::default();
    let order = follow(&ui, table, state, &mut output);
    scroll(&ui, rect, table, state);
    let view = View::new(rect, table, state, order);
    let body = ui.interact(view.body_with_gutter(), ui.unique_id().with("body"), Sense::click_and_drag());
    press(&ui, &view, &body, state);
    state.has_focus = body.has_focus();
    let view = view.settled(state);
    body::paint(&ui, &view, state, &body);
    header::show(&ui, &view, table, state, &mut output);
    hover::show(&view, state, &body);
    body::menu(&view, &body, state, &mut output);
    bars(&ui, &view, state);
    access::describe(&mut ui, &view, &body, state);
    copy_on_key(&ui, &view, &body, state, &mut output);
    output
}

/// Takes in another frame, an order or a copy that has come.
fn follow(ui: &Ui, table: &Table<'_>, state: &mut TableState, output: &mut Output) -> Option<Arc<Vec<u32>>> {
    let identity = (table.rows.columns().as_ptr() as usize, table.rows.height());
    if state.identity != Some(identity) {
        state.identity = Some(identity);
        state.columns.follow(ui, table.rows);
    }
    if let Err(problem) = state.order.follow(table.rows, identity) {
        output.problem = Some(problem);
    }
    if state.copying.poll() {
        output.copy = state.copying.take();
    }
    if state.order.is_coming() || state.copying.is_coming() {
        ui.ctx().request_repaint();
    }
    state.order.rows(identity)
}

/// Wheel and touch pad, and what keeps the position within the table.
fn scroll(ui: &Ui, rect: Rect, table: &Table<'_>, state: &mut TableState) {
    if ui.rect_contains_pointer(rect) {
        let delta = ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta));
        state.x -= f64::from(delta.x);
        state.y -= f64::from(delta.y);
    }
    let (x, y) = view::tracks(rect, table, state);
    state.x = state.x.clamp(0.0, x.most());
    state.y = state.y.clamp(0.0, y.most());
}

/// Mouse and keys move and extend the selection.
fn press(ui: &Ui, view: &View<'_>, body: &Response, state: &mut TableState) {
    let extent = view.extent();
    state.selection = state.selection.and_then(|selection| extent.clamp(selection));
    let pointer = body.interact_pointer_pos();
    let (is_pressed, modifiers) = ui.input(|input| (input.pointer.primary_pressed(), input.modifiers));
    if let Some(pointer) = pointer.filter(|_| body.is_pointer_button_down_on())
        && let Some(at) = view.at(state, pointer)
    {
        body.request_focus();
        let is_row = pointer.x < view.body.left();
        let last = extent.columns.saturating_sub(1);
        let head = if is_row { At { column: last, ..at } } else { at };
        let started = Selection { anchor: if is_row { At { column: 0, ..at } } else { at }, head };
        let is_primary = ui.input(|input| input.pointer.primary_down());
        match state.selection {
            Some(before) if is_primary && (!is_pressed || modifiers.shift) => {
                state.selection = Some(Selection { head, ..before });
            }
            _ if is_primary => state.selection = Some(started),
            Some(before) if before.has(at) => {}
            _ => state.selection = Some(started),
        }
        drag_over_the_edge(ui, view, body, state);
    }
    if !body.has_focus() {
        return;
    }
    let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(body.id, arrows));
    let keys: Vec<_> = ui.input(|input| {
        let pressed = |event: &Event| match event {
            Event::Key { key, pressed: true, modifiers, .. } => Some((*key, *modifiers)),
            _ => None,
        };
        input.events.iter().filter_map(pressed).collect()
    });
    for (key, modifiers) in keys {
        if key == Key::Escape {
            state.selection = None;
        } else if let Some(selection) = extent.press(state.selection, key, modifiers) {
            state.selection = Some(selection);
            view.reveal(selection.head, state);
            ui.input_mut(|input| input.consume_key(modifiers, key));
        }
    }
}

/// A selection that is dragged beyond the edge scrolls, the faster the farther.
fn drag_over_the_edge(ui: &Ui, view: &View<'_>, body: &Response, state: &mut TableState) {
    let Some(pointer) = body.interact_pointer_pos().filter(|_| body.dragged()) else { return };
    let over = pointer - view.body.clamp(pointer);
    // A drag over row numbers selects rows: it does not scroll to the left.
    let over = if pointer.x < view.body.left() { Vec2::new(0.0, over.y) } else { over };
    if over != Vec2::ZERO {
        state.x = (state.x + f64::from(over.x) * 0.25).clamp(0.0, view.x_track.most());
        state.y = (state.y + f64::from(over.y) * 0.25).clamp(0.0, view.y_track.most());
        ui.ctx().request_repaint();
    }
}

fn bars(ui: &Ui, view: &View<'_>, state: &mut TableState) {
    let area = view.body_with_gutter();
    bars::show(ui, area, (view.x_track, &mut state.x), (view.y_track, &mut state.y));
    let right = ui.painter().with_clip_rect(view.rect);
    right.hline(view.rect.x_range(), view.header.bottom(), (1.0, Tokens::of(ui).line));
}

fn copy_on_key(ui: &Ui, view: &View<'_>, body: &Response, state: &mut TableState, output: &mut Output) {
    let is_asked = body.has_focus() && ui.input(|input| input.events.contains(&Event::Copy));
    if let Some(selection) = state.selection.filter(|_| is_asked) {
        copy_cells(view, selection, !selection.is_cell(), state, output);
        ui.input_mut(|input| input.events.retain(|event| *event != Event::Copy));
    }
}

/// Puts the selected cells into the output, at once or when they are put together.
fn copy_cells(
    view: &View<'_>,
    selection: Selection,
    has_header: bool,
    state: &mut TableState,
    output: &mut Output,
) {
    if selection.cells() > MOST_CELLS {
        let hint = "select fewer rows or columns, or write the node's rows to a file with `Write file`";
        output.problem = Some(
            Problem::user(format!(
                "{} cells are too many for the clipboard, which takes {}",
                crate::format::count(selection.cells() as u64),
                crate::format::count(MOST_CELLS as u64)
            ))
            .hint(hint)
            .warning(),
        );
        return;
    }
    let ((top, bottom), (left, right)) = (selection.rows(), selection.columns());
    let cells = Cells {
        rows: view.table.rows.clone(),
        picked: (top..=bottom).map(|row| view.source_row(row)).collect(),
        columns: (left..=right).collect(),
        has_header,
    };
    if selection.cells() <= COPIED_AT_ONCE {
        output.copy = Some(tsv(&cells));
    } else if let Err(problem) = state.copying.ask("copy", move || tsv(&cells)) {
        output.problem = Some(problem);
    }
}
