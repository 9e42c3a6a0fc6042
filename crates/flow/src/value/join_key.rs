//! Which columns of two inputs must be equal.

use serde::{Deserialize, Serialize};

use crate::form::Value;

/// A pair of columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinKey {
    pub left: String,
    pub right: String,
}

/// Pairs that must all be equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JoinKeys(pub Vec<JoinKey>);

impl Value for JoinKeys {
    const NAME: &'static str = "JoinKeys";
    const SHAPE: &'static str = "[{left: customer, right: id}]";
}
