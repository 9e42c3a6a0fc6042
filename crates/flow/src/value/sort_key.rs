//! The order of rows.

use serde::{Deserialize, Serialize};

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
