//! A table's geometry in one frame: which cells are on screen, and where.

use std::ops::Range;
use std::sync::Arc;

use egui::{Pos2, Rect, Vec2};
use polars::prelude::{AnyValue, Column};

use super::bars::Track;
use super::selection::{At, Extent};
use super::{HEADER, ROW, Table, TableState};
use crate::format;

/// Under the last row and right of the last column: room for a scroll bar.
const TAIL: f32 = 12.0;

pub(super) struct View<'a> {
    pub(super) table: &'a Table<'a>,
    order: Option<Arc<Vec<u32>>>,
    pub(super) rect: Rect,
    /// Of all columns, right of the corner over the row numbers.
    pub(super) header: Rect,
    /// Of the cells.
    pub(super) body: Rect,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) x_track: Track,
    pub(super) y_track: Track,
    /// On screen.
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
}

/// Width of the row numbers.
fn gutter(table: &Table<'_>, state: &TableState) -> f32 {
    let digits = format::count(table.rows.height() as u64).len().max(2);
    (digits as f32 * state.columns.sign + 22.0).ceil()
}

/// How far the table goes, both ways.
pub(super) fn tracks(rect: Rect, table: &Table<'_>, state: &TableState) -> (Track, Track) {
    let seen = rect.size() - Vec2::new(gutter(table, state), HEADER);
    let (wide, high) = (f64::from(state.columns.total()), table.rows.height() as f64 * f64::from(ROW));
    let tail = |all: f64, seen: f32| if all > f64::from(seen) { all + f64::from(TAIL) } else { all };
    (
        Track { seen: f64::from(seen.x.max(0.0)), all: tail(wide, seen.x) },
        Track { seen: f64::from(seen.y.max(0.0)), all: tail(high, seen.y) },
    )
}

impl<'a> View<'a> {
    pub(super) fn new(
        rect: Rect,
        table: &'a Table<'a>,
        state: &TableState,
        order: Option<Arc<Vec<u32>>>,
    ) -> Self {
        let gutter = gutter(table, state);
        let corner = rect.min + Vec2::new(gutter, HEADER);
        let (x_track, y_track) = tracks(rect, table, state);
        Self {
            table,
            order,
            rect,
            header: Rect::from_min_max(Pos2::new(corner.x, rect.top()), Pos2::new(rect.right(), corner.y)),
            body: Rect::from_min_max(corner, rect.max.max(corner)),
            x: state.x,
            y: state.y,
            x_track,
            y_track,
            rows: 0..0,
            columns: 0..0,
        }
        .settled(state)
    }

    /// Works out what is on screen at the position that `state` has now.
    pub(super) fn settled(mut self, state: &TableState) -> Self {
        (self.x, self.y) = (state.x, state.y);
        let row = f64::from(ROW);
        let first = (self.y / row) as usize;
        let last = ((self.y + f64::from(self.body.height())) / row).ceil() as usize;
        self.rows = first..last.min(self.table.rows.height()).max(first);
        self.columns = state.columns.within(self.x as f32, self.x as f32 + self.body.width());
        self
    }

    pub(super) fn extent(&self) -> Extent {
        Extent {
            rows: self.table.rows.height(),
            columns: self.table.rows.width(),
            page: ((self.body.height() / ROW) as usize).saturating_sub(1),
        }
    }

    pub(super) fn body_with_gutter(&self) -> Rect {
        Rect::from_min_max(Pos2::new(self.rect.left(), self.body.top()), self.body.max)
    }

    /// The frame's row of a row on screen.
    pub(super) fn source_row(&self, row: usize) -> usize {
        self.order.as_ref().and_then(|order| order.get(row)).map_or(row, |row| *row as usize)
    }

    pub(super) fn column(&self, column: usize) -> Option<&'a Column> {
        self.table.rows.columns().get(column)
    }

    pub(super) fn value(&self, at: At) -> Option<AnyValue<'a>> {
        self.column(at.column)?.get(self.source_row(at.row)).ok()
    }

    pub(super) fn top(&self, row: usize) -> f32 {
        self.body.top() + (row as f64 * f64::from(ROW) - self.y) as f32
    }

    /// A column from top to bottom, header included.
    pub(super) fn lane(&self, state: &TableState, column: usize) -> Rect {
        let left = self.body.left() + (f64::from(state.columns.left(column)) - self.x) as f32;
        let size = Vec2::new(state.columns.width(column), self.rect.height());
        Rect::from_min_size(Pos2::new(left, self.rect.top()), size)
    }

    pub(super) fn cell(&self, state: &TableState, at: At) -> Rect {
        let lane = self.lane(state, at.column);
        Rect::from_min_size(Pos2::new(lane.left(), self.top(at.row)), Vec2::new(lane.width(), ROW))
    }

    /// The cell at a point, or the nearest one; `None` in a table without cells.
    pub(super) fn at(&self, state: &TableState, point: Pos2) -> Option<At> {
        let extent = self.extent();
        if extent.rows == 0 || extent.columns == 0 {
            return None;
        }
        let inside = self.body.clamp(point);
        let row = ((f64::from(inside.y - self.body.top()) + self.y) / f64::from(ROW)) as usize;
        let column = state.columns.at((f64::from(inside.x - self.body.left()) + self.x) as f32);
        Some(At { row: row.min(extent.rows - 1), column })
    }

    /// The cell at a point, if there is one.
    pub(super) fn cell_at(&self, state: &TableState, point: Pos2) -> Option<At> {
        let at = self.at(state, point).filter(|_| self.body.contains(point))?;
        self.cell(state, at).contains(point).then_some(at)
    }

    /// Scrolls just so far that the cell is seen whole.
    pub(super) fn reveal(&self, at: At, state: &mut TableState) {
        let top = at.row as f64 * f64::from(ROW);
        let left = f64::from(state.columns.left(at.column));
        let width = f64::from(state.columns.width(at.column));
        state.y = into_view(state.y, top, f64::from(ROW), self.y_track);
        state.x = into_view(state.x, left, width, self.x_track);
    }
}

fn into_view(at: f64, start: f64, length: f64, track: Track) -> f64 {
    let bar = if track.most() > 0.0 { f64::from(TAIL) } else { 0.0 };
    let least = start + length + bar - track.seen;
    // What is longer than the view shows its start.
    if start < at || length > track.seen { start } else { at.max(least) }.clamp(0.0, track.most())
}
