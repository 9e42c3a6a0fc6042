//! How the values of a column are spread.

use polars::prelude::{Column, DataType};

/// Bins at most.
const BINS: usize = 12;

/// The finite values as numbers: of times, their count of units; none of types that have no such count.
pub(super) fn values(column: &Column) -> Vec<f64> {
    let dtype = column.dtype();
    if !dtype.is_numeric() && !dtype.is_temporal() {
        return Vec::new();
    }
    let physical = if dtype.is_temporal() { column.to_physical_repr() } else { column.clone() };
    let Ok(numbers) = physical.cast(&DataType::Float64) else { return Vec::new() };
    let Ok(numbers) = numbers.f64() else { return Vec::new() };
    let mut values = Vec::with_capacity(numbers.len() - numbers.null_count());
    if numbers.null_count() == 0 {
        let chunks = numbers.downcast_iter().flat_map(|chunk| chunk.values().iter());
        values.extend(chunks.filter(|value| value.is_finite()));
    } else {
        values.extend(numbers.iter().flatten().filter(|value| value.is_finite()));
    }
    values
}

/// `None` without values.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let count = values.len() as f64;
    let sum: f64 = values.iter().sum();
    // The sum of large values may have no number; that of their parts has.
    Some(if sum.is_finite() { sum / count } else { values.iter().map(|value| value / count).sum() })
}

/// How many `values` fall into each bin. `is_whole`: they are integers, so that a few of them get a bin each.
pub(super) fn bins(values: &[f64], is_whole: bool) -> Vec<u64> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for &value in values {
        (low, high) = (low.min(value), high.max(value));
    }
    // Halves: the distance from the smallest number to the largest has no number.
    let half = high / 2.0 - low / 2.0;
    if values.is_empty() {
        return Vec::new();
    }
    let is_one_each = is_whole && half * 2.0 < BINS as f64;
    let count = if is_one_each { (half * 2.0) as usize + 1 } else { BINS };
    if half <= 0.0 {
        return vec![values.len() as u64];
    }
    let mut bins = vec![0; count];
    for &value in values {
        let place = if is_one_each { value - low } else { (value / 2.0 - low / 2.0) / half * BINS as f64 };
        bins[(place as usize).min(count - 1)] += 1;
    }
    bins
}
