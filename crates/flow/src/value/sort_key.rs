//! The order of rows.

use polars::prelude::{Expr, Schema, SortMultipleOptions};
use serde::{Deserialize, Serialize};

use super::code::rust_string;
use super::column::{column_expr, column_list, column_type, is_pattern};
use crate::Problem;
use crate::form::Value;

/// One column to sort by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SortKey {
    pub column: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
    /// Nulls stand first; otherwise last, in both directions.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nulls_first: bool,
}

/// Columns to sort by, most significant first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SortKeys(pub Vec<SortKey>);

impl Value for SortKeys {
    const NAME: &'static str = "SortKeys";
    const SHAPE: &'static str = "[{column: amount, descending: true}]";
}

/// Name of the setting in paths of problems.
const FIELD: &str = "keys";

impl SortKeys {
    /// Everything that is wrong, each at its path.
    pub fn problems(&self, schema: &Schema) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (i, key) in self.0.iter().enumerate() {
            let at = format!("{FIELD}[{i}].column");
            match column_type(schema, &key.column) {
                Err(problem) => problems.push(problem.at_field(at)),
                Ok(_) if self.0[..i].iter().any(|earlier| earlier.column == key.column) => {
                    let message = format!("column `{}` is a key already", key.column);
                    problems.push(Problem::user(message).at_field(at));
                }
                Ok(_) => {}
            }
        }
        problems
    }

    /// What [`polars::prelude::LazyFrame::sort_by_exprs`] takes; rows with equal keys keep their order.
    pub fn exprs(&self) -> (Vec<Expr>, SortMultipleOptions) {
        let columns = self.0.iter().map(|key| column_expr(&key.column)).collect();
        let options = SortMultipleOptions::default()
            .with_order_descending_multi(self.0.iter().map(|key| key.descending))
            .with_nulls_last_multi(self.0.iter().map(|key| !key.nulls_first))
            .with_maintain_order(true);
        (columns, options)
    }

    /// `amount descending, country`
    pub fn caption(&self) -> String {
        let captions: Vec<String> = self.0.iter().map(SortKey::caption).collect();
        captions.join(", ")
    }
}

impl SortKey {
    fn caption(&self) -> String {
        let direction = if self.descending { " descending" } else { "" };
        let nulls = if self.nulls_first { " nulls first" } else { "" };
        format!("{}{direction}{nulls}", self.column)
    }
}

/// Rust's call that sorts by `columns`: `sort(["amount"], SortMultipleOptions::default())`.
pub fn rust_sort(columns: &[&str], options: &str) -> String {
    if columns.iter().any(|name| is_pattern(name)) {
        return format!("sort_by_exprs({}, {options})", column_list(columns));
    }
    let names: Vec<String> = columns.iter().map(|name| rust_string(name)).collect();
    format!("sort([{}], {options})", names.join(", "))
}
