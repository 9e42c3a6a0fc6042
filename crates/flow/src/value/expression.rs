//! SQL expressions, as Polars reads them.

use serde::{Deserialize, Serialize};

use crate::form::Value;

/// A Polars SQL expression: `amount * 1.2`, `status = 'paid' AND amount > 100`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expression(pub String);

impl Value for Expression {
    const NAME: &'static str = "Expression";
    const SHAPE: &'static str = "amount * 1.2";
}
