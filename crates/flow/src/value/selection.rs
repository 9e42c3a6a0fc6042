//! Which columns go on, under which name and type, in which order.

use serde::{Deserialize, Serialize};

use crate::form::Value;

/// One column that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selected {
    pub column: String,
    /// New name; empty: as it was.
    #[serde(rename = "as", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// New type; empty: as it was.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub dtype: String,
}

/// Kept columns in output order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Selection(pub Vec<Selected>);

impl Value for Selection {
    const NAME: &'static str = "Selection";
    const SHAPE: &'static str = "[{column: order_id, as: id}, {column: amount, type: Int64}]";
}
