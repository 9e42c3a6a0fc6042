//! What there is to know of values that a setting may take, asked for those that somebody looks at.

use std::collections::BTreeMap;

use serde::Serialize;

/// What [`crate::Kind::facts`] found of some values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ValueFacts {
    /// What each fact is called, in order: `Messages`.
    pub columns: Vec<&'static str>,
    /// The facts of each value, one for each column; a value that was not found is left out.
    pub values: BTreeMap<String, Vec<Fact>>,
}

/// Something known of a value; how it is written is the front end's business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Fact {
    /// Nobody could say.
    Unknown,
    Count(u64),
    /// Milliseconds since 1970.
    Time(#[serde(rename = "time_ms")] i64),
    Text(String),
}
