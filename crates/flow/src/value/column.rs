//! Columns by name.

use polars::prelude::{DataType, Schema};
use serde::{Deserialize, Serialize};

use crate::form::Value;
use crate::{Problem, nearest};

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
        match nearest(column, schema.iter_names().map(|name| name.as_str())) {
            Some(name) => problem.hint(format!("did you mean `{name}`?")),
            None => problem,
        }
    })
}
