//! A small table that the user types in.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::form::Value;

/// A column of a [`Grid`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridColumn {
    pub name: String,
    /// A type as [`crate::value::parse_dtype`] reads it.
    #[serde(rename = "type")]
    pub dtype: String,
}

/// Typed columns and rows of cells; an empty cell is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grid {
    pub columns: Vec<GridColumn>,
    /// One list for each row, in column order.
    pub rows: Vec<Vec<Json>>,
}

impl Value for Grid {
    const NAME: &'static str = "Grid";
    const SHAPE: &'static str = "{columns: [{name: country, type: String}], rows: [[DE], [FR]]}";
}
