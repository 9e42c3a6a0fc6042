//! A column at a glance.

mod histogram;
#[cfg(test)]
mod tests;
mod top;

use polars::prelude::{Column, DataFrame, IdxSize, PolarsResult, Scalar};
use serde::Serialize;

/// Rows that are counted; of a longer frame as many, evenly spread.
const MOST_ROWS: usize = 100_000;

/// What a preview says about a column of its sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnProfile {
    pub column: String,
    #[serde(rename = "type")]
    pub dtype: String,
    pub nulls: u64,
    /// Different values, null not counted; `None` for types that cannot be compared.
    pub distinct: Option<u64>,
    /// Smallest and largest value as text; `None` without values or without an order.
    pub min: Option<String>,
    pub max: Option<String>,
    /// Of numbers: over the finite ones; `None` without any.
    pub mean: Option<f64>,
    /// How many values fall into each of up to 12 bins of equal width, from the smallest finite value to
    /// the largest; of numbers, dates and times. Up to 12 neighbouring integers or days have a bin each.
    pub histogram: Vec<u64>,
    /// Up to five values and how often they stand, the most frequent first; of text and booleans.
    pub top: Vec<(String, u64)>,
    /// Rows that `distinct`, `mean`, `histogram` and `top` are about, where the frame has more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampled: Option<u64>,
}

/// The profile of every column, in order.
pub fn profile(rows: &DataFrame) -> Vec<ColumnProfile> {
    let height = rows.height();
    if height <= MOST_ROWS {
        return rows.columns().iter().map(|column| of_column(column, column, None)).collect();
    }
    let spread: Vec<IdxSize> =
        (0..MOST_ROWS).map(|i| (i as u128 * height as u128 / MOST_ROWS as u128) as IdxSize).collect();
    let columns = rows.columns().iter().map(|column| {
        let sample = column.take_slice(&spread).unwrap_or_else(|_| column.head(Some(MOST_ROWS)));
        of_column(column, &sample, Some(sample.len() as u64))
    });
    columns.collect()
}

/// `sample`: the rows of `column` that are counted.
fn of_column(column: &Column, sample: &Column, sampled: Option<u64>) -> ColumnProfile {
    let is_nested = column.dtype().is_nested();
    let (distinct, top) = match top::count(sample) {
        Some((distinct, top)) => (Some(distinct), top),
        None if is_nested => (None, Vec::new()),
        None => {
            let has_null = u64::from(sample.null_count() > 0);
            (sample.n_unique().ok().map(|distinct| distinct as u64 - has_null), Vec::new())
        }
    };
    let values = histogram::values(sample);
    let edge = |value: PolarsResult<Scalar>| {
        let value = value.ok().filter(|scalar| !is_nested && !scalar.is_null())?;
        Some(value.value().str_value().into_owned())
    };
    ColumnProfile {
        column: column.name().to_string(),
        dtype: flowloom_flow::value::show_dtype(column.dtype()),
        nulls: column.null_count() as u64,
        distinct,
        min: edge(column.min_reduce()),
        max: edge(column.max_reduce()),
        mean: column.dtype().is_numeric().then(|| histogram::mean(&values)).flatten(),
        histogram: histogram::bins(&values, !column.dtype().is_float() && !column.dtype().is_decimal()),
        top,
        sampled,
    }
}
