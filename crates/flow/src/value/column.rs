//! Columns by name.

use serde::{Deserialize, Serialize};

use crate::form::Value;

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
