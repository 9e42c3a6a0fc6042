//! Columns computed from others.

use serde::{Deserialize, Serialize};

use crate::form::Value;
use crate::value::Expression;

/// One computed column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Formula {
    /// The column to make, or to replace.
    pub column: String,
    pub expression: Expression,
    /// Cast the result; empty: as the expression gives it.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub dtype: String,
}

/// Computed columns, each seeing those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Formulas(pub Vec<Formula>);

impl Value for Formulas {
    const NAME: &'static str = "Formulas";
    const SHAPE: &'static str = "[{column: gross, expression: amount * 1.2}]";
}
