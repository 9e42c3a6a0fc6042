//! Columns by name.

use polars::prelude::{DataType, Expr, PlSmallStr, Schema};
use serde::{Deserialize, Serialize};

use super::code::{Code, python_string, rust_string};
use crate::form::Value;
use crate::{Problem, Target, nearest};

/// One column of the input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Column(pub String);

impl Value for Column {
    const NAME: &'static str = "Column";
    const SHAPE: &'static str = "amount";
}

/// Some columns of the input, in the user's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Columns(pub Vec<String>);

impl Value for Columns {
    const NAME: &'static str = "Columns";
    const SHAPE: &'static str = "[country, status]";
}

/// The type of `column`, or the problem that there is none, with the name that was probably meant.
pub fn column_type<'a>(schema: &'a Schema, column: &str) -> Result<&'a DataType, Problem> {
    if column.is_empty() {
        return Err(Problem::user("no column is chosen"));
    }
    schema.get(column).ok_or_else(|| {
        let problem = Problem::user(format!("there is no column `{column}`"));
        match nearest(column, schema.iter_names().map(PlSmallStr::as_str)) {
            Some(name) => problem.hint(format!("did you mean `{name}`?")),
            None => problem,
        }
    })
}

/// The column of exactly this name: `*` and `^a.*$` are names too, where [`polars::prelude::col`] sees a pattern.
pub fn column_expr(name: &str) -> Expr {
    Expr::Column(name.into())
}

/// [`column_expr`] in the target's language: `pl.col("amount")`, `col("amount")`.
pub fn column_code(name: &str, target: Target) -> Code {
    Code::new(match (target, is_pattern(name)) {
        (Target::Python, false) => format!("pl.col({})", python_string(name)),
        (Target::Rust, false) => format!("col({})", rust_string(name)),
        (Target::Python, true) => format!("pl.col({})", python_string(&format!("^{}$", escape_regex(name)))),
        (Target::Rust, true) => format!("Expr::Column({}.into())", rust_string(name)),
    })
}

/// A column where Python's frame methods take names: `"amount"`.
pub fn column_argument(name: &str) -> String {
    if is_pattern(name) { column_code(name, Target::Python).text } else { python_string(name) }
}

/// Columns where Rust's frame methods take expressions: `[col("country"), col("status")]`.
pub fn column_list(names: &[&str]) -> String {
    let columns: Vec<String> = names.iter().map(|name| column_code(name, Target::Rust).text).collect();
    format!("[{}]", columns.join(", "))
}

/// Polars would take the name for a pattern.
pub(super) fn is_pattern(name: &str) -> bool {
    name == "*" || (name.starts_with('^') && name.ends_with('$'))
}

fn escape_regex(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
