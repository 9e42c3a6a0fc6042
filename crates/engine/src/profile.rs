//! A column at a glance.

use polars::prelude::{Column, DataFrame};
use serde::Serialize;

/// What a preview says about a column of its sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
}

/// The profile of every column, in order.
pub fn profile(rows: &DataFrame) -> Vec<ColumnProfile> {
    rows.columns().iter().map(of_column).collect()
}

fn of_column(column: &Column) -> ColumnProfile {
    let nulls = column.null_count() as u64;
    let is_nested = column.dtype().is_nested();
    let distinct =
        (!is_nested).then(|| column.n_unique().ok()).flatten().map(|n| n as u64 - u64::from(nulls > 0));
    let edge = |value: polars::prelude::PolarsResult<polars::prelude::Scalar>| {
        let value = value.ok().filter(|scalar| !is_nested && !scalar.is_null())?;
        Some(value.value().str_value().into_owned())
    };
    ColumnProfile {
        column: column.name().to_string(),
        dtype: flowloom_flow::value::show_dtype(column.dtype()),
        nulls,
        distinct,
        min: edge(column.min_reduce()),
        max: edge(column.max_reduce()),
    }
}

#[cfg(test)]
mod tests {
    use polars::df;
    use polars::prelude::{IntoColumn as _, NamedFrom as _, Series};

    use super::*;

    #[test]
    fn nulls_are_counted_apart() {
        let rows = df!("amount" => [Some(1.5), None, Some(-2.0), Some(1.5)], "name" => ["b", "a", "b", "c"])
            .expect("frame");
        let columns = profile(&rows);
        let seen: Vec<_> =
            columns.iter().map(|c| (c.nulls, c.distinct, c.min.as_deref(), c.max.as_deref())).collect();
        assert_eq!(seen, [(1, Some(2), Some("-2.0"), Some("1.5")), (0, Some(3), Some("a"), Some("c"))]);
    }

    #[test]
    fn no_rows_have_no_edges() {
        let empty = Series::new("n".into(), Vec::<i64>::new()).into_column();
        let column = of_column(&empty);
        assert_eq!((column.distinct, column.min, column.max), (Some(0), None, None));
    }
}
