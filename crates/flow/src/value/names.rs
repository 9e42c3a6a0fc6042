//! Other names for what has a usual one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::form::Value;

/// Other names, by the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Names(pub BTreeMap<String, String>);

impl Value for Names {
    const NAME: &'static str = "Names";
    const SHAPE: &'static str = "{_kafka_offset: position}";
}
