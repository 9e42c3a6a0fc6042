//! Conditions with AND and OR groups.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::form::Value;

/// How a column is compared. All but the null tests are null, hence no match, on a null column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    #[default]
    #[serde(rename = "=")]
    Equal,
    #[serde(rename = "!=")]
    NotEqual,
    #[serde(rename = ">")]
    Greater,
    #[serde(rename = ">=")]
    GreaterOrEqual,
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    LessOrEqual,
    /// `value` is `[low, high]`, both included.
    #[serde(rename = "between")]
    Between,
    /// `value` is a list.
    #[serde(rename = "in")]
    In,
    #[serde(rename = "not in")]
    NotIn,
    /// Literal text, not a pattern.
    #[serde(rename = "contains")]
    Contains,
    #[serde(rename = "not contains")]
    NotContains,
    #[serde(rename = "starts with")]
    StartsWith,
    #[serde(rename = "ends with")]
    EndsWith,
    /// A regular expression, found anywhere in the text.
    #[serde(rename = "matches")]
    Matches,
    #[serde(rename = "is null")]
    IsNull,
    #[serde(rename = "is not null")]
    IsNotNull,
}

/// One comparison, or a group of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Condition {
    /// Every part holds.
    All { all: Vec<Condition> },
    /// Some part holds.
    Any { any: Vec<Condition> },
    Compare {
        column: String,
        op: Operator,
        /// Typed as the column is: a number, text, `true`, a date as `2026-01-31`.
        #[serde(default, skip_serializing_if = "Json::is_null")]
        value: Json,
    },
}

/// Conditions that must all hold; groups inside may say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Conditions(pub Vec<Condition>);

impl Value for Conditions {
    const NAME: &'static str = "Conditions";
    const SHAPE: &'static str = "[{column: amount, op: \">\", value: 100}, {any: [{column: status, op: \"=\", value: paid}, {column: vip, op: \"=\", value: true}]}]";
}
