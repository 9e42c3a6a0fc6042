//! The most frequent values of a column.

use std::cmp::Reverse;
use std::collections::HashMap;

use polars::prelude::{Column, DataType};

/// Values that are named.
const TOP: usize = 5;
/// Characters of a value that are shown: it is looked at, not read.
const MOST_CHARS: usize = 200;

/// How many different values there are, and the most frequent ones, ties in their own order; `None` for
/// types whose values are not named.
pub(super) fn count(column: &Column) -> Option<(u64, Vec<(String, u64)>)> {
    match column.dtype() {
        DataType::String => {
            let mut counts: HashMap<&str, u64> = HashMap::new();
            column.str().ok()?.iter().flatten().for_each(|value| *counts.entry(value).or_default() += 1);
            let distinct = counts.len() as u64;
            let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
            let by_count = |a: &(&str, u64), b: &(&str, u64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0));
            if counts.len() > TOP {
                counts.select_nth_unstable_by(TOP, by_count);
                counts.truncate(TOP);
            }
            counts.sort_by(by_count);
            Some((distinct, counts.into_iter().map(|(value, count)| (shown(value), count)).collect()))
        }
        DataType::Boolean => {
            let column = column.bool().ok()?;
            let trues = column.sum().unwrap_or(0) as u64;
            let falses = (column.len() - column.null_count()) as u64 - trues;
            let mut counts = vec![("false".to_owned(), falses), ("true".to_owned(), trues)];
            counts.retain(|(_, count)| *count > 0);
            counts.sort_by_key(|(_, count)| Reverse(*count));
            Some((counts.len() as u64, counts))
        }
        _ => None,
    }
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
