//! Where a table's columns stand: as wide as their content asks, until somebody drags them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use egui::{Color32, Ui};
use polars::prelude::{Column, DataFrame};

use super::value;
use crate::format::type_word;
use crate::theme;

const NARROWEST: f32 = 60.0;
/// What content asks for at most; dragging goes further.
const WIDEST: f32 = 320.0;
const WIDEST_DRAGGED: f32 = 1_600.0;
/// At both sides of a cell.
pub(super) const PAD: f32 = 14.0;
/// Between a column's name and its type.
pub(super) const GAP: f32 = 6.0;
/// Cells that are measured in all.
const SAMPLED: usize = 20_000;

/// Widths of a table's columns; kept while their names and types stay.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Of names and types.
    schema: u64,
    /// The widths are of headers alone.
    is_empty: bool,
    widths: Vec<f32>,
    /// Left edges, and the right edge of the last one.
    edges: Vec<f32>,
    /// Set by hand.
    dragged: HashMap<String, f32>,
    /// Of one sign of data.
    pub(super) sign: f32,
}

impl Columns {
    /// Follows the frame that is shown now; call it when that is another one.
    pub(super) fn follow(&mut self, ui: &Ui, rows: &DataFrame) {
        let mut hasher = DefaultHasher::new();
        for column in rows.columns() {
            column.name().as_str().hash(&mut hasher);
            column.dtype().hash(&mut hasher);
        }
        let schema = hasher.finish();
        let is_same = schema == self.schema && self.widths.len() == rows.width();
        if is_same && (!self.is_empty || rows.height() == 0) {
            return;
        }
        self.schema = schema;
        self.is_empty = rows.height() == 0;
        self.sign = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), '0'));
        let samples = (SAMPLED / rows.width().max(1)).clamp(16, 100);
        self.widths = rows
            .columns()
            .iter()
            .map(|column| match self.dragged.get(column.name().as_str()) {
                Some(width) => *width,
                None => self.measure(ui, column, samples),
            })
            .collect();
        self.settle();
    }

    fn settle(&mut self) {
        let mut edge = 0.0;
        self.edges.clear();
        self.edges.push(edge);
        for width in &self.widths {
            edge += width;
            self.edges.push(edge);
        }
    }

    fn measure(&self, ui: &Ui, column: &Column, samples: usize) -> f32 {
        let text_width =
            |text: String, font| ui.painter().layout_no_wrap(text, font, Color32::PLACEHOLDER).size().x;
        let head = text_width(column.name().to_string(), theme::strong())
            + GAP
            + text_width(type_word(column.dtype()), theme::mono_small());
        let limit = (WIDEST / self.sign) as usize;
        let step = (column.len() / samples).max(1);
        let signs = (0..column.len())
            .step_by(step)
            .filter_map(|row| value::line(&column.get(row).ok()?, limit))
            .map(|text| text.chars().count())
            .max()
            .unwrap_or(0);
        let content = signs as f32 * self.sign;
        // `100,000 distinct` stands under the name.
        let summary = if column.dtype().is_primitive_numeric() { 0.0 } else { 14.0 * self.sign };
        (head.max(content).max(summary) + 2.0 * PAD + 1.0).ceil().clamp(NARROWEST, WIDEST)
    }

    /// Width by hand.
    pub(super) fn set(&mut self, rows: &DataFrame, column: usize, width: f32) {
        let (Some(own), Some(named)) = (self.widths.get_mut(column), rows.columns().get(column)) else {
            return;
        };
        *own = width.clamp(NARROWEST, WIDEST_DRAGGED).round();
        self.dragged.insert(named.name().to_string(), *own);
        self.settle();
    }

    /// Width by content again.
    pub(super) fn fit(&mut self, ui: &Ui, rows: &DataFrame, column: usize) {
        let Some(named) = rows.columns().get(column) else { return };
        self.dragged.remove(named.name().as_str());
        let width = self.measure(ui, named, 1_000);
        if let Some(own) = self.widths.get_mut(column) {
            *own = width;
        }
        self.settle();
    }

    pub(super) fn width(&self, column: usize) -> f32 {
        self.widths.get(column).copied().unwrap_or(NARROWEST)
    }

    /// Signs of data that fit into a column.
    pub(super) fn signs(&self, column: usize) -> usize {
        (((self.width(column) - 2.0 * PAD) / self.sign) + 0.01).max(1.0) as usize
    }

    pub(super) fn left(&self, column: usize) -> f32 {
        self.edges.get(column).copied().unwrap_or(0.0)
    }

    /// Of all columns together.
    pub(super) fn total(&self) -> f32 {
        self.edges.last().copied().unwrap_or(0.0)
    }

    /// The column at `x` points from the left.
    pub(super) fn at(&self, x: f32) -> usize {
        self.edges
            .partition_point(|edge| *edge <= x)
            .saturating_sub(1)
            .min(self.widths.len().saturating_sub(1))
    }

    /// Columns between two distances from the left.
    pub(super) fn within(&self, from: f32, to: f32) -> Range<usize> {
        if self.widths.is_empty() { 0..0 } else { self.at(from)..self.at(to) + 1 }
    }
}
