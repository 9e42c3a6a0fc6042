//! Aggregates of groups.

use serde::{Deserialize, Serialize};

use crate::form::Value;

/// What is computed over a group. Nulls are left out except by `count_rows`, `first`, `last` and `list`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    #[default]
    Sum,
    Mean,
    Min,
    Max,
    /// Values that are not null.
    Count,
    /// Rows; takes no column.
    CountRows,
    NUnique,
    First,
    Last,
    Median,
    /// Sample standard deviation.
    Std,
    /// Sample variance.
    Var,
    /// Linear interpolation at `quantile`.
    Quantile,
    List,
    /// Values as text, joined by `separator`.
    Join,
}

/// One aggregate of one column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Aggregation {
    pub aggregate: Aggregate,
    /// Empty for `count_rows`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub column: String,
    /// Name of the result; empty: `amount_sum`, `rows`.
    #[serde(rename = "as", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// 0 to 1, for `quantile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantile: Option<f64>,
    /// For `join`; `None`: `,`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
}

/// The aggregates of a group-by, in output order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Aggregations(pub Vec<Aggregation>);

impl Value for Aggregations {
    const NAME: &'static str = "Aggregations";
    const SHAPE: &'static str = "[{aggregate: sum, column: amount, as: total}, {aggregate: count_rows}]";
}
